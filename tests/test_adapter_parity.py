"""InstantX' IP-Adapter and PuLID against latents recorded from the RAG-Diffusion release, on a tiny random model."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny_flux import PARITY, ParityPipeline, parity_document, parity_pipeline

from generator.adapters.embeds import ImageEmbeds
from planner.plan import Plan

FOLDER = PARITY / "adapters"
DOCUMENT = parity_document(FOLDER)
CASES: dict[str, dict[str, Any]] = DOCUMENT["cases"]
TOLERANCE = 1e-4  # relative L2


@pytest.fixture(scope="module")
def tensors() -> dict[str, torch.Tensor]:
    files = (FOLDER / "weights.safetensors", FOLDER / "latents.safetensors")
    return {name: tensor.float() for file in files for name, tensor in load_file(file).items()}


@pytest.fixture(scope="module")
def pipe(tensors: dict[str, torch.Tensor]) -> ParityPipeline:
    pipe = parity_pipeline(FOLDER)
    pipe.load_instantx_ip_adapter(tensors)
    pipe.load_pulid(tensors, head_channels=DOCUMENT["pulid_head_channels"])
    return pipe


def error(pipe: ParityPipeline, tensors: dict[str, torch.Tensor], name: str, weight: float | None = None) -> float:
    """The relative error; weight: another one for object 0."""
    document: dict[str, Any] = CASES[name]["plan"]
    if weight is not None:
        first, *others = document["objects"]
        document = {**document, "objects": [{**first, "image": {**first["image"], "weight": weight}}, *others]}
    plan = Plan.from_dict(document)
    kinds = [item.image.kind for item in plan.objects if item.image]
    output = pipe(
        plan,
        **CASES[name]["arguments"],
        max_sequence_length=512,
        generator=torch.Generator().manual_seed(DOCUMENT["noise_seed"]),
        image_embeds={number: ImageEmbeds(kind, tensors[f"{name}.{number}"]) for number, kind in enumerate(kinds)},
        output_type="latent",
    )
    expected = tensors[f"{name}.latents"]
    return float((output.images - expected).norm() / expected.norm())


@pytest.mark.parametrize("name", CASES)
def test_picture_equals_release(name: str, pipe: ParityPipeline, tensors: dict[str, torch.Tensor]) -> None:
    assert error(pipe, tensors, name) <= TOLERANCE


@pytest.mark.parametrize("name", ["ip_adapter_two_delta1", "pulid_two_delta01"])
def test_tolerance_tells_another_weight_apart(
    name: str, pipe: ParityPipeline, tensors: dict[str, torch.Tensor]
) -> None:
    assert error(pipe, tensors, name, weight=0.5) > 5 * TOLERANCE
