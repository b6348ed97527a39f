"""The benchmark at its tiniest: what it measures, and what it computes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from generator.benchmarks import cache as benchmark_cache
from generator.benchmarks import regions
from generator.benchmarks.cases import CONFIGS, Case, floor, naive, plan_of
from generator.benchmarks.subjects import SUBJECTS
from generator.regions.call import Call
from planner.checks import check_plan

FLUX = CONFIGS["flux-dev"]


def test_every_case_is_measured_against_the_stock_pipeline() -> None:
    command = [sys.executable, "-m", "generator.benchmarks.regions", "--config", "tiny", "--pairs", "2", "--json"]
    done = subprocess.run([*command, "--cells", "1", "4"], capture_output=True, text=True, check=True)
    results = [json.loads(line) for line in done.stdout.splitlines()]
    cases = [(r["case"]["cells"], r["case"]["strength"], r["case"]["binding_steps"]) for r in results]
    assert cases == [(cells, strength, steps) for cells in (1, 4) for strength in (0, 0.5, 1) for steps in (0, 2)]
    for result in results:
        assert result["pairs"] == 2
        assert min(result["seconds"], result["stock_seconds"], result["ratio"], result["peak_gib"]) > 0


@pytest.mark.parametrize("family", list(SUBJECTS))
def test_every_family_is_measured_against_its_own_stock_pipeline(family: str) -> None:
    [found] = regions.run(CONFIGS["tiny"], [Case(2, 0.5, 1)], 1, family=family)
    assert min(found.ratio, found.peak_gib) > 0
    assert found.floor > floor(CONFIGS["tiny"], Case(2, 0, 0)) == 1


def test_the_table() -> None:
    command = [
        sys.executable,
        "-m",
        "generator.benchmarks.regions",
        "--config",
        "tiny",
        "--pairs",
        "1",
        "--threads",
        "1",
    ]
    options = ["--cells", "2", "--strengths", "1", "--binding", "0"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    first, _, header, _, row = done.stdout.splitlines()
    assert "64 image and 8 text tokens, 2 steps" in first
    assert "median of 1 pairs" in first
    assert header.count("|") == row.count("|")
    assert row.startswith("| 2 | 1 | 0 | ")


def test_the_naive_way_is_measured_too() -> None:
    command = [
        sys.executable,
        "-m",
        "generator.benchmarks.regions",
        "--config",
        "tiny",
        "--pairs",
        "1",
        "--json",
        "--naive",
    ]
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [*command, "--steps", "2", "--cells", "4", "--strengths", "1"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert [json.loads(line)["naive_ratio"] > 1 for line in done.stdout.splitlines()] == [True, True]


@pytest.mark.parametrize(("cells", "packed", "release"), [(2, 1.11, 2.68), (4, 1.33, 4.37), (8, 1.78, 7.74)])
def test_computed_costs_at_full_size(cells: int, packed: float, release: float) -> None:
    assert floor(FLUX, Case(cells, 1.0, 0)) == pytest.approx(packed, abs=0.01)
    assert naive(FLUX, Case(cells, 1.0, 0)) == pytest.approx(release, abs=0.02)
    assert floor(FLUX, Case(cells, 0.0, 0)) == 1
    assert floor(FLUX, Case(cells, 1.0, 2)) > floor(FLUX, Case(cells, 1.0, 0))


@pytest.mark.parametrize("cells", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("config", list(CONFIGS))
def test_plans(cells: int, config: str) -> None:
    plan, size = plan_of(cells), CONFIGS[config]
    assert len(plan.cells) == len(plan.objects) == cells
    request = Call(plan, size.side_px, size.side_px, size.text_tokens, size.text_tokens, size.steps)
    assert {rect.count for rect in request.cells} == {size.image_tokens // cells}
    assert len({(box.rect.width, box.rect.height) for box in request.boxes}) in (1, 2)
    assert not [c for c in check_plan(plan, width=1024, height=1024) if c.severity == "error"]


def test_the_step_cache_is_measured_against_no_cache(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plan_of(2).save(tmp_path / "plan.json")
    options = ["--seeds", "1", "--side", "64", "--steps", "4", "--binding", "1", "--thresholds", "0", "1000"]
    assert benchmark_cache.main([str(tmp_path / "plan.json"), *options]) == 0
    _, _, nothing, everything = capsys.readouterr().out.splitlines()
    assert nothing.startswith("| 0 | ")
    assert nothing.endswith(" 0.000 |")
    assert everything.startswith("| 1000 | ")
    assert not everything.endswith(" 0.000 |")
