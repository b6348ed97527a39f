"""What is wrong with a plan's boxes, whatever was asked for.

Overlaps are counted only: many sentences ask for them. The other findings have no excuse.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import combinations

from planner.errors import PlanError
from planner.plan import Plan
from planner.plan.box import Box
from planner.plan.limits import CELL_TOLERANCE, MIN_BOX_TOKENS, ROUNDING, TOKEN_PX

UNDERSIZED_PX = MIN_BOX_TOKENS * TOKEN_PX
DEEP_IOU = 0.5
_CANVAS = Box(0, 0, 1, 1)


@dataclass(frozen=True)
class Validity:
    """How many boxes, or pairs of boxes, of a plan are so; `empty` is 1 for a plan without objects."""

    boxes: int = 0
    off_canvas: int = 0
    undersized: int = 0
    outside_cell: int = 0
    pairs: int = 0
    overlapping: int = 0
    deep_overlaps: int = 0
    identical: int = 0
    empty: int = 0

    @property
    def invalid(self) -> int:
        """Boxes that are off the canvas or under-sized, and pairs of identical ones."""
        return self.off_canvas + self.undersized + self.identical

    def __add__(self, other: Validity) -> Validity:
        return Validity(*(getattr(self, item.name) + getattr(other, item.name) for item in fields(self)))

    def faults(self) -> tuple[str, ...]:
        """Say in words what is there that should not be."""
        words = {
            "off_canvas": "off the canvas",
            "undersized": "under-sized",
            "outside_cell": "outside its cell",
            "identical": "identical",
            "deep_overlaps": "over another by more than half",
        }
        return tuple(f"{getattr(self, name)} {said}" for name, said in words.items() if getattr(self, name))


def look_at(plan: Plan, *, width: int, height: int) -> Validity:
    """Look at a plan's boxes on a canvas of width × height pixels."""
    boxes = [item.box for item in plan.objects]
    pairs = list(combinations(boxes, 2))
    ious = [one.iou(other) for one, other in pairs]
    return Validity(
        boxes=len(boxes),
        off_canvas=sum(not _CANVAS.contains(box, ROUNDING) for box in boxes),
        undersized=sum(min(box.width * width, box.height * height) < UNDERSIZED_PX - 1e-3 for box in boxes),
        outside_cell=_outside_cells(plan),
        pairs=len(pairs),
        overlapping=sum(one.intersection(other) > ROUNDING for one, other in pairs),
        deep_overlaps=sum(iou > DEEP_IOU for iou in ious),
        identical=sum(one.contains(other, ROUNDING) and other.contains(one, ROUNDING) for one, other in pairs),
        empty=int(not boxes),
    )


def _outside_cells(plan: Plan) -> int:
    try:
        cells = plan.cell_boxes()
    except PlanError:
        return len(plan.objects)  # there are no cells to be in
    owners = (cells[plan.owner_cell(i)] for i in range(len(plan.objects)))
    return sum(not cell.contains(item.box, CELL_TOLERANCE) for cell, item in zip(owners, plan.objects, strict=True))
