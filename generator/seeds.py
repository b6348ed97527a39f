"""Seeds: new ones, those of several pictures, and the noise that comes of one. No torch before noise is drawn."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from planner.errors import RenderError

if TYPE_CHECKING:
    import torch

SEEDS = 2**64  # a seed is 0..SEEDS−1


def new_seed() -> int:
    """Return a seed that nobody chose, short enough to be typed again."""
    return secrets.randbelow(2**32)


def seed_of_picture(first: int, number: int) -> int:
    """Return the seed of picture `number` of several, from 0: they count up from the first, and begin again at 0."""
    return (first + number) % SEEDS


def noise_of(seed: int, seed_device: str, device: str | None) -> torch.Generator:
    """Return the generator that a picture's noise comes from.

    seed_device: where the noise is drawn, "cpu" or "cuda".
    device: where the picture is painted; None: on CUDA if there is one.

    The generator draws in the numbers that the model computes with; the release's are bfloat16, the default on CUDA.
    Raises `RenderError` for noise from CUDA where the picture is not painted there.
    """
    import torch

    if seed_device == "cuda" and not (torch.cuda.is_available() and (device or "cuda").startswith("cuda")):
        found = device or "cpu, as this torch finds no CUDA"
        raise RenderError(f"seed_device 'cuda' is for pictures that are painted on CUDA; this one is on {found}")
    return torch.Generator(seed_device).manual_seed(seed)
