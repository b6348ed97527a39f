"""One odd value anywhere in a document or a reply ends in a result or in a `RagplanError`, and in nothing else.

`make test` tries a few thousand, the same ones each time; `make fuzz` 20,000 documents and 10,000 replies, new ones
each time (FUZZ=1 in the environment).
"""

import copy
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from generator.pictures import CHUNK
from generator.recipe import read_recipe
from generator.settings import RenderSettings
from planner import Box, Cell, ImagePrompt, ObjectBox, Plan, Planner, RagplanError, Row, can_generate, check_plan
from planner.backends.scripted import ScriptedBackend
from planner.drawing import draw_plan
from planner.evaluation.suites.suites import FORMATS
from planner.plan import document
from planner.plan.gallery import is_gallery, read_entries

FUZZ = bool(os.environ.get("FUZZ"))
PLANS, OTHERS, REPLIES, DRAWINGS = (8000, 4000, 10_000, 500) if FUZZ else (1600, 600, 1000, 30)
ODD: list[Any] = [
    None, True, False, 0, 1, -1, 2, 17, 1_000_000, 10**30, 10**400, 0.1, 1.5, 3.0, 1e308, -1e308, 5e-324, float("nan"),
    float("inf"), "", " ", "1", "0.5", "x" * 30_000, "a\0b", "\x1b[2J", "\ud800", "\u2028", "\u200b", "\u202e", "BREAK",
    "a cat", "left of", "on top of", "~nosuchuser/x", "../../x", "x.png", "x.safetensors:2", "{}", "[", "$x", "%s",
    "1/0", "1;1,1", [], {}, [[]], [None], ["a"], [0.1, 0.2, 0.3, 0.4], {"a": 1}, {"x": 0}, [{}], [[[[[[1]]]]]],
    ["a"] * 200,
]  # fmt: skip
WAYS = ("replace", "replace", "replace", "delete", "add", "twice", "rename", "wrap")
SENTENCE = "a red apple to the left of two cats on a table"
CELLS = [Cell(1, "a red apple on a table", 0.5), Cell(2, "two cats on a table")]
ROWS = (Row(1, CELLS), Row(2, (Cell(1, "an old wooden table"),)))
APPLE = ObjectBox(
    "a red apple", Box(0.05, 0.1, 0.2, 0.2), ImagePrompt("redux", "a.png", 0.5), 2, ("a.safetensors:0.5",)
)
CATS = [ObjectBox("a cat", Box(x, 0.1, 0.2, 0.2)) for x in (0.4, 0.7)]
PLAN = Plan(SENTENCE, ROWS, (APPLE, *CATS), ("The table has no box.",), (1, 9))
SIMPLE = Plan(SENTENCE, (Row(1, (Cell(1, "a red apple"), Cell(2, "two cats on a table"))),), (
    ObjectBox("a red apple", Box(0.05, 0.1, 0.2, 0.2)), *CATS
))  # fmt: skip
SET = {
    **SIMPLE.to_rag(),
    "HB_replace": 2, "idx": 0, "width": 512, "height": 512, "seed": 1, "SR_delta": 1.0,
    "Repainting_prompt": "a cube", "Repainting_HB_prompt": "a cube", "Repainting_SR_prompt": "a BREAK b",
    "Repainting_mask": "m.png", "Repainting_HB_replace": 2, "Repainting_single": 0, "Repainting_seed": 1,
}  # fmt: skip
FACES = {**SET, "id_images_path": ["a.png"] * 3, "id_weights": [0.5, 1, 1]}
OWN = {
    "prompt": SENTENCE, "id": "1", "kind": "k",
    "objects": [{"name": "apple", "count": 1, "attributes": ["red"]}, {"name": "cat", "at_least": 2}],
    "relations": [{"subject": "apple", "relation": "left of", "object": "cat"}],
}  # fmt: skip
GENEVAL = {
    "tag": "position", "prompt": SENTENCE, "exclude": [{"class": "cat", "count": 3}],
    "include": [{"class": "apple", "count": 1, "color": "red"},
                {"class": "cat", "count": 2, "position": ["left of", 0]}],
}  # fmt: skip
COUNTED = {"id": 1, "prompt": SENTENCE, "num_object": [["apple", 1], ["cat", 2]], "sub-type": "comparison"}
PLACED = {"id": 2, "prompt": SENTENCE, "obj1": ["apple", 0], "obj2": ["cat", 0], "relation": "left", "type": "spatial"}
SUITES = [("own", OWN), ("geneval", GENEVAL), ("nsr1k", [COUNTED, PLACED])]
BARE = {"version": 1, "prompt": SENTENCE, "rows": SIMPLE.to_dict()["rows"], "objects": SIMPLE.to_dict()["objects"]}
LAYOUT = {
    "inventory": [{"name": "apple", "count": 1, "attributes": ["red"], "boxed": True},
                  {"name": "cat", "count": 2, "attributes": [], "boxed": True}],
    "relations": [{"subject": "apple", "relation": "left of", "object": "cat"}],
    **{key: BARE[key] for key in ("prompt", "rows", "objects")},
}  # fmt: skip
SCENE = {
    "objects": [{"name": "red apple", "count": 1, "size": "small", "position": "left"},
                {"name": "cat", "count": 2, "size": "normal", "position": "anywhere"}],
    "relations": [{"subject": "red apple", "relation": "left of", "object": "cat"}],
    "background": "on a table",
}  # fmt: skip
REPAINT = {"object": 0, "object_prompt": "a cube", "prompt": "a cube and two cats", "cells": ["a cube", "two cats"]}
ANEW = {
    "prompt": "a cube and two cats", "object_prompt": "a cube", "cell_prompts": ["a cube", "two cats", "a table"],
    "hard_binding_steps": 2, "seed": 1, "single_stream": False, "blend": True, "object": 0,
}  # fmt: skip
RECIPE = {
    "plan": PLAN.to_dict(),
    "settings": RenderSettings.for_model("embedded").to_dict(),
    "versions": {"ragplan": "0.1"},
    "repaints": [
        {**ANEW, "mask": {"box": {"x": 0.1, "y": 0.1, "width": 0.5, "height": 0.5}}},
        {**ANEW, "mask": {"tokens": {"grid": [16, 16], "ranges": [[0, 3], [16, 19]]}}},
    ],
}
TASKS = [("layout", LAYOUT), ("scene", SCENE), ("plan", BARE), ("repaint", REPAINT)]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a document, the document's own first."""
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


def changed(source: Any, place: int, way: str, odd: Any) -> Any:
    """Return a copy of a document with one value changed in one way."""
    result = copy.deepcopy(source)
    found = list(places(result))
    path = found[place % len(found)]
    if not path:
        return odd if way == "replace" else [result] if way == "wrap" else result
    parent = result
    for key in path[:-1]:
        parent = parent[key]
    key = path[-1]
    if way == "delete":
        del parent[key]
    elif way == "wrap":
        parent[key] = [parent[key]]
    elif way in ("twice", "add") and isinstance(parent, list):
        parent.insert(key, odd if way == "add" else parent[key])
    elif way in ("add", "rename") and isinstance(parent, dict):
        parent[odd if isinstance(odd, str) else "odd"] = odd if way == "add" else parent.pop(key)
    else:
        parent[key] = odd
    return result


odd_values = st.sampled_from(ODD) | st.floats() | st.integers() | st.text(max_size=20)
changes = st.tuples(st.integers(0, 10_000), st.sampled_from(WAYS), odd_values)
texts = st.tuples(
    st.integers(0, 10_000), st.sampled_from(['"', "\\", "{", "]", ",", "\0", "```", "NaN", "/*", "-", "é"])
)


def odd(source: Any) -> st.SearchStrategy[str]:
    """Return JSON texts of a document with one value changed, or with a few letters where none belong."""
    whole = json.dumps(source)

    def torn(at: int, letters: str) -> str:
        place = at % len(whole)
        return whole[:place] + letters + whole[place + at % 3 :]

    return changes.map(lambda change: json.dumps(changed(source, *change))) | texts.map(lambda text: torn(*text))


def many(count: int) -> settings:
    return settings(
        max_examples=count, deadline=None, derandomize=not FUZZ, database=None, suppress_health_check=list(HealthCheck)
    )


def use_plan(text: str) -> Plan | None:
    """Do with a plan's text what can be done without painting."""
    try:
        plan = Plan.from_document(document.parse_json(text), "plan.json")
        found = check_plan(plan, width=512, height=512)
        assert all("\x1b" not in str(item) and "\n" not in item.message for item in found)
        assert Plan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan
        if can_generate(found):
            plan.to_rag()
    except RagplanError as error:
        assert_readable(error)
        return None
    return plan


def assert_readable(error: RagplanError) -> None:
    """Hold a message to one line of printable letters that a terminal does not obey."""
    assert not document.CONTROLS.search(str(error).replace("\n", " "))
    assert len(str(error)) < 5000


@many(PLANS)
@given(odd(PLAN.to_dict()) | odd(BARE))
def test_plans(text: str) -> None:
    use_plan(text)


@many(DRAWINGS)
@given(odd(PLAN.to_dict()))
def test_drawings(text: str) -> None:
    plan = use_plan(text)
    try:
        if plan is not None:
            draw_plan(plan, width=128, height=128)
    except RagplanError as error:
        assert_readable(error)


@many(OTHERS)
@given(odd([SET]) | odd(SET) | odd(FACES))
def test_galleries(text: str) -> None:
    try:
        data = document.parse_json(text)
        if is_gallery(data):
            for entry in read_entries(data, "gallery.json"):
                check_plan(entry.plan, width=512, height=512)
    except RagplanError as error:
        assert_readable(error)


@pytest.mark.parametrize(("name", "entry"), SUITES, ids=[name for name, _ in SUITES])
def test_suites(name: str, entry: Any) -> None:
    @many(OTHERS // 3)
    @given(odd(entry))
    def read(text: str) -> None:
        try:
            for case in FORMATS[name](Path(f"suite.{name}"), text):
                case.expectation()
        except RagplanError as error:
            assert_readable(error)

    read()


@many(OTHERS)
@given(odd(RECIPE))
def test_recipes(text: str) -> None:
    chunk = PngImagePlugin.PngInfo()
    chunk.add_itxt(CHUNK, text)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.png"
        Image.new("RGB", (8, 8)).save(path, pnginfo=chunk)
        try:
            read_recipe(path).to_dict()
        except RagplanError as error:
            assert_readable(error)


@pytest.mark.parametrize(("task", "reply"), TASKS, ids=[task for task, _ in TASKS])
def test_replies(task: str, reply: Any) -> None:
    @many(REPLIES // len(TASKS))
    @given(odd(reply))
    def ask(text: str) -> None:
        backend = ScriptedBackend([text])
        backend.task = "layout" if task == "repaint" else task  # type: ignore[attr-defined]
        planner = Planner(backend, max_attempts=1)
        try:
            if task == "repaint":
                planner.change(SIMPLE, "the apple becomes a cube", width=512, height=512)
            else:
                planner.plan(SENTENCE, width=512, height=512)
        except RagplanError as error:
            assert_readable(error)

    ask()


WORDS = [
    *(
        "a",
        "the",
        "two",
        "3",
        "red",
        "dog",
        "cats",
        "on",
        "under",
        "left",
        "of",
        "right",
        "in",
        "box",
        "without",
        "who",
    ),
    *(
        ",",
        ".",
        ";",
        ":",
        "-",
        "and",
        "or",
        "with",
        "is",
        "no",
        "ten",
        "0.5",
        "1/2",
        "½",
        "²",
        "٣",
        "ß",
        "한",
        "左边",
        "é",
    ),
    *(
        "999999999999999999999",
        "\u2028",
        "\t",
        "\n",
        "\u0300",
        "👩\u200d👧",
        "(blue:1.3)",
        "--ar",
        "16:9",
        "BREAK",
        "“",
    ),
    *(
        "<lora:x:1>",
        "{a|b}",
        '"',
        "\u2018",
        "–",
        "%",
        "$x",
        "each",
        "them",
        "one",
        "first",
        "row",
        "between",
        "next",
        "to",
        "it",
    ),
]


@many(REPLIES // 5)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=25), st.sampled_from([32, 64, 256, 1024]))
def test_sentences(words: list[str], size: int) -> None:
    try:
        plan = Planner("rules").plan(" ".join(words), width=size, height=1024).plan
        assert can_generate(check_plan(plan, width=size, height=1024))
    except RagplanError as error:
        assert_readable(error)
