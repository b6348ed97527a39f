"""What the routes share: one worker, its models and planners, the pictures it made."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from generator.studio.album import Album
from generator.studio.jobs import Jobs
from generator.studio.uploads import Uploads
from generator.studio.work import Painters
from planner import Planner
from planner.errors import PlanError


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
    jobs: what is painted now and next.
    """

    painters: Painters
    album: Album
    uploads: Uploads
    planners: dict[str, Planner]
    api_key: str | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    page: bool = True
    jobs: Jobs = field(default_factory=Jobs)

    def planner(self, name: Any = None) -> Planner:
        """Return the planner of a name, the first for none. Raises `PlanError` for one that is not offered."""
        if not name:
            return next(iter(self.planners.values()))
        if name not in self.planners:
            raise PlanError(f"backend must be one of {', '.join(self.planners)}, got {name!r}")
        return self.planners[name]


def studio_of(request: Request) -> Studio:
    """Return what the routes share."""
    studio: Studio = request.app.state.studio
    return studio
