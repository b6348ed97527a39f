"""Several pictures from one command, on a tiny model: seeds, names, and what survives a failure."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diffusers import FluxTransformer2DModel
from painting import alike

from generator.cli import main
from generator.painting.loading import load_pipeline
from generator.painting.painter import Painter
from generator.pipeline import RegionalFluxPipeline
from generator.recipe import Recipe, read_recipe
from planner.plan import Box, Cell, ObjectBox, Plan, Row

ROWS = (Row(1, (Cell(1, "a red dog on grass"), Cell(1, "a ball"))),)


@pytest.fixture
def options(pipe: RegionalFluxPipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options of a tiny model, in a folder with the plans dog.json and ball.json."""
    monkeypatch.chdir(tmp_path)
    pipe.save_pretrained("model")
    Plan("a red dog", ROWS).save("dog.json")
    Plan("a ball", (Row(1, (Cell(1, "a ball"),)),), (ObjectBox("a ball", Box(0.5, 0.5, 0.5, 0.5)),)).save("ball.json")
    return ["--model", "model", "--steps", "2", "--quiet"]


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models that are loaded, as they are loaded."""
    seen: list[str] = []

    def counting(model: str, **arguments: Any) -> Any:
        seen.append(model)
        return load_pipeline(model, **arguments)

    monkeypatch.setattr("generator.painting.loading.load_pipeline", counting)
    return seen


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of pictures in each pass of the transformer."""
    seen: list[int] = []
    forward = FluxTransformer2DModel.forward

    def counting(self: Any, **inputs: Any) -> Any:
        seen.append(len(inputs["hidden_states"]))
        return forward(self, **inputs)

    monkeypatch.setattr(FluxTransformer2DModel, "forward", counting)
    return seen


def test_plans_go_into_a_folder_as_if_painted_alone(
    options: list[str], loads: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["generate", "dog.json", "ball.json", *options, "--seed", "3"]
    assert main([*command, "--images", "2", "-o", "out"]) == 0
    names = ["dog.png", "dog-2.png", "ball.png", "ball-2.png"]
    assert capsys.readouterr().out.split() == [str(Path("out", name)) for name in names]
    assert loads == ["model"]
    assert [read_recipe(Path("out", name)).settings.seed for name in names] == [3, 4, 3, 4]
    assert main(["generate", "ball.json", *options, "--seed", "4", "-o", "alone.png"]) == 0
    assert alike("alone.png", "out/ball-2.png")
    assert main(["generate", "out/dog.png", "alone.png", "--quiet", "-o", "out"]) == 0
    assert alike("out/dog-3.png", "out/dog.png")


def test_what_is_painted_survives_a_later_failure(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paint: Callable[..., Any] = Painter.paint

    def failing(painter: Painter, recipe: Recipe, **listening: Any) -> Any:
        if recipe.plan.prompt == "a ball":
            raise OSError("the machine is on fire")
        return paint(painter, recipe, **listening)

    monkeypatch.setattr(Painter, "paint", failing)
    assert main(["generate", "dog.json", "ball.json", *options]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("dog.png\n", "ragplan: the machine is on fire\n")
    assert read_recipe(Path("dog.png")).plan.prompt == "a red dog"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["-o", "one.png"], "2 pictures need a folder to go to; got 'one.png'"),
        (["--images", "0"], "--images must be a whole number from 1 up, got 0"),
        (["--size", "16x16"], "under one token"),
        (["-o", "dog.json/such"], "dog.json"),
    ],
)
def test_errors_come_before_anything_is_loaded(
    options: list[str], loads: list[str], more: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "dog.json", "ball.json", *options, *more]) == 1
    assert message in capsys.readouterr().err
    assert loads == []
    assert not list(Path().glob("*.png"))


def test_a_dry_run_of_each(options: list[str], loads: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "dog.json", "ball.json", *options, "--dry-run"]) == 0
    assert capsys.readouterr().out.count("model: ") == 2
    assert loads == []


def test_a_batch_is_one_run_with_the_pictures_of_single_ones(
    options: list[str], loads: list[str], passes: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    Plan("a cat", (Row(1, (Cell(1, "a blue cat"), Cell(1, "a ball"))),)).save("cat.json")
    command = ["generate", "dog.json", "cat.json", *options, "--seed", "3", "--images", "2"]
    assert main([*command, "--batch", "-o", "out"]) == 0
    names = ["dog.png", "dog-2.png", "cat.png", "cat-2.png"]
    assert capsys.readouterr().out.split() == [str(Path("out", name)) for name in names]
    assert (loads, passes) == (["model"], [4, 4])
    recipes = [read_recipe(Path("out", name)) for name in names]
    assert [(recipe.plan.prompt, recipe.settings.seed) for recipe in recipes] == [
        ("a red dog", 3),
        ("a red dog", 4),
        ("a cat", 3),
        ("a cat", 4),
    ]
    assert main([*command, "-o", "alone"]) == 0
    assert all(alike(f"out/{name}", f"alone/{name}") for name in names)
    assert not alike("out/cat.png", "out/cat-2.png")


def test_new_seeds_in_a_batch(options: list[str]) -> None:
    assert main(["generate", "dog.json", *options, "--images", "2", "--batch"]) == 0
    first, second = (read_recipe(Path(name)).settings.seed for name in ("dog.png", "dog-2.png"))
    assert first is not None
    assert second == first + 1


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["dog.json", "ball.json"], "need the same cells, and those of plan 1 are not plan 0's"),
        (["short.png", "longer.png"], "need the same settings, but steps is 2 for plan 0 and 3 for plan 1"),
        (["redone.png", "short.png"], "plan 0 is of a repainted picture"),
    ],
)
def test_what_cannot_be_one_batch(
    options: list[str], loads: list[str], files: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "dog.json", *options, "-o", "short.png"]) == 0
    assert main(["generate", "dog.json", *options, "--steps", "3", "-o", "longer.png"]) == 0
    repaint = ["--box", "0.5,0.5,0.5,0.5", "--prompt", "a ball", "--whole-prompt", "a dog", "--cell-prompt", "1", "a"]
    assert main(["repaint", "short.png", *repaint, "-o", "redone.png"]) == 0
    loads.clear()
    for dry in ([], ["--dry-run"]):
        assert main(["generate", *files, "--model", "model", "--batch", "-o", "out", *dry]) == 1
        assert message in capsys.readouterr().err
    assert loads == []
    assert not Path("out").exists()


def test_a_dry_run_of_a_batch(options: list[str], loads: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    command = ["generate", "dog.json", "dog.json", *options, "--dry-run", "--json"]
    assert main([*command, "--images", "3", "--batch"]) == 0
    batch = json.loads(capsys.readouterr().out)
    assert main(command) == 0
    alone = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (batch["pictures"], batch["passes"], batch["weights_bytes"]) == (6, 2, alone["weights_bytes"])
    for name in ("flops", "stock_flops", "activations_bytes"):
        assert batch[name] == pytest.approx(6 * alone[name])
    assert main([*command[:-1], "--batch"]) == 0
    assert "pictures: 2 in one batch" in capsys.readouterr().out
    assert loads == []


def test_a_run_that_was_stopped_goes_on(
    options: list[str], passes: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Only what is missing is painted: by seed where seeds are given, else by how many there are of a plan."""
    night = ["generate", "dog.json", "ball.json", *options, "--images", "2", "-o", "night", "--resume"]
    assert main([*night, "--seed", "3"]) == 0
    assert len(capsys.readouterr().out.split()) == 4
    Path("night/dog-2.png").unlink()
    passes.clear()
    assert main([*night, "--seed", "3"]) == 0
    assert capsys.readouterr().out.split() == [str(Path("night", "dog-2.png"))]
    assert read_recipe(Path("night/dog-2.png")).settings.seed == 4
    assert len(passes) == 2
    assert main([*night, "--seed", "3"]) == 0
    assert main(night) == 0  # any seed will do
    assert capsys.readouterr().out == ""
    assert main([*night, "--steps", "1"]) == 0
    assert len(capsys.readouterr().out.split()) == 4
    assert main([*night, "--batch"]) == 1
    assert "leave --batch out" in capsys.readouterr().err


def test_names_are_taken_when_pictures_are_complete(options: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was written by another command meanwhile stays."""
    together = Painter.together

    def meanwhile(painter: Painter, *arguments: Any, **named: Any) -> Any:
        Path("out").mkdir(exist_ok=True)
        Path("out/dog.png").write_text("another command's")
        return together(painter, *arguments, **named)

    monkeypatch.setattr(Painter, "together", meanwhile)
    assert main(["generate", "dog.json", *options, "--images", "2", "-o", "out"]) == 0
    assert Path("out/dog.png").read_text() == "another command's"
    assert sorted(path.name for path in Path("out").iterdir()) == ["dog-2.png", "dog-3.png", "dog.png"]
