"""The whole way from a sentence to a picture, in one call; `Painter` does the same with a model that stays loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from generator.families.profiles.checkpoint import EMBEDDED
from generator.mending import MendLimits, mend
from generator.mending.replanning import by
from generator.painting.painter import Painter
from generator.progress import OnProgress, ignore
from generator.recipe import Recipe, Result
from generator.regions.masking import TokenMask
from generator.review import Reviewer, get_reviewer
from generator.review.base import check_ready
from generator.settings import LoadOptions, RenderSettings
from planner import Planner
from planner.backends import Backend
from planner.errors import RenderError
from planner.plan import Box, ImagePrompt, Plan

if TYPE_CHECKING:
    from generator.adapters.embeds import ImageEmbeds, NativePicture
    from generator.regions.pipeline import RegionalPipeline


def plan_and_generate(
    sentence: str,
    *,
    backend: str | Backend = "auto",
    llm: str | None = None,
    model: str = EMBEDDED,
    images: Mapping[int, ImagePrompt] | None = None,
    style: str | None = None,
    on_progress: OnProgress = ignore,
    **settings: Any,
) -> Result:
    """Plan a sentence, paint the plan and, where somebody looks at the picture, mend what is wrong with it.

    backend: a planner's name ("auto", "rules", "openai,rules") or any object with `complete(request)`.
    llm: the language model that plans, where the backend has one.
    model: "embedded", a checkpoint folder or a hub id.
    images: reference pictures, by the numbers of the plan's objects, from 0.
    style: words for every prompt, such as "watercolor".
    on_progress: called with what is done and how far it is; what it raises stops the work.
    settings: fields of `RenderSettings` (width, height, steps, seed, …) and of `LoadOptions` (device, offload, …); what
        is not given is the model's own. `review` says who looks at the picture: "detector", "vlm:MODEL", "sprites" or
        any object with `name` and `review`; with it `rounds` and `seconds`, how long is mended (`MendLimits`). What was
        seen and done is in the result's `recipe.reviewed`; `generator.mend` tells every round.

    Raises `PlanError` when no valid plan comes of the sentence, `BackendError` where no planner answers, `RenderError`
    for settings, a model or pictures that cannot be had; these, and what a reviewer lacks, before anything is planned.
    """
    planner = Planner(backend, llm=llm)
    reviewer, limits = _looking(settings)
    painter = Painter(model, planner=planner, **settings)
    if reviewer is not None:
        check_ready(reviewer)
    result = painter.paint(sentence, images=images, style=style, on_progress=on_progress)
    if reviewer is None:
        return result
    replan = by(planner, result.recipe)
    mended = mend(painter, result, reviewer, limits=limits, replan=replan, on_progress=on_progress)
    return replace(mended.result, notes=(*result.notes, mended.stopped))


def _looking(settings: dict[str, Any]) -> tuple[Reviewer | None, MendLimits]:
    """Take who looks, and how long is mended, out of the settings."""
    given = {name: settings.pop(name) for name in ("rounds", "seconds") if name in settings}
    review, limits = settings.pop("review", None), MendLimits(**given)
    if given and review is None:
        raise RenderError(f"{next(iter(given))} needs somebody who looks: review=NAME")
    return None if review is None else get_reviewer(review, device=settings.get("device")), limits


def change_and_repaint(
    before: Result,
    sentence: str,
    *,
    region: Box | TokenMask | None = None,
    backend: str | Backend = "auto",
    llm: str | None = None,
    device: str | None = None,
    pipe: RegionalPipeline | None = None,
    seed: int = 0,
) -> Result:
    """Change one thing in a picture by a sentence: plan the change, and paint its region anew.

    before: a picture, one that was changed before, too.
    sentence: what becomes what ("the apple becomes a cube"), or what `region` shows.
    region: what is painted anew, a box in fractions of the picture; None: the box of the object that changes.
    backend, llm, device: as in `plan_and_generate`.
    pipe: a model that is loaded already.
    seed: of the new thing's own noise.

    Raises `PlanError` when nothing of the picture can change so.
    """
    planner = Planner(backend, llm=llm)
    painter = Painter.of(pipe, planner=planner) if pipe else Painter(planner=planner, loading=LoadOptions(device))
    return painter.repaint(before, sentence, region=region, seed=seed)


def generate(
    what: Plan | Recipe,
    settings: RenderSettings | None = None,
    *,
    device: str | None = None,
    loading: LoadOptions | None = None,
    pipe: RegionalPipeline | None = None,
    quiet: bool = True,
    image_embeds: Mapping[int, ImageEmbeds | NativePicture] | None = None,
    on_progress: OnProgress = ignore,
) -> Result:
    """Paint a plan, or what a recipe says.

    what: a plan with settings, or a recipe, which has its own.
    device: "cpu", "cuda", …; None takes CUDA where there is one.
    loading: how the model is loaded and run.
    pipe: a model that is loaded already, in place of the settings'.
    quiet: no progress bar.
    image_embeds: what an adapter made of a picture before, by the objects' numbers; the plan's other reference pictures
        are encoded here.
    on_progress: called with what is done and how far it is; what it raises stops the work.

    Raises `RenderError` or `PlanError`, before any model is loaded, for what cannot be painted.
    """
    recipe = what if isinstance(what, Recipe) else Recipe(what, settings or RenderSettings.for_model(EMBEDDED))
    chosen = (loading or LoadOptions()).on(device)
    painter = Painter.of(pipe, quiet=quiet) if pipe else Painter(loading=chosen, quiet=quiet)
    return painter.paint(recipe, image_embeds=image_embeds, on_progress=on_progress)
