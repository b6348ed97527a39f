"""The one table of relation words: what a sentence says, what it means for boxes, and that all who ask agree."""

import json
from pathlib import Path
from typing import get_args

import pytest

from planner import Box, Cell, ObjectBox, Plan, Row, check_plan, plan_layout
from planner.lexicon import relations
from planner.lexicon.relations import KINDS, WORDINGS, RelationKind
from planner.tasks.tasks import FOLDER

# Sentence, its two things, how the first stands to the second, and whether their boxes may overlap.
SAID = [
    ("a cat in a box", "cat", "box", "inside", True),
    ("a cat inside a box", "cat", "box", "inside", True),
    ("two kittens in an old brown basket", "kitten", "basket", "inside", True),
    ("a ball under a table", "ball", "table", "under", True),
    ("a ball underneath the table", "ball", "table", "under", True),
    ("a girl carrying a cat", "girl", "cat", "holding", True),
    ("a girl who carries a cat", "girl", "cat", "holding", True),
    ("girls carry a boat", "girl", "boat", "holding", True),
    ("a cat carried by a girl", "cat", "girl", "holding", True),
    ("a girl holding a cat", "girl", "cat", "holding", True),
    ("a blanket covering a dog", "blanket", "dog", "in_front_of", True),
    ("a blanket covers a dog", "blanket", "dog", "in_front_of", True),
    ("a dog covered by a blanket", "dog", "blanket", "behind", True),
    ("a dog hidden by a bush", "dog", "bush", "behind", True),
    ("a dog partially hidden behind a bush", "dog", "bush", "behind", True),
    ("a bush hides a dog", "bush", "dog", "in_front_of", True),
    ("a dog behind a bush", "dog", "bush", "behind", True),
    ("a ladder leaning against a wall", "ladder", "wall", "next_to", True),
    ("a man wearing a hat", "man", "hat", "wearing", True),
    ("a cup on a plate", "cup", "plate", "on", True),
    ("a fence around a house", "fence", "house", "around", True),
    ("a house surrounded by trees", "house", "tree", "around", True),
    ("a kitten peeking out of a boot", "kitten", "boot", "inside", True),
    ("a train passing through a tunnel", "train", "tunnel", "next_to", True),
    ("a basket containing an egg", "basket", "egg", "inside", True),
    ("a teddy bear held by a girl", "teddy bear", "girl", "holding", True),
    ("a cat next to a box", "cat", "box", "next_to", False),
    ("a cat to the left of a box", "cat", "box", "left_of", False),
    ("a cat directly above a box", "cat", "box", "above", False),
]


def overlapping(sentence: str, one: str, other: str) -> Plan:
    boxes = [ObjectBox(f"a {name}", Box(*box)) for name, box in
             ((other, (0.1, 0.1, 0.5, 0.5)), (one, (0.3, 0.3, 0.5, 0.5)))]  # fmt: skip
    return Plan(sentence, (Row(1, (Cell(1, "two things in one place"),)),), boxes)


@pytest.mark.parametrize(("sentence", "one", "other", "kind", "contact"), SAID)
def test_what_a_sentence_says_decides_which_boxes_may_overlap(sentence, one, other, kind, contact):
    assert [said.wording.kind for said in relations.spoken(sentence)] == [kind]
    found = {complaint.code for complaint in check_plan(overlapping(sentence, one, other), width=256, height=256)}
    assert found == (set() if contact else {"boxes_overlap"})


@pytest.mark.parametrize(("sentence", "one", "other", "kind", "contact"), SAID)
def test_a_stated_relation_means_the_same_as_in_the_sentence(sentence, one, other, kind, contact):
    (said,) = relations.spoken(sentence)
    stated = [(one, sentence[said.start : said.end], other)]
    plan = overlapping("two things", one, other)
    found = {item.code for item in check_plan(plan, width=256, height=256, relations=stated)}
    assert ("boxes_overlap" not in found) is contact


@pytest.mark.parametrize(
    "sentence",
    [
        "a cat and a box in a park",
        "a cat on the left and a box in the middle",
        "a cat in the background, a box in the foreground",
        "a cat and a box with a red cover",
        "a cat and a box that gives a hug",
        "in a garden, a cat and a box",
    ],
)
def test_words_that_say_no_contact_of_the_things(sentence):
    assert not relations.states_contact(sentence, {"cat", "box"})


def test_what_covers_touches():
    assert all(wording.contact for wording in WORDINGS if wording.covers)
    assert not relations.states_contact("a cup on a plate", {"cup", "plate"}, covering=True)
    assert relations.states_contact("a cup hidden by a plate", {"cup", "plate"}, covering=True)


def test_every_kind_has_a_meaning_and_words_that_say_it():
    assert tuple(KINDS) == get_args(RelationKind)
    for kind, meaning in KINDS.items():
        said = relations.wording_of(meaning.said)
        assert said is not None
        assert said.kind == kind
        assert relations.wording_of(kind) is not None


def test_no_words_stand_in_two_rows():
    words = [words for wording in WORDINGS for words in (*wording.phrases, *wording.verbs)]
    assert sorted(words) == sorted(set(words))


@pytest.mark.parametrize("task", ["layout", "scene"])
def test_the_table_knows_every_relation_that_a_model_may_be_asked_for(task):
    schema = json.loads((Path(FOLDER) / task / "schema.json").read_text())
    relation = schema["properties"]["relations"]["items"]["properties"]["relation"]["enum"]
    assert [name for name in relation if relations.wording_of(name) is None] == []


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("to_the left-of", "left_of", "to the left of"),
        ("on the right-hand side of", "right_of", "to the right of"),
        ("directly above", "above", "above"),
        ("on top of", "on", "above"),
        ("beneath", "under", "under"),
        ("left", "left_of", "to the left of"),
    ],
)
def test_a_relation_by_any_name(name, kind, said):
    found = relations.wording_of(name)
    assert found is not None
    assert found.direction is not None
    assert (found.kind, found.direction.said) == (kind, said)


def test_unknown_words_are_no_relation():
    assert relations.wording_of("beloved by") is None
    assert relations.match("beloved by a dog", 0) is None


def test_what_may_be_meant_by_a_sentence():
    assert relations.may_say("a man with a hat", "wearing")
    assert relations.may_say("a lamp over a desk", "below")
    assert not relations.may_say("a man and a hat", "riding")


@pytest.mark.parametrize(
    "sentence",
    [
        "a cat in a box",
        "a cat inside a box",
        "a ball under a table",
        "a girl carrying a cat",
        "a girl holding a cat",
        "a blanket covering a dog",
        "a dog hidden by a bush",
        "a dog behind a bush",
    ],
)
def test_what_touches_is_laid_out_and_left_so(sentence):
    plan = plan_layout(sentence, "rules", width=512, height=512)
    one, other = (item.box for item in plan.objects)
    assert one.intersection(other) > 0.1 * min(one.area, other.area)
    assert check_plan(plan, width=512, height=512) == []


def test_the_same_relation_in_other_words_is_laid_out_alike():
    behind, hidden = (
        plan_layout(text, "rules").objects for text in ("a house behind a dog", "a house hidden by a dog")
    )
    assert [item.box for item in behind] == [item.box for item in hidden]
