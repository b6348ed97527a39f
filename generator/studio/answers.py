"""What the server answers: plans, recipes and jobs as a page gets them, and errors in words."""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from generator.recipe import Recipe
from generator.settings import RenderSettings
from generator.studio.guard import TooLargeError
from generator.studio.jobs import Job, QueueFullError
from generator.studio.shared import Studio, studio_of
from generator.studio.work import review_shown
from planner import Plan
from planner.errors import BackendError, RagplanError
from planner.tasks.sentences import check_written

log = logging.getLogger("ragplan")

Handler = Callable[[Request], Awaitable[Response]]
STATUSES: dict[type[Exception], int] = {
    TooLargeError: 413,
    QueueFullError: 429,
    BackendError: 502,
    RagplanError: 422,
}
SETTINGS_SHOWN = (
    "model", "width", "height", "steps", "guidance_scale", "hard_binding_steps", "refinement_strength", "seed",
)  # fmt: skip


def answered(handler: Handler) -> Handler:
    """Answer in words what goes wrong in a handler: 413 and 422 the request, 429 a full queue, 502 a planner's server.

    500 for what was not foreseen.
    """

    @functools.wraps(handler)
    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except Exception as error:
            log.debug("a request failed", exc_info=True)
            status = next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 500)
            return failure(status, studio_of(request).said(error))

    return guarded


def failure(status: int, message: str) -> JSONResponse:
    """Return an error's answer, in the form of OpenAI's API."""
    return JSONResponse({"error": {"message": message, "type": "invalid_request_error", "code": status}}, status)


def planned(plan: Plan, settings: RenderSettings) -> dict[str, Any]:
    """Return a plan as a page gets it."""
    size = {"width": settings.width, "height": settings.height}
    return {"plan": plan.to_dict(), "complaints": complaints(plan, settings), **size}


def complaints(plan: Plan, settings: RenderSettings) -> list[dict[str, Any]]:
    """Return what is wrong with a plan, and where it is not what its sentence says, as plain JSON values."""
    return [asdict(one) for one in check_written(plan, width=settings.width, height=settings.height)]


def shown(recipe: Recipe) -> dict[str, Any]:
    """Return what a recipe's picture shows, as a page gets it; files that it names are not told."""
    settings = {name: value for name, value in recipe.settings.to_dict().items() if name in SETTINGS_SHOWN}
    changes = [repaint.object_prompt for repaint in recipe.repaints]
    seen = recipe.reviewed and review_shown(recipe.reviewed.review, recipe.shown)
    return planned(recipe.shown, recipe.settings) | {"settings": settings, "repaints": changes, "review": seen}


def described(studio: Studio, job: Job) -> dict[str, Any]:
    """Return a job's state as a page gets it."""
    return {"job": job.id, "state": job.state, "place": studio.jobs.place(job), "events": len(job.events)}
