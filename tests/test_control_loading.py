"""Loading ControlNets and the command line's options about them, on tiny models in folders."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import torch
from painting import PLAN, alike, close, paint
from PIL import Image
from tiny_flux import random_controlnet, tiny_control_pipeline, tiny_pipeline
from torch.utils.flop_counter import FlopCounterMode

from generator.adapters.control import nets
from generator.cli import main
from generator.painting.loading import load_pipeline
from generator.recipe import read_recipe
from planner.errors import RenderError
from planner.plan import Cell, Plan, Row

CONTROL = ["--controlnet", "control", "--control-image", "depth.png"]

pytestmark = pytest.mark.filterwarnings("ignore:.*FluxPosEmbed:FutureWarning")  # of diffusers' own ControlNet


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A command that paints a plan with a tiny model beside a tiny ControlNet."""
    monkeypatch.chdir(tmp_path)
    pipe = tiny_pipeline()
    pipe.save_pretrained("model")
    random_controlnet(pipe.transformer).save_pretrained("control")
    random_controlnet(pipe.transformer, num_mode=2).save_pretrained("union")
    Image.linear_gradient("L").save("depth.png")
    Plan("a red dog", (Row(1, (Cell(1, "a red dog on grass"), Cell(1, "a ball"))),)).save("plan.json")
    return ["generate", "plan.json", "--model", "model", "--steps", "2", "--seed", "1", "--quiet"]


@pytest.mark.usefixtures("base")
@pytest.mark.parametrize("options", [{}, {"offload": "model"}, {"offload": "group"}])
def test_loading_one_and_several(options: dict[str, Any]) -> None:
    built = tiny_control_pipeline()
    picture = Image.open("depth.png").convert("RGB")
    loaded = load_pipeline("model", controlnet="control", device="cpu", **options)
    loaded.set_progress_bar_config(disable=True)
    assert close(paint(loaded, PLAN, control_image=picture), paint(built, PLAN, control_image=picture))
    several = load_pipeline("model", controlnet=["control", Path("union")], device="cpu", **options)
    assert [model.union for model in nets(several.controlnet)] == [False, True]


def test_a_picture_that_follows_another_can_be_made_again(base: list[str]) -> None:
    assert main([*base, "-o", "plain.png"]) == 0
    assert main([*base, *CONTROL, "-o", "followed.png"]) == 0
    assert main([*base, *CONTROL, "--control-scale", "0.5", "-o", "half.png"]) == 0
    assert main([*base, *CONTROL, "--control-end", "0.5", "-o", "early.png"]) == 0
    assert main([*base, *CONTROL, "--control-start", "0.5", "-o", "late.png"]) == 0
    names = ("plain", "followed", "half", "early", "late")
    assert not any(alike(f"{one}.png", f"{other}.png") for one, other in combinations(names, 2))
    settings = read_recipe(Path("half.png")).settings
    assert (settings.controlnet, settings.control_scale) == (str(Path("control").resolve()), 0.5)
    assert settings.control_image == str(Path("depth.png").resolve())
    assert {"control_start", "control_end"}.isdisjoint(settings.to_dict())
    settings = read_recipe(Path("late.png")).settings
    assert (settings.control_start, settings.control_end) == (0.5, 1)
    for name in ("half", "late"):
        assert main(["generate", f"{name}.png", "-o", "again.png", "--quiet"]) == 0
        assert alike("again.png", f"{name}.png")


def test_a_controlnet_that_acts_in_no_step_changes_only_the_noise(base: list[str]) -> None:
    """The second half of the steps, without their last quarter, holds none of two."""
    none = ["--control-start", "0.5", "--control-end", "0.75"]
    assert main([*base, *CONTROL, *none, "-o", "none.png"]) == 0
    assert main([*base, *CONTROL, "--control-scale", "0", "-o", "zero.png"]) == 0
    assert alike("none.png", "zero.png")


def test_union_modes(base: list[str]) -> None:
    union = [*base, "--controlnet", "union", "--control-image", "depth.png"]
    for mode in ("0", "1"):
        assert main([*union, "--control-mode", mode, "-o", f"{mode}.png"]) == 0
    assert not alike("0.png", "1.png", levels=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--controlnet", "control"], "controlnet and control_image need each other"),
        (["--control-image", "depth.png"], "controlnet and control_image need each other"),
        (["--control-scale", "0.5"], "control_scale is for a controlnet, which was not given"),
        (["--control-end", "0.5"], "control_end is for a controlnet, which was not given"),
        ([*CONTROL, "--control-start", "-1"], "--control-start must be a number in 0..1, got -1.0"),
        ([*CONTROL, "--control-end", "1.5"], "--control-end must be a number in 0..1, got 1.5"),
        (
            [*CONTROL, "--control-start", "0.6", "--control-end", "0.5"],
            "--control-end must be in 0.6..1, got 0.5",
        ),
        (["--controlnet", "control", "--control-image", "plan.json"], "is not a picture"),
        (["--controlnet", "control", "--control-image", "none.png"], "none.png"),
        (["--controlnet", "no folder", "--control-image", "depth.png"], "a ControlNet is a folder"),
        (["--controlnet", "model", "--control-image", "depth.png"], "could not be loaded as a FLUX.1 ControlNet"),
        (["--controlnet", "union", "--control-image", "depth.png"], "control-mode must be a whole number in 0..1"),
    ],
)
def test_errors(base: list[str], options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*base, *options]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(("options", "passes"), [([], 2), (["--control-end", "0.5"], 1), (["--control-scale", "0"], 0)])
def test_a_dry_run_counts_it(
    base: list[str], options: list[str], passes: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*more: str) -> Any:
        assert main([*base, "--device", "cpu", "--dry-run", "--json", *more]) == 0
        return json.loads(capsys.readouterr().out)

    plain, found = said(), said(*CONTROL, *options)
    assert (plain["control_passes"], found["control_passes"]) == (None, passes)
    control = tiny_control_pipeline().controlnet
    size = sum(weight.numel() for weight in control.parameters())
    assert found["weights_bytes"] - plain["weights_bytes"] == 4 * size  # float32, as a small model on a processor
    with FlopCounterMode(display=False) as counter:
        tokens = {"hidden_states": (1, 16, 16), "controlnet_cond": (1, 16, 16), "encoder_hidden_states": (1, 8, 24)}
        inputs = {name: torch.zeros(shape) for name, shape in tokens.items()}
        ids = {"txt_ids": torch.zeros(8, 3), "img_ids": torch.zeros(16, 3)}
        control.set_attention_backend("_native_math")  # the backend whose work torch counts
        control(**inputs, **ids, pooled_projections=torch.zeros(1, 20), timestep=torch.zeros(1))
    whole = counter.get_flop_counts()
    kinds = ("transformer_blocks", "single_transformer_blocks", "controlnet_blocks", "controlnet_single_blocks")
    names = [f"FluxControlNetModel.{kind}.0" for kind in kinds]
    modulation = (2 * 12 + 6) * 32**2  # of a double-stream and a single-stream block
    assert found["flops"] - plain["flops"] == passes * (sum(sum(whole[name].values()) for name in names) - modulation)


def test_a_dry_run_says_what_a_controlnet_of_the_hub_is_taken_for(
    base: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    control = ["--controlnet", "owner/name", "--control-image", "depth.png"]
    assert main([*base, *control, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "passes of the transformer: 2, of the ControlNet: 2\n" in said
    assert "'owner/name' is taken for one of 6 double-stream blocks" in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--controlnet", "union", "--control-image", "depth.png"], "control-mode must be a whole number in 0..1"),
        (["--controlnet", "control", "--control-image", "none.png"], "none.png"),
        (["--controlnet", "control"], "controlnet and control_image need each other"),
    ],
)
def test_a_dry_run_refuses_what_painting_would(
    base: list[str], options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*base, *options, "--dry-run"]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.usefixtures("base")
def test_a_missing_controlnet_in_python() -> None:
    with pytest.raises(RenderError, match="there is no folder 'none here'"):
        load_pipeline("model", controlnet="none here")
