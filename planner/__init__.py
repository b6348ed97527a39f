"""One sentence → a layout plan. Nothing here needs torch.

The names are loaded on use (`lazy.py`).

In order: `errors.py` and `complaints.py`, `plan/` (what a plan is), `formats/` (plans as other programs write them),
`checks/` (whether it is good), `lexicon/` (words), `scene/` and `english/` (a sentence laid out and read without a
model), `tasks/` (what a model may be asked), `loop/` (how it is asked), `backends/` (who is asked), `planner.py` (the
door to all of it), `drawing.py` (a plan as an image), `editing/` (a plan changed by calls and by words); then
`evaluation/` (how good plans are) and `tuning/` (the small local model's adapter).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.lazy import lazy_names

if TYPE_CHECKING:
    from planner.checks import can_generate, check_plan
    from planner.complaints import Complaint
    from planner.drawing import draw_plan
    from planner.errors import BackendError, PlanError, RagplanError, RenderError
    from planner.formats import export_plan, import_plan
    from planner.loop.cache import PlanCache
    from planner.plan import Box, Cell, ImagePrompt, ObjectBox, Plan, Row
    from planner.plan.gallery import GalleryEntry, GalleryRepaint, GallerySettings, read_gallery
    from planner.planner import Planner, PlanningResult, plan_layout

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
    "export_plan",
    "import_plan",
    "plan_layout",
    "read_gallery",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "planner.checks": ("can_generate", "check_plan"),
        "planner.complaints": ("Complaint",),
        "planner.drawing": ("draw_plan",),
        "planner.errors": ("BackendError", "PlanError", "RagplanError", "RenderError"),
        "planner.formats": ("export_plan", "import_plan"),
        "planner.loop.cache": ("PlanCache",),
        "planner.plan": ("Box", "Cell", "ImagePrompt", "ObjectBox", "Plan", "Row"),
        "planner.plan.gallery": ("GalleryEntry", "GalleryRepaint", "GallerySettings", "read_gallery"),
        "planner.planner": ("Planner", "PlanningResult", "plan_layout"),
    },
)
