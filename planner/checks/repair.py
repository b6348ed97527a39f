"""Repair what is left when a model does not: small, safe changes to boxes and prompts, each of them reported.

Every repair answers one complaint code. A plan that counts wrong, lacks a thing or contradicts a relation is not
repaired: that would be guessing what was meant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from planner.checks import claims
from planner.complaints import Complaint
from planner.plan import Plan
from planner.plan.box import Box
from planner.plan.limits import CELL_TOLERANCE, MAX_IOU, MIN_BOX_TOKENS, TOKEN_PX
from planner.plan.rag import BREAK

MOST_ROUNDS = 8
_DECIMALS = 4
_CANVAS = Box(0, 0, 1, 1)
_REACH = Box(-1.5, -1.5, 4, 4)  # farther off no box was meant to be on the canvas


@dataclass(frozen=True)
class Repaired:
    """The plan after repairing, and what was changed, a sentence each."""

    plan: Plan
    repairs: tuple[str, ...]


def repair(plan: Plan, check: Callable[[Plan], list[Complaint]], *, width: int, height: int) -> Repaired:
    """Repair a plan for a canvas of width × height pixels, complaint by complaint.

    What cannot be repaired safely stays; check the result again. A change that raises the number of errors is taken
    back.

    plan: what to repair.
    check: says what is wrong with a plan.
    width, height: of the canvas, px.
    """
    repairs: list[str] = []
    tried: set[tuple[str, str, Plan]] = set()
    for _ in range(MOST_ROUNDS * (len(plan.objects) + 1)):
        found = check(plan)
        step = next((item for item in found if _repairable(item) and (item.code, item.path, plan) not in tried), None)
        if step is None:
            break
        tried.add((step.code, step.path, plan))
        changed = _REPAIRS[step.code](plan, step, (width, height))
        if changed != plan and _errors(check(changed)) <= _errors(found):
            repairs.append(f"{step.path}: {_WHAT[step.code]}")
            plan = changed
    return Repaired(plan, tuple(dict.fromkeys(repairs)))


def _repairable(complaint: Complaint) -> bool:
    return complaint.code in _REPAIRS


def _errors(complaints: list[Complaint]) -> int:
    return sum(complaint.severity == "error" for complaint in complaints)


def _index(complaint: Complaint) -> int:
    found = re.match(r"objects\[(\d+)\]", complaint.path)
    assert found
    return int(found[1])


def _with_box(plan: Plan, index: int, box: Box) -> Plan:
    sides = [round(side, _DECIMALS) for side in (box.x, box.y)]
    ends = [math.floor(end * 10**_DECIMALS + 0.5) / 10**_DECIMALS for end in (box.right, box.bottom)]
    rounded = Box(sides[0], sides[1], ends[0] - sides[0], ends[1] - sides[1])
    objects = list(plan.objects)
    objects[index] = replace(objects[index], box=rounded)
    return replace(plan, objects=tuple(objects))


def _into(box: Box, room: Box) -> Box:
    """Move a box into a room, shrunk where it is larger."""
    width, height = min(box.width, room.width), min(box.height, room.height)
    x = min(max(box.x, room.x), room.right - width)
    y = min(max(box.y, room.y), room.bottom - height)
    return Box(x, y, width, height)


def _into_canvas(plan: Plan, complaint: Complaint, canvas: tuple[int, int]) -> Plan:
    """Move the box in; one that is larger than the canvas is cut off at its edge.

    One that lies wholly off the canvas, or reaches far beyond it, stays: that is another unit or no place at all.
    """
    index = _index(complaint)
    box = plan.objects[index].box
    seen = _shared(box, _CANVAS)
    if seen is None or not _REACH.contains(box):
        return plan
    if box.width > 1:
        box = replace(box, x=seen.x, width=seen.width)
    if box.height > 1:
        box = replace(box, y=seen.y, height=seen.height)
    return _with_box(plan, index, _into(box, _CANVAS))


def _into_cell(plan: Plan, complaint: Complaint, canvas: tuple[int, int]) -> Plan:
    """Keep what of the box lies in its cell, unless that is less than half of it: then move it in."""
    index = _index(complaint)
    box, cell = plan.objects[index].box, plan.cell_boxes()[plan.owner_cell(index)]
    cut = _shared(box, cell)
    if cut is not None and cut.area >= box.area / 2:
        return _with_box(plan, index, cut)
    return _with_box(plan, index, _into(box, cell))


def _grown(plan: Plan, complaint: Complaint, canvas: tuple[int, int]) -> Plan:
    """Make a box at least two tokens wide and high around its centre, inside the canvas."""
    index = _index(complaint)
    box = plan.objects[index].box
    if box.width <= 0 or box.height <= 0:
        return plan
    least = [MIN_BOX_TOKENS * TOKEN_PX / side for side in canvas]
    width, height = max(box.width, least[0] + 1e-4), max(box.height, least[1] + 1e-4)
    (x, y) = box.center
    return _with_box(plan, index, _into(Box(x - width / 2, y - height / 2, width, height), _CANVAS))


def _apart(plan: Plan, complaint: Complaint, canvas: tuple[int, int]) -> Plan:
    """Shrink two overlapping boxes away from each other, along the axis that costs less."""
    later = _index(complaint)
    earlier = _partner(complaint)
    first, second = plan.objects[earlier].box, plan.objects[later].box
    shared = _shared(first, second)
    if shared is None:
        return plan
    if shared.width / min(first.width, second.width) <= shared.height / min(first.height, second.height):
        middle = shared.x + shared.width / 2
        ordered = first.center[0] <= second.center[0]
        left, right = (first, second) if ordered else (second, first)
        left, right = _ending_at_x(left, middle), _starting_at_x(right, middle)
    else:
        middle = shared.y + shared.height / 2
        ordered = first.center[1] <= second.center[1]
        left, right = (first, second) if ordered else (second, first)
        left, right = _ending_at_y(left, middle), _starting_at_y(right, middle)
    first, second = (left, right) if ordered else (right, left)
    if min(first.width, first.height, second.width, second.height) <= 0:
        return plan
    return _with_box(_with_box(plan, earlier, first), later, second)


def _ending_at_x(box: Box, x: float) -> Box:
    return replace(box, width=min(box.right, x) - box.x)


def _starting_at_x(box: Box, x: float) -> Box:
    start = max(box.x, x)
    return replace(box, x=start, width=box.right - start)


def _ending_at_y(box: Box, y: float) -> Box:
    return replace(box, height=min(box.bottom, y) - box.y)


def _starting_at_y(box: Box, y: float) -> Box:
    start = max(box.y, y)
    return replace(box, y=start, height=box.bottom - start)


def _halved(plan: Plan, complaint: Complaint, canvas: tuple[int, int]) -> Plan:
    """Share one place between two things: the longer side (in pixels) is cut in half."""
    later, earlier = _index(complaint), _partner(complaint)
    box = plan.objects[later].box
    if box.width * canvas[0] >= box.height * canvas[1]:
        half = box.width / 2
        first, second = replace(box, width=half), replace(box, x=box.x + half, width=half)
    else:
        half = box.height / 2
        first, second = replace(box, height=half), replace(box, y=box.y + half, height=half)
    return _with_box(_with_box(plan, earlier, first), later, second)


def _behind(plan: Plan, complaint: Complaint, canvas: tuple[int, int]) -> Plan:
    """Paint the covering object before the one that it would hide."""
    later, earlier = _index(complaint), _partner(complaint)
    objects = list(plan.objects)
    objects.insert(earlier, objects.pop(later))
    return replace(plan, objects=tuple(objects))


def _placeless(plan: Plan, complaint: Complaint, canvas: tuple[int, int]) -> Plan:
    """Take the words for the place out of an object's prompt."""
    index = _index(complaint)
    prompt = plan.objects[index].prompt
    place = claims.place_words(prompt) or ""
    shorter = " ".join(prompt.replace(place, " ").split()).strip(" ,;")
    if not shorter:
        return plan
    objects = list(plan.objects)
    objects[index] = replace(objects[index], prompt=shorter)
    return replace(plan, objects=tuple(objects))


def _unbroken(plan: Plan, complaint: Complaint, canvas: tuple[int, int]) -> Plan:
    rows = [
        replace(row, cells=tuple(replace(cell, prompt=cell.prompt.replace(BREAK, "break")) for cell in row.cells))
        for row in plan.rows
    ]
    return replace(plan, rows=tuple(rows))


def _shared(first: Box, second: Box) -> Box | None:
    """The rectangle that both boxes cover, or None."""
    x, y = max(first.x, second.x), max(first.y, second.y)
    width, height = min(first.right, second.right) - x, min(first.bottom, second.bottom) - y
    return Box(x, y, width, height) if width > 0 and height > 0 else None


def _partner(complaint: Complaint) -> int:
    """The number of the other object, which the message names."""
    found = re.search(r"objects\[(\d+)\]", complaint.message)
    assert found
    return int(found[1])


_REPAIRS: dict[str, Callable[[Plan, Complaint, tuple[int, int]], Plan]] = {
    "box_outside_canvas": _into_canvas,
    "boxes_identical": _halved,
    "box_hidden": _behind,
    "boxes_overlap": _apart,
    "box_outside_cell": _into_cell,
    "box_too_small": _grown,
    "prompt_names_place": _placeless,
    "prompt_has_break": _unbroken,
}
_WHAT = {
    "box_outside_canvas": "moved into the canvas",
    "boxes_identical": "two things in one place share it now",
    "box_hidden": "painted before the object that it would hide",
    "boxes_overlap": f"shrunk away from another box (more than {MAX_IOU:.0%} overlap)",
    "box_outside_cell": f"kept inside its cell (tolerance {CELL_TOLERANCE:g})",
    "box_too_small": f"made {MIN_BOX_TOKENS} tokens large",
    "prompt_names_place": "the words for its place were taken out of the prompt",
    "prompt_has_break": f"the word {BREAK} was written small",
}
