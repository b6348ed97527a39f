"""One sentence → a layout plan. Nothing here needs torch.

The names are loaded on use. In order: `errors.py` and `complaints.py`, `plan/` (what a plan is), `checks/` (whether it
is good), `lexicon/` (words), `scene/` and `english/` (a sentence laid out and read without a model), `tasks/` (what a
model may be asked), `loop/` (how it is asked), `backends/` (who is asked), `planner.py` (the door to all of it),
`drawing.py` (a plan as an image), `editing/` (a plan changed by calls and by words); then `evaluation/` (how good plans
are) and `tuning/` (the small local model's adapter).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.checks import can_generate, check_plan
    from planner.complaints import Complaint
    from planner.drawing import draw_plan
    from planner.errors import BackendError, PlanError, RagplanError, RenderError
    from planner.loop.cache import PlanCache
    from planner.plan import Box, Cell, ImagePrompt, ObjectBox, Plan, Row
    from planner.plan.gallery import GalleryEntry, GalleryRepaint, GallerySettings, read_gallery
    from planner.planner import Planner, PlanningResult, plan_layout

_MODULES = {
    "BackendError": "planner.errors",
    "Box": "planner.plan",
    "Cell": "planner.plan",
    "Complaint": "planner.complaints",
    "GalleryEntry": "planner.plan.gallery",
    "GalleryRepaint": "planner.plan.gallery",
    "GallerySettings": "planner.plan.gallery",
    "ImagePrompt": "planner.plan",
    "ObjectBox": "planner.plan",
    "Plan": "planner.plan",
    "PlanCache": "planner.loop.cache",
    "PlanError": "planner.errors",
    "Planner": "planner.planner",
    "PlanningResult": "planner.planner",
    "RagplanError": "planner.errors",
    "RenderError": "planner.errors",
    "Row": "planner.plan",
    "can_generate": "planner.checks",
    "check_plan": "planner.checks",
    "draw_plan": "planner.drawing",
    "plan_layout": "planner.planner",
    "read_gallery": "planner.plan.gallery",
}

__all__ = [
    "BackendError",
    "Box",
    "Cell",
    "Complaint",
    "GalleryEntry",
    "GalleryRepaint",
    "GallerySettings",
    "ImagePrompt",
    "ObjectBox",
    "Plan",
    "PlanCache",
    "PlanError",
    "Planner",
    "PlanningResult",
    "RagplanError",
    "RenderError",
    "Row",
    "can_generate",
    "check_plan",
    "draw_plan",
    "plan_layout",
    "read_gallery",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
