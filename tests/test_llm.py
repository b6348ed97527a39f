"""A real language model, SmolLM2-135M-Instruct: on this machine, and behind a real server. Run by `make test-llm`.

Every reply and what came of it is written to `out/test-llm.json`: docs/planning.md has the counts.
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
from planner.backends.local import LocalBackend, bundled_model
from planner.backends.openai import OpenAIBackend
from planner.errors import BackendError, PlanError
from planner.planner import Planner
from planner.tasks.tasks import get_task

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
LONGEST_REPLY = 160  # tokens; without a grammar this model may write on until it is stopped


def run(backend: Backend, name: str, **limits: int) -> Counter[str]:
    """Plan all sentences, check every reply, and write down what came of them, after each sentence."""
    planner = Planner(backend, max_attempts=2, timeout_s=900, **limits)
    records = []
    for sentence in SENTENCES:
        records.append(ask(planner, sentence, name))
        counts = count(records)
        OUT.parent.mkdir(exist_ok=True)
        kept = json.loads(OUT.read_text()) if OUT.exists() else {}
        OUT.write_text(json.dumps({**kept, name: {"counts": counts, "sentences": records}}, indent=2) + "\n")
    print(name, dict(counts), file=sys.stderr)
    return counts


def ask(planner: Planner, sentence: str, name: str) -> dict[str, Any]:
    """Plan one sentence and say what came of it."""
    start = time.monotonic()
    outcome, attempts, repairs = "plan", (), ()
    try:
        result = planner.plan(sentence, width=256, height=256)
        attempts, repairs = result.attempts, result.repairs
    except PlanError as error:
        outcome, attempts = "plan error", error.attempts
        assert attempts
    except BackendError as error:
        outcome = f"backend error: {error}"
    if name == "local":
        for attempt in attempts:
            jsonschema.validate(json.loads(attempt.reply.text), get_task("scene").schema)
    return {
        "sentence": sentence,
        "outcome": outcome,
        "repairs": repairs,
        "replies": [attempt.reply.text for attempt in attempts],
        "complaints": [sorted({error.code for error in attempt.errors}) for attempt in attempts],
        "leniencies": [attempt.leniencies for attempt in attempts],
        "tokens": sum(attempt.reply.usage.total for attempt in attempts),
        "seconds": round(time.monotonic() - start, 1),
    }


def count(records: list[dict[str, Any]]) -> Counter[str]:
    """Add up what came of the sentences."""
    counts: Counter[str] = Counter()
    for record in records:
        counts[f"{record['outcome'].partition(':')[0]}s"] += 1
        counts["repaired"] += record["outcome"] == "plan" and bool(record["repairs"])
        counts["asked again"] += len(record["replies"]) > 1
        counts["replies"] += len(record["replies"])
        counts["replies tolerated"] += sum(map(bool, record["leniencies"]))
        counts.update(f"complaint {code}" for codes in record["complaints"] for code in codes)
        counts["tokens"] += record["tokens"]
        counts["seconds"] += record["seconds"]
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
    save_weights(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(sysconfig.get_path("scripts")) / "transformers", "serve", tmp_path, "--host", "127.0.0.1"]
    options = ["--port", str(port), "--device", "cpu", "--dtype", "float32"]
    with (tmp_path / "log").open("wb") as log:
        environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
        process = subprocess.Popen([*map(str, command), *options], stdout=log, stderr=log, env=environment)
        try:
            wait_for(f"http://127.0.0.1:{port}/health", process, tmp_path / "log")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(60)


def save_weights(folder: Path) -> None:
    """Write the model as `save_pretrained` does; its GGUF weights are float32 once loaded, which it does not know."""
    loaded = LocalBackend(bundled_model())._model  # without the adapter
    loaded.model.hf_quantizer.remove_quantization_config(loaded.model)
    loaded.model.save_pretrained(folder)
    loaded.tokenizer.save_pretrained(folder)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path, longest_s: float = 600) -> None:
    """Wait for a server; importing its libraries alone takes minutes on a busy machine."""
    end = time.monotonic() + longest_s
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(1)
        else:
            return
    raise AssertionError(log.read_text())


def test_a_server_without_a_grammar_is_survived(server: str, tmp_path: Path) -> None:
    backend = OpenAIBackend(str(tmp_path), base_url=server, task="scene", temperature=0.0)
    counts = run(backend, "server", max_tokens=LONGEST_REPLY)
    assert counts["plans"] + counts["plan errors"] == len(SENTENCES), "the server did not always answer"
