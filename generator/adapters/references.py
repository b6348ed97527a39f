"""The reference pictures of a plan, read before any model is loaded. No torch."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

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
    return {index: _read(index, image) for index, image in images.items()}


def _read(index: int, image: ImagePrompt) -> Reference:
    path = Path(image.path).expanduser()
    which = f"the picture {image.path!r} of object {index}"
    other = f"name another with --image {index}={image.kind}:PATH, or in the plan"
    if not path.is_file():
        raise RenderError(f"{which} is not there; {other}")
    if path.suffix == STORED:
        return Reference(image.kind, path, None)
    try:
        with Image.open(path) as picture:
            return Reference(image.kind, path, ImageOps.exif_transpose(picture).convert("RGB"))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise RenderError(f"{which} cannot be read ({error}); {other}") from error
