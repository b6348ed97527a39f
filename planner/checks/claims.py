"""Compare a plan's objects with what a sentence states: counts, relations, contact.

What is stated comes in as plain data, so that any reader of sentences (the rules planner, an LLM's inventory) can
ask: a thing is a name, "apple" or "red apple"; a relation is (subject, relation, object) with two names. A name
stands for the objects whose prompt has all of its words, its noun among the words before the first "with", "of",
"on" …: "red apple" is in "a shiny red apple on a plate", "plate" is not. Singular and plural are the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from planner.complaints import Complaint
from planner.english import forms
from planner.english.relations import Kind, states_contact, wording_of
from planner.english.words import NUMBERS
from planner.plan import Plan

Relation = tuple[str, str, str]

ARTICLES = frozenset({
    "a", "an", "the", "this", "that", "some", "another", "one", "its", "his", "her", "their",
})  # fmt: skip
IGNORED = ARTICLES | set(NUMBERS)  # in names and prompts alike
DIVIDERS = frozenset({
    "with", "without", "of", "on", "in", "at", "from", "to", "for", "by", "near", "under", "behind",
    "beside", "over", "above", "below", "inside", "into", "against", "around", "and", "or", "who", "which",
    "that", "wearing", "holding", "riding", "carrying", "is", "are", "has", "have",
})  # fmt: skip
# Along which axis the centres differ, and whether the subject's is the smaller: where to move it.
_TOWARDS = {("x", True): "the left", ("x", False): "the right", ("y", True): "the top", ("y", False): "the bottom"}
_SPOT = r"(?:left|right|top|bottom|upper|lower|middle|cent(?:er|re)|background|foreground)\b"
_PICTURE = r"(?: of (?:the |this )?(?:image|picture|canvas|frame|scene|photo|photograph|painting))"
_PLACE_WORDS = re.compile(
    rf"\b(?:on|at|in|to|from|near|towards?) (?:the )?(?:far |very |extreme )*{_SPOT}(?:[ -]+{_SPOT})*"
    rf"(?>(?:[ -]hand)?(?: (?:side|corner|edge|half|part|third))?)(?:{_PICTURE}|(?! of\b))"
    r"|\b(?:to the |on the )?(?:left|right) of\b|\bnext to\b|\bbeside\b"
    r"|\b(?:top|bottom|upper|lower)[- ](?:left|right)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Words:
    """A name's or prompt's words in the singular; `head` are those up to the first divider."""

    all: frozenset[str]
    head: tuple[str, ...]


def contact(plan: Plan, sentence: str, relations: Sequence[Relation] | None) -> Callable[[int, int], bool]:
    """Return a function that tells whether two objects, by number, are asked to touch or cover each other.

    Without relations a single word of contact in the sentence ("on", "behind", "holding") allows all of them; which
    words those are is said in `planner.english.relations`.
    """
    if relations is None:
        nouns = {head[-1] for item in plan.objects if (head := _words(item.prompt).head)}
        found = states_contact(sentence, nouns)
        return lambda first, second: found
    pairs = set()
    for subject, relation, target in relations:
        wording = wording_of(relation)
        if wording is not None and wording.contact:
            pairs |= set(product(find(plan, subject), find(plan, target)))
    return lambda first, second: (first, second) in pairs or (second, first) in pairs


def place_words(prompt: str) -> str | None:
    """Return the words of an object's prompt that say where it is in the picture, or None."""
    found = _PLACE_WORDS.search(prompt)
    return found.group() if found else None


def find(plan: Plan, name: str) -> list[int]:
    """Return the numbers of the objects that a name stands for."""
    return [index for index, item in enumerate(plan.objects) if _matches(_words(name), _words(item.prompt))]


def speaks_of(text: str, prompt: str) -> bool:
    """Tell whether a text has the noun of an object's prompt in it, anywhere and in either number."""
    head = _words(prompt).head
    return not head or head[-1] in _words(text).all


def without_article(phrase: str) -> str:
    """Drop the articles in front: "the red ball" is "red ball"; nothing but articles stays as it is."""
    words = phrase.split()
    while len(words) > 1 and words[0].lower() in ARTICLES:
        words = words[1:]
    return " ".join(words)


def check_counts(plan: Plan, counts: Mapping[str, int], *, max_objects: int) -> list[Complaint]:
    """Return a complaint for each name that the plan has too often or too rarely.

    An object counts for the most special of the names that fit ("red apple", not "apple"). Where more things are
    counted than a plan may have objects, an object stands for as many as its prompt says ("twenty apples").
    """
    crowded = sum(counts.values()) > max_objects
    tally = dict.fromkeys(counts, 0)
    for item in plan.objects:
        if (name := _best_name(counts, item.prompt)) is not None:
            tally[name] += _amount(item.prompt) if crowded else 1
    return [_wrong_count(name, counts[name], amount) for name, amount in tally.items() if amount != counts[name]]


def check_relations(plan: Plan, relations: Sequence[Relation]) -> list[Complaint]:
    """Return a complaint for each pair of objects whose centres contradict a stated direction.

    Other relations, and names that no object has, are passed over. Between things of the same name ("a dog left
    of a dog") there is nothing to check.
    """
    found = []
    for subject, relation, target in relations:
        wording = wording_of(relation)
        subjects, targets = find(plan, subject), find(plan, target)
        if wording is None or wording.direction is None or set(subjects) & set(targets):
            continue
        found += [_broken(plan, pair, wording.direction) for pair in product(subjects, targets)]
    return [complaint for complaint in found if complaint]


def _broken(plan: Plan, pair: tuple[int, int], direction: Kind) -> Complaint | None:
    first, second = pair
    assert direction.axis is not None
    axis = "xy".index(direction.axis)
    here, there = plan.objects[first].box.center[axis], plan.objects[second].box.center[axis]
    if here < there if direction.subject_first else here > there:
        return None
    side = _TOWARDS[direction.axis, direction.subject_first]
    message = (
        f'"{plan.objects[first].prompt}" must be {direction.said} objects[{second}] '
        f'("{plan.objects[second].prompt}") but its centre is at {direction.axis} {here:.3g} and the other at '
        f"{there:.3g}; move it towards {side}."
    )
    return Complaint("relation_broken", f"objects[{first}].box", message)


def _wrong_count(name: str, wanted: int, present: int) -> Complaint:
    difference = abs(wanted - present)
    advice = (
        f"add {difference}, each with its own box and the name in its prompt"
        if present < wanted
        else f"remove {difference}"
    )
    message = f'The sentence asks for {wanted} of "{name}" but the objects show {present}; {advice}.'
    return Complaint("wrong_count", "objects", message)


def _best_name(names: Mapping[str, int], prompt: str) -> str | None:
    words = _words(prompt)
    fitting = [name for name in names if _matches(_words(name), words)]
    # The same number of words: the one whose noun stands last, the prompt's own noun in "a dog house".
    return max(fitting, key=lambda name: _rank(_words(name), words), default=None)


def _rank(name: _Words, prompt: _Words) -> tuple[int, int]:
    return len(name.all), prompt.head.index(name.head[-1])


def _matches(name: _Words, prompt: _Words) -> bool:
    return bool(name.head) and name.all <= prompt.all and name.head[-1] in prompt.head


def _words(phrase: str) -> _Words:
    found = re.findall(r"[^\W_]+(?:['\u2019-][^\W_]+)*", phrase.lower())
    end = next((place for place, word in enumerate(found) if place and _divides(found, place)), len(found))
    words = [word if word in IGNORED else forms.singular(word) for word in found]
    head = tuple(word for word in words[:end] if word not in IGNORED)
    return _Words(frozenset(words) - IGNORED, head)


def _divides(words: Sequence[str], place: int) -> bool:
    """Tell whether the phrase's noun stands before this word: "dog" in "a dog chasing a ball"."""
    word = words[place]
    if word in DIVIDERS:
        return True
    following = words[place + 1] if place + 1 < len(words) else "a"
    return word.endswith("ing") and following in ARTICLES | DIVIDERS and words[place - 1] not in ARTICLES


def _amount(prompt: str) -> int:
    first = next(iter(re.findall(r"\w+", prompt.lower())), "")
    if first.isdecimal() and first.isascii():
        return int(first[:6])
    return max(NUMBERS.get(first, 1), 1)
