"""A reply's words put right by its sentence: what is added, what is left out, what stays as the model said it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.backends.scripted import ScriptedBackend
from planner.errors import PlanError
from planner.lexicon import forms
from planner.planner import Planner, PlanningResult
from planner.scene.scene import Item, Place, Relation, Scene
from planner.tasks.correcting import Corrected, corrected
from planner.tasks.sentences import read_stated


def item(description: str, count: int = 1, **other: Any) -> Item:
    return Item(description.split()[-1], description, count, forms.plural_phrase(description), **other)


def put_right(sentence: str, *items: Item, relations: tuple[Relation, ...] = ()) -> Corrected:
    stated = read_stated(sentence)
    assert stated is not None
    found = corrected(Scene(sentence, items, relations), stated)
    assert found is not None
    return found


def listed(found: Corrected) -> dict[str, int]:
    return {each.description: each.count for each in found.scene.items}


def test_what_the_reply_forgot_is_added_with_what_is_said_of_it() -> None:
    found = put_right("an owl on a crooked fence, a milk churn on the right", item("owl"))
    assert listed(found) == {"owl": 1, "crooked fence": 1, "milk churn": 1}
    assert [(each.kind, each.subjects, each.objects) for each in found.scene.relations] == [("on", (0,), (1,))]
    assert found.scene.items[2].place == Place(column=1.0)
    assert found.things == "added crooked fence, milk churn"


@pytest.mark.parametrize(
    ("sentence", "named", "made_up"),
    [
        ("a fox beside a well, soft light, shallow depth of field", ["fox", "well"], "soft light"),
        ("a fox beside a well on a plain grey background", ["fox", "well"], "plain grey background"),
        ("a fox beside a well, without any buckets", ["fox", "well"], "bucket"),
        ("a fox beside a well", ["fox", "well"], "elephant"),
        ("draw a fox beside a well", ["fox", "well"], "draw"),
    ],
)
def test_what_is_no_thing_of_the_sentence_is_left_out(sentence: str, named: list[str], made_up: str) -> None:
    found = put_right(sentence, *map(item, named), item(made_up))
    assert listed(found) == dict.fromkeys(named, 1)
    assert f"left out {made_up}" in found.things


def test_a_measure_is_no_thing_beside_what_it_measures() -> None:
    assert listed(put_right("two halves of a melon on a tray", item("half", 2), item("tray"))) == {
        "melon": 2,
        "tray": 1,
    }


@pytest.mark.parametrize(
    ("sentence", "thing"),
    [
        ("two geese are resting on a red carpet at night", "red carpet"),  # scenery, to the reader
        ("two geese in a wooden barn", "wooden barn"),
    ],
)
def test_what_may_be_a_thing_is_the_model_s_to_say(sentence: str, thing: str) -> None:
    goose = item("goose", 2)
    on = (Relation("on", (0,), (1,), "on"),)
    with_it = put_right(sentence, goose, item(thing), relations=on)
    assert (listed(with_it), with_it.things) == ({"goose": 2, thing: 1}, "")
    assert [(each.kind, each.subjects, each.objects) for each in with_it.scene.relations] == [("on", (0,), (1,))]
    assert put_right(sentence, goose).changes == ""


def test_prompts_stay_where_they_say_as_much_as_the_sentence() -> None:
    found = put_right("a black kettle and a mug", item("dented black kettle"), item("tall enamel mug"))
    assert listed(found) == {"dented black kettle": 1, "tall enamel mug": 1}
    assert found.changes == ""
    assert listed(put_right("a black kettle and a mug", item("kettle"), item("mug"))) == {"black kettle": 1, "mug": 1}


def test_things_of_one_noun_are_told_apart_by_their_colours() -> None:
    found = put_right("a white hen left of two brown hens", item("brown hen", 2), item("fluffy white hen"))
    assert sorted(listed(found).items()) == [("brown hen", 2), ("fluffy white hen", 1)]
    [relation] = found.scene.relations
    named = [[found.scene.items[i].description for i in side] for side in (relation.subjects, relation.objects)]
    assert (relation.kind, named) == ("left_of", [["fluffy white hen"], ["brown hen"]])


@pytest.mark.parametrize(
    ("sentence", "number", "right"),
    [
        ("three pears and a jug", 5, 3),
        ("three pears and a jug", 1, 3),
        ("pears and a jug", 4, 4),  # the sentence does not say how many
        ("pears and a jug", 1, 2),
    ],
)
def test_numbers_are_the_sentence_s_where_it_says_one(sentence: str, number: int, right: int) -> None:
    assert listed(put_right(sentence, item("pear", number), item("jug"))) == {"pear": right, "jug": 1}


def test_a_number_that_is_not_said_leaves_other_things_of_the_noun_theirs() -> None:
    stated = Scene("", (item("red tulip", 2, limit="least"), item("tulip", 2, limit="least")))
    found = corrected(Scene("", (item("tulip", 5),)), stated)
    assert found is not None
    assert [(each.description, each.count) for each in found.scene.items] == [("red tulip", 3), ("tulip", 2)]
    again = corrected(found.scene, stated)
    assert again is not None
    assert again.scene == found.scene


def test_contact_said_in_odd_words_lets_boxes_touch() -> None:
    result = ask("a old man is sitting on the chair, and a cat is sleeping under of chair", words("old man", "cat"))
    assert {each.prompt for each in result.plan.objects} == {"an old man", "a chair", "a cat"}


def test_several_prompts_for_things_of_one_kind_stay_several() -> None:
    found = put_right("three pears beside a jug", item("ripe pear", 2), item("green pear", 2), item("jug"))
    assert listed(found) == {"ripe pear": 2, "green pear": 1, "jug": 1}
    [relation] = found.scene.relations
    assert (relation.subjects, relation.objects) == ((0, 1), (2,))


def test_places_and_relations_are_the_sentence_s() -> None:
    things = (item("owl", place=Place(1.0)), item("kettle", place=Place(0.0)))
    found = put_right("an owl on the left and a kettle on the right", *things)
    assert [each.place.column for each in found.scene.items] == [0.0, 1.0]
    assert (found.things, found.moved) == ("", True)
    turned = (Relation("right_of", (1,), (0,), "right of"),)
    assert put_right("an owl left of a kettle", item("owl"), item("kettle"), relations=turned).changes == ""


def test_another_sentence_s_reply_is_not_put_right() -> None:
    stated = read_stated("a fox to the left of a drum")
    assert stated is not None
    assert corrected(Scene("", (item("cake"), item("candle"))), stated) is None
    assert corrected(Scene(""), stated) is None


SENTENCES = (
    "a fox to the left of two red drums, in the fog",
    "a jar with three candles in it on a shelf, no books",
    "an old man holds a lantern, two dogs behind him, a moon at the top",
)
NAMES = (
    "fox",
    "red drum",
    "drum",
    "jar",
    "candle",
    "blue candle",
    "shelf",
    "book",
    "old man",
    "lantern",
    "dog",
    "moon",
)
ITEMS = st.builds(
    item, st.sampled_from(NAMES), st.integers(1, 5), place=st.sampled_from([Place(), Place(0.0), Place(1.0, 0.5)])
)


@given(st.sampled_from(SENTENCES), st.lists(ITEMS, min_size=1, max_size=6))
@settings(max_examples=80, deadline=None)
def test_what_was_put_right_is_right(sentence: str, items: list[Item]) -> None:
    stated = read_stated(sentence)
    assert stated is not None
    found = corrected(Scene(sentence, tuple(items)), stated)
    if found is None:
        return
    assert sum(each.count for each in found.scene.items) >= sum(each.count for each in stated.items)
    again = corrected(found.scene, stated)
    assert again is not None
    assert again.changes == ""
    assert again.scene == found.scene


def ask(sentence: str, *replies: dict[str, Any], **options: Any) -> PlanningResult:
    backend = ScriptedBackend([json.dumps(reply) for reply in replies])
    backend.task = "scene"
    return Planner(backend, **options).plan(sentence)


def words(*names: str) -> dict[str, Any]:
    things = [{"name": name, "count": 1, "size": "normal", "position": "anywhere"} for name in names]
    return {"objects": things, "relations": [], "background": ""}


def test_a_reply_in_words_is_put_right_without_asking_again() -> None:
    result = ask("a fox beside a well, soft light", words("fox", "soft light"))
    assert len(result.attempts) == 1
    assert {each.prompt for each in result.plan.objects} == {"a fox", "a well"}
    assert result.repairs == (
        "the boxes were laid out anew from what the reply lists; added well; left out soft light",
    )
    assert f"Repaired: {result.repairs[0]}." in result.plan.notes


def test_another_sentence_s_reply_in_words_is_asked_again() -> None:
    result = ask("a fox beside a well", words("cake"), words("fox", "well"))
    assert len(result.attempts) == 2
    assert {each.prompt for each in result.plan.objects} == {"a fox", "a well"}


def test_nothing_is_put_right_where_repairs_are_not_wanted() -> None:
    with pytest.raises(PlanError, match="added well"):
        ask("a fox beside a well", *[words("fox")] * 3, repair=False)
