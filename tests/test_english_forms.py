from pathlib import Path

import pytest

from planner.lexicon import forms

PAIRS = [line.split() for line in (Path(__file__).parent / "data/nouns.txt").read_text().splitlines()]


@pytest.mark.parametrize(("word", "expected"), PAIRS)
def test_singular(word: str, expected: str) -> None:
    assert forms.singular(word) == expected
    assert forms.singular(expected) == expected


@pytest.mark.parametrize("word", ["dogs", "people", "scissors", "mice", "firemen", "wine-glasses"])
def test_plurals_are_known_by_their_form(word: str) -> None:
    assert forms.is_plural(word)


@pytest.mark.parametrize("word", ["dog", "bus", "glass", "cactus", "sheep", "woman", "gas", "t-shirt"])
def test_singulars_are_not_plurals(word: str) -> None:
    assert not forms.is_plural(word)


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("apple", "an apple"),
        ("red apple", "a red apple"),
        ("unicorn", "a unicorn"),
        ("unusual hat", "an unusual hat"),
        ("hourglass", "an hourglass"),
        ("Eiffel tower", "an Eiffel tower"),
        ("one-eyed cat", "a one-eyed cat"),
    ],
)
def test_article(phrase: str, expected: str) -> None:
    assert forms.with_article(phrase) == expected


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("sit", "sitting"),
        ("lie", "lying"),
        ("ride", "riding"),
        ("run", "running"),
        ("fly", "flying"),
        ("see", "seeing"),
    ],
)
def test_participle(verb: str, expected: str) -> None:
    assert forms.participle(verb) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("sits", ("sit", "third")),
        ("sat", ("sit", "past")),
        ("carries", ("carry", "third")),
        ("watches", ("watch", "third")),
        ("parked", ("park", "past")),
        ("lying", ("lie", "ing")),
        ("moonwalking", ("moonwalk", "ing")),
        ("hydrant", None),
        ("bed", None),
    ],
)
def test_verb_form(word: str, expected: tuple[str, str] | None) -> None:
    assert forms.verb_form(word) == expected


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("red traffic light", "red traffic lights"),
        ("slice of cake", "slices of cake"),
        ("old box of apples", "old boxes of apples"),
        ("white sheep", "white sheep"),
    ],
)
def test_plural_of_a_phrase(phrase: str, expected: str) -> None:
    assert forms.plural_phrase(phrase) == expected
