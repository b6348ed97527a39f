"""Lists of adjectives that leave the noun out: "a red, a blue and a green ball"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.english.parsing.amounts import Amount
from planner.english.parsing.phrases import Phrase
from planner.lexicon import forms, words
from planner.lexicon.kinds import known_kind_of


@dataclass(frozen=True)
class Lettering:
    """A text to be read in the picture, without its quotation marks."""

    text: str


Value = Phrase | Lettering | Amount


@dataclass(frozen=True)
class Piece:
    """One word before the parser: `word` is what it sees, `source` what stands in the sentence.

    `text` is a text that the thing bears: "a bottle "AQUA 7"".
    """

    word: str
    source: str
    value: Value | None = None
    text: str = ""


def with_nouns(found: list[Piece]) -> list[Piece]:
    """ "a red, a blue and a green ball": say the noun each time."""
    done: list[Piece] = []
    for at, piece in enumerate(found):
        done.append(piece)
        start = at
        while start >= 0 and _is_adjective(found[start]):
            start -= 1
        opened = start >= 0 and start < at and determines(found[start])
        joint = at + 1 < len(found) and found[at + 1].source.lower() in (",", "and", "&") and at + 2 < len(found)
        if not (opened and joint and determines(found[at + 2])):
            continue
        noun = _elided_noun(found[at + 2 :])
        fruit = piece.word.lower() == "orange" and noun is not None and _goes_with_fruit(noun.word)
        if noun is not None and not fruit:
            name = forms.singular if found[start].word.lower() in ("a", "an", "one") else str
            done.append(Piece(name(noun.word), name(noun.source)))
    return done


def _goes_with_fruit(noun: str) -> bool:
    """Tell whether "an orange and a green …" is a fruit and a thing: an apple, a bowl."""
    one = forms.singular(noun.lower())
    return one in words.SUPPORTS | words.CONTAINERS or known_kind_of(one) == known_kind_of("orange")


def _elided_noun(after: Sequence[Piece]) -> Piece | None:
    """The noun that ends a list of "a blue and a green …"; None where it is none."""
    for at, piece in enumerate(after):
        if determines(piece) or _is_adjective(piece) or piece.source.lower() in (",", "and", "&"):
            continue
        word = piece.word.lower()
        noun = piece.value is None and word.isalpha() and word not in ("one", "ones", "with", "is", "are", "or")
        return piece if noun and _is_adjective(after[at - 1]) else None
    return None


def _is_adjective(piece: Piece) -> bool:
    return piece.value is None and piece.word.lower() in words.COLOURS | frozenset(words.SIZES)


def determines(piece: Piece) -> bool:
    """Tell whether a piece begins a noun phrase: an article or a number."""
    low = piece.word.lower()
    return piece.value is None and (low in ("a", "an", "the") or low in words.NUMBERS or low.isdecimal())


def inside_noun_phrase(before: Sequence[Piece], after: Sequence[Piece]) -> bool:
    """ "a small, red ball": a determiner and adjectives without a noun, then another adjective."""
    if not len(before) > 1 or len(after) < 2:
        return False
    opening = [piece.word.lower() for piece in before[-3:]]
    start = next((i for i, word in enumerate(opening) if word in words.DETERMINERS or word in words.NUMBERS), None)
    if start is None or start + 1 >= len(opening):
        return False
    adjectives = all(word in words.ADJECTIVES for word in opening[start + 1 :])
    another = after[0].word.lower() in words.ADJECTIVES or after[0].word.endswith("ed")
    return adjectives and another and after[1].word[0].isalpha() and after[1].word not in ("and", "or")
