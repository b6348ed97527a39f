"""Omost's canvas: Python calls in a code fence, as its language models write them and `Canvas.from_bot_response` reads.

Omost knows 9 locations × 9 offsets × 9 areas on a grid of 90 (lib_omost/canvas.py), so a box becomes the nearest of
these, which is warned of. What is nearer to the viewer is painted later, so distances fall from object to object. A
plan has no colours of areas; all are written as gray. Reading parses the calls and runs nothing.
"""

from __future__ import annotations

import ast
import json
import logging
from functools import cache
from itertools import product
from typing import Any

from planner.errors import PlanError
from planner.formats.shared import box_of, one_cell, tell_left_out, words_of
from planner.plan import document
from planner.plan.box import Box
from planner.plan.limits import MAX_DOCUMENT_CHARACTERS, MAX_DOCUMENT_OBJECTS
from planner.plan.parts import ObjectBox
from planner.plan.plan import Plan

log = logging.getLogger("ragplan")

GRID = 90
COLOR = "gray"
LOCATIONS = {
    "in the center": (45, 45), "on the left": (15, 45), "on the right": (75, 45),
    "on the top": (45, 15), "on the bottom": (45, 75), "on the top-left": (15, 15),
    "on the top-right": (75, 15), "on the bottom-left": (15, 75), "on the bottom-right": (75, 75),
}  # fmt: skip
OFFSETS = {
    "no offset": (0, 0), "slightly to the left": (-10, 0), "slightly to the right": (10, 0),
    "slightly to the upper": (0, -10), "slightly to the lower": (0, 10), "slightly to the upper-left": (-10, -10),
    "slightly to the upper-right": (10, -10), "slightly to the lower-left": (-10, 10),
    "slightly to the lower-right": (10, 10),
}  # fmt: skip
AREAS = {
    "a small square area": (50, 50), "a small vertical area": (40, 60), "a small horizontal area": (60, 40),
    "a medium-sized square area": (60, 60), "a medium-sized vertical area": (50, 80),
    "a medium-sized horizontal area": (80, 50), "a large square area": (70, 70),
    "a large vertical area": (60, 90), "a large horizontal area": (90, 60),
}  # fmt: skip
WHOLE = ("description", "detailed_descriptions", "tags", "HTML_web_color_name")
STYLE = ("tags", "atmosphere", "style", "quality_meta")
LOCAL = ("location", "offset", "area", "distance_to_viewer", "description", "detailed_descriptions", *STYLE, WHOLE[3])
CALLS = {"set_global_description": WHOLE, "add_local_description": LOCAL}


def write(plan: Plan) -> str:
    """Write the canvas: the cells' prompts are details of the whole. Boxes that move and what is lost are warned of.

    Raises `PlanError` for an object without words.
    """
    details = [cell.prompt for cell in plan.cells if cell.prompt != plan.prompt]
    lines = ["canvas = Canvas()", _call("set_global_description", WHOLE, (plan.prompt, details, "", COLOR))]
    for index, item in enumerate(plan.objects):
        place = _nearest(item.box)
        if not _boxes()[place].iou(item.box) > 1 - 1e-6:
            said = {name: round(side, 3) for name, side in _boxes()[place].to_dict().items()}
            log.warning("objects[%d].box becomes %s, the nearest that Omost knows", index, said)
        distance = float(len(plan.objects) - index)
        given = (*place, distance, words_of(item, index), [], *("" for _ in STYLE), COLOR)
        lines.append(_call("add_local_description", LOCAL, given))
    tell_left_out("Omost", [*(["where the cells are"] if len(plan.cells) > 1 else []), *plan.new_keys])
    return "\n".join(["```python", *lines, "```"])


def read(text: str) -> Plan:
    """Read a canvas, farther things first; details of the whole are the one cell's prompt, those of a thing its own.

    Colours, and a thing's tags, atmosphere, style and quality, are left out with a warning. Raises `PlanError`.
    """
    whole: dict[str, Any] | None = None
    things = []
    for number, (name, given) in enumerate(_calls(text)):
        path = f"call {number + 1}, {name}"
        if name == "add_local_description":
            things.append(_read_thing(given, path))
        else:
            whole = given
    if whole is None:
        document.wrong("the canvas", "a text with set_global_description(…) in it", text)
    if len(things) > MAX_DOCUMENT_OBJECTS:
        raise PlanError(f"a plan may hold at most {MAX_DOCUMENT_OBJECTS} objects, this canvas has {len(things)}")
    tell_left_out("a plan", ["HTML_web_color_name", *(STYLE if things else ("tags",))])
    prompt = document.text(whole["description"], "description")
    details = [document.text(*each) for each in document.each(whole["detailed_descriptions"], "detailed_descriptions")]
    ordered = sorted(things, key=lambda thing: -thing[0])
    return Plan(prompt, one_cell(" ".join(details) or prompt), tuple(item for _, item in ordered))


@cache
def _boxes() -> dict[tuple[str, str, str], Box]:
    """Return all boxes that Omost knows, by location, offset and area."""
    found = {}
    for place in product(LOCATIONS, OFFSETS, AREAS):
        (x, y), (dx, dy), (width, height) = LOCATIONS[place[0]], OFFSETS[place[1]], AREAS[place[2]]
        sides = (x + dx - width // 2, y + dy - height // 2, x + dx + width // 2, y + dy + height // 2)
        left, top, right, bottom = (min(max(side, 0), GRID) for side in sides)
        found[place] = box_of(left, top, right, bottom, GRID)
    return found


def _nearest(box: Box) -> tuple[str, str, str]:
    """Return the place whose box shares most with this one, of two the one whose centre is nearer."""
    known = _boxes()
    return max(known, key=lambda place: (round(known[place].iou(box), 9), -known[place].distance(*box.center)))


def _call(name: str, keys: tuple[str, ...], values: tuple[Any, ...]) -> str:
    given = ", ".join(f"{key}={_literal(value)}" for key, value in zip(keys, values, strict=True))
    return f"canvas.{name}({given})"


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # strings, floats and lists of strings: Python reads the same


def _calls(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the canvas' calls with their arguments by name. Raises `PlanError` for any other code."""
    if len(text) > MAX_DOCUMENT_CHARACTERS:
        raise PlanError(f"a canvas may have at most {MAX_DOCUMENT_CHARACTERS} characters, it has {len(text)}")
    code = text.partition("```python\n")[2].partition("```")[0] or text
    try:
        body = ast.parse(code).body
        return [_read_call(line.value) for line in body if not _makes_canvas(line) and isinstance(line, ast.Expr)]
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        raise PlanError(f"this is no canvas of Omost's: {document.shown(str(error))}") from error


def _makes_canvas(line: ast.stmt) -> bool:
    if isinstance(line, ast.Expr):
        return False
    if ast.unparse(line) != "canvas = Canvas()":
        document.wrong("the canvas", "calls of canvas.… only", ast.unparse(line))
    return True


def _read_call(node: ast.expr) -> tuple[str, dict[str, Any]]:
    name = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
    if not isinstance(node, ast.Call) or name not in CALLS:
        document.wrong("the canvas", f"calls of {' and '.join(CALLS)}", ast.unparse(node))
    given = dict(zip(CALLS[name], map(ast.literal_eval, node.args), strict=False))
    given |= {each.arg or "**": ast.literal_eval(each.value) for each in node.keywords}
    document.fields(given, name, required=CALLS[name])
    return name, given


def _read_thing(given: dict[str, Any], path: str) -> tuple[float, ObjectBox]:
    """Return how far a thing is, and the thing."""
    for key, known in (("location", LOCATIONS), ("offset", OFFSETS), ("area", AREAS)):
        if not isinstance(given[key], str) or given[key] not in known:
            document.wrong(f"{path}: {key}", f"one of {', '.join(known)}", given[key])
    distance = document.number(given["distance_to_viewer"], f"{path}: distance_to_viewer")
    details = document.each(given["detailed_descriptions"], f"{path}: detailed_descriptions")
    words = [document.text(given["description"], f"{path}: description"), *(document.text(*each) for each in details)]
    return distance, ObjectBox(" ".join(words), _boxes()[given["location"], given["offset"], given["area"]])
