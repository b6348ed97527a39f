"""Where the trees of a composition go on the canvas: by the stated places, otherwise as one line."""

from dataclasses import replace
from typing import Final

from planner.lexicon.kinds import kind_of
from planner.scene.scene import ANYWHERE, Axis, Item, Place, ordinal
from planner.scene.tree import Gap, Line, Node, Overlap, leaves

THIRD: Final = 0.3  # of the canvas: where "on the left" ends


def place_roots(roots: list[Node], items: tuple[Item, ...]) -> Node:
    """Join what is still apart: by the stated places, or as a line that may become several rows."""
    roots = [_sorted_by_column(root, items) for root in roots]
    places = [place_of(root, items) for root in roots]
    if len(roots) == 1 and _is_met(roots[0], places[0], items):
        places = [Place()]
    spanning = [root for root, place in zip(roots, places, strict=True) if place == Place() and _spans(root, items)]
    if spanning and len(spanning) < len(roots):
        rest = [root for root in roots if not any(root is other for other in spanning)]
        over = [root for root in rest if place_of(root, items).row == 0.0]
        below = [root for root in rest if not any(root is other for other in over)]
        parts = [place_roots(part, items) if part else None for part in (over, below)]
        return Line("y", tuple(part for part in (parts[0], *spanning, parts[1]) if part is not None))
    if all(place == Place() for place in places):
        return roots[0] if len(roots) == 1 else Line("x", tuple(roots), wraps=True)
    columns_used = any(place.column is not None and not place.is_center for place in places)
    rows_used = any(place.row is not None and not place.is_center for place in places)
    if len(roots) == 1 and not (columns_used or rows_used):
        return roots[0]
    columns_used |= not rows_used
    rows: dict[float, list[tuple[float | None, Node]]] = {}
    for root, place in zip(roots, places, strict=True):
        row = place.row if place.row is not None and rows_used else 0.5
        rows.setdefault(row, []).append((place.column, root))
    if not columns_used:
        for key, entries in rows.items():
            if all(column is not None for column, _ in entries):  # in the middle, all of them
                rows[key] = [(None, root) for _, root in entries]
    lines = [_row(rows[key], items) for key in sorted(rows)]
    stated = {place.row for place in places if place.row is not None} if rows_used else set()
    return _with_gaps("y", lines, set(rows), stated)


def _spans(root: Node, items: tuple[Item, ...]) -> bool:
    """Tell whether a tree reaches from a stated left to a stated right, so that nothing stands beside it."""
    columns = {items[leaf.item].place.column for leaf in leaves(root)}
    return {0.0, 1.0} <= columns


def _row(entries: list[tuple[float | None, Node]], items: tuple[Item, ...]) -> Node:
    """One row of the picture: things with the same column above each other, columns from left to right."""
    stated = {column for column, _ in entries if column is not None}
    if not stated:
        nodes = [node for _, node in entries]
        return nodes[0] if len(nodes) == 1 else Line("x", tuple(nodes), wraps=True)
    columns: dict[float, list[Node]] = {}
    free: list[Node] = []
    for column, node in entries:
        if column is None:
            free.append(node)
        else:
            columns.setdefault(column, []).append(node)
    parts = {key: nodes[0] if len(nodes) == 1 else Line("y", tuple(nodes)) for key, nodes in columns.items()}
    ordered = [parts[key] for key in sorted(parts)]
    if not free:
        return _with_gaps("x", ordered, stated, stated)
    if len(free) > 1 and 0.5 not in stated:  # several rows of what has no place fill the room between the sides
        free = [Line("x", tuple(free), wraps=True)]
    first = sum(key < 0.5 for key in parts)
    last = len(ordered) - sum(key > 0.5 for key in parts)
    before = _before_middle(free, stated, ordered[:first], ordered[last:], items)
    left, middle, right = [*ordered[:first], *free[:before]], ordered[first:last], [*free[before:], *ordered[last:]]
    wide = [sum(_width(node, items) for node in nodes) for nodes in (left, middle, right)]
    if middle and not (left and right) and wide[0] + wide[2] > wide[1] / 2:
        return Line("x", (*(left or [Gap()]), *middle, *(right or [Gap()])), placed=True)
    return Line("x", (*left, *middle, *right), placed=True)


def _before_middle(
    free: list[Node], stated: set[float], left: list[Node], right: list[Node], items: tuple[Item, ...]
) -> int:
    """How many things without a column go before those in the middle, so that these stand there.

    Without anything in the middle they fill the room between the sides.
    """
    if 0.5 not in stated:
        return len(free)
    wide = [_width(node, items) for node in free]
    start, end = (sum(_width(node, items) for node in side) for side in (left, right))
    return min(range(len(free) + 1), key=lambda at: abs(start + sum(wide[:at]) - sum(wide[at:]) - end))


def _width(root: Node, items: tuple[Item, ...]) -> float:
    """How wide a tree's things are side by side, in metres."""
    return sum(leaf.count * kind_of(items[leaf.item].name).width for leaf in leaves(root))


def _with_gaps(axis: Axis, parts: list[Node], used: set[float], stated: set[float]) -> Node:
    """Leave room opposite to what stands at one side; with something in the middle, on both."""
    needs_start = 0.0 not in used and (used == {1.0} or (0.5 in stated and 1.0 in used))
    needs_end = 1.0 not in used and (used == {0.0} or (0.5 in stated and 0.0 in used))
    padded: list[Node] = [*([Gap()] if needs_start else []), *parts, *([Gap()] if needs_end else [])]
    return padded[0] if len(padded) == 1 else Line(axis, tuple(padded), placed=True)


def _sorted_by_column(root: Node, items: tuple[Item, ...]) -> Node:
    """ "a table with a cup on the left and a plate on the right": places within a tree sort its line."""
    if isinstance(root, Overlap):
        return replace(root, first=_sorted_by_column(root.first, items), second=_sorted_by_column(root.second, items))
    if not isinstance(root, Line):
        return root
    parts = [_sorted_by_column(part, items) for part in root.parts]
    places = [place_of(part, items) for part in parts]
    values = [place.column if root.axis == "x" else place.row for place in places]
    if not root.touching:  # what has no place stands in the middle
        columns = [0.5 if value is None else value for value in values]
        parts = [part for _, part in sorted(zip(columns, parts, strict=True), key=lambda pair: pair[0])]
    if root.axis == "y" and place_of(root, items) == ANYWHERE:
        parts = [_at_side(part, items) for part in parts]
    return replace(root, parts=tuple(parts))


def _at_side(part: Node, items: tuple[Item, ...]) -> Node:
    """ "below both, on the right": leave the other half of its row free."""
    column = place_of(part, items).column
    row = isinstance(part, Line) and part.axis == "x"
    return part if column not in (0.0, 1.0) or row else _with_gaps("x", [part], {column}, {column})


def place_of(root: Node, items: tuple[Item, ...]) -> Place:
    """The one place that a tree's things are said to be at; none if there are several."""
    places = {items[leaf.item].place for leaf in leaves(root)} - {Place()}
    return places.pop() if len(places) == 1 else Place()


def _is_met(root: Node, place: Place, items: tuple[Item, ...]) -> bool:
    """Tell whether the only tree of a picture has what is said to be at a side at that end already."""
    if not isinstance(root, Line) or root.axis != "x" or place.row is not None or place.column not in (0.0, 1.0):
        return False
    edge = root.parts[0] if place.column == 0.0 else root.parts[-1]
    return any(items[leaf.item].place == place for leaf in leaves(edge))


def outside(at: float, stated: float | None) -> float:
    """How far a centre is from the third of the canvas that is stated."""
    if stated is None or ordinal(stated) is not None:  # numbered rows have their order only
        return 0.0
    low, high = (0.0, THIRD) if stated < 0.2 else (1 - THIRD, 1.0) if stated > 0.8 else (0.37, 0.63)
    return max(low - at, at - high, 0.0)
