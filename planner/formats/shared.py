"""What formats of other programs share: an object's words and corners, a background, and what they cannot carry."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from planner.errors import PlanError
from planner.plan import document
from planner.plan.box import Box
from planner.plan.limits import ROUNDING
from planner.plan.parts import Cell, ObjectBox, Row
from planner.plan.plan import Plan

log = logging.getLogger("ragplan")

THOUSAND = 1000  # the grid of Ideogram 4 and FLUX.3, whatever the canvas' shape


def tell_left_out(program: str, lost: Sequence[str]) -> None:
    """Name in a warning what a program has no word for; lost: paths in the plan or in the program's document."""
    if lost:
        log.warning("left out, as %s has no word for it: %s", program, ", ".join(lost))


def words_of(item: ObjectBox, index: int) -> str:
    """Return what an object is in words. Raises `PlanError` where it is an image only."""
    if not item.prompt.strip():
        document.wrong(f"objects[{index}].prompt", "words, as this format has no pictures", item.prompt)
    return item.prompt


def corners(box: Box, index: int) -> tuple[float, float, float, float]:
    """Return (left, top, right, bottom) of object `index`, 0 to 1. Raises `PlanError` where it leaves the canvas."""
    if not Box(0, 0, 1, 1).contains(box, ROUNDING) or box.width <= 0 or box.height <= 0:
        document.wrong(f"objects[{index}].box", "a box with an area, all of it on the canvas", box.to_dict())
    left, top, right, bottom = (min(max(side, 0.0), 1.0) for side in (box.x, box.y, box.right, box.bottom))
    return left, top, right, bottom


def thousandths(box: Box, index: int) -> list[int]:
    """Return [top, left, bottom, right] of object `index` in whole thousandths of the canvas.

    Raises `PlanError` as `corners`, and for a box that is thinner than that.
    """
    left, top, right, bottom = (round(side * THOUSAND) for side in corners(box, index))
    if left >= right or top >= bottom:
        document.wrong(f"objects[{index}].box", "at least a thousandth of the canvas wide and high", box.to_dict())
    return [top, left, bottom, right]


def read_thousandths(value: object, path: str) -> Box:
    """Read [top, left, bottom, right] in thousandths of the canvas. Raises `PlanError` with path and value."""
    top, left, bottom, right = read_corners(value, path, THOUSAND, "[top, left, bottom, right]")
    if top >= bottom or left >= right:
        document.wrong(path, "[top, left, bottom, right] with top < bottom and left < right", value)
    return box_of(left, top, right, bottom, THOUSAND)


def read_corners(value: object, path: str, most: float, order: str) -> list[float]:
    """Read four numbers from 0 to `most`; order: what they are, for the error."""
    sides = document.each(value, path)
    if len(sides) != 4:
        document.wrong(path, f"four numbers, {order}", value)
    return [document.number(*side, minimum=0, maximum=most) for side in sides]


def box_of(left: float, top: float, right: float, bottom: float, unit: float) -> Box:
    """Return the box between corners that are in `unit`s of the canvas' side."""
    return Box(left / unit, top / unit, (right - left) / unit, (bottom - top) / unit)


def cell_paths(plan: Plan) -> list[str]:
    """Return the path of every cell in reading order."""
    return [f"rows[{row}].cells[{cell}]" for row, each in enumerate(plan.rows) for cell in range(len(each.cells))]


def background_of(plan: Plan) -> tuple[str, list[str]]:
    """Return the words for everything that has no box, and the paths of the cells' prompts that are not among them.

    The one cell's prompt; of several cells those that own no object, or the plan's prompt where all own one.
    Raises `PlanError` where a row or cell has no size.
    """
    if len(plan.cells) == 1:
        return plan.cells[0].prompt, []
    owners = {plan.owner_cell(index) for index in range(len(plan.objects))}
    free = [cell.prompt.strip().rstrip(".") for number, cell in enumerate(plan.cells) if number not in owners]
    lost = [f"{path}.prompt" for number, path in enumerate(cell_paths(plan)) if number in owners]
    return ". ".join(filter(None, free)) or plan.prompt, ["where the cells are", *lost]


def lost_cells(plan: Plan) -> list[str]:
    """Return what is lost of the cells where there is room for the plan's prompt only."""
    paths = zip(cell_paths(plan), plan.cells, strict=True)
    own = [f"{path}.prompt" for path, cell in paths if cell.prompt != plan.prompt]
    return [*(["where the cells are"] if len(plan.cells) > 1 else []), *own]


def one_cell(prompt: str) -> tuple[Row, ...]:
    """Return the rows of a plan that is one cell."""
    return (Row(1.0, (Cell(1.0, prompt),)),)


def refuse_inside(plan: Plan, marks: Sequence[str]) -> None:
    """Raise `PlanError` for a text of the plan in which a format would read one of its own marks."""
    texts = {"prompt": plan.prompt} | {f"objects[{i}].prompt": item.prompt for i, item in enumerate(plan.objects)}
    texts |= {f"{path}.prompt": cell.prompt for path, cell in zip(cell_paths(plan), plan.cells, strict=True)}
    for path, text in texts.items():
        for mark in marks:
            if mark in text:
                raise PlanError(f"{path} has {mark!r} in it, which means something else there: {document.shown(text)}")
