"""From layout and scene replies to plans: counts, relations, warnings, made-up and repeated things."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.backends import Reply, Request
from planner.loop.attempts import Attempt, examine
from planner.plan import Plan
from planner.scene.scene import ANYWHERE, Place
from planner.tasks import layout
from planner.tasks.scene import place, read_scene
from planner.tasks.tasks import get_task


def look(task: str, data: Any, sentence: str) -> Attempt:
    return examine("x", get_task(task), Request(sentence, 256, 256), Reply(json.dumps(data)))


def item(name: str, count: int = 1, *attributes: str, boxed: bool = True) -> dict[str, Any]:
    return {"name": name, "count": count, "attributes": list(attributes), "boxed": boxed}


@pytest.mark.parametrize(
    ("inventory", "counts"),
    [
        ([item("dog", 2, "brown")], {"dog": 2}),
        ([item("apple", 2, "red"), item("Apple", 1, "green")], {"red apple": 2, "green apple": 1}),
        ([item("cup", 2, "with a handle"), item("cup", 1, "blue")], {"cup": 3}),
        ([item("beach", boxed=False), item("hat", 0, boxed=False)], {"hat": 0}),
        ([], {}),
    ],
)
def test_counts(inventory: list[dict[str, Any]], counts: dict[str, int]) -> None:
    assert layout.counts({"inventory": inventory}) == counts


LAYOUT = {
    "inventory": [item("dog")],
    "relations": [{"subject": "dog", "relation": "left of", "object": "moon"}],
    "prompt": "a dog",
    "rows": [{"height": 1, "cells": [{"width": 1, "prompt": "green grass"}]}],
    "objects": [{"prompt": "a dog", "box": {"x": 0.2, "y": 0.2, "width": 0.5, "height": 0.5}}],
}


def test_what_could_be_better_is_a_warning() -> None:
    attempt = look("layout", LAYOUT, "a dog")
    assert attempt.errors == ()
    found = [(complaint.code, complaint.path) for complaint in attempt.complaints]
    assert found == [
        ("relation_unknown_name", "relations[0].object"),
        ("cell_prompt_short", "rows[0].cells[0].prompt"),
        ("cell_misses_object", "rows[0].cells[0].prompt"),
    ]


def thing(name: str, position: str = "anywhere", count: int = 1, size: str = "normal") -> dict[str, Any]:
    return {"name": name, "count": count, "size": size, "position": position}


def scene(*things: dict[str, Any], relations: Any = (), background: str = "") -> dict[str, Any]:
    made = [{"subject": a, "relation": how, "object": b} for a, how, b in relations]
    return {"objects": list(things), "relations": made, "background": background}


def centers(plan: Plan) -> dict[str, tuple[float, float]]:
    return {item.prompt: item.box.center for item in plan.objects}


@pytest.mark.parametrize("count", ["3.0", "1e0", '"2"', '"two"'])
def test_a_whole_number_in_other_notation_is_a_count(count: str) -> None:
    text = json.dumps(scene({**thing("dog"), "count": 0})).replace('"count": 0', f'"count": {count}')
    attempt = examine("x", get_task("scene"), Request("some dogs", 256, 256), Reply(text))
    assert attempt.plan is not None
    assert len(attempt.plan.objects) == {"3.0": 3, "1e0": 1}.get(count, 2)


def test_a_scene_is_laid_out() -> None:
    data = scene(
        thing("small elephant", "left", size="small"), thing("rabbit", "right", 1, "huge"), background="in snow"
    )
    plan = look("scene", data, "a small elephant left and a huge rabbit right in snow").plan
    assert plan is not None
    assert [item.prompt for item in plan.objects] == ["a small elephant", "a rabbit"]
    elephant, *rabbits = plan.objects
    assert all(elephant.box.center[0] < rabbit.box.center[0] for rabbit in rabbits)
    assert all(elephant.box.area < rabbit.box.area for rabbit in rabbits)
    assert "in snow" in plan.cells[0].prompt


def test_a_scene_without_relations_and_background_is_whole() -> None:
    attempt = look("scene", {"objects": [thing("dog")]}, "a dog")
    assert attempt.errors == ()
    assert attempt.leniencies == ("missing_key",)
    assert look("scene", {"relations": [], "background": ""}, "a dog").errors[0].code == "schema"


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("three red apples", "a red apple"),
        ("2 dogs", "a dog"),
        ("two Mice", "a mouse"),
        ("five", "a five"),
        ("one-way sign", "a one-way sign"),
    ],
)
def test_a_number_in_a_name_is_the_count_s_work(name: str, prompt: str) -> None:
    plan = look("scene", scene(thing(name, count=2)), "apples, dogs, mice, five, a one-way sign").plan
    assert plan is not None
    assert [item.prompt for item in plan.objects] == [prompt, prompt]


def test_a_name_in_the_plural_is_one_of_several() -> None:
    plan = look("scene", scene(thing("old books", count=2), thing("grapes")), "two old books and grapes").plan
    assert plan is not None
    assert [item.prompt for item in plan.objects] == ["an old book", "an old book", "grapes"]


def test_what_is_no_name_is_left_out_and_said() -> None:
    links = [("kite", "above", "dog"), ("dog", "next to", "Go, Rex!"), *[("dog", "below", "kite")] * 6]
    data = scene(thing("dog"), thing("kite"), thing("Go, Rex!"), thing("4:3"), relations=links)
    data["background"] = "on a way; " * 9
    read = look("scene", data, "a kite above a dog on a way, 4:3")
    assert read.plan is not None
    assert read.errors == ()
    assert sorted(item.prompt for item in read.plan.objects) == ["a dog", "a kite"]
    assert len(read.repairs) == 4
    assert read.repairs[0] == "left out 'Go, Rex!', which is no name"
    assert read.repairs[-1] == "left out 1 of 7 relations; at most 6 may be"
    unread = look("scene", data, "ein Drachen über einem Hund auf einem Weg")  # nothing can put back what is left out
    assert {error.code for error in unread.errors} == {"schema"}
    assert unread.repairs == ()


def test_relations_place_things_too() -> None:
    data = scene(thing("cat"), thing("the old box"), relations=[("a cat", "above", "box")])
    plan = look("scene", data, "a cat above the old box").plan
    assert plan is not None
    found = centers(plan)
    assert found["a cat"][1] < found["an old box"][1]


def test_repeated_things_are_left_out_and_said() -> None:
    plan = look("scene", scene(thing("dog", "left"), thing("dog")), "a dog on the left").plan
    assert plan is not None
    assert [item.prompt for item in plan.objects] == ["a dog"]
    assert plan.notes == ('"dog" was listed twice and is kept once.',)


@pytest.mark.parametrize(
    ("sentence", "relation", "kept"),
    [
        ("a dog left of a cat", ("dog", "left of", "cat"), True),
        ("a dog left of a cat", ("cat", "right of", "dog"), True),
        ("a dog left of a cat", ("cat", "left of", "dog"), False),
        ("a dog on top of a cat", ("dog", "right of", "cat"), False),
        ("a dog on top of a cat", ("dog", "on", "cat"), True),
        ("a dog wearing a cat", ("dog", "riding", "cat"), False),
        ("ein Hund, daneben eine Katze", ("dog", "next to", "cat"), True),
    ],
)
def test_relations_that_nobody_stated_are_left_out(sentence: str, relation: Any, kept: bool) -> None:
    made = read_scene(scene(thing("dog", "left"), thing("cat", "right"), relations=[relation]), sentence)
    assert bool(made.relations) == kept
    assert bool(made.notes) != kept


def test_a_sentence_in_another_language_keeps_everything() -> None:
    made = read_scene(scene(thing("dog"), thing("table")), "ein Hund unter einem Tisch")
    assert [item.description for item in made.items] == ["dog", "table"]


def test_two_places_are_two_things() -> None:
    made = read_scene(scene(thing("dog", "left"), thing("dog", "right")), "a dog on each side")
    assert [item.place for item in made.items] == [Place(column=0.0), Place(column=1.0)]


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("left", Place(0.0, None)),
        ("bottom right", Place(1.0, 1.0)),
        ("center", Place(0.5, 0.5)),
        ("anywhere", ANYWHERE),
    ],
)
def test_places(position: str, expected: Place) -> None:
    assert place(position) == expected


SCHEMA = get_task("scene").schema["properties"]
NAMES = st.sampled_from(["dog", "red ball", "cat", "the", "a", "tall tree", "box", "x"])
THINGS = st.builds(
    thing,
    NAMES,
    st.sampled_from(SCHEMA["objects"]["items"]["properties"]["position"]["enum"]),
    st.integers(1, 16),
    st.sampled_from(SCHEMA["objects"]["items"]["properties"]["size"]["enum"]),
)
RELATIONS = st.tuples(NAMES, st.sampled_from(SCHEMA["relations"]["items"]["properties"]["relation"]["enum"]), NAMES)


@given(st.lists(THINGS, max_size=8), st.lists(RELATIONS, max_size=6))
@settings(max_examples=150, deadline=None)
def test_any_valid_scene_is_a_valid_plan(things: list[dict[str, Any]], relations: list[tuple[str, str, str]]) -> None:
    data, sentence = scene(*things, relations=relations), "a dog, a ball, a cat, a tree, a box and so on"
    task = get_task("scene", trusted=True)  # most of these scenes lack something of the sentence
    attempt = examine("x", task, Request(sentence, 256, 256), Reply(json.dumps(data)))
    assert attempt.errors == ()
    assert attempt.plan is not None


def test_several_things_are_said_in_the_plural() -> None:
    made = read_scene(scene({**thing("slice of cake"), "count": 3}), "three slices of cake")
    assert made.items[0].phrase() == "three slices of cake"


def test_a_made_up_thing_in_a_relation_is_not_there() -> None:
    links = [("dog", "on", "moon")]
    made = read_scene(scene(thing("dog"), relations=links), "a dog on a hill")
    assert [item.description for item in made.items] == ["dog"]
