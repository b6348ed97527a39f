"""Where a new thing goes: "a hat on the penguin", "two dogs on the right", "a cup" → words, boxes, how it is said."""

from __future__ import annotations

import re
from typing import Final

from planner.checks.claims import place_words
from planner.editing import boxes
from planner.editing.boxes import CanvasTokens, direction_of
from planner.editing.texts import introduced
from planner.errors import PlanError
from planner.lexicon import forms
from planner.lexicon.words import NUMBERS
from planner.plan import Box, Plan
from planner.tasks.which_object import named_object, named_objects

SIDE: Final = r"(?:to the |on the )?(?P<side>left of|right of|above|over|below|under|underneath|beneath|next to|beside)"
_ON: Final = r"(?P<side>on top of|on|onto|to|in front of)"


def counted(words: str) -> tuple[int, str]:
    """Read "two dogs on the left" as 2 and "a dog on the left"; without a number it is one."""
    first, _, rest = words.partition(" ")
    count = int(first) if first.isdecimal() else NUMBERS.get(first.lower(), 1)
    if count < 2 or not rest:
        return 1, words
    noun, place = _split_place(rest)
    *adjectives, last = noun.split()
    return count, f"{forms.with_article(' '.join([*adjectives, forms.singular(last)]))} {place}".strip()


def _split_place(words: str) -> tuple[str, str]:
    place = place_words(words)
    start = words.find(place) if place else len(words)
    return words[:start].strip(), words[start:].strip()


def placed(plan: Plan, words: str, tokens: CanvasTokens) -> tuple[str, Box, str]:
    """Return the thing's own words, its box, and how the whole prompt names it."""
    for where, find in ((SIDE, _beside), (_ON, _on)):
        found = re.fullmatch(rf"(?P<new>.+?) {where} (?P<thing>.+)", words, re.IGNORECASE)
        if found and named_objects(plan, found["thing"]):
            name, side = introduced(found["new"]), found["side"].lower()
            box = find(plan, named_object(plan, found["thing"]), side, tokens)
            relation = words[found.end("new") : found.start("thing")] if side != "to" else " on "
            return name, box, f"{name}{relation}{found['thing']}"
    name, place = _split_place(words)
    column, row = boxes.spot(place)
    point = (0.5 if column is None else column, 0.5 if row is None else row)
    return introduced(name), boxes.free_box(plan, tokens, near=point), f"{introduced(name)} {place}".strip()


def _beside(plan: Plan, index: int, side: str, tokens: CanvasTokens) -> Box:
    """Find a new thing's place at a side of an object: a free one, else a small one that covers little of others."""
    try:
        return free_beside(plan, index, side, tokens)
    except PlanError:
        near, direction = _edge(plan.objects[index].box, side)
        if direction is None:
            raise
        return boxes.small_box(plan, tokens, near=near, beside=direction)


def free_beside(
    plan: Plan, index: int, side: str, tokens: CanvasTokens, size: tuple[float, float] | None = None
) -> Box:
    near, direction = _edge(plan.objects[index].box, side)
    return boxes.free_box(plan, tokens, near=near, beside=direction or "", size=size)


def _edge(target: Box, side: str) -> tuple[tuple[float, float], str | None]:
    """Return the middle of the edge on a side of a box, and the direction away from it; None: any side."""
    direction = direction_of(side)
    x = {"left": target.x, "right": target.right}.get(direction or "", target.center[0])
    y = {"up": target.y, "down": target.bottom}.get(direction or "", target.center[1])
    return (x, y), direction


def _on(plan: Plan, index: int, side: str, tokens: CanvasTokens) -> Box:
    return boxes.resting_on(plan.objects[index].box, tokens)
