"""Qwen-Image-Edit (2509, 2511): a Qwen-Image that reads reference pictures itself.

A picture is read twice, as diffusers' pipeline does it: by the text encoder, as a part of the prompt, and by the
autoencoder, as image tokens beside those that are denoised. An object's picture acts in the object's own pass and in
its cell, whose text and image tokens attend to it; the base's prompt and the other cells do not.

The first Qwen-Image-Edit (`QwenImageEditPipeline`) has a picture in every prompt's frame, the base's and each cell's
too; plans cannot be painted with it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from diffusers import QwenImageEditPlusPipeline
from diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus import (
    CONDITION_IMAGE_SIZE,
    VAE_IMAGE_SIZE,
    calculate_dimensions,
)
from PIL import Image

from generator.families.profiles.qwen_image import EDIT_SIDE_PX, QWEN_IMAGE_EDIT
from generator.families.qwen_image import NEGATIVE, PICTURES, QwenImage, ReferenceTokens, unpadded
from generator.regions.call import Call
from generator.regions.family import Family
from generator.regions.geometry import TokenGrid
from generator.regions.packing import Text
from generator.regions.passes import Pass
from generator.regions.pipeline import PAINTED_ANYWAY, RegionalPipeline
from generator.regions.prepare import Conditions, Effects
from generator.regions.transfer import Action
from planner.errors import RenderError

MULTIPLE_PX = 32  # of a reference picture's sides


@dataclass(frozen=True)
class References:
    """An `Effect`: the reference pictures of a canvas, by the objects' numbers.

    negative: what a pass with all of them guides away from; None: the canvas' own, or nothing.
    """

    second_stream: ClassVar[bool] = False
    layout: ClassVar[bool] = False
    stays: ClassVar[bool] = False

    tokens: Mapping[int, ReferenceTokens]
    negative: Text | None = None
    alone: bool = False

    @property
    def group(self) -> Hashable:
        """Return whose pictures they are: an object with a picture is painted alone."""
        return tuple(self.tokens)

    @classmethod
    def join(cls, parts: Sequence[tuple[References, slice]]) -> References:
        """Return the only one: plans with pictures are painted alone."""
        ((only, _),) = parts
        return only

    def arguments(self, one: Pass, timestep: torch.Tensor) -> Mapping[str, Any]:
        """Return which pictures go with each text of a pass; an object's own pass has one text, which sees them all."""
        if self.alone:
            guided = {NEGATIVE: self.negative} if one.negative and self.negative is not None else {}
            return {PICTURES: (tuple(self.tokens.values()),), **guided}
        if one.regions is None:
            return {}
        seen: list[list[ReferenceTokens]] = [[] for _ in one.texts()]
        for number, tokens in self.tokens.items():
            _, cell = one.regions.streams_of(number)
            if cell is not None:
                seen[cell].append(tokens)
        return {PICTURES: tuple(map(tuple, seen))}

    def actions(self, one: Pass) -> Sequence[Action]:
        """Return nothing."""
        return ()

    def around(self, one: Pass) -> AbstractContextManager[None]:
        """Hold nothing."""
        return nullcontext()


class EditConditions:
    """The `Conditions` of one plan's call: its objects' pictures, read by the autoencoder and the text encoder."""

    def __init__(self, pipe: Any, call: Call) -> None:
        self.pipe = pipe
        self.call = call
        self.pictures = {number: given.picture for number, given in sorted((call.image_embeds or {}).items())}
        self.tokens = {number: self._tokens(picture) for number, picture in self.pictures.items()}

    def on_picture(self) -> Effects:
        """Return the pictures, which cells see."""
        return (References(self.tokens),) if self.tokens and self.call.cells else ()

    def on_box(self, number: int) -> Effects:
        """Return the object's own picture."""
        if number not in self.tokens:
            return ()
        against = self.pipe.family.negative(self.pipe, self.call)
        negative = None if against is None else self._read(against, (number,)).repeat(self.call.num_images_per_prompt)
        return (References({number: self.tokens[number]}, negative, alone=True),)

    def text(self, number: int) -> Text | None:
        """Return an object's prompt with its picture."""
        return self._read(self.call.plan.objects[number].prompt, (number,)) if number in self.pictures else None

    def seen_by(self, cell: int) -> tuple[int, ...]:
        """Return the objects with pictures that a cell owns."""
        return tuple(number for number in self.pictures if self.call.plan.owner_cell(number) == cell)

    def cell_text(self, prompt: str, objects: Sequence[int]) -> Text | None:
        """Return a cell's prompt with the pictures that it sees."""
        return self._read(prompt, objects) if objects else None

    def _read(self, prompt: str, objects: Sequence[int]) -> Text:
        """Encode a prompt with pictures, which are shown to the text encoder in the size that it reads."""
        shown = []
        for number in objects:
            width, height = _sides(self.pictures[number], CONDITION_IMAGE_SIZE)
            shown.append(self.pipe.image_processor.resize(self.pictures[number], height, width))
        device, longest = self.pipe._execution_device, self.pipe.family.longest_text
        embeds, _ = self.pipe.encode_prompt(prompt=prompt, image=shown, device=device, max_sequence_length=longest)
        return unpadded(embeds)

    def _tokens(self, picture: Image.Image) -> ReferenceTokens:
        """Encode a picture by the autoencoder, as large as diffusers does, or as the canvas if that is smaller."""
        pipe, images = self.pipe, self.call.num_images_per_prompt
        width, height = _sides(picture, min(VAE_IMAGE_SIZE, self.call.width * self.call.height))
        pixels = pipe.image_processor.preprocess(picture, height, width).unsqueeze(2)
        latents = pipe._encode_vae_image(pixels.to(pipe._execution_device, pipe.vae.dtype), None)
        _, channels, _, rows, columns = latents.shape
        packed = pipe._pack_latents(latents.to(pipe.transformer.dtype), 1, channels, rows, columns)
        return ReferenceTokens(packed.repeat(images, 1, 1), (1, rows // 2, columns // 2))


class QwenImageEdit(QwenImage):
    """The family; noise is drawn by another method, that can also encode pictures."""

    name = QWEN_IMAGE_EDIT.name

    def side_px(self, pipe: Any) -> int:
        """Return the side of a square of diffusers' own area."""
        return EDIT_SIDE_PX

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
        packed, _ = pipe.prepare_latents(
            None,
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


class RegionalQwenImageEditPlusPipeline(RegionalPipeline, QwenImageEditPlusPipeline):  # type: ignore[misc]
    """diffusers' `QwenImageEditPlusPipeline` for plans: same parts, loaders, LoRA and offloading, another call."""

    family: ClassVar[Family] = QwenImageEdit()

    def _check_conditions(self, call: Call) -> None:
        """Raise `RenderError` for LoRAs of single objects, and for a picture that is not there or too long."""
        for number, item in enumerate(call.plan.objects):
            if others := [
                name for name, value in vars(item).items() if value and name not in (*PAINTED_ANYWAY, "image")
            ]:
                raise RenderError(f"object {number} has {others[0]!r}, and {self.family.name} has no adapters for that")
            if item.image is None:
                continue
            if item.image.kind != "native":
                raise RenderError(
                    f"object {number} has a picture of kind {item.image.kind!r}, and {self.family.name} reads its own: "
                    "'native'"
                )
            if number not in (call.image_embeds or {}):
                raise RenderError(
                    f"object {number} has a picture, {item.image.path!r}, but image_embeds has none for it; give "
                    "generator.NativePicture, or let generate() or the command line do it"
                )

    @contextmanager
    def _conditions(self, calls: Sequence[Call]) -> Iterator[Sequence[Conditions]]:
        yield [EditConditions(self, call) for call in calls]


def _sides(picture: Image.Image, area: int) -> tuple[int, int]:
    """Return width and height of a picture with about so many pixels, multiples of 32."""
    width, height = calculate_dimensions(area, picture.width / picture.height)
    return max(width, MULTIPLE_PX), max(height, MULTIPLE_PX)
