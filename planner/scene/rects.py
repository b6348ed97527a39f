"""Rectangles of the canvas in tokens (16 × 16 pixels), as fractions while a layout is made, whole in the end."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

LEAST: Final = 2  # tokens on a side, without which nothing can be drawn


class NoRoomError(Exception):
    """The things do not fit at two tokens each."""


@dataclass(frozen=True)
class Size:
    """A width and a height."""

    width: float
    height: float

    @property
    def area(self) -> float:
        """Width times height."""
        return self.width * self.height

    @property
    def longest(self) -> float:
        """The longer side."""
        return max(self.width, self.height)

    @property
    def shortest(self) -> float:
        """The shorter side."""
        return min(self.width, self.height)

    def scaled(self, scale: float) -> "Size":
        """Give it so many times as wide and as high."""
        return Size(self.width * scale, self.height * scale)

    def within(self, width: float, height: float) -> "Size":
        """Give it scaled down so that it fits."""
        return self.scaled(min(width / self.width, height / self.height, 1.0))

    def over(self, width: float, height: float) -> "Size":
        """Give it scaled up so that it holds a width and a height."""
        return self.scaled(max(width / self.width, height / self.height, 1.0))


@dataclass(frozen=True)
class Rect:
    """A rectangle in tokens: its top left corner, width and height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    @property
    def area(self) -> float:
        """Width times height."""
        return self.width * self.height

    def part(self, x: float, y: float, width: float, height: float) -> "Rect":
        """Give a part of this one by fractions of its sides."""
        return Rect(self.x + x * self.width, self.y + y * self.height, width * self.width, height * self.height)

    def moved(self, x: float = 0.0, y: float = 0.0) -> "Rect":
        """Give it moved by so many tokens."""
        return replace(self, x=self.x + x, y=self.y + y)

    def inner(self, width: float, height: float, down: float) -> "Rect":
        """Give a rectangle inside, in the middle across; `down`: 0 at the upper edge, 1 at the lower."""
        x, y = self.x + (self.width - width) / 2, self.y + (self.height - height) * down
        return Rect(x, y, width, height)

    def shared(self, other: "Rect") -> float:
        """Return the area that both cover."""
        wide = min(self.right, other.right) - max(self.x, other.x)
        high = min(self.bottom, other.bottom) - max(self.y, other.y)
        return max(wide, 0.0) * max(high, 0.0)

    def iou(self, other: "Rect") -> float:
        """Return what both cover over what one of them covers."""
        both = self.shared(other)
        return both / (self.area + other.area - both)

    def holds(self, other: "Rect", slack: float = 0.0) -> bool:
        """Tell whether the other lies in this one altogether, but for `slack`."""
        across = self.x - slack <= other.x and other.right <= self.right + slack
        return across and self.y - slack <= other.y and other.bottom <= self.bottom + slack

    def whole(self) -> "Rect":
        """Bring the edges between two tokens: boxes that are apart, or inside a whole cell, stay so.

        The middle across and the lower edge stay where they are to half a token, the sides lose less than one. On a
        coarse grid a box of six tokens or more gives up one for standing in the very middle; a square stays one.
        """
        width, height = (math.floor(side + 1e-6) for side in (self.width, self.height))
        if min(width, height) < LEAST:
            raise NoRoomError
        middle = self.x + self.width / 2
        if math.isclose(self.width, self.height, abs_tol=0.5):
            width = height = min(width, height)
        elif width > 5 and abs(nearest(middle - width / 2) + width / 2 - middle) > 0.4:
            width -= 1
        return Rect(nearest(middle - width / 2), nearest(self.bottom) - height, width, height)


def nearest(length: float) -> int:
    """Round to whole tokens, halves up: what is n tokens apart or more stays so."""
    return math.floor(length + 0.5 + 1e-9)


def bounds(rects: Sequence[Rect]) -> Rect:
    """Return the smallest rectangle around all of them (at least one)."""
    left, top = min(rect.x for rect in rects), min(rect.y for rect in rects)
    return Rect(left, top, max(rect.right for rect in rects) - left, max(rect.bottom for rect in rects) - top)


def share(length: float, needs: Sequence[float], most: float) -> list[float]:
    """Divide a length by what its parts need; the largest gets at most `most` times what the smallest gets.

    Every part gets 2 tokens. Raises `NoRoomError` where there are fewer.
    """
    if length < LEAST * len(needs):
        raise NoRoomError
    largest = max(needs)
    bounded = [max(need, largest / most) for need in needs]
    free, total = length - LEAST * len(needs), sum(bounded)
    even = [need / total * length for need in bounded]
    if min(even) >= LEAST:
        return even
    return [LEAST + need / total * free for need in bounded]


def even_grid(count: int, width: int, height: int) -> list[Rect]:
    """Squares for `count` things in reading order, as large as they can be in whole tokens. Raises `NoRoomError`."""
    shapes = [(columns, math.ceil(count / columns)) for columns in range(1, count + 1)]
    columns, rows = max(shapes, key=lambda shape: min(width // shape[0], height // shape[1]))
    side = min(width // columns, height // rows)
    if side < LEAST:
        raise NoRoomError
    left, top = (width - columns * side) // 2, (height - rows * side) // 2
    return [Rect(left + index % columns * side, top + index // columns * side, side, side) for index in range(count)]
