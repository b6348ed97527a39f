"""Check what JSON Schema cannot say about a plan.

| code | what is wrong | |
|---|---|---|
| `no_cells` | no rows, or a row without cells | blocking |
| `too_many_cells`, `too_many_objects` | more than 16 | error |
| `size_not_positive`, `size_too_large` | a row height or cell width | blocking |
| `cell_too_small` | a cell without a single token at this size | blocking |
| `prompt_empty` | an empty prompt: sentence, cell, or object without an image | error |
| `prompt_has_break` | the word BREAK in a cell prompt | error |
| `prompt_names_place` | an object's prompt says where it is | warning |
| `box_outside_canvas` | a box reaches off the canvas | error; blocking from a token on |
| `box_too_small` | a box under 2 tokens wide or high | error; blocking under 1 |
| `box_outside_cell` | a box reaches beyond its owner cell | error; warning where contact is stated |
| `boxes_identical`, `boxes_overlap`, `box_hidden` | two boxes in each other's way | error |
| `wrong_count`, `relation_broken` | the plan does not do what the sentence states | error |
| `sentence_…`, `unnamed_thing` | the plan contradicts a scene that was read (`contradictions.py`) | error, warning |

A token is 16 × 16 pixels, the smallest thing that the generator can place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, pairwise

from planner.checks import claims
from planner.checks.contradictions import check_sentence
from planner.complaints import Complaint, Severity, can_generate
from planner.errors import PlanError
from planner.plan import Plan, document
from planner.plan.box import Box
from planner.plan.limits import CELL_TOLERANCE, MAX_CELLS, MAX_IOU, MAX_OBJECTS, MIN_BOX_TOKENS, ROUNDING, TOKEN_PX
from planner.plan.rag import BREAK
from planner.scene.scene import Scene

__all__ = ["Complaint", "Severity", "can_generate", "check_plan"]

MOST_MEANT = 2.5  # canvases: what reaches farther is in another unit
FAR = 1e6  # canvases: what is farther out is outside all the same, and its pixels are still finite

Touches = Callable[[int, int], bool]


def check_plan(
    plan: Plan,
    *,
    width: int,
    height: int,
    sentence: str | None = None,
    counts: Mapping[str, int] | None = None,
    relations: Sequence[claims.NamedRelation] | None = None,
    scene: Scene | None = None,
) -> list[Complaint]:
    """Return everything that is wrong with a plan for a canvas of width × height pixels; empty for a good plan.

    plan: what to check.
    width, height: px, at least one token (16 px).
    sentence: what was asked for; None: the plan's prompt. Words of contact in it ("on", "behind") let boxes overlap.
    counts: how many of a thing there must be, {"red apple": 2, "cat": 0}.
    relations: (subject, relation, object), ("dog", "left of", "cat"). They say which boxes may touch, and words in the
        sentence do not count any more.
    scene: what a sentence states, as `planner.tasks.sentences.read_stated` reads it: the plan is held against it.

    Raises `PlanError` for a canvas under one token.
    """
    document.integer(width, "width", minimum=TOKEN_PX)
    document.integer(height, "height", minimum=TOKEN_PX)
    touches = claims.contact(plan, plan.prompt if sentence is None else sentence, relations)
    sizes = _check_sizes(plan)
    return [
        *sizes,
        *_check_prompts(plan),
        *_check_boxes(plan, width, height),
        *_check_pairs(plan, touches),
        *(_check_cells(plan, width, height, touches) if can_generate(sizes) else ()),
        *claims.check_counts(plan, counts or {}, max_objects=MAX_OBJECTS),
        *claims.check_relations(plan, relations or ()),
        *(check_sentence(plan, scene) if scene is not None else ()),
    ]


def _check_sizes(plan: Plan) -> list[Complaint]:
    found = []
    if not plan.rows:
        found.append(Complaint("no_cells", "rows", "The plan needs at least one row.", blocking=True))
    for index, row in enumerate(plan.rows):
        path = f"rows[{index}]"
        found += _check_size(row.height, f"{path}.height")
        if not row.cells:
            found.append(Complaint("no_cells", f"{path}.cells", "The row needs at least one cell.", blocking=True))
        for place, cell in enumerate(row.cells):
            found += _check_size(cell.width, f"{path}.cells[{place}].width")
    if len(plan.cells) > MAX_CELLS:
        message = f"The plan has {len(plan.cells)} cells; merge some, {MAX_CELLS} are allowed."
        found.append(Complaint("too_many_cells", "rows", message))
    if len(plan.objects) > MAX_OBJECTS:
        message = f"The plan has {len(plan.objects)} objects; leave some to the cells, {MAX_OBJECTS} are allowed."
        found.append(Complaint("too_many_objects", "objects", message))
    return found


def _check_size(size: float, path: str) -> list[Complaint]:
    if size > 0:
        return []
    message = f"{size:g} must be a positive number, relative to its neighbours."
    return [Complaint("size_not_positive", path, message, blocking=True)]


def _check_prompts(plan: Plan) -> list[Complaint]:
    prompts = {"prompt": plan.prompt}
    for index, row in enumerate(plan.rows):
        prompts |= {f"rows[{index}].cells[{place}].prompt": cell.prompt for place, cell in enumerate(row.cells)}
    found = [
        Complaint("prompt_has_break", path, f"Write the prompt without the word {BREAK}, one prompt per cell.")
        for path, prompt in prompts.items()
        if BREAK in prompt and path != "prompt"
    ]
    prompts |= {f"objects[{index}].prompt": item.name for index, item in enumerate(plan.objects)}
    found += [
        Complaint("prompt_empty", path, "The prompt is empty; say in words what is seen.")
        for path, prompt in prompts.items()
        if document.is_blank(prompt)
    ]
    for index, item in enumerate(plan.objects):
        if place := claims.place_words(item.prompt):
            message = f'Name only the thing, without "{place}": its box says where it is.'
            found.append(Complaint("prompt_names_place", f"objects[{index}].prompt", message, "warning"))
    return found


def _check_boxes(plan: Plan, width: int, height: int) -> list[Complaint]:
    found = []
    for index, item in enumerate(plan.objects):
        box, path = item.box, f"objects[{index}].box"
        across = _check_span(("x", "width", "wide"), (box.x, box.width), width, path)
        found += across + _check_span(("y", "height", "high"), (box.y, box.height), height, path)
    return found


def _check_span(names: tuple[str, str, str], span: tuple[float, float], canvas_px: int, path: str) -> list[Complaint]:
    """Check one axis of a box: its start and size against the canvas' pixels, in tokens cut down as painted."""
    (start_name, size_name, adjective), (start, size) = names, span
    first, count = (int(max(-FAR, min(part, FAR)) * canvas_px // TOKEN_PX) for part in span)
    found = []
    if count < MIN_BOX_TOKENS:
        least = math.ceil(MIN_BOX_TOKENS * TOKEN_PX / canvas_px * 1000) / 1000
        message = (
            f"The box is {size:g} {adjective}, too small to draw in at {canvas_px} pixels; "
            f"make its {size_name} at least {least:g}."
        )
        found.append(Complaint("box_too_small", path, message, blocking=count < 1))
    painted_outside = first < 0 or first + count > canvas_px // TOKEN_PX
    if painted_outside or start < -ROUNDING or start + size > 1 + ROUNDING:
        message = (
            f"The box reaches from {start_name} {start:g} to {start + size:g}; {_unit_of(start + size)}"
            f"keep {start_name} at least 0 and {start_name} + {size_name} at most 1."
        )
        found.append(Complaint("box_outside_canvas", path, message, blocking=painted_outside))
    return found


def _unit_of(end: float) -> str:
    """Say what a number far off the canvas looks like; nothing for a slip."""
    if end <= MOST_MEANT:
        return ""
    unit = "percent" if end <= 100 else "0 to 1000, or pixels"
    return f"boxes are fractions of the canvas, these look like {unit}: "


def _check_pairs(plan: Plan, touches: Touches) -> list[Complaint]:
    found = []
    for first, second in combinations(range(len(plan.objects)), 2):
        earlier, later = plan.objects[first].box, plan.objects[second].box
        path, other = f"objects[{second}].box", f'objects[{first}] ("{plan.objects[first].name}")'
        if earlier.contains(later, ROUNDING) and later.contains(earlier, ROUNDING):
            message = f"The box is the same as that of {other}; give each thing its own place."
            found.append(Complaint("boxes_identical", path, message))
        elif later.contains(earlier):
            message = f"The box covers all of {other}, which is painted before it; list this object first."
            found.append(Complaint("box_hidden", path, message))
        elif earlier.iou(later) > MAX_IOU and not touches(first, second):
            message = (
                f"The box overlaps that of {other} by {earlier.iou(later):.0%} of their area; "
                f"move them apart or make them smaller ({MAX_IOU:.0%} is allowed)."
            )
            found.append(Complaint("boxes_overlap", path, message))
    return found


def _check_cells(plan: Plan, width: int, height: int, touches: Touches) -> list[Complaint]:
    try:
        boxes = plan.cell_boxes()
    except PlanError as error:
        return [Complaint("size_too_large", "rows", f"{error}.", blocking=True)]
    found = _check_cell_tokens(plan, width, height)
    for index, item in enumerate(plan.objects):
        owner = plan.owner_cell(index)
        seen = _on_canvas(item.box)  # what is off the canvas has its own complaint
        if seen.area == 0 or boxes[owner].contains(seen, CELL_TOLERANCE):
            continue
        meets = any(touches(index, other) for other in range(len(plan.objects)) if other != index)
        message = f"The box reaches beyond its cell {owner} ({_describe(boxes[owner])}); keep it inside."
        severity: Severity = "warning" if meets else "error"
        found.append(Complaint("box_outside_cell", f"objects[{index}].box", message, severity))
    return found


def _check_cell_tokens(plan: Plan, width: int, height: int) -> list[Complaint]:
    found = []
    for row, tall in enumerate(_tokens(plan.row_edges(), height)):
        for place, wide in enumerate(_tokens(plan.cell_edges(row), width)):
            if wide < 1 or tall < 1:
                message = f"The cell is too small to paint at {width}×{height} pixels; make it larger."
                path = f"rows[{row}].cells[{place}]"
                found.append(Complaint("cell_too_small", path, message, blocking=True))
    return found


def _tokens(edges: Sequence[float], canvas_px: int) -> list[int]:
    """Return how many tokens each part gets, cut down as painted."""
    places = [int(edge * (canvas_px // TOKEN_PX)) for edge in edges]
    return [end - start for start, end in pairwise(places)]


def _on_canvas(box: Box) -> Box:
    left, top = max(box.x, 0.0), max(box.y, 0.0)
    return Box(left, top, min(box.right, 1.0) - left, min(box.bottom, 1.0) - top)


def _describe(box: Box) -> str:
    return f"x {box.x:.3g} to {box.right:.3g}, y {box.y:.3g} to {box.bottom:.3g}"
