"""Plans for the tiny pipeline, and ways to paint them: packed latents, 3 steps, equal noise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import FluxPipeline
from PIL import Image, ImageChops
from tiny_flux import TEXT_TOKENS

from generator.pipeline import RegionalFluxPipeline
from planner.plan import Box, Cell, ObjectBox, Plan, Row

BASE = "a red dog and a blue cat"
CELLS = (Row(1, (Cell(1, "a red dog on grass"), Cell(1, "a blue cat"))), Row(1, (Cell(1, "grass"),)))
DOG, CAT = ObjectBox("a red dog", Box(0, 0, 0.5, 0.75)), ObjectBox("a blue cat", Box(0.5, 0.25, 0.5, 0.75))
PLAN = Plan(BASE, CELLS, (DOG, CAT))
NO_OBJECTS = Plan(BASE, CELLS)
ONE_CELL = Plan(BASE, (Row(1, (Cell(1, BASE),)),))


def noise(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def paint(pipe: RegionalFluxPipeline, plan: Plan = PLAN, **arguments: Any) -> torch.Tensor:
    arguments = {"num_inference_steps": 3, "generator": noise(), "output_type": "latent", **arguments}
    latents: torch.Tensor = pipe(plan, **arguments).images
    return latents


def paint_stock(pipe: RegionalFluxPipeline, **arguments: Any) -> Any:
    """The base prompt by diffusers' own pipeline, on the same parts."""
    stock = FluxPipeline(**pipe.components)
    stock.set_progress_bar_config(disable=True)
    arguments = {"num_inference_steps": 3, "generator": noise(), "output_type": "latent", **arguments}
    return stock(BASE, height=64, width=64, guidance_scale=3.5, max_sequence_length=TEXT_TOKENS, **arguments).images


def close(one: torch.Tensor, other: torch.Tensor) -> bool:
    return bool((one - other).norm() <= 1e-5 * other.norm())


def alike(one: str | Path | Image.Image, other: str | Path | Image.Image, levels: int = 2) -> bool:
    """Whether two pictures are the same but for so many grey levels: weights at other addresses round otherwise."""
    first, second = (each if isinstance(each, Image.Image) else Image.open(each) for each in (one, other))
    assert first.size == second.size
    difference = ImageChops.difference(first.convert("RGB"), second.convert("RGB")).getextrema()
    return all(high <= levels for _, high in difference)


def watch(pipe: RegionalFluxPipeline, plan: Plan = PLAN, **arguments: Any) -> list[dict[str, Any]]:
    """Paint, and return the keyword arguments of every call of the transformer."""
    passed: list[dict[str, Any]] = []

    def keep(module: torch.nn.Module, _: tuple[()], keywords: dict[str, Any]) -> None:
        passed.append(keywords)

    handle = pipe.transformer.register_forward_pre_hook(keep, with_kwargs=True)
    try:
        paint(pipe, plan, **arguments)
    finally:
        handle.remove()
    return passed
