"""Repainting: redo one masked region of a picture while everything else stays as it is, with the same model.

Two pictures are made side by side. In the first steps the new object is denoised alone, on the mask's rectangle. Then
the new picture starts as the original with the object in the masked tokens; in every further step its unmasked tokens
are overwritten by the original's at every place (source: the RAG-Diffusion release).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.utils import BaseOutput

from generator.regions.denoise import Canvas, Denoiser
from generator.regions.features import Transfer, rows
from generator.regions.geometry import TokenGrid, TokenRect, bounding_rect
from generator.regions.hard_binding import Patch, paste
from generator.regions.repaint_request import Repaint


@dataclass
class RepaintOutput(BaseOutput):  # type: ignore[misc]
    """The original pictures and the repainted ones, both in the form that was asked for."""

    images: Any
    repainted: Any


@dataclass(frozen=True)
class Region:
    """The masked tokens of a canvas and the rectangle around them, on which the new object is painted alone."""

    tokens: Sequence[int]
    grid: TokenGrid

    @property
    def rect(self) -> TokenRect:
        """The smallest rectangle that holds the masked tokens."""
        return bounding_rect(self.tokens, self.grid)

    def patch(self, device: torch.device) -> Patch:
        """Return how the object gets from its own canvas into the masked tokens."""
        places = {token: place for place, token in enumerate(self.rect.tokens(self.grid))}
        source = rows([places[token] for token in self.tokens], device)
        return Patch(slice(None), slice(None), source, rows(self.tokens, device))

    def kept(self, device: torch.device) -> torch.Tensor:
        """Return the unmasked tokens."""
        masked = set(self.tokens)
        return rows([token for token in range(self.grid.count) if token not in masked], device)


class Repainting:
    """The new picture of one call, made beside the original; until it starts it is the original."""

    def __init__(self, repaint: Repaint, region: Region, canvas: Canvas, alone: Canvas) -> None:
        """Take the canvas of the new picture and that of the object alone, which has the region's rectangle."""
        device = alone.latents.device
        self.start = repaint.hard_binding_steps
        self.single_stream = repaint.single_stream
        self.canvas = canvas
        self.alone = alone
        self.patch = region.patch(device)
        self.kept = region.kept(device)

    def recorded(self, step: int, original: Canvas) -> list[Transfer]:
        """Before the original's pass: return the empty transfers of what the new picture keeps of it."""
        if step < self.start:
            return []
        source, target = original.rows(self.kept), self.canvas.rows(self.kept)
        single_stream = self.single_stream and self.canvas.base_in_single_stream
        return [Transfer(source, target, slice(None), slice(None), single_stream)]

    def denoise(
        self,
        timestep: torch.Tensor,
        original: Canvas,
        velocity: torch.Tensor,
        recorded: Sequence[Transfer],
        denoiser: Denoiser,
    ) -> None:
        """After the original's pass, before its step: take this step with the object alone or the new picture."""
        if not recorded:
            self.alone.advance(denoiser.velocity(self.alone, timestep, name="repaint object"), timestep)
            return
        if self.canvas.scheduler is None:
            self.canvas.latents = paste(self.alone.latents, [self.patch], original.latents)
            self.canvas.scheduler = copy.deepcopy(original.scheduler)
        own = denoiser.velocity(self.canvas, timestep, name="repaint", written=recorded)
        self.canvas.advance(self._keep(velocity, own), timestep)

    def keep(self, original: Canvas) -> None:
        """After the original's step: copy its latents outside the region, all of them before the start."""
        started = self.canvas.scheduler is not None
        self.canvas.latents = self._keep(original.latents, self.canvas.latents) if started else original.latents

    def _keep(self, original: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
        return new.index_copy(1, self.kept, original.index_select(1, self.kept))
