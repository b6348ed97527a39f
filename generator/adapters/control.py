"""FLUX ControlNets beside a plan: a picture of edges, depth, a pose, … that the whole picture follows.

The ControlNet sees the picture's latents, row by row, and its base prompt, as in diffusers' own pipeline. What it adds
after the blocks is sorted as the image tokens of the pass are, and doubled where there are two image streams. It is
added inside boxes too, after hard binding overwrote them. An object that is painted alone gets nothing.
Tensors: latents (batch, image tokens, channels), residuals the same with a block's channels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from diffusers import FluxMultiControlNetModel
from diffusers.pipelines.flux.pipeline_flux_controlnet import retrieve_latents

from generator.adapters.control_request import ControlInput
from generator.regions.call import Call

if TYPE_CHECKING:
    from generator.regions.denoise import Canvas


@dataclass(frozen=True)
class Control:
    """A ControlNet with its pictures, as it sees them, for one call."""

    controlnet: Any
    inputs: Sequence[ControlInput]
    pictures: Sequence[torch.Tensor]
    modes: Sequence[torch.Tensor | None]
    request: Call

    @classmethod
    def join(cls, plans: Sequence[Control]) -> Control:
        """Return the control of several plans as that of their pictures in one batch."""
        pictures = [torch.cat(equal) for equal in zip(*(control.pictures for control in plans), strict=True)]
        modes = [
            None if equal[0] is None else torch.cat(equal)
            for equal in zip(*(control.modes for control in plans), strict=True)
        ]
        return replace(plans[0], pictures=pictures, modes=modes)

    def residuals(self, canvas: Canvas, timestep: torch.Tensor, attention_kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the transformer's arguments that add what the ControlNet says about a canvas at its step.

        timestep: (batch,), as the transformer gets it.
        """
        step = canvas.scheduler.step_index or 0
        scales = [given.scale_at(step, self.request.num_inference_steps) for given in self.inputs]
        if not any(scales):
            return {}
        several = isinstance(self.controlnet, FluxMultiControlNetModel)
        double, single = self.controlnet(
            hidden_states=canvas.latents,
            controlnet_cond=self.pictures if several else self.pictures[0],
            controlnet_mode=self.modes if several else self.modes[0],
            conditioning_scale=scales if several else scales[0],
            timestep=timestep,
            guidance=self._guidance(timestep),
            pooled_projections=canvas.text.pooled,
            encoder_hidden_states=canvas.text.embeds,
            txt_ids=canvas.text.ids,
            img_ids=canvas.position_ids,
            joint_attention_kwargs=dict(attention_kwargs),
            return_dict=False,
        )
        return {
            "controlnet_block_samples": None if double is None else [canvas.pack(values) for values in double],
            "controlnet_single_block_samples": None
            if single is None
            else [canvas.pack_single(values) for values in single],
            "controlnet_blocks_repeat": nets(self.controlnet)[0].input_hint_block is not None,
        }

    def _guidance(self, timestep: torch.Tensor) -> torch.Tensor | None:
        if not nets(self.controlnet)[0].config.guidance_embeds:
            return None
        scale = self.request.guidance_scale
        return torch.full([1], scale, device=timestep.device, dtype=torch.float32).expand(len(timestep))


def nets(controlnet: Any) -> list[Any]:
    """Return the single ControlNets of a model, one or several."""
    return list(controlnet.nets) if isinstance(controlnet, FluxMultiControlNetModel) else [controlnet]


def prepare_control(pipe: Any, request: Call) -> Control | None:
    """Encode the control images as the ControlNet wants them; None without any.

    Where the VAE encodes them it draws from the request's generators, before any noise is drawn, as in diffusers.
    """
    if not request.control:
        return None
    pictures = [_picture(pipe, request, given) for given in request.control]
    modes = [_mode(pipe.controlnet, given, picture) for given, picture in zip(request.control, pictures, strict=True)]
    return Control(pipe.controlnet, request.control, pictures, modes, request)


def _picture(pipe: Any, request: Call, given: ControlInput) -> torch.Tensor:
    """Return a control image in pixels (images, 3, height, width), or packed latents where the VAE encodes it."""
    images = request.num_images_per_prompt
    picture: torch.Tensor = pipe.prepare_image(
        given.image, request.width, request.height, images, images, pipe._execution_device, pipe.vae.dtype
    )
    if nets(pipe.controlnet)[0].input_hint_block is not None:
        return picture
    latents = retrieve_latents(pipe.vae.encode(picture), generator=request.generators)
    latents = (latents - pipe.vae.config.shift_factor) * pipe.vae.config.scaling_factor
    packed: torch.Tensor = pipe._pack_latents(latents, *latents.shape)
    return packed


def _mode(controlnet: Any, given: ControlInput, picture: torch.Tensor) -> torch.Tensor | None:
    several = isinstance(controlnet, FluxMultiControlNetModel)
    if given.mode is None and not several:
        return None
    mode = torch.tensor(-1 if given.mode is None else given.mode, device=picture.device)
    return mode.expand(len(picture)) if several else mode.expand(len(picture), 1)
