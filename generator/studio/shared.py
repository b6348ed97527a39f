"""What the routes share: one worker, its models and planners, the pictures it made."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from generator.painting.failures import one_line
from generator.review.base import Reviewer
from generator.settings import RenderSettings
from generator.studio.album import Album
from generator.studio.jobs import Jobs
from generator.studio.uploads import Uploads
from generator.studio.work import Painters
from planner import Planner
from planner.errors import PlanError
from planner.planner import PlanningResult


@dataclass
class Studio:
    """What the routes share.

    painters: who paints.
    album: the pictures that were made.
    uploads: pictures for objects.
    planners: the planners that a page may choose, by name.
    api_key: what every request must carry; None: nothing, for servers that only this machine reaches.
    token: what the page's own requests carry, so that no other site can make them.
    page: whether the page is served; False: the API alone.
    reviewer: who can look at pictures; None: nobody.
    jobs: what is painted now and next.
    """

    painters: Painters
    album: Album
    uploads: Uploads
    planners: dict[str, Planner]
    api_key: str | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    page: bool = True
    reviewer: Reviewer | None = None
    jobs: Jobs = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = Jobs(self.said)

    def said(self, error: Exception) -> str:
        """Return what a page is told of an error: one line, without the folders where this server keeps its files."""
        text = one_line(error).replace(f"{self.album.folder}{os.sep}", "")
        return re.sub(rf"{re.escape(tempfile.gettempdir())}{re.escape(os.sep)}\w+{re.escape(os.sep)}", "", text)

    def plan(self, sentence: Any, settings: RenderSettings, asked: Mapping[str, Any]) -> PlanningResult:
        """Plan a sentence for the settings' canvas.

        asked: a request's "backend", the first planner where there is none, and "style".
        Raises `PlanError` for a planner that is not offered, and as it does.
        """
        name = asked.get("backend") or next(iter(self.planners))
        if name not in self.planners:
            raise PlanError(f"backend must be one of {', '.join(self.planners)}, got {name!r}")
        if not isinstance(sentence, str):
            raise PlanError(f"the sentence must be text, got {sentence!r}")
        size = {"width": settings.width, "height": settings.height}
        return self.planners[name].plan(sentence, style=asked.get("style") or None, **size)


def studio_of(request: Request) -> Studio:
    """Return what the routes share."""
    studio: Studio = request.app.state.studio
    return studio
