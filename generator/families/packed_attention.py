"""How a stock processor's query, key and value attend by regions, where the sequence is [texts | image]; with padding.

A prompt that is painted in one batch with longer ones is padded, and its padding is attended to by nobody: a mask of
keys, (batch, 1, 1, tokens), never a dense one, and none at all where no text is padded.
Tensors: (batch, tokens, heads, head channels); texts (batch, text tokens, …), their masks (batch, text tokens).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import torch
from diffusers.models.attention_dispatch import dispatch_attention_fn

from generator.regions.packing import RegionLayout
from generator.regions.text import MASK, Text


@dataclass(frozen=True)
class PackedParts:
    """What attends together in a pass with cells: `[text K, pictures K | … | base | image]`.

    layout: the parts of that sequence; reference pictures are a part of the text that they go with.
    order: where its tokens are in the transformer's own sequence, (tokens,); None: there are no pictures, and it is
        that sequence.
    rank: where the transformer's tokens are in it.
    """

    layout: RegionLayout
    order: torch.Tensor | None = None
    rank: torch.Tensor | None = None

    @classmethod
    def of(
        cls, layout: RegionLayout, pictures: Sequence[int], *, image_first: bool, device: torch.device
    ) -> PackedParts:
        """Return what attends together where pictures stand apart from their texts.

        layout: of the texts and the image.
        pictures: how many tokens of pictures go with each text, the base's first; they stand in reverse, as texts do.
        image_first: whether the transformer has [texts | image | pictures], or else [texts | pictures | image].
        """
        if not any(pictures):
            return cls(layout)
        texts, image = layout.text_tokens, layout.image_tokens
        words, rest = torch.arange(sum(texts) + sum(pictures) + image, device=device).tensor_split([sum(texts)])
        first, second = rest.tensor_split([image if image_first else sum(pictures)])
        tokens, shown = (first, second) if image_first else (second, first)
        pairs = zip(
            words.split_with_sizes([*reversed(texts)]), shown.split_with_sizes([*reversed(pictures)]), strict=True
        )
        order = torch.cat([*chain.from_iterable(pairs), tokens])
        joint = tuple(map(sum, zip(texts, pictures, strict=True)))
        return cls(replace(layout, text_tokens=joint), order, torch.argsort(order))


def attend_packed(
    processor: Any,
    joined: PackedParts,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
) -> torch.Tensor:
    """Return what each text and its image tokens attend to, as one sequence again: (batch, tokens, channels).

    processor: the stock one, whose attention backend is used.
    query: it and `key` and `value` are overwritten.
    mask: which keys may be attended to, (batch, 1, 1, tokens); None: all.
    """
    layout = joined.layout
    if joined.order is not None:
        query, key, value = (each.index_select(1, joined.order) for each in (query, key, value))
        mask = None if mask is None else mask.index_select(-1, joined.order)
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
    attended = layout.join(outputs, tokens).flatten(2, 3).to(query.dtype)
    return attended if joined.rank is None else attended.index_select(1, joined.rank)


def in_reverse(texts: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return texts, or their masks, as they stand in the sequence: the base's last."""
    return texts[0] if len(texts) == 1 else torch.cat([*reversed(texts)], dim=1)


def masks_in_reverse(texts: Sequence[Text], device: torch.device) -> torch.Tensor | None:
    """Return which tokens of the packed texts are no padding, (batch, tokens); None where all are.

    The texts' own masks are best on the CPU: this looks into them, in every pass.
    """
    masks = [text.extra[MASK] for text in texts]
    return None if all(bool(mask.all()) for mask in masks) else in_reverse(masks).to(device)
