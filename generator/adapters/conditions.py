"""What a plan brings along besides prompts, as FLUX.1 has it: checked, and ready for the canvases of a call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from generator.adapters.control import prepare_control
from generator.adapters.embeds import ImageEmbeds, NativePicture
from generator.adapters.loaders import PULID_NETS, ip_adapter_channels, pulid_nets
from generator.adapters.lora import ObjectLoras
from generator.adapters.placed_images import FaceConditioning, ImageConditioning, PlacedImage
from generator.regions.call import Call
from generator.regions.geometry import object_rects
from generator.regions.prepare import Effects
from generator.regions.text import Text
from generator.regions.transfer import rows
from planner.errors import RenderError

LOADING = {
    "ip_adapter": "no IP-Adapter is loaded: call pipe.load_instantx_ip_adapter or pipe.load_ip_adapter",
    "pulid": "PuLID is not loaded: call pipe.load_pulid",
    "native": "this model reads none itself",
}


def check_images(transformer: Any, call: Call) -> None:
    """Raise `RenderError` for a picture without embedding or adapter, and for embeddings that do not fit the model."""
    for number, item in enumerate(call.plan.objects):
        if item.image is None:
            continue
        given = (call.image_embeds or {}).get(number)
        if given is None:
            raise RenderError(
                f"object {number} has a picture, {item.image.path!r}, but image_embeds has none for it; encode it with "
                "the adapter of its kind, or let generate() or the command line do it"
            )
        _check(transformer, number, given)
    if call.step_cache is not None and any(one.kind == "pulid" for one in (call.image_embeds or {}).values()):
        raise RenderError("step_cache does not work with PuLID: what it adds after the blocks would be added twice")


def _check(transformer: Any, number: int, given: ImageEmbeds | NativePicture) -> None:
    channels = _channels(transformer, given.kind)
    if channels is None or isinstance(given, NativePicture):
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
    if kind == "native":
        return None
    nets = getattr(transformer, PULID_NETS, None)
    return int(nets[0].norm1.normalized_shape[0]) if nets else None


class Flux1Conditions:
    """The `Conditions` of one plan's call, on its device: control images, reference pictures, LoRAs of objects.

    loras: the plans' LoRAs, loaded; None without any.
    """

    def __init__(self, pipe: Any, call: Call, loras: ObjectLoras | None) -> None:
        self.pipe = pipe
        self.call = call
        self.loras = loras
        self.given = dict(call.image_embeds or {})

    def on_picture(self) -> Effects:
        """Return what acts on the whole picture; what belongs to an object, inside its box."""
        control = prepare_control(self.pipe, self.call)
        found: list[Any] = [control] if control is not None else []
        found += [self.loras.of(())] if self.loras else []
        if images := self._placed_of("ip_adapter"):
            found.append(ImageConditioning(images))
        if faces := self._placed_of("pulid"):
            found.append(FaceConditioning(faces, pulid_nets(self.pipe.transformer)))
        return tuple(found)

    def on_box(self, number: int) -> Effects:
        """Return what acts on the canvas of an object alone: its LoRAs, and an IP-Adapter's picture, on all of it."""
        lora = self.call.plan.objects[number].lora
        found: list[Any] = [self.loras.of(lora)] if self.loras and lora else []
        if number in self._of_kind("ip_adapter"):
            found.append(ImageConditioning((self._placed(number),)))
        return tuple(found)

    def text(self, number: int) -> Text | None:
        """Return Redux' picture, which stands in for an object's prompt; None for the prompt itself."""
        given = self.given.get(number)
        if given is None or given.pooled is None:
            return None
        embeds, pooled = (self._weight(number) * self._ready(values) for values in (given.embeds, given.pooled))
        return Text(embeds, {"pooled": pooled})

    def seen_by(self, cell: int) -> tuple[int, ...]:
        """Return the objects whose pictures a cell sees through an IP-Adapter: those that it owns."""
        numbers = self._of_kind("ip_adapter") if self.call.cells else []
        return tuple(number for number in numbers if self.call.plan.owner_cell(number) == cell)

    def cell_text(self, prompt: str, objects: Sequence[int]) -> Text | None:
        """Return nothing: cells see pictures beside their prompts."""
        return None

    def _placed_of(self, kind: str) -> tuple[PlacedImage, ...]:
        rects = object_rects(self.call.plan, self.call.grid) if self.given else ()
        return tuple(self._placed(number, rects[number].tokens(self.call.grid)) for number in self._of_kind(kind))

    def _placed(self, number: int, tokens: Sequence[int] | None = None) -> PlacedImage:
        images = self.call.num_images_per_prompt
        embeds = self._ready(self.given[number].embeds).repeat(images, 1, 1)
        where = None if tokens is None else rows(tokens, embeds.device)
        return PlacedImage(number, embeds, self._weight(number), slice(0, images), where)

    def _of_kind(self, kind: str) -> list[int]:
        return sorted(number for number, given in self.given.items() if given.kind == kind)

    def _weight(self, number: int) -> float:
        image = self.call.plan.objects[number].image
        return image.weight if image is not None else 0.0

    def _ready(self, values: torch.Tensor) -> torch.Tensor:
        return values.to(self.pipe._execution_device, self.pipe.transformer.dtype)
