"""The application of `ragplan studio` and `ragplan serve`: the page and the API over one worker."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from generator.review import get_reviewer
from generator.settings import LoadOptions
from generator.studio import api, openai_api
from generator.studio.album import Album
from generator.studio.guard import Guard
from generator.studio.shared import Studio
from generator.studio.uploads import Uploads
from generator.studio.work import Painters
from planner import Planner

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def warm_up(planners: Mapping[str, Planner]) -> None:
    """Have the reader of English loaded before the first sentence comes, where a planner needs it."""
    if "rules" in planners:
        planners["rules"].plan("a cup", width=256, height=256)


def create_app(
    models: Sequence[str] = ("embedded",),
    *,
    folder: Path,
    loading: LoadOptions | None = None,
    planners: Sequence[str] = ("auto", "rules"),
    api_key: str | None = None,
    hosts: Sequence[str] = LOOPBACK,
    page: bool = True,
    **settings: Any,
) -> Starlette:
    """Return the ASGI application; it mounts in any other.

    models: what may be painted with; the first where a request names none. The embedded one's pictures can be looked at
        and mended; for other reviewers make a `Studio` and its `application`.
    folder: where pictures are kept.
    loading: how models are loaded.
    planners: names of planners that may be chosen.
    api_key: asked of every request, as "Authorization: Bearer KEY"; None: of none.
    hosts: names under which the server may be reached.
    page: False for the API alone.
    settings: fields of `RenderSettings` for all pictures, such as steps.
    Raises `RenderError` for a model or settings that cannot be had.
    """
    studio = make_studio(models, folder, loading, planners, **settings)
    studio.api_key, studio.page = api_key, page
    return application(studio, hosts)


def make_studio(
    models: Sequence[str], folder: Path, loading: LoadOptions | None, planners: Sequence[str], **settings: Any
) -> Studio:
    """Return what the routes share, as `create_app` says it; no key, with a page."""
    return Studio(
        Painters(models, loading, **settings),
        Album(folder),
        Uploads(folder / "uploads"),
        {name: Planner(name) for name in planners},
        reviewer=get_reviewer("sprites") if models[0] == "embedded" else None,
    )


def application(studio: Studio, hosts: Sequence[str] = LOOPBACK, frames: Sequence[str] = ()) -> Starlette:
    """Return the ASGI application of a studio.

    hosts: names under which it may be reached; "*" for all.
    frames: sites whose pages may show it in a frame, "https://example.org".
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        threading.Thread(target=warm_up, args=(studio.planners,), daemon=True).start()
        yield
        studio.jobs.close()

    routes: list[Route | Mount] = [*api.ROUTES, *openai_api.ROUTES]
    if studio.page:
        routes += [Route("/", api.index), Mount("/page", StaticFiles(directory=api.PAGE))]
    guard = Middleware(Guard, studio=studio, hosts=hosts, frames=frames)
    app = Starlette(routes=routes, lifespan=lifespan, middleware=[guard])
    app.state.studio = studio
    return app
