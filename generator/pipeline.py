"""The FLUX.1 pipelines: diffusers' own, which paint plans (`RegionalPipeline`), with the adapters there are for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Unpack

import torch
from diffusers import FluxControlNetPipeline, FluxMultiControlNetModel, FluxPipeline, ImagePipelineOutput

from generator.adapters.conditions import Flux1Conditions, check_images
from generator.adapters.control import nets
from generator.adapters.control_request import Several, control_inputs
from generator.adapters.loaders import ImageAdapters
from generator.adapters.lora import object_loras
from generator.adapters.references import lora_marks
from generator.families.flux1 import Flux1
from generator.regions.call import Call, CallOptions
from generator.regions.family import Family
from generator.regions.pipeline import RegionalPipeline
from generator.regions.prepare import Conditions
from planner.errors import RenderError
from planner.plan import Plan


class Flux1Painting(ImageAdapters, RegionalPipeline):
    """What the FLUX.1 pipelines have in common: reference pictures, LoRAs of single objects."""

    family: ClassVar[Family] = Flux1()

    def _call(self, plan: Plan, options: Mapping[str, Any]) -> Call:
        return super()._call(plan, {**options, "marks": lora_marks(plan)} if isinstance(plan, Plan) else options)

    def _check_conditions(self, call: Call) -> None:
        check_images(self.transformer, call)

    @contextmanager
    def _conditions(self, calls: Sequence[Call]) -> Iterator[Sequence[Conditions]]:
        loras = [lora for call in calls for item in call.plan.objects for lora in item.lora]
        with object_loras(self, loras) as loaded:
            yield [Flux1Conditions(self, call, loaded) for call in calls]


class RegionalFluxPipeline(Flux1Painting, FluxPipeline):  # type: ignore[misc]
    """diffusers' `FluxPipeline` for plans: same parts, loaders, LoRA and offloading, another call.

    The stock call stays available on the same weights: `FluxPipeline(**pipe.components)`.
    """


class ControlOptions(CallOptions, total=False):
    """The keyword arguments of a call with ControlNets, as in diffusers.

    control_image: the picture to follow (edges, depth, …), resized to the canvas unless it is a tensor. With several
        ControlNets, or one union ControlNet in a `FluxMultiControlNetModel`, a list of them; the others are then one
        value, or a list.
    controlnet_conditioning_scale: how strongly it acts, 0 and up (1).
    control_mode: which kind of picture it is; a union ControlNet needs it, others have none.
    control_guidance_start: from which part of the steps on it acts, 0..1 (0).
    control_guidance_end: up to which (1).
    """

    control_image: Any
    controlnet_conditioning_scale: Several
    control_mode: Several
    control_guidance_start: Several
    control_guidance_end: Several


class RegionalFluxControlNetPipeline(Flux1Painting, FluxControlNetPipeline):  # type: ignore[misc]
    """diffusers' `FluxControlNetPipeline` for plans: same parts and loaders, union ControlNets and several too.

    The stock call stays available on the same weights: `FluxControlNetPipeline(**pipe.components)`. `repaint` takes
    the options of the call, those about control among them.
    """

    @torch.no_grad()
    def __call__(self, plan: Plan | Sequence[Plan], **options: Unpack[ControlOptions]) -> ImagePipelineOutput:
        """Paint a plan that follows a control image, too.

        plan: as in `RegionalFluxPipeline`. options: `ControlOptions`, and with them `CallOptions`.

        What the ControlNet says acts inside boxes too, but not on objects while they are painted alone.
        Raises `RenderError` or `PlanError` before any work for what cannot be painted.
        """
        return self._paint(self._calls(plan, options))

    def _call(self, plan: Plan, options: Mapping[str, Any]) -> Call:
        rest = dict(options)
        image = rest.pop("control_image", None)
        several = isinstance(self.controlnet, FluxMultiControlNetModel)
        if several and not isinstance(image, list | tuple):
            raise RenderError(f"control_image must be a list for several ControlNets, got {image!r:.80}")
        control = control_inputs(
            image if several else [image],
            rest.pop("controlnet_conditioning_scale", 1.0),
            rest.pop("control_mode", None),
            rest.pop("control_guidance_start", 0.0),
            rest.pop("control_guidance_end", 1.0),
        )
        if rest.get("step_cache") is not None:
            raise RenderError("step_cache does not work with a ControlNet: what it adds would be added twice")
        call = super()._call(plan, {**rest, "control": control})
        models = nets(self.controlnet)
        if len(models) not in (1, len(control)):
            raise RenderError(f"{len(models)} ControlNets need as many control images, got {len(control)}")
        for given, model in zip(control, models * len(control) if len(models) == 1 else models, strict=True):
            given.check(model.config.num_mode, call.width, call.height)
        return call
