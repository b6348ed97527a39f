"""The command line through its real entry point, on the embedded model."""

import json
import os
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest
from painting import alike
from PIL import Image

from generator.cli import main
from generator.recipe import Recipe, read_recipe, save_picture
from generator.settings import MODEL_VARIABLE, RenderSettings
from planner import Box, Cell, ImagePrompt, ObjectBox, Plan, Planner, Row

COMMAND = Path(sysconfig.get_path("scripts")) / "ragplan"
FAST = ["--steps", "2", "--binding-steps", "1", "--quiet"]
SENTENCE = "a cat on the left and a red ball on the right"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAGPLAN_IMAGE_MODEL", raising=False)
    return tmp_path


def pixels(path: str | Path) -> tuple[tuple[int, int], bytes]:
    with Image.open(path) as image:
        return image.size, image.tobytes()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False)


def test_a_sentence_becomes_a_picture_that_can_be_made_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([SENTENCE, "--seed", "5", "--save-plan", "plan.json", *FAST]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.name == "a-cat-on-the-left-and-a-red-ball-on-the-right.png"
    assert pixels(path)[0] == (256, 256)
    recipe = read_recipe(path)
    assert recipe.plan == Plan.load(Path("plan.json"))
    assert [item.prompt for item in recipe.plan.objects] == ["a cat", "a red ball"]
    assert (recipe.settings.seed, recipe.settings.steps, recipe.settings.hard_binding_steps) == (5, 2, 1)

    assert main(["generate", str(path), "-o", "again.png", "--quiet"]) == 0
    assert alike("again.png", path)
    assert read_recipe(Path("again.png")).settings == recipe.settings
    assert main(["generate", "plan.json", "-o", "other.png", "--seed", "6", *FAST]) == 0
    assert not alike("other.png", path)
    assert not list(tmp_path.glob(".*"))


def test_without_a_seed_each_picture_is_new_and_no_file_is_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert main(["a dog", "--size", "64x64", *FAST]) == 0
    first, second = capsys.readouterr().out.split()
    assert (first, second) == ("a-dog.png", "a-dog-2.png")
    assert read_recipe(Path(first)).settings.seed != read_recipe(Path(second)).settings.seed


@pytest.mark.parametrize(
    ("option", "value"),
    [("--seed", "9"), ("--steps", "3"), ("--binding-steps", "none"), ("--refinement", "0.5"), ("--size", "128x256")],
)
def test_every_option_has_an_effect(option: str, value: str) -> None:
    base = ["generate", "plan.json", "--seed", "1", "--quiet", "--steps", "2"]
    assert main(["plan", SENTENCE, "-o", "plan.json"]) == 0
    assert main([*base, "-o", "base.png"]) == 0
    assert main([*base, option, value, "-o", "changed.png"]) == 0
    assert pixels("changed.png") != pixels("base.png")


def test_plan_and_draw(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", SENTENCE]) == 0
    plan = Plan.from_dict(json.loads(capsys.readouterr().out))
    assert len(plan.objects) == 2
    assert main(["plan", SENTENCE, "-o", "plan.json"]) == 0
    assert Plan.load(Path("plan.json")) == plan
    assert main(["draw", "plan.json", "-o", "layout.png"]) == 0
    assert pixels("layout.png")[0][0] == 768


def test_a_plan_alone_is_for_a_full_models_canvas_or_for_that_of_the_model_that_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def planned(*options: str) -> Plan:
        assert main(["plan", SENTENCE, "--backend", "rules", *options]) == 0
        return Plan.from_dict(json.loads(capsys.readouterr().out))

    planner = Planner("rules")
    large, small = (planner.plan(SENTENCE, width=side, height=side).plan for side in (1024, 256))
    assert large != small
    assert planned() == large
    assert planned("--model", "embedded") == planned("--size", "256x256") == small
    monkeypatch.setenv(MODEL_VARIABLE, "embedded")
    assert planned() == small


def test_show_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([SENTENCE, "-o", "a.png", "--seed", "3", "--json", *FAST]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["image"] == "a.png"
    assert printed["settings"]["seed"] == 3
    assert main(["show", "a.png"]) == 0
    assert "object 1: a red ball" in capsys.readouterr().out
    assert main(["show", "a.png", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["plan"] == printed["plan"]


def test_show_says_what_else_the_plan_wants(capsys: pytest.CaptureFixture[str]) -> None:
    image = ImagePrompt("redux", str(Path.cwd() / "cat.jpg"), 0.5)
    item = ObjectBox("", Box(0, 0, 1, 1), image, hard_binding_steps=3)
    plan = Plan("cats", (Row(1, (Cell(1, "a cat", 0.25),)),), (item,), refinement_steps=(2, 9))
    save_picture(Image.new("RGB", (16, 16)), Path("a.png"), Recipe(plan, RenderSettings()))
    assert main(["show", "a.png"]) == 0
    shown = capsys.readouterr().out
    for words in ("object 0: cat.jpg", "cat.jpg × 0.5", "binds for 3 steps", "refinement 0.25", "steps 2 to 8"):
        assert words in shown


def test_words_that_the_embedded_model_does_not_know_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["a zebra next to a dog", "-o", "a.png", "--steps", "1", "--binding-steps", "1"]) == 0
    said = capsys.readouterr().err
    assert "does not know what 'a zebra' is" in said
    assert "elephant" in said
    assert "FLUX.1-dev" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a dog", "-o", "a.jpg"], "are .png files"),
        (["a dog", "--size", "100x64"], "multiple of 16"),
        (["a dog", "--refinement", "2"], "0..1"),
        (["a dog", "--steps", "0"], "--steps must be a whole number from 1 up, got 0"),
        (["a dog", "--binding-steps", "21"], "--binding-steps must be"),
        (["a dog", "--model", "no/such/folder/here"], "no folder"),
        (["a dog", "--device", "abacus"], "unknown device"),
        (["a dog", "--seed", "99999999999999999999"], "--seed must be a whole number in 0..18446744073709551615"),
        (["a dog", "--timeout", "nan"], "--timeout must be above 0 and at most 86400 seconds, got nan"),
        (["a dog", "--timeout", "1e300"], "--timeout must be above 0"),
        (["a dog", "--size", "1920x1080"], "multiple of 16 pixels, got 1080"),
        (["a dog", "--backend", "ruls"], "did you mean"),
        (["generate", "missing.json"], "no file"),
        (["show", "missing.png"], "missing.png"),
        (["draw", "missing.json"], "no file"),
    ],
)
def test_errors_are_one_line_and_exit_1(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*arguments, *(["--quiet"] if arguments[0] == "a dog" else [])]) == 1
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.startswith("ragplan: ")
    assert len(said.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_interrupting_leaves_no_half_file_and_exits_130(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [COMMAND, "a dog", "-o", "a.png", "--steps", "5000"],
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # in the background it would be ignored
    )
    assert process.stderr is not None
    seen = ""
    deadline = time.monotonic() + 300
    while "/5000" not in seen and time.monotonic() < deadline and process.poll() is None:
        seen += os.read(process.stderr.fileno(), 4096).decode()
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 130
    assert not list(tmp_path.iterdir())


def test_help_loads_neither_torch_nor_transformers() -> None:
    code = (
        "import sys\nfrom generator.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as done: assert not done.code\n"
        "assert not {'torch', 'transformers', 'diffusers'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "One sentence in" in done.stdout


def test_the_installed_command() -> None:
    done = run("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("ragplan 0.")


def test_backends_says_what_each_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "RAGPLAN_LLM"):
        monkeypatch.delenv(name, raising=False)
    done = run("backends", "--json")
    found = {backend["name"]: backend for backend in json.loads(done.stdout)}
    assert found["auto"]["summary"].endswith("now rules")
    assert found["openai"]["needs"].startswith("OPENAI_API_KEY")
    assert found["rules"]["needs"] == ""
    assert "needs OPENAI_API_KEY" in run("backends").stdout


def test_the_cache_can_be_found_and_cleared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = Path(run("cache", "where").stdout.strip())
    folder.mkdir(parents=True)
    (folder / "abc.json").write_text("{}")
    assert run("cache", "clear").stdout == "1 plans deleted\n"
    assert list(folder.iterdir()) == []


def test_a_backend_without_a_key_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    done = run("plan", "a dog", "--backend", "openai")
    assert done.returncode == 1
    assert done.stderr.startswith("ragplan: openai needs a key (set OPENAI_API_KEY, or OPENAI_BASE_URL")
    done = run("plan", "a dog", "--backend", "openai,rules")
    assert done.returncode == 0
    assert json.loads(done.stdout)["objects"][0]["prompt"] == "a dog"
    assert "openai needs a key" in done.stderr


def test_a_style_and_own_prompts(tmp_path: Path) -> None:
    done = run("plan", "a dog", "--style", "watercolor")
    assert json.loads(done.stdout)["prompt"] == "a dog, watercolor"
    done = run("plan", "a dog", "--prompts", str(tmp_path))
    assert done.returncode == 1
    assert "holds no prompts" in done.stderr
