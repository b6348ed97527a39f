"""What can be known to be wrong before a model is loaded, or a language model is paid. No torch, but for a device."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from generator.adapters.control_request import control_input
from generator.adapters.references import STORED
from generator.embedded.card import is_unknown
from generator.embedded.catalogue import OBJECTS, nouns_in, read_prompt, without_style
from generator.families.profiles.checkpoint import EMBEDDED
from generator.families.suiting import check_suits, regional_of
from generator.options import LoraFile
from generator.recipe import Recipe
from generator.settings import QUANTIZERS, Adapters, LoadOptions, RenderSettings
from planner.errors import RenderError
from planner.plan import ImagePrompt

log = logging.getLogger("ragplan")


def check_painting(settings: RenderSettings, loading: LoadOptions, images: Iterable[ImagePrompt] = ()) -> None:
    """Raise `RenderError` for what a picture cannot be painted with, whatever its plan.

    images: reference pictures that its objects will have, whose adapters are looked for.

    That are models, LoRAs and pictures that are not there, a device that this torch does not have, a library that is
    not installed. What a model's files hold shows only when they are loaded.
    """
    from generator.weights.hub import check_folder, find_model

    find_model(settings.model)
    images = list(images)
    _ = settings.grid  # raises for a size that the model does not paint
    check_suits(
        settings.model,
        negative_prompt=settings.negative_prompt,
        guidance_scale=settings.guidance_scale,
        controlnet=settings.controlnet,
        step_cache=settings.step_cache,
        references=[image.kind for image in images],
        regional=regional_of(vars(settings)),
        offload=loading.offload,
    )
    if loading.base is not None and not Path(settings.model).expanduser().is_file():
        raise RenderError(f"base is for a model in a single file, and {settings.model!r} is none")
    for text in settings.lora:
        LoraFile.parse(text).source()
    if settings.controlnet is not None:
        check_folder("a ControlNet", settings.controlnet)
    control_input(settings)
    if settings.quantize is not None and find_spec(QUANTIZERS[settings.quantize]) is None:
        needed = QUANTIZERS[settings.quantize]
        raise RenderError(f"quantize={settings.quantize!r} needs {needed}: pip install {needed}")
    for kind in {image.kind for image in images if Path(image.path).suffix != STORED}:
        _check_adapter(kind, settings.adapters)
    if loading.device is not None:
        from generator.weights.devices import choose_device

        choose_device(loading.device)


def _check_adapter(kind: str, adapters: Adapters) -> None:
    """Raise `RenderError` where an adapter's weights cannot be found."""
    from generator.weights.hub import CHECKPOINTS, check_file, check_folder

    if kind == "redux":
        check_folder("a Redux prior", adapters.redux)
    elif kind == "ip_adapter":
        check_file("an IP-Adapter", adapters.ip_adapter, CHECKPOINTS)
        if adapters.ip_encoder is not None:
            check_folder("an image encoder", adapters.ip_encoder)
    elif kind == "pulid":
        check_file("a PuLID checkpoint", adapters.pulid, CHECKPOINTS)
        check_folder("PuLID's reader of faces", adapters.faces)


def tell_unknown_words(recipe: Recipe) -> None:
    """Warn when the embedded model is asked for what it does not draw: other things, another style."""
    if recipe.settings.model != EMBEDDED:
        return
    plan = recipe.plan
    prompts = [item.prompt for item in plan.objects if is_unknown(item)]
    repaints = [repaint.object_prompt for repaint in recipe.repaints if repaint.object_prompt]
    prompts += [prompt for prompt in repaints if read_prompt(prompt) is None]
    cells = [cell.prompt for cell in plan.cells if not nouns_in(cell.prompt)] if not plan.objects else []
    if prompts or cells:
        log.warning(
            "the embedded model does not know what %s is%s. It draws: %s. A full model draws anything: "
            "--model black-forest-labs/FLUX.1-dev, or model=… in Python.",
            ", ".join(repr(prompt) for prompt in dict.fromkeys([*prompts, *cells])),
            ": a card with a question mark stands in its place" if prompts else "",
            ", ".join(OBJECTS),
        )
    asked = [*(item.prompt for item in plan.objects), *repaints]
    if styles := [style for prompt in asked if (style := prompt[len(without_style(prompt)) :].strip(", "))]:
        log.warning("the embedded model paints in its own style only, without %r", ", ".join(dict.fromkeys(styles)))
