"""What a plan's objects bring along: reference pictures, LoRAs; read before any model is loaded. No torch."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from generator.options import LoraFile
from generator.pictures import read_picture
from planner.errors import RenderError
from planner.plan import ImagePrompt, Plan

STORED = ".safetensors"  # what an adapter made of a picture, kept by `write_embeds`


@dataclass(frozen=True, eq=False)
class Reference:
    """An object's picture, RGB and upright; None where the file holds what an adapter made of it already."""

    kind: str
    path: Path
    picture: Image.Image | None


def read_references(plan: Plan, *, given: Container[int] = ()) -> dict[int, Reference]:
    """Read the pictures of all objects, by the objects' numbers, but for those whose embedding is given.

    Raises `RenderError` for a picture that is not there or cannot be read.
    """
    images = {index: item.image for index, item in enumerate(plan.objects) if item.image and index not in given}
    return {index: read_reference(index, image) for index, image in images.items()}


def with_images(plan: Plan, images: Mapping[int, ImagePrompt]) -> Plan:
    """Return the plan with other pictures, by the objects' numbers. Raises `RenderError` for an object it lacks."""
    check_numbers(plan, images)
    objects = [replace(item, image=images.get(index, item.image)) for index, item in enumerate(plan.objects)]
    return replace(plan, objects=tuple(objects))


def check_numbers(plan: Plan, numbers: Iterable[int]) -> None:
    """Raise `RenderError` for the number of an object that is to have a picture and that the plan lacks."""
    for number in numbers:
        if number not in range(len(plan.objects)):
            listed = ", ".join(f"{other} {item.name!r}" for other, item in enumerate(plan.objects))
            raise RenderError(f"there is no object {number} for a picture; the plan's objects are {listed or 'none'}")


def read_reference(index: int, image: ImagePrompt) -> Reference:
    """Read the picture of one object. Raises `RenderError` for one that is not there or cannot be read."""
    path = Path(image.path).expanduser()
    which = f"the picture {image.path!r} of object {index}"
    other = f"name another with --image {index}={image.kind}:PATH, or in the plan"
    if path.suffix == STORED and path.is_file():
        if image.kind == "native":
            raise RenderError(f"{which} must be a picture, which the model itself reads; {other}")
        return Reference(image.kind, path, None)
    try:
        return Reference(image.kind, path, read_picture(path, which))
    except RenderError as error:
        raise RenderError(f"{error}; {other}") from error


def lora_marks(plan: Plan) -> tuple[tuple[str, ...], ...]:
    """Return the LoRAs of the objects that each cell owns, in reading order; nothing where no object has one.

    Raises `RenderError` for a LoRA that is not there.
    """
    loras = [lora for item in plan.objects for lora in item.lora]
    for lora in loras:
        LoraFile.parse(lora).source()
    found: list[list[str]] = [[] for _ in plan.cells]
    for index, item in enumerate(plan.objects):
        if item.lora and plan.cells:
            found[plan.owner_cell(index)] += item.lora
    return tuple(tuple(sorted(set(own))) for own in found) if loras else ()
