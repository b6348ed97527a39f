"""What IP-Adapters add to FLUX's attention: image tokens also attend to reference pictures.

Two adapters exist. InstantX' is in every block and adds to the attention's output before it is projected back; a cell's
text sees the picture, too, in the single-stream blocks. XLabs' is in the double-stream blocks and adds after them. The
query is the one before its rotation. Sources: the RAG-Diffusion release (InstantX), diffusers (XLabs).
Tensors: (batch, tokens, heads, head channels) inside the attention, (batch, tokens, channels) outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from generator.families.flux1_attention import RegionalAttnProcessor, Rotary, project_back
from generator.regions.packing import RegionLayout

IMAGES = "reference_images"  # their key in joint_attention_kwargs
KEY_NORM_EPS = 1e-5


@dataclass(frozen=True)
class ImageAttention:
    """A reference picture in one pass of the transformer, and what sees it.

    tokens: (entries, tokens, channels), for the entries `batch` of the pass' batch. rows: the image tokens that see it
    in the text stream `base`, numbered as the transformer sees them; None: all of them. cell: the text stream that
    sees it as a whole.
    """

    tokens: torch.Tensor
    weight: float
    batch: slice
    rows: torch.Tensor | None
    base: int | None
    cell: int | None

    def places(self, layout: RegionLayout, *, text_too: bool) -> Iterator[tuple[int, slice | torch.Tensor]]:
        """Yield the text streams that see it, and which of their tokens: text, then image tokens."""
        if self.base is not None:
            text = layout.text_tokens[self.base]
            yield self.base, slice(text, None) if self.rows is None else self.rows + text
        if self.cell is not None:
            yield self.cell, slice(0 if text_too else layout.text_tokens[self.cell], None)


class AdaptedAttnProcessor(RegionalAttnProcessor, torch.nn.Module):
    """Region attention with an IP-Adapter's projections, which are part of the transformer as long as it is set."""

    def __init__(self, to_k_ip: torch.nn.Linear, to_v_ip: torch.nn.Linear) -> None:
        torch.nn.Module.__init__(self)
        self.to_k_ip = to_k_ip
        self.to_v_ip = to_v_ip

    def _key_and_value(self, attn: Any, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        key, value = (net(tokens).unflatten(-1, (-1, attn.head_dim)) for net in (self.to_k_ip, self.to_v_ip))
        return key, value


class InstantXAttnProcessor(AdaptedAttnProcessor):
    """InstantX' adapter in one block; without pictures it is diffusers' FLUX attention."""

    def _add_images(
        self,
        attn: Any,
        unrotated: torch.Tensor,
        outputs: Sequence[torch.Tensor],
        layout: RegionLayout,
        reference_images: Sequence[ImageAttention],
    ) -> None:
        """Add what the text streams see of the pictures to their outputs; keys are normalised, values are not."""
        if not reference_images:
            return
        for image in reference_images:
            key, value = self._key_and_value(attn, image.tokens)
            key = functional.rms_norm(key, key.shape[-1:], eps=KEY_NORM_EPS)
            for stream, rows in image.places(layout, text_too=attn.added_kv_proj_dim is None):
                attended = self._attend(layout.query_of(unrotated, stream)[image.batch, rows], key, value)
                outputs[stream][image.batch, rows] += image.weight * attended


class XLabsAttnProcessor(AdaptedAttnProcessor):
    """XLabs' adapter in a double-stream block, in place of diffusers' `FluxIPAdapterAttnProcessor`.

    scale: the block's, from diffusers' `set_ip_adapter_scale`; it multiplies the pictures' own weights.
    """

    def __init__(self, to_k_ip: torch.nn.Linear, to_v_ip: torch.nn.Linear, scale: float) -> None:
        super().__init__(to_k_ip, to_v_ip)
        self.scale = scale

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        image_rotary_emb: Rotary | None = None,
        regions: RegionLayout | None = None,
        reference_images: Sequence[ImageAttention] = (),
    ) -> Any:
        """Return a third output where there are pictures: what the block adds to its image tokens at its end."""
        if regions is None or encoder_hidden_states is None or not reference_images:
            return super().__call__(
                attn, hidden_states, encoder_hidden_states, attention_mask, image_rotary_emb, regions
            )
        unrotated, output = self._attend_packed(attn, hidden_states, encoder_hidden_states, image_rotary_emb, regions)
        unrotated = unrotated[:, encoder_hidden_states.shape[1] :]
        added = torch.zeros_like(hidden_states)
        for image in reference_images:
            rows = slice(None) if image.rows is None else image.rows
            attended = self._attend(unrotated[image.batch, rows], *self._key_and_value(attn, image.tokens))
            added[image.batch, rows] += self.scale * image.weight * attended.flatten(2, 3)
        return (*project_back(attn, output, encoder_hidden_states), added)
