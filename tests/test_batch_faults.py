"""Processes killed at random moments: afterwards every picture is there once, as if nothing had happened.

Run by `make test-batch`; twenty moments for each kind of fault.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.faults

MOMENTS = int(os.environ.get("RAGPLAN_MOMENTS", "20"))
SENTENCES = ("a cup", "a cat above a dog", "a hat on the left and a red ball on the right")
COMMAND = [sys.executable, "-m", "generator.cli", "batch", "prompts.jsonl", "-o", "out", "--backend", "rules"]
OPTIONS = ["--painters", "2", "--steps", "2", "--size", "128x128", "--device", "cpu", "--quiet"]
PICTURES = 12


def begin(folder: Path, *more: str) -> "subprocess.Popen[bytes]":
    lines = [
        {"prompt": sentence, "id": f"p{i}", "seed": 10 * i, "images": PICTURES // len(SENTENCES)}
        for i, sentence in enumerate(SENTENCES)
    ]
    (folder / "prompts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return subprocess.Popen(
        [*COMMAND, *OPTIONS, *more], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def finish(folder: Path, *more: str) -> None:
    process = begin(folder, *more)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()


def pictures(folder: Path) -> dict[str, bytes]:
    return {path.name: Image.open(path).tobytes() for path in (folder / "out").glob("*.png")}


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    folder = tmp_path_factory.mktemp("undisturbed")
    start = time.monotonic()
    finish(folder)
    assert len(pictures(folder)) == PICTURES
    return pictures(folder), time.monotonic() - start


def kill_driver(process: "subprocess.Popen[bytes]") -> None:
    process.kill()


def kill_all(process: "subprocess.Popen[bytes]") -> None:
    os.killpg(process.pid, signal.SIGKILL)


def kill_painter(process: "subprocess.Popen[bytes]") -> None:
    if found := children(process.pid):
        os.kill(random.choice(found), signal.SIGKILL)


@pytest.mark.parametrize("kill", [kill_driver, kill_all, kill_painter], ids=lambda kill: kill.__name__)
@pytest.mark.parametrize("moment", range(MOMENTS))
def test_every_picture_is_there_once_and_as_it_would_have_been(
    moment: int,
    kill: Callable[["subprocess.Popen[bytes]"], None],
    undisturbed: tuple[dict[str, bytes], float],
    tmp_path: Path,
) -> None:
    expected, seconds = undisturbed
    process = begin(tmp_path)
    time.sleep(random.Random(f"{kill.__name__} {moment}").uniform(0, seconds))
    kill(process)
    process.communicate(timeout=300)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.png")}
    finish(tmp_path, "--retry-failed")
    assert pictures(tmp_path) == expected
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.png")}
    assert {name: after[name] for name in before} == before  # nothing was made twice
    lines = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    there = [(line["id"], line["seed"]) for line in lines if line["status"] != "failed"]
    assert len(there) == len(set(there)) == PICTURES
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".ragplan-")]
