"""Region attention: every cell of a plan attends to its own text, in one packed sequence and without a mask.

The sequence is `[text K | … | text 1 | base text | image]`, the image tokens sorted so that those of a cell lie side
by side. Cell k is attended from `[text k, image tokens of cell k]` to `[text k, all image tokens]`, the base from and
to `[base text, all image tokens]`; the cell's image tokens get δ, its own, times the first plus 1 - δ times the second.
Where a δ is below 1 the single-stream blocks have a second image stream at the end of the sequence, which gets the
cells' output unmixed. At δ = 1 everywhere nothing depends on the base text or on the first of the two streams: both are
left out. (PuLID writes into the first stream only; with it there are two at any δ.)

Joining all these parts would copy the image once for every cell. Instead they are views of the sequence: before text k
attends it is moved to just before its image tokens, over what the texts before it were done with. That is why the texts
stand in reverse: a text moves towards the end and so never over one that is yet to attend, however long each is.

Tensors: (batch, tokens, heads, head channels) inside the attention, (batch, tokens, channels) outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import torch
from diffusers.hooks import ModelHook
from diffusers.models.attention_dispatch import dispatch_attention_fn
from diffusers.models.embeddings import apply_rotary_emb
from diffusers.models.transformers.transformer_flux import FluxAttnProcessor, _get_qkv_projections

REGIONS = "regions"  # the layout's key in joint_attention_kwargs

Rotary = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class RegionLayout:
    """How many tokens each part of the packed sequence has; plain numbers, which torch.compile can keep dynamic.

    text_tokens: per text stream, the base first if it is there (a δ < 1); in the sequence they stand in reverse.
    cell_tokens: image tokens per text stream but the base. strengths: their δ. doubled: whether the single-stream
    blocks have two image streams.
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
        for text, (asking, seen) in zip(self.texts(), self.images(query.shape[1]), strict=True):
            yield _beside(query, text, asking), _beside(key, text, seen), _beside(value, text, seen)

    def asking(self, values: torch.Tensor, stream: int) -> torch.Tensor:
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
        sights: Sequence[Any] = (),
    ) -> Any:
        """Attend as `FluxAttnProcessor` does, by regions where they are given (then without `attention_mask`).

        sights: of reference pictures, for a block with an IP-Adapter; every other block sees none.
        """
        if regions is None:
            return super().__call__(attn, hidden_states, encoder_hidden_states, attention_mask, image_rotary_emb)
        _, output = self._attend_packed(attn, hidden_states, encoder_hidden_states, image_rotary_emb, regions, sights)
        return output if encoder_hidden_states is None else project_back(attn, output, encoder_hidden_states)

    def _attend_packed(
        self,
        attn: Any,
        image: torch.Tensor,
        text: torch.Tensor | None,
        rotary: Rotary | None,
        layout: RegionLayout,
        sights: Sequence[Any] = (),
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the query before its rotation, and what it attended to before that is projected back."""
        query, key, value = _project(attn, image, text)
        asking = query
        if rotary is not None:
            rotary = rotary[0][: query.shape[1]], rotary[1][: query.shape[1]]  # of the image streams there are
            query = apply_rotary_emb(query, rotary, sequence_dim=1)
            key = apply_rotary_emb(key, rotary, sequence_dim=1)
        outputs = [self._attend(*stream) for stream in layout.streams(query, key, value)]
        self._look(attn, asking, outputs, layout, sights)
        return asking, layout.join(outputs, query.shape[1]).flatten(2, 3).to(query.dtype)

    def _look(
        self,
        attn: Any,
        asking: torch.Tensor,
        outputs: Sequence[torch.Tensor],
        layout: RegionLayout,
        sights: Sequence[Any],
    ) -> None:
        """Add what an adapter lets the text streams see to their outputs; nothing without one."""

    def _attend(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = dispatch_attention_fn(
            query, key, value, backend=self._attention_backend, parallel_config=self._parallel_config
        )
        return output


def project_back(attn: Any, output: torch.Tensor, text: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what a double-stream block's image and text tokens attended to, from the output of both."""
    text_output, image_output = output.tensor_split([text.shape[1]], dim=1)
    return attn.to_out[1](attn.to_out[0](image_output.contiguous())), attn.to_add_out(text_output.contiguous())


def _project(
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
