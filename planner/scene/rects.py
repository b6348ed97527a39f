"""Rectangles of the token grid: parts of them, and sharing them out evenly. All lengths are in tokens."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from planner.scene.scene import Formation

LEAST: Final = 2  # tokens on a side, without which nothing can be drawn


class NoRoomError(Exception):
    """The things do not fit at two tokens each."""


@dataclass(frozen=True)
class Rect:
    """A rectangle in tokens."""

    x: int
    y: int
    width: int
    height: int

    def part(self, left: float, top: float, right: float, bottom: float) -> "Rect":
        """Give a part by fractions of the sides, at least 2 tokens wide and high, inside this one."""
        x, width = _span(left, right, self.width)
        y, height = _span(top, bottom, self.height)
        return Rect(self.x + x, self.y + y, width, height)

    def square(self, side: int, below: float = 0.5) -> "Rect":
        """Give a square in the middle across; `below`: 0 at the top edge, 1 at the bottom edge."""
        side = min(side, self.width, self.height)
        return Rect(self.x + (self.width - side) // 2, self.y + int((self.height - side) * below), side, side)


def _span(start: float, end: float, length: int) -> tuple[int, int]:
    if length < LEAST:
        raise NoRoomError
    size = max(LEAST, math.floor((end - start) * length + 0.5))
    at = min(math.floor(start * length + 0.5), length - size)
    return max(at, 0), min(size, length)


def share(length: int, needs: Sequence[float]) -> list[int]:
    """Divide a length by what its parts need, at least 2 tokens for each. Raises `NoRoomError`."""
    if length < LEAST * len(needs):
        raise NoRoomError
    total, edges = sum(needs), [0]
    for index in range(len(needs)):
        left = len(needs) - index - 1
        edge = round(sum(needs[: index + 1]) / total * length)
        edges.append(min(max(edge, edges[-1] + LEAST), length - LEAST * left))
    return [end - start for start, end in pairwise(edges)]


def grid(count: int, width: float, height: float, formation: Formation | None, lines: int = 0) -> tuple[int, int]:
    """The number of columns and rows in which `count` squares become largest, or that the sentence says."""
    if formation in ("x", "y"):
        return (count, 1) if formation == "x" else (1, count)
    if formation == "grid" and 0 < lines <= count:
        return math.ceil(count / lines), lines
    shapes = [(columns, math.ceil(count / columns)) for columns in range(1, count + 1)]
    return max(shapes, key=lambda shape: (min(width / shape[0], height / shape[1]), -shape[0] * shape[1]))


def even_grid(count: int, rect: Rect) -> list[Rect]:
    """Squares for `count` things in reading order, as large as they can be. Raises `NoRoomError`."""
    columns, rows = grid(count, rect.width, rect.height, None)
    side = min(rect.width // columns, rect.height // rows)
    if side < LEAST:
        raise NoRoomError
    return [
        Rect(rect.x + index % columns * side, rect.y + index // columns * side, side, side) for index in range(count)
    ]
