"""`RegionalFluxControlNetPipeline`: plans on FLUX with a ControlNet, by what `pipeline` does for FLUX alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from diffusers import FluxControlNetPipeline, FluxMultiControlNetModel
from diffusers.pipelines.flux import FluxPipelineOutput

from generator.adapters.control import nets
from generator.adapters.control_request import Several, control_inputs
from generator.pipeline import PlanPainting
from generator.regions.call import Request
from planner.errors import RenderError
from planner.plan import Plan


class RegionalFluxControlNetPipeline(PlanPainting, FluxControlNetPipeline):  # type: ignore[misc]
    """diffusers' `FluxControlNetPipeline` for plans: same parts and loaders, union ControlNets and several too.

    The stock call stays available on the same weights: `FluxControlNetPipeline(**pipe.components)`. `repaint` takes
    the arguments of the call, those about control among them.
    """

    @torch.no_grad()
    def __call__(self, plan: Plan | Sequence[Plan], **arguments: Any) -> FluxPipelineOutput:
        """Paint a plan that follows a control image, too.

        arguments: those of `RegionalFluxPipeline`, and as in diffusers
        control_image: the picture to follow (edges, depth, …), resized to the canvas unless it is a tensor. With
            several ControlNets, or one union ControlNet in a `FluxMultiControlNetModel`, a list of them; the others
            are then one value, or a list.
        controlnet_conditioning_scale: how strongly it acts, 0 and up (default 1).
        control_mode: which kind of picture it is; a union ControlNet needs it, others have none.
        control_guidance_start, control_guidance_end: the part of the steps in which it acts (default 0 to 1).

        What the ControlNet says acts inside boxes too, but not on objects while they are painted alone.
        Raises `RenderError` or `PlanError` before any work for what cannot be painted.
        """
        return self._paint(self._requests(plan, **arguments))

    def _request(
        self,
        plan: Plan,
        *,
        control_image: Any = None,
        controlnet_conditioning_scale: Several = 1.0,
        control_mode: Several = None,
        control_guidance_start: Several = 0.0,
        control_guidance_end: Several = 1.0,
        **arguments: Any,
    ) -> Request:
        several = isinstance(self.controlnet, FluxMultiControlNetModel)
        if several and not isinstance(control_image, list | tuple):
            raise RenderError(f"control_image must be a list for several ControlNets, got {control_image!r:.80}")
        control = control_inputs(
            control_image if several else [control_image],
            controlnet_conditioning_scale,
            control_mode,
            control_guidance_start,
            control_guidance_end,
        )
        request = super()._request(plan, control=control, **arguments)
        models = nets(self.controlnet)
        if len(models) not in (1, len(control)):
            raise RenderError(f"{len(models)} ControlNets need as many control images, got {len(control)}")
        for given, model in zip(control, models * len(control) if len(models) == 1 else models, strict=True):
            given.check(model.config.num_mode, request.width, request.height)
        return request
