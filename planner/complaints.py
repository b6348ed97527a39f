"""What is wrong with a plan, one finding at a time; what a JSON Schema has against a document, as such findings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from jsonschema import ValidationError

Severity = Literal["error", "warning"]

MOST_SCHEMA_COMPLAINTS = 20
_RANGES = ("minimum", "maximum", "exclusiveMinimum")


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong with a plan.

    code: what is wrong, "box_too_small"; a code never changes its meaning.
    path: where in the JSON document, "objects[1].box".
    message: one sentence that a person or a language model can act on.
    severity: a planner does not accept a plan with an "error"; a "warning" is told.
    blocking: the plan cannot be painted at all. A plan that a person wrote is painted with any other complaint.
    """

    code: str
    path: str
    message: str
    severity: Severity = "error"
    blocking: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


def can_generate(complaints: Iterable[Complaint]) -> bool:
    """Tell whether a plan with these complaints can be generated at all, however badly."""
    return not any(complaint.blocking for complaint in complaints)


def has_errors(complaints: Iterable[Complaint]) -> bool:
    """Tell whether a plan with these complaints is refused by a planner."""
    return any(complaint.severity == "error" for complaint in complaints)


def against_schema(data: Any, schema: Mapping[str, Any]) -> tuple[Complaint, ...]:
    """Return everything that the schema has against a document, in the document's order."""
    from jsonschema import Draft202012Validator  # slow to import, and `--help` must be fast

    found = [error for error in Draft202012Validator(schema).iter_errors(data) if not _is_checked_as_a_plan(error)]
    errors = sorted(found, key=lambda error: list(map(str, error.path)))
    return tuple(
        Complaint("schema", error.json_path.removeprefix("$").removeprefix("."), _in_words(error))
        for error in errors[:MOST_SCHEMA_COMPLAINTS]
    )


def _is_checked_as_a_plan(error: ValidationError) -> bool:
    """A box off the canvas is still a plan: `check_plan` says what is wrong with it, and it can be repaired."""
    path = list(error.path)
    return len(path) == 4 and path[0] == "objects" and path[2] == "box" and error.validator in _RANGES


def _in_words(error: ValidationError) -> str:
    if error.validator in ("maxLength", "maxItems") and isinstance(error.instance, str | list):
        what = "characters" if isinstance(error.instance, str) else "items"
        return f"It has {len(error.instance)} {what}; at most {error.validator_value} are allowed."
    shown = json.dumps(error.instance, ensure_ascii=False, default=str)
    if len(shown) > 200 and error.validator == "type":
        return f"It must be of type {error.validator_value}."
    return f"{error.message[:300]}."
