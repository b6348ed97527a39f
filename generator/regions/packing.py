"""The cells of a plan as the transformer sees them: their texts, and image tokens sorted by text.

Tensors: text (batch, text tokens, channels), image (batch, image tokens, channels), position ids (tokens, 3).
"Packed" is the order of the transformer's input, "row by row" the order of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from generator.adapters.lora import Tokens
from generator.families.flux1_attention import RegionLayout


@dataclass(frozen=True)
class TextStream:
    """A cell prompt's embedding (batch, text tokens, channels), the image tokens refined by it, and their δ.

    objects: the numbers of those whose reference pictures the cell sees. lora: what acts on the cell's tokens.
    """

    embeds: torch.Tensor
    tokens: Sequence[int]
    strength: float
    objects: Sequence[int] = ()
    lora: tuple[str, ...] = ()


class Regions:
    """Soft refinement of one canvas: which tokens attend to which text, with strength δ in 0..1, somewhere above 0.

    Cells with the same prompt attend to the same things, so they are one text stream, if δ is the same too.
    """

    def __init__(self, streams: Sequence[TextStream]) -> None:
        device = streams[0].embeds.device
        self.streams = tuple(streams)
        self.mixed = any(stream.strength < 1 for stream in streams)
        self.order = torch.tensor([token for stream in streams for token in stream.tokens], device=device)
        self.rank = torch.argsort(self.order)

    @classmethod
    def join(cls, plans: Sequence[Regions]) -> Regions:
        """Return the regions of plans with the same cells as those of their pictures in one batch."""
        streams = [
            replace(equal[0], embeds=torch.cat([stream.embeds for stream in equal]))
            for equal in zip(*(regions.streams for regions in plans), strict=True)
        ]
        return cls(streams)

    def layout(self, base_tokens: int, *, doubled: bool) -> RegionLayout:
        """Return the packed sequence's layout for a base text of `base_tokens` tokens."""
        texts = [stream.embeds.shape[1] for stream in self.streams]
        if self.mixed:
            texts = [base_tokens, *texts]
        cells = tuple(len(stream.tokens) for stream in self.streams)
        return RegionLayout(tuple(texts), cells, tuple(stream.strength for stream in self.streams), doubled)

    def streams_of(self, number: int) -> tuple[int | None, int | None]:
        """Return which text streams see the picture of an object: the base's, if it is there, and its cell's."""
        base = int(self.mixed)
        cells = [base + index for index, stream in enumerate(self.streams) if number in stream.objects]
        return 0 if base else None, cells[0] if cells else None

    def lora_tokens(self, base_tokens: int) -> dict[str, Tokens]:
        """Return which tokens of the packed sequence each LoRA acts on, for a base text of `base_tokens` tokens."""
        layout, device = self.layout(base_tokens, doubled=False), self.order.device
        offset = len(layout.text_tokens) - len(self.streams)
        found = {}
        for lora in dict.fromkeys(name for stream in self.streams for name in stream.lora):
            acts = [lora in stream.lora for stream in self.streams]
            texts = zip(reversed([False] * offset + acts), reversed(layout.text_tokens), strict=True)
            cells = zip(acts, layout.cell_tokens, strict=True)
            text, image = ([act for act, count in part for _ in range(count)] for part in (texts, cells))
            found[lora] = Tokens(torch.tensor(text, device=device), torch.tensor(image, device=device))
        return found

    def pack_text(self, base: torch.Tensor) -> torch.Tensor:
        """Join the texts, the base's last; where all δ = 1 that reaches nothing and is left out."""
        texts = [stream.embeds for stream in reversed(self.streams)]
        return torch.cat([*texts, base] if self.mixed else texts, dim=1)

    def pack(self, values: torch.Tensor) -> torch.Tensor:
        """Sort image tokens (the last dimension but one), given row by row, by text stream."""
        return values.index_select(-2, self.order)

    def unpack(self, values: torch.Tensor) -> torch.Tensor:
        """Return the packed tokens of the first image stream row by row."""
        return values.index_select(-2, self.rank)

    def packed_rows(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return where some tokens of the picture are in the packed first image stream."""
        return self.rank[tokens]
