"""`ragplan repaint` through the real entry point, on the embedded model."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from painting import alike
from PIL import Image

from generator.cli import main
from generator.cli.repainting import describe_box
from generator.recipe import read_recipe
from planner import Box

SENTENCE = "a cat on the left and a red ball on the right"
KEPT = (slice(None), slice(0, 96))  # the left third and more: no mask below reaches it, nor the decoder's view of one


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of two objects, of two steps."""
    path = tmp_path_factory.mktemp("original") / "out.png"
    options = ["-o", str(path), "--seed", "5", "--steps", "2", "--binding-steps", "1", "--quiet"]
    assert main([SENTENCE, *options, "--backend", "rules", "--model", "embedded"]) == 0
    return path


@pytest.fixture(autouse=True)
def in_a_folder_with_the_picture(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "RAGPLAN_LLM"):
        monkeypatch.delenv(name, raising=False)
    shutil.copy(original, "out.png")


def pixels(path: str) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image).astype(int)


def repaint(*options: str, output: str = "new.png") -> int:
    return main(["repaint", "out.png", "-o", output, "--quiet", *options])


def test_an_object_becomes_another_thing_and_the_rest_stays(capsys: pytest.CaptureFixture[str]) -> None:
    assert repaint("--object", "1", "a blue book") == 0
    assert capsys.readouterr().out == "new.png\n"
    before, after = pixels("out.png"), pixels("new.png")
    assert np.abs(before[KEPT] - after[KEPT]).max() <= 24  # the decoder sees the whole picture, the latents are equal
    assert np.abs(before[:, 144:] - after[:, 144:]).mean() > 2 * np.abs(before[KEPT] - after[KEPT]).mean() + 2
    recipe = read_recipe(Path("new.png"))
    original = read_recipe(Path("out.png"))
    assert (recipe.plan, recipe.settings) == (original.plan, original.settings)
    [repainted] = recipe.repaints
    assert repainted.mask == original.plan.objects[1].box
    assert repainted.prompt == "a cat on the left and a blue book on the right"
    assert repainted.object_prompt == "a blue book"
    assert repainted.cell_prompts == ("a cat", "a blue book")
    assert repainted.hard_binding_steps == 1


def test_its_recipe_makes_it_again_and_show_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert repaint("--prompt", "the ball becomes a dog", "--seed", "3") == 0
    assert main(["generate", "new.png", "-o", "again.png", "--quiet"]) == 0
    assert alike("again.png", "new.png")
    assert read_recipe(Path("again.png")).repaints == read_recipe(Path("new.png")).repaints
    capsys.readouterr()
    assert main(["show", "new.png"]) == 0
    said = capsys.readouterr().out
    assert "object 1: a red ball" in said
    where = describe_box(read_recipe(Path("new.png")).plan.objects[1].box)
    assert f"repaint: a dog  {where}  seed 3, 1 binding steps" in said
    assert "repaint prompt: a cat on the left and a dog on the right" in said
    assert "repaint cell 1: a dog" in said
    assert main(["show", "new.png", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["repaints"][0]["seed"] == 3


def test_a_mask_and_its_inverse_and_a_box() -> None:
    black = np.full((256, 256), 255, np.uint8)
    black[96:160, 160:224] = 0
    Image.fromarray(black).save("mask.png")
    Image.fromarray(255 - black).save("inverse.png")
    assert repaint("--mask", "mask.png", "--prompt", "a dog", output="masked.png") == 0
    assert repaint("--mask", "inverse.png", "--invert-mask", "--prompt", "a dog", output="inverted.png") == 0
    assert alike("masked.png", "inverted.png")
    assert main(["generate", "masked.png", "-o", "again.png", "--quiet"]) == 0
    assert alike("masked.png", "again.png")
    [masked] = read_recipe(Path("masked.png")).repaints
    assert masked.prompt == "a cat on the left and a dog on the right"  # the mask holds most of the ball
    assert repaint("--box", "0.625,0.375,0.25,0.25", "--prompt", "a dog", output="boxed.png") == 0
    [boxed] = read_recipe(Path("boxed.png")).repaints
    assert boxed.mask == Box(0.625, 0.375, 0.25, 0.25)  # a mask grows by 10 px, a box does not
    assert boxed.prompt == "a cat on the left and a red ball on the right, with a dog"
    assert (pixels("boxed.png") != pixels("masked.png")).any()


@pytest.mark.parametrize(
    "options",
    [
        ["--seed", "9"],
        ["--binding-steps", "0"],
        ["--whole-prompt", "a cow"],
        ["--cell-prompt", "1", "a cow"],
    ],
)
def test_every_option_has_an_effect(options: list[str]) -> None:
    assert repaint("--object", "1", "a dog", output="base.png") == 0
    assert repaint("--object", "1", "a dog", *options, output="changed.png") == 0
    assert read_recipe(Path("base.png")).repaints != read_recipe(Path("changed.png")).repaints
    assert (pixels("base.png") != pixels("changed.png")).any()


def test_single_stream_has_an_effect_below_full_refinement() -> None:
    assert main(["generate", "out.png", "-o", "out.png", "--refinement", "0.5", "--quiet"]) == 0
    assert repaint("--object", "1", "a dog", output="base.png") == 0
    assert repaint("--object", "1", "a dog", "--single-stream", output="changed.png") == 0
    assert (pixels("base.png") != pixels("changed.png")).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "say what to paint"),
        (["--prompt", "a dog"], "say where to paint"),
        (["--mask", "white.png", "--prompt", "a dog"], "black (0..128) is painted anew, white is kept"),
        (["--mask", "missing.png", "--prompt", "a dog"], "missing.png"),
        (["--mask", "text.png", "--prompt", "a dog"], "is not a picture"),
        (["--box", "0.9,0,0.5,0.5", "--prompt", "a dog"], "the mask's box"),
        (["--object", "2", "a dog"], "there is no object 2; the plan's objects are 0..1"),
        (["--object", "ball", "a dog"], "needs a number first"),
        (["--object", "1", "a dog", "--prompt", "a cow"], "leave --prompt out"),
        (["--prompt", "the hat becomes a dog"], "the plan has no object 'the hat'"),
        (["--object", "1", "a dog", "--cell-prompt", "2", "a dog"], "there is no cell 2"),
        (["--object", "1", "a dog", "--binding-steps", "2"], "--binding-steps"),
        (["--object", "1", "a dog", "--invert-mask"], "--invert-mask is for --mask"),
    ],
)
def test_errors_are_one_line(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("L", (64, 64), 255).save("white.png")
    Path("text.png").write_text("no picture")
    assert repaint(*options) == 1
    said = capsys.readouterr().err
    assert message in said
    assert len(said.splitlines()) == 1
    assert not Path("new.png").exists()


def test_a_repainted_picture_is_repainted_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert repaint("--object", "1", "a blue book") == 0
    assert main(["repaint", "new.png", "--prompt", "the book becomes a dog", "-o", "twice.png", "--quiet"]) == 0
    assert main(["repaint", "twice.png", "--object", "0", "a cow", "-o", "thrice.png", "--quiet"]) == 0
    recipe = read_recipe(Path("thrice.png"))
    assert [each.object_prompt for each in recipe.repaints] == ["a blue book", "a dog", "a cow"]
    assert [item.prompt for item in recipe.shown.objects] == ["a cow", "a dog"]
    assert recipe.plan == read_recipe(Path("out.png")).plan
    before, after = pixels("twice.png"), pixels("thrice.png")
    assert np.abs(before[:, 144:] - after[:, 144:]).max() <= 24  # the dog stays
    assert main(["generate", "thrice.png", "-o", "again.png", "--quiet"]) == 0
    assert alike("again.png", "thrice.png")
    capsys.readouterr()
    assert main(["show", "thrice.png"]) == 0
    said = capsys.readouterr().out
    assert "object 1: a red ball" in said
    assert "repaint 3: a cow" in said
    assert "now object 1: a dog" in said
    assert main(["draw", "thrice.png", "-o", "layout.png"]) == 0


def test_a_mask_of_another_size_of_picture(capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("L", (64, 64), 0).save("black.png")
    assert repaint("--mask", "black.png", "--prompt", "a dog") == 0
    assert main(["generate", "new.png", "--size", "128x128", "-o", "other.png", "--quiet"]) == 1
    assert "the mask was made for 256×256 pixels, the canvas is 128×128" in capsys.readouterr().err


def test_a_box_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        repaint("--box", "1,2,3", "--prompt", "a dog")
    assert caught.value.code == 2
    assert "must be X,Y,W,H" in capsys.readouterr().err
