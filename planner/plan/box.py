"""A rectangle on the canvas."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.plan import document


@dataclass(frozen=True)
class Box:
    """A rectangle in fractions of the canvas: its top left corner, width and height.

    Raises `PlanError` for numbers that are not finite.
    """

    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        for name in ("x", "y", "width", "height"):
            object.__setattr__(self, name, document.number(getattr(self, name), name))

    @property
    def right(self) -> float:
        """The right edge, x + width."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The bottom edge, y + height."""
        return self.y + self.height

    @property
    def center(self) -> tuple[float, float]:
        """The centre (x, y)."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def area(self) -> float:
        """The share of the canvas that the box covers; 0 for a box without a positive side."""
        return max(self.width, 0.0) * max(self.height, 0.0)

    def intersection(self, other: Box) -> float:
        """Return the area that both boxes cover, in fractions of the canvas' area."""
        width = min(self.right, other.right) - max(self.x, other.x)
        height = min(self.bottom, other.bottom) - max(self.y, other.y)
        return min(max(width, 0.0) * max(height, 0.0), self.area, other.area)

    def iou(self, other: Box) -> float:
        """Return the intersection over the union, 0 (apart) to 1 (the same)."""
        shared = self.intersection(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def contains(self, other: Box, tolerance: float = 0.0) -> bool:
        """Tell whether `other` reaches nowhere more than `tolerance` beyond this box."""
        return (
            other.x >= self.x - tolerance
            and other.y >= self.y - tolerance
            and other.right <= self.right + tolerance
            and other.bottom <= self.bottom + tolerance
        )

    def distance(self, x: float, y: float) -> float:
        """Return how far a point lies from the box; 0 inside and on the edge."""
        return math.hypot(max(self.x - x, x - self.right, 0.0), max(self.y - y, y - self.bottom, 0.0))

    def scaled(self, width: float, height: float) -> Box:
        """Return the box on a canvas of so many pixels or other units, in these."""
        return Box(self.x * width, self.y * height, self.width * width, self.height * height)

    def to_dict(self) -> dict[str, float]:
        """Return the box as a JSON object."""
        return {"x": self.x, "y": self.y, "width": self.width, "height": self.height}
