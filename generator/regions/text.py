"""A prompt as a model's text encoders see it, alone or as a batch. Tensors: (batch, text tokens, …)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch

from planner.errors import RenderError

MASK = "mask"  # its key in a text's `extra`


@dataclass(frozen=True)
class Text:
    """A prompt as the text encoders of a model see it.

    embeds: (batch, text tokens, …).
    extra: what else the encoders give, each (batch, …): a pooled vector, a mask, …; `MASK`, (batch, text tokens), is
        True where a token is no padding, of a model whose texts may be padded.
    length: how many tokens it has in the transformer's sequence; None: as many as `embeds`.
    """

    embeds: torch.Tensor
    extra: Mapping[str, torch.Tensor] = field(default_factory=dict)
    length: int | None = None

    @property
    def tokens(self) -> int:
        """How many tokens it has in the transformer's sequence."""
        return self.embeds.shape[1] if self.length is None else self.length

    def repeat(self, batch: int) -> Text:
        """Return the text for a batch of equal prompts."""
        extra = {name: _repeated(value, batch) for name, value in self.extra.items()}
        return Text(_repeated(self.embeds, batch), extra, self.length)

    def padded(self, tokens: int, others: Sequence[Text]) -> Text:
        """Return a text with a mask as so many embeddings, as long in the sequence as the longest of others."""
        missing = tokens - self.embeds.shape[1]
        length = None if self.length is None else max(text.tokens for text in others)
        if not missing:
            return replace(self, length=length)
        embeds, mask = (
            torch.cat([each, each.new_zeros(len(each), missing, *each.shape[2:])], dim=1)
            for each in (self.embeds, self.extra[MASK])
        )
        return Text(embeds, {**self.extra, MASK: mask}, length)

    @classmethod
    def join(cls, texts: Sequence[Text]) -> Text:
        """Return texts as a batch, those that have a mask padded to the longest.

        Raises `RenderError` where others have different numbers of tokens.
        """
        if all(MASK in text.extra for text in texts):
            texts = [text.padded(max(each.embeds.shape[1] for each in texts), texts) for text in texts]
        first = texts[0]
        if len({(text.embeds.shape[1:], text.tokens) for text in texts}) > 1:
            found = ", ".join(str(text.tokens) for text in texts)
            raise RenderError(f"prompts that are painted as one batch need equally many tokens, got {found}")
        extra = {name: torch.cat([text.extra[name] for text in texts]) for name in first.extra}
        return cls(torch.cat([text.embeds for text in texts]), extra, first.length)


def _repeated(values: torch.Tensor, batch: int) -> torch.Tensor:
    return values.repeat(batch, *[1] * (values.ndim - 1))
