"""The whole way from a sentence to a picture."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL.Image import Image

from generator.adapters.control_request import control_arguments
from generator.adapters.references import Reference, read_reference, read_references, with_images
from generator.embedded.catalogue import OBJECTS, read_prompt
from generator.load_options import LoadOptions
from generator.packages import check_torchvision
from generator.regions.masking import Repaint
from generator.settings import EMBEDDED, RenderSettings, repaint_binding_steps
from planner import Planner, plan_layout
from planner.backends import Backend
from planner.errors import RenderError
from planner.plan import Box, ImagePrompt, Plan
from planner.tasks.rewriting import NewPrompts

if TYPE_CHECKING:
    import torch

    from generator.adapters.embeds import ImageEmbeds
    from generator.pipeline import PlanPainting

log = logging.getLogger("ragplan")


@dataclass(frozen=True)
class Result:
    """A picture and what makes it again: its plan, settings (the seed filled in) and what was painted anew, if any."""

    image: Image
    plan: Plan
    settings: RenderSettings
    repaint: Repaint | None = None


def plan_and_generate(
    sentence: str,
    *,
    backend: str | Backend = "auto",
    llm: str | None = None,
    model: str = EMBEDDED,
    device: str | None = None,
    images: Mapping[int, ImagePrompt] | None = None,
    **settings: Any,
) -> Result:
    """Plan a sentence and paint the plan.

    backend: a planner's name ("auto", "rules", "openai,rules") or any object with `complete(request)`. llm: the
    language model that plans, where the backend has one. model: "embedded", a checkpoint folder or a hub id. device:
    "cpu", "cuda", …; None takes CUDA where there is one. images: reference pictures, by the numbers of the plan's
    objects, from 0. settings: fields of `RenderSettings` (width, height, steps,
    seed, …); what is not given is the model's own.
    Raises PlanError when no valid plan comes of the sentence, RenderError for settings that cannot be painted and
    pictures that cannot be read, these before anything is planned.
    """
    for number, image in (images or {}).items():
        read_reference(number, image)
    chosen = RenderSettings.for_model(model, **settings)
    plan = plan_layout(sentence, backend, llm=llm, width=chosen.width, height=chosen.height)
    return generate(with_images(plan, images or {}), chosen, device=device)


def change_and_repaint(
    before: Result,
    sentence: str,
    *,
    region: Box | None = None,
    backend: str | Backend = "auto",
    llm: str | None = None,
    device: str | None = None,
    pipe: PlanPainting | None = None,
    seed: int = 0,
) -> Result:
    """Change one thing in a picture by a sentence: plan the change, and paint its region anew.

    sentence: what becomes what ("the apple becomes a cube"), or what `region` shows, a box in fractions of the picture.
    backend, llm, device: as in `plan_and_generate`. pipe: as in `generate`. seed: of the new thing's own noise.
    Raises PlanError when nothing of the picture can change so, RenderError for one that was repainted already.
    """
    if before.repaint is not None:
        raise RenderError("the picture was repainted already; start from the one that it was made from")
    settings = before.settings
    change = Planner(backend, llm=llm).change(
        before.plan, sentence, width=settings.width, height=settings.height, region=region
    )
    assert change.changed is not None
    prompts, box = NewPrompts.of(change.plan, change.changed), change.plan.objects[change.changed].box
    steps = repaint_binding_steps(settings)
    repaint = Repaint(prompts.prompt, prompts.object_prompt, prompts.cells, steps, seed, mask=region or box)
    return generate(before.plan, settings, device=device, pipe=pipe, repaint=repaint)


def generate(
    plan: Plan,
    settings: RenderSettings,
    *,
    device: str | None = None,
    loading: LoadOptions | None = None,
    pipe: PlanPainting | None = None,
    quiet: bool = True,
    repaint: Repaint | None = None,
    image_embeds: Mapping[int, ImageEmbeds] | None = None,
) -> Result:
    """Paint a plan; with `pipe` the model that is loaded already is used. quiet: no progress bar.

    loading: how the model is loaded and run. repaint: the region of the picture to paint anew; the result is the new
    picture. image_embeds: what an adapter made of a picture before, by the objects' numbers; the plan's other reference
    pictures are encoded here. Raises `RenderError`, before any model is loaded, for a picture that cannot be read.
    """
    tell_unknown_words(plan, settings.model, repaint)
    settings = with_seed(settings)
    noise = seeded(settings, str(pipe._execution_device) if pipe else device)
    pipe, arguments = ready(plan, settings, device, loading or LoadOptions(), pipe, image_embeds or {})
    pipe.set_progress_bar_config(disable=quiet)
    if repaint is None:
        image = pipe(plan, generator=noise, **arguments).images[0]
    else:
        image = pipe.repaint(plan, repaint, generator=noise, **arguments).repainted[0]
    return Result(image, plan, settings, repaint)


def ready(
    plan: Plan,
    settings: RenderSettings,
    device: str | None,
    options: LoadOptions,
    pipe: PlanPainting | None = None,
    image_embeds: Mapping[int, ImageEmbeds] | None = None,
) -> tuple[PlanPainting, dict[str, Any]]:
    """Return the model, loaded unless it is given, and the arguments of its call, but for the generator.

    Everything that can be wrong with pictures that the settings or the plan name is raised before a model is loaded.
    """
    check_torchvision()
    from generator.loading import load_pipeline

    control = control_arguments(settings)
    references = read_references(plan, given=image_embeds or {})
    encoded = _encoded(references, settings, device, options, pipe) | dict(image_embeds or {})
    if pipe is None:
        weights = settings.weights() | _adapters(plan, settings)
        pipe = load_pipeline(**weights, device=device, **options.arguments())
    return pipe, {**settings.options(), **control, **({"image_embeds": encoded} if encoded else {})}


def _encoded(
    references: Mapping[int, Reference],
    settings: RenderSettings,
    device: str | None,
    loading: LoadOptions,
    pipe: PlanPainting | None,
) -> dict[int, ImageEmbeds]:
    """Encode reference pictures, before a model that paints is loaded, in the numbers that it will compute with."""
    if not references:
        return {}
    from generator.adapters.encoding import encode_references
    from generator.loading import choose_device, choose_dtype

    if pipe is not None:
        return encode_references(references, settings.adapters, pipe._execution_device, pipe.transformer.dtype)
    target = choose_device(device)
    return encode_references(references, settings.adapters, target, choose_dtype(loading.dtype, target))


def _adapters(plan: Plan, settings: RenderSettings) -> dict[str, str]:
    """Return the adapters' files that a plan needs inside the pipeline, as arguments of `load_pipeline`."""
    kinds = {item.image.kind for item in plan.objects if item.image}
    return {kind: getattr(settings.adapters, kind) for kind in ("ip_adapter", "pulid") if kind in kinds}


def with_seed(settings: RenderSettings) -> RenderSettings:
    """Return the settings with a seed: their own, or a new one."""
    return settings if settings.seed is not None else settings.changed(seed=secrets.randbelow(2**32))


def seeded(settings: RenderSettings, device: str | None) -> torch.Generator:
    """Return the generator that a picture's noise comes from. device: where it is painted, None: CUDA if there is one.

    The generator draws in the numbers that the model computes with; the release's are bfloat16, the default on CUDA.
    Raises `RenderError` for noise from CUDA where the picture is not painted there.
    """
    import torch

    assert settings.seed is not None
    if settings.seed_device == "cuda" and not (torch.cuda.is_available() and (device or "cuda").startswith("cuda")):
        found = device or "cpu, as this torch finds no CUDA"
        raise RenderError(f"seed_device 'cuda' is for pictures that are painted on CUDA; this one is on {found}")
    return torch.Generator(settings.seed_device).manual_seed(settings.seed)


def tell_unknown_words(plan: Plan, model: str, repaint: Repaint | None = None) -> None:
    """Warn when the embedded model is asked for objects that it does not draw."""
    prompts = [item.prompt for item in plan.objects if item.prompt] or [cell.prompt for cell in plan.cells]
    prompts += [repaint.object_prompt] if repaint else []
    unknown = [prompt for prompt in prompts if read_prompt(prompt) is None]
    if model == EMBEDDED and unknown:
        log.warning(
            "the embedded model does not know what %s is. It draws: %s. A full model draws anything: "
            "--model black-forest-labs/FLUX.1-dev, or model=… in Python.",
            ", ".join(repr(prompt) for prompt in unknown),
            ", ".join(OBJECTS),
        )
