"""Qwen-Image (2512 and what was trained from it, too): all that the algorithm needs to know of it.

One text encoder (Qwen2.5-VL, whose texts have their own lengths, up to 1,024 tokens), no pooled vector, blocks of one
kind: double-stream, text and image apart but for the attention. The transformer makes positions itself, from the
picture's shape: every text begins at the same place beyond the image, however many stand in the sequence, so those of
a pass with cells are made here and handed to the processors beside the layout. Guidance takes a second pass, and
gives every token's velocity the length that the first had.

Cost: no mask (but for prompts of different lengths in one batch) and one image stream at every δ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from diffusers import QwenImagePipeline
from diffusers.models.transformers.transformer_qwenimage import (
    QwenDoubleStreamAttnProcessor2_0,
    apply_rotary_emb_qwen,
)

from generator.families.packed_attention import attend_packed, in_reverse, masks_in_reverse
from generator.families.qwen_image_profile import QWEN_IMAGE, SIDE_PX, USUAL_TEXT
from generator.families.stepping import set_timesteps, shift_by_size
from generator.regions.call import Call
from generator.regions.family import Family, first, second
from generator.regions.geometry import TokenGrid
from generator.regions.packing import MASK, RegionLayout, Text
from generator.regions.passes import Pass
from generator.regions.pipeline import RegionalPipeline
from generator.regions.transfer import Place, View
from planner.errors import RenderError

REGIONS = "regions"  # the key of a pass' `Packed` in attention_kwargs
NO_PROMPT = " "  # what the model's page guides away from


@dataclass(frozen=True)
class Packed:
    """What the processors are told of a pass with cells.

    layout: the parts of its sequence.
    image_turn: the image tokens' rotation, packed, (tokens, head channels / 2), complex; text_turn: the texts'.
    """

    layout: RegionLayout
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
        output = attend_packed(self, regions.layout, query, key, value, mask)
        text, image = output.tensor_split([encoder_hidden_states.shape[1]], dim=1)
        image = image.contiguous()
        for part in attn.to_out:
            image = part(image)
        return image, attn.to_add_out(text.contiguous())


class QwenImage:
    """The family; see `generator.regions.family.Family` for what each member is."""

    name, longest_text, sizes = QWEN_IMAGE.name, QWEN_IMAGE.longest_text, QWEN_IMAGE.sizes
    two_streams = False

    def side_px(self, pipe: Any) -> int:
        """Return that of the model's page."""
        return SIDE_PX

    def text_tokens(self, pipe: Any) -> int:
        """Return diffusers' own."""
        return USUAL_TEXT

    def check(self, pipe: Any, call: Call) -> None:
        """Raise `RenderError` for arguments of the attention that say themselves who attends to what."""
        if REGIONS in (call.joint_attention_kwargs or {}):
            raise RenderError(f"joint_attention_kwargs cannot hold {REGIONS!r}: the plan says who attends to what")
        if call.negative_prompt is not None and _scale(call) <= 1:
            raise RenderError(
                f"negative_prompt {call.negative_prompt!r} needs a guidance_scale above 1, got {_scale(call):g}"
            )

    def negative(self, call: Call) -> str | None:
        """Return the negative prompt, a space unless one is given, where there is guidance."""
        given = NO_PROMPT if call.negative_prompt is None else call.negative_prompt
        return given if _scale(call) > 1 else None

    def guide(self, call: Call, positive: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
        """Guide away from the negative prompt, every token as long as before, as diffusers' pipeline does."""
        both = negative + _scale(call) * (positive - negative)
        length, kept = (torch.norm(velocity, dim=-1, keepdim=True) for velocity in (both, positive))
        rescaled: torch.Tensor = both * (kept / length)
        return rescaled

    def encode(self, pipe: Any, prompt: str, tokens: int, call: Call) -> Text:
        """Encode a prompt, which is as long as it is: no padding."""
        embeds, _ = pipe.encode_prompt(prompt, pipe._execution_device, max_sequence_length=tokens)
        return Text(embeds, {MASK: torch.ones(embeds.shape[:2], dtype=torch.bool)})

    def timesteps(self, pipe: Any, call: Call) -> torch.Tensor:
        """Set the timesteps, shifted by the number of image tokens."""
        return set_timesteps(pipe, call, shift_by_size(pipe.scheduler, call))

    def noise(
        self,
        pipe: Any,
        grid: TokenGrid,
        images: int,
        dtype: torch.dtype,
        generators: torch.Generator | list[torch.Generator] | None,
        latents: torch.Tensor | None,
    ) -> tuple[torch.Tensor, None]:
        """Return noise; positions come from the canvas' size."""
        packed = pipe.prepare_latents(
            images,
            pipe.transformer.config.in_channels // 4,
            grid.height_px,
            grid.width_px,
            dtype,
            pipe._execution_device,
            generators,
            latents,
        )
        return packed, None

    @contextmanager
    def attention(self, transformer: Any, call: Call) -> Iterator[None]:
        """Let the processors follow what is in a pass' attention_kwargs; raises `RenderError` for others' own."""
        if not call.cells:
            yield
            return
        stock = transformer.attn_processors
        transformer.set_attn_processor({name: _regional(processor) for name, processor in stock.items()})
        try:
            yield
        finally:
            transformer.set_attn_processor(stock)

    def places(self, transformer: Any) -> Sequence[tuple[torch.nn.Module, Place, View]]:
        """Return the embedding of the image, and the blocks, which return (text, image)."""
        blocks = [(block, Place(1 + index), second) for index, block in enumerate(transformer.transformer_blocks)]
        return [(transformer.img_in, Place(0), first), *blocks]

    def predict(
        self, transformer: Any, one: Pass, timestep: torch.Tensor, call: Call, given: Mapping[str, Any]
    ) -> torch.Tensor:
        """Call the transformer: the texts in reverse, the base's last."""
        canvas, texts = one.canvas, one.texts()
        latents, shape = canvas.latents, [[(1, canvas.grid.height, canvas.grid.width)]]
        rest = dict(given)
        own = {**(call.joint_attention_kwargs or {}), **rest.pop("joint_attention_kwargs", {})}
        if (layout := one.layout()) is not None:
            turns = _turns(transformer, shape, [text.tokens for text in texts], latents.device)
            own[REGIONS] = Packed(layout, one.pack(turns[0]), turns[1])
        velocity: torch.Tensor = transformer(
            hidden_states=one.pack(latents),
            encoder_hidden_states=in_reverse([text.embeds for text in texts]),
            encoder_hidden_states_mask=masks_in_reverse(texts, latents.device),
            timestep=timestep.expand(len(latents)).to(latents.dtype) / 1000,
            img_shapes=shape,
            attention_kwargs=own,
            return_dict=False,
            **rest,
        )[0]
        return velocity

    def unpack(self, pipe: Any, latents: torch.Tensor, grid: TokenGrid) -> torch.Tensor:
        """Put the 2 × 2 latents of every token into their places."""
        unpacked: torch.Tensor = pipe._unpack_latents(latents, grid.height_px, grid.width_px, pipe.vae_scale_factor)
        return unpacked[:, :, 0]

    def decode(self, pipe: Any, latents: torch.Tensor, output_type: str) -> Any:
        """Decode one picture after the other: memory for one at a time."""
        return decode_pictures(pipe, latents, output_type)


class RegionalQwenImagePipeline(RegionalPipeline, QwenImagePipeline):  # type: ignore[misc]
    """diffusers' `QwenImagePipeline` for plans: same parts, loaders, LoRA and offloading, another call."""

    family: ClassVar[Family] = QwenImage()


def _scale(call: Call) -> float:
    """Return how strongly a call is guided: by guidance_scale, unless it says true_cfg_scale, diffusers' name of it."""
    return call.true_cfg_scale if call.true_cfg_scale > 1 else call.guidance_scale


def decode_pictures(pipe: Any, latents: torch.Tensor, output_type: str) -> Any:
    """Decode unpacked latents by Qwen-Image's autoencoder of films, each a film of one picture."""
    latents, config = latents[:, :, None].to(pipe.vae.dtype), pipe.vae.config
    mean, scale = torch.tensor(config.latents_mean), 1.0 / torch.tensor(config.latents_std)
    mean, scale = (each.view(1, -1, 1, 1, 1).to(latents.device, latents.dtype) for each in (mean, scale))
    latents = latents / scale + mean  # in diffusers' order: the same bits
    images = [pipe.vae.decode(one[None], return_dict=False)[0][:, :, 0] for one in latents]
    return pipe.image_processor.postprocess(torch.cat(images), output_type=output_type)


def _turns(
    transformer: Any, shape: Any, tokens: Sequence[int], device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the rotations of the image tokens row by row, and of the texts in reverse: each begins anew."""
    image, text = transformer.pos_embed(shape, max_txt_seq_len=max(tokens), device=device)
    return image, torch.cat([text[:count] for count in reversed(tokens)])


def _project(
    attn: Any, image: torch.Tensor, text: torch.Tensor, regions: Packed
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return query, key and value of the whole sequence (text first), normalised and rotated as diffusers does."""
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
    """Return which keys of [text | image] may be attended to, (batch, 1, 1, tokens); None: all."""
    if text is None:
        return None
    return torch.cat([text, text.new_ones(image.shape[:2])], dim=1)[:, None, None, :]


def _regional(processor: Any) -> RegionalQwenProcessor:
    """Return our processor with the attention backend of the one that it stands in for."""
    if type(processor) is not QwenDoubleStreamAttnProcessor2_0:
        raise RenderError(
            f"cells need diffusers' QwenDoubleStreamAttnProcessor2_0, found {type(processor).__name__}; "
            "set refinement_strength=0"
        )
    regional = RegionalQwenProcessor()
    regional._attention_backend = processor._attention_backend
    return regional
