"""The sequence that the transformer sees: the texts of a plan's cells side by side, and image tokens sorted by text.

`[text K | … | text 1 | base text | image]`, the image tokens sorted so that those of a cell lie side by side. Cell k is
attended from `[text k, image tokens of cell k]` to `[text k, all image tokens]`, the base from and to
`[base text, all image tokens]`; the cell's image tokens get δ, its own, times the first plus 1 - δ times the second. At
δ = 1 everywhere nothing depends on the base text: it is left out. Where a δ is below 1 some families have a second
image stream at the end of the sequence in their late blocks, which gets the cells' output unmixed.

Joining all these parts would copy the image once for every cell. Instead they are views of the sequence: before text k
attends it is moved to just before its image tokens, over what the texts before it were done with. That is why the texts
stand in reverse: a text moves towards the end and so never over one that is yet to attend, however long each is.

Tensors: text (batch, text tokens, …), image (batch, image tokens, channels), position ids (tokens, …); in the attention
(batch, tokens, heads, head channels). "Packed" is the order of the transformer's input, "row by row" the picture's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import torch

from generator.regions.text import Text


@dataclass(frozen=True)
class TextStream:
    """A cell's prompt, the image tokens refined by it, and their δ.

    objects: the numbers of those whose reference pictures the cell sees.
    marks: what else acts on the cell's tokens, as the call has it.
    """

    text: Text
    tokens: Sequence[int]
    strength: float
    objects: Sequence[int] = ()
    marks: tuple[str, ...] = ()


class Regions:
    """Soft refinement of one canvas: which tokens attend to which text, with strength δ in 0..1, somewhere above 0.

    Cells with the same prompt attend to the same things, so they are one text stream, if δ is the same too.
    """

    def __init__(self, streams: Sequence[TextStream]) -> None:
        device = streams[0].text.embeds.device
        self.streams = tuple(streams)
        self.mixed = any(stream.strength < 1 for stream in streams)
        self.order = torch.tensor([token for stream in streams for token in stream.tokens], device=device)
        self.rank = torch.argsort(self.order)

    @classmethod
    def join(cls, plans: Sequence[Regions]) -> Regions:
        """Return the regions of plans with the same cells as those of their pictures in one batch."""
        return cls(
            [
                replace(equal[0], text=Text.join([stream.text for stream in equal]))
                for equal in zip(*(regions.streams for regions in plans), strict=True)
            ]
        )

    def layout(self, base_tokens: int, *, doubled: bool) -> RegionLayout:
        """Return the packed sequence's layout for a base text of `base_tokens` tokens."""
        texts = [stream.text.tokens for stream in self.streams]
        if self.mixed:
            texts = [base_tokens, *texts]
        cells = tuple(len(stream.tokens) for stream in self.streams)
        return RegionLayout(tuple(texts), cells, tuple(stream.strength for stream in self.streams), doubled)

    def streams_of(self, number: int) -> tuple[int | None, int | None]:
        """Return which text streams see the picture of an object: the base's, if it is there, and its cell's."""
        base = int(self.mixed)
        cells = [base + index for index, stream in enumerate(self.streams) if number in stream.objects]
        return 0 if base else None, cells[0] if cells else None

    def marked(self, base_tokens: int) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
        """Return by mark which tokens of the packed sequence have it: of the texts, and of one image stream."""
        layout, device = self.layout(base_tokens, doubled=False), self.order.device
        offset = len(layout.text_tokens) - len(self.streams)
        found = {}
        for mark in dict.fromkeys(name for stream in self.streams for name in stream.marks):
            has = [mark in stream.marks for stream in self.streams]
            texts = zip(reversed([False] * offset + has), reversed(layout.text_tokens), strict=True)
            cells = zip(has, layout.cell_tokens, strict=True)
            text, image = ([act for act, count in part for _ in range(count)] for part in (texts, cells))
            found[mark] = torch.tensor(text, device=device), torch.tensor(image, device=device)
        return found

    def pack(self, values: torch.Tensor) -> torch.Tensor:
        """Sort image tokens (the last dimension but one), given row by row, by text stream."""
        return values.index_select(-2, self.order)

    def unpack(self, values: torch.Tensor) -> torch.Tensor:
        """Return the packed tokens of the first image stream row by row."""
        return values.index_select(-2, self.rank)

    def packed_rows(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return where some tokens of the picture are in the packed first image stream."""
        return self.rank[tokens]


@dataclass(frozen=True)
class RegionLayout:
    """How many tokens each part of the packed sequence has; plain numbers, which torch.compile can keep dynamic.

    text_tokens: per text stream, the base first if it is there (a δ < 1); in the sequence they stand in reverse.
    cell_tokens: image tokens per text stream but the base. strengths: their δ. doubled: whether the late blocks
    have two image streams.
    """

    text_tokens: tuple[int, ...]
    cell_tokens: tuple[int, ...]
    strengths: tuple[float, ...]
    doubled: bool

    @property
    def mixed(self) -> bool:
        """Whether the base's text is there."""
        return min(self.strengths) < 1

    @property
    def image_tokens(self) -> int:
        """The number of tokens of one image stream."""
        return sum(self.cell_tokens)

    def texts(self) -> list[slice]:
        """Return where the text streams' texts are, the first of them next to the image tokens."""
        total = sum(self.text_tokens)
        bounds = [total - passed for passed in accumulate(self.text_tokens, initial=0)]
        return [slice(start, stop) for stop, start in pairwise(bounds)]

    def images(self, tokens: int) -> list[tuple[slice, slice]]:
        """Return for each text stream which image tokens attend, and which are attended to, of so many tokens in all.

        Of the base they are all tokens of its own image stream, of the others those of their cells, and all, of the
        last image stream.
        """
        text, last = sum(self.text_tokens), tokens - self.image_tokens
        bounds = accumulate(self.cell_tokens, initial=last)
        cells = [(slice(*pair), slice(last, tokens)) for pair in pairwise(bounds)]
        base = slice(text, text + self.image_tokens)
        return [(base, base), *cells] if self.mixed else cells

    def streams(
        self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Yield for each text stream the query, key and value of its text and image tokens.

        They are views of the sequence's, in which texts are moved: each is good until the next one is asked for.
        """
        for text, (query_image, attended) in zip(self.texts(), self.images(query.shape[1]), strict=True):
            yield _beside(query, text, query_image), _beside(key, text, attended), _beside(value, text, attended)

    def query_of(self, values: torch.Tensor, stream: int) -> torch.Tensor:
        """Return a copy of what attends in a text stream: its text, then its image tokens."""
        return torch.cat([values[:, self.texts()[stream]], values[:, self.images(values.shape[1])[stream][0]]], dim=1)

    def join(self, outputs: Sequence[torch.Tensor], tokens: int) -> torch.Tensor:
        """Put what the text streams attended to into one sequence of `tokens` tokens again."""
        pairs = zip(outputs, self.text_tokens, strict=True)
        texts, images = zip(*(output.tensor_split([count], dim=1) for output, count in pairs), strict=True)
        image_streams = (tokens - sum(self.text_tokens)) // self.image_tokens
        cells = images[self.mixed :]
        first = images[:1] if self.mixed else cells
        joined = torch.cat([*reversed(texts), *first, *(cells if image_streams > 1 else ())], dim=1)
        if self.mixed:
            base = joined.narrow(1, sum(self.text_tokens), self.image_tokens).split_with_sizes(self.cell_tokens, dim=1)
            for part, cell, strength in zip(base, cells, self.strengths, strict=True):
                part.lerp_(cell, strength)
        return joined


def _beside(values: torch.Tensor, text: slice, image: slice) -> torch.Tensor:
    """Return a text and image tokens of a sequence as one view of it, after moving the text to before the image."""
    start = image.start - (text.stop - text.start)
    if start != text.start:
        moved = values[:, text]
        values[:, start : image.start] = moved if text.stop <= start else moved.clone()
    return values[:, start : image.stop]


def _repeated(values: torch.Tensor, batch: int) -> torch.Tensor:
    return values.repeat(batch, *[1] * (values.ndim - 1))
