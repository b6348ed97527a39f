"""Qwen-Image-Edit (2509, 2511): a Qwen-Image that reads reference pictures itself.

A picture is read twice, as diffusers' pipeline does it: by the text encoder, as a part of the prompt, and by the
autoencoder, as image tokens beside those that are denoised.

The first Qwen-Image-Edit (`QwenImageEditPipeline`) has a picture in every prompt's frame, the base's and each cell's
too; plans cannot be painted with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from diffusers import QwenImageEditPlusPipeline
from diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus import (
    CONDITION_IMAGE_SIZE,
    VAE_IMAGE_SIZE,
    calculate_dimensions,
)
from PIL import Image

from generator.families.native_pictures import NativeConditions, NativePipeline, ReferenceTokens
from generator.families.profiles.qwen_image import EDIT_SIDE_PX, QWEN_IMAGE_EDIT
from generator.families.qwen_image import QwenImage, unpadded
from generator.regions.family import Family, Noise
from generator.regions.text import Text

MULTIPLE_PX = 32  # of a reference picture's sides


class EditConditions(NativeConditions):
    """The `Conditions` of one plan's call: its objects' pictures, read by the autoencoder and the text encoder."""

    def negative(self, number: int) -> Text | None:
        """Return the negative prompt with the object's picture."""
        against = self.pipe.family.negative(self.pipe, self.call)
        return None if against is None else self._read(against, (number,)).repeat(self.call.num_images_per_prompt)

    def text(self, number: int) -> Text | None:
        """Return an object's prompt with its picture."""
        return self._read(self.call.plan.objects[number].prompt, (number,)) if number in self.pictures else None

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

    def noise(self, pipe: Any, wanted: Noise) -> tuple[torch.Tensor, None]:
        """Return noise; positions come from the canvas' size."""
        channels, device = pipe.transformer.config.in_channels // 4, pipe._execution_device
        return pipe.prepare_latents(None, *wanted.arguments(channels, device))[0], None


class RegionalQwenImageEditPlusPipeline(NativePipeline, QwenImageEditPlusPipeline):  # type: ignore[misc]
    """diffusers' `QwenImageEditPlusPipeline` for plans: same parts, loaders, LoRA and offloading, another call."""

    family: ClassVar[Family] = QwenImageEdit()
    conditions: ClassVar[type[NativeConditions]] = EditConditions


def _sides(picture: Image.Image, area: int) -> tuple[int, int]:
    """Return width and height of a picture with about so many pixels, multiples of 32."""
    width, height = calculate_dimensions(area, picture.width / picture.height)
    return max(width, MULTIPLE_PX), max(height, MULTIPLE_PX)
