"""One sentence → a layout plan. Nothing here needs torch."""

from planner.errors import BackendError, PlanError, RagplanError, RenderError
from planner.plan import Box, Cell, ObjectBox, Plan, Row

__all__ = [
    "BackendError",
    "Box",
    "Cell",
    "ObjectBox",
    "Plan",
    "PlanError",
    "RagplanError",
    "RenderError",
    "Row",
]
