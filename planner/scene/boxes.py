"""Composition → boxes: every tree gets a rectangle of the token grid and divides it among its parts.

All lengths are in tokens (16 × 16 pixels), rectangles are (x, y, width, height) from the top left, boxes are
square where there is room. The numbers below were chosen by looking at plans at 256 px (16 × 16 tokens) and
1024 px: what is said to be normal in size fills up to half of the canvas' shorter side.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from planner.scene.overlaps import MOST_COVERED, OVERLAP_NEED, apart, border, in_the_way, overlap_parts
from planner.scene.rects import LEAST, NoRoomError, Rect, grid, share
from planner.scene.scene import Formation, Item, Size
from planner.scene.tree import Leaf, Line, Node, Overlap, leaves

SCALE: Final[dict[Size, float]] = {"tiny": 0.5, "small": 0.75, "normal": 1.0, "large": 1.25, "huge": 1.5}
LARGEST: Final = 0.5  # side of a normal thing's box in the canvas' shorter side
MARGIN: Final = 0.1  # of a cell's side, at least a token
READABLE: Final = 4  # tokens on a side, which small things keep where there is room


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
    return share(length, [need(part, frame, aspect)[axis] for part in line.parts])


def need(node: Node, frame: Frame, aspect: float = 1.0) -> tuple[float, float]:
    """How much room a tree wants, (width, height), in units of one normal thing.

    `aspect` is the height of the room over its width, as far as it is known: three things in a wide room stand
    side by side.
    """
    if isinstance(node, Leaf):
        item = frame.items[node.item]
        formation: Formation | None = "x" if node.in_row else item.formation
        columns, rows = grid(node.count, 1.0, max(min(aspect, 3.0), 1 / 3), formation, item.lines)
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


def _place_leaf(leaf: Leaf, rect: Rect, frame: Frame, below: float) -> Iterator[Placed]:
    item = frame.items[leaf.item]
    in_row = leaf.in_row and rect.width >= LEAST * leaf.count
    columns, rows = grid(leaf.count, rect.width, rect.height, "x" if in_row else item.formation, item.lines)
    widths, heights = share(rect.width, [1.0] * columns), share(rect.height, [1.0] * rows)
    side = _side(min(widths), min(heights), item, frame)
    for index in range(leaf.count):
        row, column = divmod(index, columns)
        here = min(columns, leaf.count - row * columns)
        indent = (rect.width - sum(widths[:here])) // 2 if here < columns else 0
        cell = Rect(rect.x + indent + sum(widths[:column]), rect.y + sum(heights[:row]), widths[column], heights[row])
        yield Placed(leaf.item, cell.square(side, below))


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
    first, second = (room.part(*part) for part in overlap_parts(overlap, frame.items))
    front, back = list(_fill(overlap.first, first, frame)), list(_fill(overlap.second, second, frame))
    allowed = 1.0 if overlap.deep else MOST_COVERED
    if any(in_the_way(one.rect, other.rect, allowed) for one in front for other in back):
        first, second = apart(room, overlap.kind in ("inside", "riding", "enclosed"))
        front, back = list(_fill(overlap.first, first, frame)), list(_fill(overlap.second, second, frame))
    yield from back
    yield from front


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
    edges = [0, *_running(share(room.width, [1.0] * cells))]
    inner = Rect(room.x + edges[1], room.y + edges[1], edges[-2] - edges[1], edges[-2] - edges[1])
    yield from _fill(ring.second, inner, frame)
    for item, (column, row) in zip(around, border(cells, len(around)), strict=True):
        cell = Rect(
            room.x + edges[column],
            room.y + edges[row],
            edges[column + 1] - edges[column],
            edges[row + 1] - edges[row],
        )
        yield Placed(item, cell)


def _running(sizes: list[int]) -> list[int]:
    return [sum(sizes[: index + 1]) for index in range(len(sizes))]
