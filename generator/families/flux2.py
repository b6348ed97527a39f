"""FLUX.2 (klein 4B and 9B, klein base, dev): all that the algorithm needs to know of it.

One text encoder (a language model's hidden states), no pooled vector, double blocks, then joined single blocks; the
text stands first. Position ids have four numbers and go with the tokens: (0, y, x, 0) of the image, (0, 0, 0, l) of
each text, every one counted from 0. Modulation sees only the time, and dev's distilled guidance; klein base is guided
by a second pass. Reference pictures stand before the image, the nth of a text at (10 · n, y, x, 0). Where a δ is below
1 there is one image stream, which is mixed in every block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

import torch
from diffusers import Flux2KleinPipeline, Flux2Pipeline
from diffusers.models.embeddings import apply_rotary_emb
from diffusers.models.transformers.transformer_flux2 import (
    Flux2AttnProcessor,
    Flux2ParallelSelfAttnProcessor,
    _get_qkv_projections,
)
from diffusers.pipelines.flux2.pipeline_flux2 import compute_empirical_mu
from diffusers.utils.torch_utils import get_module_execution_device
from PIL import Image

from generator.families.native_pictures import (
    NativeConditions,
    NativePipeline,
    ReferenceTokens,
    Seen,
    seen_in,
)
from generator.families.packed_attention import PackedParts, attend_packed, in_reverse
from generator.families.profiles.flux2 import FLUX2
from generator.families.stepping import set_timesteps
from generator.regions.attending import processors, standing_in
from generator.regions.call import Call
from generator.regions.family import Family, Noise, last
from generator.regions.geometry import TokenGrid
from generator.regions.passes import Pass
from generator.regions.text import Text
from generator.regions.transfer import Place, View
from planner.errors import RenderError

REGIONS = "regions"  # the key in joint_attention_kwargs of what attends together
PICTURE_AREA = 1024 * 1024  # px, of the largest reference picture that diffusers' pipeline reads
PICTURE_TIME = 10  # between the first numbers of the positions of pictures; the image's is 0

Rotary = tuple[torch.Tensor, torch.Tensor]


class Flux2:
    """The family; see `generator.regions.family.Family` for what each member is."""

    name, longest_text, sizes = FLUX2.name, FLUX2.longest_text, FLUX2.sizes
    two_streams = False

    def side_px(self, pipe: Any) -> int:
        """Return the size that the VAE's configuration names: 1024."""
        return int(pipe.vae.config.sample_size) if pipe.vae is not None else 1024

    def text_tokens(self, pipe: Any) -> int:
        """Return how many tokens the stock pipeline pads every prompt to."""
        return min(self.longest_text, int(pipe.tokenizer_max_length))

    def check(self, pipe: Any, call: Call) -> None:
        """Raise `RenderError` for layouts of one's own, and for a negative prompt that nothing would look at."""
        if REGIONS in (call.joint_attention_kwargs or {}):
            raise RenderError(f"joint_attention_kwargs cannot hold {REGIONS!r}: the plan says who attends to what")
        if call.step_cache is not None:
            raise RenderError(f"step_cache does not work with {self.name}: diffusers' first-block cache fails in it")
        if call.true_cfg_scale != 1:
            raise RenderError(
                f"{self.name} is guided by guidance_scale; true_cfg_scale is 1, got {call.true_cfg_scale:g}"
            )
        if call.negative_prompt is not None and not _guided(pipe, call):
            raise RenderError(
                "negative_prompt needs a model whose guidance was not distilled (FLUX.2 klein base) and a "
                f"guidance_scale above 1, got {call.negative_prompt!r} at {call.guidance_scale:g}"
            )

    def negative(self, pipe: Any, call: Call) -> str | None:
        """Return the negative prompt of klein base, "" as the stock pipeline where there is none."""
        return (call.negative_prompt or "") if _guided(pipe, call) else None

    def guide(self, call: Call, positive: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
        """Guide away from the negative prompt."""
        return negative + call.guidance_scale * (positive - negative)

    def encode(self, pipe: Any, prompt: str, tokens: int, call: Call) -> Text:
        """Encode a prompt, padded as the stock pipeline does; padding is attended to, as there."""
        embeds, _ = pipe.encode_prompt(prompt, device=pipe._execution_device, max_sequence_length=tokens)
        return Text(embeds)

    def timesteps(self, pipe: Any, call: Call) -> torch.Tensor:
        """Set the timesteps, shifted by the number of image tokens and of steps."""
        return set_timesteps(pipe, call, compute_empirical_mu(call.grid.count, call.num_inference_steps), flow=True)

    def noise(self, pipe: Any, wanted: Noise) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return noise and position ids (tokens, 4), counted from (0, 0)."""
        channels, latents = pipe.transformer.config.in_channels // 4, wanted.latents
        if latents is not None:
            latents = latents.transpose(1, 2).reshape(len(latents), -1, wanted.grid.height, wanted.grid.width)
        given = replace(wanted, latents=latents).arguments(channels, pipe._execution_device)
        packed, ids = pipe.prepare_latents(*given)
        return packed, ids[0]

    @contextmanager
    def attention(self, transformer: Any, call: Call) -> Iterator[None]:
        """Let the processors follow a layout that is in a pass' joint_attention_kwargs.

        Raises `RenderError` for processors that are not diffusers' own.
        """
        if not call.cells:
            yield
            return
        blocks = (*transformer.transformer_blocks, *transformer.single_transformer_blocks)
        with processors({block.attn: standing_in(block.attn.processor, PROCESSORS) for block in blocks}):
            yield

    def places(self, transformer: Any) -> Sequence[tuple[torch.nn.Module, Place, View]]:
        """Return the embedding of the image, the double and the single blocks; all write into the one image stream."""
        double, single = transformer.transformer_blocks, transformer.single_transformer_blocks
        blocks = [*((block, _last_of_second) for block in double), *((block, last) for block in single)]
        return [
            (transformer.x_embedder, Place(0), last),
            *((block, Place(index), view) for index, (block, view) in enumerate(blocks, 1)),
        ]

    def predict(
        self, transformer: Any, one: Pass, timestep: torch.Tensor, call: Call, given: Mapping[str, Any]
    ) -> torch.Tensor:
        """Call the transformer: the texts in reverse, the base's last, each with positions of its own; so pictures."""
        canvas, texts, layout, rest = one.canvas, one.texts(), one.layout(), dict(given)
        seen, batch = seen_in(rest, texts), len(canvas.latents)
        assert canvas.positions is not None
        ids = [_text_ids(text.embeds.shape[1], canvas.positions) for text in reversed(texts)]
        attention = {**(call.joint_attention_kwargs or {}), **rest.pop("joint_attention_kwargs", {})}
        if layout is not None:
            counts = [sum(picture.latents.shape[1] for picture in each) for each in seen]
            attention[REGIONS] = PackedParts.of(layout, counts, image_first=False, device=canvas.latents.device)
        pictures = [picture.latents for each in reversed(seen) for picture in each]
        velocity: torch.Tensor = transformer(
            hidden_states=torch.cat([*pictures, one.pack(canvas.latents)], dim=1).to(transformer.dtype),
            encoder_hidden_states=in_reverse([text.embeds for text in texts]),
            img_ids=torch.cat([*_picture_ids(seen, canvas.positions), one.pack(canvas.positions)]),
            txt_ids=torch.cat(ids),
            timestep=timestep.expand(batch).to(canvas.latents.dtype) / 1000,
            guidance=_guidance(transformer, call, canvas.latents),
            return_dict=False,
            **{**rest, "joint_attention_kwargs": attention},
        )[0]
        return velocity[:, -canvas.grid.count :]

    def unpack(self, pipe: Any, latents: torch.Tensor, grid: TokenGrid) -> torch.Tensor:
        """Undo the normalisation of the VAE's latents, and put the 2 × 2 of every token into their places."""
        norm = pipe.vae.bn
        mean, variance = (values.view(1, -1, 1, 1).to(latents) for values in (norm.running_mean, norm.running_var))
        spatial = latents.transpose(1, 2).reshape(len(latents), -1, grid.height, grid.width)
        unpacked: torch.Tensor = pipe._unpatchify_latents(
            spatial * torch.sqrt(variance + pipe.vae.config.batch_norm_eps) + mean
        )
        return unpacked

    def decode(self, pipe: Any, latents: torch.Tensor, output_type: str) -> Any:
        """Decode one picture after the other: memory for one at a time."""
        latents = latents.to(get_module_execution_device(pipe.vae), pipe.vae.dtype)
        images = [pipe.vae.decode(one[None], return_dict=False)[0] for one in latents]
        return pipe.image_processor.postprocess(torch.cat(images), output_type=output_type)


class Flux2Conditions(NativeConditions):
    """The `Conditions` of one plan's call: its objects' pictures, read by the autoencoder alone."""

    def _tokens(self, picture: Image.Image) -> ReferenceTokens:
        """Encode a picture as diffusers does; one larger than the canvas, or than 1024 × 1024 px, is made smaller."""
        pipe, images = self.pipe, self.call.num_images_per_prompt
        processor, each = pipe.image_processor, self.call.grid.token_px
        picture = processor._resize_if_exceeds_area(picture, min(PICTURE_AREA, self.call.width * self.call.height))
        width, height = (max(side // each * each, each) for side in picture.size)
        pixels = processor.preprocess(picture, height=height, width=width, resize_mode="crop")
        device = pipe._execution_device
        latents, _ = pipe.prepare_image_latents([pixels], images, None, device, pipe.vae.dtype)
        return ReferenceTokens(latents, (1, height // each, width // each))


class Flux2Native(NativePipeline):
    """What dev and klein have in common: the family, and how pictures of objects are read."""

    family: ClassVar[Family] = Flux2()
    conditions: ClassVar[type[NativeConditions]] = Flux2Conditions

    def _check_conditions(self, call: Call) -> None:
        """Raise `RenderError` as the others do, and for a picture that is smaller or longer than the model takes."""
        super()._check_conditions(call)
        for number, given in (call.image_embeds or {}).items():
            try:
                self.image_processor.check_image_input(given.picture)
            except ValueError as error:
                raise RenderError(f"{self.family.name} cannot read the picture of object {number}: {error}") from error


class RegionalFlux2Pipeline(Flux2Native, Flux2Pipeline):  # type: ignore[misc]
    """diffusers' `Flux2Pipeline` (dev) for plans: same parts, loaders, LoRA and offloading, another call."""


class RegionalFlux2KleinPipeline(Flux2Native, Flux2KleinPipeline):  # type: ignore[misc]
    """diffusers' `Flux2KleinPipeline` (klein, klein base) for plans."""


class RegionalDoubleProcessor(Flux2AttnProcessor):  # type: ignore[misc]
    """The attention of double blocks, which follows `PackedParts` where it is given some."""

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        image_rotary_emb: Rotary | None = None,
        regions: PackedParts | None = None,
    ) -> Any:
        """Attend as diffusers does, by regions where they are given (then without `attention_mask`)."""
        if regions is None:
            return super().__call__(attn, hidden_states, encoder_hidden_states, attention_mask, image_rotary_emb)
        assert encoder_hidden_states is not None
        projected = _get_qkv_projections(attn, hidden_states, encoder_hidden_states)
        query, key, value, text_query, text_key, text_value = (x.unflatten(-1, (-1, attn.head_dim)) for x in projected)
        query = torch.cat([attn.norm_added_q(text_query), attn.norm_q(query)], dim=1)
        key = torch.cat([attn.norm_added_k(text_key), attn.norm_k(key)], dim=1)
        value = torch.cat([text_value, value], dim=1)
        output = attend_packed(self, regions, *_turned(query, key, image_rotary_emb), value, None)
        text, image = output.tensor_split([encoder_hidden_states.shape[1]], dim=1)
        return attn.to_out[1](attn.to_out[0](image)), attn.to_add_out(text)


class RegionalSingleProcessor(Flux2ParallelSelfAttnProcessor):  # type: ignore[misc]
    """The attention of single blocks, which go through their feed-forward layer at the same time."""

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        image_rotary_emb: Rotary | None = None,
        regions: PackedParts | None = None,
    ) -> Any:
        """Attend as diffusers does, by regions where they are given (then without `attention_mask`)."""
        if regions is None:
            return super().__call__(attn, hidden_states, attention_mask, image_rotary_emb)
        channels = 3 * attn.inner_dim, attn.mlp_hidden_dim * attn.mlp_mult_factor
        projected, forward = attn.to_qkv_mlp_proj(hidden_states).split(channels, dim=-1)
        query, key, value = (x.unflatten(-1, (-1, attn.head_dim)) for x in projected.chunk(3, dim=-1))
        turned = _turned(attn.norm_q(query), attn.norm_k(key), image_rotary_emb)
        output = attend_packed(self, regions, *turned, value, None)
        return attn.to_out(torch.cat([output, attn.mlp_act_fn(forward)], dim=-1))


PROCESSORS = {
    Flux2AttnProcessor: RegionalDoubleProcessor,
    Flux2ParallelSelfAttnProcessor: RegionalSingleProcessor,
}


def _turned(query: torch.Tensor, key: torch.Tensor, rotary: Rotary | None) -> tuple[torch.Tensor, torch.Tensor]:
    if rotary is None:
        return query, key
    turned: Any = [apply_rotary_emb(each, rotary, sequence_dim=1) for each in (query, key)]
    return turned[0], turned[1]


def _guided(pipe: Any, call: Call) -> bool:
    """Tell whether a step takes a second pass, as the stock pipelines decide it."""
    distilled = pipe.transformer.config.guidance_embeds or pipe.config.get("is_distilled", True)
    return call.guidance_scale > 1 and not distilled


def _guidance(transformer: Any, call: Call, latents: torch.Tensor) -> torch.Tensor | None:
    """Return the distilled guidance, (batch,), for dev, which has it embedded; None for the others."""
    if not transformer.config.guidance_embeds:
        return None
    return torch.full([1], call.guidance_scale, device=latents.device, dtype=torch.float32).expand(len(latents))


def _last_of_second(output: Any, image: int) -> torch.Tensor:
    """The image is the end of the second of (text, [pictures | image])."""
    return last(output[1], image)


def _picture_ids(seen: Seen, like: torch.Tensor) -> list[torch.Tensor]:
    """Return the position ids (tokens, 4) of the pictures as they stand in the sequence: each text's as if alone."""
    found = []
    for pictures in reversed(seen):
        for number, (_, rows, columns) in enumerate((picture.shape for picture in pictures), 1):
            time, width = like.new_tensor([PICTURE_TIME * number]), torch.arange(columns).to(like)
            found.append(torch.cartesian_prod(time, torch.arange(rows).to(like), width, like.new_zeros(1)))
    return found


def _text_ids(tokens: int, like: torch.Tensor) -> torch.Tensor:
    """Return the position ids (tokens, 4) of a text."""
    ids = like.new_zeros(tokens, 4)
    ids[:, 3] = torch.arange(tokens, device=like.device)
    return ids
