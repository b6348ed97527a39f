"""A reply is held against its sentence: what contradicts it is asked again, and laid out anew where it stays."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from llm_server import completion, serve

from generator.cli.main import main
from planner.backends.scripted import ScriptedBackend
from planner.checks.contradictions import check_sentence
from planner.complaints import has_errors
from planner.english.sentence import read_sentence
from planner.errors import PlanError
from planner.plan import Box, Cell, ObjectBox, Plan, Row
from planner.planner import Planner, PlanningResult

Boxed = tuple[str, tuple[float, float, float, float]]
LEFT, RIGHT = (0.05, 0.3, 0.35, 0.4), (0.6, 0.3, 0.35, 0.4)
MIDDLE = (0.4, 0.3, 0.2, 0.3)
TOP, BOTTOM = (0.3, 0.05, 0.4, 0.35), (0.3, 0.6, 0.4, 0.35)
BESIDE = "a fox to the left of a drum"
OVER = "a lantern above a barrel"
COUNT = "three green pears and a jug"
SIDES = "an owl on the left and a kettle on the right"
WITHOUT = "a lighthouse on the right without any boats"
HERD = "a goat to the left of four hens"
LONG = "two donkeys wait beside a ditch, to the left of a wooden cart with a broken wheel, on a dusty road at noon"
ROW = [(0.03 + 0.24 * i, 0.3, 0.2, 0.3) for i in range(4)]
HENS = [(0.4 + 0.15 * i, 0.3, 0.12, 0.3) for i in range(4)]


def thing(name: str, count: int = 1, *, attributes: Sequence[str] = (), boxed: bool = True) -> dict[str, Any]:
    return {"name": name, "count": count, "attributes": list(attributes), "boxed": boxed}


def layout(
    inventory: Sequence[dict[str, Any]], *objects: Boxed, relations: Sequence[Sequence[str]] = (), told: str = ""
) -> str:
    """A layout reply of one cell, which tells of the objects or of what is `told`."""
    said = told or ", ".join(prompt for prompt, _ in objects) or "an empty room with bare walls and a wooden floor"
    keys = ("x", "y", "width", "height")
    return json.dumps({
        "inventory": list(inventory),
        "relations": [dict(zip(("subject", "relation", "object"), relation, strict=True)) for relation in relations],
        "prompt": said,
        "rows": [{"height": 1, "cells": [{"width": 1, "prompt": f"{said}, on a plain floor in soft even light"}]}],
        "objects": [{"prompt": prompt, "box": dict(zip(keys, box, strict=True))} for prompt, box in objects],
    })  # fmt: skip


def scene(*things: tuple[str, int, str], relations: Sequence[Sequence[str]] = ()) -> str:
    names = ("name", "count", "position")
    return json.dumps({
        "objects": [{**dict(zip(names, item, strict=True)), "size": "normal"} for item in things],
        "relations": [dict(zip(("subject", "relation", "object"), relation, strict=True)) for relation in relations],
        "background": "",
    })  # fmt: skip


def ask(sentence: str, reply: str, task: str = "layout", **options: Any) -> PlanningResult:
    backend = ScriptedBackend([reply] * 3)
    backend.task = task
    return Planner(backend, **options).plan(sentence, width=1024, height=1024)


def centre(result: PlanningResult, noun: str) -> tuple[float, float]:
    return next(item.box.center for item in result.plan.objects if noun in item.prompt)


FOX_DRUM = [thing("fox"), thing("drum")]
LANTERN = [thing("lantern"), thing("barrel")]
PEARS = [("a green pear", box) for box in ROW[:3]]
JUG = ("a jug", (0.75, 0.3, 0.2, 0.3))

RIGHT_REPLIES = [
    (BESIDE, layout(FOX_DRUM, ("a red fox", LEFT), ("a snare drum", RIGHT), relations=[("fox", "left of", "drum")])),
    (BESIDE, layout(FOX_DRUM, ("a fox", LEFT), ("a drum", RIGHT))),
    (OVER, layout(LANTERN, ("a brass lantern", TOP), ("an oak barrel", BOTTOM))),
    (COUNT, layout([thing("pear", 3), thing("jug")], *PEARS, JUG)),
    (SIDES, layout([thing("owl"), thing("kettle")], ("a barn owl", LEFT), ("a kettle", RIGHT))),
    (WITHOUT, layout([thing("lighthouse"), thing("boat", 0)], ("a white lighthouse", RIGHT))),
    (HERD, layout([thing("goat"), thing("hen", 4)], ("a goat", LEFT), *(("a brown hen", box) for box in HENS))),
]


@pytest.mark.parametrize(("sentence", "reply"), RIGHT_REPLIES)
def test_a_right_reply_is_taken_at_once(sentence: str, reply: str) -> None:
    result = ask(sentence, reply)
    assert len(result.attempts) == 1
    assert (result.repairs, result.warnings) == ((), ())


SWAPPED_FOX = (("a fox", RIGHT), ("a drum", LEFT))
SWAPPED_LANTERN = (("a lantern", BOTTOM), ("a barrel", TOP))
WRONG = {
    # sides and heights exchanged, with the relation left out, reversed, weakened, or of names that nobody lists
    "left out": (BESIDE, layout(FOX_DRUM, *SWAPPED_FOX)),
    "reversed": (BESIDE, layout(FOX_DRUM, *SWAPPED_FOX, relations=[("drum", "left of", "fox")])),
    "next to": (BESIDE, layout(FOX_DRUM, *SWAPPED_FOX, relations=[("fox", "next to", "drum")])),
    "other names": (BESIDE, layout(FOX_DRUM, *SWAPPED_FOX, relations=[("animal", "left of", "thing")])),
    "below": (OVER, layout(LANTERN, *SWAPPED_LANTERN)),
    "below, said": (OVER, layout(LANTERN, *SWAPPED_LANTERN, relations=[("lantern", "below", "barrel")])),
    "sides": (SIDES, layout([thing("owl"), thing("kettle")], ("an owl", RIGHT), ("a kettle", LEFT))),
    "one of four": (HERD, layout([thing("goat"), thing("hen", 4)], ("a goat", (0.3, 0.3, 0.08, 0.4)),
                                 *(("a hen", box) for box in [(0.02, 0.3, 0.2, 0.3), *HENS[:3]]))),
    "listed": (BESIDE, layout(FOX_DRUM, *SWAPPED_FOX, relations=[("fox", "left of", "drum")])),
    "with an article": (BESIDE, layout(FOX_DRUM, *SWAPPED_FOX, relations=[("the fox", "left of", "DRUM")])),
    # numbers wrong in inventory and boxes alike
    "one": (COUNT, layout([thing("pear"), thing("jug")], PEARS[0], JUG)),
    "two": (COUNT, layout([thing("pear", 2), thing("jug")], *PEARS[:2], JUG)),
    "five": (COUNT, layout([thing("pear", 5), thing("jug")], JUG, *(
        ("a pear", (0.02 + 0.14 * i, 0.3, 0.12, 0.3)) for i in range(5)))),
    "none": (COUNT, layout([thing("jug")], JUG)),
    "three of four": (HERD, layout([thing("goat"), thing("hen", 3)], ("a goat", LEFT),
                                   *(("a hen", box) for box in HENS[:3]))),
    "two for one": (BESIDE, layout([thing("fox"), thing("drum", 2)], ("a fox", LEFT), ("a drum", (0.45, 0.3, 0.2, 0.3)),
                                   ("a drum", (0.7, 0.3, 0.2, 0.3)))),
    # numbers wrong in one of the two
    "fewer boxes": (COUNT, layout([thing("pear", 3), thing("jug")], *PEARS[:2], JUG)),
    "one box for three": (COUNT, layout([thing("pear", 3), thing("jug")], ("three pears", ROW[0]), JUG)),
    # not counted
    "not boxed": (SIDES, layout([thing("owl"), thing("kettle", boxed=False)], ("an owl", LEFT))),
    "empty inventory": (COUNT, layout([], *PEARS[:2], JUG)),
    "fruit": (COUNT, layout([thing("fruit", 3), thing("jug")], *(("a green fruit", box) for box in ROW[:3]), JUG)),
    "split by attributes": (COUNT, layout(
        [thing("pear", attributes=["green"]), thing("pear", attributes=["ripe"]), thing("jug")],
        ("a green pear", ROW[0]), ("a ripe pear", ROW[1]), JUG)),
    # another thing of the same name
    "pear tart": (COUNT, layout([thing("pear", 3), thing("jug")], *(("a pear tart", box) for box in ROW[:3]), JUG)),
    "owl house": (SIDES, layout([thing("owl"), thing("kettle")], ("an owl house", LEFT), ("a kettle", RIGHT))),
    "fox fur": (BESIDE, layout(FOX_DRUM, ("a statue of a fox", LEFT), ("a drum", RIGHT))),
    "two only told": (LONG, layout([thing("cart")], ("a wooden cart", RIGHT), told="two donkeys and a wooden cart")),
    "all only told": (LONG, layout([], told="two donkeys beside a ditch and a wooden cart")),
    # nothing, or another sentence's plan
    "nothing": (BESIDE, layout([])),
    "another sentence": (BESIDE, layout([thing("cake"), thing("candle", 2)], ("a cake", BOTTOM), ("a candle", TOP))),
    "one thing missing": (BESIDE, layout([thing("fox")], ("a fox", LEFT))),
    # what must not be there
    "a boat": (WITHOUT, layout([thing("lighthouse"), thing("boat")], ("a lighthouse", RIGHT), ("a small boat", LEFT))),
    "a boat counted as none": (WITHOUT, layout([thing("lighthouse"), thing("boat", 0)], ("a lighthouse", RIGHT),
                                               ("a boat", LEFT))),
    "a sailing boat": (WITHOUT, layout([thing("lighthouse")], ("a lighthouse", RIGHT), ("a sailboat", LEFT))),
}  # fmt: skip


HOPELESS = ("nothing", "another sentence")  # less than half of what was asked for


@pytest.mark.parametrize("kind", [kind for kind in WRONG if kind not in HOPELESS])
def test_a_wrong_reply_is_asked_again_and_never_taken_as_it_is(kind: str) -> None:
    sentence, reply = WRONG[kind]
    result = ask(sentence, reply)
    assert len(result.attempts) == 2
    assert result.attempts[0].errors
    assert result.repairs, "an error was accepted"
    assert any(repair in note for note in result.plan.notes for repair in result.repairs)
    assert not has_errors(check_sentence(result.plan, read_sentence(sentence)))


@pytest.mark.parametrize("kind", WRONG)
def test_without_repairs_a_wrong_reply_is_no_plan(kind: str) -> None:
    with pytest.raises(PlanError):
        ask(*WRONG[kind], repair=False)


WRONG_SCENES = {
    "number": (COUNT, scene(("green pear", 2, "anywhere"), ("jug", 1, "anywhere"))),
    "exchanged": (SIDES, scene(("owl", 1, "right"), ("kettle", 1, "left"))),
    "reversed": (
        BESIDE,
        scene(("fox", 1, "anywhere"), ("drum", 1, "anywhere"), relations=[("drum", "left of", "fox")]),
    ),
    "missing": (BESIDE, scene(("fox", 1, "left"))),
}


@pytest.mark.parametrize("sentence", ["a fox to the left of a café", "a fox to the left of a café…"])
def test_typographic_quotes_and_accents_are_english_all_the_same(sentence: str) -> None:
    assert ask(sentence, layout([thing("fox"), thing("cafe")], ("a fox", RIGHT), ("a cafe", LEFT))).attempts[0].errors


@pytest.mark.parametrize(("sentence", "reply"), WRONG_SCENES.values(), ids=WRONG_SCENES)
def test_scenes_are_held_against_the_sentence_too(sentence: str, reply: str) -> None:
    result = ask(sentence, reply, "scene")
    assert result.attempts[0].errors
    assert result.repairs
    assert not has_errors(check_sentence(result.plan, read_sentence(sentence)))


def test_a_program_s_plan_is_held_against_the_sentence_too() -> None:
    boxes = [("a fox", RIGHT), ("a drum", LEFT)]
    plan = Plan(
        BESIDE,
        (Row(1, (Cell(1, "a fox and a drum"),)),),
        tuple(ObjectBox(prompt, Box(*box)) for prompt, box in boxes),
    )
    result = ask(BESIDE, json.dumps(plan.to_dict()), "plan")
    assert result.attempts[0].errors[0].code == "sentence_relation"
    assert centre(result, "fox")[0] < centre(result, "drum")[0]
    with pytest.raises(PlanError, match="the other way round"):
        ask(BESIDE, json.dumps(plan.to_dict()), "plan", repair=False)


def test_laid_out_anew_with_the_reply_s_words() -> None:
    """A right inventory with boxes that are wrong to the end keeps its prompts, each of them."""
    tones = ["an unripe green pear", "a mottled green pear", "a green pear with a leaf"]
    heap = [(prompt, (0.1, 0.1 + 0.01 * i, 0.3, 0.3)) for i, prompt in enumerate(tones)]
    reply = layout([thing("pear", 3), thing("jug")], *heap, ("a tall clay jug", (0.1, 0.1, 0.35, 0.35)))
    result = ask("a jug to the left of three green pears", reply)
    assert sorted(item.prompt for item in result.plan.objects) == sorted([*tones, "a tall clay jug"])
    assert result.repairs == ("the boxes were laid out anew from what the reply lists",)
    assert all(centre(result, "jug")[0] < item.box.center[0] for item in result.plan.objects if "pear" in item.prompt)
    assert json.loads(reply)["prompt"] == result.plan.prompt


def test_cells_keep_the_reply_s_prompts_where_they_show_the_same() -> None:
    reply = json.loads(layout([thing("owl"), thing("kettle")], ("an owl", RIGHT), ("a kettle", LEFT)))
    told = ["a dented copper kettle steams on an old iron stove", "a snowy owl sits on a branch in the moonlight"]
    reply["rows"] = [{"height": 1, "cells": [{"width": 1, "prompt": prompt} for prompt in told]}]
    result = ask(SIDES, json.dumps(reply))
    assert [cell.prompt for cell in result.plan.cells] == told[::-1]


@pytest.mark.parametrize("kind", HOPELESS)
def test_another_sentence_s_plan_is_no_plan(kind: str) -> None:
    with pytest.raises(PlanError, match='names "fox"') as caught:
        ask(*WRONG[kind])
    assert len(caught.value.attempts) == 2


def test_what_nobody_named_is_a_warning() -> None:
    reply = layout(
        [*FOX_DRUM, thing("elephant")], ("a fox", LEFT), ("a drum", RIGHT), ("an elephant", (0.4, 0.75, 0.2, 0.2))
    )
    result = ask(BESIDE, reply)
    assert len(result.attempts) == 1
    assert [warning.code for warning in result.warnings] == ["unnamed_thing"]
    assert any('"an elephant"' in note for note in result.plan.notes)


@pytest.mark.parametrize(
    "sentence",
    [
        "ein Fuchs links von einer Trommel",
        "un renard à gauche d'un tambour",
        "左边一只狐狸",
        "лиса слева от барабана",
        "tilki vasemmalla ja rumpu oikealla puolella kuvaa",
        "seekor rubah di sebelah kiri sebuah gendang",
    ],
)
def test_sentences_in_other_languages_are_left_to_the_model(sentence: str) -> None:
    result = ask(sentence, layout(FOX_DRUM, ("a fox", LEFT), ("a drum", RIGHT)))
    assert len(result.attempts) == 1
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("sentence", "objects"),
    [
        # numbers that are no counts, and what the reader cannot be sure of
        ("draw a fox next to a drum", [("a fox", LEFT), ("a drum", RIGHT)]),
        ("a hen with a chick on each side", [("a hen", MIDDLE), ("a chick", ROW[0]), ("a chick", ROW[3])]),
        ("apples on a bench", [("a long bench", BOTTOM), *(("a red apple", box) for box in ROW)]),
        ("a bunch of tulips in a vase", [("a vase", BOTTOM), ("a bunch of tulips", (0.3, 0.3, 0.4, 0.35))]),
        ("a pair of boots beside a chair", [("a boot", ROW[0]), ("a boot", ROW[1]), ("a chair", ROW[3])]),
        ("five mugs on a shelf, with letters on the cups", [("a mug", box) for box in [*ROW, BOTTOM]]),
        ("a fox on a beach at sunset", [("a fox", BOTTOM)]),
        ("a bike to the left of a sofa", [("a bicycle", LEFT), ("a couch", RIGHT)]),
        ("a bird above a boat", [("a white seagull", TOP), ("a sailboat", BOTTOM)]),
        ("a fox under a table", [("a wooden table", (0.1, 0.3, 0.8, 0.6)), ("a fox", (0.35, 0.55, 0.3, 0.3))]),
        ("a jug on a tray", [("a tray", (0.2, 0.4, 0.6, 0.4)), ("a jug", (0.4, 0.3, 0.2, 0.3))]),
    ],
)  # fmt: skip
def test_no_false_alarms(sentence: str, objects: list[Boxed]) -> None:
    cell = Cell(1, f"{', '.join(prompt for prompt, _ in objects)} in a sunlit place, {sentence}")
    plan = Plan(sentence, (Row(1, (cell,)),), tuple(ObjectBox(prompt, Box(*box)) for prompt, box in objects))
    assert check_sentence(plan, read_sentence(sentence)) == []


def test_rules_plans_agree_with_their_sentence() -> None:
    """What holds a reply against the sentence and what lays the sentence out read the same."""
    for sentence in (BESIDE, OVER, COUNT, SIDES, WITHOUT, HERD):
        plan = Planner("rules").plan(sentence).plan
        assert check_sentence(plan, read_sentence(sentence)) == [], sentence


def test_the_command_line_says_what_was_wrong_and_what_was_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lying = layout(FOX_DRUM, *SWAPPED_FOX)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with serve(lambda request: completion(lying)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        asked = ["plan", BESIDE, "--backend", "openai", "--llm", "test-1", "--no-cache"]
        assert main([*asked, "--json", "-o", str(tmp_path / "plan.json")]) == 0
    said = capsys.readouterr()
    assert "the other way round" in said.err
    assert "Repaired: the boxes were laid out anew" in said.err
    notes = json.loads(said.out)["notes"]
    assert notes == list(Plan.load(tmp_path / "plan.json").notes)
    assert any("laid out anew" in note for note in notes)
