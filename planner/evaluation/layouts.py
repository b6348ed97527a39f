"""How a plan's boxes look as a layout: what a picture editor would see at a glance, whatever was asked for.

Nothing here is right or wrong by itself. The release's galleries cover more than half of the canvas; a row of things is
drawn on one line; a giraffe's box is higher than wide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import fmean, median
from typing import Final

from planner.lexicon.kinds import known_kind_of
from planner.lexicon.relations import states_contact
from planner.plan import Plan
from planner.plan.box import Box

ON_ONE_LINE: Final = 0.015  # of the canvas
TOUCHING: Final = 0.05  # of the smaller box: less is a matter of rounding
RIGHT_FORM: Final = 2.0  # between a box's proportions and those of its kind
_HEAD_ENDS: Final = re.compile(r"[,.;]| (?:with|without|of|in|on|at|that|who|wearing|holding|made|and)\b")


@dataclass(frozen=True)
class LayoutLook:
    """One plan's boxes at a glance.

    coverage: the share of the canvas under the union of the boxes.
    smallest: the shortest side of a box over the canvas' shorter side.
    pairs_apart: pairs of boxes in a plan whose sentence has no word of contact.
    overlapping: those of them that overlap by more than 5 % of the smaller box.
    in_rows: boxes beside which others stand.
    aligned: those of them that end or begin at one height with a neighbour, or have their middle there.
    known: boxes of things whose kind is known.
    formed: those of them whose proportions are within a factor of 2 of their kind's.
    """

    coverage: float = 0.0
    smallest: float = 0.0
    pairs_apart: int = 0
    overlapping: int = 0
    in_rows: int = 0
    aligned: int = 0
    known: int = 0
    formed: int = 0


def look_of(plan: Plan, *, width: int, height: int) -> LayoutLook:
    """Look at a plan's boxes on a canvas of width × height pixels."""
    boxes = [item.box for item in plan.objects]
    if not boxes:
        return LayoutLook()
    names = [_HEAD_ENDS.split(item.name)[0] for item in plan.objects]
    apart = not states_contact(plan.prompt, {name.split()[-1] for name in names if name.split()})
    pairs = list(combinations(boxes, 2)) if apart else []
    rows = [_neighbours(box, boxes) for box in boxes]
    forms = [_form(box, name, width / height) for box, name in zip(boxes, names, strict=True)]
    return LayoutLook(
        coverage=_covered(boxes),
        smallest=min(min(box.width * width, box.height * height) for box in boxes) / min(width, height),
        pairs_apart=len(pairs),
        overlapping=sum(one.intersection(other) > TOUCHING * min(one.area, other.area) for one, other in pairs),
        in_rows=sum(bool(row) for row in rows),
        aligned=sum(any(_on_a_line(box, other) for other in row) for box, row in zip(boxes, rows, strict=True)),
        known=sum(form is not None for form in forms),
        formed=sum(form is not None and 1 / RIGHT_FORM <= form <= RIGHT_FORM for form in forms),
    )


def summary_lines(looks: Sequence[LayoutLook]) -> list[tuple[str, str]]:
    """Return the measures of several plans with boxes, a name and a value a line; nothing without such a plan."""
    if not looks:
        return []
    return [
        ("canvas under boxes, mean", f"{fmean(look.coverage for look in looks):.1%}"),
        ("shortest side of a plan's boxes, median", f"{median(look.smallest for look in looks):.1%}"),
        ("overlapping pairs where nothing touches", _share((look.overlapping, look.pairs_apart) for look in looks)),
        ("boxes of a row that stand on one line", _share((look.aligned, look.in_rows) for look in looks)),
        ("boxes with the proportions of their kind", _share((look.formed, look.known) for look in looks)),
    ]


def _share(counts: Iterable[tuple[int, int]]) -> str:
    parts, wholes = zip(*counts, strict=True)
    return f"{sum(parts) / sum(wholes):.1%}" if sum(wholes) else "none"


def _covered(boxes: Sequence[Box]) -> float:
    """The share of the canvas under the union of boxes, by the strips between all their edges."""
    columns = sorted({min(max(edge, 0.0), 1.0) for box in boxes for edge in (box.x, box.right)})
    rows = sorted({min(max(edge, 0.0), 1.0) for box in boxes for edge in (box.y, box.bottom)})
    area = 0.0
    for left, right in pairwise(columns):
        for top, bottom in pairwise(rows):
            x, y = (left + right) / 2, (top + bottom) / 2
            if any(box.distance(x, y) == 0 for box in boxes):
                area += (right - left) * (bottom - top)
    return area


def _neighbours(box: Box, boxes: Sequence[Box]) -> list[Box]:
    """The boxes that stand beside a box: at the same height for more than half of the lower one, not over it."""
    found = []
    for other in boxes:
        shared = min(box.bottom, other.bottom) - max(box.y, other.y)
        beside = box.intersection(other) < TOUCHING * min(box.area, other.area)
        if other is not box and beside and shared > 0.5 * min(box.height, other.height):
            found.append(other)
    return found


def _on_a_line(box: Box, other: Box) -> bool:
    lines = ((box.bottom, other.bottom), (box.y, other.y), (box.center[1], other.center[1]))
    return any(abs(one - two) <= ON_ONE_LINE for one, two in lines)


def _form(box: Box, name: str, canvas_aspect: float) -> float | None:
    """A box's width over height, over that of its kind; None for a kind that is not known."""
    kind = known_kind_of(name)
    return None if kind is None or box.height <= 0 else box.width / box.height * canvas_aspect / kind.aspect
