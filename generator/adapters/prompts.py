"""A request's image prompts: checked against the adapters that are loaded, and ready for the canvases of a call."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch

from generator.adapters.conditioning import NO_INFLUENCE, Influence, PlacedImage
from generator.adapters.embeds import ImageEmbeds
from generator.adapters.loaders import PULID_NETS, ip_adapter_channels, pulid_nets
from generator.regions.call import Call
from generator.regions.denoise import Text
from generator.regions.features import rows
from generator.regions.geometry import object_rects
from planner.errors import RenderError

LOADING = {
    "ip_adapter": "no IP-Adapter is loaded: call pipe.load_instantx_ip_adapter or pipe.load_ip_adapter",
    "pulid": "PuLID is not loaded: call pipe.load_pulid",
}


def check_images(transformer: Any, request: Call) -> None:
    """Raise `RenderError` for a picture without embedding or adapter, and for embeddings that do not fit the model."""
    for number, item in enumerate(request.plan.objects):
        if item.image is None:
            continue
        given = (request.image_embeds or {}).get(number)
        if given is None:
            raise RenderError(
                f"object {number} has a picture, {item.image.path!r}, but image_embeds has none for it; encode it with "
                "the adapter of its kind, or let generate() or the command line do it"
            )
        _check(transformer, number, given)
    if request.step_cache is not None and any(one.kind == "pulid" for one in (request.image_embeds or {}).values()):
        raise RenderError("step_cache does not work with PuLID: what it adds after the blocks would be added twice")


def _check(transformer: Any, number: int, given: ImageEmbeds) -> None:
    channels = _channels(transformer, given.kind)
    if channels is None:
        raise RenderError(f"object {number} has a picture of kind {given.kind!r}, but {LOADING[given.kind]}")
    found = given.embeds.shape[-1]
    if found != channels:
        raise RenderError(f"the image_embeds of object {number} must have {channels} channels, got {found}")
    pooled = transformer.config.pooled_projection_dim
    if given.pooled is not None and given.pooled.shape[-1] != pooled:
        raise RenderError(
            f"the pooled image_embeds of object {number} must have {pooled} channels, got {given.pooled.shape[-1]}"
        )


def _channels(transformer: Any, kind: str) -> int | None:
    """Return how many channels the embeddings of a kind have; None where its adapter is not loaded."""
    if kind == "redux":
        return int(transformer.config.joint_attention_dim)
    if kind == "ip_adapter":
        return ip_adapter_channels(transformer)
    nets = getattr(transformer, PULID_NETS, None)
    return int(nets[0].norm1.normalized_shape[0]) if nets else None


class ImagePrompts:
    """The image prompts of one call, on its device."""

    def __init__(self, pipe: Any, request: Call) -> None:
        self.pipe = pipe
        self.request = request
        self.given = dict(request.image_embeds or {})

    @cached_property
    def owners(self) -> dict[int, int]:
        """The cell that sees an IP-Adapter's picture, by the object's number: its owner cell."""
        numbers = self._of_kind("ip_adapter") if self.request.cells else []
        return {number: self.request.plan.owner_cell(number) for number in numbers}

    def redux(self, number: int) -> Text | None:
        """Return what stands in for an object's prompt when it is denoised alone; None for the prompt itself."""
        given = self.given.get(number)
        if given is None or given.pooled is None:
            return None
        embeds, pooled = (self._weight(number) * self._ready(values) for values in (given.embeds, given.pooled))
        return Text(embeds, pooled, embeds.new_zeros(embeds.shape[1], 3))

    def alone(self, number: int) -> Influence:
        """Return what acts on the canvas of an object alone: an IP-Adapter's picture, on all of it."""
        return Influence((self._placed(number),)) if number in self._of_kind("ip_adapter") else NO_INFLUENCE

    def on_picture(self) -> Influence:
        """Return what acts on the whole picture, each inside its object's box."""
        rects = object_rects(self.request.plan, self.request.grid) if self.given else ()
        pictures, faces = (
            tuple(self._placed(number, rects[number].tokens(self.request.grid)) for number in self._of_kind(kind))
            for kind in ("ip_adapter", "pulid")
        )
        return Influence(pictures, faces, pulid_nets(self.pipe.transformer) if faces else None)

    def _placed(self, number: int, tokens: list[int] | None = None) -> PlacedImage:
        images = self.request.num_images_per_prompt
        embeds = self._ready(self.given[number].embeds).repeat(images, 1, 1)
        where = None if tokens is None else rows(tokens, embeds.device)
        return PlacedImage(number, embeds, self._weight(number), slice(0, images), where)

    def _of_kind(self, kind: str) -> list[int]:
        return sorted(number for number, given in self.given.items() if given.kind == kind)

    def _weight(self, number: int) -> float:
        image = self.request.plan.objects[number].image
        return image.weight if image is not None else 0.0

    def _ready(self, values: torch.Tensor) -> torch.Tensor:
        return values.to(self.pipe._execution_device, self.pipe.transformer.dtype)
