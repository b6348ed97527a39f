"""The backend for OpenAI and every server that speaks its protocol, through the official SDK.

What a server can do is found out by asking: strict structured output first, JSON mode and plain text where it refuses
that, no temperature and another name for the limit of tokens where it refuses those. What it refused is remembered.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planner.backends.base import Capabilities, FinishReason, Reply, Request, Usage
from planner.backends.openai_errors import Refused, from_sdk, lost, malformed, too_late, without_key
from planner.backends.strict_schema import strict_schema
from planner.errors import BackendError
from planner.loop.redaction import masked, shortened

if TYPE_CHECKING:
    from openai import OpenAI

log = logging.getLogger("ragplan")

KEY_VARIABLE = "OPENAI_API_KEY"
SERVER_VARIABLE = "OPENAI_BASE_URL"
DEFAULT_LLM = "gpt-4o"
_STRUCTURES = ("json_schema", "json_object", "text")
_TOKEN_LIMITS = ("max_completion_tokens", "max_tokens", "")
_ENDS: dict[Any, FinishReason] = {"length": "length", "content_filter": "refusal"}


@dataclass(frozen=True)
class Abilities:
    """What a server is believed to understand: indices into the lists above, and whether temperature is taken."""

    structure: int = 0
    token_limit: int = 0
    temperature: bool = True

    def without(self, refused: Refused) -> Abilities | None:
        """Return the abilities less the one that was refused; None where nothing is left to leave out."""
        structure, limit = self.structure, self.token_limit
        if refused.temperature and self.temperature:
            return Abilities(structure, limit, False)
        if refused.token_limit and limit < len(_TOKEN_LIMITS) - 1:
            return Abilities(structure, limit + 1, self.temperature)
        if refused.structure and structure < len(_STRUCTURES) - 1:
            return Abilities(structure + 1, limit, self.temperature)
        return None


class OpenAIBackend:
    """A model of OpenAI, or of any server with its protocol (vLLM, llama.cpp, Ollama, LM Studio, OpenRouter, …).

    `llm` is the model's name there. `api_key` and `base_url` default to OPENAI_API_KEY and OPENAI_BASE_URL; a server
    with a base URL may need no key. `client` is an own SDK client, such as `openai.AzureOpenAI(…)`. `task` is what the
    model is asked for ("layout", or "scene" for small models). `temperature` None: the server's own.
    """

    name = "openai"

    def __init__(
        self,
        llm: str = DEFAULT_LLM,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        client: OpenAI | None = None,
        task: str = "layout",
        temperature: float | None = 0.2,
    ) -> None:
        self.llm, self.task, self.temperature = llm, task, temperature
        self.base_url = base_url or os.environ.get(SERVER_VARIABLE) or None
        self._key = api_key or os.environ.get(KEY_VARIABLE) or ""
        if client is None and not (self._key or self.base_url):
            raise without_key()
        self._client = client
        self._abilities = Abilities()

    @staticmethod
    def needs() -> str:
        """Say what is missing before this backend can be used; empty if nothing."""
        if os.environ.get(KEY_VARIABLE) or os.environ.get(SERVER_VARIABLE):
            return ""
        return f"{KEY_VARIABLE}, or {SERVER_VARIABLE} for a server of your own"

    @property
    def capabilities(self) -> Capabilities:
        """A server's; its answers depend on model, server and temperature."""
        server = str(self._client.base_url) if self._client is not None else self.base_url or "openai"
        identity = {"llm": self.llm, "server": server, "temperature": self.temperature}
        return Capabilities(self.task, identity, remote=True)

    def complete(self, request: Request) -> Reply:
        """Ask the model. Raises `BackendError` for every failure, with a hint where something can be done."""
        import openai

        _ = self._get_client().chat.completions  # the SDK imports half of itself here, which is no time of the server's
        end = None if request.timeout_s is None else time.monotonic() + request.timeout_s
        while True:
            try:
                return self._read(self._post(request, end))
            except openai.APIStatusError as error:
                refused = Refused.read(error)
                narrower = self._abilities.without(refused) if refused else None
                if narrower is None:
                    raise from_sdk(error, self.llm, self._key, self._models) from error
                log.debug("openai: %s refuses %s", self.llm, refused)
                self._abilities = narrower
            except openai.APITimeoutError as error:
                raise too_late(request.timeout_s) from error
            except openai.OpenAIError as error:
                raise lost(error, self._key) from error

    def _post(self, request: Request, end: float | None) -> bytes:
        """Send the request and return the body of the answer; the deadline holds for a server that dribbles too."""
        options: dict[str, Any] = {"max_retries": 0}
        if end is not None:
            left = end - time.monotonic()
            if left <= 0:
                raise too_late(request.timeout_s)
            options["timeout"] = left
        client = self._get_client().with_options(**options)
        body = b""
        with client.chat.completions.with_streaming_response.create(**self._body(request)) as response:
            try:
                for chunk in response.iter_bytes():
                    body += chunk
                    if end is not None and time.monotonic() > end:
                        raise too_late(request.timeout_s)
            except BackendError:
                raise
            except Exception as error:  # the HTTP library's own; which one it is depends on the SDK's version
                raise lost(error, self._key) from error
        return body

    def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.llm,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        }
        structure = _STRUCTURES[self._abilities.structure]
        if structure == "json_schema":
            name = "ragplan_repaint" if request.original else f"ragplan_{self.task}"
            derived = {"name": name, "strict": True, "schema": strict_schema(request.schema)}
            body["response_format"] = {"type": structure, "json_schema": derived}
        elif structure == "json_object":
            body["response_format"] = {"type": structure}
        if self.temperature is not None and self._abilities.temperature:
            body["temperature"] = self.temperature
        if limit := _TOKEN_LIMITS[self._abilities.token_limit]:
            body[limit] = request.max_tokens
        options = json.dumps({name: value for name, value in body.items() if name != "messages"}, ensure_ascii=False)
        log.debug("openai: the request's options: %s", shortened(masked(options, self._key)))
        return body

    def _read(self, body: bytes) -> Reply:
        try:
            answer = json.loads(body)
            choice = answer["choices"][0]
            message = choice["message"]
            refusal, content = message.get("refusal"), message.get("content")
            usage = _usage(answer.get("usage") or {})
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
            raise malformed(body, self._key) from error
        model = str(answer.get("model") or self.llm)
        if refusal:
            return Reply(str(refusal), "refusal", usage, model)
        return Reply(_text(content), _ENDS.get(choice.get("finish_reason"), "stop"), usage, model)

    def _models(self) -> list[str]:
        """The names of the models that the server has; empty where it does not say."""
        try:
            return [model.id for model in self._get_client().with_options(max_retries=0, timeout=5).models.list()]
        except Exception:  # the hint is a courtesy: nothing that goes wrong here may hide the first error
            return []

    def _get_client(self) -> OpenAI:
        if self._client is None:
            from openai import OpenAI

            self._client = OpenAI(api_key=self._key or "none", base_url=self.base_url)
        return self._client


def _text(content: object) -> str:
    """Join an answer's content, a string or a list of parts."""
    if isinstance(content, str):
        return content
    parts: Iterable[Any] = content if isinstance(content, list) else ()
    return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def _usage(counted: Mapping[str, Any]) -> Usage:
    amounts = [counted.get(name) for name in ("prompt_tokens", "completion_tokens")]
    return Usage(*(amount if isinstance(amount, int) else 0 for amount in amounts))
