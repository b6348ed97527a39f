"""FLUX ControlNets beside a plan: a picture of edges, depth, a pose, … that the whole picture follows.

The ControlNet sees the picture's latents, row by row, and its base prompt, as in diffusers' own pipeline. What it adds
after the blocks is sorted as the image tokens of the pass are, and doubled where there are two image streams. It is
added inside boxes too, after hard binding overwrote them. An object that is painted alone gets nothing.
Tensors: latents (batch, image tokens, channels), residuals the same with a block's channels.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from diffusers import FluxMultiControlNetModel
from diffusers.pipelines.flux.pipeline_flux_controlnet import retrieve_latents

from generator.adapters.control_request import ControlInput
from generator.families.flux1 import guidance, scaled
from generator.regions.call import Call
from generator.regions.passes import Pass
from generator.regions.transfer import Action


@dataclass(frozen=True)
class Control:
    """An `Effect`: a ControlNet with its pictures, as it sees them, for one call."""

    second_stream: ClassVar[bool] = False
    layout: ClassVar[bool] = False
    stays: ClassVar[bool] = True

    controlnet: Any
    inputs: Sequence[ControlInput]
    pictures: Sequence[torch.Tensor]
    modes: Sequence[torch.Tensor | None]
    call: Call

    @property
    def group(self) -> Hashable:
        """Return nothing: objects that are painted alone get no control."""
        return None

    @classmethod
    def join(cls, parts: Sequence[tuple[Control, slice]]) -> Control:
        """Return the control of several plans as that of their pictures in one batch."""
        plans = [control for control, _ in parts]
        pictures = [torch.cat(equal) for equal in zip(*(control.pictures for control in plans), strict=True)]
        modes = [
            None if equal[0] is None else torch.cat(equal)
            for equal in zip(*(control.modes for control in plans), strict=True)
        ]
        return replace(plans[0], pictures=pictures, modes=modes)

    def arguments(self, one: Pass, timestep: torch.Tensor) -> Mapping[str, Any]:
        """Return the transformer's arguments that add what the ControlNet says about a canvas at its step."""
        canvas, call = one.canvas, self.call
        step = canvas.scheduler.step_index or 0
        scales = [given.scale_at(step, call.num_inference_steps) for given in self.inputs]
        if not any(scales):
            return {}
        assert canvas.positions is not None
        several = isinstance(self.controlnet, FluxMultiControlNetModel)
        double, single = self.controlnet(
            hidden_states=canvas.latents,
            controlnet_cond=self.pictures if several else self.pictures[0],
            controlnet_mode=self.modes if several else self.modes[0],
            conditioning_scale=scales if several else scales[0],
            timestep=scaled(timestep, canvas.latents),
            guidance=guidance(nets(self.controlnet)[0], call, canvas.latents),
            pooled_projections=one.text.extra["pooled"],
            encoder_hidden_states=one.text.embeds,
            txt_ids=canvas.positions.new_zeros(one.text.tokens, 3),
            img_ids=canvas.positions,
            joint_attention_kwargs=dict(call.joint_attention_kwargs or {}),
            return_dict=False,
        )
        return {
            "controlnet_block_samples": None if double is None else [one.pack(values) for values in double],
            "controlnet_single_block_samples": None if single is None else [one.pack_late(values) for values in single],
            "controlnet_blocks_repeat": nets(self.controlnet)[0].input_hint_block is not None,
        }

    def actions(self, one: Pass) -> Sequence[Action]:
        """Return nothing."""
        return ()

    def around(self, one: Pass) -> AbstractContextManager[None]:
        """Hold nothing."""
        return nullcontext()


def nets(controlnet: Any) -> list[Any]:
    """Return the single ControlNets of a model, one or several."""
    return list(controlnet.nets) if isinstance(controlnet, FluxMultiControlNetModel) else [controlnet]


def prepare_control(pipe: Any, call: Call) -> Control | None:
    """Encode the control images as the ControlNet wants them; None without any.

    Where the VAE encodes them it draws from the call's generators, before any noise is drawn, as in diffusers.
    """
    if not call.control:
        return None
    pictures = [_picture(pipe, call, given) for given in call.control]
    modes = [_mode(pipe.controlnet, given, picture) for given, picture in zip(call.control, pictures, strict=True)]
    return Control(pipe.controlnet, call.control, pictures, modes, call)


def _picture(pipe: Any, call: Call, given: ControlInput) -> torch.Tensor:
    """Return a control image in pixels (images, 3, height, width), or packed latents where the VAE encodes it."""
    images = call.num_images_per_prompt
    picture: torch.Tensor = pipe.prepare_image(
        given.image, call.width, call.height, images, images, pipe._execution_device, pipe.vae.dtype
    )
    if nets(pipe.controlnet)[0].input_hint_block is not None:
        return picture
    latents = retrieve_latents(pipe.vae.encode(picture), generator=call.generators)
    latents = (latents - pipe.vae.config.shift_factor) * pipe.vae.config.scaling_factor
    packed: torch.Tensor = pipe._pack_latents(latents, *latents.shape)
    return packed


def _mode(controlnet: Any, given: ControlInput, picture: torch.Tensor) -> torch.Tensor | None:
    several = isinstance(controlnet, FluxMultiControlNetModel)
    if given.mode is None and not several:
        return None
    mode = torch.tensor(-1 if given.mode is None else given.mode, device=picture.device)
    return mode.expand(len(picture)) if several else mode.expand(len(picture), 1)
