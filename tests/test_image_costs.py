"""What reference pictures cost: the computed figures, and that the benchmark measures every adapter."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from adapters import pictured

from generator.benchmarks.adapters import main
from generator.costs.adapters import with_adapters
from generator.costs.estimate import Estimate, estimate
from generator.families.detecting import size_of
from generator.families.profiles.model_size import ModelSize
from generator.settings import RenderSettings
from planner.plan import Box, Cell, ObjectBox, Plan, Row

PLAN = Plan(
    "a man and a cat", (Row(1, (Cell(1, "a man"), Cell(1, "a cat"))),), (ObjectBox("a man", Box(0, 0, 0.5, 1)),)
)
IMAGE, CHANNELS = 4096, 3072


def cost(kind: str | None = None, **changes: object) -> Estimate:
    settings = RenderSettings(model="flux", steps=10, **changes)  # type: ignore[arg-type]
    return estimate(pictured(PLAN, {0: kind} if kind else {}), settings)


@pytest.mark.parametrize(("kind", "billions"), [("redux", 0), ("ip_adapter", 1.434), ("pulid", 0.419)])
def test_weights_of_the_published_adapters(kind: str, billions: float) -> None:
    size = size_of("black-forest-labs/FLUX.1-dev")
    added = with_adapters(size, pictured(PLAN, {0: kind})).parameters["transformer"] - size.parameters["transformer"]
    assert added / 1e9 == pytest.approx(billions, abs=0.001)
    assert cost(kind).weights_bytes - cost().weights_bytes == pytest.approx(2 * added)


def test_redux_costs_in_the_objects_own_passes_only() -> None:
    size = ModelSize()
    longer = size.plain_flops(IMAGE // 2, 512 + 729) - size.plain_flops(IMAGE // 2, 512)
    assert cost("redux").flops - cost().flops == pytest.approx(2 * longer)
    assert cost("redux", hard_binding_steps=None).flops == cost(hard_binding_steps=None).flops


@pytest.mark.parametrize(("strength", "tokens"), [(0.0, IMAGE // 2), (0.5, IMAGE), (1.0, IMAGE // 2)])
def test_an_ip_adapter_is_seen_by_box_and_cell(strength: float, tokens: int) -> None:
    settings = {"refinement_strength": strength, "hard_binding_steps": None}
    added = (cost("ip_adapter", **settings).flops - cost(**settings).flops) / 10
    projections = 57 * 2 * 2 * 128 * 4096 * CHANNELS
    assert added == pytest.approx(projections + 2 * 2 * CHANNELS * 128 * (57 * tokens + 38 * 512))


def test_a_face_needs_a_second_image_stream_at_full_strength() -> None:
    added = [
        cost("pulid", refinement_strength=strength).flops - cost(refinement_strength=strength).flops
        for strength in (0.5, 1.0)
    ]
    assert added[1] - added[0] == pytest.approx(10 * 38 * 24 * CHANNELS**2 * IMAGE)
    settings = {"refinement_strength": 1.0}
    assert [cost(kind, **settings).streams for kind in (None, "redux", "pulid")] == [(2, 1), (2, 1), (2, 2)]
    assert cost("pulid", **settings).activations_bytes > cost(**settings).activations_bytes
    assert cost("pulid", refinement_strength=0.0).streams == (1, 1)


def test_a_cells_own_strength_brings_the_second_image_stream_already() -> None:
    cells = (replace(PLAN.rows[0].cells[0], refinement_strength=0.5), PLAN.rows[0].cells[1])
    plan = replace(PLAN, rows=(Row(1, cells),))
    added = [
        estimate(pictured(plan, {0: "pulid"}), settings).flops - estimate(plan, settings).flops
        for settings in (RenderSettings(model="flux", steps=10, refinement_strength=strength) for strength in (0.5, 1))
    ]
    assert added[0] == pytest.approx(added[1])


def test_every_adapter_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--config", "tiny", "--pairs", "1", "--cells", "2", "--strengths", "1", "--json"])
    costs = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [cost["adapter"] for cost in costs] == ["redux", "instantx", "pulid"]
    assert all(cost["share"] < 1 and cost["seconds_with"] > 0 for cost in costs)


@pytest.mark.parametrize("guided", [False, True])
def test_a_native_picture_costs_tokens_in_the_objects_passes_and_in_its_cell(guided: bool) -> None:
    model, size = "Qwen/Qwen-Image-Edit-2509", size_of("Qwen/Qwen-Image-Edit-2509")
    given = {"width": 1024, "height": 1024, "guidance_scale": 4.0 if guided else 1.0}

    def added(**changes: object) -> float:
        settings = RenderSettings(model=model, steps=10, **given, **changes)  # type: ignore[arg-type]
        return estimate(pictured(PLAN, {0: "native"}, 1), settings).flops - estimate(PLAN, settings).flops

    box = size.plain_flops(IMAGE // 2 + IMAGE, 512) - size.plain_flops(IMAGE // 2, 512)
    assert added(refinement_strength=0.0) == pytest.approx(2 * (1 + guided) * box)
    tokens = 60 * 24 * CHANNELS**2 * IMAGE
    attended = (512 + IMAGE // 2 + IMAGE) * (512 + 2 * IMAGE) - (512 + IMAGE // 2) * (512 + IMAGE)
    assert added(hard_binding_steps=None) == pytest.approx(10 * (tokens + 60 * 4 * CHANNELS * attended))
