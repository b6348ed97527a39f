"""Composition → boxes: every tree gets a rectangle of the token grid and divides it among its parts.

All lengths are in tokens (16 × 16 pixels), rectangles are (x, y, width, height) from the top left, boxes are
square where there is room. The numbers below were chosen by looking at plans at 256 px (16 × 16 tokens) and
1024 px: what is said to be normal in size fills up to half of the canvas' shorter side.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from planner.english import words
from planner.scene import Axis, Item, Size
from planner.tree import Leaf, Line, Node, Overlap, items_of, leaves

SCALE: Final[dict[Size, float]] = {"tiny": 0.5, "small": 0.75, "normal": 1.0, "large": 1.25, "huge": 1.5}
LARGEST: Final = 0.5  # side of a normal thing's box in the canvas' shorter side
MARGIN: Final = 0.1  # of a cell's side, at least a token
LEAST: Final = 2  # tokens on a side, without which nothing can be drawn
MOST_COVERED: Final = 0.1  # of two boxes' area, where the sentence has no word of contact
READABLE: Final = 4  # tokens on a side, which small things keep where there is room
# How much room an overlapping pair needs against a single thing, (width, height).
OVERLAP_NEED: Final = {
    "in_front_of": (1.5, 1.5), "inside": (1.4, 1.5), "enclosed": (1.5, 1.5), "ring": (2.4, 2.4),
    "holding": (1.5, 1.2), "wearing": (1.1, 1.3), "riding": (1.2, 1.5),
}  # fmt: skip


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


@dataclass(frozen=True)
class Placed:
    """One thing of an item and its box."""

    item: int
    rect: Rect


@dataclass(frozen=True)
class Frame:
    """What the size of boxes depends on: the items and the canvas in tokens."""

    items: tuple[Item, ...]
    width: int
    height: int

    @property
    def scale(self) -> float:
        """The scale of the largest thing, normal or more: the others are drawn in relation to it."""
        return max([1.0, *(SCALE[item.size] for item in self.items)])


def place(node: Node, rect: Rect, frame: Frame, *, below: float = 0.5) -> Iterator[Placed]:
    """Give every thing in a tree its box inside `rect`, in the order of painting.

    `below` says where a thing stands in a rectangle that is higher than it: 0 at the top, 1 at the bottom.
    Raises `NoRoomError`.
    """
    if isinstance(node, Leaf):
        yield from _place_leaf(node, rect, frame, below)
    elif isinstance(node, Line):
        yield from _place_line(node, rect, frame, below)
    elif isinstance(node, Overlap):
        yield from _place_overlap(node, rect, frame, below)


def divide(line: Line, length: int, frame: Frame, across: int) -> list[int]:
    """Share a length in tokens among a line's parts by what they need. Raises `NoRoomError`."""
    axis, part_length = (0 if line.axis == "x" else 1), length / len(line.parts)
    aspect = across / max(part_length, 1) if axis == 0 else part_length / max(across, 1)
    return _share(length, [need(part, frame, aspect)[axis] for part in line.parts])


def need(node: Node, frame: Frame, aspect: float = 1.0) -> tuple[float, float]:
    """How much room a tree wants, (width, height), in units of one normal thing.

    `aspect` is the height of the room over its width, as far as it is known: three things in a wide room stand
    side by side.
    """
    if isinstance(node, Leaf):
        item = frame.items[node.item]
        formation: Axis | None = "x" if node.in_row else item.formation
        columns, rows = _grid(node.count, 1.0, max(min(aspect, 3.0), 1 / 3), formation)
        side = max(SCALE[item.size], 0.75)
        return columns * side, rows * side
    if isinstance(node, Line):
        parts = len(node.parts)
        inner = aspect * parts if node.axis == "x" else aspect / parts
        sizes = [need(part, frame, inner) for part in node.parts]
        widths, heights = [size[0] for size in sizes], [size[1] for size in sizes]
        return (sum(widths), max(heights)) if node.axis == "x" else (max(widths), sum(heights))
    if isinstance(node, Overlap):
        wide, high = OVERLAP_NEED[node.kind]
        first, second = need(node.first, frame), need(node.second, frame)
        return wide * max(1.0, first[0] * 0.7, second[0]), high * max(1.0, first[1] * 0.7, second[1])
    return 1.0, 1.0


def _share(length: int, needs: Sequence[float]) -> list[int]:
    if length < LEAST * len(needs):
        raise NoRoomError
    total, edges = sum(needs), [0]
    for index in range(len(needs)):
        left = len(needs) - index - 1
        edge = round(sum(needs[: index + 1]) / total * length)
        edges.append(min(max(edge, edges[-1] + LEAST), length - LEAST * left))
    return [end - start for start, end in pairwise(edges)]


def _grid(count: int, width: float, height: float, formation: Axis | None) -> tuple[int, int]:
    """The number of columns and rows in which `count` squares become largest."""
    if formation:
        return (count, 1) if formation == "x" else (1, count)
    shapes = [(columns, math.ceil(count / columns)) for columns in range(1, count + 1)]
    return max(shapes, key=lambda shape: (min(width / shape[0], height / shape[1]), -shape[0] * shape[1]))


def _place_leaf(leaf: Leaf, rect: Rect, frame: Frame, below: float) -> Iterator[Placed]:
    item = frame.items[leaf.item]
    in_row = leaf.in_row and rect.width >= LEAST * leaf.count
    columns, rows = _grid(leaf.count, rect.width, rect.height, "x" if in_row else item.formation)
    widths, heights = _share(rect.width, [1.0] * columns), _share(rect.height, [1.0] * rows)
    side = _side(min(widths), min(heights), item, frame)
    for index in range(leaf.count):
        row, column = divmod(index, columns)
        here = min(columns, leaf.count - row * columns)
        indent = (rect.width - sum(widths[:here])) // 2 if here < columns else 0
        cell = Rect(rect.x + indent + sum(widths[:column]), rect.y + sum(heights[:row]), widths[column], heights[row])
        yield Placed(leaf.item, cell.square(side, below))


def even_grid(count: int, rect: Rect) -> list[Rect]:
    """Squares for `count` things in reading order, as large as they can be. Raises `NoRoomError`."""
    columns, rows = _grid(count, rect.width, rect.height, None)
    side = min(rect.width // columns, rect.height // rows)
    if side < LEAST:
        raise NoRoomError
    return [
        Rect(rect.x + index % columns * side, rect.y + index // columns * side, side, side) for index in range(count)
    ]


def _side(width: int, height: int, item: Item, frame: Frame) -> int:
    """The side of a thing's square box in a cell of width × height tokens."""
    cell = min(width, height)
    room = cell if cell <= READABLE else cell - max(1, round(cell * MARGIN))
    cap = LARGEST * min(frame.width, frame.height) * frame.scale
    side = round(min(room, cap) * SCALE[item.size] / frame.scale)
    return max(LEAST, min(READABLE, room), min(side, room))


def _place_line(line: Line, rect: Rect, frame: Frame, below: float) -> Iterator[Placed]:
    if line.axis == "x":
        offset = rect.x
        for part, width in zip(line.parts, divide(line, rect.width, frame, rect.height), strict=True):
            yield from place(part, Rect(offset, rect.y, width, rect.height), frame, below=below)
            offset += width
        return
    offset = rect.y
    for index, height in enumerate(divide(line, rect.height, frame, rect.width)):
        stands = rest(line, index) if line.touching else 0.5
        room = Rect(rect.x, offset, rect.width, height)
        yield from place(line.parts[index], room, frame, below=stands)
        offset += height


def rest(line: Line, index: int) -> float:
    """Where part `index` of a touching line stands in its room: at the edge to its neighbour."""
    return 1.0 if index == 0 else 0.0 if index == len(line.parts) - 1 else 0.5


# Where the two parts of an overlap lie in their square: (left, top, right, bottom) of first and second. Boxes cover
# less than a tenth of each other unless the sentence speaks of covering.
_Part = tuple[float, float, float, float]
_OVERLAP_PARTS: Final[dict[str, tuple[_Part, _Part]]] = {
    "in_front_of": ((0.45, 0.5, 1, 1), (0, 0, 0.7, 0.7)),
    "inside": ((0.2, 0, 0.8, 0.52), (0, 0.42, 1, 1)),
    "enclosed": ((0.25, 0.25, 0.75, 0.75), (0, 0, 1, 1)),
    "holding": ((0.6, 0.35, 1, 0.75), (0, 0, 0.7, 1)),
    "riding": ((0.15, 0, 0.85, 0.53), (0, 0.45, 1, 1)),
}
_BEFORE_BIG: Final[tuple[_Part, _Part]] = ((0.3, 0.5, 0.8, 1), (0, 0, 1, 1))
_MANY_INSIDE: Final[tuple[_Part, _Part]] = ((0, 0, 1, 0.52), (0.1, 0.48, 0.9, 1))
_HAT: Final[tuple[_Part, _Part]] = ((0.2, 0, 0.8, 0.27), (0, 0.18, 1, 1))
_CLOTHES: Final[tuple[_Part, _Part]] = ((0.35, 0.4, 0.65, 0.65), (0, 0, 1, 1))


def _place_overlap(overlap: Overlap, rect: Rect, frame: Frame, below: float) -> Iterator[Placed]:
    crowded = sum(leaf.count for leaf in leaves(overlap)) > 2
    spread = 1.9 if crowded else 1.5
    side = math.floor(spread * LARGEST * min(frame.width, frame.height) * frame.scale)
    room = rect.square(side, below)
    if room.width < READABLE:
        raise NoRoomError
    if overlap.kind == "ring":
        yield from _place_ring(overlap, room, frame)
        return
    first, second = (room.part(*part) for part in _overlap_parts(overlap, frame))
    front, back = list(_fill(overlap.first, first, frame)), list(_fill(overlap.second, second, frame))
    allowed = 1.0 if overlap.deep else MOST_COVERED
    if any(_in_the_way(one.rect, other.rect, allowed) for one in front for other in back):
        first, second = _apart(room, overlap.kind in ("inside", "riding", "enclosed"))
        front, back = list(_fill(overlap.first, first, frame)), list(_fill(overlap.second, second, frame))
    yield from back
    yield from front


def _in_the_way(front: Rect, back: Rect, allowed: float) -> bool:
    """Tell whether a box hides another, or covers more of it than is allowed (of both boxes' area)."""
    wide = min(front.x + front.width, back.x + back.width) - max(front.x, back.x)
    high = min(front.y + front.height, back.y + back.height) - max(front.y, back.y)
    both = max(wide, 0) * max(high, 0)
    hidden = both >= 0.75 * back.width * back.height
    return hidden or both / (front.width * front.height + back.width * back.height - both) > allowed


def _apart(room: Rect, upright: bool) -> tuple[Rect, Rect]:
    """Where there is too little room to overlap only a little: above each other, or side by side."""
    half = room.width // 2
    if upright:
        first = Rect(room.x, room.y, room.width, half)
        return first, Rect(room.x, room.y + half, room.width, room.height - half)
    second = Rect(room.x, room.y, half, room.height)
    return Rect(room.x + half, room.y, room.width - half, room.height), second


def _overlap_parts(overlap: Overlap, frame: Frame) -> tuple[_Part, _Part]:
    front = {frame.items[index].name.split()[-1] for index in items_of(overlap.first)}
    back = {frame.items[index].name.split()[-1] for index in items_of(overlap.second)}
    if overlap.kind == "wearing":
        return _HAT if front & words.HEADWEAR else _CLOTHES
    if overlap.kind == "in_front_of" and overlap.deep and back & words.BIG and not front & words.BIG:
        return _BEFORE_BIG
    if overlap.kind == "inside" and sum(leaf.count for leaf in leaves(overlap.first)) > 2:
        return _MANY_INSIDE
    return _OVERLAP_PARTS[overlap.kind]


def _fill(node: Node, rect: Rect, frame: Frame) -> Iterator[Placed]:
    """Let one thing take the whole of its part; several share it as usual."""
    if isinstance(node, Leaf) and node.count == 1:
        yield Placed(node.item, rect)
    else:
        yield from place(node, rect, replace(frame, width=4 * frame.width, height=4 * frame.height))


def _place_ring(ring: Overlap, room: Rect, frame: Frame) -> Iterator[Placed]:
    """Put the things of `first` around `second`, evenly along the border of a square grid."""
    around = [leaf.item for leaf in leaves(ring.first) for _ in range(leaf.count)]
    cells = 3 + max(0, math.ceil((len(around) - 8) / 4))
    edges = [0, *_running(_share(room.width, [1.0] * cells))]
    inner = Rect(room.x + edges[1], room.y + edges[1], edges[-2] - edges[1], edges[-2] - edges[1])
    yield from _fill(ring.second, inner, frame)
    for item, (column, row) in zip(around, _border(cells, len(around)), strict=True):
        cell = Rect(
            room.x + edges[column],
            room.y + edges[row],
            edges[column + 1] - edges[column],
            edges[row + 1] - edges[row],
        )
        yield Placed(item, cell)


def _border(cells: int, count: int) -> list[tuple[int, int]]:
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


def _running(sizes: list[int]) -> list[int]:
    return [sum(sizes[: index + 1]) for index in range(len(sizes))]
