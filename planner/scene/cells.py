"""Rows and cells cut between boxes: for boxes that no tree has put into cells."""

from collections.abc import Sequence
from itertools import pairwise

from planner.scene.boxes import Placed
from planner.scene.rects import nearest


def cut(things: Sequence[Placed], width: int, height: int) -> list[tuple[int, list[tuple[int, list[Placed]]]]]:
    """Give rows with their heights, and of each row the cells with their widths and things, in whole tokens.

    A row or a cell ends where no box is in the way, in the middle of the gap.
    """
    rows = []
    for start, end, inner in _slices(things, height, down=True):
        rows.append((end - start, [(to - at, here) for at, to, here in _slices(inner, width, down=False)]))
    return rows


def _slices(things: Sequence[Placed], length: int, *, down: bool) -> list[tuple[int, int, list[Placed]]]:
    """Cut one side of the canvas at its gaps: (start, end, the things there)."""
    spans = sorted(
        ((t.rect.y, t.rect.bottom, t) if down else (t.rect.x, t.rect.right, t) for t in things),
        key=lambda span: span[0],
    )
    groups: list[list[Placed]] = []
    edges, reach = [0], 0.0
    for low, high, thing in sorted(spans, key=lambda span: span[0]):
        if groups and low >= reach - 1e-6:
            edges.append(nearest((low + reach) / 2))
            groups.append([])
        groups = groups or [[]]
        groups[-1].append(thing)
        reach = max(reach, high)
    edges.append(length)
    return [(start, end, group) for (start, end), group in zip(pairwise(edges), groups or [[]], strict=True)]
