"""What is denoised, and one run of it through the transformer: plain data that families and effects read.

A `Canvas` is anything that has latents and steps of its own: the picture, the box of an object, a repainted picture. A
`Pass` is one run of a canvas through the transformer: with its own prompt, or with the negative one.
Tensors: latents and velocities (batch, image tokens, channels), tokens row by row; text (batch, text tokens, channels).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from generator.regions.effect import Effect
from generator.regions.geometry import TokenGrid
from generator.regions.packing import RegionLayout, Regions
from generator.regions.text import Text


@dataclass
class Canvas:
    """A batch of equally large latents on their way from noise to picture.

    positions: what the family's `noise` gives beside the latents, (image tokens, …); None where it needs none.
    grid: its size. scheduler: at this canvas' own step, shared with no other; None before its first.
    regions: soft refinement, None for the plain model.
    negative: the prompt of a second pass, None: there is none.
    effects: what acts on its passes besides prompts.
    """

    latents: torch.Tensor
    positions: torch.Tensor | None
    grid: TokenGrid
    text: Text
    scheduler: Any
    regions: Regions | None = None
    negative: Text | None = None
    effects: tuple[Effect[Pass], ...] = ()

    @classmethod
    def join(cls, canvases: Sequence[Canvas]) -> Canvas:
        """Return canvases of one size and text length, and with the same cells, as a batch at the first one's step."""
        first = canvases[0]
        if len(canvases) == 1:
            return first
        regions = [canvas.regions for canvas in canvases if canvas.regions]
        negatives = [canvas.negative for canvas in canvases if canvas.negative]
        return cls(
            latents=torch.cat([canvas.latents for canvas in canvases]),
            positions=first.positions,
            grid=first.grid,
            text=Text.join([canvas.text for canvas in canvases]),
            scheduler=first.scheduler,
            regions=Regions.join(regions) if regions else None,
            negative=Text.join(negatives) if negatives else None,
            effects=_joined(canvases),
        )

    def advance(self, velocity: torch.Tensor, timestep: torch.Tensor) -> None:
        """Take one step of the scheduler."""
        dtype = self.latents.dtype
        self.latents = self.scheduler.step(velocity, timestep, self.latents, return_dict=False)[0].to(dtype)

    @property
    def base_reaches_others(self) -> bool:
        """Whether the base image stream reaches other tokens where there are two: not where all δ = 1."""
        return self.regions is None or self.regions.mixed


@dataclass(frozen=True)
class Pass:
    """One run of a canvas through the transformer.

    negative: whether it is that of the negative prompt, which no cell refines.
    two_streams: whether the family's late blocks get a second image stream where a δ is below 1.
    """

    canvas: Canvas
    negative: bool = False
    two_streams: bool = False

    @property
    def text(self) -> Text:
        """Its base prompt."""
        if self.negative:
            assert self.canvas.negative is not None
            return self.canvas.negative
        return self.canvas.text

    @property
    def regions(self) -> Regions | None:
        """Its cells, None without any."""
        return None if self.negative else self.canvas.regions

    @property
    def doubled(self) -> bool:
        """Whether its late blocks have two image streams."""
        if self.regions is None or not self.two_streams:
            return False
        return self.regions.mixed or any(effect.second_stream for effect in self.canvas.effects)

    def layout(self) -> RegionLayout | None:
        """Return how many tokens the parts of the sequence have; None where stock attention needs to know nothing."""
        if self.regions is not None:
            return self.regions.layout(self.text.tokens, doubled=self.doubled)
        if any(effect.layout for effect in self.canvas.effects):
            return RegionLayout((self.text.tokens,), (self.canvas.latents.shape[1],), (1.0,), doubled=False)
        return None

    def texts(self) -> list[Text]:
        """Return the texts of the sequence: the base's, if anything attends to it, then those of the cells."""
        if self.regions is None:
            return [self.text]
        cells = [stream.text for stream in self.regions.streams]
        return [self.text, *cells] if self.regions.mixed else cells

    def rows(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return where some image tokens are in the sequence that the transformer sees."""
        return tokens if self.regions is None else self.regions.packed_rows(tokens)

    def pack(self, values: torch.Tensor) -> torch.Tensor:
        """Sort values of image tokens, given row by row, as the transformer sees the tokens."""
        return values if self.regions is None else self.regions.pack(values)

    def pack_late(self, values: torch.Tensor) -> torch.Tensor:
        """The same for the late blocks, which may have two image streams."""
        packed = self.pack(values)
        return torch.cat([packed, packed], dim=-2) if self.doubled else packed

    def unpack(self, values: torch.Tensor) -> torch.Tensor:
        """Return image tokens of the first stream row by row."""
        return values if self.regions is None else self.regions.unpack(values)


def _joined(canvases: Sequence[Canvas]) -> tuple[Effect[Pass], ...]:
    """Return the effects of canvases that become one batch."""
    found: dict[type[Effect[Pass]], list[tuple[Effect[Pass], slice]]] = {}
    start = 0
    for canvas in canvases:
        entries = slice(start, start + len(canvas.latents))
        for effect in canvas.effects:
            found.setdefault(type(effect), []).append((effect, entries))
        start = entries.stop
    return tuple(kind.join(parts) for kind, parts in found.items())
