"""Nouns that only announce what is listed after them: "three animals: a cat, a dog and a bird" are three things.

What is said of the announcing noun, where it stands and to what, holds for what is listed.
"""

from __future__ import annotations

from dataclasses import replace

from planner.english.reading.state import Reading
from planner.lexicon import words
from planner.lexicon.kinds import is_being, is_one_of
from planner.scene.scene import ANYWHERE


def sum_up(r: Reading) -> None:
    """A list begins: one of the nouns that the sentence has named may be no more than its sum."""
    if any(r.things[i].count > 1 or r.things[i].noun.key in _SUMS for i in range(r.first, len(r.things))):
        r.summary = (r.first, len(r.things))


def end_list(r: Reading, *, last: bool) -> None:
    """The list has come to its end, if it is the `last` part of the sentence: its things take their sum's place."""
    if r.summary is None:
        return
    first, before = r.summary
    named = [i for i in range(before, len(r.things)) if r.things[i].count]
    for listed in ([i for i in r.listed if i in named], named):
        for whole in reversed(range(first, before)):
            parts = _parts_of(r, whole, listed)
            if parts and not any(r.things[i].part for i in parts):
                become(r, whole, parts)
                r.summary = None
                return
    r.summary = None if last else r.summary  # "two dogs: a poodle; a beagle"


_SUMS = words.ANNOUNCING | words.COLLECTIVES


def _parts_of(r: Reading, whole: int, listed: list[int]) -> list[int]:
    """The first things of a list that an item is together, by its noun or its number; none where it is none."""
    draft = r.things[whole]
    key, told = draft.noun.key, draft.limit == "exact" and draft.count > 1
    if draft.group is not None and draft.count != draft.noun.count:  # "three doors: a red door, a blue one, …"
        listed = [i for i in listed if r.things[i].noun.key == key]
    if key in _SUMS and not told:
        return listed if len(listed) > 1 else []
    if is_being(key) and not any(is_being(r.things[i].noun.key) for i in listed):
        return []
    sums = [sum(r.things[i].count for i in listed[: end + 1]) for end in range(len(listed))]
    general = draft.group is not None or all(is_one_of(r.things[i].noun.key, key) for i in listed)
    return listed[: sums.index(draft.count) + 1] if draft.count in sums and (told or general) else []


def become(r: Reading, old: int, new: list[int]) -> None:
    """Put things in the place of one that was another name for them, or for all of them together."""
    draft = r.things[old]
    for index in new:
        named = r.things[index]
        if named.place == ANYWHERE:
            named.place = draft.place
    draft.count = 0

    def told(side: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(dict.fromkeys(part for i in side for part in (new if i == old else (i,))))

    for at, relation in enumerate(r.relations):
        if old in (*relation.subjects, *relation.objects):
            r.relations[at] = replace(relation, subjects=told(relation.subjects), objects=told(relation.objects))
    r.orders = [replace(order, items=told(order.items)) for order in r.orders]
    r.listed = [i for i in r.listed if i != old]
