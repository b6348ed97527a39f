"""Commands that look and do not paint."""

import json
from pathlib import Path

import pytest

from generator.cli.main import main
from planner import Box, Cell, ObjectBox, Plan, Row, plan_layout


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAGPLAN_IMAGE_MODEL", raising=False)


def test_check_is_silent_about_a_good_plan_and_lists_what_is_wrong_with_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plan_layout("a dog and a cat above a bus").save("good.json")
    Plan("a dog", (Row(1, (Cell(1, "a dog"),)),), (ObjectBox("a dog", Box(0.9, 0, 0.4375, 0.5)),)).save("bad.json")
    assert main(["check", "good.json"]) == 0
    assert capsys.readouterr().out == "good.json: good\n"
    assert main(["check", "good.json", "bad.json"]) == 1
    said = capsys.readouterr()
    assert "bad.json: cannot be painted\n  error box_outside_canvas: objects[0].box: The box reaches" in said.out
    assert said.err == "ragplan: 1 of 2 plans have errors: bad.json\n"
    assert main(["check", "bad.json", "--json"]) == 1
    [complaint] = json.loads(capsys.readouterr().out)["bad.json"]
    assert (complaint["code"], complaint["blocking"]) == ("box_outside_canvas", True)


def test_check_holds_a_plan_against_the_canvas_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Plan("a dog", (Row(1, (Cell(1, "a dog"),)),), (ObjectBox("a dog", Box(0, 0, 0.1, 0.1)),)).save("small.json")
    assert main(["check", "small.json"]) == 0
    assert main(["check", "small.json", "--size", "128x128"]) == 1
    assert "box_too_small" in capsys.readouterr().out


def test_a_file_that_is_no_plan_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("no.json").write_text("{}")
    assert main(["check", "no.json"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_models_says_what_is_here_and_what_a_first_use_takes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("* embedded")
    assert "here; ships with ragplan; Apache-2.0; 10 steps" in lines[0]
    assert any("FLUX.1-schnell" in line and "34 GB; Apache-2.0; 4 steps" in line for line in lines)
    monkeypatch.setenv("RAGPLAN_IMAGE_MODEL", "black-forest-labs/FLUX.1-schnell")
    main(["models"])
    assert any(line.startswith("* black-forest-labs/FLUX.1-schnell") for line in capsys.readouterr().out.splitlines())
    assert main(["models", "--json"]) == 0
    found = {model["name"]: model for model in json.loads(capsys.readouterr().out)}
    assert found["embedded"]["is_here"]
    assert found["black-forest-labs/FLUX.1-dev"]["gated"]
