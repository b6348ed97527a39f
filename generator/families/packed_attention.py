"""How a stock processor's query, key and value attend by regions, where the sequence is [texts | image]; with padding.

A prompt that is painted in one batch with longer ones is padded, and its padding is attended to by nobody: a mask of
keys, (batch, 1, 1, tokens), never a dense one, and none at all where no text is padded.
Tensors: (batch, tokens, heads, head channels); texts (batch, text tokens, …), their masks (batch, text tokens).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from diffusers.models.attention_dispatch import dispatch_attention_fn

from generator.regions.packing import MASK, RegionLayout, Text


def attend_packed(
    processor: Any,
    layout: RegionLayout,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
) -> torch.Tensor:
    """Return what each text and its image tokens attend to, as one sequence again: (batch, tokens, channels).

    processor: the stock one, whose attention backend is used.
    layout: the parts of the sequence, the texts in reverse, then the image.
    query: it and `key` and `value` are overwritten.
    mask: which keys may be attended to, (batch, 1, 1, tokens); None: all.
    """
    tokens, outputs = query.shape[1], []
    parts = zip(layout.texts(), layout.images(tokens), strict=True)
    own = [None if mask is None else torch.cat([mask[..., text], mask[..., seen]], -1) for text, (_, seen) in parts]
    for stream, keys in zip(layout.streams(query, key, value), own, strict=True):
        outputs.append(
            dispatch_attention_fn(
                *stream,
                attn_mask=keys,
                backend=processor._attention_backend,
                parallel_config=processor._parallel_config,
            )
        )
    return layout.join(outputs, tokens).flatten(2, 3).to(query.dtype)


def in_reverse(texts: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return texts, or their masks, as they stand in the sequence: the base's last."""
    return texts[0] if len(texts) == 1 else torch.cat([*reversed(texts)], dim=1)


def masks_in_reverse(texts: Sequence[Text], device: torch.device) -> torch.Tensor | None:
    """Return which tokens of the packed texts are no padding, (batch, tokens); None where all are.

    The texts' own masks are best on the CPU: this looks into them, in every pass.
    """
    masks = [text.extra[MASK] for text in texts]
    return None if all(bool(mask.all()) for mask in masks) else in_reverse(masks).to(device)
