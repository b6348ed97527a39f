"""A causal chat model of transformers that writes JSON after a schema. Imported only when a model runs."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from jinja2 import TemplateError
from llguidance import LLMatcher
from llguidance.hf import from_tokenizer
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from planner.backends.local_source import find_source
from planner.errors import BackendError
from planner.tasks.backend import Message

if TYPE_CHECKING:
    from llguidance._lib import JsonCompileOptions

MOST_KEPT = 2  # beginnings of chats that are remembered: that of first questions, and of the last correction
_SPACING: JsonCompileOptions = {"item_separator": ", ", "key_separator": ": ", "whitespace_flexible": False}


@dataclass(frozen=True)
class Generation:
    """What a model wrote, why it ended and how many tokens it read and wrote."""

    text: str
    end: Literal["stop", "length", "deadline"]
    prompt_tokens: int
    reply_tokens: int


class LocalModel:
    """A model with its tokenizer and maybe an adapter, loaded once.

    No code that comes with a model is ever run, and no pickle read. Raises `BackendError` for what is no model, and
    what transformers and PEFT raise.
    """

    def __init__(
        self, llm: str, device: str | None = None, dtype: str | None = None, adapter: Path | None = None
    ) -> None:
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        chosen = dtype or ("bfloat16" if self.device.startswith("cuda") else "float32")
        source = find_source(llm)
        options: dict[str, Any] = {"trust_remote_code": False, "local_files_only": source.local}
        options |= {"gguf_file": source.gguf_file} if source.gguf_file else {"use_safetensors": True}
        with _silence():
            self.tokenizer = AutoTokenizer.from_pretrained(source.name, **options)
            model = AutoModelForCausalLM.from_pretrained(source.name, dtype=getattr(torch, chosen), **options)
            if adapter is not None:
                model.load_adapter(str(adapter))
        self._adapted = adapter is not None
        self.model = model.to(self.device).eval()
        self._read: dict[tuple[int, ...], Any] = {}
        self._tokens = from_tokenizer(self.tokenizer, n_vocab=self.model.config.vocab_size)

    @property
    def parameters(self) -> int:
        """How many parameters the model has."""
        return sum(parameter.numel() for parameter in self.model.parameters())

    @contextmanager
    def without_adapter(self) -> Iterator[None]:
        """Leave the adapter out for a while, where there is one."""
        if not self._adapted:
            yield
            return
        self.model.disable_adapters()
        try:
            yield
        finally:
            self.model.enable_adapters()

    @torch.inference_mode()
    def write(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        max_tokens: int,
        temperature: float = 0.0,
        end: float | None = None,
    ) -> Generation:
        """Answer a chat with JSON after a schema, in at most `max_tokens`, until `time.monotonic()` is `end`."""
        prompt = self._prompt(messages)
        room = int(getattr(self.model.config, "max_position_embeddings", 2048)) - prompt.shape[1]
        if room < 1:
            raise BackendError(f"the prompt has {prompt.shape[1]} tokens, too many for the model", provider="local")
        grammar = Grammar(self._tokens, schema, self.model.config.vocab_size)
        limit = min(max_tokens, room)
        reply = grammar.forced()
        rest, memory = self._start(messages, prompt)
        fed = torch.cat([rest, self._row(reply)], dim=1)
        while len(reply) < limit and not grammar.complete:
            if end is not None and time.monotonic() > end:
                return self._generation(reply, "deadline", prompt)
            output = self.model(input_ids=fed, past_key_values=memory, use_cache=True, logits_to_keep=1)
            token = _choose(grammar.allow(output.logits[0, -1].float().cpu()), temperature)
            if not grammar.take(token):
                break
            added = [token, *grammar.forced()]
            reply += added
            fed, memory = self._row(added), output.past_key_values
        whole = grammar.complete and len(reply) <= limit
        return self._generation(reply[:limit], "stop" if whole else "length", prompt)

    def _start(self, messages: Sequence[Message], prompt: torch.Tensor) -> tuple[torch.Tensor, Any]:
        """Split the prompt (1, length) into what is read still and the memory of what was read before.

        All but the last message are the same for every sentence: that part is read once. It is always read on its own,
        so that a reply does not depend on what was asked before.
        """
        before = self._prompt(messages[:-1], question=False) if len(messages) > 1 else prompt[:, :0]
        length = before.shape[1]
        if not 0 < length < prompt.shape[1] or not torch.equal(before, prompt[:, :length]):
            return prompt, None
        key = tuple(before[0].tolist())
        memory = self._read.pop(key, None)
        if memory is None:
            memory = self.model(input_ids=before, use_cache=True, logits_to_keep=1).past_key_values
        self._read = {**dict(list(self._read.items())[1 - MOST_KEPT :]), key: memory}  # the latest ones
        return prompt[:, length:], copy.deepcopy(memory)

    def _generation(
        self, reply: list[int], end: Literal["stop", "length", "deadline"], prompt: torch.Tensor
    ) -> Generation:
        text = self.tokenizer.decode(reply, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return Generation(text, end, prompt.shape[1], len(reply))

    def _prompt(self, messages: Sequence[Message], *, question: bool = True) -> torch.Tensor:
        """Turn the chat into token ids (1, length) by the model's template; a question ends where the reply begins."""
        turns = [{"role": message.role, "content": message.content} for message in messages]
        if not self.tokenizer.chat_template:
            text = "\n\n".join(f"{turn['role']}: {turn['content']}" for turn in turns)
            return self._encode(text + "\n\nassistant:" if question else text, special=True)
        try:
            filled = self.tokenizer.apply_chat_template(turns, add_generation_prompt=question, tokenize=False)
        except TemplateError:  # the template has no place for a system turn
            if len(turns) < 2:
                return torch.empty((1, 0), dtype=torch.long, device=self.device)
            merged = [{"role": "user", "content": f"{turns[0]['content']}\n\n{turns[1]['content']}"}, *turns[2:]]
            filled = self.tokenizer.apply_chat_template(merged, add_generation_prompt=question, tokenize=False)
        return self._encode(filled, special=False)

    def _encode(self, text: str, *, special: bool) -> torch.Tensor:
        return self._row(self.tokenizer(text, add_special_tokens=special).input_ids)

    def _row(self, tokens: Sequence[int]) -> torch.Tensor:
        return torch.tensor([tokens], dtype=torch.long, device=self.device)


class Grammar:
    """Which tokens may follow, after a JSON Schema."""

    def __init__(self, tokens: Any, schema: Mapping[str, Any], vocabulary: int) -> None:
        plain = {key: value for key, value in schema.items() if key != "$schema"}
        grammar = LLMatcher.grammar_from_json_schema(json.dumps(plain), overrides=_SPACING)
        self._matcher = LLMatcher(tokens, grammar)
        if error := self._matcher.get_error():
            raise BackendError(f"the schema cannot become a grammar: {error}", provider="local")
        self._mask = allocate_token_bitmask(1, vocabulary)
        self._vocabulary = vocabulary

    @property
    def complete(self) -> bool:
        """True when the JSON is whole."""
        return bool(self._matcher.is_accepting())

    def allow(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the logits (vocabulary,) with minus infinity for what may not follow."""
        fill_next_token_bitmask(self._matcher, self._mask)
        allowed = np.unpackbits(self._mask[0].view(np.uint8), bitorder="little")[: self._vocabulary]
        return logits.masked_fill(torch.from_numpy(allowed == 0), -torch.inf)

    def take(self, token: int) -> bool:
        """Go on with a token; False where nothing can follow any more."""
        return bool(self._matcher.consume_token(token))

    def forced(self) -> list[int]:
        """Go on with the tokens that must follow (a key's name and quotes): the model reads them all at once."""
        tokens: list[int] = self._matcher.compute_ff_tokens()
        return tokens if self._matcher.consume_tokens(tokens) else []


def _choose(logits: torch.Tensor, temperature: float) -> int:
    if temperature <= 0:
        return int(logits.argmax())
    return int(torch.multinomial(torch.softmax(logits / temperature, dim=-1), 1))


@contextmanager
def _silence() -> Iterator[None]:
    """Keep transformers' bars and remarks off standard error for a while."""
    shown, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if shown:
            logging.enable_progress_bar()
