"""Z-Image's attention by regions: what its modules do otherwise in a pass with cells.

The transformer hands nothing on to its processors, so how a pass is packed is in `PACKED`, for the thread that makes
it. The sequence is [image | padding | base | text K | … | text 1]; blocks of the texts alone see [base | text K | …].

Tensors: (batch, tokens, heads, head channels) inside the attention, (batch, tokens, channels) outside; position ids
(tokens, 3).
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.hooks import ModelHook
from diffusers.models.attention_dispatch import dispatch_attention_fn
from diffusers.models.transformers.transformer_z_image import ZSingleStreamAttnProcessor

from generator.families.profiles.z_image import PADDING
from generator.regions.attending import attend_alone, attend_image_first
from generator.regions.packing import RegionLayout, Text
from generator.regions.passes import Pass
from planner.errors import RenderError


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


class RegionalProcessor(ZSingleStreamAttnProcessor):  # type: ignore[misc]
    """The attention of a block, by regions where this thread's pass has them and else as diffusers does."""

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        freqs_cis: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Attend; by regions there is no mask, as all parts have whole lengths."""
        packed = PACKED.get()
        if packed is None:
            stock: torch.Tensor = super().__call__(
                attn, hidden_states, encoder_hidden_states, attention_mask, freqs_cis
            )
            return stock
        query, key, value = (
            project(hidden_states).unflatten(-1, (attn.heads, -1)) for project in (attn.to_q, attn.to_k, attn.to_v)
        )
        query = query if attn.norm_q is None else attn.norm_q(query)
        key = key if attn.norm_k is None else attn.norm_k(key)
        if freqs_cis is not None:
            query, key = _turned(query, freqs_cis), _turned(key, freqs_cis)
        output = self._attend_packed(packed, query, key, value).flatten(2, 3).to(query.dtype)
        for layer in attn.to_out:
            output = layer(output)
        return output

    def _attend_packed(
        self, packed: PackedPass, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor
    ) -> torch.Tensor:
        raise NotImplementedError

    def _attend(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = dispatch_attention_fn(
            query, key, value, backend=self._attention_backend, parallel_config=self._parallel_config
        )
        return output


class RegionalJoined(RegionalProcessor):
    """In a block with image and texts."""

    def _attend_packed(
        self, packed: PackedPass, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor
    ) -> torch.Tensor:
        return attend_image_first(packed.layout, query, key, value, self._attend)


class RegionalAlone(RegionalProcessor):
    """In a block with texts only, none of which sees another."""

    def _attend_packed(
        self, packed: PackedPass, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor
    ) -> torch.Tensor:
        return attend_alone(packed.lengths, query, key, value, self._attend)


class RegionalPositions:
    """The transformer's rotary embedder, with the positions of a pass by regions."""

    def __init__(self, stock: Any) -> None:
        self.stock = stock

    def __call__(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the rotation of tokens (tokens, 3), of all images of a batch, or of all their texts."""
        packed = PACKED.get()
        if packed is not None:
            count = sum(packed.lengths)
            texts = bool(ids[0, 0] == 1)  # where a text starts; the image is behind it
            length = count if texts else len(packed.order) + -len(packed.order) % PADDING
            change = packed.text_positions if texts else packed.image_positions
            ids = torch.cat([change(part) for part in torch.tensor_split(ids, len(ids) // length)])
        turned: torch.Tensor = self.stock(ids)
        return turned


class PaddingHook(ModelHook):  # type: ignore[misc]
    """After the texts' embedding: what pads a text between others is the transformer's own padding token."""

    def __init__(self, transformer: Any) -> None:
        super().__init__()
        self.transformer = transformer

    def post_forward(self, module: torch.nn.Module, output: torch.Tensor) -> torch.Tensor:
        """Replace the padding in the embedded texts of all pictures, (tokens, channels)."""
        packed = PACKED.get()
        if packed is None:
            return output
        masks = [
            torch.arange(text.tokens, device=output.device)[None] >= text.extra["own"][:, None] for text in packed.texts
        ]
        padding = torch.cat(masks, dim=1).flatten()[:, None]
        return torch.where(padding, self.transformer.cap_pad_token, output)


def regional(processor: Any, kind: type[RegionalProcessor]) -> RegionalProcessor:
    """Return what follows layouts in place of one of diffusers' own processors."""
    if type(processor) is not ZSingleStreamAttnProcessor:
        raise RenderError(
            f"cells need diffusers' own attention processors, not {type(processor).__name__}; set refinement_strength=0"
        )
    own = kind()
    own._attention_backend, own._parallel_config = processor._attention_backend, processor._parallel_config
    return own


def _turned(values: torch.Tensor, rotation: torch.Tensor) -> torch.Tensor:
    """Turn query or key, pairs of channels as complex numbers, as the stock processor does."""
    pairs = torch.view_as_complex(values.float().reshape(*values.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * rotation.unsqueeze(2)).flatten(3).type_as(values)
