"""The command line's part for reference pictures: options → image prompts and where adapters come from. No torch."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from generator.adapters.references import read_reference, with_images
from generator.settings import RenderSettings
from planner.errors import PlanError, RenderError
from planner.plan import Plan
from planner.plan.parts import KINDS, ImagePrompt, split_scale

SOURCES = {
    "redux": ("MODEL", "Redux prior, a folder or hub id (default: FLUX.1-Redux-dev)"),
    "ip_adapter": (
        "FILE",
        "IP-Adapter, InstantX' or XLabs' file, or owner/name/FILE of the hub (default: InstantX')",
    ),
    "ip_encoder": ("MODEL", "image encoder of the IP-Adapter, a folder or hub id (default: the adapter's own)"),
    "pulid": ("FILE", "PuLID checkpoint, a file or owner/name/FILE of the hub (default: v0.9.1)"),
    "faces": ("MODEL", "folder or hub id with the networks in face_encoder that PuLID reads faces with"),
}


def add_image_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that give objects reference pictures."""
    group = parser.add_argument_group("reference pictures", "docs/image-prompts.md says what each kind does.")
    group.add_argument(
        "--image",
        type=image,
        action="append",
        default=[],
        metavar="N=KIND:PATH[:WEIGHT]",
        help=f"object N looks like this picture; KIND is one of {', '.join(KINDS)}; can be given for several objects",
    )
    for name, (metavar, text) in SOURCES.items():
        group.add_argument(f"--{name.replace('_', '-')}", metavar=metavar, help=text)


def image(text: str) -> tuple[int, ImagePrompt]:
    """Read N=KIND:PATH[:WEIGHT]."""
    number, _, rest = text.partition("=")
    kind, _, path = rest.partition(":")
    file, weight = split_scale(path)
    try:
        if not number.isdecimal():
            raise PlanError("N must be the number of an object")
        absolute = str(Path(file).expanduser().absolute()) if file else ""
        return int(number), ImagePrompt(kind, absolute, weight)  # type: ignore[arg-type]
    except PlanError as error:
        message = f"{text!r} is not N=KIND:PATH[:WEIGHT], such as 0=redux:cat.jpg or 1=pulid:face.png:0.9: {error}"
        raise argparse.ArgumentTypeError(message) from error


def images_of(arguments: argparse.Namespace) -> dict[int, ImagePrompt]:
    """Return the pictures that the options give, by the objects' numbers.

    Raises `RenderError`, before a plan is made, for a picture that cannot be read or is one of two for an object.
    """
    found: dict[int, ImagePrompt] = {}
    for number, prompt in arguments.image:
        if number in found:
            raise RenderError(f"object {number} was given two pictures, {found[number].path!r} and {prompt.path!r}")
        read_reference(number, prompt)
        found[number] = prompt
    return found


def pictured(
    plan: Plan, settings: RenderSettings, arguments: argparse.Namespace, images: Mapping[int, ImagePrompt]
) -> tuple[Plan, RenderSettings]:
    """Return the plan with the pictures of the command line, and the settings with its sources of adapters."""
    given = {name: value for name in SOURCES if (value := getattr(arguments, name)) is not None}
    return with_images(plan, images), settings.changed(adapters=replace(settings.adapters, **given))


def add_convert_command(
    subparsers: argparse._SubParsersAction[Any],
    add_common_options: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Add the command `convert-adapter`."""
    text = "write an adapter's .bin file as .safetensors"
    parser = subparsers.add_parser("convert-adapter", help=text, description=text)
    parser.set_defaults(run=run_convert)
    add_common_options(parser)
    parser.add_argument("adapter", help="InstantX' ip-adapter.bin, or owner/name/FILE of the hub")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the .safetensors to write")


def run_convert(arguments: argparse.Namespace) -> None:
    """Convert an adapter's file."""
    from generator.adapters.checkpoint import convert

    convert(arguments.adapter, arguments.output)
    print(json.dumps({"adapter": str(arguments.output)}) if arguments.json else arguments.output)
