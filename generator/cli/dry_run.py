"""`--dry-run`: what painting costs, whether it fits this computer, and with which flags it would."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from generator.cli.looking import reviewing_bytes
from generator.cli.painting import load_options
from generator.costs.fitting import fit, said_of_size
from generator.costs.full_memory import cost_of, number_bits
from generator.costs.machine import Machine
from generator.families.detecting import size_of
from generator.painting.batch import check_together
from generator.recipe import Recipe
from generator.settings import LoadOptions, RenderSettings


def print_estimates(recipes: Sequence[Recipe], jobs: Sequence[Recipe], arguments: argparse.Namespace) -> None:
    """Print what many pictures cost: one by one, or as one batch."""
    together = "batch" in arguments and arguments.batch
    if together:
        check_together(recipes)
    machine = measured_machine(recipes[0].settings, load_options(arguments))
    for batch in [recipes] if together else [[job] for job in jobs]:
        print_estimate(batch, arguments, machine, arguments.images if together else 1)


def print_estimate(recipes: Sequence[Recipe], arguments: argparse.Namespace, machine: Machine, images: int = 1) -> None:
    """Print what painting will cost, with the numbers of --dtype, else those that loading would choose here.

    Several recipes, and several images of each, are one batch. machine: what it is held against.
    """
    loading, settings = load_options(arguments), recipes[0].settings
    bits = number_bits(settings, loading, machine.device)
    cost = cost_of(recipes, loading, machine.device, images, looking_bytes=reviewing_bytes(arguments))
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
    return machine.measured(size_of(settings.model).channels, bits=number_bits(settings, loading, machine.device))
