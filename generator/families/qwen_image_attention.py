"""Qwen-Image's attention by regions: every cell of a plan attends to its own text, and to its own reference pictures.

The transformer has text apart from image tokens, and those of reference pictures behind the image's. Where they attend,
a picture's tokens stand behind the text that they go with, as a part of it: `[text K, pictures K | … | base | image]`.
Tensors: (batch, tokens, heads, head channels) inside the attention, (batch, tokens, channels) outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from diffusers.models.transformers.transformer_qwenimage import (
    QwenDoubleStreamAttnProcessor2_0,
    apply_rotary_emb_qwen,
)

from generator.families.packed_attention import PackedParts, attend_packed

REGIONS = "regions"  # the key of a pass' `Packed` in attention_kwargs


@dataclass(frozen=True)
class Packed:
    """What the processors are told of a pass with cells.

    joined: what attends together, texts with their pictures.
    image_turn: the rotation of the image tokens, packed, then of the pictures', (tokens, head channels / 2), complex.
    text_turn: the texts', as they stand in the sequence: in reverse.
    """

    joined: PackedParts
    image_turn: torch.Tensor
    text_turn: torch.Tensor


class RegionalQwenProcessor(QwenDoubleStreamAttnProcessor2_0):  # type: ignore[misc]
    """diffusers' Qwen-Image attention, which follows what it is told of a pass and else changes nothing."""

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor,
        encoder_hidden_states_mask: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        image_rotary_emb: Any = None,
        regions: Packed | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what the image and the text tokens attend to; in a pass with cells by its layout."""
        if regions is None:
            stock: tuple[torch.Tensor, torch.Tensor] = super().__call__(
                attn,
                hidden_states,
                encoder_hidden_states,
                encoder_hidden_states_mask,
                attention_mask,
                image_rotary_emb,
            )
            return stock
        mask = _key_mask(encoder_hidden_states_mask, hidden_states)
        query, key, value = _project(attn, hidden_states, encoder_hidden_states, regions)
        output = attend_packed(self, regions.joined, query, key, value, mask)
        text, image = output.tensor_split([encoder_hidden_states.shape[1]], dim=1)
        for part in attn.to_out:
            image = part(image)
        return image, attn.to_add_out(text)


def _project(
    attn: Any, image: torch.Tensor, text: torch.Tensor, regions: Packed
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return query, key and value of the whole sequence, normalised and rotated as diffusers does."""
    channels = attn.inner_dim // attn.heads
    of_image = [net(image).unflatten(-1, (-1, channels)) for net in (attn.to_q, attn.to_k, attn.to_v)]
    of_text = [net(text).unflatten(-1, (-1, channels)) for net in (attn.add_q_proj, attn.add_k_proj, attn.add_v_proj)]
    for index, nets in enumerate(((attn.norm_added_q, attn.norm_q), (attn.norm_added_k, attn.norm_k))):
        turns = (regions.text_turn, regions.image_turn)
        for part, norm, turn in zip((of_text, of_image), nets, turns, strict=True):
            normed = part[index] if norm is None else norm(part[index])
            part[index] = apply_rotary_emb_qwen(normed, turn, use_real=False)
    query, key, value = (torch.cat(pair, dim=1) for pair in zip(of_text, of_image, strict=True))
    return query, key, value


def _key_mask(text: torch.Tensor | None, image: torch.Tensor) -> torch.Tensor | None:
    """Return which keys of the whole sequence may be attended to, (batch, 1, 1, tokens); None: all."""
    if text is None:
        return None
    return torch.cat([text, text.new_ones(image.shape[:2])], dim=1)[:, None, None, :]
