"""The boxes of a whole reply → fractions (x, y, width, height), where they can be meant in one way only.

Models that were trained on boxes write them as they learnt it, whatever they are asked for: as corners, as lists of
four numbers, in thousandths, percent or pixels. One reading is looked for that fits every box of the reply; if there is
none, the boxes stay as they are and `planner.checks` complains about them.

| code | what was tolerated |
|---|---|
| `box_keys` | other names: w and h, left and top, bbox, or the numbers beside the prompt |
| `box_list` | a list of four numbers, or a text of them: x, y, width, height, or corners where only these fit |
| `box_corners` | two corners: x1, y1, x2, y2, left, top, right, bottom, points, tokens, bbox_2d, box_2d (y first) |
| `box_center` | a centre: cx, cy, width, height |
| `box_unit` | thousandths, percent or pixels of the canvas |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final, Literal, TypeGuard

from planner.loop.replies import parse_number

Form = Literal["size", "corners", "center"]
Numbers = tuple[float, float, float, float]

OURS: Final = ("x", "y", "width", "height")
_FORMS: Final[dict[tuple[str, ...], Form]] = {
    OURS: "size",
    ("x", "y", "w", "h"): "size",
    ("left", "top", "width", "height"): "size",
    ("left", "top", "w", "h"): "size",
    ("x1", "y1", "x2", "y2"): "corners",
    ("x0", "y0", "x1", "y1"): "corners",
    ("left", "top", "right", "bottom"): "corners",
    ("xmin", "ymin", "xmax", "ymax"): "corners",
    ("cx", "cy", "width", "height"): "center",
    ("cx", "cy", "w", "h"): "center",
}
_NAMES: Final = ("box", "bbox", "boundingbox", "rect", "bbox2d", "box2d")
_SLIP: Final = 0.02  # how far a box may reach off the canvas in a reading that fits
_FARTHEST: Final = 1e6
_LEAST_SIDE: Final = 0.005
_LEAST_REACH: Final = 0.3  # a layout that ends before is no layout of this unit
_CLEARLY_OFF: Final = 1.2  # canvases: a width that reaches farther may be a corner


@dataclass(frozen=True)
class BoxReading:
    """A reply with its boxes in fractions, the codes of what that took, and in sentences what changed their meaning."""

    data: Any
    leniencies: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Found:
    """A box as it is written: four numbers, how they are called (None: a list), and the keys of ours that hold it."""

    numbers: Numbers
    form: Form | None
    plain: bool


@dataclass(frozen=True)
class _Unit:
    name: str
    x: float
    y: float


def read_boxes(data: Any, *, width: int, height: int) -> BoxReading:
    """Bring the boxes of a reply to fractions of the canvas, x, y, width and height, where one reading fits them all.

    data: the reply's object; boxes are looked for in its "objects". What cannot be read stays as it is.
    width, height: the canvas in pixels.
    """
    objects = data.get("objects") if isinstance(data, dict) else None
    if not isinstance(objects, list):
        return BoxReading(data)
    found = {index: box for index, item in enumerate(objects) if (box := _find(item)) is not None}
    if not found:
        return BoxReading(data)
    unit, forms = _reading(list(found.values()), width, height)
    if unit.x == unit.y == 1 and all(box.plain for box in found.values()) and set(forms) <= {"size"}:
        return BoxReading(data)
    changed = list(objects)
    for (index, box), form in zip(found.items(), forms, strict=True):
        sides = _sides(box.numbers, form, unit)
        changed[index] = {**_without_box(objects[index]), "box": dict(zip(OURS, sides, strict=True))}
    codes, repairs = _told(list(found.values()), forms, unit)
    return BoxReading({**data, "objects": changed}, codes, repairs)


def _find(item: Any) -> _Found | None:
    """Find an object's box under any of its names; None where there is none, or more or less than four numbers."""
    if not isinstance(item, dict):
        return None
    for key, value in item.items():
        if _bare(key) in _NAMES:
            return _held(value, key)
    return _named(item, False)


def _held(value: Any, key: str) -> _Found | None:
    """Read what stands under one of a box's names, perhaps under another one inside."""
    if not isinstance(value, dict):
        return _listed(value, _bare(key))
    inner = next((name for name in value if len(value) == 1 and _bare(name) in _NAMES), None)
    return _named(value, key == "box") if inner is None else _held(value[inner], inner)


def _named(value: Mapping[str, Any], is_box: bool) -> _Found | None:
    known = {_bare(key): number for key, number in value.items()}
    for names, form in _FORMS.items():
        numbers = _numbers([known.get(name) for name in names])
        if numbers is not None:
            return _Found(numbers, form, is_box and set(OURS) <= value.keys())
    return None


def _listed(value: Any, name: str) -> _Found | None:
    if isinstance(value, str):
        value = _spelled(value)
    points = isinstance(value, list) and len(value) == 2 and all(isinstance(one, list) for one in value)
    numbers = _numbers([*value[0], *value[1]] if points else value) if isinstance(value, list) else None
    if numbers is None:
        return None
    if name == "box2d":  # of the models that were taught [ymin, xmin, ymax, xmax]
        numbers = (numbers[1], numbers[0], numbers[3], numbers[2])
    return _Found(numbers, "corners" if points or name in ("box2d", "bbox2d") else None, False)


def _spelled(text: str) -> list[Any]:
    """Split a box that is a text into its four numbers; into two points where a model was taught to write these."""
    if y_first := re.fullmatch(4 * r"\s*<loc(\d{4})>", text):  # 1024ths
        top, left, bottom, right = (int(token) / 1024 for token in y_first.groups())
        return [[left, top], [right, bottom]]
    plain = re.sub(r"<\|\w+\|>", "", text)
    taught = re.fullmatch(4 * r"\s*<loc_(\d{1,4})>", plain)
    points = taught or re.fullmatch(2 * r"\s*\(\s*([^\s(),]+)\s*,\s*([^\s(),]+)\s*\),?", plain)
    if points:
        return [list(points.groups()[:2]), list(points.groups()[2:])]
    return [part for part in re.split(r"[\s,;]+", plain.strip("[]() \t")) if part]


def _numbers(values: Sequence[Any]) -> Numbers | None:
    found = [parse_number(value.strip().removesuffix("px")) if isinstance(value, str) else value for value in values]
    numbers = [float(value) for value in found if _is_number(value)]
    return (numbers[0], numbers[1], numbers[2], numbers[3]) if len(found) == len(numbers) == 4 else None


def _is_number(value: Any) -> TypeGuard[float]:
    """Tell whether a value is a number that some canvas could be measured in."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _FARTHEST


def _bare(key: object) -> str:
    return str(key).lower().replace("_", "").replace("-", "").replace(" ", "")


def _without_box(item: Mapping[str, Any]) -> dict[str, Any]:
    """Drop the keys of a box, or the box's numbers where they stand beside the prompt."""
    if any(_bare(key) in _NAMES for key in item):
        return {key: value for key, value in item.items() if _bare(key) not in _NAMES}
    names = {name for form in _FORMS for name in form}
    return {key: value for key, value in item.items() if _bare(key) not in names}


def _reading(boxes: Sequence[_Found], width: int, height: int) -> tuple[_Unit, list[Form]]:
    """Choose the unit and each box's form: as written where that fits, else the first reading that fits all."""
    fractions = _Unit("fractions", 1, 1)
    as_written: list[Form] = [box.form or "size" for box in boxes]
    reach = max(_reach(box.numbers, form, fractions) for box, form in zip(boxes, as_written, strict=True))
    if reach <= (_CLEARLY_OFF if all(box.form for box in boxes) else 1 + _SLIP):
        return fractions, as_written
    as_corners: list[Form] = ["corners" if box.form in (None, "size") else box.form for box in boxes]
    others = [_Unit("percent", 100, 100), _Unit("thousandths", 1000, 1000), _Unit("pixels", width, height)]
    units = [fractions, *sorted(others, key=lambda unit: unit.x * unit.y)]
    listed = any(box.form is None for box in boxes)
    pairs = product(units, (as_written, as_corners)) if listed else _forms_first(units, as_written, as_corners)
    return next((pair for pair in pairs if _fits(boxes, pair[1], pair[0])), (fractions, as_written))


def _forms_first(units: Sequence[_Unit], *forms: list[Form]) -> Iterable[tuple[_Unit, list[Form]]]:
    return ((unit, form) for form in forms for unit in units)


def _fits(boxes: Sequence[_Found], forms: Sequence[Form], unit: _Unit) -> bool:
    reach = 0.0
    for box, form in zip(boxes, forms, strict=True):
        x, y, wide, high = _sides(box.numbers, form, unit)
        if min(x, y) < -_SLIP or min(wide, high) < _LEAST_SIDE or max(x + wide, y + high) > 1 + _SLIP:
            return False
        reach = max(reach, x + wide, y + high)
    return reach >= _LEAST_REACH


def _reach(numbers: Numbers, form: Form, unit: _Unit) -> float:
    x, y, wide, high = _sides(numbers, form, unit)
    return max(x + wide, y + high)


def _sides(numbers: Numbers, form: Form, unit: _Unit) -> Numbers:
    """Return x, y, width and height in fractions."""
    x, y, third, fourth = numbers[0] / unit.x, numbers[1] / unit.y, numbers[2] / unit.x, numbers[3] / unit.y
    if form == "corners":
        return (x, y, third - x, fourth - y)
    return (x - third / 2, y - fourth / 2, third, fourth) if form == "center" else (x, y, third, fourth)


def _told(boxes: Sequence[_Found], forms: Sequence[Form], unit: _Unit) -> tuple[tuple[str, ...], tuple[str, ...]]:
    codes, repairs = list[str](), list[str]()
    if any(box.form is None for box in boxes):
        codes.append("box_list")
    if "corners" in forms:
        codes.append("box_corners")
        if any(form == "corners" != box.form for box, form in zip(boxes, forms, strict=True)):
            repairs.append("the boxes were read as two corners, x1, y1, x2, y2")
    elif "box_list" in codes:
        repairs.append("the boxes, lists of four numbers, were read as x, y, width, height")
    elif "center" in forms:
        codes.append("box_center")
    elif not all(box.plain for box in boxes):
        codes.append("box_keys")
    if (unit.x, unit.y) != (1, 1):
        codes.append("box_unit")
        size = f"{unit.x:g}" if unit.x == unit.y else f"{unit.x:g} × {unit.y:g}"
        repairs.append(f"the boxes were given in {unit.name} and were divided by {size}")
    return tuple(codes), tuple(repairs)
