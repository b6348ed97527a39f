"""The scene schema narrowed to a sentence: what a small model may still answer, and what it may not."""

import json

import jsonschema
import pytest

from planner.loop.prompting import Example, load_prompts
from planner.tasks.copying import copied
from planner.tasks.grammar import find_things, is_english, narrowed
from planner.tasks.tasks import get_task

SCHEMA = get_task("scene").schema


def names(sentence: str) -> dict[str, tuple[int, int]]:
    return {thing.name: (thing.least, thing.most) for thing in find_things(sentence)}


def choices(sentence: str, part: str) -> list[str]:
    first = narrowed(SCHEMA, sentence)["properties"]["objects"]["prefixItems"][0]
    return list(first["properties"][part]["enum"])


def relations(sentence: str) -> list[str]:
    narrow = narrowed(SCHEMA, sentence)["properties"]["relations"]
    return narrow["items"]["anyOf"][0]["properties"]["relation"]["enum"] if narrow["maxItems"] else []


def pairs(sentence: str) -> list[tuple[list[str], list[str]]]:
    found = narrowed(SCHEMA, sentence)["properties"]["relations"]["items"]["anyOf"]
    return [(part["properties"]["subject"]["enum"], part["properties"]["object"]["enum"]) for part in found]


@pytest.mark.parametrize("example", load_prompts("scene").examples, ids=lambda example: example.sentence)
def test_our_examples_stay_possible(example: Example) -> None:
    jsonschema.validate(example.reply, narrowed(SCHEMA, example.sentence))


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Three birds sitting on the back of an elephant.", {"bird": (3, 3), "elephant": (1, 1)}),
        ("A pair of ducks and a dozen eggs", {"duck": (2, 2), "egg": (12, 12)}),
        ("Six people sit around", {"person": (6, 6)}),
        ("A boy throws balls", {"boy": (1, 1), "ball": (2, 4)}),
        ("5 sheep near the fire truck", {"sheep": (5, 5), "fire truck": (1, 1)}),
        ("a large parked car, a boy riding bikes", {"large parked car": (1, 1), "boy": (1, 1), "bike": (2, 4)}),
        ("two teddy bears, a herd of cows", {"teddy bear": (2, 2), "cow": (2, 4)}),
        ("400 ants", {"ant": (16, 16)}),
        ("a man without a hat, no dogs", {"man": (1, 1)}),
        ("a photo of a cat on the left", {"cat": (1, 1)}),
        ("a foggy forest in the morning", {}),
        ("a chocolate cake", {"chocolate cake": (1, 1)}),
    ],
)
def test_names_are_words_of_the_sentence_with_the_number_in_front(
    sentence: str, expected: dict[str, tuple[int, int]]
) -> None:
    assert names(sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "positions", "kinds"),
    [
        ("a cat on the left and a dog on the right", ["left", "right", "anywhere"], []),
        ("a cat to the left of a dog", ["anywhere"], ["left of"]),
        ("a cat at the top and a dog at the bottom", ["top", "bottom", "anywhere"], []),
        ("a cat on top of a dog", ["anywhere"], ["on"]),
        ("a cat in front of a dog", ["anywhere"], ["in front of"]),
        ("a cat, a dog", ["anywhere"], []),
        ("From left to right: a cat and a dog", ["anywhere"], ["left of"]),
        ("a cat in the top left corner, a dog in the lower right one", ["top left", "bottom right", "anywhere"], []),
    ],
)
def test_places_and_relations_are_those_that_are_said(sentence: str, positions: list[str], kinds: list[str]) -> None:
    assert choices(sentence, "position") == positions
    assert relations(sentence) == kinds


def test_what_is_named_first_stands_to_what_is_named_later() -> None:
    assert pairs("a cat on a red table near a dog") == [
        (["cat"], ["red table", "dog"]),
        (["red table"], ["dog"]),
    ]
    assert pairs("On the table stands a lamp") == [(["table"], ["lamp"]), (["lamp"], ["table"])]


def test_things_come_once_and_in_order() -> None:
    objects = narrowed(SCHEMA, "a cat and two dogs")["properties"]["objects"]
    assert [part["properties"]["name"]["enum"] for part in objects["prefixItems"]] == [["cat"], ["dog"]]
    assert (objects["minItems"], objects["maxItems"]) == (1, 2)


def test_sizes_are_those_that_are_said() -> None:
    assert choices("a little cat and a giant dog", "size") == ["small"]
    assert choices("a cat that is little", "size") == ["small", "normal"]
    assert choices("a cat", "size") == ["normal"]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("a boat on a lake in the morning", ["", "on a lake", "in the morning"]),
        ("a woman in a red dress under a table", [""]),
        ("a cat in the top left corner", [""]),
    ],
)
def test_the_background_is_a_piece_of_the_sentence(sentence: str, expected: list[str]) -> None:
    assert narrowed(SCHEMA, sentence)["properties"]["background"]["enum"] == expected


@pytest.mark.parametrize("sentence", ["ein Hund links und eine Katze rechts", "un perro y un gato", "木の下の犬"])
def test_other_languages_keep_the_whole_schema(sentence: str) -> None:
    assert not is_english(sentence)
    assert narrowed(SCHEMA, sentence) is SCHEMA


def test_our_own_schema_is_left_alone() -> None:
    before = json.dumps(SCHEMA)
    narrowed(SCHEMA, "two dogs on the left of a cat")
    assert json.dumps(SCHEMA) == before


@pytest.mark.parametrize(
    ("sentence", "name", "counts"),
    [
        ("two forks and a knife", "fork", {2}),
        ("two forks and a knife", "knife", {1}),
        ("three shiny red apples", "apple", {3}),
        ("three slices of cake", "slice of cake", {3}),
        ("two dogs chasing cats", "cat", set(range(2, 17))),
        ("a dozen eggs", "egg", set(range(1, 17))),
        ("a 3 story house", "story house", {1, 2, 3}),
        ("two tables with two chairs each", "chair", set(range(1, 17))),
        ("five sheep", "sheep", {5}),
        ("the sheep", "sheep", set(range(1, 17))),
        ("40 birds", "bird", {16}),
    ],
)
def test_a_copied_name_has_the_number_in_front(sentence: str, name: str, counts: set[int]) -> None:
    item = copied(SCHEMA, sentence)["properties"]["objects"]["items"]
    thing = {"name": name, "size": "normal", "position": "anywhere"}
    validator = jsonschema.Draft202012Validator(item)
    assert {count for count in range(1, 20) if validator.is_valid({**thing, "count": count})} == counts


@pytest.mark.parametrize(
    ("sentence", "there", "denied"),
    [
        ("a man without a hat", {"man"}, {"hat"}),
        ("two chairs but no red table", {"chair"}, {"table", "red table"}),
        ("a man without a hat and a dog", {"man", "dog"}, {"hat"}),
    ],
)
def test_what_is_not_there_is_no_copied_name(sentence: str, there: set[str], denied: set[str]) -> None:
    items = copied(SCHEMA, sentence)["properties"]["objects"]["items"]["anyOf"]
    names = {name for item in items for name in item["properties"]["name"]["enum"]}
    assert there <= names
    assert not denied & names
