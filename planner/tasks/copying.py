"""The scene schema for a model that was trained on it: names and numbers are held to the words of the sentence.

Such a model knows what is a thing and where it stands. Copying still helps it: it writes no name that is not said, and
does not give one thing's number to the next.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from planner.checks.names import ARTICLES, DIVIDERS
from planner.lexicon import forms, words
from planner.plan.limits import MAX_OBJECTS
from planner.tasks.grammar import CLOSED, DENIED, TOKEN, is_english, is_many, spoken_number

LONGEST_NAME: Final = 6  # words
LONGEST_NAME_CHARACTERS: Final = 40
_NOT_COPIED: Final = words.DETERMINERS | DIVIDERS | DENIED | frozenset(words.NUMBERS)
_SHARED_NUMBERS: Final = re.compile(  # numbers said through other things
    r"\b(?:each|every|apiece|per|than|as many|same number|more|fewer|twice|another|others?|neither|both|half|dozens?"
    r"|pairs?|(?:\w+) of (?:them|these|those)|(?:one|two|three|four|some|all|most|none) of the)\b"
)


def copied(schema: Mapping[str, Any], sentence: str) -> Mapping[str, Any]:
    """Return the scene schema for a model that was trained on it: names and numbers are held to the sentence's words.

    Names are runs of its words, and a name's count is the number that stands in front of it.
    """
    names = _names(sentence) if is_english(sentence) else {}
    if not names:
        return schema
    result = copy.deepcopy(dict(schema))
    objects, relations = (result["properties"][key] for key in ("objects", "relations"))
    alike = dict[tuple[int, int], list[str]]()
    for name, counts in names.items():
        for bounds in counts:
            alike.setdefault(bounds, []).append(name)
    item = objects["items"]
    held = []
    for (least, most), some in alike.items():
        count = {"type": "integer", "minimum": least, "maximum": most}
        parts = {"name": {"type": "string", "enum": some}, "count": count}
        held.append({**item, "properties": {**item["properties"], **parts}})
    objects["items"] = {"anyOf": held}
    for side in ("subject", "object"):
        relations["items"]["properties"][side] = {"type": "string", "enum": list(names)}
    return result


def _names(sentence: str) -> dict[str, set[tuple[int, int]]]:
    """All runs of words without small ones, in the singular: "black and white cat", with how many there may be."""
    tokens = TOKEN.findall(sentence.lower())
    free = _SHARED_NUMBERS.search(sentence.lower()) is not None
    found = dict[str, set[tuple[int, int]]]()
    for start, end in combinations(range(len(tokens) + 1), 2):
        run = tokens[start:end]
        inner = set(run[1:-1]) & {"of", "and"}
        if len(run) > LONGEST_NAME or any(not word[0].isalnum() or word in _NOT_COPIED - inner for word in run):
            continue
        if _is_denied(tokens[:start]):
            continue
        head = run.index("of") - 1 if "of" in inner else len(run) - 1
        bounds = (1, MAX_OBJECTS) if free else _bounds(_number_before(tokens[:start]), run[head])
        run[head] = forms.singular(run[head])
        name = " ".join(run)
        if len(name) <= LONGEST_NAME_CHARACTERS:
            found.setdefault(name, set()).add(bounds)
    return found


def _is_denied(tokens: Sequence[str]) -> bool:
    """Tell whether a name behind these words is said not to be there: "without a", "but no red"."""
    small = (word for word in reversed(tokens) if word not in ARTICLES and (word in CLOSED or not word.isalpha()))
    return next(small, "") in DENIED


def _number_before(tokens: Sequence[str]) -> int | None:
    """The number that the words before a name say: 2 for "two red" of "two red apples", None where they say none."""
    for word in reversed(tokens):
        if (number := spoken_number(word)) is not None:
            return number
        if word not in ("of", "the") and (word in CLOSED or not word[0].isalnum() or is_many(word)):
            return None
    return None


def _bounds(number: int | None, head: str) -> tuple[int, int]:
    """How often a thing may be there: "two dogs", "dogs", "a dog", "a sheep"; a "3 story house" is one."""
    if number is not None and number != 1:
        return (min(number, MAX_OBJECTS) if is_many(head) else 1, min(number, MAX_OBJECTS))
    if not is_many(head):
        return 1, 1
    return (2 if number is None and head not in forms.UNCHANGING else 1), MAX_OBJECTS
