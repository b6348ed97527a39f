"""JSON Schema → the subset that OpenAI's strict structured output takes.

Every property is required, no other is allowed; one that was optional may be null instead. Keywords outside the subset
(limits of length, size and number) leave the schema and become words in the description: the planner checks them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KEPT = ("type", "description", "enum")
_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "matches {}",
}


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Derive the strict schema of a reply from ours. Only what our schemas use is known: no references, no anyOf."""
    result = {key: schema[key] for key in _KEPT if key in schema}
    if "const" in schema:
        result["enum"] = [schema["const"]]
        result.setdefault("type", _type_of(schema["const"]))
    limits = [words.format(schema[key]) for key, words in _LIMITS.items() if key in schema]
    if limits:
        described = f"{schema.get('description', '')} ({', '.join(limits)})"
        result["description"] = described.strip()
    if "items" in schema:
        result["items"] = strict_schema(schema["items"])
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        result["properties"] = {name: _property(part, name in required) for name, part in properties.items()}
        result["required"] = list(properties)
        result["additionalProperties"] = False
    return result


def _property(schema: Mapping[str, Any], required: bool) -> dict[str, Any]:
    derived = strict_schema(schema)
    return derived if required else {"anyOf": [derived, {"type": "null"}]}


def _type_of(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return {int: "integer", float: "number", str: "string"}[type(value)]
