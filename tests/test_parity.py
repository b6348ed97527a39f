"""The generator against latents recorded from the RAG-Diffusion release, on a tiny random model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny_flux import PARITY, ParityPipeline, parity_document, parity_pipeline

from generator.regions.repaint import Repaint
from planner.plan import Plan

DOCUMENT = parity_document()
CASES: dict[str, dict[str, Any]] = DOCUMENT["cases"]
TOLERANCE = 1e-4  # relative L2; a wrong δ is 5e-3 off, missing hard binding 1e-1


@pytest.fixture(scope="module")
def pipe() -> ParityPipeline:
    return parity_pipeline()


@pytest.fixture(scope="module")
def recorded() -> dict[str, torch.Tensor]:
    return load_file(PARITY / "latents.safetensors")


def relative_error(actual: torch.Tensor, expected: torch.Tensor) -> float:
    return float((actual - expected).norm() / expected.norm())


def arguments_of(case: dict[str, Any], **changed: Any) -> dict[str, Any]:
    noise = torch.Generator().manual_seed(DOCUMENT["noise_seed"])
    fixed = {"generator": noise, "max_sequence_length": 512, "output_type": "latent"}
    return {**case["arguments"], **fixed, **changed}


def paint(pipe: ParityPipeline, case: dict[str, Any], **changed: Any) -> torch.Tensor:
    latents: torch.Tensor = pipe(Plan.from_dict(case["plan"]), **arguments_of(case, **changed)).images
    return latents


def repaint(pipe: ParityPipeline, case: dict[str, Any], **changed: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the original's and the new picture's latents. A mask is a rectangle in pixels, both ends included."""
    left, top, right, bottom = case["mask"]
    mask = np.full((case["arguments"]["height"], case["arguments"]["width"]), 255, dtype=np.uint8)
    mask[top : bottom + 1, left : right + 1] = 0
    changes = Repaint(**{**case["repaint"], **changed}, mask=mask)
    output = pipe.repaint(Plan.from_dict(case["plan"]), changes, **arguments_of(case))
    return output.images, output.repainted


@pytest.mark.parametrize("name", CASES)
def test_picture_equals_release(name: str, pipe: ParityPipeline, recorded: dict[str, torch.Tensor]) -> None:
    assert relative_error(paint(pipe, CASES[name]), recorded[f"{name}.latents"]) <= TOLERANCE


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "repaint" in case])
def test_repainted_picture_equals_release(name: str, pipe: ParityPipeline, recorded: dict[str, torch.Tensor]) -> None:
    original, new = repaint(pipe, CASES[name])
    assert relative_error(original, recorded[f"{name}.latents"]) <= TOLERANCE
    assert relative_error(new, recorded[f"{name}.repaint_latents"]) <= TOLERANCE


def test_tolerance_tells_wrong_settings_apart(pipe: ParityPipeline, recorded: dict[str, torch.Tensor]) -> None:
    case, expected = CASES["cols_delta05"], recorded["cols_delta05.latents"]
    assert relative_error(paint(pipe, case, refinement_strength=0.75), expected) > 10 * TOLERANCE
    assert relative_error(paint(pipe, case, hard_binding_steps=1), expected) > 10 * TOLERANCE
    assert relative_error(paint(pipe, case, hard_binding_steps=0), expected) > 10 * TOLERANCE
    for name in ("repaint", "repaint_single"):
        case, expected = CASES[name], recorded[f"{name}.repaint_latents"]
        other = not case["repaint"]["single_stream"]
        assert relative_error(repaint(pipe, case, single_stream=other)[1], expected) > 2 * TOLERANCE
        assert relative_error(repaint(pipe, case, seed=1)[1], expected) > 10 * TOLERANCE
