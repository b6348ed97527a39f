"""How much room things want: the size of every item beside the others, and of every part of a composition.

Sizes are in units of a grown person's width and height put together (their geometric mean). They grow with about the
fourth root of the sizes in `kinds.py`, and nothing is drawn much smaller than the largest: a mouse beside an elephant
is small, but can still be painted.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from planner.lexicon.kinds import ThingKind, is_person, kind_of, seat_depth
from planner.lexicon.relations import states_contact
from planner.scene.overlaps import Joined, joined
from planner.scene.rects import LEAST, Size
from planner.scene.scene import Comparison, Item, Scene
from planner.scene.scene import Size as SizeWord
from planner.scene.tree import Gap, Leaf, Line, Node, Overlap, PanelNode, leaves

SCALE: Final[dict[SizeWord, float]] = {"tiny": 0.5, "small": 0.75, "normal": 1.0, "large": 1.25, "huge": 1.6}
DAMPING: Final = 0.25
LARGER: Final = 1.25  # at least so many times the side of what is said to be smaller
FILL: Final = 0.95  # of the room that a thing has to itself
BETWEEN: Final = 0.08  # of a thing's width, between things of one kind
SLIMMEST: Final = 0.6  # width over height of several things of one kind: no column
CARRIED: Final = 0.8  # of a person's height, by what is on it
FEW: Final = 3  # things that rather stand side by side
READABLE: Final = 4  # tokens on a side, which small things keep where there is room
SMALL_CANVAS: Final = 24  # tokens on the shorter side


@dataclass(frozen=True)
class Proportions:
    """How far boxes go from a square of one size.

    `widest`: width over height, or height over width, of a kind, `letters`: of a title; `limit`: of what fills its
    room. `least_beside`: the side of the smallest thing over that of the largest. `stretch`: of the shorter side, for a
    thing whose room has other proportions. `most`: tokens on a side; `least`: of what overlaps something. `hand`: how
    much what is held keeps of being smaller than its holder, 0 nothing, 1 all. `overlays`: what is small is drawn upon
    what is large also where the sentence does not say so, as clothes.
    """

    widest: float
    letters: float
    limit: float
    least_beside: float
    stretch: float
    most: float
    least: float
    hand: float
    overlays: bool


FREE: Final = Proportions(
    widest=2.2,
    letters=4.5,
    limit=2.75,
    least_beside=0.55,
    stretch=1.8,
    most=math.inf,
    least=READABLE,
    hand=0.4,
    overlays=True,
)
# Small canvases are for small models, such as the embedded one: what it draws best are squares of 64 to 112 px.
SQUARES: Final = Proportions(
    widest=1.0, letters=1.0, limit=1.0, least_beside=0.85, stretch=1.0, most=7, least=LEAST, hand=0.0, overlays=False
)


def proportions_for(width: int, height: int) -> Proportions:
    """Return how boxes are drawn on a canvas of width × height tokens."""
    return FREE if min(width, height) > SMALL_CANVAS else SQUARES


def item_sizes(scene: Scene, proportions: Proportions = FREE) -> tuple[Size, ...]:
    """Return every item's width and height beside the others."""
    kinds = [_kind(scene, index) for index in range(len(scene.items))]
    sides = [kind.side**DAMPING for kind in kinds]
    largest = max(sides, default=1.0)
    sides = [max(side, proportions.least_beside * largest) for side in sides]
    sides = [side * SCALE[item.size] for side, item in zip(sides, scene.items, strict=True)]
    most = [proportions.letters if _letters(scene, i) else proportions.widest for i in range(len(scene.items))]
    aspects = [min(max(kind.aspect, 1 / widest), widest) for kind, widest in zip(kinds, most, strict=True)]
    sizes = [Size(side * math.sqrt(a), side / math.sqrt(a)) for side, a in zip(sides, aspects, strict=True)]
    for comparison in scene.comparisons:
        sizes = _compared(sizes, comparison)
    return tuple(sizes)


def _kind(scene: Scene, index: int) -> ThingKind:
    """A thing's kind; letters that stand by themselves are as wide as they are many, a bare name is a person's."""
    item = scene.items[index]
    letters = _letters(scene, index)
    if item.count == 1 and item.formation in ("x", "y") and " of " in item.description:
        return _line_of(item)
    if letters:
        return ThingKind(0.3 * max(len(letters), 3), 0.4, "air")
    return kind_of("person" if item.is_bare else item.name)


def _letters(scene: Scene, index: int) -> str:
    """What is to be read where an item is nothing but letters; empty for all others."""
    named = scene.items[index].name
    return next((text.words for text in scene.texts if text.item == index and named in (text.words, "word")), "")


def _line_of(item: Item) -> ThingKind:
    """ "a caravan of camels": as large as a few of what it is made of, side by side or on each other."""
    one = kind_of(item.description.partition(" of ")[2])
    across, down = (FEW, 1) if item.formation == "x" else (1, FEW)
    return ThingKind(one.width * across, one.height * down, one.stand)


def _compared(sizes: Sequence[Size], comparison: Comparison) -> list[Size]:
    """Make one thing larger (or only higher) than the other by what is missing, half of it on either side."""
    found = list(sizes)
    large, small = found[comparison.larger], found[comparison.smaller]
    ratio = large.height / small.height if comparison.axis == "y" else math.sqrt(large.area / small.area)
    missing = math.sqrt(max(LARGER / ratio, 1.0))
    across = 1.0 if comparison.axis == "y" else missing
    found[comparison.larger] = Size(large.width * across, large.height * missing)
    found[comparison.smaller] = Size(small.width / across, small.height / missing)
    return found


@dataclass(frozen=True)
class Frame:
    """What the size of boxes depends on: the items, each one's size beside the others, the canvas in tokens.

    `scale` is how many tokens a unit has where everything is drawn to the same scale; `deep`: the sentence says in
    words of contact that things may cover each other.
    """

    items: tuple[Item, ...]
    sizes: tuple[Size, ...]
    width: int
    height: int
    deep: bool = True
    proportions: Proportions = FREE
    scale: float = 1.0

    @classmethod
    def of(cls, scene: Scene, width: int, height: int) -> "Frame":
        """Return what the sizes of a scene depend on, on a canvas of width × height tokens."""
        deep = states_contact(scene.sentence, {item.name.split()[-1] for item in scene.items})
        proportions = proportions_for(width, height)
        return cls(scene.items, item_sizes(scene, proportions), width, height, deep, proportions)

    def scaled(self, root: Node) -> "Frame":
        """Give it with the scale at which a whole composition fits on the canvas."""
        wanted = need(root, self, Size(self.width, self.height))
        return replace(self, scale=min(self.width / wanted.width, self.height / wanted.height))


def need(node: Node, frame: Frame, room: Size) -> Size:
    """Return the room that a tree wants with what is free around its things; `room` is about what it will get."""
    if isinstance(node, Gap):
        return Size(0.3, 0.3)
    if isinstance(node, PanelNode):
        inner = extent(node.inner, frame, room) if node.inner else Size(1.0, 1.0)
        return Size(max(inner.width / FILL, 1.5), max(inner.height / FILL, 1.5))
    if isinstance(node, Line) and node.wraps:
        return need(unwrapped(node, frame, room), frame, room)
    if isinstance(node, Line) and not node.touching:
        count = len(node.parts)
        part = Size(room.width / count, room.height) if node.axis == "x" else Size(room.width, room.height / count)
        return _in_line([need(inner, frame, part) for inner in node.parts], node.axis == "x")
    size = extent(node, frame, room)
    return Size(size.width / FILL, size.height / FILL)


def extent(node: Node, frame: Frame, room: Size) -> Size:
    """Return the size of a tree's things without what is free around them."""
    if isinstance(node, Leaf):
        return _leaf_extent(node, frame, room)
    if isinstance(node, Line) and node.touching:
        return stack_of(node, frame, room).size
    if isinstance(node, Overlap):
        return joined_of(node, frame, room).size
    return need(node, frame, room)


def joined_of(overlap: Overlap, frame: Frame, room: Size) -> Joined:
    """Put the two parts of an overlap together, each in its size."""
    square = min(room.width, room.height)
    within = Size(square, square) if overlap.kind in ("inside", "enclosed") else room
    sizes = extent(overlap.first, frame, within), extent(overlap.second, frame, room)
    if overlap.kind == "holding":
        sizes = sizes[0].scaled(_in_hand(overlap, frame)), sizes[1]
    if overlap.kind == "inside" and _is_in_rows(overlap.first, frame, within):
        overlap = replace(overlap, kind="enclosed")  # of several rows the upper ones would stick out wholly
    return joined(overlap, frame.items, sizes, deep=frame.deep)


def _is_in_rows(node: Node, frame: Frame, room: Size) -> bool:
    if isinstance(node, Leaf):
        return grid_of(node, frame, room)[1] > 1
    return isinstance(node, Line) and node.wraps and unwrapped(node, frame, room).axis == "y"


def _in_hand(overlap: Overlap, frame: Frame) -> float:
    """How much smaller what is held is drawn than beside its holder: an apple is, a guitar hardly."""
    held, holder = (
        max(kind_of(frame.items[leaf.item].name).side for leaf in leaves(part))
        for part in (overlap.first, overlap.second)
    )
    return math.pow(min(held / holder, 1.0), frame.proportions.hand)


@dataclass(frozen=True)
class Stack:
    """Things that stand on each other, from the top: their sizes, and how far each reaches down into the next."""

    sizes: tuple[Size, ...]
    sunk: tuple[float, ...]

    @property
    def size(self) -> Size:
        """The size of them all together."""
        return Size(max(size.width for size in self.sizes), sum(size.height for size in self.sizes) - sum(self.sunk))


def stack_of(line: Line, frame: Frame, room: Size) -> Stack:
    """Measure things on each other.

    On a seat they reach into it; several rows stand before each other, on something deep enough; what carries several
    is as wide as they are, but for a person, on whose shoulder they are no larger.
    """
    sizes, sunk = [extent(line.parts[0], frame, room)], list[float]()
    for upper, lower in pairwise(line.parts):
        above, size = sizes[-1], extent(lower, frame, room)
        person = isinstance(lower, Leaf) and lower.count == 1 and is_person(frame.items[lower.item].name)
        if person and len(sizes) == 1:
            above = sizes[0] = above.within(size.width, CARRIED * size.height)
        rows = grid_of(upper, frame, room)[1] if isinstance(upper, Leaf) else 1
        high = max(size.height, above.height) if rows > 1 else size.height
        depth = min((seat_depth(frame.items[leaf.item].name) for leaf in leaves(lower)), default=0.0)
        wanted = max(min(depth * high, 0.6 * above.height), (rows - 1) / rows * above.height)
        sunk.append(wanted if frame.deep else min(wanted, 0.08 * high))
        carried = sum(leaf.count for leaf in leaves(upper))
        columns, layers = grid_of(lower, frame, room) if isinstance(lower, Leaf) else (len(list(leaves(lower))), 1)
        wide = max(size.width, min(1.1 * above.width, math.inf if carried > 1 else 1.6 * size.width))
        sizes.append(Size(wide, max(high, layers * wide / (columns * frame.proportions.limit))))
    return Stack(tuple(sizes), tuple(sunk))


def _leaf_extent(leaf: Leaf, frame: Frame, room: Size) -> Size:
    size = frame.sizes[leaf.item]
    if leaf.count == 1:
        return size
    if frame.items[leaf.item].formation == "circle":
        around = 1.0 + leaf.count / 3.5
        return Size(size.width * around, size.height * around)
    columns, rows = grid_of(leaf, frame, room)
    step = 1 + BETWEEN
    return Size(size.width * (columns * step - BETWEEN), size.height * (rows * step - BETWEEN))


def grid_of(leaf: Leaf, frame: Frame, room: Size, *, tight: bool = False) -> tuple[int, int]:
    """Return the columns and rows in which things of one kind stand: as said, otherwise few rows that are not tiny.

    `tight`: the room is all theirs, so that the largest scale is the right one.
    """
    item, size, count = frame.items[leaf.item], frame.sizes[leaf.item], leaf.count
    if item.formation == "grid" and item.lines:
        return math.ceil(count / item.lines), min(item.lines, count)
    if item.formation in ("x", "y") or leaf.in_row:
        return (1, count) if item.formation == "y" and not leaf.in_row else (count, 1)
    shapes = [(math.ceil(count / rows), rows) for rows in range(1, count + 1 if count < FEW else count)]
    shapes = [shape for shape in shapes if shape[0] * size.width >= SLIMMEST * shape[1] * size.height] or shapes[:1]
    fits = [min(room.width / (columns * size.width), room.height / (rows * size.height)) for columns, rows in shapes]
    if tight:
        fits = [fit if columns * LEAST <= room.width else 0.0 for (columns, _), fit in zip(shapes, fits, strict=True)]
        return shapes[fits.index(max(fits))]
    return shapes[_fewest_rows(fits, count, room)]


def _fewest_rows(fits: Sequence[float], count: int, room: Size, readable: float = 0.0) -> int:
    """Return the first of the scales for 1, 2, 3 … rows that is enough beside the best one.

    count: the things in these rows.
    readable: the scale at which every thing can be made out; fewer rows are not worth less than that.
    """
    if count == 2 and room.width >= 0.7 * room.height:
        return 0
    enough = 0.5 * max(fits) if count <= FEW else max(0.75 * max(fits), min(readable, max(fits)))
    return next(index for index, fit in enumerate(fits) if fit >= enough)


def _in_line(sizes: Sequence[Size], across: bool) -> Size:
    widths, heights = [size.width for size in sizes], [size.height for size in sizes]
    return Size(sum(widths), max(heights)) if across else Size(max(widths), sum(heights))


def unwrapped(line: Line, frame: Frame, room: Size) -> Line:
    """Put the parts of a line that wraps into rows: as few as draw nothing much smaller than the best number does."""
    ways = [_in_rows(line.parts, edges, frame) for edges in _splits(len(line.parts))]
    needs = [need(way, frame, room) for way in ways]
    fits = [min(room.width / wanted.width, room.height / wanted.height) for wanted in needs]
    smallest = min((frame.sizes[leaf.item].shortest for leaf in leaves(line)), default=math.inf)
    count = max(len(ways), min(sum(leaf.count for leaf in leaves(line)), FEW))
    return ways[_fewest_rows(fits, count, room, READABLE / smallest)]


def _in_rows(parts: Sequence[Node], edges: Sequence[int], frame: Frame) -> Line:
    """Cut parts into rows, of which what hangs or flies has the upper ones."""
    if len(edges) > 2:
        parts = sorted(
            parts, key=lambda part: any(kind_of(frame.items[leaf.item].name).stand == "ground" for leaf in leaves(part))
        )
    rows = [tuple(parts[start:end]) for start, end in pairwise(edges)]
    lines = [Line("x", row) if len(row) > 1 else row[0] for row in rows]
    return Line("x", rows[0]) if len(lines) == 1 else Line("y", tuple(lines))


def _splits(count: int) -> list[list[int]]:
    """Give the edges for sharing `count` things in order among 1, 2, 3 … rows, the longer rows first."""
    ways = []
    for rows in range(1, count + 1):
        edges = [0]
        for row in range(rows):
            edges.append(edges[-1] + count // rows + (row < count % rows))
        ways.append(edges)
    return ways
