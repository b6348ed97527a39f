"""From a request to canvases: prompts are encoded, each once, and noise is drawn, in the order that seeds rely on.

First what the VAE draws for a control image, where there is one, and the pictures' noise, then that of the boxes in the
plan's order, all from the request's generators. The object of a repainted picture has noise from its own generator.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.flux.pipeline_flux import calculate_shift, retrieve_timesteps

from generator.adapters.control import prepare_control
from generator.adapters.prompts import ImagePrompts
from generator.regions.call import BoundBox, Call
from generator.regions.denoise import Canvas, Text
from generator.regions.geometry import TOKEN_PX, TokenRect
from generator.regions.masking import Repaint
from generator.regions.packing import Regions, TextStream
from generator.regions.repainting import Region, Repainting


class Preparation:
    """The canvases of one plan of a call of a pipeline. Call `schedule` first: canvases copy the scheduler.

    batch: the requests of all plans that are painted together, which share `texts`.
    """

    def __init__(
        self,
        pipe: Any,
        request: Call,
        batch: Sequence[Call] = (),
        texts: dict[tuple[str, int], Text] | None = None,
    ) -> None:
        self.pipe = pipe
        self.request = request
        self.batch = batch
        self.texts: dict[tuple[str, int], Text] = {} if texts is None else texts
        self.images = ImagePrompts(pipe, request)

    def schedule(self) -> torch.Tensor:
        """Set the scheduler's timesteps, shifted for the picture's size, and return them."""
        scheduler, steps = self.pipe.scheduler, self.request.num_inference_steps
        sigmas = None if scheduler.config.get("use_flow_sigmas") else np.linspace(1.0, 1 / steps, steps)
        mu = calculate_shift(
            self.request.grid.count,
            scheduler.config.get("base_image_seq_len", 256),
            scheduler.config.get("max_image_seq_len", 4096),
            scheduler.config.get("base_shift", 0.5),
            scheduler.config.get("max_shift", 1.15),
        )
        timesteps: torch.Tensor
        timesteps, _ = retrieve_timesteps(scheduler, steps, self.pipe._execution_device, sigmas=sigmas, mu=mu)
        scheduler.set_begin_index(0)  # spares a look at the device
        return timesteps

    def picture(self) -> Canvas:
        """Draw the pictures' noise, where it is not given, and return their canvas."""
        request = self.request
        control = prepare_control(self.pipe, request)
        whole = TokenRect(0, 0, request.grid.width, request.grid.height)
        text = self.text(request.plan.prompt, request.max_sequence_length)
        canvas = self.canvas(whole, text, latents=request.latents)
        canvas.scheduler = self.pipe.scheduler
        canvas.control = control
        canvas.regions = self.regions([cell.prompt for cell in request.plan.cells], self.images.owners)
        canvas.influence = self.images.on_picture()
        return canvas

    def boxes(self) -> list[tuple[BoundBox, Canvas]]:
        """Draw the noise of every box, in the plan's order, and return the boxes with their canvases."""
        request, boxes = self.request, []
        for box in request.boxes:
            item = request.plan.objects[box.number]
            text = self.images.redux(box.number) or self.text(item.prompt, request.region_max_sequence_length)
            canvas = self.canvas(box.rect, text)
            canvas.influence, canvas.lora = self.images.alone(box.number), item.lora
            boxes.append((box, canvas))
        return boxes

    def repainting(self, repaint: Repaint, original: Canvas) -> Repainting:
        """Draw the new object's noise and return the new picture, with the plan's cells and its own prompts."""
        request, generators = self.request, self.request.generators
        region = Region(repaint.tokens(request.grid), request.grid)
        given = generators[0] if isinstance(generators, list) else generators
        own = torch.Generator(given.device if given is not None else "cpu").manual_seed(repaint.seed)
        text = self.text(repaint.object_prompt, request.region_max_sequence_length)
        noise = self.noise(region.rect, text.embeds.dtype, 1, own)[0].repeat(request.num_images_per_prompt, 1, 1)
        new_text = self.text(repaint.prompt, request.max_sequence_length).repeat(request.num_images_per_prompt)
        regions = self.regions(repaint.cell_prompts)
        canvas = Canvas(original.latents, original.position_ids, new_text, None, regions, original.control)
        return Repainting(repaint, region, canvas, self.canvas(region.rect, text, latents=noise))

    def text(self, prompt: str, tokens: int) -> Text:
        """Encode a prompt to `tokens` T5 tokens, unless it was encoded before."""
        if (prompt, tokens) not in self.texts:
            embeds, pooled, ids = self.pipe.encode_prompt(
                prompt=prompt,
                prompt_2=None,
                device=self.pipe._execution_device,
                num_images_per_prompt=1,
                max_sequence_length=tokens,
                lora_scale=(self.request.joint_attention_kwargs or {}).get("scale"),
            )
            self.texts[prompt, tokens] = Text(embeds, pooled, ids)
        return self.texts[prompt, tokens]

    def regions(self, prompts: Sequence[str], owners: Mapping[int, int] | None = None) -> Regions | None:
        """Return the plan's cells with these prompts; None where none is refined.

        owners: object → cell that sees its reference picture. Cells with the same prompt, δ and LoRAs that see the same
        are one, if they have the same prompt in the other plans of the batch, too.
        """
        request = self.request
        if not request.cells:
            return None
        cells: dict[tuple[Any, ...], list[int]] = {}
        others = zip(*([cell.prompt for cell in other.plan.cells] for other in self.batch or [request]), strict=True)
        parts = zip(prompts, request.strengths, request.cell_loras, others, request.cells, strict=True)
        for number, (*alike, rect) in enumerate(parts):
            seen = tuple(index for index, owner in (owners or {}).items() if owner == number)
            cells.setdefault((seen, *alike), []).extend(rect.tokens(request.grid))
        images, length = request.num_images_per_prompt, request.region_max_sequence_length
        return Regions(
            [
                TextStream(self.text(prompt, length).repeat(images).embeds, tokens, strength, seen, lora)
                for (seen, prompt, strength, lora, _), tokens in cells.items()
            ]
        )

    def canvas(self, rect: TokenRect, text: Text, *, latents: torch.Tensor | None = None) -> Canvas:
        """Return a canvas of a rectangle's size, its positions counted from (0, 0), with latents given or drawn."""
        images = self.request.num_images_per_prompt
        packed, position_ids = self.noise(rect, text.embeds.dtype, images, self.request.generators, latents)
        return Canvas(packed, position_ids, text.repeat(images), copy.deepcopy(self.pipe.scheduler))

    def noise(
        self,
        rect: TokenRect,
        dtype: torch.dtype,
        images: int,
        generators: torch.Generator | list[torch.Generator] | None,
        latents: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return packed noise (images, tokens, channels) and position ids (tokens, 3) for a rectangle's size."""
        packed: torch.Tensor
        packed, ids = self.pipe.prepare_latents(
            images,
            self.pipe.transformer.config.in_channels // 4,
            rect.height * TOKEN_PX,
            rect.width * TOKEN_PX,
            dtype,
            self.pipe._execution_device,
            generators,
            latents,
        )
        return packed, ids
