"""A transformer whose blocks are compiled: the same pictures, and no compilation for every block or call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from painting import NO_OBJECTS, PLAN, close, paint
from torch._dynamo.utils import counters

from generator.pipeline import RegionalFluxPipeline
from generator.regions.repaint import Repaint
from planner.plan import Box

REPAINT = Repaint(
    "a red dog and a ball", "a ball", ("a red dog on grass", "a ball", "grass"), mask=Box(0.5, 0.25, 0.5, 0.5)
)


@pytest.fixture
def compiled(pipe: RegionalFluxPipeline) -> Iterator[RegionalFluxPipeline]:
    torch._dynamo.reset()
    counters.clear()
    pipe.transformer.compile_repeated_blocks(fullgraph=True, backend="eager")
    yield pipe
    torch._dynamo.reset()


def graphs() -> int:
    return counters["stats"]["unique_graphs"]


@pytest.mark.parametrize("strength", [0, 0.5, 1])
def test_pictures_are_the_same_and_nothing_is_compiled_twice(compiled: RegionalFluxPipeline, strength: float) -> None:
    from tiny_flux import tiny_pipeline

    plain = tiny_pipeline(guidance_embeds=True)
    seen = []
    for plan in (NO_OBJECTS, PLAN, PLAN):
        expected = paint(plain, plan, refinement_strength=strength)
        assert close(paint(compiled, plan, refinement_strength=strength), expected)
        seen.append(graphs())
    assert seen[0] >= 2  # both kinds of block
    assert seen[0] == seen[1] == seen[2]


def test_repainting(compiled: RegionalFluxPipeline, pipe: RegionalFluxPipeline) -> None:
    from tiny_flux import tiny_pipeline

    for model in (compiled, tiny_pipeline(guidance_embeds=True)):
        output = model.repaint(
            PLAN,
            REPAINT,
            num_inference_steps=3,
            generator=torch.Generator().manual_seed(0),
            output_type="latent",
        )
        if model is compiled:
            seen = output.repainted
    assert close(seen, output.repainted)
