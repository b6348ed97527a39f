"""`--dry-run`: what painting costs, whether it fits this computer, and with which flags it would."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from generator.cli.looking import reviewing_bytes
from generator.cli.painting import load_options
from generator.costs.estimate import Estimate, estimate
from generator.costs.fitting import fit, said_of_size
from generator.costs.machine import Machine
from generator.families.detecting import size_of
from generator.families.profiles.checkpoint import EMBEDDED
from generator.painting.batch import check_together
from generator.recipe import Recipe
from generator.settings import LoadOptions, RenderSettings
from planner.errors import RenderError


def print_estimates(recipes: Sequence[Recipe], jobs: Sequence[Recipe], arguments: argparse.Namespace) -> None:
    """Print what many pictures cost: one by one, or as one batch."""
    together = "batch" in arguments and arguments.batch
    if together:
        check_together(recipes)
    machine = measured_machine(recipes[0].settings, load_options(arguments))
    for batch in [recipes] if together else [[job] for job in jobs]:
        print_estimate(batch, arguments, machine, arguments.images if together else 1)


def print_estimate(recipes: Sequence[Recipe], arguments: argparse.Namespace, machine: Machine, images: int = 1) -> None:
    """Print what painting will cost, with the numbers of --dtype, else those that the device most likely has.

    Several recipes, and several images of each, are one batch. machine: what it is held against.
    """
    loading, settings = load_options(arguments), recipes[0].settings
    bits = number_bits(settings, loading)
    cost = partial(_cost, recipes, images, loading, looking=reviewing_bytes(arguments))
    found = cost(settings.quantize, loading.offload)
    held = fit(cost, settings.model, settings.quantize, loading.offload, machine)
    if arguments.json:
        print(json.dumps({**found.to_dict(), "fit": held.to_dict()}))
        return
    print("\n".join([f"model: {settings.model}, {bits} bits a number", *found.lines(), *held.lines()]))
    if guessed := said_of_size(settings.model):
        print(guessed)
    if settings.controlnet and not Path(settings.controlnet).expanduser().is_dir():
        print(f"the ControlNet {settings.controlnet!r} is taken for one of 6 double-stream blocks, as Union-Pro-2.0 is")


def measured_machine(settings: RenderSettings, loading: LoadOptions) -> Machine:
    """Return this computer, its speed measured for a model.

    Raises `RenderError` for a model or a device that is not there.
    """
    from generator.weights.hub import find_model

    find_model(settings.model)
    if loading.device is not None:
        from generator.weights.devices import choose_device

        choose_device(loading.device)
    machine = Machine.here(loading.device)
    return machine.measured(size_of(settings.model).channels, bits=number_bits(settings, loading))


def full_memory(recipes: Sequence[Recipe], loading: LoadOptions, error: Exception, images: int = 1) -> RenderError:
    """Return what to say where the memory ran out: with which flags it would do, by the dry run's count."""
    settings = recipes[0].settings
    machine = Machine.here(loading.device)
    held = fit(partial(_cost, recipes, images, loading), settings.model, settings.quantize, loading.offload, machine)
    where = f"the memory of {machine.name} is full"
    if held.flags:
        return RenderError(f"{where}; it would fit with {' '.join(held.flags)}")
    if held.flags is None:
        return RenderError(f"{where}, and no --quantize or --offload would be enough; take a smaller --size")
    return RenderError(
        f"{where} ({type(error).__name__}), though by the dry run's count it fits: other programs hold some of it, or "
        "take a smaller --size, --offload model or --quantize int8"
    )


def number_bits(settings: RenderSettings, loading: LoadOptions) -> int:
    """Return the bits of the numbers that are computed with: those of --dtype, else what the device most likely has."""
    on_cpu = loading.device == "cpu" or (loading.device is None and settings.model == EMBEDDED)
    return {"float32": 32, None: 32 if on_cpu else 16}.get(loading.dtype, 16)


def _cost(
    recipes: Sequence[Recipe],
    images: int,
    loading: LoadOptions,
    quantize: str | None,
    offload: str | None,
    looking: float = 0.0,
) -> Estimate:
    first, settings = recipes[0], recipes[0].settings.changed(quantize=quantize)
    bits, plans = number_bits(settings, loading), [recipe.plan for recipe in recipes]
    found = estimate(plans, settings, repaint=first.repaints, bits=bits, offload=offload, images=images)
    return replace(found, looking_bytes=looking)
