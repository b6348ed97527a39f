"""The generator against latents recorded from the RAG-Diffusion release, on a tiny random model."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny_flux import PARITY, ParityPipeline, parity_document, parity_pipeline

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


def paint(pipe: ParityPipeline, case: dict[str, Any], **changed: Any) -> torch.Tensor:
    arguments = {**case["arguments"], **changed}
    noise = torch.Generator().manual_seed(DOCUMENT["noise_seed"])
    latents: torch.Tensor = pipe(
        Plan.from_dict(case["plan"]), **arguments, generator=noise, max_sequence_length=512, output_type="latent"
    ).images
    return latents


@pytest.mark.parametrize("name", CASES)
def test_original_equals_release(name: str, pipe: ParityPipeline, recorded: dict[str, torch.Tensor]) -> None:
    assert relative_error(paint(pipe, CASES[name]), recorded[f"{name}.latents"]) <= TOLERANCE


def test_tolerance_tells_wrong_settings_apart(pipe: ParityPipeline, recorded: dict[str, torch.Tensor]) -> None:
    case, expected = CASES["cols_delta05"], recorded["cols_delta05.latents"]
    assert relative_error(paint(pipe, case, refinement_strength=0.75), expected) > 10 * TOLERANCE
    assert relative_error(paint(pipe, case, hard_binding_steps=1), expected) > 10 * TOLERANCE
    assert relative_error(paint(pipe, case, hard_binding_steps=0), expected) > 10 * TOLERANCE
