"""Reference pictures of every kind, and all kinds in one plan, with LoRAs, repainting and every way of offloading.

What is offloaded here cannot be used by chance: single layers lie on the meta device, groups on the disk, and both come
back only for the time of their own call. A whole model that is offloaded to the CPU stays usable: no test on a CPU sees
whether it came back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import cpu_offload
from adapters import FOUR_EMBEDS, four_objects, instantx_weights, load_xlabs, pulid_weights
from painting import PLAN, close, noise, paint
from test_load_options import lora_file

from generator.adapters.lora_files import add_loras
from generator.options import LoraFile
from generator.pipeline import RegionalFluxPipeline
from generator.regions.repaint import Repaint
from planner.errors import RenderError
from planner.plan import Box, Plan

FOUR = four_objects(PLAN)
MASK = Box(0.5, 0.25, 0.5, 0.5)
REPAINT = Repaint("a red dog and a ball", "a ball", ("a red dog on grass", "a ball", "grass"), 1, seed=4, mask=MASK)
OUTSIDE = [token for token in range(16) if token not in (6, 7, 10, 11)]
SHOWN = {"redux": (1,), "instantx": (2,), "xlabs": (2,), "pulid": (3,), "mixed": (1, 2, 3), "mixed, xlabs": (1, 2, 3)}
STEPS: dict[str, Any] = {"num_inference_steps": 2, "hard_binding_steps": 1, "refinement_strength": 0.5}
CPU = torch.device("cpu")

Offload = Callable[[RegionalFluxPipeline, Path], Any]
OFFLOADS: dict[str, Offload] = {
    "model": lambda pipe, _: pipe.enable_model_cpu_offload(device=CPU),
    "leaf": lambda pipe, folder: in_groups(pipe, folder, offload_type="leaf_level"),
    "block": lambda pipe, folder: in_groups(pipe, folder, offload_type="block_level", num_blocks_per_group=1),
    "sequential": lambda pipe, _: cpu_offload(pipe.transformer, CPU),
}


def in_groups(pipe: RegionalFluxPipeline, folder: Path, **how: Any) -> None:
    pipe.transformer.enable_group_offload(CPU, CPU, offload_to_disk_path=str(folder / "groups"), **how)


class Case:
    """A plan of a text object and one with a picture, or all kinds; the adapters, and what these made of pictures."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        numbers = (0, *SHOWN[kind])
        self.plan = replace(FOUR, objects=tuple(FOUR.objects[number] for number in numbers))
        self.embeds = {place: FOUR_EMBEDS[number] for place, number in enumerate(numbers) if number}

    def load(self, pipe: RegionalFluxPipeline) -> None:
        if self.kind in ("instantx", "mixed"):
            pipe.load_instantx_ip_adapter(instantx_weights())
        if "xlabs" in self.kind:
            load_xlabs(pipe)
        if self.kind == "pulid" or self.kind.startswith("mixed"):
            pipe.load_pulid(pulid_weights(), head_channels=8)

    def paint(self, pipe: RegionalFluxPipeline, plan: Plan | None = None) -> torch.Tensor:
        return paint(pipe, plan or self.plan, image_embeds=self.embeds, **STEPS)

    def repaint(self, pipe: RegionalFluxPipeline, plan: Plan | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        given = {**STEPS, "generator": noise(), "output_type": "latent", "image_embeds": self.embeds}
        output = pipe.repaint(plan or self.plan, REPAINT, **given)
        return output.images, output.repainted

    def with_loras(self, folder: Path) -> Plan:
        """The plan with a LoRA for each of its objects."""
        objects = [
            replace(item, lora=(str(lora_file(folder / f"{number}.safetensors", number)),))
            for number, item in enumerate(self.plan.objects)
        ]
        return replace(self.plan, objects=tuple(objects))


@pytest.fixture(params=SHOWN)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


@pytest.fixture
def adapted(pipe: RegionalFluxPipeline, case: Case) -> RegionalFluxPipeline:
    case.load(pipe)
    return pipe


def test_a_lora_of_the_model(adapted: RegionalFluxPipeline, case: Case, tmp_path: Path) -> None:
    plain = case.paint(adapted)
    add_loras(adapted, [LoraFile(str(lora_file(tmp_path / "a.safetensors", 1)))])
    with_lora = case.paint(adapted)
    assert with_lora.isfinite().all()
    assert not close(with_lora, plain)
    adapted.unload_lora_weights()
    assert close(case.paint(adapted), plain)


def test_loras_of_the_objects(adapted: RegionalFluxPipeline, case: Case, tmp_path: Path) -> None:
    plain, plan = case.paint(adapted), case.with_loras(tmp_path)
    with_loras = case.paint(adapted, plan)
    assert not close(with_loras, plain)
    assert close(case.paint(adapted, plan), with_loras)
    assert close(case.paint(adapted), plain)


@pytest.mark.parametrize("loras", [False, True], ids=["", "loras"])
def test_repainting(adapted: RegionalFluxPipeline, case: Case, tmp_path: Path, loras: bool) -> None:
    plan = case.with_loras(tmp_path) if loras else case.plan
    before, after = case.repaint(adapted, plan)
    assert close(before, case.paint(adapted, plan))
    assert torch.equal(before[:, OUTSIDE], after[:, OUTSIDE])
    assert not close(after, before)


@pytest.mark.parametrize("offload", OFFLOADS)
@pytest.mark.parametrize("lora", [False, True], ids=["plain", "lora"])
def test_offloading(adapted: RegionalFluxPipeline, case: Case, tmp_path: Path, offload: str, lora: bool) -> None:
    if lora:
        add_loras(adapted, [LoraFile(str(lora_file(tmp_path / "a.safetensors", 1)))])
    painted_as_before(adapted, case, case.plan, lambda: OFFLOADS[offload](adapted, tmp_path))


@pytest.mark.parametrize(
    "offload",
    [
        lambda pipe: pipe.enable_model_cpu_offload(device=CPU),
        lambda pipe: pipe.transformer.enable_group_offload(CPU, CPU, "leaf_level"),
        lambda pipe: pipe.transformer.enable_group_offload(CPU, CPU, "block_level", num_blocks_per_group=1),
    ],
    ids=["model", "leaf", "block"],
)
def test_offloading_with_loras_of_the_objects(
    adapted: RegionalFluxPipeline, case: Case, tmp_path: Path, offload: Callable[[RegionalFluxPipeline], Any]
) -> None:
    painted_as_before(adapted, case, case.with_loras(tmp_path), lambda: offload(adapted))


def painted_as_before(pipe: RegionalFluxPipeline, case: Case, plan: Plan, offload: Callable[[], Any]) -> None:
    before, after = case.repaint(pipe, plan)
    offload()
    found = case.repaint(pipe, plan)
    assert close(found[0], before)
    assert close(found[1], after)


@pytest.mark.parametrize(
    ("offload", "named"),
    [
        ("sequential", "do not work with enable_sequential_cpu_offload; load the pipeline with offload='sequential'"),
        ("leaf", "do not work with groups that are offloaded to the disk"),
        ("block", "do not work with groups that are offloaded to the disk"),
    ],
)
def test_loras_of_the_objects_cannot_join_every_way_of_offloading(
    pipe: RegionalFluxPipeline, tmp_path: Path, offload: str, named: str
) -> None:
    case = Case("redux")
    OFFLOADS[offload](pipe, tmp_path)
    with pytest.raises(RenderError, match=named):
        case.paint(pipe, case.with_loras(tmp_path))
    assert case.paint(pipe).isfinite().all()
