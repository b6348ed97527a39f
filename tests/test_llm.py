"""A real language model, SmolLM2-135M-Instruct: on this machine, and behind two real servers. Run by `make test-llm`.

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
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from planner.backends import Backend
from planner.backends.local import LocalBackend
from planner.backends.local_source import bundled_model
from planner.backends.openai import OpenAIBackend
from planner.backends.openai.strict_schema import strict_schema
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
        if not attempts and "reads English only" not in str(error):  # the small model is not asked in another language
            raise
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
    port = free_port()
    command = [Path(sysconfig.get_path("scripts")) / "transformers", "serve", tmp_path, "--host", "127.0.0.1"]
    options = ["--port", str(port), "--device", "cpu", "--dtype", "float32"]
    with running([*map(str, command), *options], port, tmp_path / "log") as url:
        yield url


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], port: int, log: Path) -> Iterator[str]:
    """Run a server for the length of a block."""
    with log.open("wb") as file:
        environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
        process = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
        try:
            wait_for(f"http://127.0.0.1:{port}/health", process, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


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


# llama.cpp's own server ----------------------------------------------------------------------------------------------

LLAMACPP = Path(__file__).parent.parent / ".venv-llamacpp" / "bin" / "python"  # `make test-llm` makes it
SERVE = """
import sys, time, xllamacpp
parameters = xllamacpp.CommonParams()
parameters.model.path, parameters.port = sys.argv[1], int(sys.argv[2])
parameters.hostnames, parameters.n_ctx, parameters.n_parallel = ["127.0.0.1"], 8192, 1
parameters.cpuparams.n_threads = int(sys.argv[3])
server = xllamacpp.Server(parameters)
time.sleep(36_000)
"""


@pytest.fixture
def llamacpp(tmp_path: Path) -> Iterator[str]:
    """llama.cpp's server with the same weights, which holds replies to a strict schema."""
    if not LLAMACPP.exists():
        pytest.skip("llama.cpp's server needs xllamacpp in .venv-llamacpp, which `make test-llm` installs")
    port, threads = free_port(), os.environ.get("OMP_NUM_THREADS", "2")
    command = [str(LLAMACPP), "-c", SERVE, bundled_model(), str(port), threads]
    with running(command, port, tmp_path / "log") as url:
        yield url


def test_llama_cpp_s_server_holds_to_the_schema(llamacpp: str) -> None:
    backend = OpenAIBackend("any", base_url=llamacpp, task="scene", temperature=0.0)
    counts = run(backend, "llama.cpp", max_tokens=600)
    assert counts["plans"] + counts["plan errors"] == len(SENTENCES), "the server did not always answer"
    kept = json.loads(OUT.read_text())["llama.cpp"]["sentences"]
    replies = [reply for record in kept for reply in record["replies"]]
    whole = [text for text in replies if text.rstrip().endswith("}")]
    for text in whole:
        jsonschema.validate(json.loads(text), strict_schema(get_task("scene").schema))
    assert len(whole) >= len(replies) // 2


def test_llama_cpp_s_server_is_held_to_the_time_and_may_cut_its_reply(llamacpp: str) -> None:
    start = time.monotonic()
    with pytest.raises(BackendError, match="no answer within"):  # no model writes a layout in that time on a CPU
        Planner(OpenAIBackend("any", base_url=llamacpp, task="layout"), timeout_s=3).plan(SENTENCES[6])
    assert time.monotonic() - start < 30
    scenes = OpenAIBackend("any", base_url=llamacpp, task="scene", temperature=0.0)
    with pytest.raises(PlanError, match="cut off"):
        Planner(scenes, timeout_s=900, max_attempts=1, max_tokens=5).plan(SENTENCES[6])
