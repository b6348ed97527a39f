"""Prompts of a picture in which one thing has become another."""

import pytest

from planner.errors import PlanError
from planner.plan import Box, Cell, ObjectBox, Plan, Row
from planner.planner import plan_layout
from planner.tasks.changes import Change, read_change
from planner.tasks.rewriting import (
    add_object,
    replace_object,
    replace_phrase,
    rewrite,
)
from planner.tasks.which_object import covered_object, named_object

LEFT, RIGHT = Box(0, 0.25, 0.5, 0.5), Box(0.5, 0.25, 0.5, 0.5)
PLAN = Plan(
    "a cat on the left and a red ball on the right",
    (Row(1, (Cell(1, "a cat"), Cell(1, "a shiny red ball"))),),
    (ObjectBox("a cat", LEFT), ObjectBox("a red ball", RIGHT)),
)


@pytest.mark.parametrize(
    ("sentence", "change"),
    [
        ("the apple becomes a cube", Change("a cube", "the apple")),
        ("The apple turns into a cube.", Change("a cube", "The apple")),
        ("replace the red ball with a blue ball", Change("a blue ball", "the red ball")),
        ("please turn the cat into a dog", Change("a dog", "the cat")),
        ("a dog instead of the cat", Change("a dog", "the cat")),
        ("a Rubik's cube", Change("a Rubik's cube")),
        ("  a   dog! ", Change("a dog")),
    ],
)
def test_sentences_of_change(sentence: str, change: Change) -> None:
    assert read_change(sentence) == change


def test_an_empty_sentence() -> None:
    with pytest.raises(PlanError, match="there is no prompt"):
        read_change(" . ")


@pytest.mark.parametrize(
    ("text", "old", "new", "expected"),
    [
        ("a cat and a red ball", "a red ball", "an egg", "a cat and an egg"),
        ("The red ball is next to a cat", "a red ball", "an egg", "The egg is next to a cat"),
        ("a shiny red ball", "a red ball", "an egg", "a shiny egg"),
        ("a concatenation", "a cat", "a dog", "a concatenation, with a dog"),
        ("three red apples on a table", "a red apple", "an egg", "two red apples and an egg on a table"),
        ("two red apples.", "a red apple", "an egg", "a red apple and an egg."),
        ("20 cats", "a cat", "a dog", "19 cats and a dog"),
        ("two green apples", "a red apple", "an egg", "two green apples, with an egg"),
        ("a cat", "", "an egg", "a cat, with an egg"),
    ],
)
def test_phrases(text: str, old: str, new: str, expected: str) -> None:
    assert replace_phrase(text, old, new) == expected


def test_the_mention_of_the_same_number_is_replaced() -> None:
    plan = Plan(
        "a cat next to a cat",
        (Row(1, (Cell(1, "a cat"), Cell(1, "a cat"))),),
        (ObjectBox("a cat", LEFT), ObjectBox("a cat", RIGHT)),
    )
    assert replace_object(plan, 1, "a dog").prompt == "a cat next to a dog"
    assert replace_object(plan, 1, "a dog").cells == ("a cat", "a dog")
    assert replace_object(plan, 0, "a dog").prompt == "a dog next to a cat"


def test_only_the_owner_cell_changes() -> None:
    new = replace_object(PLAN, 1, "a blue cube")
    assert new.prompt == "a cat on the left and a blue cube on the right"
    assert new.object_prompt == "a blue cube"
    assert new.cells == ("a cat", "a shiny blue cube")


def test_plans_of_the_rules_backend_name_their_objects() -> None:
    plan = plan_layout("three red apples on a table, with a blue cup to the right", "rules")
    cup = [item.prompt for item in plan.objects].index("a blue cup")
    assert replace_object(plan, cup, "a dog").prompt == "three red apples on a table, with a dog to the right"
    apple = [item.prompt for item in plan.objects].index("a red apple")
    assert replace_object(plan, apple, "an egg").prompt.startswith("two red apples and an egg on a table")


def test_named_objects() -> None:
    assert named_object(PLAN, "the ball") == 1
    assert named_object(PLAN, "Red ball") == 1
    with pytest.raises(PlanError, match=r"no object 'a hat'; its objects are: 0 'a cat', 1 'a red ball'"):
        named_object(PLAN, "a hat")
    balls = Plan("x", PLAN.rows, (ObjectBox("a blue ball", LEFT), ObjectBox("a red ball", RIGHT)))
    with pytest.raises(PlanError, match="may be objects 0 and 1"):
        named_object(balls, "the ball")
    assert named_object(balls, "the ball", RIGHT) == 1


@pytest.mark.parametrize(
    ("words", "index"),
    [
        ("the ball on the left", 0),
        ("the right ball", 1),
        ("the rightmost red ball", 1),
        ("the ball at the bottom", 2),
        ("the lower ball", 2),
        ("the ball at the top right", 1),
        ("one of the balls", 0),
        ("one of the red balls", 0),
        ("the left shoe", 3),
    ],
)
def test_places_tell_things_of_one_name_apart(words: str, index: int) -> None:
    ball = [ObjectBox("a red ball", box) for box in (Box(0, 0, 0.3, 0.3), Box(0.7, 0, 0.3, 0.3))]
    others = [ObjectBox("a red ball", Box(0.4, 0.7, 0.3, 0.3)), ObjectBox("a left shoe", Box(0.4, 0.4, 0.2, 0.2))]
    assert named_object(Plan("x", PLAN.rows, (*ball, *others)), words) == index


def test_what_a_region_covers() -> None:
    assert covered_object(PLAN, Box(0.4, 0.2, 0.6, 0.6)) == 1
    assert covered_object(PLAN, Box(0, 0, 1, 1)) == 0
    assert covered_object(PLAN, Box(0, 0, 1, 0.3)) is None


def test_added_objects() -> None:
    new = add_object(PLAN, Box(0.6, 0.8, 0.2, 0.2), "a hat")
    assert new.prompt == "a cat on the left and a red ball on the right, with a hat"
    assert new.cells == ("a cat", "a shiny red ball, with a hat")


@pytest.mark.parametrize("index", [-1, 2])
def test_objects_that_are_not_there(index: int) -> None:
    with pytest.raises(PlanError, match=rf"there is no object {index}; the plan's objects are 0\.\.1"):
        replace_object(PLAN, index, "a dog")


PAIR = plan_layout("a dog to the left of a red balloon", width=512, height=512)
MUGS = plan_layout("three mugs in a row", width=512, height=512)


@pytest.mark.parametrize(
    ("sentence", "index", "prompt"),
    [
        ("I want a fox instead of the dog", 0, "a fox"),
        ("make the dog a wolf", 0, "a wolf"),
        ("make the balloon green", 1, "a green balloon"),
        ("change the balloon's color to blue", 1, "a blue balloon"),
        ("change the color of the balloon to blue", 1, "a blue balloon"),
        ("add a hat to the dog", 0, "a dog with a hat"),
        ("change the dog's collar to yellow", 0, "a dog with a yellow collar"),
        ("dog -> fox", 0, "a fox"),
        ("the balloon should be a kite", 1, "a kite"),
        ("turn the thing on the right into a cloud", 1, "a cloud"),
    ],
)
def test_ways_to_say_what_becomes_what(sentence: str, index: int, prompt: str) -> None:
    found = next(i for i, item in enumerate(PAIR.objects) if item.prompt == ("a dog", "a red balloon")[index])
    if "thing on the right" in sentence:
        sentence = sentence.replace("thing on the right", "balloon on the right")
    rewritten = rewrite(PAIR, sentence)
    assert (rewritten.index, rewritten.prompts.object_prompt.removeprefix("a ")) == (found, prompt.removeprefix("a "))


@pytest.mark.parametrize(("words", "place"), [("the last mug", 2), ("the second mug", 1), ("the first mug", 0)])
def test_ordinals_count_from_the_left(words: str, place: int) -> None:
    rewritten = rewrite(MUGS, f"{words} becomes a vase")
    order = sorted(range(3), key=lambda i: MUGS.objects[i].box.x)
    assert rewritten.index == order[place]


def test_taking_away_is_no_repainting() -> None:
    with pytest.raises(PlanError, match="takes a thing away"):
        rewrite(PAIR, "remove the balloon")
