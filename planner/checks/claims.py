"""Compare a plan's objects with what a sentence states: counts, relations, contact.

What is stated comes in as plain data, so that any reader of sentences (the rules planner, an LLM's inventory) can
ask: a thing is a name, "apple" or "red apple"; a relation is (subject, relation, object) with two names. Which objects
a name stands for is said by `planner.checks.names`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import product

from planner.checks.names import Name, objects_named, read_name
from planner.complaints import Complaint
from planner.lexicon.relations import Kind, states_contact, wording_of
from planner.lexicon.words import NUMBERS
from planner.plan import Plan

NamedRelation = tuple[str, str, str]

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


def contact(plan: Plan, sentence: str, relations: Sequence[NamedRelation] | None) -> Callable[[int, int], bool]:
    """Return a function that tells whether two objects, by number, are asked to touch or cover each other.

    Without relations a single word of contact in the sentence ("on", "behind", "holding") allows all of them; which
    words those are is said in `planner.lexicon.relations`.
    """
    if relations is None:
        nouns = {noun for item in plan.objects for noun in read_name(item.prompt).nouns}
        found = states_contact(sentence, nouns)
        return lambda first, second: found
    pairs = set()
    for subject, relation, target in relations:
        wording = wording_of(relation)
        if wording is not None and wording.contact:
            pairs |= set(product(objects_named(plan, subject), objects_named(plan, target)))
    return lambda first, second: (first, second) in pairs or (second, first) in pairs


def place_words(prompt: str) -> str | None:
    """Return the words of an object's prompt that say where it is in the image, or None."""
    found = _PLACE_WORDS.search(prompt)
    return found.group() if found else None


def check_counts(plan: Plan, counts: Mapping[str, int], *, max_objects: int) -> list[Complaint]:
    """Return a complaint for each name that the plan has too often or too rarely.

    An object counts for the most special of the names that fit ("red apple", not "apple"). Where more things are
    counted than a plan may have objects, an object stands for as many as its prompt says ("twenty apples").
    """
    crowded = sum(counts.values()) > max_objects
    tally = dict.fromkeys(counts, 0)
    for item in plan.objects:
        if (name := _best_name(counts, read_name(item.prompt))) is not None:
            tally[name] += _amount(item.prompt) if crowded else 1
    return [_wrong_count(name, counts[name], amount) for name, amount in tally.items() if amount != counts[name]]


def check_relations(plan: Plan, relations: Sequence[NamedRelation]) -> list[Complaint]:
    """Return a complaint for each pair of objects whose centres contradict a stated direction.

    Other relations, and names that no object has, are passed over. Between things of the same name ("a dog left
    of a dog") there is nothing to check.
    """
    found = []
    for subject, relation, target in relations:
        wording = wording_of(relation)
        subjects, targets = objects_named(plan, subject), objects_named(plan, target)
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


def _best_name(counts: Mapping[str, int], prompt: Name) -> str | None:
    names = {name: read_name(name) for name in counts}
    fitting = [name for name in counts if names[name].stands_for(prompt)]
    return max(fitting, key=lambda name: _fit(names[name], prompt), default=None)


def _fit(name: Name, prompt: Name) -> tuple[int, int]:
    """How special a name is for a prompt: the words that they share, and none that the prompt lacks."""
    return len(name.words & prompt.words), -len(name.attributes - prompt.words)


def _amount(prompt: str) -> int:
    first = next(iter(re.findall(r"\w+", prompt.lower())), "")
    if first.isdecimal() and first.isascii():
        return int(first[:6])
    return max(NUMBERS.get(first, 1), 1)
