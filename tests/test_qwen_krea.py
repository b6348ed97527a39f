"""Qwen-Image and Krea 2: prompts of different lengths in one batch; the rest is in test_every_family.py."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from painting import CELLS, DOG, PLAN, noise
from plain_painting import TEXT_TOKENS, PlainFamily
from plain_qwen import KREA2, QWEN_IMAGE
from tiny_qwen import tiny_krea2, tiny_qwen_image
from torch import Tensor

from generator.painting.loading import load_pipeline
from planner.plan import Cell, Plan, Row


@dataclass(frozen=True)
class Case:
    """A family under test: its plain form, and its checkpoint as a user has it."""

    plain: PlainFamily
    folder: Path
    pipe: Any


@pytest.fixture(scope="module", params=["qwen_image", "krea2"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp(request.param)
    made = {"qwen_image": tiny_qwen_image, "krea2": tiny_krea2}[request.param]()
    made.save_pretrained(folder)
    pipe = load_pipeline(folder)
    pipe.set_progress_bar_config(disable=True)
    return Case({"qwen_image": QWEN_IMAGE, "krea2": KREA2}[request.param], folder, pipe)


def painted(case: Case, plan: Plan | list[Plan], **options: Any) -> Tensor:
    given = {"num_inference_steps": 3, "output_type": "latent", "generator": noise(), "height": 64, "width": 64}
    given |= {"guidance_scale": case.plain.unguided, "max_sequence_length": TEXT_TOKENS}
    latents: Tensor = case.pipe(plan, **{**given, **options}).images
    return latents


def same(one: Tensor, other: Tensor, relative: float = 1e-4) -> bool:
    return bool((one - other).norm() <= relative * other.norm())


@pytest.mark.parametrize("strength", [0, 0.5, 1])
def test_prompts_of_different_lengths_are_painted_as_one_batch(case: Case, strength: float) -> None:
    """Padding is attended to by nobody: each picture is that of a call of its own."""
    other = Plan("an old house", (*CELLS[:1], Row(1, (Cell(1, "an old house by the sea"),))), (DOG,))
    given = {"refinement_strength": strength, "guidance_scale": case.plain.unguided + 2}
    both = painted(case, [PLAN, other], generator=[noise(1), noise(2)], **given)
    singles = [painted(case, plan, generator=noise(seed), **given) for plan, seed in ((PLAN, 1), (other, 2))]
    assert same(both, torch.cat(singles))
