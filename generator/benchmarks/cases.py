"""What the benchmark paints: models and plans of chosen sizes, and what they should cost by computation. No torch."""

from __future__ import annotations

import math
from dataclasses import dataclass

from generator.families.profiles.model_size import ModelSize
from generator.regions.geometry import TOKEN_PX
from planner.plan import Box, Cell, ObjectBox, Plan, Row

CELLS = (1, 2, 4, 8, 16)
STRENGTHS = (0.0, 0.5, 1.0)
BINDINGS = (0, 2)


@dataclass(frozen=True)
class Config:
    """A model's and a picture's size, FLUX.1's kind of model.

    side_px: of a square picture; text_tokens: of every prompt. own: the size of another family's model.
    """

    double_blocks: int
    single_blocks: int
    heads: int
    head_channels: int
    axes: tuple[int, int, int]
    side_px: int
    text_tokens: int
    steps: int
    text_channels: int = 64
    pooled_channels: int = 32
    own: ModelSize | None = None

    @property
    def image_tokens(self) -> int:
        """How many tokens the picture has."""
        return (self.side_px // TOKEN_PX) ** 2

    @property
    def size(self) -> ModelSize:
        """The model's size, for counting operations."""
        if self.own is not None:
            return self.own
        return ModelSize(self.double_blocks, self.single_blocks, self.heads * self.head_channels, self.text_tokens, {})


CONFIGS = {
    "tiny": Config(
        double_blocks=1, single_blocks=2, heads=2, head_channels=16, axes=(4, 6, 6), side_px=128, text_tokens=8, steps=2
    ),
    "small": Config(
        double_blocks=2,
        single_blocks=4,
        heads=8,
        head_channels=64,
        axes=(16, 24, 24),
        side_px=512,
        text_tokens=128,
        steps=4,
    ),
    "flux-dev": Config(
        double_blocks=19,
        single_blocks=38,
        heads=24,
        head_channels=128,
        axes=(16, 56, 56),
        side_px=1024,
        text_tokens=512,
        steps=20,
        text_channels=4096,
        pooled_channels=768,
    ),
}


@dataclass(frozen=True)
class Case:
    """One line of the table: K cells, strength δ, binding steps."""

    cells: int
    strength: float
    binding_steps: int


def plan_of(cells: int) -> Plan:
    """Return a plan of that many cells of one size, each with an object that fills three quarters of its sides."""
    columns = 2 ** math.ceil(math.log2(cells) / 2)
    rows = cells // columns
    width, height = 1 / columns, 1 / rows
    grid = [(x, y) for y in range(rows) for x in range(columns)]
    return Plan(
        "the picture",
        tuple(Row(1, tuple(Cell(1, f"cell {x} {y}") for x in range(columns))) for y in range(rows)),
        tuple(ObjectBox(f"object {x} {y}", Box(x * width, y * height, 0.75 * width, 0.75 * height)) for x, y in grid),
    )


def floor(config: Config, case: Case) -> float:
    """Return the operations that a case needs, in multiples of the stock picture's."""
    size, image, text = config.size, config.image_tokens, config.text_tokens
    stock = size.plain_flops(image, text)
    cells = [image // case.cells] * case.cells
    own = size.region_flops(cells, text, text, mixed=case.strength < 1) if case.strength else stock
    columns = 2 ** math.ceil(math.log2(case.cells) / 2)
    side = config.side_px // TOKEN_PX
    box = int(0.75 * side / columns) * int(0.75 * side * columns / case.cells)
    return own / stock + case.binding_steps / config.steps * case.cells * size.plain_flops(box, text) / stock


def naive(config: Config, case: Case) -> float:
    """Return the same for the release's way; its box passes are the same."""
    size, image, text = config.size, config.image_tokens, config.text_tokens
    bound = floor(config, case) - floor(config, Case(case.cells, case.strength, 0))
    return size.naive_flops(case.cells, image, text) / size.plain_flops(image, text) + bound
