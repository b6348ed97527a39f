"""Z-Image's attention by regions: what is otherwise in a pass with cells.

The transformer hands nothing on to its processors but a mask, which there is none of where all parts have whole
lengths: in a pass with cells what says who attends to what stands in its place. How a pass is packed is in `PACKED`,
for the thread that makes it. The sequence is [image | padding | base | text K | … | text 1]; blocks of the texts alone
see [base | text K | …].

Tensors: (batch, tokens, heads, head channels) inside the attention, (batch, tokens, channels) outside; position ids
(tokens, 3).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.models.attention_dispatch import dispatch_attention_fn
from diffusers.models.transformers.transformer_z_image import ZSingleStreamAttnProcessor

from generator.regions.attending import attend_alone, attend_image_first
from generator.regions.packing import RegionLayout
from generator.regions.passes import Pass
from generator.regions.text import Text


@dataclass(frozen=True)
class PackedPass:
    """A pass by regions, as its modules need to know it.

    layout: of the sequence. order: of the image tokens. texts: those of the sequence, in its order.
    start: the image's position on the first axis. base: of it, how much is the base's.
    """

    layout: RegionLayout
    order: torch.Tensor
    texts: tuple[Text, ...]
    start: int
    base: int

    @classmethod
    def of(cls, one: Pass) -> PackedPass | None:
        """Return how a pass is packed; None without cells."""
        layout, regions = one.layout(), one.regions
        if layout is None or regions is None:
            return None
        texts = one.texts()
        ordered = (*texts[: layout.mixed], *reversed(texts[layout.mixed :]))
        longest = max(one.text.tokens, *(text.tokens for text in texts))
        return cls(layout, regions.order, ordered, longest + 1, one.text.tokens + 1)

    @property
    def lengths(self) -> list[int]:
        """How many tokens each text has."""
        return [text.tokens for text in self.texts]

    def padding(self) -> list[torch.Tensor]:
        """Return for each picture of a batch which of its texts' tokens are padding."""
        masks = [
            torch.arange(text.tokens, device=text.embeds.device) >= text.extra["own"][:, None] for text in self.texts
        ]
        return list(torch.cat(masks, dim=1))

    def text_positions(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the position ids of the texts in place of those that count through the sequence."""
        places = [torch.arange(self.start - count, self.start) for count in self.lengths]
        return torch.stack([torch.cat(places).to(ids), *ids[:, 1:].unbind(1)], dim=1)

    def image_positions(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the position ids of the image in the order of its tokens, its padding's behind."""
        count = len(self.order)
        ids = torch.cat([ids[:count].index_select(0, self.order.to(ids.device)), ids[count:]])
        ids[:count, 0] = self.start
        ids[count:, 0] = self.start - self.base  # so far from the image as 0 is from the base's position
        return ids


# How the pass that this thread makes is packed.
PACKED: ContextVar[PackedPass | None] = ContextVar("packed", default=None)


class RegionalZProcessor(ZSingleStreamAttnProcessor):  # type: ignore[misc]
    """The attention of a block, by regions where a layout, or the lengths of texts, stand in the mask's place."""

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | RegionLayout | tuple[int, ...] | None = None,
        freqs_cis: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Attend; as diffusers does where there is a mask, or nothing."""
        if not isinstance(attention_mask, RegionLayout | tuple):
            stock: torch.Tensor = super().__call__(
                attn, hidden_states, encoder_hidden_states, attention_mask, freqs_cis
            )
            return stock
        query, key, value = (
            project(hidden_states).unflatten(-1, (attn.heads, -1)) for project in (attn.to_q, attn.to_k, attn.to_v)
        )
        query = query if attn.norm_q is None else attn.norm_q(query)
        key = key if attn.norm_k is None else attn.norm_k(key)
        query, key = _turned(query, freqs_cis), _turned(key, freqs_cis)
        if isinstance(attention_mask, RegionLayout):
            output = attend_image_first(attention_mask, query, key, value, self._attend)
        else:
            output = attend_alone(attention_mask, query, key, value, self._attend)
        output = output.flatten(2, 3).to(query.dtype)
        for layer in attn.to_out:
            output = layer(output)
        return output

    def _attend(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = dispatch_attention_fn(
            query, key, value, backend=self._attention_backend, parallel_config=self._parallel_config
        )
        return output


@contextmanager
def packed_sequences(transformer: Any) -> Iterator[None]:
    """Let a transformer's sequences follow what is `PACKED`; on leaving, also by an exception, it is stock again."""
    prepare, build = transformer._prepare_sequence, transformer._build_unified_sequence

    def prepared(feats: Any, pos_ids: Any, inner_pad_mask: Any, pad_token: Any, *rest: Any, **more: Any) -> Any:
        """Prepare the images of a batch, or its texts; what pads a text between others is padding, too."""
        packed = PACKED.get()
        if packed is None:
            return prepare(feats, pos_ids, inner_pad_mask, pad_token, *rest, **more)
        if pad_token is not transformer.cap_pad_token:
            positions = [packed.image_positions(ids) for ids in pos_ids]
            return prepare(feats, positions, inner_pad_mask, pad_token, *rest, **more)
        positions = [packed.text_positions(ids) for ids in pos_ids]
        features, turned, _, *others = prepare(feats, positions, packed.padding(), pad_token, *rest, **more)
        return features, turned, tuple(packed.lengths), *others

    def built(*parts: Any, **more: Any) -> Any:
        """Join images and texts; the layout stands in the mask's place."""
        joined, turned, mask, *others = build(*parts, **more)
        packed = PACKED.get()
        return joined, turned, mask if packed is None else packed.layout, *others

    transformer._prepare_sequence, transformer._build_unified_sequence = prepared, built
    try:
        yield
    finally:
        del transformer._prepare_sequence, transformer._build_unified_sequence


def _turned(values: torch.Tensor, rotation: torch.Tensor | None) -> torch.Tensor:
    """Turn query or key, pairs of channels as complex numbers, as the stock processor does."""
    if rotation is None:
        return values
    pairs = torch.view_as_complex(values.float().reshape(*values.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * rotation.unsqueeze(2)).flatten(3).type_as(values)
