"""`RegionalFluxControlNetPipeline`: plans on FLUX with a ControlNet, by what `pipeline` does for FLUX alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import torch
from diffusers import FluxControlNetPipeline, FluxMultiControlNetModel
from diffusers.pipelines.flux import FluxPipelineOutput

from generator.adapters.control import nets
from generator.adapters.control_request import Several, control_inputs
from generator.pipeline import PlanPainting
from generator.regions.call import Call, CallOptions
from planner.errors import RenderError
from planner.plan import Plan


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


class RegionalFluxControlNetPipeline(PlanPainting, FluxControlNetPipeline):  # type: ignore[misc]
    """diffusers' `FluxControlNetPipeline` for plans: same parts and loaders, union ControlNets and several too.

    The stock call stays available on the same weights: `FluxControlNetPipeline(**pipe.components)`. `repaint` takes
    the options of the call, those about control among them.
    """

    @torch.no_grad()
    def __call__(self, plan: Plan | Sequence[Plan], **options: Unpack[ControlOptions]) -> FluxPipelineOutput:
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
        call = super()._call(plan, {**rest, "control": control})
        models = nets(self.controlnet)
        if len(models) not in (1, len(control)):
            raise RenderError(f"{len(models)} ControlNets need as many control images, got {len(control)}")
        for given, model in zip(control, models * len(control) if len(models) == 1 else models, strict=True):
            given.check(model.config.num_mode, call.width, call.height)
        return call
