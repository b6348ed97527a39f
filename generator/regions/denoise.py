"""What is denoised, and the one way through the transformer: stock diffusers' own call.

A `Canvas` is anything that has latents and steps of its own: the picture, the box of an object, a repainted picture.
Tensors: latents and velocities (batch, image tokens, channels), tokens row by row; text (batch, text tokens, channels).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import FirstBlockCacheConfig

from generator.adapters.conditioning import NO_INFLUENCE, Influence
from generator.adapters.control import Control
from generator.adapters.ip_attention import SIGHTS
from generator.adapters.lora import ObjectLoras
from generator.families.flux1_attention import REGIONS, RegionLayout
from generator.families.flux1_processors import has_xlabs_adapter, region_attention
from generator.regions.call import Call
from generator.regions.features import Action, Transfer, acting, is_compiled
from generator.regions.packing import Regions
from planner.errors import RenderError


@dataclass(frozen=True)
class Text:
    """A prompt as both text encoders see it; `ids` are the text tokens' position ids, (text tokens, 3), all zero."""

    embeds: torch.Tensor
    pooled: torch.Tensor
    ids: torch.Tensor

    def repeat(self, batch: int) -> Text:
        """Return the text for a batch of equal prompts."""
        return Text(self.embeds.repeat(batch, 1, 1), self.pooled.repeat(batch, 1), self.ids)


@dataclass
class Canvas:
    """A batch of equally large latents on their way from noise to picture.

    position_ids: (image tokens, 3). scheduler: at this canvas' own step, shared with no other; None before its first.
    regions: soft refinement, None for the plain model. control: of a ControlNet, None without one. influence: of
    reference pictures. lora: of the object that is painted alone here, as the plan names them.
    """

    latents: torch.Tensor
    position_ids: torch.Tensor
    text: Text
    scheduler: Any
    regions: Regions | None = None
    control: Control | None = None
    influence: Influence = NO_INFLUENCE
    lora: tuple[str, ...] = ()

    @classmethod
    def join(cls, canvases: Sequence[Canvas]) -> Canvas:
        """Return canvases of one size and text length, and with the same cells, as a batch at the first one's step."""
        first = canvases[0]
        if len(canvases) == 1:
            return first
        embeds = torch.cat([canvas.text.embeds for canvas in canvases])
        pooled = torch.cat([canvas.text.pooled for canvas in canvases])
        latents = torch.cat([canvas.latents for canvas in canvases])
        regions = [canvas.regions for canvas in canvases if canvas.regions]
        controls = [canvas.control for canvas in canvases if canvas.control]
        return cls(
            latents,
            first.position_ids,
            Text(embeds, pooled, first.text.ids),
            first.scheduler,
            Regions.join(regions) if regions else None,
            Control.join(controls) if controls else None,
            Influence.join([(canvas.influence, len(canvas.latents)) for canvas in canvases]),
            first.lora,
        )

    def inputs(self) -> dict[str, Any]:
        """Return the transformer's inputs that say what is denoised and what it attends to."""
        text, image, ids, regions = self.text, self.latents, self.position_ids, self.regions
        if regions is None:
            return {
                "hidden_states": image,
                "img_ids": ids,
                "encoder_hidden_states": text.embeds,
                "txt_ids": text.ids,
            }
        packed = regions.pack_text(text.embeds)
        return {
            "hidden_states": regions.pack(image),
            "img_ids": self.pack_single(ids),
            "encoder_hidden_states": packed,
            "txt_ids": text.ids.new_zeros(packed.shape[1], 3),
        }

    def layout(self) -> RegionLayout | None:
        """Return how many tokens the parts of the sequence have; None where stock attention needs to know nothing."""
        text, image = self.text.embeds.shape[1], self.latents.shape[1]
        if self.regions is not None:
            return self.regions.layout(text, doubled=self.doubled)
        return RegionLayout((text,), (image,), (1.0,), doubled=False) if self.influence.pictures else None

    @property
    def doubled(self) -> bool:
        """Whether the single-stream blocks have two image streams."""
        return self.regions is not None and (self.regions.mixed or bool(self.influence.faces))

    @property
    def base_in_single_stream(self) -> bool:
        """Whether what is in the base stream of the single-stream blocks reaches other tokens: not where all δ = 1."""
        return self.regions is None or self.regions.mixed

    def rows(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return where some image tokens are in the sequence that the transformer sees."""
        return tokens if self.regions is None else self.regions.packed_rows(tokens)

    def pack(self, values: torch.Tensor) -> torch.Tensor:
        """Sort values of image tokens, given row by row, as the double-stream blocks see the tokens."""
        return values if self.regions is None else self.regions.pack(values)

    def pack_single(self, values: torch.Tensor) -> torch.Tensor:
        """The same for the single-stream blocks, which may have two image streams."""
        packed = self.pack(values)
        return torch.cat([packed, packed], dim=-2) if self.doubled else packed

    def advance(self, velocity: torch.Tensor, timestep: torch.Tensor) -> None:
        """Take one step of the scheduler."""
        dtype = self.latents.dtype
        self.latents = self.scheduler.step(velocity, timestep, self.latents, return_dict=False)[0].to(dtype)


@dataclass(frozen=True)
class Denoiser:
    """The transformer for the time of one call."""

    transformer: Any
    guidance_scale: float
    attention_kwargs: Mapping[str, Any]
    loras: ObjectLoras | None = None

    def velocity(
        self,
        canvas: Canvas,
        timestep: torch.Tensor,
        *,
        name: str = "cond",
        written: Sequence[Transfer] = (),
        recorded: Sequence[Transfer] = (),
    ) -> torch.Tensor:
        """Predict a canvas' velocity, its tokens row by row.

        name: the pass' own name, by which diffusers' caches tell passes apart, refined ones from plain ones too.
        written, recorded: tokens that are overwritten from, or kept for, another pass.
        """
        actions: list[Action] = [transfer.write for transfer in written]
        actions += [*canvas.influence.actions(canvas), *(transfer.record for transfer in recorded)]
        scaled = timestep.expand(len(canvas.latents)).to(canvas.latents.dtype) / 1000
        context = name if canvas.regions is None else f"{name} in regions"
        limited = self.loras.acting(canvas) if self.loras else nullcontext()
        with limited, acting(self.transformer, actions), self.transformer.cache_context(context):
            output: torch.Tensor = self.transformer(
                **canvas.inputs(),
                **self._residuals(canvas, scaled),
                timestep=scaled,
                guidance=self._guidance(canvas.latents),
                pooled_projections=canvas.text.pooled,
                joint_attention_kwargs=self._attention_kwargs(canvas),
                return_dict=False,
            )[0]
        if self.transformer.is_cache_enabled and (written or recorded):
            self.transformer._reset_stateful_cache()  # so that no later pass goes on from one that was overwritten
        return output if canvas.regions is None else canvas.regions.unpack(output)

    def _residuals(self, canvas: Canvas, timestep: torch.Tensor) -> dict[str, Any]:
        return canvas.control.residuals(canvas, timestep, self.attention_kwargs) if canvas.control else {}

    def _guidance(self, latents: torch.Tensor) -> torch.Tensor | None:
        if not self.transformer.config.guidance_embeds:
            return None
        return torch.full([1], self.guidance_scale, device=latents.device, dtype=torch.float32).expand(len(latents))

    def _attention_kwargs(self, canvas: Canvas) -> dict[str, Any]:
        """Return a dict of this pass' own: the transformer may take things out of it."""
        given, layout, sights = dict(self.attention_kwargs), canvas.layout(), canvas.influence.sights(canvas)
        if layout is not None:
            given[REGIONS] = layout
        return {**given, SIGHTS: sights} if sights else given


@contextmanager
def denoiser(transformer: Any, request: Call, *, binds: bool, loras: ObjectLoras | None = None) -> Iterator[Denoiser]:
    """Prepare a transformer for a request; on leaving, also by an exception, it is the stock model again.

    binds: whether passes overwrite each other. loras: of the plan's objects, loaded.
    Raises `RenderError` for a model that is set up in a way that the request's regions cannot work with.
    """
    if request.cells or binds or request.image_embeds:
        _check(transformer)
    ours = request.cells or request.image_embeds or has_xlabs_adapter(transformer)
    with region_attention(transformer) if ours else nullcontext(), _step_cache(transformer, request):
        yield Denoiser(transformer, request.guidance_scale, request.joint_attention_kwargs or {}, loras)


@contextmanager
def _step_cache(transformer: Any, request: Call) -> Iterator[None]:
    """Let passes that carry nothing skip all blocks but the first where that one hardly changed."""
    if request.step_cache is None:
        yield
        return
    if is_compiled(transformer):
        raise RenderError("step_cache does not work with compiled blocks; leave one of the two out")
    transformer.enable_cache(FirstBlockCacheConfig(threshold=request.step_cache))
    try:
        yield
    finally:
        transformer.disable_cache()


def _check(transformer: Any) -> None:
    parallel = transformer._parallel_config
    if parallel is not None and parallel.context_parallel_config is not None:
        raise RenderError("cells, boxes and masks do not work with context parallelism")
    if transformer.is_cache_enabled:
        raise RenderError(
            "cells, boxes and masks do not work with a cache of your own; call transformer.disable_cache() and give "
            "step_cache, which is diffusers' first-block cache"
        )
