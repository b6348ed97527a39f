"""Region attention: every cell of a plan attends to its own text, in one packed sequence and without a mask.

The sequence is `[base text | text 1 | … | text K | image]`, the image tokens sorted so that those of a cell lie side
by side. Cell k is attended from `[text k, image tokens of cell k]` to `[text k, all image tokens]`, the base from and
to `[base text, all image tokens]`; the cell's image tokens get δ, its own, times the first plus 1 - δ times the second.
Where a δ is below 1 the single-stream blocks have a second image stream at the end of the sequence, which gets the
cells' output unmixed. At δ = 1 everywhere nothing depends on the base text or on the first of the two streams: both are
left out. (PuLID writes into the first stream only; with it there are two at any δ.)

Tensors: (batch, tokens, heads, head channels) inside the attention, (batch, tokens, channels) outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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

    text_tokens: per text stream, the base first if it is there (a δ < 1). cell_tokens: image tokens per text stream
    but the base. strengths: their δ. doubled: whether the single-stream blocks have two image streams.
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

    def split(self, values: torch.Tensor) -> tuple[Sequence[torch.Tensor], Sequence[torch.Tensor]]:
        """Divide a sequence (batch, tokens, …) into text streams and one or two image streams."""
        image_streams = (values.shape[1] - sum(self.text_tokens)) // self.image_tokens
        parts = values.split_with_sizes([*self.text_tokens, *[self.image_tokens] * image_streams], dim=1)
        return parts[: len(self.text_tokens)], parts[len(self.text_tokens) :]

    def queries(self, values: torch.Tensor) -> Iterator[torch.Tensor]:
        """Yield for each text stream what attends: its text, and the image tokens of its cells, for the base all."""
        texts, images = self.split(values)
        cells = images[-1].split_with_sizes(self.cell_tokens, dim=1)
        for text, image in zip(texts, (images[0], *cells) if self.mixed else cells, strict=True):
            yield torch.cat([text, image], dim=1)

    def keys(self, values: torch.Tensor) -> Iterator[torch.Tensor]:
        """Yield for each text stream what is attended to: its text, and all image tokens, of the base's own stream."""
        texts, images = self.split(values)
        for number, text in enumerate(texts):
            yield torch.cat([text, images[0] if self.mixed and number == 0 else images[-1]], dim=1)

    def join(self, outputs: Sequence[torch.Tensor], tokens: int) -> torch.Tensor:
        """Put what the text streams' `queries` attended to into one sequence of `tokens` tokens again."""
        pairs = zip(outputs, self.text_tokens, strict=True)
        texts, images = zip(*(output.tensor_split([count], dim=1) for output, count in pairs), strict=True)
        mixed = cells = images[self.mixed :]
        if self.mixed:
            base = images[0].split_with_sizes(self.cell_tokens, dim=1)
            mixed = tuple(torch.lerp(*part) for part in zip(base, cells, self.strengths, strict=True))
        image_streams = (tokens - sum(self.text_tokens)) // self.image_tokens
        return torch.cat([*texts, *mixed, *(cells if image_streams > 1 else ())], dim=1)


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
            rotary = _stretch(rotary, query.shape[1], layout)
            query = apply_rotary_emb(query, rotary, sequence_dim=1)
            key = apply_rotary_emb(key, rotary, sequence_dim=1)
        streams = zip(layout.queries(query), layout.keys(key), layout.keys(value), strict=True)
        outputs = [self._attend(*stream) for stream in streams]
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


def _stretch(rotary: Rotary, tokens: int, layout: RegionLayout) -> Rotary:
    """Repeat the image's rotary embedding (tokens, channels) for the second image stream, where there is one."""
    if rotary[0].shape[0] == tokens:
        return rotary
    cos, sin = (torch.cat([x, x[-layout.image_tokens :]]) for x in rotary)
    return cos, sin


class SecondStreamHook(ModelHook):  # type: ignore[misc]
    """Before the first single-stream block: the second image stream starts as a copy of the first."""

    def pre_forward(self, module: torch.nn.Module, *args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Double the image tokens of a pass that needs it; every other pass is left alone."""
        layout = (kwargs.get("joint_attention_kwargs") or {}).get(REGIONS)
        if layout is not None and layout.doubled:
            image = kwargs["hidden_states"]
            kwargs["hidden_states"] = torch.cat([image, image], dim=1)
        return args, kwargs
