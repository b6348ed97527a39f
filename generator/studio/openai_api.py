"""Pictures for clients of OpenAI's API: `client.images.generate(…)` and `client.images.edit(…)` against this server.

ragplan's own wishes go in `extra_body`: seed, and for new pictures plan, style, backend, settings. Every PNG carries
its recipe, by which one that comes back for an edit can be repainted.
"""

from __future__ import annotations

import asyncio
import base64
import re
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from generator.pictures import opened
from generator.recipe import Result
from generator.regions.geometry import TokenGrid
from generator.regions.masking import TokenMask, mask_tokens
from generator.settings import RenderSettings
from generator.studio import work
from generator.studio.answers import answered, failure
from generator.studio.jobs import Job, Work
from generator.studio.requests import BODIES, body, fields, read_count, read_plan, read_settings
from generator.studio.shared import studio_of
from generator.studio.uploads import MOST_BYTES
from planner.errors import RenderError


@answered
async def images(request: Request) -> Response:
    """Paint a prompt as OpenAI's images/generations does, and answer when it is done."""
    asked = await body(request, "/v1/images/generations")
    studio, count, form = studio_of(request), read_count(asked.get("n"), "n"), _form(asked)
    model = _model(request, asked)
    given = {**(asked.get("settings") or {}), **_size(asked.get("size"))}
    given |= {"seed": asked["seed"]} if asked.get("seed") is not None else {}
    settings = read_settings(given, studio.painters.settings(model))
    if asked.get("plan") is not None:
        plan = read_plan(asked["plan"], studio.uploads)
    else:
        plan = (await run_in_threadpool(studio.plan, asked["prompt"], settings, asked)).plan
    chosen = {name: getattr(settings, name) for name in given}
    painting = work.paint(studio.painters, studio.album, plan, chosen, count, model)
    return await _answer(request, painting, form, plan.prompt)


@answered
async def edits(request: Request) -> Response:
    """Repaint a picture that ragplan painted, as OpenAI's images/edits does: where its mask is transparent.

    Without a mask the words say what becomes what.
    """
    async with request.form(max_files=2, max_fields=32, max_part_size=MOST_BYTES) as sent:
        named = {name.removesuffix("[]"): value for name, value in sent.multi_items()}
        files = {name: await value.read() for name, value in named.items() if isinstance(value, UploadFile)}
    asked = fields(named, BODIES["/v1/images/edits"])
    count, seed, form = read_count(_number(asked, "n", 1), "n"), _number(asked, "seed", 0), _form(asked)
    before = await run_in_threadpool(_picture, files.get("image", b""))
    _check_same(request, asked, before.settings)
    region = await run_in_threadpool(_region, files["mask"], before.settings) if "mask" in files else None
    studio, change = studio_of(request), work.RepaintJob(str(asked["prompt"]), region, seed=seed)
    repainting = work.repaint(studio.painters, studio.album, before, change, count)
    return await _answer(request, repainting, form, change.words)


async def _answer(request: Request, painting: Work, form: str, prompt: str) -> Response:
    """Have something painted and answer with its pictures; a client that goes away cancels it."""
    studio = studio_of(request)
    job = studio.jobs.add(painting)
    try:
        end = await finished(job)
    except asyncio.CancelledError:
        studio.jobs.cancel(job)
        raise
    if end["kind"] != "done":
        return failure(500, end.get("error", "the picture was cancelled"))
    data = [await run_in_threadpool(_datum, request, name, form) for name in end["pictures"]]
    return JSONResponse({"created": int(time.time()), "data": [one | {"revised_prompt": prompt} for one in data]})


async def finished(job: Job) -> dict[str, Any]:
    """Wait for a job's last event and return it."""
    while not job.is_over:
        await asyncio.to_thread(job.wait, len(job.events), 1.0)
    return job.events[-1]


def _datum(request: Request, name: str, form: str) -> dict[str, str]:
    if form == "url":
        return {"url": str(request.url_for("picture_file", name=name, kind="png"))}
    return {"b64_json": base64.b64encode(studio_of(request).album.path(name).read_bytes()).decode("ascii")}


def _form(asked: dict[str, Any]) -> str:
    form: str = asked.get("response_format") or "b64_json"
    if form not in ("b64_json", "url"):
        raise RenderError(f"response_format must be b64_json or url, got {form!r}")
    return form


def _model(request: Request, asked: dict[str, Any]) -> str | None:
    """Return the model of ours that is asked for; OpenAI's own names, which clients send unasked, mean the first."""
    name: str | None = asked.get("model")
    return name if name in studio_of(request).painters.models else None


def _size(text: Any) -> dict[str, int]:
    if text in (None, "auto"):
        return {}
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", str(text))
    if not match:
        raise RenderError(f"size must be WIDTHxHEIGHT in px, such as 256x256, or auto, got {text!r}")
    return {"width": int(match[1]), "height": int(match[2])}


def _number(asked: dict[str, Any], name: str, default: int) -> int:
    text = str(asked.get(name, default))
    if not re.fullmatch(r"\d{1,20}", text):
        raise RenderError(f"{name} must be a number, got {text[:40]!r}")
    return int(text)


def _picture(content: bytes) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.png"
        path.write_bytes(content)
        return Result.open(path)


def _check_same(request: Request, asked: dict[str, Any], settings: RenderSettings) -> None:
    """Raise `RenderError` for a picture of a model that is not offered, or where another size is asked for."""
    studio_of(request).painters.settings(settings.model)
    size = {"width": settings.width, "height": settings.height}
    if _size(asked.get("size")) not in ({}, size):
        raise RenderError(f"size must be the picture's own, {settings.width}x{settings.height}, got {asked['size']!r}")


def _region(content: bytes, settings: RenderSettings) -> TokenMask:
    """Return the tokens where a mask is transparent, as OpenAI's masks have it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mask.png"
        path.write_bytes(content)
        with opened(path, "the mask") as picture:
            alpha = np.asarray(picture.convert("RGBA").getchannel("A"))
    grid = TokenGrid.from_pixels(settings.width, settings.height)
    if (alpha > 0).all():
        raise RenderError("the mask has no transparent pixel, and what is transparent is painted anew")
    return TokenMask(tuple(mask_tokens(Image.fromarray(np.where(alpha > 0, 255, 0).astype(np.uint8)), grid)), grid)


ROUTES = [
    Route("/v1/images/generations", images, methods=["POST"]),
    Route("/v1/images/edits", edits, methods=["POST"]),
]
