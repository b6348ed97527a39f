"""Repainting: redo one masked region of a picture while everything else stays as it is, with the same model.

Two pictures are made side by side. In the first steps the new object is denoised alone, on the mask's rectangle. Then
the new picture starts as the original with the object in the masked tokens; in every further step its unmasked tokens
are overwritten by the original's at every place (source: the RAG-Diffusion release).

A picture that was repainted can be repainted again: a `Chain` of new pictures, each made beside the one before it,
whose states it reads. Every one costs a pass more in each step; the memory is that of one, as a pass lets go of what
it reads while it is recorded itself.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.utils import BaseOutput

from generator.regions.denoise import Denoiser
from generator.regions.geometry import TokenGrid, TokenRect, bounding_rect
from generator.regions.hard_binding import Patch, paste
from generator.regions.passes import Canvas
from generator.regions.repaint import Repaint
from generator.regions.transfer import Transfer, rows


@dataclass
class RepaintOutput(BaseOutput):  # type: ignore[misc]
    """The original pictures and the repainted ones, all in the form that was asked for.

    between: of several repaints, what each but the last one made, in order; None of one.
    """

    images: Any
    repainted: Any
    between: Any = None


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
    """One new picture of a call, made beside the picture before it; until it starts it is that picture."""

    def __init__(self, repaint: Repaint, region: Region, canvas: Canvas, alone: Canvas) -> None:
        """Take the canvas of the new picture and that of the object alone, which has the region's rectangle."""
        device = alone.latents.device
        self.start = repaint.hard_binding_steps
        self.single_stream = repaint.single_stream
        self.canvas = canvas
        self.alone = alone
        self.patch = region.patch(device)
        self.kept = region.kept(device)

    def reading(self) -> Transfer:
        """Return the empty transfer of what the new picture keeps of the passes of another one."""
        late = self.single_stream and self.canvas.base_reaches_others
        return Transfer(self.kept, self.kept, slice(None), slice(None), late)

    def begin(self, before: Canvas) -> None:
        """Start as the picture before, which has not taken this step yet, with the object in the masked tokens."""
        if self.canvas.scheduler is None:
            self.canvas.latents = paste(self.alone.latents, [self.patch], before.latents)
            self.canvas.scheduler = copy.deepcopy(before.scheduler)

    def keep(self, before: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
        """Return what is new with the unmasked tokens of what was before; of latents or velocities."""
        return new.index_copy(1, self.kept, before.index_select(1, self.kept))

    def finish(self, before: Canvas) -> None:
        """After a step: copy the latents of the picture before outside the region, all of them before the start."""
        started = self.canvas.scheduler is not None
        self.canvas.latents = self.keep(before.latents, self.canvas.latents) if started else before.latents


@dataclass(frozen=True)
class Chain:
    """The new pictures of a call, each made from the one before it, the first from the plan's own."""

    pictures: Sequence[Repainting] = ()

    def recorded(self, step: int) -> list[Transfer]:
        """Before the original's pass: return the empty transfer of what the first picture that started keeps of it."""
        return [picture.reading() for picture in self._started(step)[:1]]

    def denoise(
        self,
        step: int,
        timestep: torch.Tensor,
        original: Canvas,
        velocity: torch.Tensor,
        recorded: Sequence[Transfer],
        denoiser: Denoiser,
    ) -> None:
        """After the original's pass, before its step: take this step with every new picture, or its object alone."""
        taken = []
        for number, picture in enumerate(self.pictures):
            if step < picture.start:
                own = denoiser.velocity(picture.alone, timestep, name=f"repaint object {number}")
                picture.alone.advance(own, timestep)
        before, started = original, self._started(step)
        for number, picture in enumerate(started):
            picture.begin(before)
            reading = [following.reading() for following in started[number + 1 : number + 2]]
            own = denoiser.velocity(
                picture.canvas, timestep, name=f"repaint {number}", written=recorded, recorded=reading
            )
            before, velocity, recorded = picture.canvas, picture.keep(velocity, own), reading
            taken.append((picture.canvas, velocity))
        for canvas, own in taken:  # not before: a picture starts as the one before it was
            canvas.advance(own, timestep)

    def latents(self, original: Canvas) -> torch.Tensor:
        """Return the latents of the last picture that started, the original's where none did."""
        started = [picture.canvas for picture in self.pictures if picture.canvas.scheduler is not None]
        return started[-1].latents if started else original.latents

    def finish(self, original: Canvas) -> None:
        """After the original's step: let every picture keep what is outside its region of the one before it."""
        before = original
        for picture in self.pictures:
            picture.finish(before)
            before = picture.canvas

    def _started(self, step: int) -> list[Repainting]:
        return [picture for picture in self.pictures if step >= picture.start]
