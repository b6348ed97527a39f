"""One sentence → a layout plan. Nothing here needs torch."""

from planner.cache import PlanCache
from planner.checks import Complaint, can_generate, check_plan
from planner.errors import BackendError, PlanError, RagplanError, RenderError
from planner.gallery import GalleryEntry, GalleryRepaint, GallerySettings, read_gallery
from planner.plan import Box, Cell, ImagePrompt, ObjectBox, Plan, Row
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
    "plan_layout",
    "read_gallery",
]
