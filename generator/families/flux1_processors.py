"""Which attention processors a transformer runs with, for the time of a `with` block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from diffusers.models.transformers.transformer_flux import FluxAttnProcessor, FluxIPAdapterAttnProcessor

from generator.adapters.ip_attention import XLabsAttnProcessor
from generator.families.flux1_attention import RegionalAttnProcessor, SecondStreamHook
from generator.regions.hooks import hooked
from planner.errors import RenderError

SECOND_STREAM_HOOK = "ragplan_second_stream"


@contextmanager
def region_attention(transformer: Any) -> Iterator[None]:
    """Let a `FluxTransformer2DModel` follow the `RegionLayout` in its joint_attention_kwargs; undone on leaving.

    An IP-Adapter that is loaded lets the passes see what they have `Sight`s of. Raises `RenderError` for attention
    processors that are neither diffusers' own nor one of ours.
    """
    stock = transformer.attn_processors
    transformer.set_attn_processor({name: _regional(processor) for name, processor in stock.items()})
    try:
        first_blocks = transformer.single_transformer_blocks[:1]
        with hooked({block: SecondStreamHook() for block in first_blocks}, SECOND_STREAM_HOOK):
            yield
    finally:
        transformer.set_attn_processor(stock)


def has_xlabs_adapter(transformer: Any) -> bool:
    """Tell whether an IP-Adapter by diffusers' own loader is there, without whose pictures its processors fail."""
    return any(isinstance(processor, FluxIPAdapterAttnProcessor) for processor in transformer.attn_processors.values())


def _regional(processor: Any) -> RegionalAttnProcessor:
    """Return our processor with the attention backend and the adapter of the one that it stands in for."""
    if isinstance(processor, RegionalAttnProcessor):
        return processor
    if isinstance(processor, FluxIPAdapterAttnProcessor):
        regional: RegionalAttnProcessor = _xlabs(processor)
    elif type(processor) is FluxAttnProcessor:
        regional = RegionalAttnProcessor()
    else:
        raise RenderError(
            f"cells and image prompts need diffusers' FluxAttnProcessor, found {type(processor).__name__}; "
            "set refinement_strength=0 and leave the image prompts out"
        )
    regional._attention_backend = processor._attention_backend
    return regional


def _xlabs(processor: Any) -> XLabsAttnProcessor:
    if len(processor.scale) != 1:
        raise RenderError(f"one IP-Adapter at a time, found {len(processor.scale)}; load it alone")
    return XLabsAttnProcessor(processor.to_k_ip[0], processor.to_v_ip[0], processor.scale[0])
