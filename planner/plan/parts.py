"""What a plan is made of: objects with their boxes and images, and rows of cells; each in and out of JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, Literal, TypeVar, get_args

from planner.errors import PlanError
from planner.plan import document
from planner.plan.box import Box
from planner.plan.limits import MAX_DOCUMENT_CELLS, MAX_DOCUMENT_OBJECTS, MAX_IMAGE_WEIGHT, MAX_PATH_CHARACTERS

ImageKind = Literal["redux", "ip_adapter", "pulid", "native"]
KINDS: tuple[ImageKind, ...] = get_args(ImageKind)
HUB_LORA = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*/.+\.safetensors", re.ASCII)

Part = TypeVar("Part")


@dataclass(frozen=True)
class ImagePrompt:
    """An image that says what an object looks like.

    kind: how: "redux" (the image in place of words), "ip_adapter", "pulid" (the identity of a face), or "native" (the
        model itself reads images).
    path: the image's file.
    weight: how strongly it acts, 0 to 3; of a native image always 1.

    Raises `PlanError` for another kind, an empty path and a weight out of range.
    """

    kind: ImageKind
    path: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            document.wrong("kind", f"one of {', '.join(KINDS)}", self.kind)
        if not document.text(self.path, "path", most=MAX_PATH_CHARACTERS).strip():
            document.wrong("path", "the name of an image's file", self.path)
        weight = document.number(self.weight, "weight", minimum=0, maximum=MAX_IMAGE_WEIGHT)
        if self.kind == "native" and weight != 1:
            document.wrong("weight", "1 for a native image, which the model reads as it is", weight)
        object.__setattr__(self, "weight", weight)

    def to_dict(self) -> dict[str, Any]:
        """Return the image as a JSON object."""
        return {"kind": self.kind, "path": self.path, "weight": self.weight}

    @classmethod
    def from_dict(cls, value: object, path: str) -> ImagePrompt:
        """Read what `to_dict` wrote; the weight may be absent. Raises `PlanError` with path and value."""
        return _build(cls, path, document.fields(value, path, required=("kind", "path"), optional=("weight",)))


@dataclass(frozen=True)
class ObjectBox:
    """A thing to draw: a short prompt that names it ("a red ball"), and the box it goes into.

    prompt: what it is; may be empty where there is an image of it.
    box: where it goes, in fractions of the canvas.
    image: an image of it.
    hard_binding_steps: in how many first steps it binds, 0 or more; None: as many as the other things.
    lora: LoRAs that act on this thing only, "file[:scale]" each.

    Raises `PlanError` for a value of the wrong type.
    """

    prompt: str
    box: Box
    image: ImagePrompt | None = None
    hard_binding_steps: int | None = None
    lora: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        document.text(self.prompt, "prompt")
        document.instance(self.box, Box, "box")
        if self.image is not None:
            document.instance(self.image, ImagePrompt, "image")
        if self.hard_binding_steps is not None:
            steps = document.integer(self.hard_binding_steps, "hard_binding_steps", minimum=0)
            object.__setattr__(self, "hard_binding_steps", steps)
        object.__setattr__(self, "lora", tuple(document.items(self.lora, "lora", most=MAX_DOCUMENT_OBJECTS)))
        for index, text in enumerate(self.lora):
            named = document.text(text, f"lora[{index}]", most=MAX_PATH_CHARACTERS).strip()
            if not named or not math.isfinite(split_scale(text)[1]):
                document.wrong(f"lora[{index}]", "file[:scale]", text)

    @property
    def name(self) -> str:
        """What to call the object: its prompt, or its image's file where it has none."""
        if self.image is None or not document.is_blank(self.prompt):
            return self.prompt
        return PurePath(self.image.path).name

    @property
    def remarks(self) -> list[str]:
        """What the object has beside prompt and box, in words."""
        found = [f"LoRA {text}" for text in self.lora]
        if self.image:
            found.insert(0, f"{self.image.kind} {self.image.path} × {self.image.weight:g}")
        if self.hard_binding_steps is not None:
            found.append(f"binds for {self.hard_binding_steps} steps")
        return found

    def with_paths(self, image_path: Callable[[str], str], lora_path: Callable[[str], str]) -> ObjectBox:
        """Return the object with the paths of its image and of its LoRAs' files changed."""
        files = [(text, split_scale(text)[0]) for text in self.lora]
        changed = tuple(lora_path(file) + text[len(file) :] for text, file in files)
        image = replace(self.image, path=image_path(self.image.path)) if self.image else None
        return replace(self, image=image, lora=changed)

    def to_dict(self) -> dict[str, Any]:
        """Return the object as a JSON object; what it does not have is left out."""
        result: dict[str, Any] = {"prompt": self.prompt, "box": self.box.to_dict()}
        if self.image:
            result["image"] = self.image.to_dict()
        if self.hard_binding_steps is not None:
            result["hard_binding_steps"] = self.hard_binding_steps
        return result | ({"lora": list(self.lora)} if self.lora else {})

    @classmethod
    def from_dict(cls, value: object, path: str) -> ObjectBox:
        """Read what `to_dict` wrote, without a prompt too where there is an image. Raises as `Cell.from_dict`."""
        has_image = isinstance(value, Mapping) and "image" in value
        required, extra = (("box",), ("prompt",)) if has_image else (("prompt", "box"), ())
        known = document.fields(
            value, path, required=required, optional=(*extra, "image", "hard_binding_steps", "lora")
        )
        given = {"prompt": "", **known, "box": read_box(known["box"], f"{path}.box")}
        if has_image:
            given["image"] = ImagePrompt.from_dict(known["image"], f"{path}.image")
        if "hard_binding_steps" in known:
            document.integer(known["hard_binding_steps"], f"{path}.hard_binding_steps", minimum=0)
        return _build(cls, path, given)


@dataclass(frozen=True)
class Cell:
    """A part of a row.

    width: relative to the other cells of the row.
    prompt: what is seen there, in detail.
    refinement_strength: the cell's own δ, 0 to 1; None: that of the whole image.

    Raises `PlanError` for a value of the wrong type, and for a δ out of range.
    """

    width: float
    prompt: str
    refinement_strength: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", document.number(self.width, "width"))
        document.text(self.prompt, "prompt")
        if self.refinement_strength is not None:
            strength = document.number(self.refinement_strength, "refinement_strength", minimum=0, maximum=1)
            object.__setattr__(self, "refinement_strength", strength)

    @property
    def remarks(self) -> list[str]:
        """What the cell has beside its prompt, in words."""
        return [] if self.refinement_strength is None else [f"refinement {self.refinement_strength:g}"]

    def to_dict(self) -> dict[str, Any]:
        """Return the cell as a JSON object; a strength that it does not have is left out."""
        result: dict[str, Any] = {"width": self.width, "prompt": self.prompt}
        own = self.refinement_strength
        return result if own is None else result | {"refinement_strength": own}

    @classmethod
    def from_dict(cls, value: object, path: str) -> Cell:
        """Read what `to_dict` wrote. Raises `PlanError` with path and value."""
        known = document.fields(value, path, required=("width", "prompt"), optional=("refinement_strength",))
        if "refinement_strength" in known:
            document.number(known["refinement_strength"], f"{path}.refinement_strength", minimum=0, maximum=1)
        return _build(cls, path, known)


@dataclass(frozen=True)
class Row:
    """A row of cells across the whole canvas.

    height: relative to the other rows; of no effect where it is alone.
    cells: from left to right.

    Raises `PlanError` for a value of the wrong type.
    """

    height: float
    cells: tuple[Cell, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "height", document.number(self.height, "height"))
        object.__setattr__(self, "cells", tuple(self.cells))
        document.instances(self.cells, Cell, "cells")

    def to_dict(self) -> dict[str, Any]:
        """Return the row as a JSON object."""
        return {"height": self.height, "cells": [cell.to_dict() for cell in self.cells]}

    @classmethod
    def from_dict(cls, value: object, path: str) -> Row:
        """Read what `to_dict` wrote. Raises `PlanError` with path and value."""
        known = document.fields(value, path, required=("height", "cells"))
        listed = document.each(known["cells"], f"{path}.cells", most=MAX_DOCUMENT_CELLS)
        cells = tuple(Cell.from_dict(*cell) for cell in listed)
        return _build(cls, path, {**known, "cells": cells})


def split_scale(text: str) -> tuple[str, float]:
    """Read file[:scale]; without a number behind the last colon the scale is 1."""
    file, separator, scale = text.rpartition(":")
    try:
        return (file, float(scale)) if separator else (text, 1.0)
    except ValueError:
        return text, 1.0


def names_hub_file(file: str) -> bool:
    """Tell whether a LoRA's file is named as on the hub: owner/name/FILE.safetensors, FILE in folders perhaps."""
    return HUB_LORA.fullmatch(file) is not None


def read_box(value: object, path: str) -> Box:
    """Read a box from its JSON object. Raises `PlanError` with path and value."""
    return _build(Box, path, document.fields(value, path, required=("x", "y", "width", "height")))


def _build(part: Callable[..., Part], path: str, values: Mapping[str, Any]) -> Part:
    """Make a part, which checks its values itself; what it complains about begins with the key."""
    try:
        return part(**values)
    except PlanError as error:
        raise PlanError(f"{path}.{error}") from None
