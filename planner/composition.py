"""Scene → composition: which thing stands beside, above or over which, as a tree without coordinates.

A composition is built relation by relation. Every item starts as a tree of its own; a relation joins two
trees: beside each other (`Line` along x), above each other (`Line` along y) or over each other (`Overlap`).
What is still apart at the end goes where the sentence places it, or into an even grid.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from planner.english import words
from planner.scene import Axis, Item, Order, Place, Relation, Scene

OverlapKind = Literal["in_front_of", "inside", "enclosed", "ring", "holding", "wearing", "riding"]


_COVERING: Final = re.compile(
    r"\b(?:in front of|behind|inside|within|around|surround\w*|hold(?:s|ing)?|wear(?:s|ing)?|rid(?:es?|ing))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Leaf:
    """`count` things of item number `item`; `in_row`: they stand on something, so not above each other."""

    item: int
    count: int
    in_row: bool = False


@dataclass(frozen=True)
class Gap:
    """Room left free, so that something else stands at the side."""


@dataclass(frozen=True)
class Line:
    """Parts from left to right ("x") or from top to bottom ("y"); `touching`: each rests on the next."""

    axis: Axis
    parts: "tuple[Node, ...]"
    touching: bool = False


@dataclass(frozen=True)
class Overlap:
    """Two parts that share their room, `first` in front ("ring": around `second`).

    `deep`: the sentence says in words of contact that one may cover the other.
    """

    kind: OverlapKind
    first: "Node"
    second: "Node"
    deep: bool = False


MOST_IN_ROW: Final = 4

Node = Leaf | Gap | Line | Overlap


@dataclass(frozen=True)
class Composition:
    """The tree of the whole picture, and relations that found no room in it.

    `free`: the root's parts have nothing to do with each other and may be put in any grid.
    """

    root: Node
    free: bool = False
    unmet: tuple[Relation, ...] = ()


def leaves(node: Node) -> Iterator[Leaf]:
    """Go through the things of a tree from left to right and top to bottom."""
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, Line):
        for part in node.parts:
            yield from leaves(part)
    elif isinstance(node, Overlap):
        yield from leaves(node.first)
        yield from leaves(node.second)


def compose(scene: Scene) -> Composition | None:
    """Join a scene's items into one tree; None for a scene without items."""
    if not scene.items:
        return None
    single = [Leaf(index, item.count) for index, item in enumerate(scene.items)]
    builder = _Builder(scene.items, [*single], _COVERING.search(scene.sentence) is not None)
    for relation in sorted(scene.relations, key=lambda relation: relation.kind not in ("on", "under", "inside")):
        builder.relate(relation)
    for order in scene.orders:
        builder.order(order)
    root = _place_roots(builder.roots, scene.items)
    return Composition(root, _is_free(builder.roots, scene.items), tuple(builder.unmet))


def _is_free(roots: list[Node], items: tuple[Item, ...]) -> bool:
    return len(roots) > 1 and all(_place_of(root, items) == Place() for root in roots)


def items_of(node: Node) -> frozenset[int]:
    """The numbers of the items in a tree."""
    return frozenset(leaf.item for leaf in leaves(node))


def _exchange(node: Node, old: Node, new: Node) -> Node:
    """Give the tree with `old` (found by identity) replaced."""
    if node is old:
        return new
    if isinstance(node, Line):
        parts = tuple(_exchange(part, old, new) for part in node.parts)
        return node if all(a is b for a, b in zip(parts, node.parts, strict=True)) else replace(node, parts=parts)
    if isinstance(node, Overlap):
        first, second = _exchange(node.first, old, new), _exchange(node.second, old, new)
        same = first is node.first and second is node.second
        return node if same else replace(node, first=first, second=second)
    return node


def _path(node: Node, items: frozenset[int]) -> list[Node]:
    """The way from the root down to the smallest part that holds all the items."""
    path = [node]
    while True:
        inner = [part for part in _parts(path[-1]) if items <= items_of(part)]
        if not inner:
            return path
        path.append(inner[0])


def _parts(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Line):
        return node.parts
    return (node.first, node.second) if isinstance(node, Overlap) else ()


@dataclass
class _Builder:
    items: tuple[Item, ...]
    roots: list[Node]
    deep: bool
    unmet: list[Relation] = field(default_factory=list)
    kept: list[tuple[Axis, frozenset[int], frozenset[int]]] = field(default_factory=list)  # (axis, before, after)

    def order(self, order: Order) -> None:
        kind: Literal["left_of", "above"] = "left_of" if order.axis == "x" else "above"
        for before, after in zip(order.items, order.items[1:], strict=False):
            self.relate(Relation(kind, (before,), (after,)))

    def relate(self, relation: Relation) -> None:
        """Join the trees of a relation's two sides, or put them right where they are in one tree already."""
        subjects, objects = frozenset(relation.subjects), frozenset(relation.objects) - set(relation.subjects)
        if not subjects or not objects:
            return
        if relation.kind == "between":
            self._between(relation, subjects, objects)
            return
        if relation.kind == "around" and not self._can_be_around(subjects):
            relation = replace(relation, kind="next_to")
        self._unite(subjects)
        self._unite(objects)
        if relation.kind == "on":
            self._stand(subjects)
        if self._root(subjects) is self._root(objects):
            self._within(relation, subjects, objects)
        elif relation.kind in _AXES:
            self._beside(relation, subjects, objects)
        else:
            self._over(relation, subjects, objects)

    def _root(self, items: frozenset[int]) -> Node:
        return next(root for root in self.roots if items <= items_of(root))

    def _unite(self, items: frozenset[int]) -> None:
        """Make one tree of things that a relation speaks of together."""
        apart = [root for root in self.roots if items & items_of(root)]
        if len(apart) > 1:
            self._swap(apart, Line("x", tuple(apart)))

    def _can_be_around(self, items: frozenset[int]) -> bool:
        names = {self.items[index].name.split()[-1] for index in items}
        return sum(self.items[index].count for index in items) > 1 or bool(names & words.ENCLOSING)

    def _stand(self, items: frozenset[int]) -> None:
        """Let things that rest on another one stand in a row."""
        root = self._root(items)
        new = root
        for leaf in leaves(root):
            if leaf.item in items and leaf.count <= MOST_IN_ROW:
                new = _exchange(new, leaf, replace(leaf, in_row=True))
        if new is not root:
            self._swap([root], new)

    def _swap(self, old: Iterable[Node], new: Node) -> None:
        gone = list(old)
        at = next(i for i, root in enumerate(self.roots) if root is gone[0])
        self.roots[at] = new
        self.roots = [root for root in self.roots if not any(root is other for other in gone)]

    def _beside(self, relation: Relation, subjects: frozenset[int], objects: frozenset[int]) -> None:
        axis, subject_first, touching = _AXES[relation.kind]
        anchor, moved = self._root(subjects), self._root(objects)
        moves_after = subject_first
        whole = items_of(moved) == objects
        if not whole:
            anchor, moved, moves_after = moved, anchor, not subject_first
        fixed = subjects if whole else objects
        self._join(_Joint(axis, touching, moves_after), anchor, moved, fixed)
        if relation.kind != "next_to":
            ordered = (subjects, objects) if subject_first else (objects, subjects)
            self.kept.append((axis, *ordered))

    def _join(self, joint: "_Joint", root: Node, moved: Node, fixed: frozenset[int]) -> None:
        """Put the tree `moved` next to the part of `root` that holds `fixed`."""
        path = _path(root, fixed)
        while len(path) > 1 and _is_unit(path[-2], joint):
            path.pop()
        target, parent = path[-1], path[-2] if len(path) > 1 else None
        if isinstance(parent, Line) and parent.axis == joint.axis and parent.touching == joint.touching:
            new: Node = self._insert(parent, target, moved, joint)
            self._swap([root, moved], _exchange(root, parent, new))
            return
        pair = (target, moved) if joint.moves_after else (moved, target)
        new = Line(joint.axis, tuple(part for node in pair for part in _spread(node, joint)), joint.touching)
        self._swap([root, moved], _exchange(root, target, new))

    def _insert(self, parent: Line, target: Node, moved: Node, joint: "_Joint") -> Line:
        at = next(i for i, part in enumerate(parent.parts) if part is target)
        if joint.touching and not joint.moves_after and at > 0:
            shared = Line("x", (*_spread(parent.parts[at - 1], _BESIDE), *_spread(moved, _BESIDE)))
            return replace(parent, parts=(*parent.parts[: at - 1], shared, *parent.parts[at:]))
        cut = at + joint.moves_after
        return replace(parent, parts=(*parent.parts[:cut], *_spread(moved, joint), *parent.parts[cut:]))

    def _over(self, relation: Relation, subjects: frozenset[int], objects: frozenset[int]) -> None:
        kind, swapped = _OVERLAPS[relation.kind]
        upper, lower = (objects, subjects) if swapped else (subjects, objects)
        if kind == "ring" and sum(self.items[index].count for index in upper) < 2:
            kind, upper, lower = "enclosed", lower, upper
        upper_path, lower_path = self._unit_path(upper), self._unit_path(lower)
        over, under = upper_path[-1], lower_path[-1]
        if kind == "inside" and isinstance(under, Overlap) and under.kind == "inside":
            new = replace(under, first=Line("x", (*_spread(under.first, _BESIDE), *_spread(over, _BESIDE))))
        elif kind == "in_front_of" and isinstance(under, Overlap) and lower <= items_of(under.first):
            new = _before(over, under, lower, self.deep)
        elif len(upper_path) > 1 and len(lower_path) > 1:
            new = Overlap(kind, over, lower_path[0], self.deep)
            under = lower_path[0]
        else:
            new = Overlap(kind, over, under, self.deep)
        if len(upper_path) > 1:
            self._swap([upper_path[0], lower_path[0]], _exchange(upper_path[0], over, new))
        else:
            self._swap([lower_path[0], upper_path[0]], _exchange(lower_path[0], under, new))

    def _unit_path(self, items: frozenset[int]) -> list[Node]:
        path = _path(self._root(items), items)
        while len(path) > 1 and isinstance(path[-2], Overlap):
            path.pop()
        return path

    def _between(self, relation: Relation, subjects: frozenset[int], objects: frozenset[int]) -> None:
        self._unite(subjects)
        middle = self._root(subjects)
        outer = [self._root(frozenset({index})) for index in sorted(objects)]
        if len(objects) == 1 and isinstance(outer[0], Leaf) and outer[0].count > 1 and outer[0] is not middle:
            left = (outer[0].count + 1) // 2
            sides = (replace(outer[0], count=left), replace(outer[0], count=outer[0].count - left))
            self._swap([outer[0], middle], Line("x", (sides[0], middle, sides[1])))
        elif len({id(root) for root in [middle, *outer]}) == len(outer) + 1 and len(outer) > 1:
            self._swap([*outer[:1], middle, *outer[1:]], Line("x", (outer[0], middle, *outer[1:])))
        else:
            self.relate(replace(relation, kind="next_to"))

    def _within(self, relation: Relation, subjects: frozenset[int], objects: frozenset[int]) -> None:
        """Both sides are in one tree: change the order of a line if nothing said before speaks against it."""
        if relation.kind == "next_to" or relation.kind not in _AXES:
            return
        axis, subject_first, _ = _AXES[relation.kind]
        before, after = (subjects, objects) if subject_first else (objects, subjects)
        line = _path(self._root(subjects), subjects | objects)[-1]
        if isinstance(line, Line) and line.axis == axis:
            wish = [*self.kept, (axis, before, after)]
            ordered = _reordered(line, wish)
            if ordered is not None:
                self._swap([self._root(subjects)], _exchange(self._root(subjects), line, ordered))
                self.kept = wish
                return
        self.unmet.append(relation)


def _before(front: Node, back: Node, items: frozenset[int], deep: bool) -> Overlap:
    """Put a tree before the part of another that holds `items`: a dog before the bench before the tree."""
    if isinstance(back, Overlap) and back.kind == "in_front_of" and items <= items_of(back.first):
        return replace(back, first=_before(front, back.first, items, deep))
    return Overlap("in_front_of", front, back, deep)


@dataclass(frozen=True)
class _Joint:
    axis: Axis
    touching: bool = False
    moves_after: bool = True


_BESIDE: Final = _Joint("x")
# kind → (axis, the subject comes first, the parts touch)
_AXES: Final[dict[str, tuple[Axis, bool, bool]]] = {
    "left_of": ("x", True, False), "right_of": ("x", False, False), "next_to": ("x", True, False),
    "above": ("y", True, False), "below": ("y", False, False), "on": ("y", True, True), "under": ("y", False, True),
}  # fmt: skip
# kind → (how the parts overlap, the object is on top)
_OVERLAPS: Final[dict[str, tuple[OverlapKind, bool]]] = {
    "in_front_of": ("in_front_of", False), "behind": ("in_front_of", True), "inside": ("inside", False),
    "around": ("ring", False), "holding": ("holding", True), "wearing": ("wearing", True), "riding": ("riding", False),
}  # fmt: skip


def _is_unit(parent: Node, joint: _Joint) -> bool:
    """What rests on or covers each other stays together when something comes beside it."""
    if isinstance(parent, Overlap):
        return True
    return isinstance(parent, Line) and parent.touching and not joint.touching


def _spread(node: Node, joint: _Joint) -> tuple[Node, ...]:
    """The parts of a line of the same kind, so that lines do not nest."""
    same = isinstance(node, Line) and node.axis == joint.axis and node.touching == joint.touching
    return node.parts if same and isinstance(node, Line) else (node,)


def _reordered(line: Line, wishes: list[tuple[Axis, frozenset[int], frozenset[int]]]) -> Line | None:
    """Sort a line's parts by what must come before what, otherwise as they stand; None if that is a circle."""
    parts, done = list(line.parts), list[Node]()
    pairs = [
        (first, second)
        for axis, before, after in wishes
        if axis == line.axis
        for first in parts
        for second in parts
        if first is not second and before & items_of(first) and after & items_of(second)
    ]
    while parts:
        free = [p for p in parts if not any(b is p and any(a is q for q in parts) for a, b in pairs)]
        if not free:
            return None
        parts = [part for part in parts if part is not free[0]]
        done.append(free[0])
    return replace(line, parts=tuple(done))


# Places on the canvas


def _place_roots(roots: list[Node], items: tuple[Item, ...]) -> Node:
    """Join what is still apart: by the stated places, or as a grid of which `arrange` chooses the shape."""
    roots = [_sorted_by_column(root, items) for root in roots]
    places = [_place_of(root, items) for root in roots]
    if all(place == Place() for place in places):
        return roots[0] if len(roots) == 1 else Line("x", tuple(roots))
    columns_used = any(place.column is not None and not place.is_center for place in places)
    rows_used = any(place.row is not None and not place.is_center for place in places)
    if len(roots) == 1 and not (columns_used or rows_used):
        return roots[0]
    columns_used |= not rows_used
    rows: dict[float, list[tuple[float | None, Node]]] = {}
    for root, place in zip(roots, places, strict=True):
        column = place.column if columns_used or not place.is_center else None
        row = place.row if place.row is not None and rows_used else 0.5
        rows.setdefault(row, []).append((column, root))
    lines = [_row(rows[key]) for key in sorted(rows)]
    stated = {place.row for place in places if place.row is not None} if rows_used else set()
    return _with_gaps("y", lines, set(rows), stated)


def _row(entries: list[tuple[float | None, Node]]) -> Node:
    """One row of the picture: things with the same column above each other, columns from left to right."""
    stated = {column for column, _ in entries if column is not None}
    if not stated:
        nodes = [node for _, node in entries]
        return nodes[0] if len(nodes) == 1 else Line("x", tuple(nodes))
    columns: dict[float, list[Node]] = {}
    free: list[Node] = []
    for column, node in entries:
        if column is None:
            free.append(node)
        else:
            columns.setdefault(column, []).append(node)
    parts = {key: nodes[0] if len(nodes) == 1 else Line("y", tuple(nodes)) for key, nodes in columns.items()}
    left, right = _sides_for(free, stated)
    ordered = [parts[key] for key in sorted(parts)]
    if not free:
        return _with_gaps("x", ordered, stated, stated)
    first = sum(key < 0.5 for key in parts)
    last = len(ordered) - sum(key > 0.5 for key in parts)
    return Line("x", (*ordered[:first], *left, *ordered[first:last], *right, *ordered[last:]))


def _sides_for(free: list[Node], stated: set[float]) -> tuple[list[Node], list[Node]]:
    """Things without a column go beside those in the middle, or fill the room between the sides."""
    if 0.5 not in stated:
        return free, []
    if 0.0 in stated and 1.0 not in stated:
        return [], free
    half = len(free) // 2 if 1.0 not in stated else len(free)
    return free[:half], free[half:]


def _with_gaps(axis: Axis, parts: list[Node], used: set[float], stated: set[float]) -> Node:
    """Leave room opposite to what stands at one side; with something in the middle, on both."""
    needs_start = 0.0 not in used and (used == {1.0} or (0.5 in stated and 1.0 in used))
    needs_end = 1.0 not in used and (used == {0.0} or (0.5 in stated and 0.0 in used))
    padded: list[Node] = [*([Gap()] if needs_start else []), *parts, *([Gap()] if needs_end else [])]
    return padded[0] if len(padded) == 1 else Line(axis, tuple(padded))


def _sorted_by_column(root: Node, items: tuple[Item, ...]) -> Node:
    """ "a table with a cup on the left and a plate on the right": places within a tree sort its line."""
    if isinstance(root, Overlap):
        return replace(root, first=_sorted_by_column(root.first, items), second=_sorted_by_column(root.second, items))
    if not isinstance(root, Line):
        return root
    parts = [_sorted_by_column(part, items) for part in root.parts]
    places = [_place_of(part, items) for part in parts]
    values = [place.column if root.axis == "x" else place.row for place in places]
    if all(value is not None for value in values) and not root.touching:
        parts = [part for _, part in sorted(zip(values, parts, strict=True), key=lambda pair: pair[0] or 0.0)]
    return replace(root, parts=tuple(parts))


def _place_of(root: Node, items: tuple[Item, ...]) -> Place:
    """The one place that a tree's things are said to be at; none if there are several or it is met already."""
    places = {items[leaf.item].place for leaf in leaves(root)} - {Place()}
    if len(places) != 1:
        return Place()
    place = places.pop()
    if isinstance(root, Line) and root.axis == "x" and place.row is None and place.column in (0.0, 1.0):
        edge = root.parts[0] if place.column == 0.0 else root.parts[-1]
        if any(items[leaf.item].place == place for leaf in leaves(edge)):
            return Place()
    return place
