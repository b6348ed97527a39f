"""Several pictures from one command, on a tiny model: seeds, names, and what survives a failure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import generator.many
from generator.cli import main
from generator.loading import load_pipeline
from generator.output import read_recipe
from generator.pipeline import RegionalFluxPipeline
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

    monkeypatch.setattr("generator.loading.load_pipeline", counting)
    return seen


def pixels(path: str) -> bytes:
    with Image.open(path) as image:
        return image.tobytes()


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
    assert pixels("alone.png") == pixels("out/ball-2.png")
    assert main(["generate", "out/dog.png", "alone.png", "--quiet", "-o", "out"]) == 0
    assert pixels("out/dog-3.png") == pixels("out/dog.png")


def test_what_is_painted_survives_a_later_failure(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paint: Callable[..., Any] = generator.many.generate

    def failing(plan: Plan, *arguments: Any, **named: Any) -> Any:
        if plan.prompt == "a ball":
            raise OSError("the machine is on fire")
        return paint(plan, *arguments, **named)

    monkeypatch.setattr(generator.many, "generate", failing)
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
        (["-o", "no/such"], "no/such"),
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
