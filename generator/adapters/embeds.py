"""What an adapter makes of one reference picture, before any painting. No torch at run time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from planner.errors import RenderError
from planner.plan.parts import KINDS

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image


@dataclass(frozen=True, eq=False)
class ImageEmbeds:
    """A reference picture as one of the adapters sees it: `pipe(plan, image_embeds={0: …})`, by the object's number.

    kind: that of the object's picture in the plan. embeds: (1, tokens, channels): redux (1, 512 + 729, 4096), the text
    of the object's own pass; ip_adapter (1, tokens, 4096); pulid (1, 32, 2048). pooled: (1, channels), redux only, the
    pooled vector of that text.
    Raises `RenderError` for an unknown kind or another number of dimensions.
    """

    kind: str
    embeds: torch.Tensor
    pooled: torch.Tensor | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise RenderError(f"kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        _check_shape("embeds", self.embeds, "(1, tokens, channels)", 3)
        if self.kind == "redux":
            _check_shape("pooled", self.pooled, "(1, channels)", 2)
        elif self.pooled is not None:
            raise RenderError(f"pooled goes with kind 'redux' only, got one with {self.kind!r}")


@dataclass(frozen=True, eq=False)
class NativePicture:
    """A reference picture that the model itself reads: `pipe(plan, image_embeds={0: …})`, by the object's number.

    picture: RGB, of any size.
    """

    kind: ClassVar[str] = "native"
    picture: Image


def _check_shape(name: str, value: object, allowed: str, dimensions: int) -> None:
    shape = tuple(getattr(value, "shape", ()))
    if len(shape) != dimensions or shape[0] != 1 or 0 in shape:
        raise RenderError(f"{name} must be a tensor {allowed}, got {shape or type(value).__name__}")
