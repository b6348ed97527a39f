"""The command line's options about loading, on a tiny model in a folder."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
import torch
from painting import alike
from test_load_options import lora_file

from generator.cli.main import main
from generator.cli.parser import parse
from generator.options import options
from generator.painting.loading import load_pipeline
from generator.pipeline import RegionalFluxPipeline
from generator.recipe import read_recipe
from generator.settings import LoadOptions, RenderSettings
from planner.plan import Cell, Plan, Row


@pytest.fixture
def base(pipe: RegionalFluxPipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A command that paints a plan with a tiny model in an otherwise empty folder."""
    monkeypatch.chdir(tmp_path)
    pipe.save_pretrained("model")
    Plan("a red dog", (Row(1, (Cell(1, "a red dog on grass"), Cell(1, "a ball"))),)).save("plan.json")
    return ["generate", "plan.json", "--model", "model", "--steps", "2", "--seed", "1", "--quiet"]


@pytest.mark.parametrize(
    "options",
    [
        ["--dtype", "float32"],
        ["--offload", "model"],
        ["--offload", "group"],
        ["--offload", "sequential"],
        ["--attention-backend", "_native_math"],
        ["--device", "cpu"],
    ],
)
def test_ways_to_run_paint_the_same(base: list[str], options: list[str]) -> None:
    assert main([*base, "-o", "plain.png"]) == 0
    assert main([*base, *options, "-o", "other.png"]) == 0
    assert alike("other.png", "plain.png")
    assert read_recipe(Path("other.png")).settings == read_recipe(Path("plain.png")).settings


def test_numbers_of_fewer_bits(base: list[str]) -> None:
    assert main([*base, "-o", "plain.png"]) == 0
    assert main([*base, "--dtype", "bfloat16", "-o", "other.png"]) == 0
    assert not alike("other.png", "plain.png")


def test_a_lora_is_part_of_the_recipe(base: list[str], tmp_path: Path) -> None:
    file = lora_file(tmp_path / "a.safetensors", 1)
    assert main([*base, "-o", "plain.png"]) == 0
    assert main([*base, "--lora", f"{file}:0.5", "-o", "with.png"]) == 0
    assert not alike("with.png", "plain.png")
    assert read_recipe(Path("with.png")).settings.lora == (f"{file}:0.5",)
    assert main(["generate", "with.png", "-o", "again.png", "--quiet"]) == 0
    assert alike("again.png", "with.png")


@pytest.mark.parametrize("option", ["--max-sequence-length", "--region-max-sequence-length"])
def test_shorter_texts_change_the_picture_and_are_part_of_its_recipe(base: list[str], option: str) -> None:
    painted = [*base, "--refinement", "0.5"]  # at 1 the base prompt's tokens are not used
    assert main([*painted, "-o", "plain.png"]) == 0
    assert main([*painted, option, "4", "-o", "short.png"]) == 0
    assert not alike("short.png", "plain.png")
    settings = read_recipe(Path("short.png")).settings
    assert getattr(settings, option.strip("-").replace("-", "_")) == 4
    assert main(["generate", "short.png", "-o", "again.png", "--quiet"]) == 0
    assert alike("again.png", "short.png")


@pytest.mark.parametrize(
    "name", sorted({*inspect.signature(load_pipeline).parameters, *options(LoadOptions)} - {"loading", "options"})
)
def test_every_argument_of_load_pipeline_has_a_flag(base: list[str], name: str) -> None:
    value = {"compile": [], "offload": ["model"], "quantize": ["int8"], "dtype": ["float32"]}.get(name, ["x"])
    arguments = parse(["generate", "plan.json", f"--{name.replace('_', '-')}", *value])
    assert getattr(arguments, name) not in (None, False)


def test_noise_from_cuda_is_for_pictures_painted_there(base: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*base, "--seed-device", "cuda", "--device", "cpu", "-o", "a.png"]) == 1
    assert "seed_device 'cuda' is for pictures that are painted on CUDA; this one is on cpu" in capsys.readouterr().err


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU: the noise is drawn on it")
def test_noise_from_cuda_is_another_one(base: list[str]) -> None:
    assert main([*base, "--device", "cuda", "-o", "cpu.png"]) == 0
    assert main([*base, "--device", "cuda", "--seed-device", "cuda", "-o", "cuda.png"]) == 0
    assert not alike("cpu.png", "cuda.png")
    assert read_recipe(Path("cuda.png")).settings.seed_device == "cuda"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--region-max-sequence-length", "0"], "--region-max-sequence-length must be a whole number in 1..512, got 0"),
        (["--lora", "no.safetensors"], "there is no LoRA file"),
        (["--attention-backend", "flashy"], "the attention backend 'flashy' cannot be used"),
        (["--base", "model"], "base is for a model in a single file"),
    ],
)
def test_errors_are_one_line(
    base: list[str], options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*base, *options, "-o", "a.png"]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert len([line for line in said.splitlines() if line.startswith("ragplan:")]) == 1
    assert not Path("a.png").exists()


@pytest.mark.parametrize(
    ("model", "steps", "guidance", "binding"),
    [
        ("black-forest-labs/FLUX.1-dev", 20, 3.5, 2),
        ("black-forest-labs/FLUX.1-schnell", 4, 0.0, 1),
        ("weights/flux1-schnell-Q4_0.gguf", 4, 0.0, 1),
        ("black-forest-labs/FLUX.1-Krea-dev", 28, 4.5, 2),
        ("embedded", 10, 3.5, 8),
    ],
)
def test_models_have_their_own_defaults(model: str, steps: int, guidance: float, binding: int) -> None:
    settings = RenderSettings.for_model(model)
    assert (settings.steps, settings.guidance_scale, settings.hard_binding_steps) == (steps, guidance, binding)
    assert RenderSettings.for_model(model, steps=7).steps == 7
    assert RenderSettings.from_dict(settings.to_dict()) == settings


@pytest.mark.parametrize(
    ("model", "steps", "binding"),
    [("embedded", 20, 16), ("embedded", 5, 4), ("embedded", 1, 1), ("black-forest-labs/FLUX.1-dev", 50, 5)],
)
def test_binding_keeps_its_share_of_the_steps(model: str, steps: int, binding: int) -> None:
    settings = RenderSettings.for_model(model)
    assert settings.changed(steps=steps).hard_binding_steps == binding
    assert settings.changed(steps=steps, hard_binding_steps=0).hard_binding_steps == 0
    assert settings.changed(hard_binding_steps=0).changed(steps=steps).hard_binding_steps == 0


def test_folders_say_what_they_are(base: list[str]) -> None:
    settings = RenderSettings.for_model("model")
    assert (settings.width, settings.height, settings.steps) == (64, 64, 20)
    config = Path("model/scheduler/scheduler_config.json")
    config.write_text(config.read_text().replace('"use_dynamic_shifting": true', '"use_dynamic_shifting": false'))
    assert RenderSettings.for_model("model").steps == 4
