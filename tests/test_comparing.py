"""One plan on several models, on one sheet."""

import json
from pathlib import Path

import pytest
from PIL import Image

from generator.cli import main
from generator.painting.comparing import TILE_PX, Compared, compare, comparison_sheet
from generator.recipe import read_recipe
from planner import plan_layout

PLAN = plan_layout("a cup", "rules", width=64, height=64)
SMALL = {"width": 64, "height": 64, "steps": 1, "hard_binding_steps": 0}


def test_a_model_that_cannot_is_told_and_the_others_go_on() -> None:
    wrong, right = compare(PLAN, ["no/such/folder", "embedded"], seed=3, **SMALL)
    assert (wrong.result, wrong.name) == (None, "folder")
    assert "no/such/folder" in wrong.error
    assert right.result is not None
    assert right.result.settings.seed == 3


def test_the_sheet_has_a_place_for_each() -> None:
    (painted,) = compare(PLAN, ["embedded"], **SMALL)
    sheet = comparison_sheet([painted, Compared("m", error="it has no memory"), *[painted] * 3])
    assert sheet.width > 4 * TILE_PX
    assert sheet.height > 2 * TILE_PX
    middle = painted.result.image.convert("RGB").resize((1, 1)).getpixel((0, 0)) if painted.result else None
    shown = sheet.crop((12, 52, 12 + TILE_PX, 52 + TILE_PX)).resize((1, 1)).getpixel((0, 0))
    assert middle == pytest.approx(shown, abs=6)


def test_the_command_writes_each_picture_and_the_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(PLAN.to_dict()))
    options = ["--model", "embedded", "--model", str(tmp_path / "none"), "--size", "64x64", "--seed", "4"]
    code = main(["compare", str(tmp_path / "plan.json"), *options, "-o", str(tmp_path / "sheet.png"), "--quiet"])
    assert code == 3
    assert str(tmp_path / "none") in capsys.readouterr().err
    assert read_recipe(tmp_path / "sheet-1-embedded.png").settings.seed == 4
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 2 * TILE_PX
