"""What a region is painted anew as, and how a picture's recipe remembers it. No torch at run time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from generator.ranges import check_integer
from generator.regions.call import Request
from generator.regions.masking import TokenMask
from planner.errors import RenderError
from planner.plan import Box, document


@dataclass(frozen=True)
class Repaint:
    """What a masked region is painted anew as.

    prompt: of the whole new picture. object_prompt: of what the region shows. cell_prompts: of the new picture's
    cells, as many as the plan has; none are needed without soft refinement. hard_binding_steps: in how many first
    steps the object is painted alone, 0 to all but one. seed: of the object's own noise.
    single_stream: keep the rest in the single-stream blocks too; without effect at δ = 1.
    """

    prompt: str
    object_prompt: str
    cell_prompts: Sequence[str] = ()
    hard_binding_steps: int = 2
    seed: int = 0
    single_stream: bool = False

    def check(self, request: Request) -> None:
        """Raise `RenderError` for what does not fit the original's request."""
        check_integer("repaint.hard_binding_steps", self.hard_binding_steps, 0, request.num_inference_steps - 1)
        check_integer("repaint.seed", self.seed, 0, 2**64 - 1)
        if request.cells and len(self.cell_prompts) != len(request.cells):
            raise RenderError(
                f"repaint.cell_prompts must be {len(request.cells)}, one for each of the plan's cells, "
                f"got {len(self.cell_prompts)}"
            )


@dataclass(frozen=True)
class RepaintRecipe:
    """A repaint and its mask: what, beside plan and settings, makes a repainted picture again."""

    repaint: Repaint
    mask: Box | TokenMask

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as plain JSON values; a mask's tokens are ranges [first, one past the last]."""
        mask = {"box": self.mask.to_dict()} if isinstance(self.mask, Box) else {"tokens": self.mask.to_dict()}
        return {**asdict(self.repaint), "cell_prompts": list(self.repaint.cell_prompts), "mask": mask}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RepaintRecipe:
        """Read what `to_dict` wrote. Raises `RagplanError` or `TypeError` for anything else."""
        rest = {**values}
        mask = document.fields(rest.pop("mask", None), "mask", required=(), optional=("box", "tokens"))
        repaint = Repaint(**{**rest, "cell_prompts": tuple(rest.get("cell_prompts", ()))})
        if "box" in mask:
            return cls(repaint, Box(**mask["box"]))
        return cls(repaint, TokenMask.from_dict(mask.get("tokens")))
