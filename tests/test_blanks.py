"""A text of which nothing is seen names nothing, wherever it comes in: spaces of any kind, zero-width marks, fillers.

What is laid out by its last word, or opened by its first, would else end in an IndexError.
"""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_contradictions import BESIDE, FOX_DRUM, LEFT, RIGHT, ask, layout, scene

from generator.batch.prompts import BadLine, numbered
from planner import Box, Cell, ImagePrompt, ObjectBox, Plan, PlanError, Planner, Row, check_plan, draw_plan
from planner.editing import add_object, edit_by_words, move_object, remove_object, rename_object
from planner.plan.document import is_blank

BLANKS = (
    "",
    " ",
    "\t\n",
    "\u00a0\u3000",
    "\u2028",
    "\u200b",
    "\ufeff",
    "\u00ad\u2060",
    "\u0301",
    "\ufe0f",
    "\u3164\u2800",
)
CANVAS = {"width": 512, "height": 512}
FOX = ObjectBox("a fox", Box(0.05, 0.3, 0.35, 0.4))
DRUM = ObjectBox("a drum", Box(0.6, 0.3, 0.35, 0.4))
PLAN = Plan(BESIDE, (Row(1, (Cell(1, "a fox"), Cell(1, "a drum"))),), (FOX, DRUM))
LAYOUT = layout(FOX_DRUM, ("a fox", LEFT), ("a drum", RIGHT), relations=[("fox", "left of", "drum")])
SCENE = scene(("fox", 1, "left"), ("drum", 1, "right"), relations=[("fox", "left of", "drum")])


@pytest.mark.parametrize("text", BLANKS)
def test_what_is_blank(text: str) -> None:
    assert is_blank(text)
    assert not is_blank(f"{text}x")


@pytest.mark.parametrize(
    "text", ["a", ".", "\u5de6", "\u00e9", "e\u0301", "\U0001f98a", "\U0001faf5\ufe0f", "\ue000", "\U000e1fff"]
)
def test_whatever_may_be_seen_is_not_blank(text: str) -> None:
    """Signs that are newer than Python's tables too."""
    assert not is_blank(text)


def texts(value: Any) -> Iterator[Callable[[str], None]]:
    """Yield what puts another text in the place of each one in a reply."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, str):
            yield lambda text, key=key: value.__setitem__(key, text)  # type: ignore[misc]
        elif isinstance(inner, dict | list):
            yield from texts(inner)


@pytest.mark.parametrize("blank", [" ", "\u2028", "\u200b\u3164"])
@pytest.mark.parametrize(("task", "reply"), [("layout", LAYOUT), ("scene", SCENE)], ids=["layout", "scene"])
def test_no_name_of_a_reply_is_blank(task: str, reply: str, blank: str) -> None:
    data = json.loads(reply)
    for number in range(len(list(texts(data)))):
        changed = copy.deepcopy(data)
        list(texts(changed))[number](blank)
        try:
            plan = ask(BESIDE, json.dumps(changed), task).plan
        except PlanError:
            continue
        assert not any(is_blank(item.prompt) for item in (*plan.objects, *plan.cells))


@pytest.mark.parametrize("blank", BLANKS)
def test_sentences_that_say_nothing(blank: str) -> None:
    with pytest.raises(PlanError, match="the sentence is empty"):
        Planner("rules").plan(blank)
    (line,) = numbered([{"prompt": blank}])
    assert isinstance(line, BadLine)


@pytest.mark.parametrize("blank", [blank for blank in BLANKS if blank])
@pytest.mark.parametrize(
    "edit",
    [
        lambda blank: rename_object(PLAN, 0, blank),
        lambda blank: add_object(PLAN, blank, Box(0.4, 0.75, 0.2, 0.2), **CANVAS),
        lambda blank: edit_by_words(PLAN, f"add a hat {blank}".replace("a hat", ""), **CANVAS),
        lambda blank: edit_by_words(PLAN, f"the fox becomes {blank}", **CANVAS),
        lambda blank: Planner("rules").change(PLAN, f"the fox becomes {blank}", **CANVAS),
        lambda blank: Planner("rules").change(PLAN, blank, changed=0, **CANVAS),
    ],
)
def test_edits_that_name_nothing(edit: Callable[[str], object], blank: str) -> None:
    with pytest.raises(PlanError):
        edit(blank)


@pytest.mark.parametrize("blank", BLANKS)
def test_a_plan_whose_things_are_pictures_only_can_be_used_and_edited(blank: str, tmp_path: Path) -> None:
    pictured = replace(FOX, prompt=blank, image=ImagePrompt("redux", "fox.png"))
    for things in ((pictured, DRUM), (pictured, replace(pictured, box=DRUM.box)), (FOX, replace(DRUM, prompt=blank))):
        plan = replace(PLAN, objects=things)
        found = check_plan(plan, **CANVAS)
        assert [item.code for item in found].count("prompt_empty") == sum(is_blank(item.name) for item in things)
        draw_plan(plan, width=64, height=64)
        for number in (0, 1):
            left = remove_object(plan, number)
            assert left.objects == (things[1 - number],)
            assert (
                move_object(plan, number, Box(0.3, 0.75, 0.2, 0.2), **CANVAS).objects[number].prompt
                == things[number].prompt
            )
