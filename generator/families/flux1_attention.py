"""FLUX.1's attention by regions: every cell of a plan attends to its own text, without a mask.

How the sequence is packed, and how parts of it attend, is in `generator.regions.packing`; here it is projected, turned
and projected back as diffusers' processor does it. Where a δ is below 1 the single-stream blocks have a second image
stream at the end of the sequence, which gets the cells' output unmixed. (PuLID writes into the first stream only; with
it there are two at any δ.)

Tensors: (batch, tokens, heads, head channels) inside the attention, (batch, tokens, channels) outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from diffusers.hooks import ModelHook
from diffusers.models.attention_dispatch import dispatch_attention_fn
from diffusers.models.embeddings import apply_rotary_emb
from diffusers.models.transformers.transformer_flux import FluxAttnProcessor, _get_qkv_projections

from generator.regions.packing import RegionLayout

REGIONS = "regions"  # the layout's key in joint_attention_kwargs

Rotary = tuple[torch.Tensor, torch.Tensor]


class RegionalAttnProcessor(FluxAttnProcessor):  # type: ignore[misc]
    """diffusers' FLUX attention, which follows a `RegionLayout` where it is given one and else changes nothing."""

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        image_rotary_emb: Rotary | None = None,
        regions: RegionLayout | None = None,
        reference_images: Sequence[Any] = (),
    ) -> Any:
        """Attend as `FluxAttnProcessor` does, by regions where they are given (then without `attention_mask`).

        reference_images: for a block with an IP-Adapter; every other block sees none.
        """
        if regions is None:
            return super().__call__(attn, hidden_states, encoder_hidden_states, attention_mask, image_rotary_emb)
        _, output = self._attend_packed(
            attn, hidden_states, encoder_hidden_states, image_rotary_emb, regions, reference_images
        )
        return output if encoder_hidden_states is None else project_back(attn, output, encoder_hidden_states)

    def _attend_packed(
        self,
        attn: Any,
        image: torch.Tensor,
        text: torch.Tensor | None,
        rotary: Rotary | None,
        layout: RegionLayout,
        reference_images: Sequence[Any] = (),
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the query before its rotation, and what it attended to before that is projected back."""
        query, key, value = project(attn, image, text)
        unrotated = query
        if rotary is not None:
            rotary = rotary[0][: query.shape[1]], rotary[1][: query.shape[1]]  # of the image streams there are
            query = apply_rotary_emb(query, rotary, sequence_dim=1)
            key = apply_rotary_emb(key, rotary, sequence_dim=1)
        outputs = [self._attend(*stream) for stream in layout.streams(query, key, value)]
        self._add_images(attn, unrotated, outputs, layout, reference_images)
        return unrotated, layout.join(outputs, query.shape[1]).flatten(2, 3).to(query.dtype)

    def _add_images(
        self,
        attn: Any,
        unrotated: torch.Tensor,
        outputs: Sequence[torch.Tensor],
        layout: RegionLayout,
        reference_images: Sequence[Any],
    ) -> None:
        """Add what an adapter shows the text streams to their outputs; nothing without one."""

    def _attend(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = dispatch_attention_fn(
            query, key, value, backend=self._attention_backend, parallel_config=self._parallel_config
        )
        return output


def project_back(attn: Any, output: torch.Tensor, text: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what a double-stream block's image and text tokens attended to, from the output of both."""
    text_output, image_output = output.tensor_split([text.shape[1]], dim=1)
    return attn.to_out[1](attn.to_out[0](image_output.contiguous())), attn.to_add_out(text_output.contiguous())


def project(
    attn: Any, image: torch.Tensor, text: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return query, key and value of the whole sequence (text first), normalised as FLUX does, before the rotation."""
    projected = _get_qkv_projections(attn, image, text)
    query, key, value = (x.unflatten(-1, (-1, attn.head_dim)) for x in projected[:3])
    query, key = attn.norm_q(query), attn.norm_k(key)
    if attn.added_kv_proj_dim is None:
        return query, key, value
    text_query, text_key, text_value = (x.unflatten(-1, (-1, attn.head_dim)) for x in projected[3:])
    text_query, text_key = attn.norm_added_q(text_query), attn.norm_added_k(text_key)
    pairs = ((text_query, query), (text_key, key), (text_value, value))
    query, key, value = (torch.cat(pair, dim=1) for pair in pairs)
    return query, key, value


class SecondStreamHook(ModelHook):  # type: ignore[misc]
    """Before the first single-stream block: the second image stream starts as a copy of the first."""

    def pre_forward(self, module: torch.nn.Module, *args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Double the image tokens of a pass that needs it; every other pass is left alone."""
        layout = (kwargs.get("joint_attention_kwargs") or {}).get(REGIONS)
        if layout is not None and layout.doubled:
            image = kwargs["hidden_states"]
            kwargs["hidden_states"] = torch.cat([image, image], dim=1)
        return args, kwargs
