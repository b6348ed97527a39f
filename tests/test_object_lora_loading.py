"""LoRAs of single objects together with all that changes how a model is loaded, and with objects that have pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from adapters import embeds, load_adapters, pictured
from painting import BASE, CAT, CELLS, DOG, PLAN, alike, close, noise, paint
from test_load_options import REPAINT, load
from test_object_lora import with_lora
from tiny_adapters import lora_file

from generator.cli import main
from generator.painting.loading import _place
from generator.pipeline import RegionalFluxPipeline
from planner.plan import Plan


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Two objects with a LoRA each."""
    loras = [str(lora_file(tmp_path / f"{seed}.safetensors", seed)) for seed in (1, 2)]
    return with_lora(PLAN, (loras[0],), (f"{loras[1]}:0.5",))


@pytest.fixture
def folder(pipe: RegionalFluxPipeline, tmp_path: Path) -> Path:
    pipe.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def everything(pipe: RegionalFluxPipeline, plan: Plan) -> torch.Tensor:
    """A picture with hard binding and soft refinement, and the same one repainted."""
    arguments: dict[str, Any] = {"num_inference_steps": 3, "refinement_strength": 0.5, "output_type": "latent"}
    output = pipe.repaint(plan, REPAINT, generator=noise(), **arguments)
    return torch.cat([output.images, output.repainted])


def apart(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).norm() / other.norm())


@pytest.mark.parametrize("offload", ["model", "group", "sequential"])
def test_offloading(pipe: RegionalFluxPipeline, folder: Path, plan: Plan, offload: str) -> None:
    plain, expected = everything(pipe, PLAN), everything(pipe, plan)
    assert not close(expected, plain)
    loaded = load(folder, offload=offload)
    for _ in range(2):
        assert close(everything(loaded, plan), expected)
        assert close(everything(loaded, PLAN), plain)


@pytest.mark.parametrize(("name", "error"), [("int8", 0.1), ("fp8", 0.3)])
def test_quantised_weights(pipe: RegionalFluxPipeline, folder: Path, plan: Plan, name: str, error: float) -> None:
    pytest.importorskip("torchao", reason="quantised weights need the extra ragplan[quantize]")
    loaded = load(folder, quantize=name)
    plain, expected = everything(loaded, PLAN), everything(pipe, plan)
    found = everything(loaded, plan)
    assert apart(found, expected) < error < apart(found, plain)
    assert torch.equal(everything(loaded, PLAN), plain)
    weight = loaded.transformer.transformer_blocks[0].attn.to_q.weight
    assert type(weight).__module__.startswith("torchao")


@pytest.mark.parametrize("offload", [None, "model", "group", "sequential"])
@pytest.mark.parametrize("kind", ["redux", "ip_adapter", "pulid"])
def test_reference_pictures(
    pipe: RegionalFluxPipeline, folder: Path, plan: Plan, kind: str, offload: str | None
) -> None:
    """The cat has a LoRA, the dog a picture: what either does to its own object is what it does alone."""
    painter = load(folder)
    load_adapters(painter)
    _place(painter, torch.device("cpu"), offload)
    given: dict[str, Any] = {"image_embeds": {0: embeds(kind, 1)}, "refinement_strength": 0.5, "hard_binding_steps": 3}
    lora = plan.objects[1].lora
    seen = pictured(Plan(BASE, CELLS, (DOG, CAT)), {0: kind})
    both = replace(seen, objects=(seen.objects[0], replace(seen.objects[1], lora=lora)))
    picture_only, found = paint(painter, seen, **given), paint(painter, both, **given)
    dog, cat = [0, 1, 4, 5, 8, 9], [6, 7, 10, 11, 14, 15]
    assert close(found[:, dog], picture_only[:, dog])
    assert not close(found[:, cat], picture_only[:, cat])
    alone = paint(pipe, with_lora(PLAN, (), lora), refinement_strength=0.5, hard_binding_steps=3)
    assert close(found[:, cat], alone[:, cat])
    assert close(paint(painter, seen, **given), picture_only)


@pytest.mark.parametrize("kind", ["redux", "ip_adapter", "pulid"])
def test_reference_pictures_with_quantised_weights(folder: Path, plan: Plan, kind: str) -> None:
    pytest.importorskip("torchao", reason="quantised weights need the extra ragplan[quantize]")
    seen = pictured(Plan(BASE, CELLS, (DOG, CAT)), {0: kind})
    both = replace(seen, objects=(seen.objects[0], replace(seen.objects[1], lora=plan.objects[1].lora)))
    given: dict[str, Any] = {"image_embeds": {0: embeds(kind, 1)}, "refinement_strength": 0.5, "hard_binding_steps": 3}
    found = []
    for quantize in (None, "int8"):
        painter = load(folder, quantize=quantize)
        load_adapters(painter)
        found.append([paint(painter, each, **given) for each in (seen, both)])
    (exact_seen, exact), (rough_seen, rough) = found
    assert apart(rough, exact) < 0.1 < min(apart(exact_seen, exact), apart(rough_seen, exact))


def test_a_picture_with_offloading_and_an_objects_lora(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the command line, the LoRA beside the plan, which is somewhere else."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plans").mkdir()
    lora_file(tmp_path / "plans" / "yarn.safetensors", 1)
    for name, loras in (("plain", ((), ())), ("yarn", (("yarn.safetensors:0.7",), ()))):
        with_lora(PLAN, *loras).save("plan.json")
        text = Path("plan.json").read_text().replace(str(tmp_path / "yarn"), "yarn")
        Path("plans", f"{name}.json").write_text(text)
        command = ["generate", f"plans/{name}.json", "--model", "model", "--steps", "2", "--seed", "1", "--quiet"]
        assert main([*command, "--offload", "group", "-o", f"{name}.png"]) == 0
    assert main(["generate", "yarn.png", "--quiet", "-o", "again.png"]) == 0
    assert not alike("plain.png", "yarn.png")
    assert alike("yarn.png", "again.png")
