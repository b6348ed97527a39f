"""What to say where the memory runs out while a picture is painted: the flags with which it would fit. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from generator.costs.estimate import Estimate, estimate
from generator.costs.fitting import Cost, fit
from generator.costs.machine import Machine, cpu_bits
from generator.recipe import Recipe
from generator.settings import LoadOptions, RenderSettings
from generator.weights.libraries import ran_out_of_memory
from planner.errors import RenderError


@contextmanager
def full_memory_told(recipes: Sequence[Recipe], loading: LoadOptions, images: int = 1) -> Iterator[None]:
    """Raise `RenderError`, which says with which flags it would fit, where the memory runs out in the block.

    recipes, images: what is painted there, as one batch of so many images of each.
    """
    try:
        yield
    except Exception as error:
        if not ran_out_of_memory(error):
            raise
        raise RenderError(_advice(recipes, loading, error, images)) from error


def _advice(recipes: Sequence[Recipe], loading: LoadOptions, error: Exception, images: int) -> str:
    settings = recipes[0].settings
    machine = Machine.here(loading.device)
    held = fit(
        cost_of(recipes, loading, machine.device, images), settings.model, settings.quantize, loading.offload, machine
    )
    where = f"the memory of {machine.name} is full"
    if held.flags:
        return f"{where}; it would fit with {' '.join(held.flags)}"
    if held.flags is None:
        return f"{where}, and no --quantize or --offload would be enough; take a smaller --size"
    return (
        f"{where} ({type(error).__name__}), though by the dry run's count it fits: other programs hold some of it, or "
        "take a smaller --size, --offload model or --quantize int8"
    )


def cost_of(
    recipes: Sequence[Recipe], loading: LoadOptions, device: str, images: int = 1, *, looking_bytes: float = 0.0
) -> Cost:
    """Return what a batch costs on a device with other (quantize, offload) than its own.

    looking_bytes: of who looks at it.
    """
    return partial(_cost, recipes, images, loading, device, looking_bytes)


def number_bits(settings: RenderSettings, loading: LoadOptions, device: str) -> int:
    """Return the bits of the numbers that are computed with on a device: those of --dtype, else as loading chooses."""
    if loading.dtype is not None:
        return 32 if loading.dtype == "float32" else 16
    if device == "cpu":
        return cpu_bits(settings.model, settings.quantize, loading.base)
    return 16 if device.startswith("cuda") else 32


def _cost(
    recipes: Sequence[Recipe],
    images: int,
    loading: LoadOptions,
    device: str,
    looking_bytes: float,
    quantize: str | None,
    offload: str | None,
) -> Estimate:
    first, settings = recipes[0], recipes[0].settings.changed(quantize=quantize)
    bits, plans = number_bits(settings, loading, device), [recipe.plan for recipe in recipes]
    found = estimate(plans, settings, repaint=first.repaints, bits=bits, offload=offload, images=images)
    return replace(found, looking_bytes=looking_bytes)
