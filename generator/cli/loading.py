"""The command line's options that say how a model is loaded and run."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from generator.cli.options import add_options, given_options
from generator.costs.estimate import estimate
from generator.recipe import Recipe
from generator.settings import EMBEDDED, LoadOptions, RenderSettings

WEIGHTS = ("lora", "quantize", "step_cache", "max_sequence_length", "region_max_sequence_length")
CONTROL = ("controlnet", "control_image", "control_scale", "control_mode", "control_start", "control_end")


def add_weight_options(parser: argparse._ActionsContainer) -> None:
    """Add the options that choose weights, or trade the picture for speed."""
    add_options(parser, RenderSettings, *WEIGHTS)


def add_control_options(parser: argparse._ActionsContainer) -> None:
    """Add the options that let a picture follow another one."""
    add_options(parser, RenderSettings, *CONTROL)


def add_loading_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that change speed and memory, not the picture."""
    add_options(parser, LoadOptions)
    parser.add_argument(
        "--dry-run", action="store_true", help="print size, steps, streams, FLOPs and memory; load and paint nothing"
    )


def load_options(arguments: argparse.Namespace) -> LoadOptions:
    """Return what the options say about loading."""
    return LoadOptions(**given_options(arguments, LoadOptions))


def print_estimate(recipes: Sequence[Recipe], arguments: argparse.Namespace, images: int = 1) -> None:
    """Print what painting will cost, with the numbers of --dtype, else those that the device most likely has.

    Several recipes, and several images of each, are one batch.
    """
    loading, first = load_options(arguments), recipes[0]
    settings = first.settings
    on_cpu = loading.device == "cpu" or (loading.device is None and settings.model == EMBEDDED)
    bits = {"float32": 32, None: 32 if on_cpu else 16}.get(loading.dtype, 16)
    plans = [recipe.plan for recipe in recipes]
    found = estimate(plans, settings, repaint=first.repaints, bits=bits, offload=loading.offload, images=images)
    if arguments.json:
        print(json.dumps(found.to_dict()))
        return
    print("\n".join([f"model: {settings.model}, {bits} bits a number", *found.lines()]))
    if settings.controlnet and not Path(settings.controlnet).expanduser().is_dir():
        print(f"the ControlNet {settings.controlnet!r} is taken for one of 6 double-stream blocks, as Union-Pro-2.0 is")
