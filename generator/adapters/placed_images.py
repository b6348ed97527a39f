"""What reference pictures do to the passes of a canvas: through the attention (IP-Adapter), after blocks (PuLID).

A face's cross attention is added to the image tokens inside its object's box, in the base stream, after every second
double-stream and every fourth single-stream block, as PuLID does it, one face after the other (source: the
RAG-Diffusion release).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch

from generator.families.flux1_images import IMAGES, ImageAttention
from generator.regions.passes import Pass
from generator.regions.transfer import Action, Place


@dataclass(frozen=True)
class PlacedImage:
    """What an adapter made of object `number`'s picture, placed on a canvas.

    tokens: (entries, tokens, channels), for the entries `batch` of the canvas. rows: the image tokens inside the
    object's box, row by row; None: the canvas is the object's own.
    """

    number: int
    tokens: torch.Tensor
    weight: float
    batch: slice
    rows: torch.Tensor | None = None


@dataclass(frozen=True)
class ImageConditioning:
    """An `Effect`: the reference pictures of a canvas that an IP-Adapter shows to its attention."""

    second_stream: ClassVar[bool] = False
    layout: ClassVar[bool] = True
    stays: ClassVar[bool] = False

    images: tuple[PlacedImage, ...]

    @property
    def group(self) -> Hashable:
        """Return nothing: boxes with and without pictures are painted as one batch."""
        return None

    @classmethod
    def join(cls, parts: Sequence[tuple[ImageConditioning, slice]]) -> ImageConditioning:
        """Return the pictures of canvases that become one batch."""
        return cls(tuple(replace(image, batch=entries) for part, entries in parts for image in part.images))

    def arguments(self, one: Pass, timestep: torch.Tensor) -> Mapping[str, Any]:
        """Return what the attention of a pass gets to see."""
        found = []
        for image in () if one.negative else self.images:
            rows = None if image.rows is None else one.rows(image.rows)
            base, cell = (None, 0) if rows is None else (0, None)
            if one.regions is not None:
                base, cell = one.regions.streams_of(image.number)
            found.append(ImageAttention(image.tokens, image.weight, image.batch, rows, base, cell))
        return {"joint_attention_kwargs": {IMAGES: tuple(found)}} if found else {}

    def actions(self, one: Pass) -> Sequence[Action]:
        """Return nothing."""
        return ()

    def around(self, one: Pass) -> AbstractContextManager[None]:
        """Hold nothing."""
        return nullcontext()


@dataclass(frozen=True)
class FaceConditioning:
    """An `Effect`: the faces of a canvas. nets: PuLID's cross attention by the place that it comes after."""

    second_stream: ClassVar[bool] = True
    layout: ClassVar[bool] = False
    stays: ClassVar[bool] = False

    faces: tuple[PlacedImage, ...]
    nets: Mapping[Place, torch.nn.Module]

    @property
    def group(self) -> Hashable:
        """Return nothing: no box has a face while it is painted alone."""
        return None

    @classmethod
    def join(cls, parts: Sequence[tuple[FaceConditioning, slice]]) -> FaceConditioning:
        """Return the only one: plans with pictures are painted alone."""
        ((only, _),) = parts
        return only

    def arguments(self, one: Pass, timestep: torch.Tensor) -> Mapping[str, Any]:
        """Return nothing."""
        return {}

    def actions(self, one: Pass) -> Sequence[Action]:
        """Return what is done to the image tokens after blocks of a pass."""
        return [
            Face(face.tokens, face.weight, one.rows(face.rows), self.nets)
            for face in self.faces
            if face.rows is not None and not one.negative
        ]

    def around(self, one: Pass) -> AbstractContextManager[None]:
        """Hold nothing."""
        return nullcontext()


@dataclass(frozen=True)
class Face:
    """A face in one pass; the fields are `PlacedImage`'s, but rows as the transformer sees them."""

    tokens: torch.Tensor
    weight: float
    rows: torch.Tensor
    nets: Mapping[Place, torch.nn.Module]

    def __call__(self, place: Place, image: torch.Tensor) -> None:
        """Add the face to a block's fresh output, in the tokens of its box."""
        if place in self.nets:
            inside = image.index_select(1, self.rows)
            image.index_add_(1, self.rows, self.weight * self.nets[place](self.tokens, inside))
