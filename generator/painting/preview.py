"""What a picture will look like, after every step: told to whoever listens, drawn on demand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from PIL.Image import Image

from generator.progress import OnProgress, Progress
from generator.recipe import Recipe
from generator.regions.call import CALLBACK_TENSORS

PREVIEW_LATENTS = 32  # the longer side of what is decoded: a preview is small, and decoding it cheap


class Steps:
    """The steps of one call of a pipeline, told to a listener.

    Two latents that follow each other say where they are heading: a step of the flow is x₂ = x₁ + (σ₂ − σ₁) v, and its
    end is x₂ − σ₂ v. That needs no other pass of the model.
    """

    def __init__(self, pipe: Any, recipe: Recipe, on_progress: OnProgress) -> None:
        self.pipe, self.settings = pipe, recipe.settings
        self.text = recipe.repaints[-1].object_prompt if recipe.repaints else recipe.plan.prompt
        self.tensor = "repainted" if recipe.repaints and "repainted" in CALLBACK_TENSORS else "latents"
        self.on_progress = on_progress
        self.before: torch.Tensor | None = None

    def options(self) -> dict[str, Any]:
        """Return the options of the call that make it tell its steps."""
        return {"callback_on_step_end": self.tell, "callback_on_step_end_tensor_inputs": [self.tensor]}

    def tell(self, _: Any, step: int, timestep: Any, tensors: dict[str, torch.Tensor]) -> dict[str, Any]:
        """Tell one step, as diffusers calls it; changes nothing."""
        latents, sigmas = tensors[self.tensor], self.pipe.scheduler.sigmas
        preview: Callable[[], Image] | None = None
        if self.before is not None:
            velocity = (latents - self.before) / (sigmas[step + 1] - sigmas[step]).to(latents)
            heading = latents - sigmas[step + 1].to(latents) * velocity
            preview = partial(draw, self.pipe, heading[:1], self.settings.width, self.settings.height)
        self.before = latents
        steps = self.settings.steps
        self.on_progress(Progress("paint", self.text, step + 1, steps, "steps", preview))
        return {}


@torch.no_grad()
def draw(pipe: Any, latents: torch.Tensor, width_px: int, height_px: int) -> Image:
    """Decode packed latents (1, tokens, channels) to a picture of at most 256 px a side, whatever the canvas."""
    unpacked = pipe.family.unpack(pipe, latents, pipe.family.sizes.grid(width_px, height_px))
    factor = -(-max(unpacked.shape[-2:]) // PREVIEW_LATENTS)
    if factor > 1:
        unpacked = torch.nn.functional.avg_pool2d(unpacked, factor, ceil_mode=True)
    image: Image
    [image] = pipe.family.decode(pipe, unpacked, "pil")
    return image
