"""The command line's part for reference pictures: options → image prompts and where adapters come from. No torch."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from generator.adapters.references import check_numbers, read_reference, with_images
from generator.cli.options import add_command, add_common_options, add_options, given_options
from generator.recipe import Recipe
from generator.settings import Adapters, RenderSettings
from planner.errors import PlanError, RenderError
from planner.plan import Plan
from planner.plan.parts import KINDS, ImagePrompt, split_scale


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
    add_options(group, Adapters)


def image(text: str) -> tuple[int, ImagePrompt]:
    """Read N=KIND:PATH[:WEIGHT]."""
    number, _, rest = text.partition("=")
    kind, _, path = rest.partition(":")
    file, weight = split_scale(path)
    try:
        if not number.isdecimal():
            raise PlanError(f"N must be the number of an object, from 0, got {number!r}")
        absolute = str(Path(file).expanduser().absolute()) if file else ""
        return int(number), ImagePrompt(kind, absolute, weight)  # type: ignore[arg-type]
    except PlanError as error:
        message = f"{text!r} is not N=KIND:PATH[:WEIGHT], such as 0=redux:cat.jpg or 1=pulid:face.png:0.9: {error}"
        raise argparse.ArgumentTypeError(message) from error


def images_of(arguments: argparse.Namespace, plans: Iterable[Plan] = ()) -> dict[int, ImagePrompt]:
    """Return the pictures that the options give, by the objects' numbers.

    plans: those that are there already, each of which must have these objects.
    Raises `RenderError`, before a plan is made, for a picture that cannot be read or is one of two for an object.
    """
    for plan in plans:
        check_numbers(plan, [number for number, _ in arguments.image])
    found: dict[int, ImagePrompt] = {}
    for number, prompt in arguments.image:
        if number in found:
            raise RenderError(f"object {number} was given two pictures, {found[number].path!r} and {prompt.path!r}")
        read_reference(number, prompt)
        found[number] = prompt
    return found


def pictured(recipe: Recipe, arguments: argparse.Namespace, images: Mapping[int, ImagePrompt]) -> Recipe:
    """Return the recipe with the pictures of the command line, and its sources of adapters."""
    settings = with_adapters(recipe.settings, arguments)
    return recipe.changed(plan=with_images(recipe.plan, images), settings=settings)


def with_adapters(settings: RenderSettings, arguments: argparse.Namespace) -> RenderSettings:
    """Return the settings with the command line's sources of adapters."""
    return settings.changed(adapters=replace(settings.adapters, **given_options(arguments, Adapters)))


def add_convert_command(commands: Any) -> None:
    """Add the command `convert-adapter`."""
    parser = add_command(commands, "convert-adapter", run_convert, "write an adapter's .bin file as .safetensors")
    add_common_options(parser)
    parser.add_argument("adapter", help="InstantX' ip-adapter.bin, or owner/name/FILE of the hub")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the .safetensors to write")


def run_convert(arguments: argparse.Namespace) -> None:
    """Convert an adapter's file."""
    from generator.adapters.checkpoint import convert

    convert(arguments.adapter, arguments.output)
    print(json.dumps({"adapter": str(arguments.output)}) if arguments.json else arguments.output)
