"""The arguments of diffusers' `StableDiffusionGLIGENPipeline`, as one JSON object.

A box is [xmin, ymin, xmax, ymax], each 0 to 1; `pipe(**json.loads(text), …)` takes them as they are.
"""

from __future__ import annotations

import json

from planner.errors import PlanError
from planner.formats.shared import corners, lost_cells, one_cell, read_corners, tell_left_out, words_of
from planner.plan import document
from planner.plan.box import Box
from planner.plan.limits import MAX_DOCUMENT_OBJECTS
from planner.plan.parts import ObjectBox
from planner.plan.plan import Plan

MOST_OBJECTS = 30  # the pipeline drops those behind them


def write(plan: Plan) -> str:
    """Write prompt, phrases and boxes; what they cannot say is warned of.

    Raises `PlanError` for a box that is not all on the canvas, an object without words, and more than 30 objects.
    """
    if len(plan.objects) > MOST_OBJECTS:
        raise PlanError(f"GLIGEN takes at most {MOST_OBJECTS} objects, this plan has {len(plan.objects)}")
    phrases = [words_of(item, index) for index, item in enumerate(plan.objects)]
    boxes = [list(corners(item.box, index)) for index, item in enumerate(plan.objects)]
    tell_left_out("GLIGEN", [*lost_cells(plan), *plan.new_keys])
    given = {"prompt": plan.prompt, "gligen_phrases": phrases, "gligen_boxes": boxes}
    return json.dumps(given, indent=2, ensure_ascii=False)


def read(text: str) -> Plan:
    """Read prompt, phrases and boxes. Raises `PlanError` with path and value."""
    names = ("prompt", "gligen_phrases", "gligen_boxes")
    given = document.fields(document.parse_json(text), "", required=names)
    phrases, boxes = (document.each(given[name], name, most=MAX_DOCUMENT_OBJECTS) for name in names[1:])
    if len(phrases) != len(boxes):
        raise PlanError(f"gligen_phrases has {len(phrases)} items but gligen_boxes {len(boxes)}")
    objects = []
    for (phrase, where), (value, path) in zip(phrases, boxes, strict=True):
        left, top, right, bottom = read_corners(value, path, 1, "[xmin, ymin, xmax, ymax]")
        if left >= right or top >= bottom:
            document.wrong(path, "[xmin, ymin, xmax, ymax] with xmin < xmax and ymin < ymax", value)
        objects.append(ObjectBox(document.text(phrase, where), Box(left, top, right - left, bottom - top)))
    prompt = document.text(given["prompt"], "prompt")
    return Plan(prompt, one_cell(prompt), tuple(objects))
