"""`--review`, `ragplan review` and `ragplan mend` through the real command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from painting import PLAN
from PIL import Image

from generator import Painter, Recipe, RenderSettings, plan_and_generate
from generator.cli import main
from generator.embedded.pictures import compose
from generator.pipeline import RegionalFluxPipeline
from generator.recipe import read_recipe
from generator.review import Finding, Review
from planner import BackendError, Planner
from planner.plan import Plan

RIGHT = (Finding(0, True), Finding(1, True))
NO_CAT = (Finding(0, True), Finding(1, False, count=0))


class Scripted:
    """Says what it is told to, one thing after the other; the last one for ever."""

    name = "scripted"
    memory_bytes = 3 * 1024.0**3

    def __init__(self, *said: Any) -> None:
        self.said = list(said)

    def review(self, image: Image.Image, plan: Plan) -> Review:
        said = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if isinstance(said, BaseException):
            raise said
        return Review(self.name, said)


@pytest.fixture
def looks(pipe: RegionalFluxPipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Register who looks by the name "scripted", beside a tiny model's folder and a plan."""
    monkeypatch.chdir(tmp_path)
    pipe.save_pretrained("model")
    PLAN.save("plan.json")

    def register(*said: Any) -> None:
        scripted = Scripted(*said)

        class Point:
            name = "scripted"

            def load(self) -> Any:
                return lambda: scripted

        monkeypatch.setattr("generator.review.entry_points", lambda group: [Point()])

    return register


PAINT = (
    "generate",
    "plan.json",
    "--model",
    "model",
    "--size",
    "64x64",
    "--steps",
    "3",
    "--seed",
    "4",
    "--device",
    "cpu",
)


def test_a_picture_is_mended_told_and_made_again(looks: Any, capsys: pytest.CaptureFixture[str]) -> None:
    looks(NO_CAT, NO_CAT, RIGHT)
    assert main([*PAINT, "-o", "out.png", "--review", "scripted", "--keep-all"]) == 0
    out, err = capsys.readouterr()
    assert out.strip() == "out.png"
    for said in ("a blue cat: not there", "round 2: a blue cat again, noise 2", "score 1.00, kept", "all is right"):
        assert said in err
    recipe = read_recipe("out.png")
    assert len(recipe.repaints) == 1
    assert recipe.reviewed is not None
    assert [each.kept for each in recipe.reviewed.tried] == [True, False, True]
    names = [f"out-round-{number}.png" for number in range(3)]
    assert sorted(path.name for path in Path().glob("out-*.png")) == names
    assert [read_recipe(name).reviewed.review.is_right for name in names] == [False, False, True]  # type: ignore[union-attr]
    assert main(["generate", "out.png", "-o", "again.png", "--device", "cpu", "--quiet"]) == 0
    assert Image.open("again.png").tobytes() == Image.open("out.png").tobytes()
    assert main(["show", "out.png"]) == 0
    shown = capsys.readouterr().out
    assert "reviewed by scripted: all is right" in shown
    assert "tried: a blue cat again, noise 1: score 0.50, not kept" in shown


def test_a_picture_that_is_there_is_looked_at_and_mended(looks: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*PAINT, "-o", "out.png", "--quiet"]) == 0
    looks(NO_CAT)
    capsys.readouterr()
    assert main(["review", "out.png", "--review", "scripted"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "out.png: score 0.50, says scripted",
        "  a red dog: right",
        "  a blue cat: not there",
    ]
    assert main(["review", "out.png", "--review", "scripted", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["score"], said["right"], len(said["findings"])) == (0.5, False, 2)
    looks(NO_CAT, RIGHT)
    assert main(["mend", "out.png", "--review", "scripted", "--json", "--device", "cpu", "-o", "new.png"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["mending"]["stopped"] == "all is right"
    assert len(told["repaints"]) == 1
    assert read_recipe("new.png").plan == read_recipe("out.png").plan


def test_a_failing_reviewer_saves_the_picture_and_says_so(looks: Any, capsys: pytest.CaptureFixture[str]) -> None:
    looks(BackendError("the server is away", provider="scripted"))
    assert main([*PAINT, "-o", "out.png", "--review", "scripted", "--quiet"]) == 0
    assert read_recipe("out.png").reviewed is None
    assert main(["mend", "out.png", "--review", "scripted", "-o", "new.png", "--device", "cpu"]) == 0
    assert "not reviewed: scripted: the server is away" in capsys.readouterr().err
    assert main(["review", "out.png", "--review", "scripted"]) == 1
    assert capsys.readouterr().err == "ragplan: the server is away\n"


def test_ctrl_c_saves_the_best_so_far(looks: Any, capsys: pytest.CaptureFixture[str]) -> None:
    looks(NO_CAT, KeyboardInterrupt())
    assert main([*PAINT, "-o", "out.png", "--review", "scripted"]) == 130
    assert read_recipe("out.png").reviewed is not None
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--review", "spirtes"], "unknown reviewer 'spirtes' (did you mean \"sprites\"?"),
        (["--rounds", "3"], "--rounds needs somebody who looks: --review NAME"),
        (["--keep-all"], "--keep-all needs somebody who looks: --review NAME"),
        (["--review", "sprites", "--rounds", "-1"], "--rounds must be a whole number in 0..100, got -1"),
        (["--review", "sprites", "--seconds", "0"], "--seconds must be a number in 0.001..86400, got 0.0"),
        (["--review", "sprites:small"], "the reviewer 'sprites' has no use for the model 'small'"),
        (["--review", "sprites", "--images", "2"], "--review looks at one picture"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_painted(
    looks: Any, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert main([*PAINT, *options]) == 1
    assert said in capsys.readouterr().err


def test_the_dry_run_counts_who_looks(looks: Any, capsys: pytest.CaptureFixture[str]) -> None:
    looks(RIGHT)
    assert main([*PAINT, "--dry-run", "--json"]) == 0
    without = json.loads(capsys.readouterr().out)
    assert main([*PAINT, "--dry-run", "--json", "--review", "scripted"]) == 0
    counted = json.loads(capsys.readouterr().out)
    assert counted["looking_bytes"] == Scripted.memory_bytes
    assert counted["memory_bytes"] == without["weights_bytes"] + Scripted.memory_bytes
    assert main([*PAINT, "--dry-run", "--review", "scripted"]) == 0
    assert "then 3 GiB to look at it" in capsys.readouterr().out


def test_the_embedded_model_s_pictures_are_looked_at_by_sprites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = RenderSettings.for_model("embedded", seed=1)
    plan = Planner("rules").plan("a dog", width=256, height=256).plan
    box = plan.objects[0].box
    drawn = compose(256, 256, [(("dog", None), tuple(round(each * 256) for each in vars(box).values()))])  # type: ignore[list-item]
    Recipe(plan, settings).save(Image.fromarray(drawn), "out.png")
    assert main(["review", "out.png"]) == 0
    assert capsys.readouterr().out == "out.png: all is right, says sprites\n  a dog: right\n"


def test_a_sentence_is_painted_looked_at_and_mended_in_python(pipe: RegionalFluxPipeline, monkeypatch: Any) -> None:
    monkeypatch.setattr(Painter, "_load", lambda self, weights, on_progress: pipe)
    found = plan_and_generate(
        "a red dog on the left and a blue cat on the right",
        backend="rules",
        review=Scripted(NO_CAT, RIGHT),
        rounds=1,
        seed=3,
        width=64,
        height=64,
        steps=3,
        hard_binding_steps=1,
    )
    assert len(found.recipe.repaints) == 1
    assert found.notes[-1] == "all is right"
    with pytest.raises(BackendError, match="unknown reviewer"):
        plan_and_generate("a dog", backend="no such backend", review="nobody")
