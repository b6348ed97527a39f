"""From a call to canvases: prompts are encoded, each once, and noise is drawn, in the order that seeds rely on.

First what a condition draws, such as the VAE for a picture to follow, and the pictures' noise, then that of the boxes
in the plan's order, all from the call's generators. The object of a repainted picture has noise from its own generator.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Protocol

import torch

from generator.regions.call import BoundBox, Call
from generator.regions.effect import Effect
from generator.regions.family import Family, Noise
from generator.regions.geometry import TokenGrid, TokenRect
from generator.regions.packing import Regions, TextStream
from generator.regions.passes import Canvas, Pass
from generator.regions.repaint import Repaint
from generator.regions.repaint_chain import Region, Repainting
from generator.regions.text import Text
from planner.errors import RenderError

Effects = tuple[Effect[Pass], ...]


class Conditions(Protocol):
    """What a plan's call brings along besides prompts: the effects of its canvases."""

    def on_picture(self) -> Effects:
        """Return what acts on the picture; called before its noise is drawn, from the same generators."""
        ...

    def on_box(self, number: int) -> Effects:
        """Return what acts on object `number` while it is painted alone."""
        ...

    def text(self, number: int) -> Text | None:
        """Return what stands in for the prompt of object `number` there; None: the prompt itself."""
        ...

    def seen_by(self, cell: int) -> tuple[int, ...]:
        """Return the objects whose pictures a cell sees; cells that see others are refined apart."""
        ...

    def cell_text(self, prompt: str, objects: Sequence[int]) -> Text | None:
        """Return what stands in for the prompt of a cell that sees these objects' pictures; None: the prompt itself."""
        ...


class NoConditions:
    """A plan that is nothing but prompts, boxes and cells."""

    def on_picture(self) -> Effects:
        """Return nothing."""
        return ()

    def on_box(self, number: int) -> Effects:
        """Return nothing."""
        return ()

    def text(self, number: int) -> Text | None:
        """Return nothing."""
        return None

    def seen_by(self, cell: int) -> tuple[int, ...]:
        """Return nothing."""
        return ()

    def cell_text(self, prompt: str, objects: Sequence[int]) -> Text | None:
        """Return nothing."""
        return None


class Preparation:
    """The canvases of one plan of a call of a pipeline. Call `schedule` first: canvases copy the scheduler.

    family: of the pipeline's model. batch: the calls of all plans that are painted together, which share `texts`.
    conditions: what the plan's call brings along besides prompts.
    """

    def __init__(
        self,
        pipe: Any,
        family: Family,
        call: Call,
        conditions: Conditions | None = None,
        batch: Sequence[Call] = (),
        texts: dict[tuple[str, int], Text] | None = None,
    ) -> None:
        self.pipe = pipe
        self.family = family
        self.call = call
        self.batch = batch or [call]
        self.texts: dict[tuple[str, int], Text] = {} if texts is None else texts
        self.conditions = conditions or NoConditions()

    def schedule(self) -> torch.Tensor:
        """Set the scheduler's timesteps and return them."""
        timesteps = self.family.timesteps(self.pipe, self.call)
        self.pipe.scheduler.set_begin_index(0)  # spares a look at the device
        return timesteps

    def picture(self) -> Canvas:
        """Draw the pictures' noise, where it is not given, and return their canvas."""
        call, plan = self.call, self.call.plan
        effects = self.conditions.on_picture()
        text = self.text(plan.prompt, call.max_sequence_length)
        canvas = self.canvas(call.grid, text, latents=call.latents)
        canvas.scheduler = self.pipe.scheduler
        seen = [self.conditions.seen_by(cell) for cell in range(len(plan.cells))]
        canvas.regions = self.regions([cell.prompt for cell in plan.cells], seen)
        canvas.effects = effects
        return canvas

    def boxes(self) -> list[tuple[BoundBox, Canvas]]:
        """Draw the noise of every box, in the plan's order, and return the boxes with their canvases."""
        boxes = []
        for box in self.call.boxes:
            prompt = self.call.plan.objects[box.number].prompt
            own = self.conditions.text(box.number)
            canvas = self.canvas(
                _grid(box.rect, self.call.grid), own or self.text(prompt, self.call.region_max_sequence_length)
            )
            canvas.effects = self.conditions.on_box(box.number)
            boxes.append((box, canvas))
        return boxes

    def repainting(self, repaint: Repaint, original: Canvas) -> Repainting:
        """Draw the new object's noise and return the new picture, with the plan's cells and its own prompts."""
        call, generators = self.call, self.call.generators
        images = call.num_images_per_prompt
        region = Region(repaint.tokens(call.grid), call.grid)
        given = generators[0] if isinstance(generators, list) else generators
        own = torch.Generator(given.device if given is not None else "cpu").manual_seed(repaint.seed)
        text = self.text(repaint.object_prompt, call.region_max_sequence_length)
        dtype, small = text.embeds.dtype, _grid(region.rect, call.grid)
        noise = self.family.noise(self.pipe, Noise(small, 1, dtype, own))[0].repeat(images, 1, 1)
        new_text = self.text(repaint.prompt, call.max_sequence_length).repeat(images)
        regions = self.regions(repaint.cell_prompts, [()] * len(repaint.cell_prompts))
        stay = tuple(effect for effect in original.effects if effect.stays)
        canvas = Canvas(original.latents, original.positions, call.grid, new_text, None, regions)
        canvas.negative, canvas.effects = original.negative, stay
        return Repainting(repaint, region, canvas, self.canvas(small, text, latents=noise))

    def text(self, prompt: str, tokens: int) -> Text:
        """Encode a prompt to `tokens` tokens, unless it was encoded before."""
        given = (self.call.texts or {}).get(prompt)
        if given is not None:
            return given
        if (prompt, tokens) not in self.texts:
            self.texts[prompt, tokens] = encoded(self.pipe, self.family, prompt, tokens, self.call)
        return self.texts[prompt, tokens]

    def regions(self, prompts: Sequence[str], seen: Sequence[tuple[int, ...]]) -> Regions | None:
        """Return the plan's cells with these prompts; None where none is refined.

        seen: by cell, the objects whose reference pictures it sees. Cells with the same prompt, δ and marks that see
        the same are one, if they have the same prompt in the other plans of the batch, too.
        """
        call = self.call
        if not call.cells:
            return None
        cells: dict[tuple[Any, ...], list[int]] = {}
        others = zip(*([cell.prompt for cell in other.plan.cells] for other in self.batch), strict=True)
        parts = zip(seen, prompts, call.strengths, call.cell_marks, others, call.cells, strict=True)
        for *alike, rect in parts:
            cells.setdefault(tuple(alike), []).extend(rect.tokens(call.grid))
        images, length = call.num_images_per_prompt, call.region_max_sequence_length
        streams = []
        for (objects, prompt, strength, marks, _), tokens in cells.items():
            text = self.conditions.cell_text(prompt, objects) or self.text(prompt, length)
            streams.append(TextStream(text.repeat(images), tokens, strength, objects, marks))
        return Regions(streams)

    def canvas(self, grid: TokenGrid, text: Text, *, latents: torch.Tensor | None = None) -> Canvas:
        """Return a canvas of a size, its positions counted from (0, 0), with latents given or drawn."""
        call, images = self.call, self.call.num_images_per_prompt
        wanted = Noise(grid, images, text.embeds.dtype, call.generators, latents)
        packed, positions = self.family.noise(self.pipe, wanted)
        negative = self.family.negative(self.pipe, call)
        against = None if negative is None else self.text(negative, call.max_sequence_length).repeat(images)
        return Canvas(
            packed, positions, grid, text.repeat(images), copy.deepcopy(self.pipe.scheduler), negative=against
        )


def encoded(pipe: Any, family: Family, prompt: str, tokens: int, call: Call) -> Text:
    """Encode a prompt. Raises `RenderError` where the pipeline has no text encoder."""
    try:
        return family.encode(pipe, prompt, tokens, call)
    except (AttributeError, TypeError) as error:
        if pipe.text_encoder is not None:
            raise
        raise RenderError(
            f"the pipeline has no text encoder, and texts has nothing for {prompt!r}; encode it before the encoders "
            "are freed: pipe.encode_texts"
        ) from error


def _grid(rect: TokenRect, of: TokenGrid) -> TokenGrid:
    return TokenGrid(rect.width, rect.height, of.token_px)
