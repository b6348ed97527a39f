"""A real language model, SmolLM2-135M-Instruct: on this machine, and behind a real server. Run by `make test-llm`.

What came of it is counted in `out/test-llm.json`: docs/planning.md has the table.
"""

import json
import os
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from planner.backends import Backend
from planner.backends.local import LocalBackend
from planner.backends.openai import OpenAIBackend
from planner.errors import BackendError, PlanError
from planner.planner import Planner
from planner.tasks import get_task
from planner.transport import Transport

pytestmark = [
    pytest.mark.llm,
    pytest.mark.skipif(bool(LocalBackend.needs()), reason=f"the local backend needs {LocalBackend.needs()}"),
]

OUT = Path(__file__).parent.parent / "out" / "test-llm.json"
SENTENCES = [
    "a dog",
    "a cat on the left and a dog on the right",
    "A small elephant on the left and a huge rabbit on the right",
    "three red apples",
    "two yellow balloons above a green car",
    "a bird at the top and a fish at the bottom",
    "From left to right: an apple, a banana, a cup and a ball",
    "a cat under a table",
    "a lamp in the top left corner and a clock in the bottom right corner",
    "a big house between two trees",
    "a boy holding a kite",
    "a horse in front of a red barn",
    "a balloon on the bottom of a dog",
    "a wooden chair next to a round table in a garden",
    "a foggy forest in the morning",
    "a woman with blonde hair, a white blouse and a blue skirt",
    'a sign that says "OPEN" above a door',
    "a man without a hat riding a bicycle",
    "ein Hund links und eine Katze rechts",
    "a watercolor painting of a boat on a lake",
]


def run(backend: Backend, name: str) -> Counter[str]:
    """Plan all sentences, check every reply, and write down what came of them."""
    counts: Counter[str] = Counter()
    planner = Planner(backend, max_attempts=2, timeout_s=300, transport=Transport(longest_try_s=300))
    start = time.monotonic()
    for sentence in SENTENCES:
        try:
            result = planner.plan(sentence, width=256, height=256)
        except PlanError as error:
            counts["plan errors"] += 1
            attempts: tuple[Any, ...] = error.attempts
        except BackendError:
            counts["backend errors"] += 1
            continue
        else:
            counts["plans"] += 1
            counts["plans mended"] += bool(result.repairs)
            attempts = result.attempts
        assert attempts
        counts["attempts"] += len(attempts)
        for attempt in attempts:
            counts["prompt tokens"] += attempt.reply.usage.prompt_tokens
            counts["reply tokens"] += attempt.reply.usage.reply_tokens
            counts["replies tolerated"] += bool(attempt.tolerances)
            counts.update(f"complaint {code}" for code in sorted({error.code for error in attempt.errors}))
            if name == "local":
                jsonschema.validate(json.loads(attempt.reply.text), get_task("scene").schema)
    counts["seconds"] = round(time.monotonic() - start)
    OUT.parent.mkdir(exist_ok=True)
    kept = json.loads(OUT.read_text()) if OUT.exists() else {}
    OUT.write_text(json.dumps({**kept, name: counts}, indent=2) + "\n")
    return counts


def test_local_never_writes_anything_invalid() -> None:
    counts = run(LocalBackend(), "local")
    assert counts["plans"] + counts["plan errors"] == len(SENTENCES)
    assert counts["plans"] >= len(SENTENCES) * 3 // 4


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """`transformers serve` with the same weights, saved as a folder; it has no grammar and no structured output."""
    pytest.importorskip("uvicorn", reason="transformers serve needs fastapi and uvicorn")
    pytest.importorskip("fastapi", reason="transformers serve needs fastapi and uvicorn")
    model = LocalBackend()._model
    model.model.save_pretrained(tmp_path)
    model.tokenizer.save_pretrained(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(sysconfig.get_path("scripts")) / "transformers", "serve", tmp_path, "--host", "127.0.0.1"]
    options = ["--port", str(port), "--device", "cpu", "--dtype", "float32"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([*map(str, command), *options], stdout=log, stderr=log, env={**os.environ})
        try:
            wait_for(f"http://127.0.0.1:{port}/health", process, tmp_path / "log")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(20)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise AssertionError(log.read_text())


def test_a_server_without_a_grammar_is_survived(server: str, tmp_path: Path) -> None:
    backend = OpenAIBackend(str(tmp_path), base_url=server, task="scene", max_tokens=300)
    counts = run(backend, "server")
    assert counts["plans"] + counts["plan errors"] + counts["backend errors"] == len(SENTENCES)
    assert counts["plans"] + counts["plan errors"] > 0, "the server never answered"
    print(counts, file=sys.stderr)
