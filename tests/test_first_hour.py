"""What people type in their first hour: the wrong word is named, before anything is planned, loaded or paid."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from generator import (
    Painter,
    RenderSettings,
    Result,
    generate,
    mend,
    paint_many,
    plan_and_generate,
    read_source,
    review_picture,
)
from generator.batch import worker
from generator.batch.local_seats import OwnSeat
from generator.batch.seats import PainterDiedError, PaintJob, SeatOptions
from generator.cli import main
from generator.families.detecting import checkpoint_of, profile_of
from generator.progress import OnProgress, Progress
from generator.recipe import Recipe, save_picture
from generator.weights import hub
from planner import BackendError, Box, Cell, ObjectBox, Plan, RagplanError, RenderError, Row, export_plan
from planner.formats import FORMATS

PLAN = Plan("a cup", (Row(1, (Cell(1, "a cup"),)),), (ObjectBox("a cup", Box(0.25, 0.25, 0.5, 0.5)),))
RECIPE = Recipe(PLAN, RenderSettings.for_model("embedded", seed=1))


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, with no key and no hub."""

    def refused(*_: Any, **__: Any) -> None:
        raise ConnectionError("no hub")

    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "RAGPLAN_LLM", "RAGPLAN_IMAGE_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(hub.HfApi, "model_info", refused)
    PLAN.save("plan.json")
    Path("sentences.txt").write_text("a cup\na hat\n")
    Path("empty.json").write_text("[]")
    Path("folder").mkdir()
    save_picture(Image.new("RGB", (256, 256)), "out.png", RECIPE)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["a dog", "--model", "./nope"], "there is no folder './nope'; a model is"),
        (["a dog", "--model", "../nope/flux"], "there is no folder '../nope/flux'; a model is"),
        (["a dog", "--model", "nope/"], "there is no folder 'nope/'; a model is"),
        (["a dog", "--review", "spirtes"], "unknown reviewer 'spirtes'"),
        (["a dog", "--rounds", "2"], "--rounds needs somebody who looks: --review NAME"),
        (["a dog", "--review", "vlm:gpt-4o"], "vlm needs a key (set OPENAI_API_KEY, or OPENAI_BASE_URL for a server"),
        (["a dog", "--review", "detector:./nope"], "detector cannot load './nope': there is no folder './nope'"),
        (["a dog", "--review", "detector"], "neither a folder nor downloaded yet, and the hub cannot be reached"),
        (["plan", "a dog", "--prompts", "nodir"], "there is no folder 'nodir' with prompts of your own"),
        (["plan", "a dog", "-o", "folder"], "cannot write 'folder': it is a folder"),
        (["a dog", "--save-plan", "folder"], "cannot write 'folder': it is a folder"),
        (["export", "plan.json", "--to", "lmd", "-o", "folder"], "cannot write 'folder': it is a folder"),
        (["generate", "a dog on a red car"], "no file 'a dog on a red car'; a sentence is painted by: ragplan 'a dog"),
        (["generate", "nothing.png"], "there is no file 'nothing.png'"),
        (["generate", "sentences.txt"], "a file of sentences is painted by: ragplan batch sentences.txt -o FOLDER"),
        (["check", "empty.json"], "'empty.json' is an empty list: there is neither a plan nor a parameter set in it"),
        (
            ["batch", "sentences.txt", "-o", "plan.json"],
            "need a folder to go to; 'plan.json' is a file",
        ),
        (["edit", "plan.json", ""], "the sentence is empty; known are"),
        (
            ["generate", "plan.json", "--image", "9=redux:sentences.txt"],
            "there is no object 9 for a picture; the plan's",
        ),
        (["generate", "plan.json", "--image", "1=redux:nope.png"], "there is no object 1 for a picture; the plan's"),
        (["repaint", "out.png", "--image", "1=redux:nope.png"], "for a picture; the plan's objects are 0 'a cup'"),
        (["repaint", "out.png", "--object", "1", "a hat"], "there is no object 1; the plan's objects are 0..0"),
        (["repaint", "out.png", "--object", "-1", "a hat"], "the plan's objects are 0..0, as `ragplan show` prints"),
        (
            ["repaint", "out.png", "--box", "-0.1,0,0.5,0.5", "--prompt", "a hat"],
            "reaches off the canvas: x -0.1 to 0.4, y 0.0 to 0.5; all must be in 0..1",
        ),
        (["generate", "plan.json", "--seed", "-1"], "--seed must be a whole number in 0..18446744073709551615, got -1"),
        (["generate", "plan.json", "--images", "-1"], "--images must be a whole number from 1 up, got -1"),
        (["batch", "sentences.txt", "-o", "many", "--gpus-per-painter", "-1"], "must be 0 or more, got -1"),
    ],
)
def test_a_wrong_word_is_told_before_anything_is_done(
    line: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line) == 1
    out, err = capsys.readouterr()
    assert said in err.replace("\n", " ")
    assert not out
    assert "planning" not in err
    assert [str(path) for path in Path().glob("*.png")] == ["out.png"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["a dog", "--size", "-64x64"], "--size: must be WIDTHxHEIGHT in px, each a whole number in 16..8192"),
        (["a dog", "--size", "-64x64"], "got '-64x64'"),
        (
            ["a dog", "--binding-steps", "-2"],
            "--binding-steps: must be a number of steps, from 0 up, or none; got '-2'",
        ),
        (["a dog", "--image", "-1=redux:cat.png"], "N must be the number of an object, from 0, got '-1'"),
        (["a dog", "--seed", "-1x"], "--seed: '-1x' is not a whole number"),
        (["a dog", "--rounds", "-1x"], "--rounds: '-1x' is not a whole number"),
        (["a dog", "--seconds", "-1x"], "--seconds: '-1x' is not a number"),
        (["repaint", "out.png", "--box", "-1,-2", "--prompt", "a hat"], "--box: must be X,Y,W,H in fractions"),
    ],
)
def test_a_negative_value_is_a_value_and_no_option(
    line: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(line)
    assert said in capsys.readouterr().err


def test_what_is_no_plan_and_no_picture_is_told_in_python() -> None:
    wrong: Any = "out.png"
    settings: Any = "embedded"
    asked: list[tuple[Callable[[], object], str]] = [
        (lambda: generate("a dog"), "a plan or a recipe, got 'a dog' (plan_and_generate paints a sentence"),  # type: ignore[arg-type]
        (lambda: generate(None), "a plan or a recipe, got None"),  # type: ignore[arg-type]
        (lambda: generate(PLAN, settings), "the settings are RenderSettings"),
        (lambda: Painter("embedded").repaint(wrong, "a dog"), "a picture is a Result, such as Result.open('out.png')"),
        (lambda: mend(Painter("embedded"), wrong, "sprites"), "a picture is a Result"),
        (lambda: review_picture(wrong, "sprites"), "a picture is a Result"),
        (lambda: list(paint_many("a dog", "many")), "prompts are several, such as ['a dog']"),
        (lambda: list(paint_many(["a dog"], "plan.json")), "'plan.json' is a file"),
        (lambda: plan_and_generate("a cup", rounds=2), "rounds needs somebody who looks: review=NAME"),
        (lambda: plan_and_generate("a cup", review="vlm:gpt-4o"), "vlm needs a key"),
        (lambda: plan_and_generate("a cup", size="64x64"), "unknown setting 'size'"),
        (lambda: RenderSettings.for_model("embedded", size="64x64"), "(give width and height)"),
        (lambda: RenderSettings.for_model("embedded", device="cpu"), "(it is one of LoadOptions)"),
    ]
    for call, said in asked:
        with pytest.raises(RagplanError) as caught:
            call()
        assert isinstance(caught.value, RenderError | BackendError)
        assert said in str(caught.value)
    assert not Path("many").exists()


def test_a_hub_s_names_are_still_names() -> None:
    for name in ("black-forest-labs/FLUX.1-dev", "a/b", "owner/name_2", "0x/model.v1"):
        assert hub.find_model(name) == name
    hub.check_file("a PuLID checkpoint", "guozinan/PuLID/pulid_flux_v0.9.1.safetensors", (".safetensors",))
    with pytest.raises(RenderError, match=r"there is no file '\./x/y/z\.safetensors'"):
        hub.check_file("a LoRA", "./x/y/z.safetensors", (".safetensors",))


def test_a_run_that_ends_waits_until_its_painting_thread_has_left_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, left, ended = threading.Event(), threading.Event(), list[str]()

    class EndlessPainter:
        def __init__(self, **_: Any) -> None: ...

        def together(self, _: Sequence[Recipe], *, on_progress: OnProgress) -> None:
            try:
                while True:
                    begun.set()
                    time.sleep(0.01)
                    on_progress(Progress("paint"))
            finally:
                left.set()

    monkeypatch.setattr(worker, "Painter", EndlessPainter)
    seat = OwnSeat(SeatOptions())

    def work() -> None:
        try:
            seat.paint([PaintJob(RECIPE.to_dict(), "never.png")])
        except PainterDiedError as error:
            ended.append(str(error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert begun.wait(60)
    seat.close()
    assert left.is_set()
    thread.join(60)
    assert ended == ["the run ended while it was painted"]
    assert not Path("never.png").exists()


def test_a_picture_that_is_opened_is_one() -> None:
    with pytest.raises(RenderError, match=r"'plan.json' is not a picture"):
        Result.open("plan.json")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("suffix", [".json", ".txt"])
def test_what_export_writes_is_drawn_and_checked_and_has_the_model_s_own_settings(name: str, suffix: str) -> None:
    file, text = f"theirs{suffix}", export_plan(PLAN, name)
    if suffix == ".json" and not text.startswith("{"):
        pytest.skip(f"what {name} writes is no JSON")
    Path(file).write_text(text + "\n")
    recipe = read_source(file, model="embedded")
    back = [(item.prompt, item.box.iou(PLAN.objects[0].box) > 0.8) for item in recipe.plan.objects]
    assert back == [("a cup", True)]
    assert replace(recipe.settings, seed=1) == RECIPE.settings
    assert main(["check", file, "--quiet"]) == 0
    assert main(["draw", file, "-o", "drawn.png", "--quiet"]) == 0


def test_show_names_no_guidance_of_a_model_that_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    models = ("black-forest-labs/FLUX.1-dev", "black-forest-labs/FLUX.1-schnell", "black-forest-labs/FLUX.2-klein-4B")
    for model, shown in {"embedded": 0, models[0]: 1, models[1]: 0, models[2]: 0}.items():
        save_picture(
            Image.new("RGB", (256, 256)), "shown.png", replace(RECIPE, settings=RenderSettings.for_model(model))
        )
        assert main(["show", "shown.png"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert sum(line.startswith("  guidance_scale: ") for line in lines) == shown
        assert sum(line.startswith("  steps: ") for line in lines) == 1
    for model in ("FLUX.2-dev", "FLUX.2-klein-base-4B"):
        name = f"black-forest-labs/{model}"
        assert profile_of(name).works(checkpoint_of(name)).guidance


MISTYPED = {  # of commands and options, and what is meant; None where nothing is near enough to be meant
    "genrate": "generate", "plna": "plan", "darw": "draw", "repiant": "repaint", "chekc": "check", "exprot": "export",
    "modles": "models", "bacth": "batch", "stduio": "studio", "mned": "mend", "reviw": "review", "model": "models",
    "plane": None, "planet": None, "plant": None, "menu": None, "medal": None, "moon": None, "showcase": None,
    "--stpes": "--steps", "--sed": "--seed", "--szie": "--size", "--modle": "--model", "--devcie": "--device",
    "--ofload": "--offload", "--quantise": "--quantize", "--guidence": "--guidance", "--lorra": "--lora",
    "--revew": "--review", "--dryrun": "--dry-run", "--outptu": "--output", "--retry-fail": "--retry-failed",
    "--gpu-id": None, "--json-schema": None, "--hires": None, "--strength": None, "--force": None,
}  # fmt: skip


@pytest.mark.parametrize(("typed", "meant"), MISTYPED.items())
def test_what_is_asked_of_a_mistyped_word_is_near_it(
    typed: str, meant: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["a dog", typed, "3"] if typed.startswith("--") else [typed, "--dry-run"]
    if meant is None and not typed.startswith("--"):
        assert main(line) == 0  # a thing to paint
        return
    with pytest.raises(SystemExit):
        main(line)
    said = capsys.readouterr().err
    assert ("did you mean" in said) == (meant is not None)
    assert meant is None or re.search(rf"did you mean (the command '{meant}'|{meant}(\?|, one of))", said)
    assert meant is not None or "no command has it" in said


def test_an_option_of_another_command_is_no_short_form_of_one_of_this(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--prompt", "a dog"])
    assert 'the sentence stands without an option: ragplan "a dog"' in capsys.readouterr().err


def test_a_file_may_have_a_name_of_one_letter_or_that_of_a_hidden_one() -> None:
    Path(".lan").touch()
    for name in ("3", "plan"):
        assert main(["plan", "a cup", "-o", name, "--quiet"]) == 0
        assert Plan.load(name).objects[0].prompt == "a cup"
    assert sorted(path.name for path in Path().glob(".*")) == [".lan"]


def test_loading_the_generator_is_silent_and_leaves_the_libraries_as_they_were() -> None:
    script = (
        "from generator import *\n"
        "from diffusers.utils import logging as one\n"
        "from transformers.utils import logging as two\n"
        "print([(each.get_verbosity(), each.is_progress_bar_enabled()) for each in (one, two)])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[(30, True), (30, True)]\n", "")


def test_the_readme_s_table_is_what_make_measure_measures() -> None:
    root = Path(__file__).parent.parent
    said = re.search(r"(\d+) sentences each of two, three, four and six", (root / "README.md").read_text())
    made = re.findall(r"(\d+) held-back sentences each|--combinations (\d+)", (root / "Makefile").read_text())
    assert said is not None
    assert [one or other for one, other in made] == [said[1], said[1]]
