"""The whole way from a sentence to a picture."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL.Image import Image

from generator.control_request import control_arguments
from generator.embedded.catalogue import OBJECTS, read_prompt
from generator.load_options import LoadOptions
from generator.repaint_request import Repaint, RepaintRecipe
from generator.settings import EMBEDDED, RenderSettings, repaint_binding_steps
from planner import Planner, plan_layout
from planner.backends import Backend
from planner.errors import RenderError
from planner.plan import Box, Plan
from planner.rewriting import NewPrompts

if TYPE_CHECKING:
    import torch

    from generator.pipeline import PlanPainting

log = logging.getLogger("ragplan")


@dataclass(frozen=True)
class Result:
    """A picture and what makes it again: its plan, settings (the seed filled in) and what was painted anew, if any."""

    image: Image
    plan: Plan
    settings: RenderSettings
    repaint: RepaintRecipe | None = None


def plan_and_generate(
    sentence: str,
    *,
    backend: str | Backend = "auto",
    llm: str | None = None,
    model: str = EMBEDDED,
    device: str | None = None,
    **settings: Any,
) -> Result:
    """Plan a sentence and paint the plan.

    backend: a planner's name ("auto", "rules", "openai,rules") or any object with `complete(request)`. llm: the
    language model that plans, where the backend has one. model: "embedded", a checkpoint folder or a hub id. device:
    "cpu", "cuda", …; None takes CUDA where there is one. settings: fields of `RenderSettings` (width, height, steps,
    seed, …); what is not given is the model's own.
    Raises PlanError when no valid plan comes of the sentence, RenderError for settings that cannot be painted.
    """
    chosen = RenderSettings.for_model(model, **settings)
    plan = plan_layout(sentence, backend, llm=llm, width=chosen.width, height=chosen.height)
    return generate(plan, chosen, device=device)


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
    repaint = Repaint(prompts.prompt, prompts.object_prompt, prompts.cells, steps, seed)
    return generate(before.plan, settings, device=device, pipe=pipe, repaint=RepaintRecipe(repaint, region or box))


def generate(
    plan: Plan,
    settings: RenderSettings,
    *,
    device: str | None = None,
    loading: LoadOptions | None = None,
    pipe: PlanPainting | None = None,
    quiet: bool = True,
    repaint: RepaintRecipe | None = None,
) -> Result:
    """Paint a plan; with `pipe` the model that is loaded already is used. quiet: no progress bar.

    loading: how the model is loaded and run. repaint: the region of the picture to paint anew; the result is the new
    picture.
    """
    from generator.loading import load_pipeline

    control = control_arguments(settings)
    tell_unknown_words(plan, settings.model, repaint)
    if settings.seed is None:
        settings = settings.changed(seed=secrets.randbelow(2**32))
    noise = seeded(settings, str(pipe._execution_device) if pipe else device)
    if pipe is None:
        pipe = load_pipeline(**settings.weights(), device=device, **(loading or LoadOptions()).arguments())
    pipe.set_progress_bar_config(disable=quiet)
    arguments: dict[str, Any] = {
        "height": settings.height,
        "width": settings.width,
        "num_inference_steps": settings.steps,
        "guidance_scale": settings.guidance_scale,
        "hard_binding_steps": settings.hard_binding_steps,
        "refinement_strength": settings.refinement_strength,
        "step_cache": settings.step_cache,
        "max_sequence_length": settings.max_sequence_length,
        "region_max_sequence_length": settings.region_max_sequence_length,
        "generator": noise,
        **control,
    }
    if repaint is None:
        image = pipe(plan, **arguments).images[0]
    else:
        image = pipe.repaint(plan, repaint.mask, repaint.repaint, **arguments).repainted[0]
    return Result(image, plan, settings, repaint)


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


def tell_unknown_words(plan: Plan, model: str, repaint: RepaintRecipe | None = None) -> None:
    """Warn when the embedded model is asked for objects that it does not draw."""
    prompts = [item.prompt for item in plan.objects] or [cell.prompt for cell in plan.cells]
    prompts += [repaint.repaint.object_prompt] if repaint else []
    unknown = [prompt for prompt in prompts if read_prompt(prompt) is None]
    if model == EMBEDDED and unknown:
        log.warning(
            "the embedded model does not know what %s is. It draws: %s. A full model draws anything: "
            "--model black-forest-labs/FLUX.1-dev, or model=… in Python.",
            ", ".join(repr(prompt) for prompt in unknown),
            ", ".join(OBJECTS),
        )
