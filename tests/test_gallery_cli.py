"""Galleries in the format of the RAG-Diffusion release on the command line. The entries are our own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from llm_server import completion, serve
from painting import alike
from PIL import Image

from generator import generate
from generator.cli import main
from generator.painting.sources import read_source
from generator.pipeline import RegionalFluxPipeline
from generator.recipe import read_recipe
from planner import Box

BENCH: dict[str, Any] = {
    "prompt": "A teapot and a pineapple on a bench.",
    "SR_hw_split_ratio": "0.5,0.5",
    "SR_prompt": "A round teapot. BREAK A ripe pineapple.",
    "HB_prompt_list": ["Teapot", "Pineapple"],
    "HB_m_offset_list": [0, 0.5],
    "HB_n_offset_list": [0, 0.25],
    "HB_m_scale_list": [0.5, 0.5],
    "HB_n_scale_list": [0.75, 0.5],
    "height": 64,
    "width": 128,
    "seed": 4711,
    "SR_delta": 0.25,
    "HB_replace": 2,
}
LANTERN = {
    "Repainting_prompt": "A lantern and a pineapple on a bench.",
    "Repainting_SR_prompt": "A lantern. BREAK A ripe pineapple.",
    "Repainting_HB_prompt": "Lantern",
    "Repainting_mask": "data/masks/left.png",
    "Repainting_HB_replace": 2,
    "Repainting_seed": 8,
    "Repainting_single": 1,
}
UNBOUND = {**BENCH, "prompt": "Two of them, a long way from each other, in the rain", "HB_replace": -1, "seed": 5}


@pytest.fixture(autouse=True)
def in_a_folder_with_galleries(pipe: RegionalFluxPipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a checkout of the release: data/Our_Gallery.json, whose paths start at the folder above."""
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "RAGPLAN_LLM"):
        monkeypatch.delenv(name, raising=False)
    pipe.save_pretrained("model")
    monkeypatch.setenv("RAGPLAN_IMAGE_MODEL", str(tmp_path / "model"))
    Path("data/masks").mkdir(parents=True)
    mask = Image.new("L", (128, 64), 255)
    mask.paste(0, (12, 12, 44, 44))
    mask.save("data/masks/left.png")
    Path("data/Our_Gallery.json").write_text(json.dumps([BENCH, UNBOUND, {**BENCH, **LANTERN}]))


def run(command: str, *options: str, output: str = "a.png") -> int:
    return main([command, "data/Our_Gallery.json", "-o", output, "--quiet", *options])


def test_settings_come_from_the_file() -> None:
    assert run("generate", "--idx", "0", "--steps", "4") == 0
    recipe = read_recipe(Path("a.png"))
    assert recipe.plan.prompt == BENCH["prompt"]
    settings = recipe.settings
    assert (settings.width, settings.height, settings.seed) == (128, 64, 4711)
    assert (settings.refinement_strength, settings.hard_binding_steps) == (0.25, 1)  # the file binds 2 of 20
    assert run("generate", "--idx", "1", "--steps", "4") == 0
    assert read_recipe(Path("a.png")).settings.hard_binding_steps is None


def test_flags_come_first() -> None:
    options = ["--seed", "6", "--size", "64x64", "--steps", "3", "--refinement", "1", "--binding-steps", "none"]
    assert run("generate", "--idx", "0", *options) == 0
    settings = read_recipe(Path("a.png")).settings
    assert (settings.width, settings.height, settings.seed, settings.steps) == (64, 64, 6, 3)
    assert (settings.refinement_strength, settings.hard_binding_steps) == (1, None)


def test_what_a_gallery_repaints() -> None:
    assert run("repaint", "--idx", "2", "--steps", "4") == 0
    recipe = read_recipe(Path("a.png"))
    assert (recipe.settings.seed, recipe.settings.steps) == (4711, 4)
    [repaint] = recipe.repaints
    assert (repaint.prompt, repaint.object_prompt) == (LANTERN["Repainting_prompt"], "Lantern")
    assert repaint.cell_prompts == ("A lantern.", "A ripe pineapple.")
    assert (repaint.hard_binding_steps, repaint.seed, repaint.single_stream) == (2, 8, True)
    assert run("generate", "--idx", "2", "--steps", "4", output="before.png") == 0
    assert read_recipe(Path("before.png")).repaints == ()
    with Image.open("a.png") as after, Image.open("before.png") as before:
        assert not alike(after, before)


def test_python_reads_the_same() -> None:
    assert run("repaint", "--idx", "2", "--steps", "4") == 0
    source = read_source("data/Our_Gallery.json", 2, repainted=True)
    assert source.repaints == read_recipe("a.png").repaints
    result = generate(replace(source, settings=source.settings.changed(steps=4)))
    with Image.open("a.png") as painted:
        assert alike(painted, result.image)
    assert read_source("data/Our_Gallery.json", 0, repainted=True).repaints == ()


def test_flags_overrule_what_a_gallery_repaints() -> None:
    options = ["--seed", "1", "--binding-steps", "1", "--no-single-stream", "--picture-seed", "3", "--steps", "2"]
    assert run("repaint", "--idx", "2", *options, "--box", "0.5,0.25,0.5,0.5", "--whole-prompt", "A dog.") == 0
    recipe = read_recipe(Path("a.png"))
    [repaint] = recipe.repaints
    assert (recipe.settings.seed, repaint.mask) == (3, Box(0.5, 0.25, 0.5, 0.5))
    assert (repaint.seed, repaint.hard_binding_steps, repaint.single_stream) == (1, 1, False)
    assert (repaint.prompt, repaint.object_prompt) == ("A dog.", "Lantern")


def test_a_picture_of_a_gallery_is_repainted_by_one_sentence() -> None:
    assert run("generate", "--idx", "0", "--steps", "4", output="made.png") == 0
    assert main(["repaint", "made.png", "--prompt", "the teapot becomes a kettle", "-o", "new.png", "--quiet"]) == 0
    [recipe] = read_recipe(Path("new.png")).repaints
    assert recipe.prompt == "a kettle and a pineapple on a bench."
    assert recipe.cell_prompts == ("A round kettle.", "A ripe pineapple.")


def test_a_language_model_writes_the_prompts_that_are_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    reply = {
        "object": 0,
        "object_prompt": "a copper kettle",
        "prompt": "A copper kettle and a pineapple on a bench.",
        "cells": ["A copper kettle shines.", "A ripe pineapple."],
    }
    assert run("generate", "--idx", "0", "--steps", "4", output="made.png") == 0
    with serve(completion(json.dumps(reply))) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        asked = ["repaint", "made.png", "--prompt", "turn the teapot into a kettle", "-o", "new.png", "--quiet"]
        assert main([*asked, "--backend", "openai", "--llm", "test-1", "--cell-prompt", "1", "A pineapple."]) == 0
    [recipe] = read_recipe(Path("new.png")).repaints
    assert recipe.mask == Box(0, 0, 0.5, 0.75)
    assert (recipe.prompt, recipe.object_prompt) == (reply["prompt"], "a copper kettle")
    assert recipe.cell_prompts == ("A copper kettle shines.", "A pineapple.")
    assert server.requests[0]["model"] == "test-1"


def test_drawing_an_entry() -> None:
    assert run("draw", "--idx", "1") == 0
    with Image.open("a.png") as drawing:
        assert drawing.size[0] == 768


@pytest.mark.parametrize(
    ("command", "options", "message"),
    [
        (
            "generate",
            [],
            "gallery of 3 parameter sets, say which with --idx N: 0 'A teapot and a pineapple on a bench.'",
        ),
        ("generate", [], "1 'Two of them, a long way from each other…'"),
        ("generate", ["--idx", "3"], "there is no 3: 0 'A teapot"),
        ("generate", ["--idx", "-1"], "there is no -1"),
        ("repaint", ["--idx", "0"], "say what to paint"),
        ("repaint", ["--idx", "2", "--steps", "2"], "--binding-steps must be a whole number in 0..1, got 2"),
    ],
)
def test_errors_are_one_line(
    command: str, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command, *options) == 1
    said = capsys.readouterr().err
    assert message in said
    assert len(said.splitlines()) == 1
    assert not Path("a.png").exists()


def test_what_is_no_gallery_has_no_entries(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "a dog", "-o", "plan.json", "--backend", "rules"]) == 0
    assert main(["generate", "plan.json", "--idx", "0"]) == 1
    assert "--idx is for a gallery" in capsys.readouterr().err
    assert main(["repaint", "plan.json", "--prompt", "a dog"]) == 1
    assert "'plan.json' is a plan; paint it first" in capsys.readouterr().err


def test_a_picture_keeps_its_own_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("generate", "--idx", "1", "--steps", "2") == 0
    assert main(["repaint", "a.png", "--object", "0", "a dog", "--steps", "3"]) == 1
    assert "'a.png' is painted already and keeps its own steps" in capsys.readouterr().err


def test_a_mask_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    Path("data/masks/left.png").unlink()
    assert run("repaint", "--idx", "2") == 1
    said = capsys.readouterr().err
    assert "masks/left.png' is not there" in said
