"""A checkpoint is fetched from a hub, and whoever listens is told its bytes. The hub is a server in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_hub import HubHandler, served

SHA = "1" * 40
INDEX = {"_class_name": "FluxPipeline", "vae": ["diffusers", "AutoencoderKL"], "image_encoder": [None, None]}
FILES = {
    "model_index.json": json.dumps(INDEX).encode(),
    "vae/config.json": b"{}",
    "vae/diffusion_pytorch_model.safetensors": b"w" * 3_000_000,
    "vae/diffusion_pytorch_model.fp16.safetensors": b"h" * 1000,
    "whole.safetensors": b"a" * 500_000,
    "image_encoder/model.safetensors": b"n" * 1000,
}
WANTED = len(FILES["vae/config.json"]) + 3_000_000
FETCH = """
import json, sys
from generator.weights.downloads import fetch
told = []
def listen(progress):
    told.append(progress)
    if sys.argv[2] == "stop":
        raise RuntimeError("stopped by the listener")
try:
    fetch(json.loads(sys.argv[1]), listen)
except RuntimeError as error:
    print("raised", error)
print(json.dumps([progress.to_dict() for progress in told]))
"""


class Hub(HubHandler):
    """A hub with one model, acme/model."""

    def reply(self) -> None:
        path = self.path.split("?")[0]
        if path.startswith("/api/models/acme/model/tree/"):
            entries = [
                {"type": "file", "path": name, "size": len(data), "oid": "2" * 40} for name, data in FILES.items()
            ]
            self.answer(json.dumps(entries).encode(), "application/json")
        elif path.startswith("/api/models/acme/model"):
            info = {"id": "acme/model", "sha": SHA, "siblings": [{"rfilename": name} for name in FILES]}
            self.answer(json.dumps(info).encode(), "application/json")
        elif path.startswith("/acme/model/resolve/") and (name := path.split("/", 5)[5]) in FILES:
            self.answer(FILES[name], "application/octet-stream")
        else:
            self.answer(b"{}", "application/json", 404)

    def answer(self, data: bytes, kind: str, status: int = 200) -> None:
        names = {"X-Repo-Commit": SHA, "ETag": f'"{len(data)}"', "Content-Type": kind}
        if status == 404:
            names["X-Error-Code"] = "EntryNotFound"
        self.send(status, names, data)


@pytest.fixture
def hub() -> Iterator[str]:
    with served(Hub) as address:
        yield address


def fetched(hub: str, home: Path, weights: dict[str, object], way: str = "go") -> list[str]:
    """Fetch in a process of its own, as the hub's address is read once, at import; return what it printed."""
    environment = {"HF_ENDPOINT": hub, "HF_HOME": str(home), "PATH": os.environ["PATH"], "NO_PROXY": "*"}
    environment |= {"PYTHONPATH": os.pathsep.join(sys.path), "HF_HUB_DISABLE_XET": "1"}
    command = [sys.executable, "-c", FETCH, json.dumps(weights), way]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert "%|" not in run.stderr  # no bar but the listener's
    return run.stdout.splitlines()


def test_the_bytes_of_a_pipelines_parts_are_told_once(hub: str, tmp_path: Path) -> None:
    told = json.loads(fetched(hub, tmp_path, {"model": "acme/model"})[-1])
    assert {(event["stage"], event["text"], event["unit"]) for event in told} == {("download", "acme/model", "bytes")}
    assert {event["total"] for event in told} == {WANTED}  # no other variant, no part that the pipeline has none of
    done = [event["done"] for event in told]
    assert done == sorted(done)
    assert done[-1] == WANTED
    assert json.loads(fetched(hub, tmp_path, {"model": "acme/model"})[-1]) == []  # it is here now


def test_a_file_of_the_hub_is_told_too(hub: str, tmp_path: Path) -> None:
    told = json.loads(fetched(hub, tmp_path, {"model": "embedded", "lora": ["acme/model/whole.safetensors:0.5"]})[-1])
    assert (told[-1]["text"], told[-1]["done"]) == ("acme/model/whole.safetensors", 500_000)


def test_a_listener_stops_the_download(hub: str, tmp_path: Path) -> None:
    raised, told = fetched(hub, tmp_path, {"model": "acme/model"}, "stop")
    assert raised == "raised stopped by the listener"
    assert len(json.loads(told)) == 1


@pytest.mark.parametrize("weights", [{"model": "acme/nothing"}, {"model": "embedded"}, {"model": "nowhere/at/all"}])
def test_what_is_not_there_is_left_to_the_loader(weights: dict[str, object], hub: str, tmp_path: Path) -> None:
    assert fetched(hub, tmp_path, weights) == ["[]"]


def fetched_nowhere(home: Path) -> str:
    """Fetch acme/model where no hub answers; return what was printed, "" if nothing was raised."""
    code = (
        "from generator.weights.downloads import fetch; from planner.errors import RenderError\n"
        "try: fetch({'model': 'acme/model'}, print)\n"
        "except RenderError as error: print(error)"
    )
    environment = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(home), "PATH": os.environ["PATH"]}
    environment |= {"PYTHONPATH": os.pathsep.join(sys.path), "NO_PROXY": "*"}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert not run.stdout or "Retrying" not in run.stderr  # the hub is asked once
    return run.stdout


def test_without_a_hub_only_what_is_not_here_is_an_error(hub: str, tmp_path: Path) -> None:
    assert "'acme/model' is neither a folder nor downloaded yet, and the hub cannot be reached" in fetched_nowhere(
        tmp_path
    )
    fetched(hub, tmp_path, {"model": "acme/model"})
    assert fetched_nowhere(tmp_path) == ""
