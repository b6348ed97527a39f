"""Numbers that callers give, checked against the range that is allowed."""

from __future__ import annotations

import math

from planner.errors import RenderError


def check_integer(name: str, value: object, low: int, high: int | None) -> None:
    """Raise `RenderError` unless value is a whole number in low..high (None: no upper bound)."""
    if type(value) is not int or value < low or (high is not None and value > high):
        allowed = f"from {low} up" if high is None else f"in {low}..{high}"
        raise RenderError(f"{name} must be a whole number {allowed}, got {value!r}")


def check_number(name: str, value: object, low: float, high: float) -> None:
    """Raise `RenderError` unless value is a finite number in low..high."""
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if not (math.isfinite(number) and low <= number <= high):
        allowed = f"in {low:g}..{high:g}" if high < math.inf else f"from {low:g} up"
        raise RenderError(f"{name} must be a number {allowed}, got {value!r}")
