"""What reference pictures do to the passes of a canvas: through the attention (IP-Adapter), after blocks (PuLID).

A face's cross attention is added to the image tokens inside its object's box, in the base stream, after every second
double-stream and every fourth single-stream block, as PuLID does it, one face after the other (source: the
RAG-Diffusion release).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from generator.adapters.ip_attention import Sight
from generator.regions.features import Action, Place

if TYPE_CHECKING:
    from generator.regions.denoise import Canvas


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
class Influence:
    """All reference pictures of a canvas. nets: PuLID's cross attention by the place that it comes after."""

    pictures: tuple[PlacedImage, ...] = ()
    faces: tuple[PlacedImage, ...] = ()
    nets: Mapping[Place, torch.nn.Module] | None = None

    @classmethod
    def join(cls, parts: Sequence[tuple[Influence, int]]) -> Influence:
        """Return the pictures of canvases that become one batch, given with their numbers of entries; no faces."""
        pictures, start = [], 0
        for influence, entries in parts:
            pictures += [replace(picture, batch=slice(start, start + entries)) for picture in influence.pictures]
            start += entries
        return cls(tuple(pictures))

    def sights(self, canvas: Canvas) -> tuple[Sight, ...]:
        """Return what the attention of a pass of this canvas gets to see."""
        found = []
        for picture in self.pictures:
            rows = None if picture.rows is None else canvas.rows(picture.rows)
            base, cell = (None, 0) if rows is None else (0, None)
            if canvas.regions is not None:
                base, cell = canvas.regions.streams_of(picture.number)
            found.append(Sight(picture.tokens, picture.weight, picture.batch, rows, base, cell))
        return tuple(found)

    def actions(self, canvas: Canvas) -> list[Action]:
        """Return what is done to the image tokens after blocks of a pass of this canvas."""
        nets = self.nets or {}
        return [
            Face(face.tokens, face.weight, canvas.rows(face.rows), nets) for face in self.faces if face.rows is not None
        ]


NO_INFLUENCE = Influence()


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
