"""Hard binding: every object is denoised alone on a canvas of its box, and overwrites its box in the first steps.

In step i, before the picture's own pass: for i ≤ steps the boxes' latents are pasted over the picture's; for i < steps
every box makes its pass of this step and its hidden states overwrite the picture's, place by place, so that the
velocity inside a box is the box's own. Later boxes win where boxes overlap (source: the RAG-Diffusion release), as long
as they bind: boxes may bind for different numbers of steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch

from generator.binding import Transfer, rows
from generator.denoising import Canvas, Denoiser
from generator.geometry import TokenGrid, visible_tokens
from generator.request import BoundBox


@dataclass(frozen=True)
class Patch:
    """How one box gets onto the picture.

    batch: the box's entries in its canvas' batch. source: the box's tokens that no later box covers, numbered on its
    own canvas. target: the same tokens on the picture.
    """

    batch: slice
    source: torch.Tensor
    target: torch.Tensor


def paste(values: torch.Tensor, patches: Sequence[Patch], onto: torch.Tensor) -> torch.Tensor:
    """Return a copy of `onto` (of the picture) with the `values` (of the boxes' canvas) of the patches in place."""
    for patch in patches:
        onto = onto.index_copy(1, patch.target, values[patch.batch].index_select(1, patch.source))
    return onto


@dataclass
class BoxCanvas:
    """Boxes of one size, denoised as one batch: all pictures of the first box, all of the second, …

    steps: how many bind. patches: which of the boxes is seen where, by the steps before which latents are pasted (that
    changes where boxes overlap and one of them stops to bind). velocity: of the step that is being made, None between
    steps.
    """

    canvas: Canvas
    steps: int
    patches: Sequence[tuple[range, Patch]]
    velocity: torch.Tensor | None = None

    def at(self, step: int) -> list[Patch]:
        """Return the patches that hold before a step, those of its own features before the one after it."""
        return [patch for steps, patch in self.patches if step in steps]


@dataclass
class HardBinding:
    """The objects of a plan for one call: their canvases."""

    boxes: Sequence[BoxCanvas]

    @classmethod
    def of(cls, canvases: Sequence[Canvas], boxes: Sequence[BoundBox], grid: TokenGrid) -> HardBinding:
        """Group the canvases of the boxes, given in order: those of equal size are denoised as one batch."""
        groups: dict[tuple[int, ...], list[tuple[Canvas, list[_View]]]] = {}
        for canvas, box, views in zip(canvases, boxes, _views(boxes, grid), strict=True):
            if views:  # else later boxes cover it, and nobody would see what it looks like
                key = (box.steps, box.rect.width, box.rect.height, canvas.text.embeds.shape[1])
                groups.setdefault(key, []).append((canvas, views))
        return cls([_box_canvas(members, steps) for (steps, *_), members in groups.items()])

    def denoise(self, step: int, timestep: torch.Tensor, picture: Canvas, denoiser: Denoiser) -> list[Transfer]:
        """Before the picture's pass: paste the latents and take this step with every box.

        Returns the features that overwrite the picture in its own pass of this step.
        """
        written: list[Transfer] = []
        for index, box in enumerate(self.boxes):
            picture.latents = paste(box.canvas.latents, box.at(step), picture.latents)
            if step < box.steps:
                transfers = [
                    Transfer(patch.source, picture.rows(patch.target), patch.batch, picture.base_in_single_stream)
                    for patch in box.at(step + 1)
                ]
                box.velocity = denoiser.velocity(box.canvas, timestep, name=f"box {index}", recorded=transfers)
                box.canvas.advance(box.velocity, timestep)
                written += transfers
        return written

    def paste_velocity(self, step: int, velocity: torch.Tensor) -> torch.Tensor:
        """After the picture's pass: return its velocity with that of the boxes denoised in this step in place."""
        for box in self.boxes:
            if box.velocity is not None:
                velocity = paste(box.velocity, box.at(step + 1), velocity)
                box.velocity = None
        return velocity


@dataclass(frozen=True)
class _View:
    """Which of a box's tokens are seen in some steps, numbered on itself and on the picture."""

    steps: range
    source: list[int]
    target: list[int]


def _views(boxes: Sequence[BoundBox], grid: TokenGrid) -> list[list[_View]]:
    """Return for each box what is seen of it in which steps, nothing where later boxes cover it."""
    found: list[list[_View]] = [[] for _ in boxes]
    ends = sorted({box.steps for box in boxes})
    for before, last in pairwise([-1, *ends]):
        bound = [number for number, box in enumerate(boxes) if box.steps >= last]
        visible = visible_tokens([boxes[number].rect for number in bound], grid)
        for number, source in zip(bound, visible, strict=True):
            tokens = boxes[number].rect.tokens(grid)
            if source:
                found[number].append(_View(range(before + 1, last + 1), source, [tokens[place] for place in source]))
    return found


def _box_canvas(boxes: Sequence[tuple[Canvas, Sequence[_View]]], steps: int) -> BoxCanvas:
    """Join the canvases of equally large boxes."""
    canvas = Canvas.join([canvas for canvas, _ in boxes])
    device, images = canvas.latents.device, len(canvas.latents) // len(boxes)
    batches = [slice(index * images, (index + 1) * images) for index in range(len(boxes))]
    patches = [
        (view.steps, Patch(batch, rows(view.source, device), rows(view.target, device)))
        for batch, (_, views) in zip(batches, boxes, strict=True)
        for view in views
    ]
    return BoxCanvas(canvas, steps, patches)
