"""The packed computation equals the algorithm written plainly (naive.py), on random plans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import naive_repaint
import numpy as np
import pytest
import torch
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from naive_repaint import Change
from tiny_flux import TEXT_TOKENS, tiny_pipeline

from generator.benchmarks import naive
from generator.pipeline import RegionalFluxPipeline
from generator.regions.geometry import TokenGrid
from generator.regions.repaint import Repaint
from planner.plan import Box, Cell, ObjectBox, Plan, Row

PROMPTS = st.sampled_from(["a red dog", "a blue cat", "a ball on grass", "the dog"])
SIZES = st.sampled_from([32, 48, 64, 80, 112])
STRENGTHS = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
ON_RANDOM_PLANS = settings(
    max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate]
)  # no shrinking: with a model in the loop it takes minutes, and the plans are small
OWN_STEPS = st.sampled_from([None, None, 0, 1, 2, 3])
OWN_STRENGTHS = st.none() | STRENGTHS
SHARES = st.sampled_from([1.0, 1.5, 0.7, 2.0])


@st.composite
def boxes(draw: st.DrawFn, width: int, height: int) -> Box:
    """A box of at least one token within the canvas, at sizes and places that are not whole tokens."""
    columns, rows = width // 16, height // 16
    box_columns, box_rows = draw(st.integers(1, columns)), draw(st.integers(1, rows))
    x, y = draw(st.integers(0, columns - box_columns)), draw(st.integers(0, rows - box_rows))
    return Box((x + 0.01) / columns, (y + 0.01) / rows, (box_columns + 0.01) / columns, (box_rows + 0.01) / rows)


@st.composite
def plans(draw: st.DrawFn, width: int, height: int) -> Plan:
    """One to three rows of one or two cells, up to three objects, with overlaps and equal prompts.

    Half of them have objects with binding steps and cells with strengths of their own, and steps that do not refine.
    """
    newer = draw(st.booleans())
    own, own_steps = (OWN_STRENGTHS, OWN_STEPS) if newer else (st.none(), st.none())
    rows = draw(
        st.lists(
            st.builds(Row, SHARES, st.lists(st.builds(Cell, SHARES, PROMPTS, own), min_size=1, max_size=2).map(tuple)),
            min_size=1,
            max_size=3,
        )
    )
    objects = draw(st.lists(st.builds(ObjectBox, PROMPTS, boxes(width, height), st.none(), own_steps), max_size=3))
    steps = draw(st.sampled_from([None, (0, 2), (1, 2), (1, 3), (2, 3)])) if newer else None
    plan = Plan(draw(PROMPTS), tuple(rows), tuple(objects), refinement_steps=steps)
    assume(all(tokens for _, tokens in naive.cell_tokens(plan, width // 16, height // 16)))
    return plan


@pytest.fixture(scope="module", params=[True, False], ids=["guidance", "no guidance"])
def pipe(request: pytest.FixtureRequest) -> RegionalFluxPipeline:
    return tiny_pipeline(guidance_embeds=request.param)


def encoder(pipe: RegionalFluxPipeline) -> Callable[[str], naive.Prompt]:
    def encode(prompt: str) -> naive.Prompt:
        with torch.no_grad():
            embeds, pooled, _ = pipe.encode_prompt(prompt, max_sequence_length=TEXT_TOKENS)
        return embeds, pooled

    return encode


def arguments(call: naive.PlainSettings) -> dict[str, Any]:
    return {
        "height": call.height,
        "width": call.width,
        "num_inference_steps": call.steps,
        "guidance_scale": call.guidance_scale,
        "hard_binding_steps": call.binding_steps,
        "refinement_strength": call.strength,
        "generator": torch.Generator().manual_seed(call.seed),
        "output_type": "latent",
    }


def same(actual: torch.Tensor, expected: torch.Tensor) -> bool:
    return bool((actual - expected).norm() <= 1e-5 * expected.norm())


@ON_RANDOM_PLANS
@given(data=st.data(), width=SIZES, height=SIZES, strength=STRENGTHS, binding=st.sampled_from([None, 0, 1, 2, 3]))
def test_packed_equals_naive(
    pipe: RegionalFluxPipeline, data: st.DataObject, width: int, height: int, strength: float, binding: int | None
) -> None:
    plan = data.draw(plans(width, height))
    call = naive.PlainSettings(
        height, width, binding_steps=binding, strength=strength, seed=data.draw(st.integers(0, 99))
    )
    assert same(pipe(plan, **arguments(call)).images, naive.paint(pipe, plan, call, encoder(pipe)))


@ON_RANDOM_PLANS
@given(data=st.data(), width=SIZES, height=SIZES, strength=STRENGTHS, binding=st.sampled_from([None, 0, 1, 2, 3]))
def test_repainting_equals_naive(
    pipe: RegionalFluxPipeline, data: st.DataObject, width: int, height: int, strength: float, binding: int | None
) -> None:
    plan = data.draw(plans(width, height))
    call = naive.PlainSettings(
        height, width, binding_steps=binding, strength=strength, seed=data.draw(st.integers(0, 99))
    )
    grid = TokenGrid.from_pixels(width, height)
    change = Change(
        tokens=sorted(data.draw(st.sets(st.integers(0, grid.count - 1), min_size=1))),
        prompt=data.draw(PROMPTS),
        object_prompt=data.draw(PROMPTS),
        cell_prompts=[data.draw(PROMPTS) for _ in plan.cells],
        binding_steps=data.draw(st.integers(0, 2)),
        seed=data.draw(st.integers(0, 99)),
        single_stream=data.draw(st.booleans()),
    )
    expected = naive_repaint.repaint(pipe, plan, change, call, encoder(pipe))
    names = ("prompt", "object_prompt", "cell_prompts", "seed", "single_stream")
    given = {name: getattr(change, name) for name in names}
    mask = mask_of(change.tokens, grid)
    repaint = Repaint(hard_binding_steps=change.binding_steps, mask=mask, **given)
    output = pipe.repaint(plan, repaint, **arguments(call))
    assert same(output.images, expected[0])
    assert same(output.repainted, expected[1])


def mask_of(tokens: list[int], grid: TokenGrid) -> np.ndarray[Any, Any]:
    """A mask of four times the picture's size, with room around the middle of each token for growing by 10 pixels."""
    black = np.isin(np.arange(grid.count), tokens).reshape(grid.height, grid.width)
    middle = np.pad(np.ones((24, 24), dtype=bool), 20)
    return np.where(np.kron(black, middle), 0, 255).astype(np.uint8)
