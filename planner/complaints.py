"""What is wrong with a plan, one finding at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


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
