"""Read JSON values strictly: the right type or a `PlanError` that names the path and the value.

A path is written as in JavaScript, `objects[1].box.x`; the document itself is the empty path.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from planner.errors import PlanError

MAX_SHOWN_CHARACTERS = 60


def child(path: str, key: str) -> str:
    """Join a path and a key: `child("objects[1]", "box")` is `objects[1].box`."""
    return f"{path}.{key}" if path else key


def wrong(path: str, expected: str, value: object) -> NoReturn:
    """Raise the error that `path` must be `expected` but is `value` (shown shortened)."""
    shown = repr(value)
    if len(shown) > MAX_SHOWN_CHARACTERS:
        shown = shown[: MAX_SHOWN_CHARACTERS - 1] + "…"
    raise PlanError(f"{path or 'the document'} must be {expected}, got {shown}")


def number(value: object, path: str, *, minimum: float | None = None, maximum: float | None = None) -> float:
    """Return a finite number as a float, from `minimum` to `maximum`; booleans and strings are not numbers."""
    limits = "" if minimum is None or maximum is None else f" from {minimum:g} to {maximum:g}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        wrong(path, f"a number{limits}", value)
    try:
        result = float(value)
    except OverflowError:
        raise PlanError(f"{path} must be a finite number, got an integer beyond 1e308") from None
    if not math.isfinite(result):
        wrong(path, "a finite number", value)
    if (minimum is not None and result < minimum) or (maximum is not None and result > maximum):
        wrong(path, f"a number{limits}", value)
    return result


def integer(value: object, path: str, *, minimum: int | None = None) -> int:
    """Return a whole number, at least `minimum`; 2.0 is not one."""
    limit = "" if minimum is None else f" of at least {minimum}"
    if isinstance(value, bool) or not isinstance(value, int) or (minimum is not None and value < minimum):
        wrong(path, f"a whole number{limit}", value)
    return value


def text(value: object, path: str) -> str:
    """Return a string that can be written as UTF-8 (no lone surrogates)."""
    if not isinstance(value, str):
        wrong(path, "a string", value)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        wrong(path, "Unicode text without lone surrogates", value)
    return value


def items(value: object, path: str) -> Sequence[Any]:
    """Return a list or tuple."""
    if not isinstance(value, list | tuple):
        wrong(path, "a list", value)
    return value


def each(value: object, path: str) -> list[tuple[Any, str]]:
    """Return the items of a list, each with its own path."""
    return [(item, f"{path}[{index}]") for index, item in enumerate(items(value, path))]


def fields(value: object, path: str, *, required: Sequence[str], optional: Sequence[str] = ()) -> Mapping[str, Any]:
    """Return an object that has all `required` keys and no others than those and the `optional` ones."""
    if not isinstance(value, Mapping):
        wrong(path, "an object", value)
    known = (*required, *optional)
    for key in value:
        if key not in known:
            names = ", ".join(known)
            raise PlanError(f"unknown key {child(path, str(key))} = {value[key]!r:.60}; known: {names}")
    missing = [child(path, key) for key in required if key not in value]
    if missing:
        raise PlanError(f"missing {', '.join(missing)}")
    return value


def parse_json(source: str) -> Any:
    """Parse one JSON document; duplicate keys are errors, everything else is left to the readers above."""
    try:
        return json.loads(source, object_pairs_hook=_without_duplicates)
    except RecursionError:
        raise PlanError("this is not a plan: the JSON is nested too deeply") from None
    except ValueError as error:
        raise PlanError(f"this is not JSON: {error}") from error


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise PlanError(f"the key {key!r} occurs twice in one object")
        result[key] = value
    return result
