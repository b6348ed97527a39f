"""The algorithm written plainly, for families that have a plain pass: features in lists, nothing packed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from generator.regions.geometry import TokenGrid, TokenRect, cell_rects, object_rects
from planner.plan import Plan

TEXT_TOKENS = 24


@dataclass(frozen=True)
class PlainFamily:
    """What differs between families.

    one_pass: (model, image, (rows, columns), sigma, texts, cells, keep) -> velocity, as in plain_qwen.py.
    text: (pipe, words, prompt) -> words without padding, with the pictures that go with a prompt.
    noise: (pipe, grid, generator) -> packed latents.
    shift: (pipe, image tokens) -> the shift of the steps.
    guide: (scale, positive, negative) -> velocity. unguided: the scale of no second pass. negative: of no prompt.
    """

    one_pass: Callable[..., Tensor]
    text: Callable[[Any, str, str], Any]
    noise: Callable[[Any, TokenGrid, torch.Generator], Tensor]
    shift: Callable[[Any, int], float]
    guide: Callable[[float, Tensor, Tensor], Tensor]
    unguided: float
    negative: str


@torch.no_grad()
def paint_plainly(
    family: PlainFamily,
    pipe: Any,
    plan: Plan,
    grid: TokenGrid,
    *,
    strength: float,
    binding: int,
    guidance: float,
    generator: torch.Generator,
    steps: int = 3,
) -> Tensor:
    """Paint a plan; cells' own δ and objects' own binding steps go before the call's."""
    model, schedule = pipe.transformer, pipe.scheduler
    schedule.set_timesteps(sigmas=torch.linspace(1, 1 / steps, steps).tolist(), mu=family.shift(pipe, grid.count))
    rects = object_rects(plan, grid)
    bind = [binding if item.hard_binding_steps is None else item.hard_binding_steps for item in plan.objects]
    picture = family.noise(pipe, grid, generator)
    boxes = [family.noise(pipe, TokenGrid(rect.width, rect.height), generator) for rect in rects]
    own = [strength if cell.refinement_strength is None else cell.refinement_strength for cell in plan.cells]
    cells = [(rect.tokens(grid), δ) for rect, δ in zip(cell_rects(plan, grid), own, strict=True)]
    prompts = [None] if guidance == family.unguided else [None, family.negative]  # of each pass; None: the canvas' own

    def velocity(
        canvas: Tensor, size: TokenGrid, prompt: str, sigma: Tensor, regions: bool, keeps: list[Callable[..., Tensor]]
    ) -> Tensor:
        outputs = []
        for other, keep in zip(prompts, keeps, strict=True):
            refined = regions and other is None
            encoded = [family.text(pipe, prompt if other is None else other, prompt)]
            encoded += [family.text(pipe, cell.prompt, cell.prompt) for cell in plan.cells if refined]
            shape = (size.height, size.width)
            outputs.append(family.one_pass(model, canvas, shape, sigma, encoded, cells if refined else [], keep))
        return outputs[0] if len(outputs) == 1 else family.guide(guidance, *outputs)

    for step, (sigma, following) in enumerate(pairwise(schedule.sigmas)):
        alone: dict[int, Tensor] = {}
        features: dict[int, list[list[Tensor]]] = {}
        for number, rect in enumerate(rects):
            if step <= bind[number]:
                picture[:, rect.tokens(grid)] = boxes[number]
            if step < bind[number]:
                features[number] = [[] for _ in prompts]
                keeps = [recorder(kept) for kept in features[number]]
                size = TokenGrid(rect.width, rect.height)
                alone[number] = velocity(boxes[number], size, plan.objects[number].prompt, sigma, False, keeps)
        keeps = [
            writer(rects, grid, {n: kept[branch] for n, kept in features.items()}) for branch in range(len(prompts))
        ]
        whole = velocity(picture, grid, plan.prompt, sigma, any(own), keeps).clone()
        for number, of_box in alone.items():
            whole[:, rects[number].tokens(grid)] = of_box
            boxes[number] = boxes[number] + (following - sigma) * of_box
        picture = picture + (following - sigma) * whole
    return picture


def recorder(kept: list[Tensor]) -> Callable[[int, Tensor], Tensor]:
    def record(place: int, image: Tensor) -> Tensor:
        kept.append(image)
        return image

    return record


def writer(rects: tuple[TokenRect, ...], grid: TokenGrid, features: dict[int, list[Tensor]]) -> Callable[..., Tensor]:
    def write(place: int, image: Tensor) -> Tensor:
        image = image.clone()
        for number, kept in features.items():
            image[:, rects[number].tokens(grid)] = kept[place]
        return image

    return write
