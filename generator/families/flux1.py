"""FLUX.1 (dev, schnell, Krea and those that were trained from them): all that the algorithm needs to know of it.

Two text encoders (T5's tokens, CLIP's pooled vector, which the modulation sees), blocks of two kinds (double-stream:
text and image apart; single-stream: joined), position ids that go with the tokens, no mask. The text stands first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from diffusers.models.transformers.transformer_flux import FluxAttnProcessor, FluxIPAdapterAttnProcessor
from diffusers.pipelines.flux.pipeline_flux import (
    get_module_execution_device,
)

from generator.families.flux1_attention import REGIONS, RegionalAttnProcessor, SecondStreamHook
from generator.families.flux1_images import IMAGES, XLabsAttnProcessor
from generator.families.profiles.flux1 import FLUX1
from generator.families.stepping import set_timesteps, shift_by_size
from generator.regions.call import Call
from generator.regions.family import Noise, first, second
from generator.regions.geometry import TokenGrid
from generator.regions.passes import Pass
from generator.regions.text import Text
from generator.regions.transfer import Place, View, hooked
from planner.errors import RenderError

SECOND_STREAM_HOOK = "ragplan_second_stream"
RESERVED = ("attention_mask", REGIONS, IMAGES, "ip_hidden_states", "ip_adapter_image_embeds")


class Flux1:
    """The family; see `generator.regions.family.Family` for what each member is."""

    name, longest_text, sizes = FLUX1.name, FLUX1.longest_text, FLUX1.sizes
    two_streams = True

    def side_px(self, pipe: Any) -> int:
        """Return the size that the VAE's configuration names: 1024 for FLUX.1."""
        return int(pipe.vae.config.sample_size) if pipe.vae is not None else 1024

    def text_tokens(self, pipe: Any) -> int:
        """Return the longest text of the second tokenizer, T5's."""
        known = self.longest_text if pipe.tokenizer_2 is None else int(pipe.tokenizer_2.model_max_length)
        return min(known, self.longest_text)

    def check(self, pipe: Any, call: Call) -> None:
        """Raise `RenderError` for arguments of the attention that say themselves who attends to what."""
        for name in RESERVED:
            if name in (call.joint_attention_kwargs or {}):
                raise RenderError(f"joint_attention_kwargs cannot hold {name!r}: the plan says who attends to what")
        if (call.negative_prompt is None) != (call.true_cfg_scale == 1):
            raise RenderError(
                "negative_prompt and true_cfg_scale above 1 need each other (guidance_scale, which is distilled into "
                f"{self.name}, knows no negative prompt); got {call.negative_prompt!r} and {call.true_cfg_scale:g}"
            )

    def negative(self, pipe: Any, call: Call) -> str | None:
        """Return the negative prompt, for models whose distillation was undone: true_cfg_scale says how strongly."""
        return call.negative_prompt if call.true_cfg_scale > 1 else None

    def guide(self, call: Call, positive: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
        """Guide away from the negative prompt, as diffusers' pipeline does."""
        return negative + call.true_cfg_scale * (positive - negative)

    def encode(self, pipe: Any, prompt: str, tokens: int, call: Call) -> Text:
        """Encode a prompt by both encoders; `pooled` is CLIP's vector."""
        embeds, pooled, _ = pipe.encode_prompt(
            prompt=prompt,
            prompt_2=None,
            device=pipe._execution_device,
            num_images_per_prompt=1,
            max_sequence_length=tokens,
            lora_scale=(call.joint_attention_kwargs or {}).get("scale"),
        )
        return Text(embeds, {"pooled": pooled})

    def timesteps(self, pipe: Any, call: Call) -> torch.Tensor:
        """Set the timesteps, shifted by the number of image tokens."""
        return set_timesteps(pipe, call, shift_by_size(pipe.scheduler, call), flow=True)

    def noise(self, pipe: Any, wanted: Noise) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return noise and position ids (tokens, 3), counted from (0, 0)."""
        channels, device = pipe.transformer.config.in_channels // 4, pipe._execution_device
        packed, ids = pipe.prepare_latents(*wanted.arguments(channels, device))
        return packed, ids

    @contextmanager
    def attention(self, transformer: Any, call: Call) -> Iterator[None]:
        """Let the processors follow a layout that is in a pass' joint_attention_kwargs.

        Raises `RenderError` for processors that are neither diffusers' own nor one of ours.
        """
        if not (call.cells or call.image_embeds or has_xlabs_adapter(transformer)):
            yield
            return
        stock = transformer.attn_processors
        transformer.set_attn_processor({name: _regional(processor) for name, processor in stock.items()})
        try:
            first_blocks = transformer.single_transformer_blocks[:1]
            with hooked({block: SecondStreamHook() for block in first_blocks}, SECOND_STREAM_HOOK):
                yield
        finally:
            transformer.set_attn_processor(stock)

    def places(self, transformer: Any) -> Sequence[tuple[torch.nn.Module, Place, View]]:
        """Return the embedding of the image, the double-stream and the single-stream blocks."""
        double, single = transformer.transformer_blocks, transformer.single_transformer_blocks
        early = [(block, Place(1 + index), second) for index, block in enumerate(double)]
        late = [(block, Place(1 + len(double) + index, late=True), second) for index, block in enumerate(single)]
        return [(transformer.x_embedder, Place(0), first), *early, *late]

    def predict(
        self, transformer: Any, one: Pass, timestep: torch.Tensor, call: Call, given: Mapping[str, Any]
    ) -> torch.Tensor:
        """Call the transformer: the texts in reverse, the base's last; their position ids are all zero."""
        canvas, embeds = one.canvas, [text.embeds for text in reversed(one.texts())]
        text = embeds[0] if len(embeds) == 1 else torch.cat(embeds, dim=1)
        assert canvas.positions is not None
        velocity: torch.Tensor = transformer(
            hidden_states=one.pack(canvas.latents),
            encoder_hidden_states=text,
            img_ids=one.pack_late(canvas.positions),
            txt_ids=canvas.positions.new_zeros(text.shape[1], 3),
            pooled_projections=one.text.extra["pooled"],
            timestep=scaled(timestep, canvas.latents),
            guidance=guidance(transformer, call, canvas.latents),
            return_dict=False,
            **{**given, "joint_attention_kwargs": _attention_arguments(one, call, given)},
        )[0]
        return velocity

    def unpack(self, pipe: Any, latents: torch.Tensor, grid: TokenGrid) -> torch.Tensor:
        """Put the 2 × 2 latents of every token into their places."""
        unpacked: torch.Tensor = pipe._unpack_latents(latents, grid.height_px, grid.width_px, pipe.vae_scale_factor)
        return unpacked

    def decode(self, pipe: Any, latents: torch.Tensor, output_type: str) -> Any:
        """Decode one picture after the other: memory for one at a time."""
        latents = latents / pipe.vae.config.scaling_factor + pipe.vae.config.shift_factor
        latents = latents.to(get_module_execution_device(pipe.vae), pipe.vae.dtype)
        images = [pipe.vae.decode(one[None], return_dict=False)[0] for one in latents]
        return pipe.image_processor.postprocess(torch.cat(images), output_type=output_type)


def scaled(timestep: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
    """Return a timestep as FLUX.1's networks take it: (batch,), 0..1."""
    return timestep.expand(len(latents)).to(latents.dtype) / 1000


def guidance(model: Any, call: Call, latents: torch.Tensor) -> torch.Tensor | None:
    """Return the distilled guidance, (batch,), for a network that has it embedded; None for others."""
    if not model.config.guidance_embeds:
        return None
    return torch.full([1], call.guidance_scale, device=latents.device, dtype=torch.float32).expand(len(latents))


def has_xlabs_adapter(transformer: Any) -> bool:
    """Tell whether an IP-Adapter by diffusers' own loader is there, without whose pictures its processors fail."""
    return any(isinstance(processor, FluxIPAdapterAttnProcessor) for processor in transformer.attn_processors.values())


def _attention_arguments(one: Pass, call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a dict of this pass' own: the transformer may take things out of it."""
    own, layout = {**(call.joint_attention_kwargs or {})}, one.layout()
    if layout is not None:
        own[REGIONS] = layout
    return {**own, **given.get("joint_attention_kwargs", {})}


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
