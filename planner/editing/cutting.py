"""Cells follow the boxes: where an edit moved a box out of its cell, the canvas is cut anew between the boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from planner.checks.checks import check_plan
from planner.editing.texts import described
from planner.english.sentence import read_sentence
from planner.plan import Cell, Plan, Row
from planner.plan.limits import TOKEN_PX
from planner.scene.boxes import Placed
from planner.scene.cells import cut
from planner.scene.rects import Rect


def with_cells_cut(plan: Plan, *, width: int, height: int) -> Plan:
    """Return a plan whose cells are cut between its boxes, if a box reaches out of its cell; else the plan itself.

    Objects that stay together keep their cell's prompt, the objects of whole cells get these cells' prompts together,
    others are listed. Cells with a strength of their own were made by hand and stay.

    width, height: the canvas in px.
    """
    outside = any(found.code == "box_outside_cell" for found in check_plan(plan, width=width, height=height))
    if not outside or any(cell.refinement_strength is not None for cell in plan.cells):
        return plan
    columns, lines = width / TOKEN_PX, height / TOKEN_PX
    boxes = [item.box for item in plan.objects]
    things = [
        Placed(index, Rect(box.x * columns, box.y * lines, box.width * columns, box.height * lines))
        for index, box in enumerate(boxes)
    ]
    rows = tuple(
        Row(high, tuple(Cell(wide, _prompt(plan, [thing.item for thing in here])) for wide, here in cells))
        for high, cells in cut(things, int(columns), int(lines))
    )
    return replace(plan, rows=rows)


def _prompt(plan: Plan, group: Sequence[int]) -> str:
    """Say what a cell shows that has these objects."""
    owners = dict.fromkeys(plan.owner_cell(index) for index in group)
    members = [index for index in range(len(plan.objects)) if plan.owner_cell(index) in owners]
    if sorted(group) == members:
        return " and ".join(plan.cells[owner].prompt for owner in owners)
    return described([plan.objects[index].prompt for index in group], read_sentence(plan.prompt))
