"""Several pictures, one after the other with a model that is loaded once, or as one batch. No torch at import."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

from generator.adapters.references import read_references
from generator.agent import Result, generate, ready, seeded, tell_unknown_words, with_seed
from generator.costs.estimate import estimate
from generator.load_options import LoadOptions
from generator.packages import check_torchvision
from generator.regions.masking import Repaint
from generator.settings import RenderSettings
from planner.errors import RenderError
from planner.plan import Plan


@dataclass(frozen=True)
class Job:
    """One picture to paint, or to paint a region of anew."""

    plan: Plan
    settings: RenderSettings
    repaint: Repaint | None = None

    def one(self, number: int) -> Job:
        """Return picture `number` of several, from 0: their seeds count up from the job's, where it has one."""
        seed = self.settings.seed
        return self if seed is None else replace(self, settings=self.settings.changed(seed=seed + number))


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
    check_torchvision()
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


def generate_together(
    jobs: Sequence[Job],
    *,
    images: int = 1,
    device: str | None = None,
    loading: LoadOptions | None = None,
    quiet: bool = True,
) -> Iterator[Result]:
    """Paint `images` pictures of each job as one batch, and yield them job by job; seeds count up from the job's.

    Each is the picture of a call of its own, but for rounding. The other arguments are those of `generator.generate`.
    Raises `RenderError` before anything is loaded for jobs that cannot be one batch: they need the same settings but
    the seed, plans with the same cells, and nothing that is painted anew; several plans have no reference pictures.
    """
    check_together(jobs)
    estimate([job.plan for job in jobs], jobs[0].settings, images=images)
    return _painted_together(jobs, images, device, loading or LoadOptions(), quiet)


def _painted_together(
    jobs: Sequence[Job], images: int, device: str | None, loading: LoadOptions, quiet: bool
) -> Iterator[Result]:
    plans, settings = [job.plan for job in jobs], jobs[0].settings
    for plan in plans:
        tell_unknown_words(plan, settings.model)
    seeded_jobs = [replace(job, settings=with_seed(job.settings)) for job in jobs]
    each = [job.one(number) for job in seeded_jobs for number in range(images)]
    noise = [seeded(one.settings, device) for one in each]
    pipe, arguments = ready(plans[0], settings, device, loading)
    pipe.set_progress_bar_config(disable=quiet)
    painted = pipe(plans, generator=noise, num_images_per_prompt=images, **arguments).images
    for one, image in zip(each, painted, strict=True):
        yield Result(image, one.plan, one.settings)


def check_together(jobs: Sequence[Job]) -> None:
    """Raise `RenderError` for jobs that cannot be painted as one batch; for their plans `estimate` does."""
    for number, job in enumerate(jobs):
        if job.repaint is not None:
            raise RenderError(f"plan {number} is of a repainted picture, and these are painted alone, not in a batch")
        for name in (field.name for field in fields(RenderSettings) if field.name != "seed"):
            first, other = getattr(jobs[0].settings, name), getattr(job.settings, name)
            if other != first:
                raise RenderError(
                    f"pictures of one batch need the same settings, but {name} is {first!r} for plan 0 and {other!r} "
                    f"for plan {number}; say which, or paint them one after the other"
                )
