"""Scene → composition: which thing stands beside, above or over which, as a tree without coordinates.

A composition is built relation by relation. Every item starts as a tree of its own; a relation joins two
trees: beside each other (`Line` along x), above each other (`Line` along y) or over each other (`Overlap`).
What is still apart at the end goes where the sentence places it, or into an even grid.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from planner.lexicon import words
from planner.lexicon.kinds import (
    is_being,
    is_clothing,
    is_open,
    is_shelter,
    is_upright,
    kind_of,
    known_kind_of,
    worn_part,
)
from planner.scene.panels import join_panels
from planner.scene.root_places import place_roots
from planner.scene.scene import ANYWHERE, Axis, Item, Order, Place, Relation, Scene
from planner.scene.tree import Leaf, Line, Node, Overlap, OverlapKind, exchange, items_of, leaves, path_to

MOST_IN_ROW: Final = 4
WORKTOP: Final = 1.6  # metres: how wide a support of no known kind is
MOST_ON_ONE: Final = 7  # things that rest on another one, side by side


def compose(scene: Scene) -> Node | None:
    """Join a scene's items and panels into one tree; None for a scene without any."""
    if not scene.items and not scene.panels:
        return None
    scene = replace(scene, items=_with_depth(scene))
    single = [Leaf(index, item.count) for index, item in enumerate(scene.items)]
    builder = _Builder(scene.items, [*single])
    for group in sorted({item.group for item in scene.items if item.group is not None}):
        builder.gather(frozenset(i for i, item in enumerate(scene.items) if item.group == group))
    for relation in sorted(_together(scene.relations), key=lambda relation: _TURNS.get(relation.kind, 4)):
        builder.relate(relation)
    for order in scene.orders:
        if not _stated_by_places(order, scene.items):
            builder.order(order)
    roots = [_on_both_sides(_each_its_own(builder.loosened(root)), scene) for root in builder.roots]
    return join_panels(scene, roots) if scene.panels else place_roots(roots, scene.items)


def _together(relations: Iterable[Relation]) -> list[Relation]:
    """Say once what several things are on: "six plates on a table, one of them with food"."""
    found: list[Relation] = []
    for relation in relations:
        same = (
            at for at, other in enumerate(found) if (other.kind, other.objects) == (relation.kind, relation.objects)
        )
        at = next(same, None) if relation.kind == "on" else None
        if at is None:
            found.append(relation)
        else:
            subjects = tuple(dict.fromkeys((*found[at].subjects, *relation.subjects)))
            found[at] = replace(found[at], subjects=subjects)
    return found


def _each_its_own(node: Node) -> Node:
    """Give as many wearers, holders or riders as there are things for them one each."""
    if isinstance(node, Line):
        return replace(node, parts=tuple(map(_each_its_own, node.parts)))
    if not isinstance(node, Overlap):
        return node
    first, second = node.first, node.second
    if isinstance(first, Leaf) and isinstance(second, Leaf) and first.count == second.count > 1 and node.kind in _OWN:
        one = replace(node, first=replace(first, count=1), second=replace(second, count=1))
        return Line("x", (one,) * first.count, wraps=not second.in_row)
    return replace(node, first=_each_its_own(first), second=_each_its_own(second))


def _on_both_sides(node: Node, scene: Scene) -> Node:
    """ "a teapot, next to it two cups": one on each side, so that neither stands far from it."""
    if not isinstance(node, Line):
        return node
    parts = tuple(_on_both_sides(part, scene) for part in node.parts)
    if node.axis == "x" and not node.touching and len(parts) == 2:
        for pair, other in (parts, parts[::-1]):
            if isinstance(pair, Leaf) and pair.count == 2 and _is_only_beside(pair.item, scene):
                one = replace(pair, count=1)
                return replace(node, parts=(one, other, one))
    return replace(node, parts=parts)


def _is_only_beside(index: int, scene: Scene) -> bool:
    """Tell whether all that is said of where a thing is is that it is next to another, in a picture without places."""
    said = [relation for relation in scene.relations if index in (*relation.subjects, *relation.objects)]
    beside = len(said) == 1 and said[0].kind == "next_to" and said[0].subjects == (index,) and not said[0].loose
    free = all(item.place == ANYWHERE for item in scene.items)
    return beside and free and scene.items[index].formation is None


def _stated_by_places(order: Order, items: tuple[Item, ...]) -> bool:
    """Tell whether an order's things have places along it already, which put them in rows and columns."""
    places = [items[i].place for i in order.items]
    return all((place.column if order.axis == "x" else place.row) is not None for place in places)


def _with_depth(scene: Scene) -> tuple[Item, ...]:
    """Give what is far a place at the top and what is near one at the bottom, where the sentence gives none."""
    related = {i for relation in scene.relations for i in (*relation.subjects, *relation.objects)}
    related |= {i for order in scene.orders for i in order.items}
    found = []
    for index, item in enumerate(scene.items):
        row = {"background": 0.0, "middle": 0.5, "foreground": 1.0}.get(item.depth or "")
        free = index not in related and item.place == ANYWHERE and item.group is None
        if row is None and free and kind_of(item.name).stand == "sky":
            row = 0.0
        known = item.place.row is not None or len(scene.items) == 1
        found.append(item if row is None or known else replace(item, place=Place(item.place.column, row)))
    return tuple(found)


@dataclass
class _Builder:
    items: tuple[Item, ...]
    roots: list[Node]
    kept: list[tuple[Axis, frozenset[int], frozenset[int]]] = field(default_factory=list)  # (axis, before, after)

    def gather(self, items: frozenset[int]) -> None:
        """Make one tree of things that were named together, unless they are in different rows."""
        if len({self.items[index].place.row for index in items}) == 1:
            self._unite(items)

    def loosened(self, root: Node, most: int = 2 * MOST_IN_ROW) -> Node:
        """Let a long line of which nothing says the order stand in several rows, also in something."""
        if isinstance(root, Overlap) and root.kind == "inside":
            return replace(root, first=self.loosened(root.first, MOST_IN_ROW))
        if not isinstance(root, Line) or root.axis != "x" or root.touching:
            return root
        if len(root.parts) <= MOST_IN_ROW and sum(leaf.count for leaf in leaves(root)) <= most:
            return root
        ordered = frozenset(item for axis, *sides in self.kept if axis == "x" for side in sides for item in side)
        fixed = [part for part in root.parts if items_of(part) & ordered]
        free = [part for part in root.parts if not items_of(part) & ordered]
        if not fixed:
            return replace(root, wraps=True)
        return Line("y", (Line("x", tuple(free), wraps=True), Line("x", tuple(fixed)))) if len(free) > 1 else root

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
        if relation.kind == "on" and self._is_worn(subjects, objects):
            relation, subjects, objects = replace(relation, kind="wearing"), objects, subjects
        if relation.kind == "on":
            self._stand(subjects)
        if relation.kind == "holding" and all(is_open(self.items[index].name) for index in subjects):
            relation, subjects, objects = replace(relation, kind="inside"), objects, subjects
        if relation.kind == "on" and self._is_face(subjects, objects):
            relation = replace(relation, kind="inside")
        if relation.kind == "inside" and all(is_clothing(self.items[index].name) for index in objects):
            relation = replace(relation, kind="wearing")
        if relation.kind == "under" and not any(is_shelter(self.items[index].name) for index in objects):
            relation = replace(relation, kind="below")
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

    def _is_face(self, shown: frozenset[int], bearers: frozenset[int]) -> bool:
        """Tell whether things lie within what they are on: letters on anything, a clock on a door or a wall."""
        kinds = {kind_of(self.items[index].name) for index in shown}
        upright = all(is_upright(self.items[index].name) for index in bearers)
        return kinds == {kind_of("word")} or (upright and kinds == {kind_of("poster")})

    def _is_worn(self, shown: frozenset[int], bearers: frozenset[int]) -> bool:
        """ "goggles on her forehead": tell whether clothes are on a person or an animal."""
        alive = all(is_being(self.items[index].name) for index in bearers)
        return alive and all(worn_part(self.items[index].name) for index in shown)

    def _stand(self, items: frozenset[int]) -> None:
        """Let things that rest on another one stand in a row."""
        root = self._root(items)
        new = root
        for leaf in leaves(root):
            if leaf.item in items and leaf.count <= MOST_ON_ONE:
                new = exchange(new, leaf, replace(leaf, in_row=True))
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
        path = path_to(root, fixed)
        while len(path) > 1 and _is_unit(path[-2], joint) and not self._has_room_for(path[-2], path[-1], moved):
            path.pop()
        target, parent = path[-1], path[-2] if len(path) > 1 else None
        if isinstance(parent, Line) and parent.axis == joint.axis and parent.touching == joint.touching:
            new: Node = self._insert(parent, target, moved, joint)
            self._swap([root, moved], exchange(root, parent, new))
            return
        pair = (target, moved) if joint.moves_after else (moved, target)
        new = Line(joint.axis, tuple(part for node in pair for part in _spread(node, joint)), joint.touching)
        self._swap([root, moved], exchange(root, target, new))

    def _has_room_for(self, stack: Node, upper: Node, moved: Node) -> bool:
        """ "a kettle on a counter, two cups next to it": tell whether what is beside it stands there, too."""
        if not isinstance(stack, Line) or not stack.touching or upper is stack.parts[-1]:
            return False
        carrier = stack.parts[-1]
        if not isinstance(carrier, Leaf) or self.items[carrier.item].name.split()[-1] not in words.SUPPORTS:
            return False
        wide = [
            leaf.count * kind_of(self.items[leaf.item].name).width for part in (upper, moved) for leaf in leaves(part)
        ]
        known = known_kind_of(self.items[carrier.item].name)
        return isinstance(moved, Leaf) and sum(wide) <= (known.width if known is not None else WORKTOP)

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
        whole = kind in ("in_front_of", "under", "inside")
        upper_path, lower_path = self._unit_path(upper, stacks=whole), self._unit_path(lower)
        over, under = upper_path[-1], lower_path[-1]
        if kind == "inside" and isinstance(under, Overlap) and under.kind == "inside":
            if lower <= items_of(under.first):  # a box in a box, and a ball in that
                held = path_to(under.first, lower)[-1]
                inner = exchange(under.first, held, Overlap(kind, over, held))
            else:
                inner = Line("x", (*_spread(under.first, _BESIDE), *_spread(over, _BESIDE)))
            new = replace(under, first=inner)
        elif kind == "in_front_of" and isinstance(over, Overlap) and upper <= items_of(over.second):
            new = replace(over, second=Overlap(kind, over.second, under))
        elif len(upper_path) > 1 and len(lower_path) > 1:
            new = Overlap(kind, over, lower_path[0])
            under = lower_path[0]
        else:
            new = Overlap(kind, over, under)
        if len(upper_path) > 1:
            self._swap([upper_path[0], lower_path[0]], exchange(upper_path[0], over, new))
        else:
            self._swap([lower_path[0], upper_path[0]], exchange(lower_path[0], under, new))

    def _unit_path(self, items: frozenset[int], *, stacks: bool = False) -> list[Node]:
        """The way down to what covers or holds the items, or, with `stacks`, to what stands on them as well."""
        path = path_to(self._root(items), items)
        while len(path) > 1 and (isinstance(path[-2], Overlap) or (stacks and _is_stack(path[-2]))):
            path.pop()
        return path

    def _between(self, relation: Relation, subjects: frozenset[int], objects: frozenset[int]) -> None:
        self._unite(subjects)
        middle = self._root(subjects)
        outer = [self._root(frozenset({index})) for index in sorted(objects)]
        both = next((leaf for leaf in leaves(outer[0]) if leaf.item in objects and leaf.count > 1), None)
        if len(objects) == 1 and both is not None and outer[0] is not middle:
            left = (both.count + 1) // 2
            sides = (replace(both, count=left), replace(both, count=both.count - left))
            self._swap([outer[0], middle], exchange(outer[0], both, Line("x", (sides[0], middle, sides[1]))))
        elif len({id(root) for root in [middle, *outer]}) == len(outer) + 1 and len(outer) > 1:
            self._swap([*outer[:1], middle, *outer[1:]], Line("x", (outer[0], middle, *outer[1:])))
        else:
            self.relate(replace(relation, kind="next_to"))

    def _within(self, relation: Relation, subjects: frozenset[int], objects: frozenset[int]) -> None:
        """Both sides are in one tree: change the order of a line if nothing said before speaks against it."""
        if relation.kind == "around":
            line = path_to(self._root(subjects), subjects | objects)[-1]
            if isinstance(line, Line) and line.axis == "x":
                self._swap([self._root(subjects)], exchange(self._root(subjects), line, _encircled(line, objects)))
            return
        if relation.kind == "next_to" or relation.kind not in _AXES:
            return
        axis, subject_first, _ = _AXES[relation.kind]
        before, after = (subjects, objects) if subject_first else (objects, subjects)
        line = path_to(self._root(subjects), subjects | objects)[-1]
        wish = [*self.kept, (axis, before, after)]
        ordered = _reordered(line, wish) if isinstance(line, Line) and line.axis == axis else None
        if ordered is not None:
            self._swap([self._root(subjects)], exchange(self._root(subjects), line, ordered))
            self.kept = wish


@dataclass(frozen=True)
class _Joint:
    axis: Axis
    touching: bool = False
    moves_after: bool = True


_BESIDE: Final = _Joint("x")
# What rests on a thing is put there first, then what stands between others, which would soon have no two places.
_TURNS: Final = {"on": 0, "inside": 1, "under": 2, "between": 3}
_OWN: Final = frozenset({"holding", "wearing", "riding", "inside"})
# kind → (axis, the subject comes first, the parts touch)
_AXES: Final[dict[str, tuple[Axis, bool, bool]]] = {
    "left_of": ("x", True, False), "right_of": ("x", False, False), "next_to": ("x", True, False),
    "above": ("y", True, False), "below": ("y", False, False), "on": ("y", True, True),
}  # fmt: skip
# kind → (how the parts overlap, the object is on top)
_OVERLAPS: Final[dict[str, tuple[OverlapKind, bool]]] = {
    "in_front_of": ("in_front_of", False), "behind": ("in_front_of", True), "inside": ("inside", False),
    "around": ("ring", False), "holding": ("holding", True), "wearing": ("wearing", True), "riding": ("riding", False),
    "under": ("under", False),
}  # fmt: skip


def _encircled(line: Line, inner: frozenset[int]) -> Line:
    """ "on a tray a teapot, around it four cups": half of what is around stands on each side."""
    middle = [part for part in line.parts if items_of(part) & inner]
    left, right = list[Node](), list[Node]()
    for part in line.parts:
        if isinstance(part, Leaf) and part.count > 1 and part not in middle:
            left.append(replace(part, count=(part.count + 1) // 2))
            right.insert(0, replace(part, count=part.count // 2))
        elif part not in middle:
            min(left, right, key=len).append(part)
    return replace(line, parts=(*left, *middle, *right))


def _is_stack(node: Node) -> bool:
    return isinstance(node, Line) and node.touching


def _is_unit(parent: Node, joint: _Joint) -> bool:
    """What rests on or covers each other stays together when something comes beside it."""
    if isinstance(parent, Overlap):
        return True
    return _is_stack(parent) and not joint.touching


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
