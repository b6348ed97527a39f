"""`ragplan edit`: plans changed by words, and pictures repainted or painted anew for them."""

import json
from pathlib import Path

import pytest
from PIL import Image

from generator.cli.main import main
from generator.recipe import Recipe, read_recipe, save_picture
from generator.settings import RenderSettings
from planner import Plan, plan_layout

FAST = RenderSettings.for_model("embedded", seed=3, steps=2, hard_binding_steps=1)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan, and a picture of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAGPLAN_IMAGE_MODEL", raising=False)
    plan = plan_layout("a penguin and a red balloon above a blue car", width=256, height=256)
    plan.save("plan.json")
    save_picture(Image.new("RGB", (256, 256)), "out.png", Recipe(plan, FAST))


def test_a_plan_becomes_another_plan(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["edit", "plan.json", "make the balloon blue"]) == 0
    plan = Plan.from_dict(json.loads(capsys.readouterr().out))
    assert [item.prompt for item in plan.objects] == ["a penguin", "a blue balloon", "a blue car"]
    assert main(["edit", "plan.json", "remove the car", "-o", "plan.json"]) == 0
    assert capsys.readouterr().out == "plan.json\n"
    assert [item.prompt for item in Plan.load("plan.json").objects] == ["a penguin", "a red balloon"]


def test_what_gets_worse_is_told_and_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["edit", "plan.json", "move the car to the top left corner", "-o", "plan.json"]) == 0
    assert "ragplan: objects[2].box: The box covers all of objects[0]" in capsys.readouterr().err
    assert Plan.load("plan.json").objects[2].box.x == 0


def test_a_move_that_stops_at_another_thing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    plan_layout("a dog and a cat above a bus", width=256, height=256).save("plan.json")
    assert main(["edit", "plan.json", "move the cat down", "-o", "plan.json"]) == 0
    assert "object 1 ('a cat') moves only as far as object 2 ('a bus') leaves it room" in capsys.readouterr().err
    _, cat, bus = (item.box for item in Plan.load("plan.json").objects)
    assert cat.bottom == bus.y


def test_a_picture_is_repainted_where_one_place_changes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["edit", "out.png", "make the balloon blue", "-o", "new.png"]) == 0
    assert "one place changes: only that is painted anew" in capsys.readouterr().err
    recipe = read_recipe("new.png")
    [repaint] = recipe.repaints
    assert (repaint.object_prompt, repaint.number) == ("a blue balloon", 1)
    assert recipe.shown.objects[1].prompt == "a blue balloon"
    assert recipe.plan == read_recipe("out.png").plan
    assert main(["edit", "new.png", "add a hat", "-o", "newer.png", "--quiet"]) == 0
    assert [item.prompt for item in read_recipe("newer.png").shown.objects][3:] == ["a hat"]


@pytest.mark.parametrize("arguments", [["move the car up"], ["make the balloon blue", "--anew"]])
def test_a_picture_is_painted_anew_where_more_changes(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["edit", "out.png", *arguments, "-o", "new.png"]) == 0
    assert "the whole picture is painted anew, with its own seed" in capsys.readouterr().err
    recipe = read_recipe("new.png")
    assert recipe.repaints == ()
    assert recipe.settings == FAST
    assert recipe.plan != read_recipe("out.png").plan


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan.json", "dance"], "no edit that is known; known are"),
        (["plan.json", "remove the dog"], "the plan has no object 'the dog'"),
        (["nothing.json", "remove the dog"], "there is no file 'nothing.json'"),
        (["out.png", "make the balloon blue", "-o", "a/b.png"], "there is no folder 'a'"),
    ],
)
def test_errors_are_one_line_and_come_before_any_painting(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["edit", *arguments]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_the_seed_and_how_to_make_it_again_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "out.png", "-o", "my again.png"]) == 0
    said = capsys.readouterr()
    assert "ragplan: seed 3; make it again with: ragplan generate 'my again.png'" in said.err
    assert "ragplan: loading embedded" in said.err
    assert "2/2" in said.err
    assert said.out == "my again.png\n"
    assert main(["show", "my again.png"]) == 0
    shown = capsys.readouterr().out
    assert "make again with: ragplan generate 'my again.png' -o again.png" in shown
    assert "repaint with: ragplan repaint 'my again.png' --object 0" in shown


def test_a_full_memory_is_one_line_with_what_would_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("generator.painting.painter.Painter._ready", full)
    assert main(["generate", "out.png", "-o", "new.png"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("ragplan: the memory of")
    assert "is full (MemoryError), though by the dry run's count it fits" in said
    assert said.count("\n") == 1


def test_a_dry_run_says_whether_it_fits_here_and_how_long_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "out.png", "--dry-run"]) == 0
    said = capsys.readouterr().out
    for words in ("this computer: ", "\nfits\n", "time: about "):
        assert words in said
    assert main(["generate", "plan.json", "--model", "some/model", "--dry-run"]) == 0
    assert "it is taken for FLUX.1-dev's size" in capsys.readouterr().out
    assert main(["generate", "plan.json", "--model", "nosuchfolder", "--dry-run"]) == 1
    assert "there is no folder 'nosuchfolder'" in capsys.readouterr().err
    assert main(["generate", "out.png", "--dry-run", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["fit"]["fits"] is True
    assert printed["memory_bytes"] > printed["weights_bytes"]
