"""The layouts of LLM-grounded Diffusion (LMD): a caption, Python's notation of the objects, a background.

    Caption: a cup beside a hat
    Objects: [('a cup', [51, 205, 154, 102]), ('a hat', [307, 153, 128, 205])]
    Background prompt: a wooden table
    Negative prompt:

A box is [x, y, width, height] in whole pixels of a canvas of 512 × 512, as in the release's prompt.py; its own reader
(utils/parse.py) takes what stands behind "Objects:". The literal is read by `ast.literal_eval`, nothing is run.
"""

from __future__ import annotations

import ast
import logging
from collections.abc import Mapping

from planner.errors import PlanError
from planner.formats.shared import background_of, corners, one_cell, refuse_inside, tell_left_out, words_of
from planner.plan import document
from planner.plan.box import Box
from planner.plan.limits import MAX_DOCUMENT_CHARACTERS, MAX_DOCUMENT_OBJECTS
from planner.plan.parts import ObjectBox
from planner.plan.plan import Plan

log = logging.getLogger("ragplan")

CANVAS_PX = 512
CAPTION, OBJECTS, BACKGROUND, NEGATIVE = MARKS = ("Caption:", "Objects:", "Background prompt:", "Negative prompt:")


def write(plan: Plan) -> str:
    """Write the layout; what it has no word for is warned of.

    Raises `PlanError` for a box that is not all on the canvas or thinner than a pixel, an object without words, and a
    prompt that has one of the layout's own headings in it.
    """
    refuse_inside(plan, MARKS)
    background, lost = background_of(plan)
    objects = [(words_of(item, index), _pixels(item.box, index)) for index, item in enumerate(plan.objects)]
    tell_left_out("LMD", [*lost, *plan.new_keys])
    return f"{CAPTION} {plan.prompt}\n{OBJECTS} {objects!r}\n{BACKGROUND} {background}\n{NEGATIVE} "


def read(text: str) -> Plan:
    """Read a layout; without a caption it is the background with its objects, as LMD makes it.

    Boxes may reach off the canvas, as language models write them; `check_plan` tells. A negative prompt is a setting
    and is left out, with a warning. Raises `PlanError` with path and value.
    """
    head, found, rest = text.partition(BACKGROUND)
    if not found:
        document.wrong("the layout", f"a text with {BACKGROUND!r} in it", text)
    background, _, negative = (part.strip() for part in rest.partition(NEGATIVE))
    before, found, after = head.partition(OBJECTS)
    objects = _read_objects(after if found else head)
    if negative not in ("", "None"):
        log.warning("left out, as it is a setting and no part of a plan: the negative prompt %r", negative)
    caption = before.strip().removeprefix(CAPTION).strip() if found else ""
    names = ", ".join(item.prompt for item in objects)
    prompt = caption or " with ".join(filter(None, (background, names)))
    return Plan(prompt, one_cell(background or prompt), objects)


def _pixels(box: Box, index: int) -> list[int]:
    left, top, right, bottom = (round(side * CANVAS_PX) for side in corners(box, index))
    if left >= right or top >= bottom:
        document.wrong(f"objects[{index}].box", f"at least 1/{CANVAS_PX} of the canvas wide and high", box.to_dict())
    return [left, top, right - left, bottom - top]


def _read_objects(text: str) -> tuple[ObjectBox, ...]:
    if text.strip() in ("", "No objects", "No objects."):
        return ()
    values = parse_literal(text.strip(), OBJECTS)
    return tuple(_read_object(*each) for each in document.each(values, "Objects", most=MAX_DOCUMENT_OBJECTS))


def _read_object(value: object, path: str) -> ObjectBox:
    if isinstance(value, Mapping):
        known = document.fields(value, path, required=("name", "bounding_box"))
        value = (known["name"], known["bounding_box"])
    pair = document.items(value, path)
    if len(pair) != 2:
        document.wrong(path, "a name and [x, y, width, height]", value)
    sides = document.each(pair[1], f"{path}[1]")
    if len(sides) != 4:
        document.wrong(f"{path}[1]", "[x, y, width, height]", pair[1])
    numbers = [document.number(*side) / CANVAS_PX for side in sides]
    return ObjectBox(document.text(pair[0], f"{path}[0]"), Box(*numbers))


def parse_literal(source: str, path: str) -> object:
    """Read a literal of Python's; nothing is run. Raises `PlanError` for anything else."""
    if len(source) > MAX_DOCUMENT_CHARACTERS:
        raise PlanError(f"{path} may have at most {MAX_DOCUMENT_CHARACTERS} characters, it has {len(source)}")
    try:
        return ast.literal_eval(source)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        raise PlanError(f"{path} must be a list in Python's notation, got {document.shown(source)}") from error
