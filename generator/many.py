"""Several pictures, one after the other, with a model that is loaded once. No torch at import."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generator.adapters.references import read_references
from generator.agent import Result, generate
from generator.estimate import estimate
from generator.load_options import LoadOptions
from generator.repaint_request import RepaintRecipe
from generator.settings import RenderSettings
from planner.plan import Plan


@dataclass(frozen=True)
class Job:
    """One picture to paint, or to paint a region of anew."""

    plan: Plan
    settings: RenderSettings
    repaint: RepaintRecipe | None = None


def generate_many(
    jobs: Sequence[Job], *, device: str | None = None, loading: LoadOptions | None = None, quiet: bool = True
) -> Iterator[Result]:
    """Paint pictures one after the other and yield each as soon as it is there, so that it can be saved.

    Jobs in a row with the same weights share a model, but for plans with reference pictures, which load what these
    need. The other arguments are those of `generator.generate`. Raises `RenderError` or `PlanError` before anything is
    loaded if one of the jobs cannot be painted.
    """
    for job in jobs:
        estimate(job.plan, job.settings, repaint=job.repaint)
        read_references(job.plan)
    return _painted(jobs, device, loading or LoadOptions(), quiet)


def _painted(jobs: Sequence[Job], device: str | None, loading: LoadOptions, quiet: bool) -> Iterator[Result]:
    from generator.loading import load_pipeline

    pipe, loaded = None, {}
    for job in jobs:
        weights = job.settings.weights()
        if any(item.image for item in job.plan.objects):
            pipe = None
            yield generate(job.plan, job.settings, device=device, loading=loading, quiet=quiet, repaint=job.repaint)
            continue
        if pipe is None or weights != loaded:
            pipe = None  # lets go of the last one first
            pipe, loaded = load_pipeline(**weights, device=device, **loading.arguments()), weights
        yield generate(job.plan, job.settings, device=device, pipe=pipe, quiet=quiet, repaint=job.repaint)
