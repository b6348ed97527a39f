"""Which object of a plan words name: "the ball", "the ball on the left", "the upper red ball", "one of the balls"."""

from __future__ import annotations

import re
from typing import Final

from planner.checks import claims
from planner.checks.names import Name, read_name, without_article
from planner.errors import PlanError
from planner.lexicon.words import ADJECTIVES
from planner.plan import Plan
from planner.plan.box import Box

SPOTS: Final = {  # the direction in which the named one is the first of several
    "left": (1, 0),
    "right": (-1, 0),
    "top": (0, 1),
    "upper": (0, 1),
    "bottom": (0, -1),
    "lower": (0, -1),
}
_SPOT: Final = re.compile(rf"\b({'|'.join(SPOTS)})(?:most)?\b", re.IGNORECASE)
_ORDER: Final = re.compile(r"\b(first|second|third|fourth|fifth|sixth|last)\b", re.IGNORECASE)
_NUMBERS: Final = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "sixth": 5, "last": -1}
_ONE_OF: Final = re.compile(r"(?:any )?one of (?:the )?(?P<things>.+)", re.IGNORECASE)


def named_object(plan: Plan, words: str, region: Box | None = None) -> int:
    """Return the number of the object that `words` ("the ball") name; of several, the one most inside `region`.

    Raises `PlanError` where no object or, without a region, more than one is named.
    """
    found = named_objects(plan, words)
    if not found:
        listed = ", ".join(f"{i} {item.prompt!r}" for i, item in enumerate(plan.objects)) or "none"
        raise PlanError(f"the plan has no object {words!r}; its objects are: {listed}")
    if region is not None:
        return max(found, key=lambda i: plan.objects[i].box.intersection(region))
    if len(found) > 1 and not _ONE_OF.fullmatch(words.strip()):
        listed = " and ".join(map(str, found))
        raise PlanError(f"{words!r} may be objects {listed}; say which by its number")
    return found[0]


def named_objects(plan: Plan, words: str) -> list[int]:
    """Return the numbers of the objects that `words` name: those that are just that, else those that are that too.

    Of several the words may say the place: "the ball on the left" is the leftmost of the balls.
    """
    one_of = _ONE_OF.fullmatch(words.strip())
    thing = one_of["things"] if one_of else words
    if found := _called(plan, thing):
        return found
    if order := _ORDER.search(thing):
        return _in_order(plan, _called(plan, _ORDER.sub(" ", thing)), _NUMBERS[order[1].lower()])
    spots = [spot.lower() for spot in _SPOT.findall(claims.place_words(thing) or thing)]
    found = _called(plan, _without_place(thing))
    if not spots or not found:
        return []
    along = [sum(SPOTS[spot][axis] for spot in spots) for axis in (0, 1)]
    first = {i: sum(a * c for a, c in zip(along, plan.objects[i].box.center, strict=True)) for i in found}
    return [i for i in found if first[i] == min(first.values())]


def _in_order(plan: Plan, found: list[int], number: int) -> list[int]:
    """ "the second cat", "the last mug": counted row by row, each from the left."""
    rows = sorted(found, key=lambda i: (round(3 * plan.objects[i].box.center[1]), plan.objects[i].box.center[0]))
    return [rows[number]] if -len(rows) <= number < len(rows) else []


def covered_object(plan: Plan, region: Box) -> int | None:
    """Return the number of the object that fits a region best, None where none is at least half inside it."""
    inside = [
        i for i, item in enumerate(plan.objects) if item.box.area and item.box.intersection(region) >= item.box.area / 2
    ]
    return max(inside, key=lambda i: plan.objects[i].box.iou(region), default=None)


def check_object(plan: Plan, index: int) -> None:
    """Raise `PlanError` for a number that no object has."""
    if not 0 <= index < len(plan.objects):
        allowed = f"0..{len(plan.objects) - 1}" if plan.objects else "none at all"
        raise PlanError(f"there is no object {index}; the plan's objects are {allowed}")


def _called(plan: Plan, words: str) -> list[int]:
    """Return the objects that all of the words fit; those that are called just so where there are any."""
    bare, wanted = without_article(words).lower(), read_name(words)
    prompts = [read_name(item.prompt) for item in plan.objects]
    called = [i for i, prompt in enumerate(prompts) if wanted.attributes <= prompt.words and _is_meant(wanted, prompt)]
    return [i for i in called if without_article(plan.objects[i].prompt).lower() == bare] or called


def _is_meant(wanted: Name, prompt: Name) -> bool:
    """Tell whether words mean a thing: by its noun, or by nothing but an adjective that it has ("the red one")."""
    if wanted.nouns and wanted.nouns <= ADJECTIVES:
        return wanted.nouns <= prompt.words
    return wanted.stands_for(prompt)


def _without_place(words: str) -> str:
    phrase = claims.place_words(words)
    rest = words.replace(phrase, " ") if phrase else _SPOT.sub(" ", words)
    return " ".join(rest.split())
