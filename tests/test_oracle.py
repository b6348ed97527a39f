"""The packed computation equals the algorithm written plainly (naive.py), on random plans."""

from __future__ import annotations

from typing import Any

import naive
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tiny_flux import TEXT_TOKENS, tiny_pipeline

from generator.pipeline import RegionalFluxPipeline
from planner.plan import Box, Cell, ObjectBox, Plan, Row

PROMPTS = st.sampled_from(["a red dog", "a blue cat", "a ball on grass", "the dog"])
SIZES = st.sampled_from([32, 48, 64, 80, 112])
STRENGTHS = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
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
    """One to three rows of one or two cells, up to three objects, with overlaps and equal prompts."""
    rows = draw(
        st.lists(
            st.builds(Row, SHARES, st.lists(st.builds(Cell, SHARES, PROMPTS), min_size=1, max_size=2).map(tuple)),
            min_size=1,
            max_size=3,
        )
    )
    objects = draw(st.lists(st.builds(ObjectBox, PROMPTS, boxes(width, height)), max_size=3))
    plan = Plan(draw(PROMPTS), tuple(rows), tuple(objects))
    assume(all(tokens for _, tokens in naive.cell_tokens(plan, width // 16, height // 16)))
    return plan


@pytest.fixture(scope="module", params=[True, False], ids=["guidance", "no guidance"])
def pipe(request: pytest.FixtureRequest) -> RegionalFluxPipeline:
    return tiny_pipeline(guidance_embeds=request.param)


def naive_latents(pipe: RegionalFluxPipeline, plan: Plan, call: naive.Settings) -> torch.Tensor:
    def encode(prompt: str) -> naive.Prompt:
        with torch.no_grad():
            embeds, pooled, _ = pipe.encode_prompt(prompt, max_sequence_length=TEXT_TOKENS)
        return embeds, pooled

    return naive.paint(pipe, plan, call, encode)


def packed_latents(pipe: RegionalFluxPipeline, plan: Plan, call: naive.Settings, **changed: Any) -> torch.Tensor:
    latents: torch.Tensor = pipe(
        plan,
        height=call.height,
        width=call.width,
        num_inference_steps=call.steps,
        guidance_scale=call.guidance_scale,
        hard_binding_steps=call.binding_steps,
        refinement_strength=call.strength,
        generator=torch.Generator().manual_seed(call.seed),
        output_type="latent",
        **changed,
    ).images
    return latents


@settings(max_examples=25, deadline=None)
@given(data=st.data(), width=SIZES, height=SIZES, strength=STRENGTHS, binding=st.sampled_from([None, 0, 1, 2, 3]))
def test_packed_equals_naive(
    pipe: RegionalFluxPipeline, data: st.DataObject, width: int, height: int, strength: float, binding: int | None
) -> None:
    plan = data.draw(plans(width, height))
    call = naive.Settings(height, width, binding_steps=binding, strength=strength, seed=data.draw(st.integers(0, 99)))
    expected = naive_latents(pipe, plan, call)
    actual = packed_latents(pipe, plan, call)
    assert (actual - expected).norm() <= 1e-5 * expected.norm()
