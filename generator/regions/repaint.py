"""A repaint: what is painted anew, and as what; a recipe holds a list of them. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from generator.options import check_integer
from generator.regions.call import Call
from generator.regions.geometry import TokenGrid
from generator.regions.masking import Mask, TokenMask, mask_tokens, tokens_box
from planner.errors import RenderError
from planner.plan import Box, ObjectBox, Plan, document


@dataclass(frozen=True)
class Repaint:
    """What a masked region is painted anew as.

    prompt: of the whole new picture.
    object_prompt: of what the region shows; empty: what the cells' prompts say of it, no object of its own.
    cell_prompts: of the new picture's cells, as many as the plan has; none are needed without soft refinement.
    hard_binding_steps: in how many first steps the object is painted alone, 0 to all but one.
    seed: of the object's own noise.
    single_stream: keep the rest in the single-stream blocks too; without effect at δ = 1.
    mask: what is painted anew: a box in fractions of the canvas; or the black (0..128) of a PIL image or of an array
        (height, width[, channels]) of uint8 or bool, which grows by 10 pixels (most inpainting tools have it the other
        way round); or tokens that were marked before.
    number: the object of the plan that the new one replaces; as many as there are: none, it is one more; None: the one
        whose box the mask is.
    blend: keep the pixels outside the region, too, which the decoder changes a little next to it.
    """

    prompt: str
    object_prompt: str
    cell_prompts: Sequence[str] = ()
    hard_binding_steps: int = 2
    seed: int = 0
    single_stream: bool = False
    mask: Mask = field(kw_only=True)
    number: int | None = field(default=None, kw_only=True)
    blend: bool = field(default=True, kw_only=True)

    def check(self, call: Call) -> None:
        """Raise `RenderError` for what does not fit the original's call."""
        check_integer("repaint.hard_binding_steps", self.hard_binding_steps, 0, call.num_inference_steps - 1)
        check_integer("repaint.seed", self.seed, 0, 2**64 - 1)
        self.tokens(call.grid)
        if call.cells and len(self.cell_prompts) != len(call.cells):
            raise RenderError(
                f"repaint.cell_prompts must be {len(call.cells)}, one for each of the plan's cells, "
                f"got {len(self.cell_prompts)}"
            )

    def tokens(self, grid: TokenGrid) -> list[int]:
        """Return what is painted anew, in tokens. Raises `RenderError` as `mask_tokens`."""
        return mask_tokens(self.mask, grid)

    def on(self, grid: TokenGrid) -> Repaint:
        """Return the repaint with a mask that a recipe can hold. Raises `RenderError` as `mask_tokens`."""
        tokens = self.tokens(grid)
        return self if isinstance(self.mask, Box | TokenMask) else replace(self, mask=TokenMask(tuple(tokens), grid))

    @property
    def region(self) -> Box:
        """The smallest box around what is painted anew. Raises `RenderError` for a mask that is still a picture."""
        if isinstance(self.mask, TokenMask):
            return tokens_box(self.mask)
        if not isinstance(self.mask, Box):
            raise RenderError(f"a recipe's mask is a Box or a TokenMask, got {type(self.mask).__name__}")
        return self.mask

    def applied(self, plan: Plan) -> Plan:
        """Return the plan of the new picture: with the new prompts, and the new object in the place of the old one.

        What the old object had of its own (picture, weights, steps) is gone, as the new one is painted without it.
        """
        cells = iter(self.cell_prompts)
        rows = tuple(
            replace(row, cells=tuple(replace(cell, prompt=next(cells, cell.prompt)) for cell in row.cells))
            for row in plan.rows
        )
        objects, region = list(plan.objects), self.region
        boxes = [item.box for item in objects]
        number = boxes.index(region) if self.number is None and region in boxes else self.number
        if number is not None and number < len(objects):
            objects[number] = ObjectBox(self.object_prompt, boxes[number])
        elif self.object_prompt:
            objects.append(ObjectBox(self.object_prompt, region))
        return replace(plan, prompt=self.prompt, rows=rows, objects=tuple(objects), notes=())

    def to_dict(self) -> dict[str, Any]:
        """Return the repaint as plain JSON values; a mask's tokens are ranges [first, one past the last].

        Raises `RenderError` for a mask that is a picture: `on` makes tokens of it.
        """
        mask = {"tokens": self.mask.to_dict()} if isinstance(self.mask, TokenMask) else {"box": self.region.to_dict()}
        values = {**vars(self), "cell_prompts": list(self.cell_prompts), "mask": mask}
        number = values.pop("number")
        return values if number is None else {**values, "object": number}

    @classmethod
    def from_dict(cls, values: object, canvas: TokenGrid | None = None) -> Repaint:
        """Read what `to_dict` wrote. canvas: as in `TokenMask.from_dict`. Raises `RagplanError` for anything else."""
        texts, numbers = ("prompt", "object_prompt"), ("hard_binding_steps", "seed", "object")
        switches = ("single_stream", "blend")
        optional = ("cell_prompts", *switches, *numbers)
        known = document.fields(values, "repaint", required=(*texts, "mask"), optional=optional)
        given: dict[str, Any] = {name: document.text(known[name], f"repaint.{name}") for name in texts}
        for name in (name for name in numbers if name in known):
            field_name = "number" if name == "object" else name
            given[field_name] = document.integer(known[name], f"repaint.{name}", minimum=0)
        for name in switches:
            given[name] = known.get(name, False)  # pictures from before blending were not blended
            if not isinstance(given[name], bool):
                document.wrong(f"repaint.{name}", "true or false", given[name])
        cells = document.each(known.get("cell_prompts", ()), "repaint.cell_prompts")
        prompts = tuple(document.text(*cell) for cell in cells)
        return cls(cell_prompts=prompts, mask=_read_mask(known["mask"], canvas), **given)


def _read_mask(value: object, canvas: TokenGrid | None) -> Box | TokenMask:
    known = document.fields(value, "repaint.mask", required=(), optional=("box", "tokens"))
    if len(known) != 1:
        document.wrong("repaint.mask", "a box or tokens", dict(known))
    if "tokens" in known:
        return TokenMask.from_dict(known["tokens"], canvas)
    return Box(**document.fields(known["box"], "repaint.mask.box", required=("x", "y", "width", "height")))
