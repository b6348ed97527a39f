"""The command line's options that say how a model is loaded and run."""

from __future__ import annotations

import argparse

from generator.cli.options import add_options, given_options
from generator.settings import LoadOptions, RenderSettings

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
    add_options(parser.add_argument_group("speed and memory"), LoadOptions)
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="say what it costs, whether it fits here and how long it takes",
    )


def load_options(arguments: argparse.Namespace) -> LoadOptions:
    """Return what the options say about loading."""
    return LoadOptions(**given_options(arguments, LoadOptions))
