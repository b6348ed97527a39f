"""Hard binding: every object is denoised alone on a canvas of its box, and overwrites its box in the first steps.

In step i, before the picture's own pass: for i ≤ steps the boxes' latents are pasted over the picture's; for i < steps
every box makes its pass of this step and its hidden states overwrite the picture's, place by place, so that the
velocity inside a box is the box's own. Later boxes win where boxes overlap (source: the RAG-Diffusion release).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from generator.binding import Transfer, rows
from generator.denoising import Canvas, Denoiser
from generator.geometry import TokenGrid, TokenRect, visible_tokens


@dataclass(frozen=True)
class Patch:
    """How one box gets onto the picture.

    batch: the box's entries in its canvas' batch. source: the box's tokens that no later box covers, numbered on its
    own canvas. target: the same tokens on the picture.
    """

    batch: slice
    source: torch.Tensor
    target: torch.Tensor


@dataclass
class BoxCanvas:
    """Boxes of one size, denoised as one batch: all pictures of the first box, all of the second, …

    velocity: of the step that is being made, None between steps.
    """

    canvas: Canvas
    patches: Sequence[Patch]
    velocity: torch.Tensor | None = None

    def transfers(self, picture: Canvas) -> list[Transfer]:
        """Return the empty transfers of this step's features to the picture."""
        return [
            Transfer(patch.source, picture.rows(patch.target), patch.batch, picture.base_in_single_stream)
            for patch in self.patches
        ]

    def paste(self, values: torch.Tensor, onto: torch.Tensor) -> torch.Tensor:
        """Return a copy of `onto` (of the picture) with the boxes' `values` (of this canvas) in place."""
        for patch in self.patches:
            onto = onto.index_copy(1, patch.target, values[patch.batch].index_select(1, patch.source))
        return onto


@dataclass
class HardBinding:
    """The objects of a plan for one call: their canvases, and the number of steps in which they bind."""

    boxes: Sequence[BoxCanvas]
    steps: int

    @classmethod
    def of(cls, canvases: Sequence[Canvas], rects: Sequence[TokenRect], grid: TokenGrid, steps: int) -> HardBinding:
        """Group the canvases of a plan's boxes, given in order: those of equal size are denoised as one batch."""
        groups: dict[tuple[int, int, int], list[tuple[Canvas, list[int], list[int]]]] = {}
        for canvas, rect, visible in zip(canvases, rects, visible_tokens(rects, grid), strict=True):
            if visible:  # else later boxes cover it, and nobody would see what it looks like
                tokens = rect.tokens(grid)
                key = (rect.width, rect.height, canvas.text.embeds.shape[1])
                groups.setdefault(key, []).append((canvas, visible, [tokens[place] for place in visible]))
        return cls([_box_canvas(boxes) for boxes in groups.values()], steps)

    def denoise(self, step: int, timestep: torch.Tensor, picture: Canvas, denoiser: Denoiser) -> list[Transfer]:
        """Before the picture's pass: paste the latents and take this step with every box.

        Returns the features that overwrite the picture in its own pass of this step.
        """
        written: list[Transfer] = []
        for index, box in enumerate(self.boxes):
            if step <= self.steps:
                picture.latents = box.paste(box.canvas.latents, picture.latents)
            if step < self.steps:
                transfers = box.transfers(picture)
                box.velocity = denoiser.velocity(box.canvas, timestep, name=f"box {index}", recorded=transfers)
                box.canvas.advance(box.velocity, timestep)
                written += transfers
        return written

    def paste_velocity(self, velocity: torch.Tensor) -> torch.Tensor:
        """After the picture's pass: return its velocity with that of the boxes denoised in this step in place."""
        for box in self.boxes:
            if box.velocity is not None:
                velocity = box.paste(box.velocity, velocity)
                box.velocity = None
        return velocity


def _box_canvas(boxes: Sequence[tuple[Canvas, list[int], list[int]]]) -> BoxCanvas:
    """Join the canvases of equally large boxes; with each come its visible tokens, on itself and on the picture."""
    canvas = Canvas.join([canvas for canvas, _, _ in boxes])
    images = len(canvas.latents) // len(boxes)
    patches = [
        Patch(
            slice(index * images, (index + 1) * images),
            rows(source, canvas.latents.device),
            rows(target, canvas.latents.device),
        )
        for index, (_, source, target) in enumerate(boxes)
    ]
    return BoxCanvas(canvas, patches)
