"""JSON read strictly: each key once, no NaN, no number that floats do not hold."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn

from planner.complaints import Complaint
from planner.loop.redaction import printable


class WrongReplyError(Exception):
    """Carries the complaint out of a parser."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.complaint = Complaint(code, "", printable(message))


def strict_json(text: str) -> Any:
    """Read JSON. Raises `ValueError` where it is none, `WrongReplyError` for what JSON should not hold."""
    return json.loads(text, object_pairs_hook=unique_keys, parse_constant=no_constant, parse_float=finite)


def unique_keys(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its pairs. Raises `WrongReplyError` for a key that occurs twice."""
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            message = f'The key "{key[:60]}" occurs twice in one object; give each key once.'
            raise WrongReplyError("duplicate_key", message)
        result[key] = value
    return result


def no_constant(name: str) -> NoReturn:
    """Raise `WrongReplyError` for NaN and Infinity."""
    raise WrongReplyError("not_finite", f"{name} is not a number that JSON has; write a decimal such as 0.25.")


def finite(text: str) -> float:
    """Read a number. Raises `WrongReplyError` for one that is larger than floats hold."""
    value = float(text)
    if not math.isfinite(value):
        raise WrongReplyError("not_finite", f"{text[:40]} is too large; write a decimal such as 0.25.")
    return value
