"""Which of the things that were seen is which object of the plan: the best assignment of all together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from planner.plan import Box

INSIDE: Final = 0.6  # how much of a thing must be in the object's box
SHARE_OF_PLACE: Final = 0.5  # how much the place counts beside the likeness
ROOM: Final = 0.15  # of a box' side, by which it is grown before a thing is looked for in it

Likeness = np.ndarray[Any, np.dtype[np.floating[Any]]]


def assigned(likeness: Likeness, boxes: Sequence[Box], things: Sequence[Box]) -> list[int | None]:
    """Return for each object the number of the thing that it is; None for one that is not there.

    likeness: (objects, things), 0 to 1; 0 where a thing cannot be the object at all.
    boxes, things: where objects should be and things are, in fractions of the picture.
    """
    if not likeness.size:
        return [None] * len(boxes)
    places = np.array([[_nearness(box, thing) for thing in things] for box in boxes])
    worth = likeness * (1 - SHARE_OF_PLACE + SHARE_OF_PLACE * places)
    found: list[int | None] = [None] * len(boxes)
    for number, thing in zip(*linear_sum_assignment(-worth), strict=True):
        if likeness[number, thing] > 0:
            found[int(number)] = int(thing)
    return found


def is_in(thing: Box, box: Box) -> bool:
    """Tell whether a thing is in an object's box: its centre, and most of it."""
    dx, dy = box.width * ROOM, box.height * ROOM
    grown = Box(box.x - dx, box.y - dy, box.width + 2 * dx, box.height + 2 * dy)
    return grown.distance(*thing.center) == 0 and grown.intersection(thing) >= INSIDE * thing.area


def _nearness(box: Box, thing: Box) -> float:
    """Return 1 for a thing whose centre is that of the box, falling to 0 a canvas away."""
    (x, y), (other_x, other_y) = box.center, thing.center
    return max(1.0 - float(np.hypot(x - other_x, y - other_y)), 0.0)
