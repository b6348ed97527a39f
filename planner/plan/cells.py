"""Where cells are: their edges and boxes on the canvas, and which of them owns an object."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from planner.plan import document
from planner.plan.box import Box
from planner.plan.parts import Row

TIE = 1e-9  # a box centre this close to the edge between two cells lies in both


def row_edges(rows: Sequence[Row]) -> list[float]:
    """Return where rows begin and end, from the top of the canvas, 0, to its bottom, 1.

    Raises `PlanError` where a height is not positive, or where there are no rows.
    """
    return _edges([row.height for row in rows], "rows", "height")


def cell_edges(rows: Sequence[Row], row: int) -> list[float]:
    """Return where the cells of row `row` begin and end, from 0 to 1. Raises `PlanError` as `row_edges`."""
    return _edges([cell.width for cell in rows[row].cells], f"rows[{row}].cells", "width")


def cell_boxes(rows: Sequence[Row]) -> tuple[Box, ...]:
    """Return the cells' boxes in reading order; together they cover the canvas. Raises `PlanError` as `row_edges`."""
    return tuple(
        Box(left, top, right - left, bottom - top)
        for row, (top, bottom) in enumerate(pairwise(row_edges(rows)))
        for left, right in pairwise(cell_edges(rows, row))
    )


def owner_cell(cells: Sequence[Box], box: Box) -> int:
    """Return the number of the cell that holds a box's centre: the first one in a tie, off the canvas the nearest."""
    distances = [cell.distance(*box.center) for cell in cells]
    nearest = min(distances)
    return next(number for number, distance in enumerate(distances) if distance <= nearest + TIE)


def _edges(sizes: Sequence[float], path: str, name: str) -> list[float]:
    """Return the edges of consecutive parts, from exactly 0 to exactly 1."""
    if not sizes:
        document.wrong(path, "a list of at least one", [])
    for index, size in enumerate(sizes):
        if size <= 0:
            document.wrong(f"{path}[{index}].{name}", "positive", size)
    *_, total = accumulate(sizes)  # not sum(), which adds differently from Python 3.12 on
    document.number(total, f"the sum of {path}.{name}")
    return [0.0, *accumulate(size / total for size in sizes[:-1]), 1.0]
