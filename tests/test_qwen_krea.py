"""Qwen-Image and Krea 2 from their own folders, held against the plain algorithm and their stock pipelines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from painting import CELLS, DOG, PLAN, noise
from plain_painting import TEXT_TOKENS, PlainFamily
from plain_qwen import KREA2, QWEN_IMAGE
from safetensors.torch import save_file
from tiny_qwen import tiny_krea2, tiny_qwen_image
from torch import Tensor

from generator import Repaint
from generator.painting.loading import load_pipeline
from planner.plan import Box, Cell, Plan, Row


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


# Ways to load


def everything(pipe: Any, **options: Any) -> Tensor:
    """A picture with hard binding and soft refinement, and the same one repainted."""
    repaint = Repaint("grass", "grass", ("a", "b", "c"), 1, mask=Box(0.5, 0.25, 0.5, 0.5))
    given: dict[str, Any] = {"num_inference_steps": 3, "height": 64, "width": 64, "max_sequence_length": TEXT_TOKENS}
    given |= {"refinement_strength": 0.5, "guidance_scale": 3.0, "output_type": "latent", "generator": noise()}
    pipe.set_progress_bar_config(disable=True)
    output = pipe.repaint(PLAN, repaint, **{**given, **options})
    return torch.cat([output.images, output.repainted])


def lora_file(path: Path, transformer: Any) -> Path:
    """A LoRA of rank 2 for the queries of each block."""
    generator, weights = noise(5), {}
    for number, block in enumerate(transformer.transformer_blocks):
        out, own = block.attn.to_q.weight.shape
        name = f"transformer.transformer_blocks.{number}.attn.to_q"
        weights[f"{name}.lora_A.weight"] = torch.randn(2, own, generator=generator)
        weights[f"{name}.lora_B.weight"] = torch.randn(out, 2, generator=generator)
    save_file(weights, path)
    return path


def test_a_lora_acts_as_much_as_its_scale_says(case: Case, tmp_path: Path) -> None:
    file = lora_file(tmp_path / "a.safetensors", case.pipe.transformer)
    plain, loaded = everything(case.pipe), load_pipeline(case.folder, device="cpu", lora=str(file))
    full = everything(loaded)
    assert not same(full, plain)
    assert same(everything(loaded, joint_attention_kwargs={"scale": 0.0}), plain, 1e-5)
    half = everything(load_pipeline(case.folder, device="cpu", lora=f"{file}:0.5"))
    assert not same(half, full)
    assert same(everything(loaded, joint_attention_kwargs={"scale": 0.5}), half, 1e-5)


@pytest.mark.parametrize("offload", ["model", "group", "sequential"])
def test_offloading_changes_no_picture(case: Case, offload: str) -> None:
    loaded = load_pipeline(case.folder, device="cpu", offload=offload)
    expected = everything(case.pipe)
    assert same(everything(loaded), expected, 1e-5)
    assert same(everything(loaded), expected, 1e-5)


def test_quantised_weights(case: Case) -> None:
    pytest.importorskip("torchao", reason="quantised weights need the extra ragplan[quantize]")
    loaded = load_pipeline(case.folder, device="cpu", quantize="int8")
    assert type(loaded.transformer.transformer_blocks[0].attn.to_q.weight).__module__.startswith("torchao")
    expected, found = everything(case.pipe), everything(loaded)
    assert 0 < (found - expected).norm() / expected.norm() < 0.3


def test_compiled_blocks_paint_the_same(case: Case) -> None:
    loaded = load_pipeline(case.folder, device="cpu", compile="eager")
    loaded.set_progress_bar_config(disable=True)
    try:
        compiled = painted(replace(case, pipe=loaded), PLAN, refinement_strength=0.5)
    finally:
        torch._dynamo.reset()
    assert same(compiled, painted(case, PLAN, refinement_strength=0.5), 1e-5)
