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
from typing import Any

import torch

from generator.regions.call import BoundBox
from generator.regions.denoise import Denoiser
from generator.regions.geometry import TokenGrid, visible_tokens
from generator.regions.passes import Canvas
from generator.regions.transfer import Transfer, rows


@dataclass(frozen=True)
class Patch:
    """How one box gets onto the picture.

    batch: the box's entries in its canvas' batch. into: the pictures of its plan, entries in theirs. source: the box's
    tokens that no later box covers, numbered on its own canvas. target: the same tokens on the picture.
    """

    batch: slice
    into: slice
    source: torch.Tensor
    target: torch.Tensor


def paste(values: torch.Tensor, patches: Sequence[Patch], onto: torch.Tensor) -> torch.Tensor:
    """Return a copy of `onto` (of the picture) with the `values` (of the boxes' canvas) of the patches in place."""
    onto = onto.clone()
    for patch in patches:
        onto[patch.into].index_copy_(1, patch.target, values[patch.batch].index_select(1, patch.source))
    return onto


@dataclass
class BoxCanvas:
    """Boxes of one size, of one plan or several, denoised as one batch: all pictures of the first box, of the second, …

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
    """The objects of a call's plans: their canvases."""

    boxes: Sequence[BoxCanvas]

    @classmethod
    def of(cls, plans: Sequence[Sequence[tuple[BoundBox, Canvas]]], grid: TokenGrid) -> HardBinding:
        """Group the boxes, given plan by plan in order: equal ones on which the same acts are denoised as one batch."""
        groups: dict[tuple[Any, ...], list[_Member]] = {}
        for number, placed in enumerate(plans):
            views = _views([box for box, _ in placed], grid)
            for (box, canvas), seen in zip(placed, views, strict=True):
                if seen:  # else later boxes cover it, and nobody would see what it looks like
                    key = (box.steps, box.rect.width, box.rect.height, canvas.text.tokens, _acting_on(canvas))
                    groups.setdefault(key, []).append(_Member(canvas, number, seen))
        return cls([_box_canvas(members, steps) for (steps, *_), members in groups.items()])

    def denoise(self, step: int, timestep: torch.Tensor, picture: Canvas, denoiser: Denoiser) -> list[Transfer]:
        """Before the picture's pass: paste the latents and take this step with every box.

        Returns the features that overwrite the picture in its own pass of this step.
        """
        written: list[Transfer] = []
        for index, box in enumerate(self.boxes):
            picture.latents = paste(box.canvas.latents, box.at(step), picture.latents)
            if step < box.steps:
                late = picture.base_reaches_others
                transfers = [
                    Transfer(patch.source, patch.target, patch.batch, patch.into, late) for patch in box.at(step + 1)
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


@dataclass(frozen=True)
class _Member:
    """A box on its way into a batch: its canvas, the number of its plan, and what is seen of it."""

    canvas: Canvas
    plan: int
    views: Sequence[_View]

    def patches(self, index: int) -> list[tuple[range, Patch]]:
        """Return how it gets onto its plan's pictures, as number `index` of its batch."""
        device, images = self.canvas.latents.device, len(self.canvas.latents)
        batch, into = (slice(number * images, (number + 1) * images) for number in (index, self.plan))
        return [
            (view.steps, Patch(batch, into, rows(view.source, device), rows(view.target, device)))
            for view in self.views
        ]


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


def _acting_on(canvas: Canvas) -> tuple[Any, ...]:
    return tuple(effect.group for effect in canvas.effects if effect.group is not None)


def _box_canvas(members: Sequence[_Member], steps: int) -> BoxCanvas:
    """Join the canvases of equally large boxes."""
    canvas = Canvas.join([member.canvas for member in members])
    return BoxCanvas(canvas, steps, [patch for index, member in enumerate(members) for patch in member.patches(index)])
