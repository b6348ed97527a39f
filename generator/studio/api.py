"""The page's own API: plans, edits and checks at once; pictures as jobs, told as server-sent events."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from generator.costs.estimate import estimate
from generator.painting.sources import read_source, sets_of
from generator.recipe import Result
from generator.review.base import Reviewer
from generator.settings import RenderSettings
from generator.studio import work
from generator.studio.answers import answered, complaints, described, failure, planned, shown
from generator.studio.events import event_stream
from generator.studio.jobs import Job
from generator.studio.openapi import document
from generator.studio.requests import MOST_ROUNDS, ROUNDS, body, read_count, read_plan, read_region, read_settings
from generator.studio.shared import Studio, studio_of
from generator.studio.uploads import MOST_BYTES
from planner import Plan
from planner.backends import describe_backends
from planner.editing import add_object, edit_by_words, move_object, remove_object, rename_object
from planner.errors import PlanError, RenderError
from planner.plan.document import is_blank
from planner.plan.parts import read_box

PAGE = Path(__file__).parent / "page"
MOST_DIGITS = 9  # of a number in an address or a header
FOREVER = {"cache-control": "private, max-age=31536000, immutable"}  # a picture never changes under its id


async def index(request: Request) -> Response:
    """The page, with the token that its requests carry."""
    text = (PAGE / "index.html").read_text(encoding="utf-8").replace("{{token}}", studio_of(request).token)
    return Response(text, media_type="text/html", headers={"cache-control": "no-store"})


@answered
async def models(request: Request) -> Response:
    """What may be painted with, each with its settings."""
    return JSONResponse(
        [
            {"name": name, "settings": studio_of(request).painters.settings(name).to_dict()}
            for name in studio_of(request).painters.models
        ]
    )


@answered
async def backends(request: Request) -> Response:
    """Who plans, and what each still needs."""
    needs = {backend.name: backend.needs for backend in describe_backends()}
    return JSONResponse([{"name": name, "needs": needs.get(name, "")} for name in studio_of(request).planners])


@answered
async def plan(request: Request) -> Response:
    """A sentence → a plan, with what the planner has to say."""
    asked = await body(request, "/api/plan")
    studio = studio_of(request)
    settings = read_settings(asked.get("settings"), studio.painters.settings(asked.get("model")))
    result = await run_in_threadpool(studio.plan, asked["sentence"], settings, asked)
    answer = await run_in_threadpool(planned, result.plan, settings)
    return JSONResponse(answer | {"backend": result.backend, "model": result.model, "notes": list(result.plan.notes)})


@answered
async def check(request: Request) -> Response:
    """What is wrong with a plan."""
    asked = await body(request, "/api/check")
    studio = studio_of(request)
    settings = read_settings(asked.get("settings"), studio.painters.settings(asked.get("model")))
    found = read_plan(asked["plan"], studio.uploads)
    return JSONResponse({"complaints": await run_in_threadpool(complaints, found, settings)})


@answered
async def edit(request: Request) -> Response:
    """Change one thing of a plan, prompts kept in step: add, move, rename, remove, or by words."""
    asked = await body(request, "/api/edit")
    studio = studio_of(request)
    settings = read_settings(asked.get("settings"), studio.painters.settings(asked.get("model")))
    before = Plan.from_dict(asked["plan"])  # uploads keep their names here, as nothing is opened
    edited = await run_in_threadpool(_edited, before, asked, settings)
    return JSONResponse(await run_in_threadpool(planned, edited, settings))


@answered
async def cost(request: Request) -> Response:
    """What painting a plan takes, before it is painted."""
    asked = await body(request, "/api/estimate")
    studio = studio_of(request)
    settings = read_settings(asked.get("settings"), studio.painters.settings(asked.get("model")))
    found = await run_in_threadpool(estimate, read_plan(asked["plan"], studio.uploads), settings)
    return JSONResponse({"lines": found.lines(), **found.to_dict()})


@answered
async def generate(request: Request) -> Response:
    """Paint a plan: a job."""
    asked = await body(request, "/api/generate")
    studio, images = studio_of(request), read_count(asked.get("images"), "images")
    base = studio.painters.settings(asked.get("model"))
    settings = read_settings(asked.get("settings"), base)
    found = read_plan(asked["plan"], studio.uploads)
    await run_in_threadpool(estimate, found, settings)
    given = {name: getattr(settings, name) for name in (asked.get("settings") or {})}
    job = studio.jobs.add(work.paint(studio.painters, studio.album, found, given, images, asked.get("model")))
    return JSONResponse(described(studio, job), 202)


@answered
async def repaint(request: Request) -> Response:
    """Change one thing in a picture: a job."""
    asked = await body(request, "/api/repaint")
    studio = studio_of(request)
    before = await run_in_threadpool(studio.album.open, str(asked["picture"]))
    if not isinstance(asked["words"], str) or is_blank(asked["words"]):
        raise PlanError("say what the region becomes")
    change = work.RepaintJob(
        asked["words"], read_region(asked, before.settings), asked.get("number"), asked.get("seed") or 0
    )
    images = read_count(asked.get("images"), "images")
    job = studio.jobs.add(work.repaint(studio.painters, studio.album, before, change, images))
    return JSONResponse(described(studio, job), 202)


@answered
async def reviewers(request: Request) -> Response:
    """Who can look at pictures, if anybody."""
    reviewer = studio_of(request).reviewer
    return JSONResponse([{"name": reviewer.name}] if reviewer else [])


@answered
async def review(request: Request) -> Response:
    """Look at a picture: a job."""
    asked, studio = await body(request, "/api/review"), studio_of(request)
    name, reviewer = studio.album.path(str(asked["picture"])).stem, _reviewer(studio)
    return JSONResponse(described(studio, studio.jobs.add(work.review(studio.album, name, reviewer))), 202)


@answered
async def mend(request: Request) -> Response:
    """Look at a picture and mend what is wrong with it: a job."""
    asked, studio = await body(request, "/api/mend"), studio_of(request)
    rounds = read_count(asked.get("rounds"), "rounds", usual=ROUNDS, most=MOST_ROUNDS)
    before = await run_in_threadpool(studio.album.open, str(asked["picture"]))
    mending = work.mend_picture(studio.painters, studio.album, before, _reviewer(studio), rounds)
    return JSONResponse(described(studio, studio.jobs.add(mending)), 202)


@answered
async def job_state(request: Request) -> Response:
    """A job's state, or its end: DELETE cancels it."""
    studio, job = studio_of(request), _job(request)
    if request.method == "DELETE":
        studio.jobs.cancel(job)
    return JSONResponse(described(studio, job))


@answered
async def job_events(request: Request) -> Response:
    """A job's events; a browser that lost the connection says with Last-Event-ID which it has."""
    studio, job = studio_of(request), _job(request)
    last = request.headers.get("last-event-id", "")
    known = int(last) + 1 if last.isdecimal() and len(last) <= MOST_DIGITS else 0
    return StreamingResponse(
        event_stream(studio.jobs, job, known), media_type="text/event-stream", headers={"cache-control": "no-store"}
    )


@answered
async def pictures(request: Request) -> Response:
    """The history, the newest first."""
    found = await run_in_threadpool(studio_of(request).album.listed)
    return JSONResponse([asdict(kept) for kept in found])


@answered
async def picture(request: Request) -> Response:
    """A picture: the PNG with its recipe, a thumbnail, or what it was made from; DELETE removes it."""
    studio, name = studio_of(request), request.path_params["name"]
    album = studio.album
    if request.method == "DELETE":
        album.delete(name)
        return Response(status_code=204)
    kind = request.path_params.get("kind", "json")
    if kind == "png":
        path = album.path(name)
        return FileResponse(path, media_type="image/png", headers=FOREVER)
    if kind == "jpg":
        small = await run_in_threadpool(album.thumbnail, name)
        return Response(small, media_type="image/jpeg", headers=FOREVER)
    opened = await run_in_threadpool(album.open, name)
    return JSONResponse(shown(opened.recipe) | {"picture": name})


@answered
async def open_file(request: Request) -> Response:
    """Read a dropped file: a picture of ours is kept in the history, a plan or a gallery's set is only shown.

    Of a gallery it is the set that `?set=` numbers, or the first; what the others are is told.
    """
    content, number = await request.body(), request.query_params.get("set", "0")
    if len(content) > MOST_BYTES:
        return failure(413, f"a file may have {MOST_BYTES >> 20} MB")
    if not number.isdecimal() or len(number) > MOST_DIGITS:
        raise RenderError(f"set must be a number from 0, got {number!r:.60}")
    return JSONResponse(await run_in_threadpool(_opened, studio_of(request), content, int(number)))


@answered
async def upload(request: Request) -> Response:
    """Keep a reference picture for an object."""
    content = await request.body()
    if len(content) > MOST_BYTES:
        return failure(413, f"a picture may have {MOST_BYTES >> 20} MB")
    return JSONResponse({"id": await run_in_threadpool(studio_of(request).uploads.add, content)}, 201)


def _reviewer(studio: Studio) -> Reviewer:
    if studio.reviewer is None:
        raise RenderError("nobody looks at pictures here; start the server with --review, such as --review detector")
    return studio.reviewer


def _job(request: Request) -> Job:
    job = studio_of(request).jobs.get(request.path_params["name"])
    if job is None:
        raise RenderError(f"there is no job {request.path_params['name']!r}")
    return job


def _edited(plan: Plan, asked: dict[str, Any], settings: RenderSettings) -> Plan:
    size: dict[str, Any] = {"width": settings.width, "height": settings.height}
    kind, number, prompt = asked["kind"], asked.get("number"), asked.get("prompt")
    if kind == "words":
        return edit_by_words(plan, str(asked.get("words", "")), **size).plan
    if kind == "add":
        return add_object(plan, str(prompt or ""), read_box(asked.get("box"), "box"), **size)
    if isinstance(number, bool) or not isinstance(number, int):
        raise PlanError(f"number must be an object's, from 0, got {number!r}")
    if kind == "move":
        return move_object(plan, number, read_box(asked.get("box"), "box"), **size)
    if kind == "rename":
        return rename_object(plan, number, str(prompt or ""))
    if kind == "remove":
        return remove_object(plan, number)
    raise PlanError(f"kind must be add, move, rename, remove or words, got {kind!r}")


def _opened(studio: Studio, content: bytes, number: int) -> dict[str, Any]:
    suffix = ".png" if content.startswith(b"\x89PNG") else ".json"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix}"
        path.write_bytes(content)
        if suffix == ".png":
            result = Result.open(path)
            return shown(result.recipe) | {"picture": studio.album.add(result)}
        sets = sets_of(path)
        return shown(read_source(path, number if sets else None, studio.painters.models[0])) | {"sets": sets}


@answered
async def openapi(request: Request) -> Response:
    """This document."""
    return JSONResponse(document(request.app.routes))


ROUTES = [
    Route("/api/openapi.json", openapi),
    Route("/api/models", models),
    Route("/api/backends", backends),
    Route("/api/plan", plan, methods=["POST"]),
    Route("/api/check", check, methods=["POST"]),
    Route("/api/edit", edit, methods=["POST"]),
    Route("/api/estimate", cost, methods=["POST"]),
    Route("/api/generate", generate, methods=["POST"]),
    Route("/api/repaint", repaint, methods=["POST"]),
    Route("/api/reviewers", reviewers),
    Route("/api/review", review, methods=["POST"]),
    Route("/api/mend", mend, methods=["POST"]),
    Route("/api/jobs/{name}", job_state, methods=["GET", "DELETE"]),
    Route("/api/jobs/{name}/events", job_events),
    Route("/api/pictures", pictures),
    Route("/api/pictures/{name}.{kind:str}", picture, name="picture_file"),
    Route("/api/pictures/{name}", picture, methods=["GET", "DELETE"]),
    Route("/api/open", open_file, methods=["POST"]),
    Route("/api/uploads", upload, methods=["POST"]),
]
