"""Pictures for clients of OpenAI's API: `client.images.generate(…)` and `client.images.edit(…)` against this server.

ragplan's own wishes go in `extra_body`: seed, plan, style, backend, settings. The PNG carries its recipe all the same.
"""

from __future__ import annotations

import asyncio
import base64
import re
import time
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from generator.studio import work
from generator.studio.answers import answered, failure
from generator.studio.jobs import Job
from generator.studio.requests import body, fields, read_count, read_plan, read_settings
from generator.studio.shared import studio_of
from planner.errors import RenderError

OPTIONAL = (
    "n", "size", "response_format", "model", "seed", "plan", "style", "backend", "settings",
    "user", "quality", "background", "moderation", "output_format",
)  # fmt: skip


@answered
async def images(request: Request) -> Response:
    """Paint a prompt as OpenAI's images/generations does, and answer when it is done."""
    asked = fields(await body(request), ("prompt",), OPTIONAL)
    studio = studio_of(request)
    count, form = read_count(asked.get("n"), "n"), asked.get("response_format") or "b64_json"
    if form not in ("b64_json", "url"):
        raise RenderError(f"response_format must be b64_json or url, got {form!r}")
    model = asked.get("model") if asked.get("model") in studio.painters.models else None
    given = {**(asked.get("settings") or {}), **_size(asked.get("size"))}
    given |= {"seed": asked["seed"]} if asked.get("seed") is not None else {}
    settings = read_settings(given, studio.painters.settings(model))
    if asked.get("plan") is not None:
        plan = read_plan(asked["plan"], studio.uploads)
    else:
        planner = studio.planner(asked.get("backend"))
        size = {"width": settings.width, "height": settings.height}
        result = await run_in_threadpool(planner.plan, str(asked["prompt"]), style=asked.get("style"), **size)
        plan = result.plan
    chosen = {name: getattr(settings, name) for name in given}
    job = studio.jobs.add(work.paint(studio.painters, studio.album, plan, chosen, count, model))
    try:
        end = await finished(job)
    except asyncio.CancelledError:
        studio.jobs.cancel(job)
        raise
    if end["kind"] != "done":
        return failure(500, end.get("error", "the picture was cancelled"))
    data = [await run_in_threadpool(_datum, request, name, form) for name in end["pictures"]]
    return JSONResponse({"created": int(time.time()), "data": [one | {"revised_prompt": plan.prompt} for one in data]})


async def finished(job: Job) -> dict[str, Any]:
    """Wait for a job's last event and return it."""
    while not job.is_over:
        await asyncio.to_thread(job.wait, len(job.events), 1.0)
    return job.events[-1]


def _datum(request: Request, name: str, form: str) -> dict[str, str]:
    if form == "url":
        return {"url": str(request.url_for("picture_file", name=name, kind="png"))}
    return {"b64_json": base64.b64encode(studio_of(request).album.path(name).read_bytes()).decode("ascii")}


def _size(text: Any) -> dict[str, int]:
    if text in (None, "auto"):
        return {}
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", str(text))
    if not match:
        raise RenderError(f"size must be WIDTHxHEIGHT in px, such as 256x256, or auto, got {text!r}")
    return {"width": int(match[1]), "height": int(match[2])}


ROUTES = [Route("/v1/images/generations", images, methods=["POST"])]
