"""Composition → boxes: every tree gets a rectangle of the canvas and divides it among its parts.

Rectangles are in tokens (16 × 16 pixels), as fractions: `arrange.py` brings them between tokens in the end. A thing
fills its room as far as its proportions and its size beside the others allow; what stands in a row stands on one
line.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, combinations, pairwise
from typing import Final

from planner.lexicon.kinds import Stand, kind_of
from planner.scene.rects import LEAST, NoRoomError, Rect, Size, bounds, share
from planner.scene.root_places import outside, place_of
from planner.scene.sizes import (
    BETWEEN,
    FILL,
    READABLE,
    SCALE,
    Frame,
    Proportions,
    extent,
    grid_of,
    joined_of,
    need,
    stack_of,
    unwrapped,
)
from planner.scene.tree import Leaf, Line, Node, Overlap, PanelNode, leaves

GROWTH: Final = 2.5  # over the common scale, for a thing with much room
SIDE_BY_SIDE: Final = 0.9  # of how far things are apart across, for how far they may be apart up and down
MOST_UNEQUAL: Final = (3.0, 2.0, 1.4)  # rooms in one line; the first with which all are left, right … as said
DOWN: Final[dict[Stand, float]] = {"ground": 0.6, "air": 0.4, "sky": 0.2}  # where a thing is in a room higher than it


@dataclass(frozen=True)
class Placed:
    """One thing of an item and its box."""

    item: int
    rect: Rect


def place(node: Node, rect: Rect, frame: Frame) -> list[Placed]:
    """Give every thing in a tree its box inside `rect`, in the order of painting. Raises `NoRoomError`."""
    if isinstance(node, Leaf):
        return _place_leaf(node, rect, frame)
    if isinstance(node, PanelNode):
        return place(node.inner, rect, frame) if node.inner else []
    if isinstance(node, Line):
        if node.touching:
            return _place_stack(node, rect, frame)
        node = opened(node, rect, frame)
        groups = [place(part, room, frame) for part, room in zip(node.parts, divide(node, rect, frame), strict=True)]
        return [thing for group in (aligned(groups, rect, frame) if node.axis == "x" else groups) for thing in group]
    if isinstance(node, Overlap):
        return _place_ring(node, rect, frame) if node.kind == "ring" else _place_overlap(node, rect, frame)
    return []


def opened(line: Line, rect: Rect, frame: Frame) -> Line:
    """Give a line as it stands in a rectangle: in rows, if it wraps."""
    return unwrapped(line, frame, Size(rect.width, rect.height)) if line.wraps else line


def divide(line: Line, rect: Rect, frame: Frame) -> list[Rect]:
    """Share a rectangle among a line's parts by what they need. Raises `NoRoomError`."""
    count = len(line.parts)
    across = line.axis == "x"
    room = Size(rect.width / count, rect.height) if across else Size(rect.width, rect.height / count)
    if all(isinstance(part, PanelNode) for part in line.parts):
        shares = [part.width if across else part.height for part in line.parts if isinstance(part, PanelNode)]
        lengths = share(rect.width if across else rect.height, shares, 100.0)
    else:
        needs = [need(part, frame, room) for part in line.parts]
        wanted = [size.width if across else size.height for size in needs]
        ways = [share(rect.width if across else rect.height, wanted, most) for most in MOST_UNEQUAL]
        lengths = next((way for way in ways if _in_places(way, line, frame)), ways[-1])
    found, at = [], 0.0
    for length in lengths:
        part = (at, 0.0, length, rect.height) if across else (0.0, at, rect.width, length)
        found.append(Rect(rect.x + part[0], rect.y + part[1], part[2], part[3]))
        at += length
    return found


def _in_places(lengths: Sequence[float], line: Line, frame: Frame) -> bool:
    """Tell whether the parts of a line have their centres where the sentence says: left, right, in the middle."""
    places = [place_of(part, frame.items) for part in line.parts]
    stated = [place.column if line.axis == "x" else place.row for place in places]
    ends, whole = list(accumulate(lengths)), sum(lengths)
    centres = [(end - length / 2) / whole for end, length in zip(ends, lengths, strict=True)]
    return all(outside(centre, at) == 0 for centre, at in zip(centres, stated, strict=True))


def aligned(groups: Sequence[list[Placed]], rect: Rect, frame: Frame) -> list[list[Placed]]:
    """Let what stands side by side in a rectangle stand on one line, and what hangs or flies be at half its height."""
    found = list(groups)
    stands = [_stand(group, frame) for group in groups]
    standing = [group for group, stand in zip(groups, stands, strict=True) if stand == "ground"]
    if not standing:
        return found
    grounds = [bounds([thing.rect for thing in group]) for group in standing]
    floor, tallest = max(rect.bottom for rect in grounds), max(grounds, key=lambda rect: rect.height)
    for index, (group, stand) in enumerate(zip(groups, stands, strict=True)):
        if stand is None:
            continue
        whole = bounds([thing.rect for thing in group])
        down = floor - whole.bottom if stand == "ground" else tallest.y + (tallest.height - whole.height) / 2 - whole.y
        found[index] = _moved(group, down)
    return [_within(group, rect) for group in _side_by_side(found)]


def _within(group: list[Placed], rect: Rect) -> list[Placed]:
    """Bring a group back into the height of its room."""
    if not group:
        return group
    whole = bounds([thing.rect for thing in group])
    return _moved(group, max(min(rect.bottom - whole.bottom, 0.0), rect.y - whole.y))


def _side_by_side(groups: list[list[Placed]]) -> list[list[Placed]]:
    """Lift small things beside tall ones until they are seen beside and not below them: within 45° of level."""
    found = list(groups)
    shown = [index for index, group in enumerate(found) if group]
    for index, other in [*pairwise(shown), *((after, before) for before, after in pairwise(shown))]:
        one, two = (bounds([thing.rect for thing in found[i]]) for i in (index, other))
        apart = SIDE_BY_SIDE * abs(one.x + one.width / 2 - two.x - two.width / 2)
        down = one.y + one.height / 2 - two.y - two.height / 2
        if one.height < two.height and abs(down) > apart:
            found[index] = _moved(found[index], math.copysign(apart, down) - down)
    return found


def _stand(group: Sequence[Placed], frame: Frame) -> Stand | None:
    """How the lowest thing of a group stands; None for an empty one."""
    if not group:
        return None
    lowest = max(group, key=lambda thing: thing.rect.bottom)
    return kind_of(frame.items[lowest.item].name).stand


def _moved(group: Sequence[Placed], y: float) -> list[Placed]:
    return [replace(thing, rect=thing.rect.moved(y=y)) for thing in group]


def _fitted(size: Size, node: Node, rect: Rect, frame: Frame, stand: Stand) -> Rect:
    """Give a thing (or things that overlap) of some size a box in its room.

    It keeps to the frame's scale but for `GROWTH`, which what is said to be small has none of, and to its proportions
    but for their `stretch`; no thing of it goes beyond their `limit`.

    size: of all that goes into the box.
    node: what goes into it.
    """
    if min(rect.width, rect.height) < LEAST:
        raise NoRoomError
    most_wide, most_high = max(FILL * rect.width, LEAST), max(FILL * rect.height, LEAST)
    scale = min(most_wide / size.width, most_high / size.height)
    things = [frame.sizes[leaf.item] for leaf in leaves(node)]
    growth = min(GROWTH if SCALE[frame.items[leaf.item].size] >= 1 else 1.0 for leaf in leaves(node))
    wanted = max(growth * frame.scale, READABLE / min(thing.shortest for thing in things))
    grown = min(scale, wanted, frame.proportions.most / max(thing.longest for thing in things))
    wide, high = size.width * grown, size.height * grown
    if grown == scale:
        across, down = _stretches(things, frame.proportions)
        wide, high = min(most_wide, wide * across), min(most_high, high * down)
    wide, high = max(wide, min(READABLE, most_wide)), max(high, min(READABLE, most_high))
    if isinstance(node, Leaf) and node.count == 1:
        limit, own = frame.proportions.limit, size.width / size.height
        wide, high = min(wide, max(limit, own) * high), min(high, wide / own if own > limit else limit * wide)
    return rect.inner(wide, high, DOWN[stand])


def _stretches(things: Sequence[Size], proportions: Proportions) -> tuple[float, float]:
    """How far a room may make things wider, and how far higher, than they are by kind."""
    aspects = [thing.width / thing.height for thing in things]
    across, down = proportions.limit / max(aspects), proportions.limit * min(aspects)
    return min(max(across, 1.0), proportions.stretch), min(max(down, 1.0), proportions.stretch)


def _place_leaf(leaf: Leaf, rect: Rect, frame: Frame) -> list[Placed]:
    item, size = frame.items[leaf.item], frame.sizes[leaf.item]
    stand = kind_of(item.name).stand
    if leaf.count == 1:
        return [Placed(leaf.item, _fitted(size, leaf, rect, frame, stand))]
    whole = _fitted(extent(leaf, frame, Size(rect.width, rect.height)), leaf, rect, frame, stand)
    return _several(leaf, whole, frame)


def _several(leaf: Leaf, whole: Rect, frame: Frame) -> list[Placed]:
    """Several things of one kind that fill a rectangle: in rows, or in a circle."""
    if frame.items[leaf.item].formation == "circle" and leaf.count > 2:
        return [Placed(leaf.item, rect) for rect in circle(whole, [frame.sizes[leaf.item]] * leaf.count, None)]
    columns, rows = grid_of(leaf, frame, Size(whole.width, whole.height), tight=True)
    while columns * LEAST > whole.width and columns > 1:
        columns -= 1
        rows = math.ceil(leaf.count / columns)
    across, pitch_x = _steps(whole.width, columns)
    down, pitch_y = _steps(whole.height, rows)
    across, down = min(across, frame.proportions.limit * down), min(down, frame.proportions.limit * across)
    left, top = (
        whole.x + (whole.width - across - (columns - 1) * pitch_x) / 2,
        whole.bottom - down - (rows - 1) * pitch_y,
    )
    found = []
    for index in range(leaf.count):
        row, column = divmod(index, columns)
        indent = (columns - min(columns, leaf.count - row * columns)) * pitch_x // 2
        found.append(Placed(leaf.item, Rect(left + indent + column * pitch_x, top + row * pitch_y, across, down)))
    return found


def _steps(length: float, count: int) -> tuple[float, float]:
    """Share a length among equal things: the side of each, and how far each begins after the one before it.

    The steps are whole tokens, so that the things and the gaps are equal. Raises `NoRoomError`.
    """
    side = length / (count + (count - 1) * BETWEEN)
    pitch = side * (1 + BETWEEN)
    if count > 1:
        pitch = math.floor(pitch + 1e-6)
        side = min(max(side, LEAST), pitch)
    if side < LEAST or side + (count - 1) * pitch > length + 1e-6:
        raise NoRoomError
    return side, pitch


def _filling(node: Node, rect: Rect, frame: Frame) -> list[Placed]:
    """Let a part of a stack or an overlap take the whole of its place."""
    if isinstance(node, Leaf):
        return [Placed(node.item, rect)] if node.count == 1 else _several(node, rect, frame)
    found = place(node, rect, frame)
    return _moved(found, rect.bottom - bounds([thing.rect for thing in found]).bottom)


def _place_stack(line: Line, rect: Rect, frame: Frame) -> list[Placed]:
    """Things on each other: each stands on (or, on a seat, in) the next; the lowest is painted first."""
    stack = stack_of(line, frame, Size(rect.width, rect.height))
    whole = _fitted(stack.size, line, rect, frame, "ground")
    wide, high = whole.width / stack.size.width, whole.height / stack.size.height
    found: list[Placed] = []
    floor = whole.bottom
    for part, size, sunk in reversed(list(zip(line.parts, stack.sizes, (0.0, *stack.sunk), strict=True))):
        across, tall = size.width * wide, size.height * high
        here = Rect(whole.x + (whole.width - across) / 2, floor - tall, across, tall)
        found += _filling(part, here, frame)
        floor = here.y + sunk * high
    return found


def _place_overlap(overlap: Overlap, rect: Rect, frame: Frame) -> list[Placed]:
    room = Size(rect.width, rect.height)
    both = joined_of(overlap, frame, room)
    first, second = both.parts_in(_fitted(both.size, overlap, rect, frame, "ground"))
    if overlap.kind == "holding":  # the holder may fill the room, what is in a hand keeps its shape
        scale = min(first.width / both.first.width, first.height / both.first.height)
        first = first.inner(scale * both.first.width, scale * both.first.height, 0.5)
    first, second = (_drawable(part, rect, frame.proportions.least) for part in (first, second))
    if first.whole().holds(second.whole()):
        first, second = _apart(bounds([first, second]), upright=overlap.kind in ("inside", "riding", "under"))
    return [*_filling(overlap.second, second, frame), *_filling(overlap.first, first, frame)]


def _drawable(part: Rect, room: Rect, least: float) -> Rect:
    """Give a part at least `least` tokens on a side where there is room, inside the room."""
    if min(room.width, room.height) < LEAST:
        raise NoRoomError
    width, height = max(part.width, min(least, room.width)), max(part.height, min(least, room.height))
    x = min(max(part.x - (width - part.width) / 2, room.x), room.right - width)
    y = min(max(part.y - (height - part.height) / 2, room.y), room.bottom - height)
    return Rect(x, y, width, height)


def _apart(room: Rect, *, upright: bool) -> tuple[Rect, Rect]:
    """Where there is too little room to overlap only a little: above each other, or side by side."""
    if upright:
        return room.part(0, 0, 1, 0.5), room.part(0, 0.5, 1, 0.5)
    return room.part(0.5, 0, 0.5, 1), room.part(0, 0, 0.5, 1)


def _place_ring(ring: Overlap, rect: Rect, frame: Frame) -> list[Placed]:
    """Put the things of `first` around `second`, evenly on an ellipse."""
    around = [leaf.item for leaf in leaves(ring.first) for _ in range(leaf.count)]
    room = rect.inner(FILL * rect.width, FILL * rect.height, 0.5)
    middle = extent(ring.second, frame, Size(rect.width, rect.height))
    rects = circle(room, [frame.sizes[item] for item in around], middle)
    things = [Placed(item, place_) for item, place_ in zip(around, rects, strict=False)]
    return [*_filling(ring.second, rects[-1], frame), *things]


def circle(room: Rect, sizes: Sequence[Size], middle: Size | None) -> list[Rect]:
    """Stand things on the ellipse that a rectangle holds, from the top clockwise, as large as they can be apart.

    What stands in the middle, if anything, comes last. Raises `NoRoomError`.
    """
    largest = Size(max(size.width for size in sizes), max(size.height for size in sizes))
    scale = min(room.width / largest.width, room.height / largest.height) / 2
    while scale * max(largest.width, largest.height) > LEAST / 2:
        found = _on_ellipse(room, [_at_least(size, scale) for size in sizes])
        if middle is not None:
            found.append(_in_middle(room, _at_least(largest, scale), middle, scale))
        apart = all(one.shared(other) < 1e-9 for one, other in combinations(found, 2))
        if apart and all(room.holds(rect, 1e-6) for rect in found):
            return found
        scale *= 0.95
    raise NoRoomError


def _at_least(size: Size, scale: float) -> Size:
    return Size(max(size.width * scale, LEAST), max(size.height * scale, LEAST))


def _on_ellipse(room: Rect, sizes: Sequence[Size]) -> list[Rect]:
    found = []
    for index, size in enumerate(sizes):
        angle = 2 * math.pi * index / len(sizes) + (math.pi / 2 if len(sizes) == 2 else 0.0)
        x = room.x + room.width / 2 + math.sin(angle) * (room.width - size.width) / 2
        y = room.y + room.height / 2 - math.cos(angle) * (room.height - size.height) / 2
        found.append(Rect(x - size.width / 2, y - size.height / 2, size.width, size.height))
    return found


def _in_middle(room: Rect, around: Size, middle: Size, scale: float) -> Rect:
    """What stands in the middle: as large as the ring leaves room for, up to twice the common scale."""
    wide, high = room.width - 2.1 * around.width, room.height - 2.1 * around.height
    larger = min(max(min(wide / middle.width, high / middle.height), scale), 2 * scale)
    size = _at_least(middle, larger)
    return room.inner(size.width, size.height, 0.5)
