"""Where the two parts of an overlap lie in the square that they share."""

from collections.abc import Sequence
from typing import Final

from planner.english import words
from planner.scene.rects import Rect
from planner.scene.scene import Item
from planner.scene.tree import Overlap, items_of, leaves

MOST_COVERED: Final = 0.1  # of two boxes' area, where the sentence has no word of contact
# How much room an overlapping pair needs against a single thing, (width, height).
OVERLAP_NEED: Final = {
    "in_front_of": (1.5, 1.5), "inside": (1.4, 1.5), "enclosed": (1.5, 1.5), "ring": (2.4, 2.4),
    "holding": (1.5, 1.2), "wearing": (1.1, 1.3), "riding": (1.2, 1.5),
}  # fmt: skip
# Where the two parts of an overlap lie in their square: (left, top, right, bottom) of first and second. Boxes cover
# less than a tenth of each other unless the sentence speaks of covering.
Part = tuple[float, float, float, float]
_OVERLAP_PARTS: Final[dict[str, tuple[Part, Part]]] = {
    "in_front_of": ((0.45, 0.5, 1, 1), (0, 0, 0.7, 0.7)),
    "inside": ((0.2, 0, 0.8, 0.52), (0, 0.42, 1, 1)),
    "enclosed": ((0.25, 0.25, 0.75, 0.75), (0, 0, 1, 1)),
    "holding": ((0.6, 0.35, 1, 0.75), (0, 0, 0.7, 1)),
    "riding": ((0.15, 0, 0.85, 0.53), (0, 0.45, 1, 1)),
}
_BEFORE_BIG: Final[tuple[Part, Part]] = ((0.3, 0.5, 0.8, 1), (0, 0, 1, 1))
_MANY_INSIDE: Final[tuple[Part, Part]] = ((0, 0, 1, 0.52), (0.1, 0.48, 0.9, 1))
_HAT: Final[tuple[Part, Part]] = ((0.2, 0, 0.8, 0.27), (0, 0.18, 1, 1))
_CLOTHES: Final[tuple[Part, Part]] = ((0.35, 0.4, 0.65, 0.65), (0, 0, 1, 1))


def overlap_parts(overlap: Overlap, items: Sequence[Item]) -> tuple[Part, Part]:
    """Give the two parts' places in their square, by what they are."""
    front = {items[index].name.split()[-1] for index in items_of(overlap.first)}
    back = {items[index].name.split()[-1] for index in items_of(overlap.second)}
    if overlap.kind == "wearing":
        return _HAT if front & words.HEADWEAR else _CLOTHES
    if overlap.kind == "in_front_of" and overlap.deep and back & words.BIG and not front & words.BIG:
        return _BEFORE_BIG
    if overlap.kind == "inside" and sum(leaf.count for leaf in leaves(overlap.first)) > 2:
        return _MANY_INSIDE
    return _OVERLAP_PARTS[overlap.kind]


def in_the_way(front: Rect, back: Rect, allowed: float) -> bool:
    """Tell whether a box hides another, or covers more of it than is allowed (of both boxes' area)."""
    wide = min(front.x + front.width, back.x + back.width) - max(front.x, back.x)
    high = min(front.y + front.height, back.y + back.height) - max(front.y, back.y)
    both = max(wide, 0) * max(high, 0)
    hidden = both >= 0.75 * back.width * back.height
    return hidden or both / (front.width * front.height + back.width * back.height - both) > allowed


def apart(room: Rect, upright: bool) -> tuple[Rect, Rect]:
    """Where there is too little room to overlap only a little: above each other, or side by side."""
    half = room.width // 2
    if upright:
        first = Rect(room.x, room.y, room.width, half)
        return first, Rect(room.x, room.y + half, room.width, room.height - half)
    second = Rect(room.x, room.y, half, room.height)
    return Rect(room.x + half, room.y, room.width - half, room.height), second


def border(cells: int, count: int) -> list[tuple[int, int]]:
    """`count` cells of the border, spread evenly, clockwise from the middle of the left side."""
    last, middle = cells - 1, cells // 2
    loop = [
        *((0, row) for row in range(middle, -1, -1)),
        *((column, 0) for column in range(1, cells)),
        *((last, row) for row in range(1, cells)),
        *((column, last) for column in range(last - 1, -1, -1)),
        *((0, row) for row in range(last - 1, middle, -1)),
    ]
    return [loop[index * len(loop) // count] for index in range(count)]
