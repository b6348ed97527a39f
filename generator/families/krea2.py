"""Krea 2 (the base and the few-step checkpoint): all that the algorithm needs to know of it.

One text encoder (Qwen3-VL, whose hidden states of several layers are stacked), no pooled vector, blocks of one kind, in
which text and image are joined, the text first; position ids go with the tokens, those of texts are all zero. The texts
are fused by blocks of their own first, each alone. A prompt is padded in its middle, to a fixed length, and its padding
is attended to by nobody: without cells it is handed over as diffusers does, with cells it is cut out. Guidance takes a
second pass and counts from 0.

Cost: with cells no mask (but for prompts of different lengths in one batch), and one image stream at every δ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from diffusers import Krea2Pipeline
from diffusers.hooks import ModelHook
from diffusers.models.embeddings import apply_rotary_emb
from diffusers.models.transformers.transformer_krea2 import Krea2AttnProcessor

from generator.families.packed_attention import PackedParts, attend_packed, in_reverse, masks_in_reverse
from generator.families.profiles.krea2 import KREA2, SIDE_PX
from generator.families.qwen_image import decode_pictures
from generator.families.stepping import set_timesteps, shift_by_size
from generator.regions.attending import processors, standing_in
from generator.regions.call import Call
from generator.regions.family import Family, Noise, first, last
from generator.regions.geometry import TokenGrid
from generator.regions.packing import RegionLayout
from generator.regions.passes import Pass
from generator.regions.pipeline import RegionalPipeline
from generator.regions.text import MASK, Text
from generator.regions.transfer import Place, View, hooked
from planner.errors import RenderError

HOOK = "ragplan_regions"
TRAINING_STEPS = 1000  # that timesteps count, of every flow-matching scheduler
DISTILLED_SHIFT = 1.15  # of the few-step checkpoint, at any size
LARGEST_TOKENS = 6400  # of a picture whose steps are shifted the most, where the scheduler does not say
SUFFIX_TOKENS = 5  # that end every prompt and are never cut

# The layout of the pass that this thread makes: neither another thread's nor a stock pipeline's.
_LAYOUT: ContextVar[RegionLayout | None] = ContextVar("krea2_layout", default=None)


class RegionalKrea2Processor(Krea2AttnProcessor):  # type: ignore[misc]
    """diffusers' Krea 2 attention, which follows the layout that comes with the rotation and else changes nothing."""

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        image_rotary_emb: Any = None,
    ) -> torch.Tensor:
        """Return what the tokens attend to; by regions where the rotation has a third part, a `RegionLayout`."""
        if image_rotary_emb is None or len(image_rotary_emb) == 2:
            stock: torch.Tensor = super().__call__(attn, hidden_states, attention_mask, image_rotary_emb)
            return stock
        *rotation, layout = image_rotary_emb
        query, key, value = _project(attn, hidden_states, tuple(rotation))
        output = attend_packed(self, PackedParts(layout), query, key, value, attention_mask)
        gated: torch.Tensor = attn.to_out[0](output * torch.sigmoid(attn.to_gate(hidden_states)))
        return gated


class LayoutBeside(ModelHook):  # type: ignore[misc]
    """After the rotary embedding: in a pass with cells the layout goes with it, as it is what every block is given."""

    def post_forward(self, module: torch.nn.Module, output: Any) -> Any:
        """Return the rotation, in a pass with cells with its layout."""
        layout = _LAYOUT.get()
        return output if layout is None else (*output, layout)


class TextsAlone(ModelHook):  # type: ignore[misc]
    """The fusion of texts, of a pass with cells one after the other: none attends to another."""

    def new_forward(
        self, module: torch.nn.Module, texts: torch.Tensor, attention_mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Fuse packed texts (batch, tokens, layers, channels) under a mask (batch, 1, 1, tokens), or without one."""
        stock, layout = self.fn_ref.original_forward, _LAYOUT.get()
        parts = [slice(None)] if layout is None else sorted(layout.texts(), key=lambda part: part.start)
        masks = [None if attention_mask is None else attention_mask[..., part] for part in parts]
        fused = [stock(texts[:, part], attention_mask=mask) for part, mask in zip(parts, masks, strict=True)]
        return fused[0] if len(fused) == 1 else torch.cat(fused, dim=1)


@dataclass(frozen=True)
class _Prompts:
    """What the transformer is told of texts. embeds: (batch, tokens, …); mask: (batch, tokens), None: no padding."""

    embeds: torch.Tensor
    mask: torch.Tensor | None


class Krea2:
    """The family; see `generator.regions.family.Family` for what each member is."""

    name, longest_text, sizes = KREA2.name, KREA2.longest_text, KREA2.sizes
    two_streams = False

    def side_px(self, pipe: Any) -> int:
        """Return diffusers' own."""
        return SIDE_PX

    def text_tokens(self, pipe: Any) -> int:
        """Return diffusers' own, to which every prompt is padded."""
        return self.longest_text

    def check(self, pipe: Any, call: Call) -> None:
        """Raise `RenderError` for texts of nothing but their ending, and for what guides other models."""
        for name, length in (
            ("max_sequence_length", call.max_sequence_length),
            ("region_max_sequence_length", call.region_max_sequence_length),
        ):
            if length <= SUFFIX_TOKENS:
                raise RenderError(
                    f"{name} must be {SUFFIX_TOKENS + 1} to {self.longest_text} with {self.name}, whose prompts end in "
                    f"{SUFFIX_TOKENS} tokens of its own; got {length}"
                )
        if call.true_cfg_scale != 1:
            raise RenderError(f"{self.name} is guided by guidance_scale, not by true_cfg_scale {call.true_cfg_scale:g}")
        if call.negative_prompt is not None and call.guidance_scale == 0:
            raise RenderError(f"negative_prompt {call.negative_prompt!r} needs a guidance_scale above 0, got 0")

    def negative(self, pipe: Any, call: Call) -> str | None:
        """Return the negative prompt, which is empty unless one is given; guidance_scale says how strongly."""
        return (call.negative_prompt or "") if call.guidance_scale > 0 else None

    def guide(self, call: Call, positive: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
        """Guide away from the negative prompt: 0 is not at all."""
        return positive + call.guidance_scale * (positive - negative)

    def encode(self, pipe: Any, prompt: str, tokens: int, call: Call) -> Text:
        """Encode a prompt, padding and all; in the sequence of a pass with cells it is as long as without it."""
        embeds, mask = pipe.encode_prompt(prompt, pipe._execution_device, max_sequence_length=tokens)
        return Text(embeds, {MASK: mask.cpu()}, int(mask.sum()))

    def timesteps(self, pipe: Any, call: Call) -> torch.Tensor:
        """Set the timesteps, shifted by the number of image tokens, or as the few-step checkpoint was trained."""
        shift = DISTILLED_SHIFT if pipe.config.is_distilled else shift_by_size(pipe.scheduler, call, LARGEST_TOKENS)
        return set_timesteps(pipe, call, shift)

    def noise(self, pipe: Any, wanted: Noise) -> tuple[torch.Tensor, torch.Tensor]:
        """Return noise and position ids (tokens, 3), counted from (0, 0)."""
        channels, device = pipe.transformer.config.in_channels // pipe.patch_size**2, pipe._execution_device
        packed = pipe.prepare_latents(*wanted.arguments(channels, device))
        return packed, pipe.prepare_position_ids(0, wanted.grid.height, wanted.grid.width, device)

    @contextmanager
    def attention(self, transformer: Any, call: Call) -> Iterator[None]:
        """Let the blocks follow the layout of a pass; raises `RenderError` for processors that are not diffusers'."""
        if not call.cells:
            yield
            return
        ours, blocks = {Krea2AttnProcessor: RegionalKrea2Processor}, transformer.transformer_blocks
        own = {block.attn: standing_in(block.attn.processor, ours) for block in blocks}
        hooks = {transformer.rotary_emb: LayoutBeside(), transformer.text_fusion: TextsAlone()}
        with processors(own), hooked(hooks, HOOK):
            yield

    def places(self, transformer: Any) -> Sequence[tuple[torch.nn.Module, Place, View]]:
        """Return the embedding of the image, and the blocks, which return [text | image]."""
        blocks = [(block, Place(1 + index), last) for index, block in enumerate(transformer.transformer_blocks)]
        return [(transformer.img_in, Place(0), first), *blocks]

    def predict(
        self, transformer: Any, one: Pass, timestep: torch.Tensor, call: Call, given: Mapping[str, Any]
    ) -> torch.Tensor:
        """Call the transformer: without cells as diffusers does, with cells the texts in reverse, the base's last."""
        canvas, layout, rest = one.canvas, one.layout(), dict(given)
        assert canvas.positions is not None
        prompts = _as_stock(one.text, canvas.latents.device) if layout is None else _packed(one, canvas.latents.device)
        text_ids = canvas.positions.new_zeros(prompts.embeds.shape[1], 3)
        with _told(layout):
            velocity: torch.Tensor = transformer(
                hidden_states=one.pack(canvas.latents),
                encoder_hidden_states=prompts.embeds,
                encoder_attention_mask=prompts.mask,
                timestep=(timestep / TRAINING_STEPS).expand(len(canvas.latents)).to(canvas.latents.dtype),
                position_ids=torch.cat([text_ids, one.pack(canvas.positions)]),
                attention_kwargs={**(call.joint_attention_kwargs or {}), **rest.pop("joint_attention_kwargs", {})},
                return_dict=False,
                **rest,
            )[0]
        return velocity

    def unpack(self, pipe: Any, latents: torch.Tensor, grid: TokenGrid) -> torch.Tensor:
        """Put the latents of every token into their places."""
        unpacked: torch.Tensor = pipe._unpack_latents(latents, grid.height_px, grid.width_px)
        return unpacked[:, :, 0]

    def decode(self, pipe: Any, latents: torch.Tensor, output_type: str) -> Any:
        """Decode by Qwen-Image's autoencoder, one picture after the other."""
        return decode_pictures(pipe, latents, output_type)


class RegionalKrea2Pipeline(RegionalPipeline, Krea2Pipeline):  # type: ignore[misc]
    """diffusers' `Krea2Pipeline` for plans: same parts, loaders, LoRA and offloading, another call."""

    family: ClassVar[Family] = Krea2()


def _as_stock(text: Text, device: torch.device) -> _Prompts:
    return _Prompts(text.embeds, text.extra[MASK].to(device))


def _packed(one: Pass, device: torch.device) -> _Prompts:
    """Return the texts of a pass side by side, without what only fills them up."""
    texts = [_without_padding(text) for text in one.texts()]
    return _Prompts(in_reverse([text.embeds for text in texts]), masks_in_reverse(texts, device))


def _without_padding(text: Text) -> Text:
    """Return a text of its own length: its tokens without padding, a shorter one of the batch padded behind."""
    mask = text.extra[MASK]
    kept = torch.argsort(~mask, dim=1, stable=True)[:, : text.tokens]
    entries = torch.arange(len(mask))[:, None]
    return Text(text.embeds[entries, kept], {MASK: mask[entries, kept]})


@contextmanager
def _told(layout: RegionLayout | None) -> Iterator[None]:
    """Tell this thread's blocks the layout of a pass."""
    token = _LAYOUT.set(layout)
    try:
        yield
    finally:
        _LAYOUT.reset(token)


def _project(
    attn: Any, tokens: torch.Tensor, rotation: tuple[torch.Tensor, ...]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return query, key and value of the whole sequence, as many heads each, normalised and rotated."""
    query = attn.to_q(tokens).unflatten(-1, (attn.num_heads, attn.head_dim))
    key, value = (net(tokens).unflatten(-1, (attn.num_kv_heads, attn.head_dim)) for net in (attn.to_k, attn.to_v))
    query, key = (
        apply_rotary_emb(norm(each), rotation, sequence_dim=1)
        for norm, each in ((attn.norm_q, query), (attn.norm_k, key))
    )
    repeats = attn.num_heads // attn.num_kv_heads
    if repeats > 1:
        key, value = (each.repeat_interleave(repeats, dim=2) for each in (key, value))
    return query, key, value
