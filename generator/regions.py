"""The cells of a plan as the transformer sees them: their texts, and image tokens sorted by text.

Tensors: text (batch, text tokens, channels), image (batch, image tokens, channels), position ids (tokens, 3).
"Packed" is the order of the transformer's input, "row by row" the order of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from generator.attention import RegionLayout


@dataclass(frozen=True)
class TextStream:
    """A cell prompt's embedding (batch, text tokens, channels) and the image tokens that are refined by it.

    objects: the numbers of those whose reference pictures the cell sees.
    """

    embeds: torch.Tensor
    tokens: Sequence[int]
    objects: Sequence[int] = ()


class Regions:
    """Soft refinement of one canvas: which tokens attend to which text, with strength δ in (0, 1].

    Cells with the same prompt attend to the same things, so they are one text stream.
    """

    def __init__(self, streams: Sequence[TextStream], strength: float) -> None:
        device = streams[0].embeds.device
        self.streams = tuple(streams)
        self.strength = strength
        self.order = torch.tensor([token for stream in streams for token in stream.tokens], device=device)
        self.rank = torch.argsort(self.order)

    @classmethod
    def join(cls, plans: Sequence[Regions]) -> Regions:
        """Return the regions of plans with the same cells as those of their pictures in one batch."""
        streams = [
            TextStream(torch.cat([stream.embeds for stream in equal]), equal[0].tokens)
            for equal in zip(*(regions.streams for regions in plans), strict=True)
        ]
        return cls(streams, plans[0].strength)

    def layout(self, base_tokens: int, *, doubled: bool) -> RegionLayout:
        """Return the packed sequence's layout for a base text of `base_tokens` tokens."""
        texts = [stream.embeds.shape[1] for stream in self.streams]
        if self.strength < 1:
            texts = [base_tokens, *texts]
        cells = tuple(len(stream.tokens) for stream in self.streams)
        return RegionLayout(tuple(texts), cells, self.strength, doubled)

    def streams_of(self, number: int) -> tuple[int | None, int | None]:
        """Return which text streams see the picture of an object: the base's, if it is there, and its cell's."""
        base = int(self.strength < 1)
        cells = [base + index for index, stream in enumerate(self.streams) if number in stream.objects]
        return 0 if base else None, cells[0] if cells else None

    def pack_text(self, base: torch.Tensor) -> torch.Tensor:
        """Join the base text and the cells' texts; at δ = 1 the base text reaches nothing and is left out."""
        texts = [stream.embeds for stream in self.streams]
        return torch.cat([base, *texts] if self.strength < 1 else texts, dim=1)

    def pack(self, values: torch.Tensor) -> torch.Tensor:
        """Sort image tokens (the last dimension but one), given row by row, by text stream."""
        return values.index_select(-2, self.order)

    def unpack(self, values: torch.Tensor) -> torch.Tensor:
        """Return the packed tokens of the first image stream row by row."""
        return values.index_select(-2, self.rank)

    def packed_rows(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return where some tokens of the picture are in the packed first image stream."""
        return self.rank[tokens]
