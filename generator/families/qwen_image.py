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
from typing import Any, ClassVar

import torch
from diffusers import QwenImagePipeline
from diffusers.models.transformers.transformer_qwenimage import QwenDoubleStreamAttnProcessor2_0

from generator.families.native_pictures import NEGATIVE, Seen, seen_in
from generator.families.packed_attention import PackedParts, in_reverse, masks_in_reverse
from generator.families.profiles.qwen_image import QWEN_IMAGE, SIDE_PX, USUAL_TEXT
from generator.families.qwen_image_attention import REGIONS, Packed, RegionalQwenProcessor
from generator.families.stepping import set_timesteps, shift_by_size
from generator.regions.attending import processors, standing_in
from generator.regions.call import Call
from generator.regions.family import Family, Noise, first, second
from generator.regions.geometry import TokenGrid
from generator.regions.packing import RegionLayout
from generator.regions.passes import Pass
from generator.regions.pipeline import RegionalPipeline
from generator.regions.text import MASK, Text
from generator.regions.transfer import Place, View
from planner.errors import RenderError

NO_PROMPT = " "  # what the model's page guides away from


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
        if call.negative_prompt is not None and scale_of(call) <= 1:
            raise RenderError(
                f"negative_prompt {call.negative_prompt!r} needs a guidance_scale above 1, got {scale_of(call):g}"
            )

    def negative(self, pipe: Any, call: Call) -> str | None:
        """Return the negative prompt, a space unless one is given, where there is guidance."""
        given = NO_PROMPT if call.negative_prompt is None else call.negative_prompt
        return given if scale_of(call) > 1 else None

    def guide(self, call: Call, positive: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
        """Guide away from the negative prompt, every token as long as before, as diffusers' pipeline does."""
        both = negative + scale_of(call) * (positive - negative)
        length, kept = (torch.norm(velocity, dim=-1, keepdim=True) for velocity in (both, positive))
        rescaled: torch.Tensor = both * (kept / length)
        return rescaled

    def encode(self, pipe: Any, prompt: str, tokens: int, call: Call) -> Text:
        """Encode a prompt, which is as long as it is: no padding."""
        device = pipe._execution_device
        embeds, _ = pipe.encode_prompt(prompt=prompt, device=device, max_sequence_length=tokens)
        return unpadded(embeds)

    def timesteps(self, pipe: Any, call: Call) -> torch.Tensor:
        """Set the timesteps, shifted by the number of image tokens."""
        return set_timesteps(pipe, call, shift_by_size(pipe.scheduler, call))

    def noise(self, pipe: Any, wanted: Noise) -> tuple[torch.Tensor, None]:
        """Return noise; positions come from the canvas' size."""
        channels, device = pipe.transformer.config.in_channels // 4, pipe._execution_device
        return pipe.prepare_latents(*wanted.arguments(channels, device)), None

    @contextmanager
    def attention(self, transformer: Any, call: Call) -> Iterator[None]:
        """Let the processors follow what is in a pass' attention_kwargs; raises `RenderError` for others' own."""
        if not call.cells:
            yield
            return
        ours, blocks = {QwenDoubleStreamAttnProcessor2_0: RegionalQwenProcessor}, transformer.transformer_blocks
        with processors({block.attn: standing_in(block.attn.processor, ours) for block in blocks}):
            yield

    def places(self, transformer: Any) -> Sequence[tuple[torch.nn.Module, Place, View]]:
        """Return the embedding of the image, and the blocks, which return (text, image)."""
        blocks = [(block, Place(1 + index), second) for index, block in enumerate(transformer.transformer_blocks)]
        return [(transformer.img_in, Place(0), first), *blocks]

    def predict(
        self, transformer: Any, one: Pass, timestep: torch.Tensor, call: Call, given: Mapping[str, Any]
    ) -> torch.Tensor:
        """Call the transformer: the texts in reverse, the base's last."""
        canvas, texts, rest = one.canvas, one.texts(), dict(given)
        seen = seen_in(rest, texts)
        texts = [rest.pop(NEGATIVE, texts[0])] if one.negative else texts
        own = {**(call.joint_attention_kwargs or {}), **rest.pop("joint_attention_kwargs", {})}
        if (layout := one.layout()) is not None:
            own[REGIONS] = _packed(transformer, one, layout, texts, seen)
        pictures = [picture for each in reversed(seen) for picture in each]
        latents = canvas.latents
        velocity: torch.Tensor = transformer(
            hidden_states=torch.cat([one.pack(latents), *(picture.latents for picture in pictures)], dim=1),
            encoder_hidden_states=in_reverse([text.embeds for text in texts]),
            encoder_hidden_states_mask=masks_in_reverse(texts, latents.device),
            timestep=timestep.expand(len(latents)).to(latents.dtype) / 1000,
            img_shapes=[[(1, canvas.grid.height, canvas.grid.width), *(picture.shape for picture in pictures)]],
            attention_kwargs=own,
            return_dict=False,
            **rest,
        )[0]
        return velocity[:, : canvas.grid.count]

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


def scale_of(call: Call) -> float:
    """Return how strongly a call is guided: by guidance_scale, unless it says true_cfg_scale, diffusers' name of it."""
    return call.true_cfg_scale if call.true_cfg_scale > 1 else call.guidance_scale


def unpadded(embeds: torch.Tensor) -> Text:
    """Return a prompt's embeddings (1, tokens, channels), none of which is padding."""
    return Text(embeds, {MASK: torch.ones(embeds.shape[:2], dtype=torch.bool)})


def decode_pictures(pipe: Any, latents: torch.Tensor, output_type: str) -> Any:
    """Decode unpacked latents by Qwen-Image's autoencoder of films, each a film of one picture."""
    latents, config = latents[:, :, None].to(pipe.vae.dtype), pipe.vae.config
    mean, scale = torch.tensor(config.latents_mean), 1.0 / torch.tensor(config.latents_std)
    mean, scale = (each.view(1, -1, 1, 1, 1).to(latents.device, latents.dtype) for each in (mean, scale))
    latents = latents / scale + mean  # in diffusers' order: the same bits
    images = [pipe.vae.decode(one[None], return_dict=False)[0][:, :, 0] for one in latents]
    return pipe.image_processor.postprocess(torch.cat(images), output_type=output_type)


def _packed(transformer: Any, one: Pass, layout: RegionLayout, texts: Sequence[Text], seen: Seen) -> Packed:
    """Return what the processors are told of a pass with cells."""
    image, pictures, text = _turns(transformer, one.canvas.grid, texts, seen, one.canvas.latents.device)
    counts = tuple(sum(picture.latents.shape[1] for picture in each) for each in seen)
    joined = PackedParts.of(layout, counts, image_first=True, device=image.device)
    return Packed(joined, torch.cat([one.pack(image), *pictures]), text)


def _turns(
    transformer: Any, grid: TokenGrid, texts: Sequence[Text], seen: Seen, device: torch.device
) -> tuple[torch.Tensor, list[torch.Tensor], torch.Tensor]:
    """Return the rotations of the image tokens row by row, of the pictures, and of the texts, these two in reverse.

    Each text begins anew, and each text's pictures count from 1, as if it were alone.
    """
    image, of_pictures, of_texts = torch.empty(0), [], []
    for text, pictures in reversed([*zip(texts, seen, strict=True)]):
        shape = [(1, grid.height, grid.width), *(picture.shape for picture in pictures)]
        turn, of_text = transformer.pos_embed([shape], max_txt_seq_len=text.tokens, device=device)
        image = turn[: grid.count]
        of_pictures.append(turn[grid.count :])
        of_texts.append(of_text)
    return image, of_pictures, torch.cat(of_texts)
