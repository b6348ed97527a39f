"""Ask a model of OpenAI's, or of any server with its protocol, and learn from what the server refuses."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from planner.backends.openai.answers import read_answer
from planner.backends.openai.connection import KEY_VARIABLE, SERVER_VARIABLE, Connection
from planner.backends.openai.dialect import Dialect
from planner.backends.openai.failures import Failure, StatusError
from planner.loop.redaction import masked, shortened, without_secrets
from planner.loop.transport import Deadline
from planner.tasks.backend import Capabilities, Reply, Request

if TYPE_CHECKING:
    from openai import OpenAI

log = logging.getLogger("ragplan")

DEFAULT_LLM = "gpt-4o"


class OpenAIBackend:
    """A model of OpenAI, or of any server with its protocol (vLLM, llama.cpp, Ollama, LM Studio, OpenRouter, …).

    llm: The model's name there.
    api_key, base_url: Key and server; None: OPENAI_API_KEY and OPENAI_BASE_URL. A server may need no key. A query in
        the URL, such as Azure's api-version, goes behind every request's.
    client: An own SDK client in place of both, such as `openai.AzureOpenAI(…)`.
    task: What the model is asked for: "layout", or "scene" for small models.
    temperature: 0 to 2; None: the server's own.
    extra_body: More keys for the body of every request, such as {"enable_thinking": False}; None as a value leaves out
        a key of ours. It goes before everything that is found out about the server.
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
        extra_body: Mapping[str, Any] | None = None,
    ) -> None:
        self.llm, self.task, self.temperature = llm, task, temperature
        self.extra_body = dict(extra_body or {})
        self._connection = Connection.of(api_key, base_url, client, hidden=_secrets_in(self.extra_body))
        self._dialect = Dialect()

    @staticmethod
    def needs() -> str:
        """Say what is missing before this backend can be used; empty if nothing."""
        if os.environ.get(KEY_VARIABLE) or os.environ.get(SERVER_VARIABLE):
            return ""
        return f"{KEY_VARIABLE}, or {SERVER_VARIABLE} for a server of your own"

    @property
    def capabilities(self) -> Capabilities:
        """A server's; its answers depend on model, server and options, of which nothing secret is kept."""
        server = without_secrets(self._connection.server)
        identity: dict[str, Any] = {"llm": self.llm, "server": server, "temperature": self.temperature}
        if self.extra_body:
            written = json.dumps(self.extra_body, sort_keys=True, default=str)
            identity["extra_body"] = hashlib.sha256(written.encode()).hexdigest()[:16]
        return Capabilities(self.task, identity, remote=True)

    def complete(self, request: Request) -> Reply:
        """Ask the model. Raises `BackendError` for every failure, with a hint where something can be done."""
        import openai.resources.chat  # noqa: F401  the SDK imports half of itself here: no time of the server's

        deadline = Deadline(request.timeout_s)
        secrets = self._connection.secrets
        while True:
            dialect = self._dialect
            body = self._body(dialect, request)
            try:
                answer = self._connection.post(body, None if math.isinf(deadline.left_s) else deadline.left_s)
                return read_answer(answer, self.llm, secrets)
            except StatusError as error:
                failure = Failure.of(error)
            narrower = dialect.after(failure)
            if narrower is None:
                raise failure.error(self.llm, secrets, lambda: self._connection.models(deadline.left_s))
            log.debug("openai: %s refuses: %s", self.llm, masked(failure.words, secrets))
            self._dialect = narrower

    def _body(self, dialect: Dialect, request: Request) -> dict[str, Any]:
        body = dialect.body(request, self.llm, self.task, self.temperature) | self.extra_body
        body = {name: value for name, value in body.items() if value is not None}
        options = json.dumps({name: value for name, value in body.items() if name != "messages"}, ensure_ascii=False)
        log.debug("openai: the request's options: %s", shortened(masked(options, self._connection.secrets)))
        return body


def _secrets_in(options: Mapping[str, Any]) -> list[str]:
    """Texts among the options that are secret by their name."""
    return [
        value
        for name, value in options.items()
        if isinstance(value, str) and re.search(r"key|token|secret|password", name, re.IGNORECASE)
    ]
