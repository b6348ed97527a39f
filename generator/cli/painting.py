"""The command line's options that say what a picture is painted like: options → `RenderSettings`. No torch."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from generator.cli.loading import add_control_options, add_loading_options, add_weight_options, weights_of
from generator.cli.pictures import add_image_options
from generator.settings import MODEL_VARIABLE, SEED_DEVICES, RenderSettings, default_model


def add_model_options(parser: argparse._ActionsContainer) -> None:
    """Add the options that say for which model and canvas a plan is made."""
    parser.add_argument(
        "--model",
        metavar="MODEL",
        help=f"embedded, a checkpoint folder or a hub id (default: ${MODEL_VARIABLE} or embedded)",
    )
    parser.add_argument("--size", type=size, metavar="WIDTHxHEIGHT", help="canvas in px, multiples of 16")


def add_idx_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that chooses a parameter set of a gallery."""
    parser.add_argument("--idx", type=int, metavar="N", help="which parameter set of a gallery, from 0")


def add_picture_options(parser: argparse._ActionsContainer) -> None:
    """Add the options that decide a picture, without its seed and its binding."""
    add_model_options(parser)
    add_weight_options(parser)
    add_control_options(parser)
    parser.add_argument(
        "--seed-device",
        choices=SEED_DEVICES,
        help="where noise is drawn: cpu, the same on every device, or cuda, as the RAG-Diffusion release (default cpu)",
    )
    parser.add_argument("--steps", type=int, help="denoising steps (default 20)")
    parser.add_argument("--guidance", type=float, metavar="SCALE", help="guidance scale (default 3.5)")
    parser.add_argument(
        "--refinement", type=float, metavar="DELTA", help="strength of soft refinement, 0..1 (default 1)"
    )


def add_painting_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of commands that paint."""
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write the picture (.png)")
    add_picture_options(parser)
    add_loading_options(parser)
    add_image_options(parser)
    parser.add_argument("--seed", type=int, help="the same seed makes the same picture (default: a new one)")
    parser.add_argument(
        "--binding-steps",
        type=binding_steps,
        metavar="N",
        default=argparse.SUPPRESS,
        help="hard binding in the first N steps, or none (default: 2, embedded 17)",
    )


def size(text: str) -> tuple[int, int]:
    """Read WIDTHxHEIGHT."""
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT in px, such as 256x256")
    return int(width), int(height)


def binding_steps(text: str) -> int | None:
    """Read a number of steps or "none"."""
    if text == "none":
        return None
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number of steps nor none")
    return int(text)


def given_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that the options of `add_picture_options` name, without the model."""
    given: dict[str, Any] = weights_of(arguments)
    for name, option in {
        "seed_device": "seed_device",
        "steps": "steps",
        "guidance_scale": "guidance",
        "refinement_strength": "refinement",
    }.items():
        if getattr(arguments, option, None) is not None:
            given[name] = getattr(arguments, option)
    if arguments.size:
        given["width"], given["height"] = arguments.size
    return given


def settings_of(arguments: argparse.Namespace, start: RenderSettings | None = None) -> RenderSettings:
    """Combine a picture's settings or a model's own with what the command line says."""
    given = given_settings(arguments)
    if getattr(arguments, "seed", None) is not None:
        given["seed"] = arguments.seed
    if "binding_steps" in arguments:
        given["hard_binding_steps"] = arguments.binding_steps
    if start is not None and arguments.model in (None, start.model):
        return start.changed(**given)
    return RenderSettings.for_model(arguments.model or default_model(), **given)
