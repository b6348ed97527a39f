"""Repainting written for clarity, beside the naive picture (naive.py): every step is seen, everything is kept."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from generator.benchmarks import naive
from planner.plan import Plan


@dataclass
class Change:
    """Masked tokens, row by row, and what they show afterwards; names as in the pipeline's `Repaint`."""

    tokens: list[int]
    prompt: str
    object_prompt: str
    cell_prompts: list[str]
    binding_steps: int
    seed: int
    single_stream: bool


@torch.no_grad()
def repaint(
    pipe: Any, plan: Plan, change: Change, settings: naive.PlainSettings, encode: Callable[[str], naive.Prompt]
) -> tuple[Tensor, Tensor]:
    """Return the packed latents of the original and of the new picture."""
    columns, rows = settings.width // 16, settings.height // 16
    model, scheduler = pipe.transformer, naive.timed_scheduler(pipe, settings)
    xs, ys = [token % columns for token in change.tokens], [token // columns for token in change.tokens]
    left, top, width, height = min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1
    places = [(y - top) * width + x - left for x, y in zip(xs, ys, strict=True)]
    noise = torch.Generator().manual_seed(change.seed)
    alone = naive.pack(torch.randn(1, model.config.in_channels // 4, 2 * height, 2 * width, generator=noise))
    grid = [tokens for _, tokens in naive.cell_tokens(plan, columns, rows)]
    cells = [(encode(prompt)[0], tokens) for prompt, tokens in zip(change.cell_prompts, grid, strict=True)]
    kept = [token for token in range(columns * rows) if token not in change.tokens]
    new: Tensor | None = None

    def euler(step: int, velocity: Tensor, timestep: Tensor, latents: Tensor) -> Tensor:
        at = copy.deepcopy(scheduler)
        at.set_begin_index(step)
        stepped: Tensor = at.step(velocity, timestep, latents, return_dict=False)[0]
        return stepped

    def watch(step: int, timestep: Tensor, latents: Tensor, features: list[Tensor], velocity: Tensor) -> None:
        nonlocal alone, new
        if step < change.binding_steps:
            about = naive.PlainPass(encode(change.object_prompt), width, settings.guidance_scale)
            own = naive.forward(model, alone, timestep, about, lambda _, image: image)
            alone = euler(step, own, timestep, alone)
            return
        if new is None:
            new = latents.clone()
            new[:, change.tokens] = alone[:, places]

        def keep(place: int, image: Tensor) -> Tensor:
            if place <= len(model.transformer_blocks) or change.single_stream:
                image = image.clone()
                image[:, kept] = features[place][:, kept]
            return image

        prompt, strength = encode(change.prompt), naive.weights(plan, step, settings)
        about = naive.PlainPass(prompt, columns, settings.guidance_scale, cells, strength)
        own = naive.forward(model, new, timestep, about, keep)
        own[:, kept] = velocity[:, kept]
        new = euler(step, own, timestep, new)
        new[:, kept] = euler(step, velocity, timestep, latents)[:, kept]

    original = naive.paint(pipe, plan, settings, encode, watch)
    assert new is not None
    return original, new
