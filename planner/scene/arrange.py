"""Scene → Plan: rows, cells, boxes and prompts, without a model and always the same.

`composition.py` decides what stands where, `sizes.py` how large everything is, `boxes.py` where its box is; here that
becomes a plan: the composition's outermost lines are rows and cells. Boxes and cells end between two tokens.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from planner.errors import PlanError
from planner.plan import Box, Cell, ObjectBox, Plan, Row
from planner.plan.limits import (
    MAX_CELL_PROMPT_CHARACTERS,
    MAX_NOTE_CHARACTERS,
    MAX_NOTES,
    MAX_OBJECT_PROMPT_CHARACTERS,
    MAX_OBJECTS,
    TOKEN_PX,
    check_canvas,
)
from planner.scene.boxes import Placed, aligned, divide, opened, place
from planner.scene.cells import cut
from planner.scene.composition import compose
from planner.scene.describing import Describer, brief
from planner.scene.folding import dressed, embodied, flanked, folded, headed, housed, with_containers, without
from planner.scene.mending import mend, unmet
from planner.scene.overlaps import MOST_COVERED
from planner.scene.rects import LEAST, NoRoomError, Rect, even_grid, nearest
from planner.scene.scene import Item, Relation, Scene
from planner.scene.sizes import Frame, proportions_for
from planner.scene.tree import Leaf, Line, Node


def arrange(scene: Scene, *, width: int, height: int) -> Plan:
    """Lay a scene out on a canvas of width × height pixels (multiples of 16, at least 32).

    Raises `PlanError` for other sizes, for an empty sentence, and where the things do not fit at 32 px each.
    """
    check_canvas(width, height)
    if not scene.sentence.strip():
        raise PlanError("the sentence is empty; say what is to be seen")
    scene = with_containers(housed(flanked(headed(embodied(scene)))))
    if proportions_for(width // TOKEN_PX, height // TOKEN_PX).overlays:
        scene = dressed(scene)
    scene, notes = _fitting(scene)
    root = compose(scene)
    if root is None:
        return _plain(scene, notes)
    notes = [*notes, *_notes(scene)]
    frame = Frame.of(scene, width // TOKEN_PX, height // TOKEN_PX)
    try:
        return _Arrangement(scene, frame.scaled(root), width, height).plan(root, notes)
    except NoRoomError:
        return _crammed(scene, width, height, notes)


def _crammed(scene: Scene, width: int, height: int, notes: list[str]) -> Plan:
    """All things in one even grid, for a canvas that has no room for anything better."""
    frame = Frame.of(scene, width // TOKEN_PX, height // TOKEN_PX)
    notes = [*notes, "The canvas is too small for the layout that the sentence asks for; everything stands in a grid."]
    try:
        return _Arrangement(scene, frame, width, height).grid(notes)
    except NoRoomError:
        count = sum(item.count for item in scene.items)
        raise PlanError(f"{count} objects do not fit on {width}×{height} pixels; each needs at least 32×32") from None


def _fitting(scene: Scene) -> tuple[Scene, list[str]]:
    """Bring a scene under the limit of objects: large counts become one box, then the last things go."""
    scene, notes = folded(scene)
    items = list(scene.items)
    for index in sorted(range(len(items)), key=lambda i: -items[i].count):
        if sum(item.count for item in items) <= MAX_OBJECTS or items[index].count < 2:
            break
        items[index] = _crowd(items[index])
        notes.append(f'"{items[index].description}" share one box: a plan holds {MAX_OBJECTS} objects.')
    total, kept = 0, 0
    while kept < len(items) and total + items[kept].count <= MAX_OBJECTS:
        total += items[kept].count
        kept += 1
    if kept < len(items):
        names = ", ".join(item.description for item in items[kept:])
        notes.append(f"Without a box, because a plan holds {MAX_OBJECTS} objects: {names}.")
    return without(replace(scene, items=tuple(items)), list(range(kept, len(items)))), notes


def _crowd(item: Item) -> Item:
    """Many things as one: "twelve eggs" in a single box."""
    phrase = replace(item, doing="").phrase()
    return replace(item, count=1, description=phrase, article=False, plural="", formation=None)


def _plain(scene: Scene, notes: list[str]) -> Plan:
    note = "No single thing to place was found in the sentence: it describes the whole picture."
    sentence = brief(scene.sentence, MAX_CELL_PROMPT_CHARACTERS)
    return Plan(scene.sentence, (Row(1, (Cell(1, sentence),)),), (), _brief_notes([*notes, note]))


def _notes(scene: Scene) -> list[str]:
    notes = [f"{note}." for note in scene.notes]
    if scene.absent:
        notes.append(f"Not to be seen: {', '.join(scene.absent)}.")
    placed = any(item.place.row is not None or item.place.column is not None for item in scene.items)
    if len(scene.items) > 1 and not (scene.relations or scene.orders or placed):
        notes.append("The sentence does not say where things are: they stand side by side.")
    return notes


def _say(relation: Relation, scene: Scene) -> str:
    names = [" and ".join(scene.items[i].description for i in side) for side in (relation.subjects, relation.objects)]
    return f"{names[0]} {relation.words or relation.kind.replace('_', ' ')} {names[1]}"


@dataclass(frozen=True)
class _Arrangement:
    scene: Scene
    frame: Frame
    width: int
    height: int

    def plan(self, root: Node, notes: Iterable[str]) -> Plan:
        """Make the root's lines rows and cells. Raises `NoRoomError`."""
        rows: list[Row] = []
        placed: list[Placed] = []
        whole = Rect(0, 0, self.frame.width, self.frame.height)
        for node, rect in self._parts(root, whole, "y"):
            cells = self._parts(node, rect, "x")
            groups = aligned([place(part, room, self.frame) for part, room in cells], rect, self.frame)
            placed += [thing for group in groups for thing in group]
            widths = _whole_lengths([room.x for _, room in cells], self.frame.width)
            described = [self._cell(part) for part, _ in cells]
            height = nearest(rect.bottom) - nearest(rect.y)
            rows.append(Row(height, tuple(Cell(wide, text) for wide, text in zip(widths, described, strict=True))))
        return self._mended(rows, placed, notes)

    def _mended(self, rows: list[Row], placed: list[Placed], notes: Iterable[str]) -> Plan:
        """Move what is not where it should be, if all can then be seen, and say what is not even so.

        Raises `NoRoomError`.
        """
        mended = mend(placed, self.scene, self.frame.width, self.frame.height)
        if mended != placed:
            with suppress(NoRoomError):
                return self._recut(mended, [*notes, *self._missed(mended)])
        return self._plan(rows, placed, [*notes, *self._missed(placed)])

    def _missed(self, placed: list[Placed]) -> list[str]:
        missed = unmet(placed, self.scene, self.frame.width, self.frame.height)
        return [f"No room was found for: {_say(relation, self.scene)}." for relation in missed]

    def _recut(self, placed: list[Placed], notes: Iterable[str]) -> Plan:
        """Cut new cells between boxes that have moved."""
        placed = [replace(thing, rect=thing.rect.whole()) for thing in placed]
        rows = []
        for height, cells in cut(placed, self.frame.width, self.frame.height):
            described = []
            for wide, here in cells:
                counts = Counter(thing.item for thing in here)
                parts = tuple(Leaf(index, count) for index, count in sorted(counts.items()))
                described.append(Cell(wide, self._cell(Line("x", parts))))
            rows.append(Row(height, tuple(described)))
        return self._plan(rows, placed, notes)

    def grid(self, notes: Iterable[str]) -> Plan:
        """Begin with everything in one cell, in a grid. Raises `NoRoomError`."""
        things = [index for index, item in enumerate(self.scene.items) for _ in range(item.count)]
        squares = even_grid(len(things), self.frame.width, self.frame.height)
        placed = [Placed(index, square) for index, square in zip(things, squares, strict=True)]
        everything = Line("x", tuple(Leaf(index, item.count) for index, item in enumerate(self.scene.items)))
        rows = [Row(1, (Cell(1, self._cell(everything)),))]
        return self._mended(rows, placed, notes)

    def _parts(self, node: Node, rect: Rect, axis: str) -> list[tuple[Node, Rect]]:
        """Divide a rectangle, in whole tokens, among the parts of a line along an axis; anything else has all of it."""
        if isinstance(node, Line):
            node = opened(node, rect, self.frame)
        if not isinstance(node, Line) or node.axis != axis or node.touching:
            return [(node, rect)]
        return list(zip(node.parts, map(_between_tokens, divide(node, rect, self.frame)), strict=True))

    def _cell(self, node: Node) -> str:
        return Describer(self.scene).describe(node)

    def _plan(self, rows: Iterable[Row], placed: Iterable[Placed], notes: Iterable[str]) -> Plan:
        whole = (replace(thing, rect=thing.rect.whole()) for thing in placed)
        things = _uncovered(sorted(whole, key=lambda thing: self._depth(thing.item)))
        most = 1.0 if self.frame.deep else MOST_COVERED
        for thing, later in combinations(things, 2):
            if later.rect.holds(thing.rect) or thing.rect.iou(later.rect) > most:
                raise NoRoomError
        objects = tuple(ObjectBox(self._prompt(thing.item), self._box(thing.rect)) for thing in things)
        return Plan(self.scene.sentence, tuple(rows), objects, _brief_notes(notes))

    def _depth(self, index: int) -> int:
        """What is said to be in the background is painted first, in the foreground last, unless it bears things."""
        bears = any(
            (relation.kind in ("on", "inside", "riding") and index in relation.objects)
            or (relation.kind in ("holding", "wearing") and index in relation.subjects)
            for relation in self.scene.relations
        )
        depth = self.scene.items[index].depth
        return 0 if depth == "background" else 2 if depth == "foreground" and not bears else 1

    def _prompt(self, index: int) -> str:
        return brief(self.scene.items[index].prompt, MAX_OBJECT_PROMPT_CHARACTERS)

    def _box(self, rect: Rect) -> Box:
        return Box(
            _fraction(rect.x, self.width),
            _fraction(rect.y, self.height),
            _fraction(rect.width, self.width),
            _fraction(rect.height, self.height),
        )


def _uncovered(things: Iterable[Placed]) -> list[Placed]:
    """Paint what would be covered wholly after what covers it."""
    found: list[Placed] = []
    for thing in things:
        at = next((i for i, earlier in enumerate(found) if thing.rect.holds(earlier.rect)), len(found))
        found.insert(at, thing)
    return found


def _between_tokens(rect: Rect) -> Rect:
    left, top = nearest(rect.x), nearest(rect.y)
    width, height = nearest(rect.right) - left, nearest(rect.bottom) - top
    if min(width, height) < LEAST:
        raise NoRoomError
    return Rect(left, top, width, height)


def _whole_lengths(starts: Sequence[float], length: int) -> list[int]:
    edges = [*map(nearest, starts), length]
    return [end - start for start, end in pairwise(edges)]


def _brief_notes(notes: Iterable[str]) -> tuple[str, ...]:
    return tuple(brief(note, MAX_NOTE_CHARACTERS) for note in notes)[:MAX_NOTES]


def _fraction(tokens: float, size_px: int) -> float:
    """A length as a fraction of the canvas that reads back as the same number of tokens."""
    value = tokens * TOKEN_PX / size_px
    while int(value * size_px // TOKEN_PX) < tokens:
        value = math.nextafter(value, math.inf)
    return value
