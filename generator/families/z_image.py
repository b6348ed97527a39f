"""Z-Image and Z-Image-Turbo: all that the algorithm needs to know of it.

One text encoder (a language model's hidden states), no pooled vector, joined blocks of one kind. The image stands
first; image and text are each padded to a multiple of 32 tokens, and first pass refiners of their own. Each part's
position on the first axis counts through the texts: the image's is one more than the text's last. So that a cell's text
is as far from the image as it would be in a pass of its own, all texts of a sequence end just before the image; where
one is longer than the base's, everything is moved by the difference. The padding of the image goes with the last cell.

It predicts minus the velocity, at the time 1 - σ; latents are always in 32 bits. Guidance counts from 0 and takes a
second pass; the stock pipeline makes both as one batch, which rounds otherwise (1e-6): with guidance a picture without
regions is not the stock pipeline's bit for bit.

Tensors: images (batch, channels, height, width), tokens (batch, tokens, 4 · channels).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

import torch
from diffusers import ZImagePipeline
from diffusers.models.transformers.transformer_z_image import ZSingleStreamAttnProcessor
from diffusers.pipelines.z_image.pipeline_z_image import get_default_z_image_sigmas
from diffusers.utils.torch_utils import get_module_execution_device

from generator.families.profiles.z_image import PADDING, Z_IMAGE
from generator.families.stepping import set_timesteps, shift_by_size
from generator.families.z_image_attention import (
    PACKED,
    PackedPass,
    RegionalZProcessor,
    packed_sequences,
)
from generator.regions.attending import processors, standing_in
from generator.regions.call import Call
from generator.regions.family import Family, Noise
from generator.regions.geometry import TokenGrid
from generator.regions.passes import Pass
from generator.regions.pipeline import RegionalPipeline
from generator.regions.text import Text
from generator.regions.transfer import Place, View
from planner.errors import RenderError

PATCH = "2-1"  # the key of its only patch size: 2 × 2 latents of one frame


class ZImage:
    """The family; see `generator.regions.family.Family` for what each member is."""

    name, longest_text, sizes = Z_IMAGE.name, Z_IMAGE.longest_text, Z_IMAGE.sizes
    two_streams = False

    def side_px(self, pipe: Any) -> int:
        """Return the size that the VAE's configuration names: 1024."""
        return int(pipe.vae.config.sample_size) if pipe.vae is not None else 1024

    def text_tokens(self, pipe: Any) -> int:
        """Return the stock pipeline's longest prompt."""
        return self.longest_text

    def check(self, pipe: Any, call: Call) -> None:
        """Raise `RenderError` for a negative prompt that nothing would look at."""
        if call.true_cfg_scale != 1:
            raise RenderError(
                f"{self.name} is guided by guidance_scale; true_cfg_scale is 1, got {call.true_cfg_scale:g}"
            )
        if call.negative_prompt is not None and call.guidance_scale <= 0:
            raise RenderError(
                f"negative_prompt needs a guidance_scale above 0, got {call.negative_prompt!r} at "
                f"{call.guidance_scale:g}"
            )

    def negative(self, pipe: Any, call: Call) -> str | None:
        """Return the negative prompt, "" as the stock pipeline where there is none; None without guidance."""
        return (call.negative_prompt or "") if call.guidance_scale > 0 else None

    def guide(self, call: Call, positive: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
        """Guide away from the negative prompt; the scale counts from 0."""
        return positive + call.guidance_scale * (positive - negative)

    def encode(self, pipe: Any, prompt: str, tokens: int, call: Call) -> Text:
        """Encode a prompt; it is padded to a multiple of 32 tokens, and knows how many are its own."""
        [embeds], _ = pipe.encode_prompt(prompt, do_classifier_free_guidance=False, max_sequence_length=tokens)
        own = torch.tensor([len(embeds)], device=embeds.device)
        padding = embeds[-1:].expand(-len(embeds) % PADDING, -1)
        return Text(torch.cat([embeds, padding])[None], {"own": own})

    def timesteps(self, pipe: Any, call: Call) -> torch.Tensor:
        """Set the timesteps, shifted by the number of image tokens where the scheduler does that."""
        own = get_default_z_image_sigmas(call.num_inference_steps)
        return set_timesteps(pipe, call, shift_by_size(pipe.scheduler, call), own=own)

    def noise(self, pipe: Any, wanted: Noise) -> tuple[torch.Tensor, None]:
        """Return noise in 32 bits, whatever the model computes with; positions are the transformer's business."""
        given = None if wanted.latents is None else _image(wanted.latents, wanted.grid)
        exact = replace(wanted, dtype=torch.float32, latents=given)
        drawn = pipe.prepare_latents(*exact.arguments(pipe.transformer.in_channels, pipe._execution_device))
        return _tokens(drawn, wanted.grid), None

    @contextmanager
    def attention(self, transformer: Any, call: Call) -> Iterator[None]:
        """Let processors, positions and padding follow what is `PACKED`.

        Raises `RenderError` for processors that are not diffusers' own.
        """
        if not call.cells:
            yield
            return
        blocks = (*transformer.layers, *transformer.context_refiner)
        ours = {ZSingleStreamAttnProcessor: RegionalZProcessor}
        own = {block.attention: standing_in(block.attention.processor, ours) for block in blocks}
        with processors(own), packed_sequences(transformer):
            yield

    def places(self, transformer: Any) -> Sequence[tuple[torch.nn.Module, Place, View]]:
        """Return the embedding of the image, its refiners, and the blocks."""
        blocks = enumerate((*transformer.noise_refiner, *transformer.layers), 1)
        embedder = transformer.all_x_embedder[PATCH]
        return [(embedder, Place(0), _embedded), *((block, Place(index), _image_part) for index, block in blocks)]

    def predict(
        self, transformer: Any, one: Pass, timestep: torch.Tensor, call: Call, given: Mapping[str, Any]
    ) -> torch.Tensor:
        """Call the transformer with an image whose patches are in the order of the cells, and all texts as one."""
        canvas, packed = one.canvas, PackedPass.of(one)
        images = _image(one.pack(canvas.latents), canvas.grid).to(transformer.dtype)[:, :, None]
        if packed is None:
            counts = one.text.extra["own"].tolist()
            texts = [embeds[:count] for embeds, count in zip(one.text.embeds, counts, strict=True)]
        else:
            texts = list(torch.cat([text.embeds for text in packed.texts], dim=1))
        token = PACKED.set(packed)
        try:
            attention = {**(call.joint_attention_kwargs or {}), **given.get("joint_attention_kwargs", {})}
            outputs = transformer(
                list(images),
                (1000 - timestep.expand(len(images))) / 1000,
                texts,
                return_dict=False,
                **{**given, "joint_attention_kwargs": attention},
            )[0]
        finally:
            PACKED.reset(token)
        return -_tokens(torch.stack([output.float() for output in outputs])[:, :, 0], canvas.grid)

    def unpack(self, pipe: Any, latents: torch.Tensor, grid: TokenGrid) -> torch.Tensor:
        """Put the 2 × 2 latents of every token into their places."""
        return _image(latents, grid)

    def decode(self, pipe: Any, latents: torch.Tensor, output_type: str) -> Any:
        """Decode one picture after the other: memory for one at a time."""
        latents = latents.to(get_module_execution_device(pipe.vae), pipe.vae.dtype)
        latents = latents / pipe.vae.config.scaling_factor + pipe.vae.config.shift_factor
        images = [pipe.vae.decode(one[None], return_dict=False)[0] for one in latents]
        return pipe.image_processor.postprocess(torch.cat(images), output_type=output_type)


class RegionalZImagePipeline(RegionalPipeline, ZImagePipeline):  # type: ignore[misc]
    """diffusers' `ZImagePipeline` for plans: same parts, loaders, LoRA and offloading, another call."""

    family: ClassVar[Family] = ZImage()


def _tokens(images: torch.Tensor, grid: TokenGrid) -> torch.Tensor:
    """Make tokens of images (batch, channels, height, width), in the order of the transformer's own patches."""
    patches = images.reshape(*images.shape[:2], grid.height, 2, grid.width, 2)
    return patches.permute(0, 2, 4, 3, 5, 1).reshape(len(images), grid.count, -1)


def _image(tokens: torch.Tensor, grid: TokenGrid) -> torch.Tensor:
    """Make images of tokens, whichever order they have."""
    patches = tokens.reshape(len(tokens), grid.height, grid.width, 2, 2, -1)
    return patches.permute(0, 5, 1, 3, 2, 4).reshape(len(tokens), -1, 2 * grid.height, 2 * grid.width)


def _embedded(output: Any, image: int) -> torch.Tensor:
    """The image tokens where all pictures of a batch stand in one row, (tokens, channels), each with its padding."""
    view: torch.Tensor = output.view(-1, image + -image % PADDING, output.shape[-1])[:, :image]
    return view


def _image_part(output: Any, image: int) -> torch.Tensor:
    """The image is the beginning of [image | padding | texts]."""
    view: torch.Tensor = output[:, :image]
    return view
