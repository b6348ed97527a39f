"""What the server answers: plans, recipes and jobs as a page gets them, and errors in words."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from generator.recipe import Recipe
from generator.settings import RenderSettings
from generator.studio.jobs import Job, QueueFullError
from generator.studio.shared import Studio
from generator.studio.work import review_shown
from planner import Plan, check_plan
from planner.errors import BackendError, RagplanError

Handler = Callable[[Request], Awaitable[Response]]
SETTINGS_SHOWN = (
    "model", "width", "height", "steps", "guidance_scale", "hard_binding_steps", "refinement_strength", "seed",
)  # fmt: skip


def answered(handler: Handler) -> Handler:
    """Answer in words what goes wrong in a handler: 422 the request, 429 a full queue, 502 a planner's server."""

    @functools.wraps(handler)
    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except QueueFullError as error:
            return failure(429, str(error))
        except BackendError as error:
            return failure(502, str(error))
        except RagplanError as error:
            return failure(422, str(error))

    return guarded


def failure(status: int, message: str) -> JSONResponse:
    """Return an error's answer, in the form of OpenAI's API."""
    return JSONResponse({"error": {"message": message, "type": "invalid_request_error", "code": status}}, status)


def planned(plan: Plan, settings: RenderSettings) -> dict[str, Any]:
    """Return a plan as a page gets it."""
    size = {"width": settings.width, "height": settings.height}
    return {"plan": plan.to_dict(), "complaints": complaints(plan, settings), **size}


def complaints(plan: Plan, settings: RenderSettings) -> list[dict[str, Any]]:
    """Return what is wrong with a plan, as plain JSON values."""
    return [asdict(one) for one in check_plan(plan, width=settings.width, height=settings.height)]


def shown(recipe: Recipe) -> dict[str, Any]:
    """Return what a recipe's picture shows, as a page gets it; files that it names are not told."""
    settings = {name: value for name, value in recipe.settings.to_dict().items() if name in SETTINGS_SHOWN}
    changes = [repaint.object_prompt for repaint in recipe.repaints]
    seen = recipe.reviewed and review_shown(recipe.reviewed.review, recipe.shown)
    return planned(recipe.shown, recipe.settings) | {"settings": settings, "repaints": changes, "review": seen}


def described(studio: Studio, job: Job) -> dict[str, Any]:
    """Return a job's state as a page gets it."""
    return {"job": job.id, "state": job.state, "place": studio.jobs.place(job), "events": len(job.events)}
