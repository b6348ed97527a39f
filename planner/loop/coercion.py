"""Bring a reply's values to the types that its schema asks for, where there is only one way to.

| code | what was tolerated |
|---|---|
| `number_as_text` | "0.3", "30%", "1/3" or "three" where a number is asked for |
| `whole_number` | 3.0 or 1e0 where a whole number is asked for |
| `truth_as_text` | "true", "yes", "no", 1 or 0 where a truth value is asked for |
| `text_for_list` | "red, round" where a list of texts is asked for |
| `relation_words` | "to the left of" or "beside" where the schema lists "left of" and "next to" |
| `wrapped` | the object inside another one, {"layout": {…}}, also as a text in it, or alone in a list |
| `key_case` | "Objects" where the schema has "objects" |
| `unknown_key` | a key that the schema does not have: left out |
| `null_for_absent` | null where a key may be absent or has a default: left out |
| `missing_key` | a required key that is not there, where the schema has a default: filled in |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from planner.lexicon.relations import wording_of
from planner.lexicon.words import NUMBERS
from planner.loop.replies import parse_number, parse_reply
from planner.plan.document import is_blank

_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_RELATION = frozenset({"subject", "relation", "object"})


def coerce(data: Any, schema: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
    """Return the data with its values brought to the schema's types, and the codes of what that took.

    What cannot be brought to its type stays as it is, for the schema to complain about.
    """
    codes: list[str] = []
    result = _coerce(data, schema, codes)
    return result, tuple(dict.fromkeys(codes))


def unwrap(data: Any, schema: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
    """Take a reply out of a list or object that holds nothing else of the schema, and say so by a code."""
    required = set(schema.get("required", ()))
    if isinstance(data, list):
        inner = data
    elif isinstance(data, dict) and not required & data.keys():
        inner = [parse_reply(value).data if isinstance(value, str) else value for value in data.values()]
    else:
        return data, ()
    whole = [value for value in inner if isinstance(value, dict) and required & value.keys()]
    if len(whole) != 1 or (isinstance(data, list) and len(data) > 1):
        return data, ()
    return whole[0], ("wrapped",)


def _coerce(value: Any, schema: Mapping[str, Any], codes: list[str]) -> Any:
    kind = schema.get("type")
    if isinstance(value, dict) and kind == "object":
        return _coerce_object(value, schema, codes)
    if kind == "array":
        return _coerce_list(value, schema.get("items", {}), codes)
    if kind in ("number", "integer"):
        return _coerce_number(value, kind == "integer", codes)
    if kind == "string" and isinstance(value, str) and is_blank(value):
        return ""  # which the schema complains about where words are needed
    if kind == "boolean" and not isinstance(value, bool) and str(value).strip().lower() in _TRUTH:
        codes.append("truth_as_text")
        return _TRUTH[str(value).strip().lower()]
    return value


def _coerce_list(value: Any, items: Mapping[str, Any], codes: list[str]) -> Any:
    if isinstance(value, str) and items.get("type") == "string":
        codes.append("text_for_list")
        return [part.strip() for part in value.split(",") if part.strip()]
    return [_coerce(item, items, codes) for item in value] if isinstance(value, list) else value


def _coerce_object(value: dict[str, Any], schema: Mapping[str, Any], codes: list[str]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    required = schema.get("required", ())
    kept = _in_lower_case(value, properties, codes)
    if schema.get("additionalProperties") is False and (extra := kept.keys() - properties.keys()):
        codes.append("unknown_key")
        kept = {key: item for key, item in kept.items() if key not in extra}
    defaults = {key: properties[key]["default"] for key in required if "default" in properties[key]}
    if absent := {key for key, item in kept.items() if item is None and (key not in required or key in defaults)}:
        codes.append("null_for_absent")
        kept = {key: item for key, item in kept.items() if key not in absent}
    if missing := {key: item for key, item in defaults.items() if key not in kept}:
        codes.append("missing_key")
        kept |= missing
    if kept.keys() >= _RELATION and properties.keys() >= _RELATION:
        kept = _coerce_relation(kept, properties["relation"].get("enum", ()), codes)
    return {key: _coerce(item, properties.get(key, {}), codes) for key, item in kept.items()}


def _in_lower_case(value: dict[str, Any], properties: Mapping[str, Any], codes: list[str]) -> dict[str, Any]:
    """Rename the keys that are the schema's but for their case."""
    other = {key: key.lower() for key in value if key not in properties and key.lower() in properties.keys() - value}
    if len(set(other.values())) < len(other) or not other:
        return dict(value)
    codes.append("key_case")
    return {other.get(key, key): item for key, item in value.items()}


def _coerce_relation(value: dict[str, Any], known: Sequence[str], codes: list[str]) -> dict[str, Any]:
    """Bring a relation to one of the words that the schema lists; "held by" is "holding" the other way round."""
    said = value["relation"]
    wording = wording_of(said) if isinstance(said, str) and said not in known else None
    if wording is None or wording.manner not in ("", "weak", "inverse") or wording.kind.replace("_", " ") not in known:
        return value
    codes.append("relation_words")
    ends = ("object", "subject") if wording.manner == "inverse" else ("subject", "object")
    sides = {"subject": value[ends[0]], "object": value[ends[1]]}
    return {**value, **sides, "relation": wording.kind.replace("_", " ")}


def _coerce_number(value: Any, whole: bool, codes: list[str]) -> Any:
    if isinstance(value, float) and whole and value.is_integer():
        codes.append("whole_number")
        return int(value)
    if not isinstance(value, str):
        return value
    number: float | None = NUMBERS.get(value.strip().lower()) if whole else None
    if number is None:
        number = parse_number(value)
    if number is None or (whole and number != int(number)):
        return value
    codes.append("number_as_text")
    return int(number) if whole else number
