"""Scene → Plan: rows, cells, boxes and prompts, without a model and always the same.

`composition.py` decides what stands where, `boxes.py` how large everything is; here the composition becomes a plan:
its outermost lines are rows and cells, each cell's prompt names everything in it. The layout is made on the
token grid of the canvas, so every edge of a cell or box lies between two tokens.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

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
from planner.scene.boxes import Frame, Placed, divide, place, rest
from planner.scene.composition import Composition, compose
from planner.scene.rects import NoRoomError, Rect, even_grid
from planner.scene.scene import Item, Relation, Scene
from planner.scene.tree import Leaf, Line, Node, leaves


def arrange(scene: Scene, *, width: int, height: int) -> Plan:
    """Lay a scene out on a canvas of width × height pixels (multiples of 16, at least 32).

    Raises `PlanError` for other sizes, for an empty sentence, and where the things do not fit at 32 px each.
    """
    check_canvas(width, height)
    if not scene.sentence.strip():
        raise PlanError("the sentence is empty; say what is to be seen")
    scene, notes = _fitting(scene)
    composition = compose(scene)
    if composition is None:
        return _plain(scene, notes)
    notes = [*notes, *_notes(scene, composition)]
    frame = Frame(scene.items, width // TOKEN_PX, height // TOKEN_PX)
    root = composition.root
    if composition.free and isinstance(root, Line):
        root = _balanced(root.parts, frame)
    try:
        return _Arrangement(scene, frame, width, height).plan(root, notes)
    except NoRoomError:
        return _crammed(scene, width, height, notes)


def _crammed(scene: Scene, width: int, height: int, notes: list[str]) -> Plan:
    """All things in one even grid, for a canvas that has no room for anything better."""
    items = tuple(replace(item, size="normal", formation=None) for item in scene.items)
    frame = Frame(items, width // TOKEN_PX, height // TOKEN_PX)
    notes = [*notes, "The canvas is too small for the layout that the sentence asks for; everything stands in a grid."]
    arrangement = _Arrangement(replace(scene, items=items), frame, width, height)
    try:
        return arrangement.grid(notes)
    except NoRoomError:
        count = sum(item.count for item in items)
        raise PlanError(f"{count} objects do not fit on {width}×{height} pixels; each needs at least 32×32") from None


def _fitting(scene: Scene) -> tuple[Scene, list[str]]:
    """Bring a scene under the limit of objects: large counts become one box, then the last things go."""
    items, notes = list(scene.items), []
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
    return _first_items(replace(scene, items=tuple(items)), kept), notes


def _crowd(item: Item) -> Item:
    """Many things as one: "twelve eggs" in a single box."""
    phrase = replace(item, doing="").phrase()
    return replace(item, count=1, description=phrase, article=False, plural="", formation=None)


def _first_items(scene: Scene, count: int) -> Scene:
    if count == len(scene.items):
        return scene
    relations = []
    for relation in scene.relations:
        subjects = tuple(i for i in relation.subjects if i < count)
        objects = tuple(i for i in relation.objects if i < count)
        if subjects and objects:
            relations.append(replace(relation, subjects=subjects, objects=objects))
    orders = tuple(replace(order, items=tuple(i for i in order.items if i < count)) for order in scene.orders)
    return replace(scene, items=scene.items[:count], relations=tuple(relations), orders=orders)


def _plain(scene: Scene, notes: list[str]) -> Plan:
    note = "No single thing to place was found in the sentence: it describes the whole picture."
    sentence = _brief(scene.sentence, MAX_CELL_PROMPT_CHARACTERS)
    return Plan(scene.sentence, (Row(1, (Cell(1, sentence),)),), (), _brief_notes([*notes, note]))


def _notes(scene: Scene, composition: Composition) -> list[str]:
    notes = [f"{note}." for note in scene.notes]
    if scene.absent:
        notes.append(f"Not to be seen: {', '.join(scene.absent)}.")
    placed = any(item.place.row is not None or item.place.column is not None for item in scene.items)
    if len(scene.items) > 1 and not (scene.relations or scene.orders or placed):
        notes.append("The sentence does not say where things are: they stand side by side.")
    for relation in composition.unmet:
        notes.append(f"No room was found for: {_say(relation, scene)}.")
    return notes


def _say(relation: Relation, scene: Scene) -> str:
    names = [" and ".join(scene.items[i].description for i in side) for side in (relation.subjects, relation.objects)]
    return f"{names[0]} {relation.words or relation.kind.replace('_', ' ')} {names[1]}"


def _balanced(parts: Sequence[Node], frame: Frame) -> Node:
    """Put things that do not relate to each other into rows, as many as make the smallest box largest."""
    splits = [_split(len(parts), rows) for rows in range(1, len(parts) + 1)]
    layouts = [_in_rows([[parts[i] for i in row] for row in split]) for split in splits]
    return max(layouts, key=lambda layout: _box_sides(layout, frame))


def _in_rows(rows: list[list[Node]]) -> Node:
    lines = [Line("x", tuple(row)) if len(row) > 1 else row[0] for row in rows]
    return lines[0] if len(lines) == 1 else Line("y", tuple(lines))


def _box_sides(layout: Node, frame: Frame) -> tuple[int, int]:
    """The smallest side of a box, and the sum of all sides, in tokens; zeros where there is no room."""
    try:
        placed = place(layout, Rect(0, 0, frame.width, frame.height), frame)
        sides = [min(thing.rect.width, thing.rect.height) for thing in placed]
    except NoRoomError:
        return 0, 0
    return min(sides), sum(sides)


def _split(count: int, rows: int) -> list[range]:
    """Share `count` things among rows in order, the longer rows first."""
    starts = [0]
    for row in range(rows):
        starts.append(starts[-1] + count // rows + (row < count % rows))
    return [range(start, end) for start, end in pairwise(starts)]


@dataclass(frozen=True)
class _Arrangement:
    scene: Scene
    frame: Frame
    width: int
    height: int

    def plan(self, root: Node, notes: Iterable[str]) -> Plan:
        rows: list[Row] = []
        placed: list[Placed] = []
        row_nodes = root.parts if isinstance(root, Line) and root.axis == "y" else (root,)
        line = root if isinstance(root, Line) and root.axis == "y" else None
        heights = divide(line, self.frame.height, self.frame, self.frame.width) if line else [self.frame.height]
        top = 0
        for index, (node, high) in enumerate(zip(row_nodes, heights, strict=True)):
            below = rest(line, index) if line is not None and line.touching else 0.5
            row, things = self._row(node, Rect(0, top, self.frame.width, high), below)
            rows.append(row)
            placed += things
            top += high
        return self._plan(rows, placed, notes)

    def grid(self, notes: Iterable[str]) -> Plan:
        """Put everything into one cell, in a grid. Raises `NoRoomError`."""
        whole = Rect(0, 0, self.frame.width, self.frame.height)
        things = [index for index, item in enumerate(self.scene.items) for _ in range(item.count)]
        placed = [Placed(index, cell) for index, cell in zip(things, even_grid(len(things), whole), strict=True)]
        everything = Line("x", tuple(Leaf(index, item.count) for index, item in enumerate(self.scene.items)))
        return self._plan([Row(1, (Cell(1, self._describe(everything)),))], placed, notes)

    def _plan(self, rows: Iterable[Row], placed: Iterable[Placed], notes: Iterable[str]) -> Plan:
        objects = tuple(ObjectBox(self._prompt(thing.item), self._box(thing.rect)) for thing in placed)
        return Plan(self.scene.sentence, tuple(rows), objects, _brief_notes(notes))

    def _row(self, node: Node, rect: Rect, below: float) -> tuple[Row, list[Placed]]:
        cells = node.parts if isinstance(node, Line) and node.axis == "x" else (node,)
        line = node if isinstance(node, Line) and node.axis == "x" else None
        widths = divide(line, rect.width, self.frame, rect.height) if line else [rect.width]
        made, placed, left = [], list[Placed](), 0
        for part, wide in zip(cells, widths, strict=True):
            placed += place(part, Rect(left, rect.y, wide, rect.height), self.frame, below=below)
            made.append(Cell(wide, self._describe(part)))
            left += wide
        return Row(rect.height, tuple(made)), placed

    def _prompt(self, index: int) -> str:
        return _brief(self.scene.items[index].prompt, MAX_OBJECT_PROMPT_CHARACTERS)

    def _box(self, rect: Rect) -> Box:
        return Box(
            _fraction(rect.x, self.width),
            _fraction(rect.y, self.height),
            _fraction(rect.width, self.width),
            _fraction(rect.height, self.height),
        )

    # Cell prompts

    def _describe(self, node: Node) -> str:
        """Name everything in a cell, how it relates, the background and the style."""
        counts: dict[int, int] = {}
        for leaf in leaves(node):
            counts[leaf.item] = counts.get(leaf.item, 0) + leaf.count
        said = self._sentences(counts) if counts else self._empty()
        background = self.scene.background if counts else ""
        text = f"{said} {background}".strip()
        return _brief(", ".join(part for part in (text, self.scene.style) if part), MAX_CELL_PROMPT_CHARACTERS)

    def _empty(self) -> str:
        return self.scene.background or "plain background"

    def _sentences(self, counts: dict[int, int]) -> str:
        told: set[int] = set()
        texts: list[str] = []
        for relation in self.scene.relations:
            subjects = [i for i in relation.subjects if i in counts]
            objects = [i for i in relation.objects if i in counts]
            if not subjects or not objects or (told >= {*subjects, *objects}):
                continue
            tail = f"{relation.words} {self._list(objects, counts, told)}"
            if set(subjects) <= told and texts:
                texts[-1] += f", {tail}"
            else:
                texts.append(f"{self._list(subjects, counts, told)} {tail}")
            told |= {*subjects, *objects}
        rest_of_them = [i for i in counts if i not in told]
        if rest_of_them:
            texts.append(self._list(rest_of_them, counts, told))
        return _joined(texts)

    def _list(self, indices: list[int], counts: dict[int, int], told: set[int]) -> str:
        return _joined(
            [f"the {self.scene.items[i].name}" if i in told else self.scene.items[i].phrase(counts[i]) for i in indices]
        )


def _joined(texts: list[str]) -> str:
    return " and ".join([*([", ".join(texts[:-1])] if len(texts) > 1 else []), *texts[-1:]])


def _brief(prompt: str, longest: int) -> str:
    """Cut a prompt at a word's end (the text encoders read far less), without the release's separator BREAK."""
    prompt = prompt.replace("BREAK", "break")
    if len(prompt) <= longest:
        return prompt
    cut = prompt[: longest - 1]
    return (cut.rpartition(" ")[0] or cut) + "…"


def _brief_notes(notes: Iterable[str]) -> tuple[str, ...]:
    return tuple(_brief(note, MAX_NOTE_CHARACTERS) for note in notes)[:MAX_NOTES]


def _fraction(tokens: int, size_px: int) -> float:
    """A length as a fraction of the canvas that reads back as the same number of tokens."""
    value = tokens * TOKEN_PX / size_px
    while int(value * size_px // TOKEN_PX) < tokens:
        value = math.nextafter(value, math.inf)
    return value
