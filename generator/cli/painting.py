"""What a picture is painted like, and how its model is loaded: options → `RenderSettings`, `LoadOptions`. No torch."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from generator.cli.options import add_options, given_options
from generator.cli.pictures import add_image_options
from generator.families.profiles.checkpoint import same_model
from generator.options import options
from generator.settings import MODEL_VARIABLE, SIDE_PX, LoadOptions, RenderSettings, default_model

WEIGHTS = ("lora", "quantize", "step_cache", "max_sequence_length", "region_max_sequence_length")
CONTROL = ("controlnet", "control_image", "control_scale", "control_mode", "control_start", "control_end")
GUIDANCE = ("guidance_scale", "negative_prompt")


def add_model_options(parser: argparse._ActionsContainer) -> None:
    """Add the options that say for which model and canvas a plan is made."""
    about = options(RenderSettings)
    default = f" (default: ${MODEL_VARIABLE} or embedded)"
    parser.add_argument("--model", metavar="MODEL", help=about["model"].help + default)
    parser.add_argument("--size", type=size, metavar="WIDTHxHEIGHT", help=about["width"].help)


def add_idx_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that chooses a parameter set of a gallery."""
    parser.add_argument("--idx", type=int, metavar="N", help="which parameter set of a gallery, from 0")


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


def add_picture_options(parser: argparse._ActionsContainer) -> None:
    """Add the options that decide a picture, without its seed and its binding."""
    add_model_options(parser)
    add_weight_options(parser)
    add_control_options(parser)
    add_options(parser, RenderSettings, "seed_device", "steps", *GUIDANCE, "refinement_strength")


def add_painting_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of commands that paint."""
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write the picture (.png)")
    add_model_options(parser)
    add_options(parser, RenderSettings, "steps", "seed")
    how = parser.add_argument_group("how it is painted")
    add_options(how, RenderSettings, "hard_binding_steps", "refinement_strength", *GUIDANCE, "seed_device")
    add_weight_options(parser.add_argument_group("weights, and speed at the cost of the picture"))
    add_loading_options(parser)
    add_control_options(parser.add_argument_group("a picture that it follows, by a ControlNet"))
    add_image_options(parser)


def size(text: str) -> tuple[int, int]:
    """Read WIDTHxHEIGHT."""
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and len(text) <= 16):
        low, high = SIDE_PX["low"], SIDE_PX["high"]
        allowed = f"WIDTHxHEIGHT in px, each a whole number in {low}..{high}, such as 256x256"
        raise argparse.ArgumentTypeError(f"must be {allowed}; got {text!r}")
    return int(width), int(height)


def load_options(arguments: argparse.Namespace) -> LoadOptions:
    """Return what the options say about loading."""
    return LoadOptions(**given_options(arguments, LoadOptions))


def given_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that the command line says, without the model."""
    given = given_options(arguments, RenderSettings)
    given.pop("model", None)
    if arguments.size:
        given["width"], given["height"] = arguments.size
    return given


def settings_of(arguments: argparse.Namespace, start: RenderSettings | None = None) -> RenderSettings:
    """Combine a picture's settings or a model's own with what the command line says."""
    given = given_settings(arguments)
    if start is not None and (arguments.model is None or same_model(arguments.model, start.model)):
        return start.changed(**given)
    return RenderSettings.for_model(arguments.model or default_model(), **given)


def canvas_of(arguments: argparse.Namespace) -> RenderSettings:
    """Return the settings whose canvas a sentence is planned for that nothing is painted of yet.

    Those of the model that is named; where none is, FLUX's 1024 px and not the embedded model's canvas.
    """
    if arguments.model or os.environ.get(MODEL_VARIABLE):
        return settings_of(arguments)
    return RenderSettings(**given_settings(arguments))
