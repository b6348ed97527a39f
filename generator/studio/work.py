"""What the worker does: paint plans and repaint pictures, told as events with previews, kept in the album."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from generator.mending import MendLimits, Round, mend, review_picture
from generator.painting.painter import Painter
from generator.progress import OnProgress, Progress
from generator.recipe import Result
from generator.regions.masking import TokenMask
from generator.review.base import Reviewer
from generator.review.findings import Review
from generator.seeds import seed_of_picture
from generator.settings import LoadOptions, RenderSettings
from generator.studio.album import Album
from generator.studio.jobs import Job, Work
from planner.errors import RenderError
from planner.plan import Box, Plan

PREVIEW_EVERY = 2
PREVIEW_PX = 256


class Painters:
    """The models that this server may paint with, one of them loaded at a time.

    models: names, folders or hub ids; the first is painted with where a request names none.
    """

    def __init__(self, models: Sequence[str], loading: LoadOptions | None = None, **settings: Any) -> None:
        self.models, self._loading, self._settings = tuple(models), loading, settings
        self._lock = threading.Lock()
        self._painter: Painter | None = None
        self.get(self.models[0])

    def settings(self, model: str | None = None) -> RenderSettings:
        """Return a model's own settings with the server's. Raises `RenderError` as `get`; loads nothing."""
        return RenderSettings.for_model(self._offered(model), **self._settings)

    def get(self, model: str | None = None) -> Painter:
        """Return a model's painter; the last one is let go of. Raises `RenderError` for one that is not offered."""
        wanted = self._offered(model)
        with self._lock:
            if self._painter is None or self._painter.settings.model != wanted:
                self._painter = None
                self._painter = Painter(wanted, loading=self._loading, **self._settings)
            return self._painter

    def _offered(self, model: str | None) -> str:
        if model is not None and model not in self.models:
            raise RenderError(f"model must be one of {', '.join(self.models)}, got {model!r}")
        return model or self.models[0]


def paint(
    painters: Painters, album: Album, plan: Plan, settings: dict[str, Any], images: int, model: str | None
) -> Work:
    """Return the work of painting a plan `images` times, seeds counting up; the job ends with the pictures' ids."""

    def work(job: Job) -> dict[str, Any]:
        names: list[str] = []
        painter = painters.get(model)
        for number in range(images):
            given = dict(settings)
            if given.get("seed") is not None:
                given["seed"] = seed_of_picture(given["seed"], number)
            result = painter.paint(plan, on_progress=teller(job, number, images), **given)
            names.append(album.add(result))
            job.tell("picture", id=names[-1], seed=result.settings.seed)
        return {"pictures": names}

    return work


@dataclass(frozen=True)
class RepaintJob:
    """What becomes different in a picture.

    words: what the region becomes, or what becomes what.
    region: what is painted anew; None: what the words or the number say.
    number: the object that changes, from 0; None: what the words say.
    seed: of the first new region.
    """

    words: str
    region: Box | TokenMask | None = None
    number: int | None = None
    seed: int = 0


def repaint(painters: Painters, album: Album, before: Result, change: RepaintJob, images: int = 1) -> Work:
    """Return the work of changing one thing in a picture, `images` times, seeds counting up; ends with their ids."""

    def work(job: Job) -> dict[str, Any]:
        names = []
        painter = painters.get(before.settings.model)
        for image in range(images):
            result = painter.repaint(
                before,
                change.words,
                region=change.region,
                number=change.number,
                seed=(change.seed + image) % 2**64,
                on_progress=teller(job, image, images),
            )
            names.append(album.add(result))
            job.tell("picture", id=names[-1], seed=result.settings.seed)
        return {"pictures": names, "plan": result.plan.to_dict()}

    return work


def review(album: Album, name: str, reviewer: Reviewer) -> Work:
    """Return the work of looking at a picture of the album; the job ends with what was seen."""

    def work(job: Job) -> dict[str, Any]:
        before = album.open(name)
        seen = review_picture(before, reviewer, on_progress=teller(job, 0, 1))
        return {"pictures": [name], "review": review_shown(seen, before.plan)}

    return work


def mend_picture(painters: Painters, album: Album, before: Result, reviewer: Reviewer, rounds: int) -> Work:
    """Return the work of looking at a picture and mending it; the job ends with the best one's id and its review.

    Every round is an event: what was done, what was seen, whether it was kept.
    """

    def work(job: Job) -> dict[str, Any]:
        def on_round(finished: Round) -> None:
            job.tell("round", lines=finished.lines(), **finished.to_dict())

        painter = painters.get(before.settings.model)
        limits = MendLimits(rounds)
        mended = mend(painter, before, reviewer, limits=limits, on_progress=teller(job, 0, 1), on_round=on_round)
        if mended.review is None:
            raise RenderError(mended.stopped)
        names = [album.add(mended.result)]
        seen = review_shown(mended.review, mended.result.plan)
        return {"pictures": names, "review": seen, "stopped": mended.stopped}

    return work


def review_shown(review: Review, plan: Plan) -> dict[str, Any]:
    """Return what was seen in a picture as a page gets it, each finding with its verdict, and all of it in lines."""
    findings = [found.to_dict() | {"verdict": found.verdict, "right": found.is_right} for found in review.findings]
    return {**review.to_dict(), "findings": findings, "lines": review.lines(plan), "right": review.is_right}


def teller(job: Job, number: int, images: int) -> OnProgress:
    """Return a listener that passes a painter's progress on as a job's events, every second step with a preview."""

    def listen(progress: Progress) -> None:
        values = progress.to_dict() | {"image": number, "images": images}
        wanted = progress.preview is not None and progress.done % PREVIEW_EVERY == 0 and not progress.is_whole
        if wanted and progress.preview is not None and (picture := progress.preview()) is not None:
            values["preview"] = data_url(picture)
        job.tell("progress", **values)

    return listen


def data_url(picture: Any) -> str:
    """Return a small picture as text that a page can show."""
    picture.thumbnail((PREVIEW_PX, PREVIEW_PX))
    file = io.BytesIO()
    picture.convert("RGB").save(file, "JPEG", quality=70)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")
