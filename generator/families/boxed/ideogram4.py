"""Ideogram 4: its caption, one line of JSON with a box for every object, painted by diffusers' pipeline.

Each step takes two passes, by two transformers: one with the caption, one that sees the image alone. The recommended
guidance falls at the end, "polish" steps, and so does ours: in the last sixteenth of the steps it is at most 3.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from diffusers import Ideogram4Pipeline
from PIL import Image

from generator.families.boxed.pipeline import BoxedPipeline, Shown
from generator.families.flux2 import Flux2
from generator.families.profiles.ideogram4 import IDEOGRAM4, POLISH_SCALE, POLISH_SHARE, SIDE_PX
from generator.families.profiles.profile import Profile
from generator.regions.call import Call
from generator.regions.geometry import Sizes, TokenGrid
from planner.errors import RenderError


class Ideogram4(Flux2):
    """How its pictures look while they are painted: FLUX.2's autoencoder, the 2 × 2 of a token before its channels."""

    sizes: Sizes = IDEOGRAM4.sizes

    def unpack(self, pipe: Any, latents: torch.Tensor, grid: TokenGrid) -> torch.Tensor:
        """Undo the normalisation of the VAE's latents, and put the 2 × 2 of every token into their places."""
        norm = pipe.vae.bn
        mean, variance = (values.to(latents) for values in (norm.running_mean, norm.running_var))
        tokens = latents * torch.sqrt(variance + pipe.vae.config.batch_norm_eps) + mean
        squares = tokens.reshape(len(tokens), grid.height, grid.width, 2, 2, -1).permute(0, 5, 1, 3, 2, 4)
        unpacked: torch.Tensor = squares.reshape(len(tokens), -1, 2 * grid.height, 2 * grid.width)
        return unpacked


class BoxedIdeogram4Pipeline(BoxedPipeline, Ideogram4Pipeline):  # type: ignore[misc]
    """diffusers' `Ideogram4Pipeline` for plans: same parts, loaders, LoRA and offloading, another call."""

    profile: ClassVar[Profile] = IDEOGRAM4
    family: ClassVar[Shown] = Ideogram4()

    @property
    def side_px(self) -> int:
        """That of diffusers' pipeline."""
        return SIDE_PX

    def paint(self, prompt: str, call: Call, generator: torch.Generator | None) -> Image.Image:
        """Paint one picture of a caption. Raises `RenderError` where it is too long."""
        if call.negative_prompt is not None:
            raise RenderError(f"Ideogram 4 knows no negative prompt, got {call.negative_prompt!r}")
        try:
            output = Ideogram4Pipeline.__call__(
                self,
                prompt,
                height=call.height,
                width=call.width,
                num_inference_steps=call.num_inference_steps,
                guidance_schedule=guidance_schedule(call.guidance_scale, call.num_inference_steps),
                max_sequence_length=call.max_sequence_length,
                generator=generator,
                attention_kwargs=call.joint_attention_kwargs,
                callback_on_step_end=call.callback_on_step_end,
                callback_on_step_end_tensor_inputs=list(call.callback_on_step_end_tensor_inputs),
            )
        except ValueError as error:
            if "max_sequence_length" not in str(error):
                raise
            raise RenderError(f"the plan is too long for Ideogram 4: {error}; leave objects or words out") from error
        image: Image.Image = output.images[0]
        return image


def guidance_schedule(scale: float, steps: int) -> list[float]:
    """Return how strongly each step is guided: in the last sixteenth at most by 3, as diffusers' own 3 of 48."""
    polished = int(steps * POLISH_SHARE)
    return [scale] * (steps - polished) + [min(scale, POLISH_SCALE)] * polished
