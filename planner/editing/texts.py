"""What prompts say once a thing is there no more, or somewhere else: by rules, always the same way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from planner.checks import claims
from planner.checks.names import objects_named, speaks_of, without_article
from planner.english.sentence import read_sentence
from planner.errors import PlanError
from planner.lexicon import forms
from planner.plan import Plan
from planner.plan.document import is_blank
from planner.scene.scene import Scene
from planner.tasks.rewriting import ARTICLE, one_less

EMPTY: Final = "a plain background"
NOTHING_NAMED: Final = "the prompt of an object is empty; name what is to be seen"
_RELATION: Final = (
    r"(?:to the (?:left|right) of|on top of|in front of|next to|close to|left of|right of|above|below|under|underneath|"
    r"beneath|behind|beside|near|over|on|in|inside|by|with|holding|wearing|riding|carrying|between|around)"
)
_BEFORE: Final = re.compile(rf"(?:\s*,?\s+and|\s*,?\s+{_RELATION}|\s*,)\s+$", re.IGNORECASE)
_AFTER: Final = re.compile(rf"^(?:\s*,?\s+and|\s*,?\s+(?:is |are |stands? |sits? )?{_RELATION}|\s*,)\s+", re.IGNORECASE)

_GOES_ON: Final = re.compile(r"\s*(?:of|left|right|corner|half|edge)\b", re.IGNORECASE)  # "in the top | left corner of"


def without_thing(text: str, thing: str, others: Sequence[str]) -> str:
    """Return a text that names `thing` no more and the `others` as before; of three apples it leaves two.

    thing, others: prompts of objects. Where the words cannot simply be left out, the others are listed instead.
    """
    named = [other for other in others if speaks_of(text, other)]
    unnamed = is_blank(thing)  # a picture only
    again = not unnamed and any(speaks_of(other, thing) for other in others)
    if again and not _mention(text, thing) and (fewer := one_less(text, without_article(thing))):
        return fewer
    left = _cut(text, thing)
    whole = named and left.strip(" ,.") and all(speaks_of(left, other) for other in named)
    if whole and (again or unnamed or not speaks_of(left, thing)):
        return left
    return described(others, read_sentence(text))


def without_place(text: str, thing: str) -> str:
    """Leave out where a thing stands, "a dog on the left": it stands somewhere else now."""
    found = _mention(text, thing)
    rest = text[found.end() :].lstrip() if found else ""
    place = claims.place_words(rest)
    if found is None or place is None or not rest.startswith(place) or _GOES_ON.match(rest.removeprefix(place)):
        return text
    return text[: found.end()] + rest.removeprefix(place)


def described(things: Iterable[str], scene: Scene) -> str:
    """List things, with the background and the style of what a sentence said: "a dog and a cat in a meadow".

    Without things it is the background alone, or that there is none.
    """
    *first, last = [thing for thing in things if thing] or ([] if scene.background else [EMPTY]) or [""]
    listed = f"{', '.join(first)} and {last}" if first else last
    placed = f"{listed} {scene.background}".strip()
    return f"{placed}, {scene.style}" if scene.style else placed


def is_contradicted(plan: Plan, text: str) -> bool:
    """Tell whether a plan's boxes do not stand as a text says: beside, above or at a place of the canvas."""
    scene = read_sentence(text)
    names = [item.description for item in scene.items]
    relations = [
        (names[subject], relation.kind, names[target])
        for relation in scene.relations
        for subject in relation.subjects
        for target in relation.objects
    ]
    if claims.check_relations(plan, relations):
        return True
    stated = [(item.description, (item.place.column, item.place.row)) for item in scene.items]
    return any(
        wanted in (0, 1) and abs(center - wanted) > abs(center - 0.5)
        for name, place in stated
        for index in objects_named(plan, name)
        for wanted, center in zip(place, plan.objects[index].box.center, strict=True)
    )


def introduced(words: str) -> str:
    """Name a thing as a new one: with an article where it has none, "the" and "another" as "a"; a plural has none.

    Raises `PlanError` where nothing is named.
    """
    if is_blank(words):
        raise PlanError(NOTHING_NAMED)
    first, *rest = words.split()
    if first.lower() in ("a", "an", "the", "some", "another"):
        return forms.with_article(" ".join(rest)) if first.lower() in ("another", "the") and rest else words
    return words if forms.is_plural(words.split()[-1]) else forms.with_article(words)


def _mention(text: str, thing: str) -> re.Match[str] | None:
    words = r"\s+".join(map(re.escape, without_article(thing).split()))
    return re.search(rf"\b{ARTICLE}{words}\b", text, re.IGNORECASE) if words else None


def _cut(text: str, thing: str) -> str:
    """Leave out a thing, the words that say where it stands, and the word that joins it to its neighbour."""
    text = without_place(text, thing)
    found = _mention(text, thing)
    if found is None:
        return text
    before, after = text[: found.start()], text[found.end() :]
    if joint := _BEFORE.search(before):
        return before[: joint.start()] + after
    return before + after[joint.end() :] if (joint := _AFTER.search(after)) else before + after
