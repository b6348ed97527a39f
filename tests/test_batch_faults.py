"""Faults at random moments: afterwards every picture is there once, as if nothing had happened.

Killed: the driver, all processes, a painter; on a Ray cluster of two nodes the driver, a painter, a planner and a node.
Besides a disk that is full and a language model's server that is busy. Run by `make test-batch`; twenty moments for
each kind of fault, or RAGPLAN_MOMENTS.
"""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from llm_server import Answer, completion, failure, serve
from PIL import Image

pytestmark = pytest.mark.faults

MOMENTS = int(os.environ.get("RAGPLAN_MOMENTS", "20"))
SENTENCES = ("a cup", "a cat above a dog", "a hat on the left and a red ball on the right")
COMMAND = [sys.executable, "-m", "generator.cli", "batch", "prompts.jsonl", "-o", "out", "--no-cache"]
OPTIONS = ["--painters", "2", "--steps", "2", "--size", "128x128", "--device", "cpu", "--quiet"]
REST = ("--backend", "rules", "--painters", "1", "--retry-failed")
PICTURES = 12


def begin(folder: Path, *more: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
    lines = [
        {"prompt": sentence, "id": f"p{i}", "seed": 10 * i, "images": PICTURES // len(SENTENCES)}
        for i, sentence in enumerate(SENTENCES)
    ]
    (folder / "prompts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with (folder / "errors.txt").open("ab") as errors:
        return subprocess.Popen(
            [*COMMAND, *OPTIONS, *(more or ("--backend", "rules"))],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
            env={**os.environ, **(env or {})},
        )


def begin_and_wait(folder: Path, wait_s: float, *more: str) -> "subprocess.Popen[bytes]":
    """Return a run that has gone on so long. One that is over by then is begun anew, and waited for half as long."""
    while True:
        process = begin(folder, *more)
        time.sleep(wait_s)
        if process.poll() is None:
            return process
        shutil.rmtree(folder / "out", ignore_errors=True)
        wait_s /= 2


def finish(folder: Path, *more: str, env: Mapping[str, str] | None = None) -> None:
    process = begin(folder, *more, env=env)
    process.communicate(timeout=600)
    assert process.returncode == 0, (folder / "errors.txt").read_text()


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
    process = begin_and_wait(tmp_path, random.Random(f"{kill.__name__} {moment}").uniform(0, seconds))
    kill(process)
    process.communicate(timeout=300)
    check_the_rest(tmp_path, expected, *REST)


def check_the_rest(folder: Path, expected: dict[str, bytes], *more: str, env: Mapping[str, str] | None = None) -> None:
    """After the same command once more everything is there once, what was there is untouched, and nothing else is."""
    before = {path.name: path.stat().st_mtime_ns for path in (folder / "out").glob("*.png")}
    finish(folder, *more, env=env)
    assert pictures(folder) == expected
    after = {path.name: path.stat().st_mtime_ns for path in (folder / "out").glob("*.png")}
    assert {name: after[name] for name in before} == before  # nothing was made twice
    lines = [json.loads(line) for line in (folder / "out" / "results.jsonl").read_text().splitlines()]
    there = [(line["id"], line["seed"]) for line in lines if line["status"] != "failed"]
    assert len(there) == len(set(there)) == PICTURES
    assert not [path for path in (folder / "out").iterdir() if path.name.startswith(".ragplan-")]


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_full_disk_stops_a_run_and_the_next_goes_on(
    moment: int, undisturbed: tuple[dict[str, bytes], float], tmp_path: Path
) -> None:
    """A file system of its own, which has room for some of the pictures."""
    expected, _ = undisturbed
    (tmp_path / "out").mkdir()
    kib = random.Random(moment).randint(8, 120)
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", tmp_path / "out"], check=False
    ).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        process = begin(tmp_path)
        process.communicate(timeout=300)
        assert process.returncode == 1, (tmp_path / "errors.txt").read_text()
        subprocess.run(["mount", "-o", "remount,size=64m", tmp_path / "out"], check=True)
        check_the_rest(tmp_path, expected, *REST)
    finally:
        subprocess.run(["umount", tmp_path / "out"], check=True)


SCENES: dict[str, dict[str, Any]] = {
    sentence: {
        "objects": [{"name": name, "count": 1, "size": "normal", "position": place} for name, place in things.items()],
        "relations": [{"subject": "cat", "relation": "above", "object": "dog"}] if "cat" in things else [],
        "background": "",
    }
    for sentence, things in zip(
        SENTENCES,
        ({"cup": "anywhere"}, {"cat": "anywhere", "dog": "anywhere"}, {"hat": "left", "red ball": "right"}),
        strict=True,
    )
}


@dataclass
class Busy:
    """A language model's server that answers 429 for a while."""

    begin_s: float
    seconds: float

    def __call__(self, request: dict[str, Any]) -> Answer:
        """Answer a request for a scene."""
        if 0 < time.monotonic() - self.begin_s < self.seconds:
            return failure(429, "slow down", headers={"Retry-After": "1"})
        asked = request["messages"][-1]["content"]
        return completion(json.dumps(next(SCENES[sentence] for sentence in SENTENCES[::-1] if sentence in asked)))


def run_with_server(folder: Path, busy: Busy) -> dict[str, bytes]:
    with serve(busy) as server:
        env = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "none"}
        finish(folder, "--backend", "openai", "--llm", "test-1", "--task", "scene", env=env)
    return pictures(folder)


@pytest.fixture(scope="module")
def planned_by_a_server(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return run_with_server(tmp_path_factory.mktemp("served"), Busy(0, 0))


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_server_that_is_busy_is_waited_for(
    moment: int, planned_by_a_server: dict[str, bytes], tmp_path: Path
) -> None:
    """Busy for a minute once, for some seconds the other times, from about the first request on."""
    begin_s = time.monotonic() + random.Random(moment).uniform(0, 5)
    assert run_with_server(tmp_path, Busy(begin_s, 10 if moment else 60)) == planned_by_a_server
    assert len(planned_by_a_server) == PICTURES


@pytest.fixture(scope="module")
def cluster() -> Iterator["Cluster"]:
    pytest.importorskip("ray")
    with Cluster() as nodes:
        yield nodes


class Cluster:
    """A Ray cluster of two nodes on the loopback address, one core each."""

    port = "6399"
    address = f"127.0.0.1:{port}"

    def __enter__(self) -> "Cluster":
        self._head: subprocess.Popen[bytes] | None = None
        self.second: subprocess.Popen[bytes] | None = None
        self._heads: list[int] = []
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        for node in (self.second, self._head):
            if node is not None:
                node.terminate()  # and with it all that it started
                node.wait()

    def mend(self) -> None:
        """Have both nodes; one whose agent does not begin in time, as on a busy machine, ends, and is started again."""
        for _ in range(5):
            new = False
            if not runs(self._head):
                new, self._head = True, self._start("--head", "--port", self.port, "--include-dashboard=false")
                wait_for(lambda: not runs(self._head) or (self._answers() and bool(self._raylets())))
                self._heads = self._raylets()
            if not runs(self.second):
                new, self.second = True, self._start("--address", self.address)
                wait_for(lambda: not runs(self.second) or bool(self._seconds()))
            if not new:
                return
            time.sleep(20)
        raise AssertionError("Ray did not stay")

    def kill_raylet(self) -> None:
        """Kill the second node's raylet; what else it has ends with it."""
        os.kill(self._seconds()[0], signal.SIGKILL)
        assert self.second is not None
        self.second.wait(60)

    def kill_actor(self, kind: str) -> None:
        """Kill an actor of a kind, if there is one."""
        if found := [pid for pid, title in processes() if title.startswith(f"ray::{kind}")]:
            os.kill(random.choice(found), signal.SIGKILL)

    def _raylets(self) -> list[int]:
        return [pid for pid, title in processes() if "/raylet " in title and f":{self.port}" in title]

    def _seconds(self) -> list[int]:
        """Return the second node's raylet, the one that was not there with the head alone."""
        return [pid for pid in self._raylets() if pid not in self._heads]

    def _start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        command = [Path(sys.executable).with_name("ray"), "start", *arguments, "--num-cpus=1", "--block"]
        nothing = subprocess.DEVNULL
        env = {**os.environ, "RAY_AUTH_MODE": "token"}  # else a node is not let into the cluster that the head began
        return subprocess.Popen(command, stdout=nothing, stderr=nothing, start_new_session=True, env=env)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", int(self.port)), timeout=1):
            return True
        return False


def runs(node: "subprocess.Popen[bytes] | None") -> bool:
    return node is not None and node.poll() is None


def wait_for(there: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something is there."""
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, "Ray did not start"
        time.sleep(0.5)


def processes() -> Iterator[tuple[int, str]]:
    """Yield all processes with their command lines."""
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # ended meanwhile
            yield int(path.name), (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


ON_RAY = ("--engine", "ray", "--address", Cluster.address, "--backend", "rules")


@pytest.mark.parametrize("what", ["raylet", "PaintingActor", "PlanningActor", "driver"])
@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_cluster_that_loses_something_still_paints_everything_once(
    moment: int, what: str, undisturbed: tuple[dict[str, bytes], float], cluster: Cluster, tmp_path: Path
) -> None:
    expected, seconds = undisturbed
    cluster.mend()
    wait_s = random.Random(f"{what} {moment}").uniform(0, 2 * seconds)
    process = begin_and_wait(tmp_path, wait_s, *ON_RAY, "--painters", "2", "--planners", "2")
    if what == "raylet":
        cluster.kill_raylet()
    elif what == "driver":
        process.kill()
    else:
        cluster.kill_actor(what)
    process.communicate(timeout=600)
    check_the_rest(tmp_path, expected, *ON_RAY, "--painters", "1", "--retry-failed")
