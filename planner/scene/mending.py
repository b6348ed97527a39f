"""Boxes moved until they do what the scene states, where a tree of lines could not have it all.

Every statement is a distance in tokens that it lacks, 0 where it holds. Things that touch as they should move together;
a step takes the best place of a coarse grid for one such group, as it is or smaller.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations, product
from typing import Final

from planner.lexicon.kinds import seat_depth
from planner.lexicon.relations import wording_of
from planner.scene.boxes import SIDE_BY_SIDE, Placed
from planner.scene.overlaps import MOST_COVERED
from planner.scene.rects import Rect, bounds
from planner.scene.root_places import outside
from planner.scene.scene import Item, Place, Relation, RelationKind, Scene
from planner.scene.sizes import READABLE

STEPS: Final = 12  # places along each side of the canvas that are tried
ROUNDS: Final = 3
SHRUNK: Final = (1.0, 0.75, 0.5)
NEAR: Final = 2.0  # tokens between things that stand before each other
BESIDE: Final = 0.18  # of the canvas' longer side, between things that stand beside each other
CLEAR: Final = 1.0  # tokens by which a direction is seen
MISSED: Final = 2.0  # tokens from which on a relation is not to be seen
LITTLE: Final = 0.03  # of a box that another may cover unseen
COVERED, MOVED, SMALLER = 18.0, 0.05, 6.0  # what it costs to cover another thing, to move a token, to shrink by half
_CONTACT: Final = frozenset(
    {"on", "inside", "in_front_of", "behind", "holding", "wearing", "riding", "under", "around"}
)

Need = Callable[[Sequence[Rect]], float]


def mend(placed: Sequence[Placed], scene: Scene, width: int, height: int) -> list[Placed]:
    """Move the boxes that are not where the scene states; all that is well stays as it is.

    placed: every thing's box in the order of painting.
    width, height: of the canvas, in tokens.
    """
    table = _Table(tuple(placed), scene, width, height)
    rects = [thing.rect for thing in placed]
    needs = list(table.needs())
    if not any(need(rects) > 0 for _, need in needs):
        return list(placed)
    new = list(rects)
    for _ in range(ROUNDS):
        movers = {i for indices, need in needs if need(new) > 0 for i in indices} | table.covering(new)
        if not movers:
            break
        for group in table.groups(new, needs, movers):
            new = table.best(group, new, rects, needs)
    faults = [sum(need(now) > 0 for _, need in needs) + len(table.covering(now)) / 2 for now in (rects, new)]
    return table.painted(new) if faults[1] < faults[0] else list(placed)


def unmet(placed: Sequence[Placed], scene: Scene, width: int, height: int) -> list[Relation]:
    """Return the stated relations that do not hold between boxes.

    placed: every thing's box.
    width, height: of the canvas, in tokens.
    """
    table, rects = _Table(tuple(placed), scene, width, height), [thing.rect for thing in placed]
    plain = [relation for relation in scene.relations if not relation.loose and _is_plain(relation)]
    return [relation for relation in plain if any(need(rects) > MISSED for _, need in table.of_relation(relation))]


def _is_plain(relation: Relation) -> bool:
    """Tell whether words of place say a relation, and not just a verb that joins two things: "feeding"."""
    wording = wording_of(relation.words)
    if wording is None or wording.kind != relation.kind:
        return False
    return relation.kind == "on" or wording.manner not in ("weak", "vague")


@dataclass(frozen=True)
class _Table:
    placed: tuple[Placed, ...]
    scene: Scene
    width: int
    height: int

    def of(self, item: int) -> list[int]:
        """The numbers of an item's boxes."""
        return [at for at, thing in enumerate(self.placed) if thing.item == item]

    def needs(self) -> Iterator[tuple[frozenset[int], Need]]:
        """Everything that is stated: the boxes that it is about, and what they lack."""
        for relation in self.scene.relations:
            if not relation.loose:
                yield from self.of_relation(relation)
        for order in self.scene.orders:
            kind: RelationKind = "left_of" if order.axis == "x" else "above"
            for first, second in zip(order.items, order.items[1:], strict=False):
                yield from self.of_relation(Relation(kind, (first,), (second,)))
        for index, item in enumerate(self.scene.items):
            here = frozenset(self.of(index))
            if here and (item.place.column is not None or item.place.row is not None):
                yield here, self._in_place(item.place, sorted(here))

    def of_relation(self, relation: Relation) -> Iterator[tuple[frozenset[int], Need]]:
        """What a relation states of its things' boxes."""
        subjects = [at for item in relation.subjects for at in self.of(item)]
        objects = [at for item in relation.objects for at in self.of(item) if item not in relation.subjects]
        if not subjects or not objects:
            return
        if relation.kind == "between":
            yield frozenset({*subjects, *objects}), _between(subjects, objects)
        elif relation.kind == "around" and len(subjects) > 1:
            return  # a ring is drawn as one
        else:
            lacks = _lacks(relation, self.scene.items, BESIDE * max(self.width, self.height))
            every = relation.kind in ("left_of", "right_of", "above", "below")
            yield frozenset({*subjects, *objects}), _pairwise(subjects, objects, lacks, every=every)

    def _in_place(self, place: Place, here: list[int]) -> Need:
        def need(rects: Sequence[Rect]) -> float:
            whole = bounds([rects[i] for i in here])
            x, y = (whole.x + whole.width / 2) / self.width, (whole.y + whole.height / 2) / self.height
            across = outside(x, place.column) * self.width
            return across + outside(y, place.row) * self.height

        return need

    def groups(
        self, rects: Sequence[Rect], needs: Sequence[tuple[frozenset[int], Need]], movers: set[int]
    ) -> list[frozenset[int]]:
        """What moves together: an item's boxes, and what touches them as it should."""
        sets = [set(self.of(item)) for item in {thing.item for thing in self.placed}]
        for relation in self.scene.relations:
            if relation.kind in _CONTACT and all(need(rects) <= 0 for _, need in self.of_relation(relation)):
                ends = {at for item in (*relation.subjects, *relation.objects) for at in self.of(item)}
                joined = set().union(*(one for one in sets if one & ends))
                sets = [*(one for one in sets if not one & ends), joined]
        single = [frozenset(self.of(item)) for item in {thing.item for thing in self.placed}]
        found = [frozenset(one) for one in sets if one & movers]
        return [*found, *(one for one in single if one & movers and one not in found)]

    def best(
        self,
        group: frozenset[int],
        rects: list[Rect],
        first: Sequence[Rect],
        needs: Sequence[tuple[frozenset[int], Need]],
    ) -> list[Rect]:
        """Give the rectangles with one group where it costs least."""
        own = [need for indices, need in needs if indices & group]
        whole = bounds([rects[i] for i in group])
        best, least = rects, self._cost(group, rects, first, own, 1.0)
        for scale in SHRUNK:
            wide, high = whole.width * scale, whole.height * scale
            small = scale < 1 and min(min(rects[i].width, rects[i].height) * scale for i in group) < READABLE
            if small or least <= _shrinking(scale):
                continue
            for across, down in product(range(STEPS + 1), repeat=2):
                x, y = across / STEPS * (self.width - wide), down / STEPS * (self.height - high)
                new = list(rects)
                for i in group:
                    old = rects[i]
                    left, top = x + (old.x - whole.x) * scale, y + (old.y - whole.y) * scale
                    new[i] = Rect(left, top, old.width * scale, old.height * scale)
                if (cost := self._cost(group, new, first, own, scale, least)) < least:
                    best, least = new, cost
        return best

    def _cost(
        self,
        group: frozenset[int],
        rects: Sequence[Rect],
        first: Sequence[Rect],
        needs: Sequence[Need],
        scale: float,
        least: float = float("inf"),
    ) -> float:
        moved = next(iter(group))
        away = abs(rects[moved].x - first[moved].x) + abs(rects[moved].y - first[moved].y)
        cost = _shrinking(scale) + MOVED * away
        for need in needs:
            cost += need(rects)
            if cost >= least:  # nothing is negative: what costs as much as the best so far need not be summed up
                return cost
        for i, j in product(group, range(len(rects))):
            if j not in group and (both := rects[i].shared(rects[j])) > 0:
                free = (
                    (i, j) in self.touching
                    and rects[i].iou(rects[j]) < MOST_COVERED
                    and not _hidden(rects[i], rects[j])
                )
                cost += 0.0 if free else COVERED * both / min(rects[i].area, rects[j].area)
        return cost

    def covering(self, rects: Sequence[Rect]) -> set[int]:
        """The boxes that cover others without a reason."""
        return {
            i
            for i, j in permutations(range(len(rects)), 2)
            if (i, j) not in self.touching and rects[i].shared(rects[j]) > LITTLE * min(rects[i].area, rects[j].area)
        }

    @cached_property
    def touching(self) -> frozenset[tuple[int, int]]:
        """The pairs of boxes that may cover each other, as it is stated."""
        pairs = set[tuple[int, int]]()
        for relation in self.scene.relations:
            if relation.kind in _CONTACT:
                ends = ([at for i in side for at in self.of(i)] for side in (relation.subjects, relation.objects))
                pairs |= {pair for one, other in product(*ends) for pair in ((one, other), (other, one))}
        return frozenset(pairs)

    def painted(self, rects: Sequence[Rect]) -> list[Placed]:
        """Give the boxes with what is in front painted after what it covers."""
        found = [replace(thing, rect=rect) for thing, rect in zip(self.placed, rects, strict=True)]
        for relation in [*self.scene.relations, *self.scene.relations]:
            far = {"in_front_of": relation.objects, "behind": relation.subjects}.get(relation.kind, ())
            near = {*relation.subjects, *relation.objects} - set(far)
            first = next((at for at, thing in enumerate(found) if thing.item in near), None)
            if far and first is not None:
                late = [thing for thing in found[first:] if thing.item in far]
                found = [*found[:first], *late, *(thing for thing in found[first:] if thing.item not in far)]
        return found


def _shrinking(scale: float) -> float:
    return SMALLER * (1 - scale) * 2


def _hidden(one: Rect, other: Rect) -> bool:
    return one.holds(other) and one.area < 1.2 * other.area


def _between(subjects: list[int], objects: list[int]) -> Need:
    def need(rects: Sequence[Rect]) -> float:
        def along(start: Callable[[Rect], float]) -> float:
            inner, outer = [start(rects[i]) for i in subjects], [start(rects[i]) for i in objects]
            return max(max(min(outer) + CLEAR - low, low - max(outer) + CLEAR, 0.0) for low in inner)

        return min(along(lambda rect: rect.x + rect.width / 2), along(lambda rect: rect.y + rect.height / 2))

    return need


def _pairwise(subjects: list[int], objects: list[int], lacks: Callable[[Rect, Rect], float], *, every: bool) -> Need:
    """Directions hold for every pair; nearness for each subject and some object."""

    def need(rects: Sequence[Rect]) -> float:
        combine = max if every else min
        return max(combine(lacks(rects[i], rects[j]) for j in objects) for i in subjects)

    return need


def _apart(one: Rect, other: Rect) -> tuple[float, float]:
    """The gaps between two rectangles across and down, 0 where they overlap that way."""
    across = max(other.x - one.right, one.x - other.right, 0.0)
    return across, max(other.y - one.bottom, one.y - other.bottom, 0.0)


def _lacks(relation: Relation, items: Sequence[Item], reach: float) -> Callable[[Rect, Rect], float]:
    """How many tokens a subject and an object of a relation are from where they should be.

    reach: tokens up to which things stand beside each other.
    """

    sunk = max([0.25, *(seat_depth(items[i].name) for i in relation.objects)])

    def on(one: Rect, other: Rect) -> float:
        middle = one.x + one.width / 2
        aside = max(other.x - middle, middle - other.right, 0.0)
        gap = max(other.y - one.bottom, one.bottom - other.y - sunk * other.height - CLEAR, 0.0)
        return min(aside + gap, inside(one, other))  # or within it: a picture on a wall

    def inside(one: Rect, other: Rect) -> float:
        return max(0.6 - one.shared(other) / one.area, 0.0) * 10 + sum(_apart(one, other))

    def near(one: Rect, other: Rect) -> float:
        return max(sum(_apart(one, other)) - NEAR, 0.0)

    def touching(one: Rect, other: Rect) -> float:
        return sum(_apart(one, other)) + (CLEAR if one.shared(other) <= 0 else 0.0)

    def under(one: Rect, other: Rect) -> float:
        middle = one.x + one.width / 2
        aside = max(other.x - middle, middle - other.right, 0.0)
        return aside + _beyond(other.y + other.height / 2, one.y + one.height / 2)

    kinds: dict[str, Callable[[Rect, Rect], float]] = {
        "left_of": lambda a, b: _beyond(a.x + a.width / 2, b.x + b.width / 2),
        "right_of": lambda a, b: _beyond(b.x + b.width / 2, a.x + a.width / 2),
        "above": lambda a, b: _beyond(a.y + a.height / 2, b.y + b.height / 2),
        "below": lambda a, b: _beyond(b.y + b.height / 2, a.y + a.height / 2),
        "next_to": lambda a, b: _aside(a, b, reach), "on": on, "riding": on, "inside": inside, "under": under,
        "in_front_of": lambda a, b: near(a, b) + _lower(a, b),
        "behind": lambda a, b: near(a, b) + _lower(b, a),
    }  # fmt: skip
    return kinds.get(relation.kind, touching)


def _aside(one: Rect, other: Rect, reach: float) -> float:
    """What is missing for two things to be seen beside each other: near, and not above each other."""
    dx = abs(one.x + one.width / 2 - other.x - other.width / 2)
    dy = abs(one.y + one.height / 2 - other.y - other.height / 2)
    return max(math.hypot(*_apart(one, other)) - reach, 0.0) + max(dy - SIDE_BY_SIDE * dx, 0.0)


def _beyond(first: float, second: float) -> float:
    return max(first + CLEAR - second, 0.0)


def _lower(front: Rect, back: Rect) -> float:
    """What is in front stands lower, or covers a part of the other."""
    return 0.0 if front.shared(back) > 4 * CLEAR else max(back.bottom - front.bottom, 0.0)
