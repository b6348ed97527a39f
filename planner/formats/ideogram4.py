"""Ideogram 4's caption: one line of JSON with its keys in a fixed order, the prompt of diffusers' `Ideogram4Pipeline`.

Elements are {"type": "obj", "bbox", "desc"} or {"type": "text", "bbox", "text", "desc"}; a bbox is
[y_min, x_min, y_max, x_max] in whole thousandths of the canvas. The schema is that of
diffusers/pipelines/ideogram4/prompt_enhancer.py, with the bbox of Ideogram's own guide (docs.ideogram.ai, JSON
prompting). Every object is written as "obj", lettering as words in its desc.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from planner.formats.shared import background_of, one_cell, read_thousandths, tell_left_out, thousandths, words_of
from planner.plan import document
from planner.plan.limits import MAX_DOCUMENT_OBJECTS
from planner.plan.parts import ObjectBox
from planner.plan.plan import Plan

PROGRAM = "Ideogram 4"
SCENE = "compositional_deconstruction"


def write(plan: Plan) -> str:
    """Write the caption; what it has no word for is warned of.

    Raises `PlanError` for a box that is not all on the canvas, and for an object without words.
    """
    background, lost = background_of(plan)
    elements = [
        {"type": "obj", "bbox": thousandths(item.box, index), "desc": words_of(item, index)}
        for index, item in enumerate(plan.objects)
    ]
    tell_left_out(PROGRAM, [*lost, *plan.new_keys])
    caption = {"high_level_description": plan.prompt, SCENE: {"background": background, "elements": elements}}
    return json.dumps(caption, ensure_ascii=False, separators=(",", ":"))


def read(text: str) -> Plan:
    """Read a caption: the background is the one cell's prompt, and so are elements without a bbox.

    Colours, style and aspect ratio are left out, with a warning. Raises `PlanError` with path and value.
    """
    optional = ("aspect_ratio", "high_level_description", "style_description")
    caption = document.fields(document.parse_json(text), "", required=(SCENE,), optional=optional)
    scene = document.fields(caption[SCENE], SCENE, required=("background", "elements"))
    background = document.text(scene["background"], f"{SCENE}.background")
    lost = [key for key in ("aspect_ratio", "style_description") if key in caption]
    objects, words = [], [background]
    for value, path in document.each(scene["elements"], f"{SCENE}.elements", most=MAX_DOCUMENT_OBJECTS):
        element = _element(value, path)
        lost += [f"{path}.color_palette"] if "color_palette" in element else []
        prompt = _words(element, path)
        if "bbox" in element:
            objects.append(ObjectBox(prompt, read_thousandths(element["bbox"], f"{path}.bbox")))
        else:
            words.append(prompt)
    tell_left_out("a plan", lost)
    prompt = document.text(caption.get("high_level_description", background), "high_level_description")
    return Plan(prompt, one_cell(". ".join(words)), tuple(objects))


def _element(value: object, path: str) -> Mapping[str, Any]:
    kind = value.get("type") if isinstance(value, Mapping) else None
    if isinstance(value, Mapping) and kind not in ("obj", "text"):
        document.wrong(f"{path}.type", "obj or text", kind)
    required = ("type", "text", "desc") if kind == "text" else ("type", "desc")
    return document.fields(value, path, required=required, optional=("bbox", "color_palette"))


def _words(element: Mapping[str, Any], path: str) -> str:
    """Return an element's description, with the text that is written there, if any."""
    desc = document.text(element["desc"], f"{path}.desc")
    if element["type"] == "obj":
        return desc
    written = document.text(element["text"], f"{path}.text")
    return desc if written in desc else f'{desc}, the text "{written}"'
