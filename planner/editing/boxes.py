"""Where on the canvas there is room for a box, and where a box goes that is moved. Lengths here are in tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from planner.errors import PlanError
from planner.lexicon.relations import wording_of
from planner.plan import Box, Plan
from planner.plan.limits import MAX_IOU, TOKEN_PX

DUST: Final = 1e-9  # what rounding leaves
LEAST: Final = 3  # tokens on a side: less is hardly a thing
SMALL: Final = 4
LARGEST: Final = 0.4  # of the canvas' shorter side, where nothing else says how large a new thing is
STEP: Final = 0.25  # of the canvas, by which "up" moves a box
DIRECTIONS: Final = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
COLUMNS: Final = {"left": 0.0, "right": 1.0}
ROWS: Final = {"top": 0.0, "upper": 0.0, "bottom": 1.0, "lower": 1.0}
MIDDLE: Final = {"middle", "center", "centre"}


@dataclass(frozen=True)
class CanvasTokens:
    """The canvas in tokens."""

    width: int
    height: int

    @classmethod
    def of(cls, width_px: int, height_px: int) -> CanvasTokens:
        """Return the canvas of so many pixels."""
        return cls(width_px // TOKEN_PX, height_px // TOKEN_PX)

    def box(self, x: float, y: float, width: float, height: float) -> Box:
        """Return a box of whole tokens, in fractions of the canvas."""
        return Box(x / self.width, y / self.height, width / self.width, height / self.height)


def direction_of(relation: str) -> str | None:
    """Return the one of DIRECTIONS in which "left of", "above" or "underneath" lies; None for "next to"."""
    wording = wording_of(relation)
    kind = wording.direction if wording else None
    if kind is None or kind.axis is None:
        return None
    first, second = ("left", "right") if kind.axis == "x" else ("up", "down")
    return first if kind.subject_first else second


def spot(words: str) -> tuple[float | None, float | None]:
    """Read "in the top left corner" as (0, 0), "on the left" as (0, None), "in the middle" as (0.5, 0.5)."""
    found = re.findall(r"\w+", words.lower())
    columns, rows = ([table[word] for word in found if word in table] for table in (COLUMNS, ROWS))
    rest = 0.5 if MIDDLE & set(found) else None
    return next(iter(columns), rest), next(iter(rows), rest)


def free_box(
    plan: Plan,
    tokens: CanvasTokens,
    *,
    near: tuple[float, float] = (0.5, 0.5),
    beside: str = "",
    size: tuple[float, float] | None = None,
) -> Box:
    """Return the largest box up to a size that overlaps no other and lies in one cell, nearest to a point.

    near: a point in fractions of the canvas.
    beside: one of DIRECTIONS where the box must lie wholly on that side of the point.
    size: (width, height) in fractions of the canvas; None: a square as large as the plan's boxes are.
    Raises `PlanError` where there is no room for one.
    """
    others, cells = [item.box for item in plan.objects], plan.cell_boxes()
    for width, height in _sizes(size, others, tokens):
        fitting = [
            box
            for box in _boxes(tokens, width, height)
            if (not beside or _lies(box, beside, near))
            and not any(box.intersection(other) > DUST for other in others)
            and any(cell.contains(box, DUST) for cell in cells)
        ]
        if fitting:
            return min(fitting, key=lambda box: _distance(box, near))
    raise PlanError(f"there is no room for another object of {LEAST} × {LEAST} tokens there; move or remove one first")


def small_box(plan: Plan, tokens: CanvasTokens, *, near: tuple[float, float], beside: str) -> Box:
    """Return a small box on one side of a point that covers as little of the others as can be, nearest to the point.

    near, beside: as for `free_box`. Raises `PlanError` where the canvas ends there.
    """
    others = [item.box for item in plan.objects]
    fitting = [box for box in _boxes(tokens, SMALL, SMALL) if _lies(box, beside, near)]
    if not fitting:
        raise PlanError("there is no room on that side: the canvas ends there; move the other object first")
    return min(fitting, key=lambda box: (sum(map(box.intersection, others)), _distance(box, near)))


def resting_on(target: Box, tokens: CanvasTokens) -> Box:
    """Return a box for a thing on or in front of another: over the upper part of it, as far as the canvas goes."""
    side = max(LEAST, round(0.6 * min(target.width * tokens.width, target.height * tokens.height)))
    x, y = (target.x + target.width / 2) * tokens.width - side / 2, target.y * tokens.height - side / 2
    return tokens.box(_within(round(x), side, tokens.width), _within(round(y), side, tokens.height), side, side)


def shifted(plan: Plan, index: int, direction: str, tokens: CanvasTokens, share: float = STEP) -> Box:
    """Return object `index`'s box moved by a share of the canvas, or until it meets another one.

    Those that it overlaps already may be covered up to what `check_plan` allows. Where it cannot move a token without
    that, it goes the whole way all the same. Raises `PlanError` where it is at the edge already.
    """
    start, steps = plan.objects[index].box, _steps(plan.objects[index].box, direction, tokens, share)
    if steps < 1:
        raise PlanError(f"object {index} ({plan.objects[index].name!r}) cannot move {direction}: it is at the edge")
    places = [_stepped(start, direction, tokens, step) for step in range(steps, 0, -1)]
    return next((box for box in places if not _met(plan, index, box)), places[0])


def stopped_by(
    plan: Plan, index: int, box: Box, direction: str, tokens: CanvasTokens, share: float = STEP
) -> list[int]:
    """Return the objects that kept object `index`, which `shifted` moved to a box, from going the whole way."""
    start = plan.objects[index].box
    if box == _stepped(start, direction, tokens, _steps(start, direction, tokens, share)):
        return []
    return _met(plan, index, _stepped(box, direction, tokens, 1))


def newly_over(before: Plan, after: Plan) -> list[tuple[int, int, float]]:
    """Return which moved object of a plan overlaps which other more than before, and how much of the smaller one.

    Without what `check_plan` complains of: more than it allows, and what is wholly covered.
    """
    found = []
    for index, item in enumerate(after.objects):
        old = before.objects[index].box
        for number, other in enumerate(after.objects):
            if item.box == old or number == index or (number < index and other.box != before.objects[number].box):
                continue
            shared, smaller = item.box.intersection(other.box), min(item.box.area, other.box.area)
            more = shared > old.intersection(before.objects[number].box) + DUST
            if more and item.box.iou(other.box) <= MAX_IOU and shared < smaller - DUST:
                found.append((index, number, shared / smaller))
    return found


def at_edge(box: Box, column: float | None, row: float | None) -> Box:
    """Return a box at a place of the canvas: 0 the left or top edge, 0.5 the middle, 1 the right or bottom one."""
    x = box.x if column is None else column * (1 - box.width)
    y = box.y if row is None else row * (1 - box.height)
    return replace(box, x=x, y=y)


def scaled(box: Box, factor: float, tokens: CanvasTokens) -> Box:
    """Return a box of other sides around the same centre, moved where it would leave the canvas."""
    sides = []
    for size, length in ((box.width, tokens.width), (box.height, tokens.height)):
        sides.append(min(length, max(LEAST, round(size * factor * length))))
    x = box.center[0] * tokens.width - sides[0] / 2
    y = box.center[1] * tokens.height - sides[1] / 2
    return tokens.box(_within(round(x), sides[0], tokens.width), _within(round(y), sides[1], tokens.height), *sides)


def _steps(start: Box, direction: str, tokens: CanvasTokens, share: float) -> int:
    """Return by how many tokens a box can move that is to move by a share of the canvas."""
    room = {"left": start.x, "right": 1 - start.right, "up": start.y, "down": 1 - start.bottom}[direction]
    return round(min(share, room) * (tokens.width if DIRECTIONS[direction][0] else tokens.height))


def _stepped(box: Box, direction: str, tokens: CanvasTokens, steps: int) -> Box:
    across, down = DIRECTIONS[direction]
    return replace(box, x=box.x + across * steps / tokens.width, y=box.y + down * steps / tokens.height)


def _met(plan: Plan, index: int, box: Box) -> list[int]:
    """Return what object `index` would meet at a box and does not meet where it is."""
    start = plan.objects[index].box
    others = ((number, item.box) for number, item in enumerate(plan.objects) if number != index)
    return [number for number, other in others if _meets_more(start, box, other)]


def _sizes(size: tuple[float, float] | None, others: Sequence[Box], tokens: CanvasTokens) -> Iterator[tuple[int, int]]:
    """Yield sizes in tokens, from the wanted one down to the least, of the same shape."""
    if size is None:
        sides = sorted(min(box.width * tokens.width, box.height * tokens.height) for box in others)
        usual = sides[len(sides) // 2] if sides else LARGEST * min(tokens.width, tokens.height)
        wide = high = max(LEAST, min(usual, tokens.width, tokens.height))
    else:
        wide, high = size[0] * tokens.width, size[1] * tokens.height
    for shorter in range(round(min(wide, high)), LEAST - 1, -1):
        scale = shorter / min(wide, high)
        yield min(round(wide * scale), tokens.width), min(round(high * scale), tokens.height)


def _boxes(tokens: CanvasTokens, width: int, height: int) -> Iterator[Box]:
    step = max(1, max(tokens.width, tokens.height) // 32)
    for y in range(0, tokens.height - height + 1, step):
        for x in range(0, tokens.width - width + 1, step):
            yield tokens.box(x, y, width, height)


def _lies(box: Box, direction: str, point: tuple[float, float]) -> bool:
    x, y = point
    return {"left": box.right <= x, "right": box.x >= x, "up": box.bottom <= y, "down": box.y >= y}[direction]


def _distance(box: Box, point: tuple[float, float]) -> float:
    x, y = box.center
    return (x - point[0]) ** 2 + (y - point[1]) ** 2


def _meets_more(before: Box, after: Box, other: Box) -> bool:
    if before.intersection(other) > DUST:
        return after.iou(other) > max(MAX_IOU, before.iou(other) + DUST)
    return after.intersection(other) > DUST


def _within(start: int, side: int, length: int) -> int:
    return max(0, min(start, length - side))
