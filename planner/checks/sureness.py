"""What a sentence names for sure: things with an article or a number, and numbers that are counts.

The reader of English may take a verb for a noun, or a number for a count. What is sure is what the sentence's own words
bear out: "a draw" is not in "draw a cat", and "two on each side" is not a count of two.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from planner.checks.names import Name, read_name
from planner.lexicon import forms, words
from planner.lexicon.verb_words import NOUN_FIRST
from planner.scene.scene import Item, Scene

_SHARED: Final = re.compile(  # words after which a number is not how many there are in all
    r"\b(?:each|every|apiece|per|than|as many|same|more|fewer|less|twice|another|others?|neither|both|half|either"
    r"|dozens?|pairs?|sets?|couples?|all|most|none|respectively|respective|former|latter|about|around|up to|at least)\b"
)
_BEFORE_NOUNS: Final = words.DETERMINERS | frozenset(words.NUMBERS)
_NEW: Final = _BEFORE_NOUNS - words.DEFINITE  # what these stand before is named for the first time


@dataclass(frozen=True)
class StatedKind:
    """The items of a sentence that go by one noun: "a red ball … two blue balls".

    items: their numbers in the scene.
    wanted: how many things they are in all.
    sure: whether the sentence names them with an article or a number.
    exact: whether `wanted` is a count.
    """

    items: tuple[int, ...]
    wanted: int
    sure: bool
    exact: bool


def stated_kinds(scene: Scene) -> list[StatedKind]:
    """Return what a sentence names, by noun, with how sure that is."""
    low = plain_words(scene.sentence)
    shared = _SHARED.search(low) is not None
    # Where some things are new, "the cups" may be the mugs that were named before.
    known = _BEFORE_NOUNS if all(mentions(item, low) == mentions(item, low, _NEW) for item in scene.items) else _NEW
    found = []
    for group in _grouped([read_name(item.description) for item in scene.items]):
        items = [scene.items[i] for i in group]
        named = sum(mentions(item, low, known) for item in {item.description: item for item in items}.values())
        exact = named >= len(items) and not shared and all(_is_counted(item, low) for item in items)
        found.append(StatedKind(tuple(group), sum(item.count for item in items), bool(named), exact))
    return found


def plain_words(sentence: str) -> str:
    """Return a sentence's words and commas in lower case, each between blanks."""
    found = re.findall(r"[^\W_]+(?:['-][^\W_]+)*|[,.;:]", sentence.lower())
    return f" {' '.join(found)} "


def mentions(item: Item, low: str, before: Collection[str] = _BEFORE_NOUNS) -> int:
    """Return how often a sentence (`plain_words`) has an item's words, and before them what stands before nouns only.

    item: the item; what may be a verb has no mentions.
    low: the sentence's words.
    before: the words that may stand before it; a plural may also have none: "cats and dogs".
    """
    if _is_verb(item.name.lower()):
        return 0
    single = item.description.lower()
    found = 0
    for phrase in dict.fromkeys((single, item.plural.lower(), forms.plural_phrase(single))):
        for word in re.findall(rf" ([^ ]+) (?={re.escape(phrase)} )", f" .{low}") if phrase else ():
            bare = phrase != single and word not in _BEFORE_NOUNS
            found += bare or word in before or word.isdecimal()
    return found


def _is_counted(item: Item, low: str) -> bool:
    """Tell whether an item's number is a count of things: no mass, no group, no plural that says no number."""
    noun = item.name.lower().split()[-1]
    if item.limit != "exact" or " of " in item.description or noun in words.MASS | words.GROUPS | words.PAIR_NOUNS:
        return False
    if forms.plural(noun) in words.PAIR_NOUNS | words.ALWAYS_PLURAL:
        return False
    numbers = [str(item.count), *(word for word, number in words.NUMBERS.items() if number == item.count)]
    return item.count == 1 or re.search(rf" (?:{'|'.join(numbers)}) ", low) is not None


def _grouped(names: Sequence[Name]) -> list[list[int]]:
    """Bring items that go by one noun together."""
    groups: list[list[int]] = []
    for index, name in enumerate(names):
        same = [g for g in groups if any(names[i].shares_noun(name) or name.shares_noun(names[i]) for i in g)]
        groups = [g for g in groups if g not in same] + [[*(i for g in same for i in g), index]]
    return groups


def _is_verb(noun: str) -> bool:
    """Tell whether what was taken for a noun is rather a verb: "wears", "holds"."""
    verb = forms.verb_form(noun)
    return verb is not None and verb[1] != "third" and noun not in NOUN_FIRST and noun not in words.ALSO_NOUNS
