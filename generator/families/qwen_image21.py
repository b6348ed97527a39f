"""Qwen-Image 2.1: all that the algorithm needs to know of it; it shares little but the name with Qwen-Image.

One text encoder (Qwen3-VL), no pooled vector, blocks of one kind, in which text and image are joined, the text first. A
text sees what stands before it in the text, and no image: image tokens alone attend to both. The image's positions
begin where its text ends; so in a pass with cells every text ends where the base's does, a longer one begins before 0.

A position of diffusers' mask is a square of 2 × 2 image tokens, and a canvas must be of whole squares, boxes too: what
is a token elsewhere is such a square here, of 32 px. Squares stand in the sequence one after the other, where the stock
pipeline has rows, so pictures without regions are the stock pipeline's but for rounding.

Cost: no mask, one image stream at every δ. The stock pipeline keeps what texts are made of from step to step; here they
are computed in every step. Prompts of different lengths cannot be one batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from diffusers import QwenImage21Pipeline
from diffusers.hooks import ModelHook
from diffusers.models.attention_dispatch import dispatch_attention_fn
from diffusers.models.transformers.transformer_qwenimage21 import QwenImage21AttnProcessor, _qwenimage21_prepare_qkv
from PIL import Image

from generator.families.packed_attention import in_reverse
from generator.families.profiles.qwen_image21 import QWEN_IMAGE21, SIDE_PX
from generator.families.qwen_image import QwenImage, scale_of
from generator.families.stepping import set_timesteps, shift_by_size
from generator.regions.attending import processors, standing_in
from generator.regions.call import Call
from generator.regions.family import Family, Noise
from generator.regions.geometry import TokenGrid
from generator.regions.packing import RegionLayout
from generator.regions.passes import Pass
from generator.regions.pipeline import RegionalPipeline
from generator.regions.text import Text
from generator.regions.transfer import Place, View, hooked

HOOK = "ragplan_positions"
SQUARE = 4  # image tokens of a canvas' token


@dataclass(frozen=True)
class Turned:
    """The rotation of a pass with cells, (tokens, head channels / 2), complex, and its layout, in image tokens."""

    rotation: torch.Tensor
    layout: RegionLayout


@dataclass(frozen=True)
class Positions:
    """Where the tokens of a pass are. texts: lengths as they stand in the sequence; end: where each text ends.

    image: rows and columns of the image tokens, counted from the middle, as they stand in the sequence. layout: of a
    pass with cells.
    """

    texts: Sequence[int]
    end: int
    image: tuple[torch.Tensor, torch.Tensor]
    layout: RegionLayout | None

    def turn(self, tables: Sequence[torch.Tensor]) -> torch.Tensor | Turned:
        """Return what the blocks are given. tables: rotations by axis and position, those before 0 at the end."""
        device = tables[0].device
        text = torch.cat([torch.arange(self.end - count, self.end, device=device) for count in self.texts])
        rows, columns = (values.to(device) for values in self.image)
        places = (torch.full_like(rows, self.end), rows, columns)
        parts = [table[torch.cat([text, own])] for table, own in zip(tables, places, strict=True)]
        rotation = torch.cat(parts, dim=-1)
        return rotation if self.layout is None else Turned(rotation, self.layout)


# Of the pass that this thread makes: neither another thread's nor a stock pipeline's.
_POSITIONS: ContextVar[Positions | None] = ContextVar("qwen_image21_positions", default=None)


class OwnPositions(ModelHook):  # type: ignore[misc]
    """After the rotary embedding: the positions of this thread's pass, in place of the stock ones."""

    def post_forward(self, module: Any, output: Any) -> Any:
        """Return the rotation, in a pass with cells with its layout."""
        positions = _POSITIONS.get()
        return output if positions is None else positions.turn(module.freqs)


class RegionalQwen21Processor(QwenImage21AttnProcessor):  # type: ignore[misc]
    """diffusers' Qwen-Image 2.1 attention, which follows the layout that comes with the rotation."""

    def __call__(self, attn: Any, hidden_states: torch.Tensor, rotary_emb: Any = None, **given: Any) -> torch.Tensor:
        """Return what the tokens attend to; without a layout all that is given goes to the stock processor."""
        if not isinstance(rotary_emb, Turned):
            stock: torch.Tensor = super().__call__(attn, hidden_states, rotary_emb=rotary_emb, **given)
            return stock
        layout = rotary_emb.layout
        projected = _qwenimage21_prepare_qkv(attn, hidden_states, rotary_emb.rotation, None, None, None)
        outputs = []
        for text, stream in zip(layout.text_tokens, layout.streams(*projected[:3]), strict=True):
            own = self._attend(*(values[:, :text] for values in stream), is_causal=True)
            query, key, value = stream
            outputs.append(torch.cat([own, self._attend(query[:, text:], key, value)], dim=1))
        joined = layout.join(outputs, hidden_states.shape[1]).flatten(2, 3).type_as(hidden_states)
        for part in attn.to_out:
            joined = part(joined)
        return joined

    def _attend(
        self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *, is_causal: bool = False
    ) -> torch.Tensor:
        output: torch.Tensor = dispatch_attention_fn(
            query,
            key,
            value,
            is_causal=is_causal,
            backend=self._attention_backend,
            parallel_config=self._parallel_config,
        )
        return output


class QwenImage21(QwenImage):
    """The family; see `generator.regions.family.Family` for what each member is."""

    name, longest_text, sizes = QWEN_IMAGE21.name, QWEN_IMAGE21.longest_text, QWEN_IMAGE21.sizes

    def side_px(self, pipe: Any) -> int:
        """Return diffusers' own."""
        return SIDE_PX

    def guide(self, call: Call, positive: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
        """Guide away from the negative prompt."""
        return negative + scale_of(call) * (positive - negative)

    def encode(self, pipe: Any, prompt: str, tokens: int, call: Call) -> Text:
        """Encode a prompt, which is as long as it is."""
        return Text(pipe.encode_prompt(prompt, device=pipe._execution_device)[0][:, :tokens])

    def timesteps(self, pipe: Any, call: Call) -> torch.Tensor:
        """Set the timesteps: where they are as many, from the noise levels that come with the checkpoint."""
        own = pipe.config.sample_sigmas
        given = (
            call if call.sigmas is not None or len(own or ()) != call.num_inference_steps else with_sigmas(call, own)
        )
        return set_timesteps(pipe, given, shift_by_size(pipe.scheduler, call, each=SQUARE))

    def noise(self, pipe: Any, wanted: Noise) -> tuple[torch.Tensor, None]:
        """Return noise in squares: (images, tokens, channels of four image tokens); positions come from the size."""
        device, channels, grid = pipe._execution_device, pipe.transformer.config.in_channels, wanted.grid
        if wanted.latents is not None:
            return wanted.latents.to(device, wanted.dtype), None
        drawn, _ = pipe.prepare_latents(None, *wanted.arguments(channels, device))
        squares = drawn.reshape(wanted.images, grid.height, 2, grid.width, 2, channels).transpose(2, 3)
        return squares.reshape(wanted.images, grid.count, SQUARE * channels), None

    @contextmanager
    def attention(self, transformer: Any, call: Call) -> Iterator[None]:
        """Let the blocks follow positions and layout of a pass; raises `RenderError` for others' processors."""
        blocks = transformer.transformer_blocks if call.cells else ()
        ours = {QwenImage21AttnProcessor: RegionalQwen21Processor}
        own = {block.attn: standing_in(block.attn.processor, ours) for block in blocks}
        with processors(own), hooked({transformer.pos_embed: OwnPositions()}, HOOK):
            yield

    def places(self, transformer: Any) -> Sequence[tuple[torch.nn.Module, Place, View]]:
        """Return the embedding of the image, and the blocks, which return [text | image]."""
        modules = (transformer.img_in, *transformer.transformer_blocks)
        return [(module, Place(index), last_squares) for index, module in enumerate(modules)]

    def predict(
        self, transformer: Any, one: Pass, timestep: torch.Tensor, call: Call, given: Mapping[str, Any]
    ) -> torch.Tensor:
        """Call the transformer: the texts in reverse, the base's last."""
        canvas, rest = one.canvas, dict(given)
        packed, text = one.pack(canvas.latents), in_reverse([each.embeds for each in one.texts()])
        images, squares, channels = packed.shape
        mask = torch.ones(1, text.shape[1] + squares, dtype=torch.bool, device=packed.device)
        mask[:, : text.shape[1]] = False
        with _told(_positions(one)):
            velocity: torch.Tensor = transformer(
                hidden_states=packed.reshape(images, squares * SQUARE, channels // SQUARE),
                encoder_hidden_states=text,
                timestep=timestep.expand(images).to(packed.dtype) / 1000,
                img_shapes=[[(1, 2 * canvas.grid.height, 2 * canvas.grid.width)]],
                img_mask=mask,
                attention_kwargs={**(call.joint_attention_kwargs or {}), **rest.pop("joint_attention_kwargs", {})},
                return_dict=False,
                **rest,
            )[0]
        return velocity[:, text.shape[1] :].reshape(packed.shape)

    def unpack(self, pipe: Any, latents: torch.Tensor, grid: TokenGrid) -> torch.Tensor:
        """Put the four latents of every token into their places."""
        images, _, channels = latents.shape
        squares = latents.reshape(images, grid.height, grid.width, 2, 2, channels // SQUARE)
        return squares.permute(0, 5, 1, 3, 2, 4).reshape(images, -1, 2 * grid.height, 2 * grid.width)

    def decode(self, pipe: Any, latents: torch.Tensor, output_type: str) -> Any:
        """Decode one picture after the other, each a film of one picture: memory for one at a time.

        The model also knows how opaque a picture is; "pil" ones are put on white, as all others here are opaque.
        """
        config, latents = pipe.vae.config, latents[:, :, None].to(pipe.vae.dtype)
        mean, std = (torch.tensor(values).view(1, -1, 1, 1, 1) for values in (config.latents_mean, config.latents_std))
        latents = latents * std.to(latents) + mean.to(latents)
        images = [pipe.vae.decode(one[None], return_dict=False)[0][:, :, 0] for one in latents]
        decoded = pipe.image_processor.postprocess(torch.cat(images), output_type=output_type)
        return [on_white(picture) for picture in decoded] if output_type == "pil" else decoded


class RegionalQwenImage21Pipeline(RegionalPipeline, QwenImage21Pipeline):  # type: ignore[misc]
    """diffusers' `QwenImage21Pipeline` for plans: same parts, loaders, LoRA and offloading, another call."""

    family: ClassVar[Family] = QwenImage21()


def last_squares(output: Any, image: int) -> torch.Tensor:
    """The image is the end of [text | image], four tokens after each other in a square."""
    tokens: torch.Tensor = output[:, output.shape[1] - SQUARE * image :]
    return tokens.view(len(tokens), image, -1)


def on_white(picture: Image.Image) -> Image.Image:
    """Return an RGB picture."""
    if picture.mode != "RGBA":
        return picture
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white


def with_sigmas(call: Call, sigmas: Sequence[float]) -> Call:
    """Return a call with noise levels of its own."""
    return replace(call, sigmas=tuple(sigmas))


def _positions(one: Pass) -> Positions:
    """Return where the tokens of a pass are."""
    grid, layout = one.canvas.grid, one.layout()
    rows, columns = (torch.arange(-side, side) for side in (grid.height, grid.width))
    numbers = torch.arange(SQUARE * grid.count).reshape(grid.height, 2, grid.width, 2).transpose(1, 2)
    order = one.pack(numbers.reshape(grid.count, SQUARE).to(one.canvas.latents.device)).flatten().cpu()
    if layout is not None:
        layout = replace(layout, cell_tokens=tuple(SQUARE * count for count in layout.cell_tokens))
    image = rows[order // (2 * grid.width)], columns[order % (2 * grid.width)]
    return Positions([text.tokens for text in reversed(one.texts())], one.text.tokens, image, layout)


@contextmanager
def _told(positions: Positions) -> Iterator[None]:
    """Tell this thread's blocks the positions of a pass."""
    token = _POSITIONS.set(positions)
    try:
        yield
    finally:
        _POSITIONS.reset(token)
