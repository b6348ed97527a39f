"""diffusers' first-block cache: steps that bind nothing may skip blocks, all others are computed."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from painting import NO_OBJECTS, PLAN, close, noise, paint, paint_stock

from generator.pipeline import RegionalFluxPipeline
from generator.regions.repaint import Repaint
from planner.errors import RenderError
from planner.plan import Box

REPAINT = Repaint(
    "a red dog and a ball", "a ball", ("a red dog on grass", "a ball", "grass"), mask=Box(0.5, 0.25, 0.5, 0.5)
)


def work(pipe: RegionalFluxPipeline, **arguments: Any) -> tuple[torch.Tensor, int]:
    """Paint; also count how often a block that the cache can skip was computed."""
    calls: list[None] = []
    norm = pipe.transformer.transformer_blocks[1].norm1
    handle = norm.register_forward_hook(lambda *_: calls.append(None))
    try:
        return paint(pipe, **{"num_inference_steps": 6, **arguments}), len(calls)
    finally:
        handle.remove()


@pytest.mark.parametrize("strength", [0, 1])
def test_a_threshold_of_nothing_changes_nothing(pipe: RegionalFluxPipeline, strength: float) -> None:
    expected, calls = work(pipe, refinement_strength=strength)
    found, cached_calls = work(pipe, refinement_strength=strength, step_cache=0.0)
    assert close(found, expected)
    assert cached_calls == calls


@pytest.mark.parametrize("strength", [0, 1])
def test_steps_that_bind_are_computed_and_the_rest_skips(pipe: RegionalFluxPipeline, strength: float) -> None:
    free = {"plan": NO_OBJECTS, "refinement_strength": strength}
    expected, calls = work(pipe, **free)
    found, cached_calls = work(pipe, step_cache=1e9, **free)
    assert (calls, cached_calls) == (6, 1)
    assert not close(found, expected)
    bound = {"hard_binding_steps": 2, "refinement_strength": strength}
    assert work(pipe, **bound)[1] == 6 + 2  # the boxes are one batch
    assert work(pipe, step_cache=1e9, **bound)[1] == 2 + 2 + 1  # and the first step after those that bind


def test_repainting_keeps_the_rest(pipe: RegionalFluxPipeline) -> None:
    arguments = {"num_inference_steps": 6, "generator": noise(), "output_type": "latent", "step_cache": 1e9}
    output = pipe.repaint(PLAN, REPAINT, **arguments)
    outside = [token for token in range(16) if token not in (6, 7, 10, 11)]
    assert torch.equal(output.repainted[:, outside], output.images[:, outside])
    assert torch.isfinite(output.repainted).all()


def test_the_model_is_the_stock_one_afterwards(pipe: RegionalFluxPipeline) -> None:
    before = paint_stock(pipe)
    work(pipe, step_cache=1e9)
    assert not pipe.transformer.is_cache_enabled
    assert torch.equal(paint_stock(pipe), before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"step_cache": -1.0}, "step_cache must be a number from 0 up, got -1"),
        ({"step_cache": 0.1, "refinement_strength": 0.5}, "refinement_strength of 0 or 1, got 0.5"),
    ],
)
def test_what_does_not_work(pipe: RegionalFluxPipeline, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(RenderError, match=message):
        paint(pipe, **arguments)


def test_not_with_compiled_blocks(pipe: RegionalFluxPipeline) -> None:
    pipe.transformer.compile_repeated_blocks(backend="eager")
    with pytest.raises(RenderError, match="compiled"):
        paint(pipe, step_cache=0.1)
