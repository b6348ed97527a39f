"""Bring a reply's values to the types that its schema asks for, where there is only one way to.

| code | what was tolerated |
|---|---|
| `number_as_text` | "0.3", "30%", "1/3" or "three" where a number is asked for |
| `truth_as_text` | "true" or "false" where a truth value is asked for |
| `unknown_key` | a key that the schema does not have: left out |
| `null_for_absent` | null where a key may be absent: left out |
| `missing_key` | a required key that is not there, where the schema has a default: filled in |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planner.english.words import NUMBERS
from planner.loop.replies import parse_number

_TRUTH = {"true": True, "false": False}


def coerce(data: Any, schema: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
    """Return the data with its values brought to the schema's types, and the codes of what that took.

    What cannot be brought to its type stays as it is, for the schema to complain about.
    """
    codes: list[str] = []
    result = _coerce(data, schema, codes)
    return result, tuple(dict.fromkeys(codes))


def _coerce(value: Any, schema: Mapping[str, Any], codes: list[str]) -> Any:
    kind = schema.get("type")
    if isinstance(value, dict) and kind == "object":
        return _coerce_object(value, schema, codes)
    if isinstance(value, list) and kind == "array":
        return [_coerce(item, schema.get("items", {}), codes) for item in value]
    if isinstance(value, str) and kind in ("number", "integer"):
        return _coerce_number(value, kind == "integer", codes)
    if isinstance(value, str) and kind == "boolean" and value.strip().lower() in _TRUTH:
        codes.append("truth_as_text")
        return _TRUTH[value.strip().lower()]
    return value


def _coerce_object(value: dict[str, Any], schema: Mapping[str, Any], codes: list[str]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    kept = dict(value)
    if schema.get("additionalProperties") is False and (extra := value.keys() - properties.keys()):
        codes.append("unknown_key")
        kept = {key: item for key, item in kept.items() if key not in extra}
    if absent := {key for key, item in kept.items() if item is None and key not in schema.get("required", ())}:
        codes.append("null_for_absent")
        kept = {key: item for key, item in kept.items() if key not in absent}
    defaults = {key: properties[key]["default"] for key in schema.get("required", ()) if "default" in properties[key]}
    if missing := {key: item for key, item in defaults.items() if key not in kept}:
        codes.append("missing_key")
        kept |= missing
    return {key: _coerce(item, properties.get(key, {}), codes) for key, item in kept.items()}


def _coerce_number(value: str, whole: bool, codes: list[str]) -> Any:
    number: float | None = NUMBERS.get(value.strip().lower()) if whole else None
    if number is None:
        number = parse_number(value)
    if number is None or (whole and number != int(number)):
        return value
    codes.append("number_as_text")
    return int(number) if whole else number
