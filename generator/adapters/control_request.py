"""What a ControlNet is told for one call, checked before any work. No torch at run time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from generator.options import check_integer, check_number
from generator.pictures import read_picture
from generator.settings import RenderSettings
from planner.errors import RenderError

Several = int | float | Sequence[int] | Sequence[float] | None


@dataclass(frozen=True)
class ControlInput:
    """One picture that a ControlNet makes the whole picture follow: edges, depth, a pose, …

    image: one picture, as diffusers takes it: a PIL image, an array, or a tensor of the canvas' size.
    scale: how strongly it acts, 0 and up. mode: which kind of picture it is, for a union ControlNet. start, end: the
    part of the steps in which it acts, 0..1.
    """

    image: Any
    scale: float = 1.0
    mode: int | None = None
    start: float = 0.0
    end: float = 1.0

    def __post_init__(self) -> None:
        if self.image is None:
            raise RenderError("control_image is missing: a ControlNet needs a picture to follow")
        check_number("controlnet_conditioning_scale", self.scale, 0, float("inf"))
        check_number("control_guidance_start", self.start, 0, 1)
        check_number("control_guidance_end", self.end, self.start, 1)

    def scale_at(self, step: int, steps: int) -> float:
        """Return how strongly the picture acts in a step of so many; diffusers' rule to the last float operation."""
        outside = step / steps < self.start or (step + 1) / steps > self.end
        return self.scale * (1.0 - float(outside))

    def check(self, modes: int | None, width: int, height: int) -> None:
        """Raise `RenderError` for what does not fit a ControlNet of so many modes, or a canvas in px."""
        if modes is not None:
            check_integer("control_mode", self.mode, 0, modes - 1)
        elif self.mode is not None:
            raise RenderError(f"control_mode is for a union ControlNet, and this is none; got {self.mode!r}")
        shape = tuple(getattr(self.image, "shape", ()))
        if isinstance(self.image, list | tuple) or (len(shape) == 4 and shape[0] != 1):
            raise RenderError(f"control_image must be one picture for each ControlNet, got {self.image!r:.80}")
        size = tuple(getattr(self.image, "shape", ())[-2:])
        if hasattr(self.image, "device") and size != (height, width):
            raise RenderError(
                f"a control_image that is a tensor must have the picture's size, {width}×{height}, got {size[::-1]}"
            )


def control_inputs(images: Any, scales: Several, modes: Several, starts: Several, ends: Several) -> list[ControlInput]:
    """Divide a call's arguments among its control images, given as a list; the others are a list too, or hold for all.

    Raises `RenderError` for lists of different lengths, and for values that are out of range.
    """
    names = ("controlnet_conditioning_scale", "control_mode", "control_guidance_start", "control_guidance_end")
    columns = []
    for name, values in zip(names, (scales, modes, starts, ends), strict=True):
        column = list(values) if isinstance(values, Sequence) else [values] * len(images)
        if len(column) != len(images):
            raise RenderError(f"{name} must be one value, or {len(images)}, one for each control image; got {values!r}")
        columns.append(column)
    return [ControlInput(*values) for values in zip(images, *columns, strict=True)]


def control_arguments(settings: RenderSettings) -> dict[str, Any]:
    """Return `control_input` as arguments of the pipeline; none without a ControlNet. Raises the same."""
    given = control_input(settings)
    if given is None:
        return {}
    return {
        "control_image": given.image,
        "controlnet_conditioning_scale": given.scale,
        "control_mode": given.mode,
        "control_guidance_start": given.start,
        "control_guidance_end": given.end,
    }


def control_input(settings: RenderSettings) -> ControlInput | None:
    """Return what a picture's settings say about control; None without a ControlNet.

    Raises `RenderError` for a ControlNet without a picture, or the other way round, and for a file that is no picture.
    """
    if (settings.controlnet is None) != (settings.control_image is None):
        raise RenderError(
            "controlnet and control_image need each other: a ControlNet, and the picture that it follows; got "
            f"{settings.controlnet!r} and {settings.control_image!r}"
        )
    if settings.control_image is None:
        default, names = RenderSettings(), ("control_scale", "control_mode", "control_start", "control_end")
        for name in names:
            if getattr(settings, name) != getattr(default, name):
                raise RenderError(f"{name} is for a controlnet, which was not given")
        return None
    image = read_picture(settings.control_image, f"the control image {settings.control_image!r}")
    return ControlInput(
        image, settings.control_scale, settings.control_mode, settings.control_start, settings.control_end
    )
