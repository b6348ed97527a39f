"""FLUX.3's layout prompt: a caption that cites ids in angle brackets, one space, and a JSON table of the elements.

A row is {"id", "bbox", "desc"}, in this order; a bbox is [top, left, bottom, right] in whole thousandths of the canvas.
The format is that of diffusers/modular_pipelines/flux3/prompt_upsampler.py ("t2i_bbox") and of docs.bfl.ai
(flux3_image_bounding_boxes). Every id of the table stands in the caption: behind the object's words where the plan's
prompt has them, else in a sentence at its end.
"""

from __future__ import annotations

import json
import re

from planner.formats.shared import (
    lost_cells,
    one_cell,
    read_thousandths,
    refuse_inside,
    tell_left_out,
    thousandths,
    words_of,
)
from planner.plan import document
from planner.plan.limits import MAX_DOCUMENT_OBJECTS
from planner.plan.parts import ObjectBox
from planner.plan.plan import Plan

PROGRAM = "FLUX.3"
ENDING = " There is "  # begins the sentence that cites what the prompt does not name
_ID = re.compile(r"[A-Za-z]\w*", re.ASCII)
_TABLE = re.compile(r'\[\s*\{\s*"')


def write(plan: Plan) -> str:
    """Write the prompt; what it has no word for is warned of.

    Raises `PlanError` for a box that is not all on the canvas, and for an object without words.
    """
    refuse_inside(plan, ["<obj_", '[{"'])
    rows = [
        {"id": f"obj_{index + 1}", "bbox": thousandths(item.box, index), "desc": words_of(item, index)}
        for index, item in enumerate(plan.objects)
    ]
    tell_left_out(PROGRAM, [*lost_cells(plan), *plan.new_keys])
    caption = _cited(plan.prompt, {str(row["id"]): str(row["desc"]) for row in rows})
    return f"{caption} {json.dumps(rows, ensure_ascii=False)}" if rows else caption


def read(text: str) -> Plan:
    """Read a prompt; without a table it has no objects. Raises `PlanError` with path and value."""
    start = _TABLE.search(text)
    caption = text[: start.start()].strip() if start else text.strip()
    table = document.parse_json(text[start.start() :]) if start else []
    objects: dict[str, ObjectBox] = {}
    for value, path in document.each(table, "table", most=MAX_DOCUMENT_OBJECTS):
        row = document.fields(value, path, required=("id", "bbox", "desc"))
        name = document.text(row["id"], f"{path}.id")
        if not _ID.fullmatch(name) or name in objects:
            document.wrong(f"{path}.id", "a name of its own, letters, digits and _", name)
        box = read_thousandths(row["bbox"], f"{path}.bbox")
        objects[name] = ObjectBox(document.text(row["desc"], f"{path}.desc"), box)
    if not caption:
        document.wrong("the caption", "words before the table", text)
    prompt = _uncited(caption, {name: item.prompt for name, item in objects.items()})
    return Plan(prompt, one_cell(prompt), tuple(objects.values()))


def _cited(prompt: str, descs: dict[str, str]) -> str:
    """Return the caption with every id behind what it is."""
    places: dict[int, str] = {}
    unnamed = []
    for name, desc in descs.items():
        found = re.finditer(rf"(?<!\w){re.escape(desc)}(?!\w)", prompt, re.IGNORECASE)
        end = next((match.end() for match in found if match.end() not in places), None)
        if end is None:
            unnamed.append(f"{desc} <{name}>")
        else:
            places[end] = f" <{name}>"
    for end in sorted(places, reverse=True):
        prompt = prompt[:end] + places[end] + prompt[end:]
    return f"{prompt}{ENDING}{', '.join(unnamed)}." if unnamed else prompt


def _uncited(caption: str, descs: dict[str, str]) -> str:
    """Return the caption without ids, and without the sentence that `_cited` put at its end."""
    start = caption.rfind(ENDING)
    ending = caption[start:]
    named = [name for name in descs if f"<{name}>" in ending]
    if start >= 0 and ending == f"{ENDING}{', '.join(f'{descs[name]} <{name}>' for name in named)}.":
        caption = caption[:start]
    for name in descs:
        caption = re.sub(rf" ?<{name}>", "", caption)
    return caption
