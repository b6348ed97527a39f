"""Qwen-Image 2.1, whose texts see no image and whose tokens go by four, held against the plain algorithm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from painting import BASE, PLAN, noise
from plain_painting import paint_plainly
from plain_qwen import QWEN_IMAGE21
from test_every_family import plans
from tiny_qwen import tiny_qwen_image21
from torch import Tensor

from generator import Repaint
from generator.families.qwen_image21 import RegionalQwenImage21Pipeline
from generator.painting.loading import load_pipeline
from generator.regions.geometry import TokenGrid, TokenRect
from planner.errors import RenderError
from planner.plan import Box, Plan

GRID = TokenGrid(6, 4, 32)
SIZE: dict[str, Any] = {"width": 192, "height": 128, "num_inference_steps": 3, "output_type": "latent"}


@pytest.fixture(scope="module")
def pipe() -> Any:
    made = RegionalQwenImage21Pipeline(**tiny_qwen_image21().components)
    made.set_progress_bar_config(disable=True)
    return made


def painted(pipe: Any, plan: Any, **options: Any) -> Tensor:
    latents: Tensor = pipe(plan, **{**SIZE, "generator": noise(), "guidance_scale": 1.0, **options}).images
    return latents


@settings(
    max_examples=8, deadline=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck)
)
@given(
    plan=plans(), strength=st.sampled_from([0.0, 0.3, 1.0]), binding=st.integers(0, 2), scale=st.sampled_from([1, 3])
)
def test_it_paints_as_the_plain_algorithm(pipe: Any, plan: Plan, strength: float, binding: int, scale: float) -> None:
    found = painted(pipe, plan, refinement_strength=strength, hard_binding_steps=binding, guidance_scale=scale)
    options = {"strength": strength, "binding": binding, "guidance": float(scale), "generator": noise()}
    wanted = paint_plainly(QWEN_IMAGE21, pipe, plan, GRID, **options)
    assert (found - wanted).norm() <= 1e-4 * wanted.norm()


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_without_regions_it_is_the_stock_pipeline_but_for_the_order_of_tokens(pipe: Any, scale: float) -> None:
    stock = tiny_qwen_image21()
    own = {"true_cfg_scale": scale, "use_kv_cache": False} | ({"negative_prompt": " "} if scale > 1 else {})
    wanted = stock(prompt=BASE, generator=noise(), **SIZE, **own).images
    wanted = stock._unpack_latents(wanted, 128, 192, 16)[:, :, 0]
    for plan in (Plan(BASE, ()), Plan(BASE, PLAN.rows)):
        found = painted(pipe, plan, refinement_strength=0, hard_binding_steps=None, guidance_scale=scale)
        assert (pipe.family.unpack(pipe, found, GRID) - wanted).norm() <= 1e-5 * wanted.norm()


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_repaints_keep_what_is_outside(pipe: Any, strength: float) -> None:
    repaint = Repaint("a ball", "a ball", ("a", "b", "c"), 1, seed=4, mask=Box(1 / 3, 0.25, 0.5, 0.5))
    output = pipe.repaint(PLAN, [repaint, repaint], generator=noise(), refinement_strength=strength, **SIZE)
    inside = TokenRect(2, 1, 3, 2).tokens(TokenGrid(6, 4))
    outside = [token for token in range(24) if token not in inside]
    assert torch.equal(output.repainted[:, outside], output.images[:, outside])
    assert not torch.allclose(output.repainted[:, inside], output.images[:, inside], rtol=0.1)


def test_pictures_come_out_and_the_transformer_is_stock_again(pipe: Any) -> None:
    before = {name: type(each) for name, each in pipe.transformer.attn_processors.items()}
    [image] = pipe(PLAN, **{**SIZE, "output_type": "pil"}, refinement_strength=0.5).images
    assert (image.size, image.mode) == ((192, 128), "RGB")
    assert {name: type(each) for name, each in pipe.transformer.attn_processors.items()} == before
    assert not pipe.transformer.pos_embed.__dict__.get("_diffusers_hook")


def test_what_it_cannot_paint_is_refused(pipe: Any) -> None:
    with pytest.raises(RenderError, match="width must be a positive multiple of 32 pixels, got 176"):
        painted(pipe, PLAN, width=176)
    with pytest.raises(RenderError, match="need equally many tokens"):
        painted(pipe, [PLAN, Plan("an old house by the sea", PLAN.rows)], generator=[noise(1), noise(2)])


def test_noise_levels_come_with_the_checkpoint(pipe: Any) -> None:
    own = RegionalQwenImage21Pipeline(**pipe.components, sample_sigmas=[1.0, 0.4, 0.2])
    own.set_progress_bar_config(disable=True)
    given = painted(pipe, PLAN, sigmas=[1.0, 0.4, 0.2])
    assert torch.equal(painted(own, PLAN), given)
    assert not torch.equal(painted(pipe, PLAN), given)


def test_a_folder_is_painted_with_as_its_parts_are(pipe: Any, tmp_path: Path) -> None:
    pipe.save_pretrained(tmp_path)
    loaded = load_pipeline(tmp_path, device="cpu")
    loaded.set_progress_bar_config(disable=True)
    assert type(loaded) is RegionalQwenImage21Pipeline
    one, other = (painted(each, PLAN, refinement_strength=0.5) for each in (pipe, loaded))
    assert (one - other).norm() <= 1e-5 * one.norm()
