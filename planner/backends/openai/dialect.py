"""What a server is believed to understand of OpenAI's protocol, and the requests that it is sent therefore.

It begins with everything: strict structured output, a limit of tokens under its new name, a temperature, a system
turn, no streaming. What a server refuses in an error's words is left out or done in another way, one thing at a time.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from planner.backends.openai.failures import Failure
from planner.backends.openai.strict_schema import strict_schema
from planner.tasks.backend import Message, Request

STRUCTURES = ("json_schema", "json_object", "text")
TOKEN_LIMITS = ("max_completion_tokens", "max_tokens", "")
_MAY_REFUSE = frozenset({200, 400, 404, 405, 406, 413, 415, 422, 500, 501, 502})
_STRUCTURE = re.compile(
    r"response_?format|json_schema|json_object|json mode|schema|structured|grammar|additionalproperties|anyof"
    r"|requested parameters"
)
_LIMIT = re.compile(r"max_(?:completion_|new_|output_)?tokens|context[ _](?:length|window|size)|request too large")
_SYSTEM = re.compile(
    r"system[ _'\"`]*(?:role|message|prompt|instruction|turn)|roles?\b.{0,60}\bsystem\b|\bsystem\b.{0,40}\broles?\b"
    r"|roles must alternate|only user,? (?:and|or) (?:assistant|model)|developer instruction"
    r"|role.{0,80}['\"`]user['\"`]"
)
_STREAM_ONLY = re.compile(
    r"(?:only|must|should|requires?|please|needs?)\b.{0,60}\bstream"
    r"|stream\w*\b.{0,40}\b(?:is required|only|be (?:set to )?true)"
    r"|non[- ]?stream\w*.{0,60}\b(?:not|un)\s?(?:supported|allowed|available|enabled)"
    r"|(?:not|n't) support.{0,30}non[- ]?stream"
)
_NO_STREAM = re.compile(
    r"(?:unknown|unrecognized|unsupported|unexpected|extra|not (?:supported|permitted)).{0,60}\bstream\b"
)
_DEMAND = re.compile(
    r"[`'\"]?\b([a-z][a-z_]{2,40})\b[`'\"]?(?: (?:parameter|field|option|value))?,? (?:must|should|has to|needs to) be "
    r"(?:set to |equal to )?[`'\"]?(true|false|null|\d{1,6}(?:\.\d{1,6})?)\b(?! (?:or|and|to)\b)"
)
_NOT_TO_DEMAND = frozenset({"model", "messages", "stream", "temperature", "role", "content", "name", *TOKEN_LIMITS})


@dataclass(frozen=True)
class Dialect:
    """What a server takes.

    structure, token_limit: Which of STRUCTURES and TOKEN_LIMITS it is asked with.
    temperature: It takes one.
    system: It has a role for it; else its text goes before the user's.
    stream: What the key says; None: it is left out.
    demanded: Other keys that it wants, with their values.
    """

    structure: int = 0
    token_limit: int = 0
    temperature: bool = True
    system: bool = True
    stream: bool | None = False
    demanded: tuple[tuple[str, Any], ...] = ()

    def after(self, failure: Failure) -> Dialect | None:
        """Return the dialect less what a server has just refused; None where that was nothing of this."""
        if failure.status not in _MAY_REFUSE or failure.is_loading or failure.is_bad_luck:
            return None
        rules: tuple[Callable[[str], Dialect], ...] = (
            self._obeying,
            self._streaming,
            self._without_system,
            self._without_temperature,
            self._limiting,
            self._structuring,
        )
        changed = (rule(failure.everything) for rule in rules)
        return next((dialect for dialect in changed if dialect != self), None)

    def _obeying(self, said: str) -> Dialect:
        known = {name for name, _ in self.demanded} | _NOT_TO_DEMAND
        found = _DEMAND.search(said)
        if found is None or found[1] in known:
            return self
        return replace(self, demanded=(*self.demanded, (found[1], json.loads(found[2]))))

    def _streaming(self, said: str) -> Dialect:
        if not self.stream and _STREAM_ONLY.search(said):
            return replace(self, stream=True)
        return replace(self, stream=None) if self.stream is False and _NO_STREAM.search(said) else self

    def _without_system(self, said: str) -> Dialect:
        return replace(self, system=False) if _SYSTEM.search(said) else self

    def _without_temperature(self, said: str) -> Dialect:
        return replace(self, temperature=False) if "temperature" in said else self

    def _limiting(self, said: str) -> Dialect:
        more = self.token_limit < len(TOKEN_LIMITS) - 1 and _LIMIT.search(said)
        return replace(self, token_limit=self.token_limit + 1) if more else self

    def _structuring(self, said: str) -> Dialect:
        more = self.structure < len(STRUCTURES) - 1 and _STRUCTURE.search(said)
        return replace(self, structure=self.structure + 1) if more else self

    def body(self, request: Request, llm: str, task: str, temperature: float | None) -> dict[str, Any]:
        """Write the request's body."""
        body: dict[str, Any] = {"model": llm, "messages": self._messages(request.messages)}
        structure = STRUCTURES[self.structure]
        if structure == "json_schema":
            name = "ragplan_repaint" if request.original else f"ragplan_{task}"
            derived = {"name": name, "strict": True, "schema": strict_schema(request.schema)}
            body["response_format"] = {"type": structure, "json_schema": derived}
        elif structure == "json_object":
            body["response_format"] = {"type": structure}
        if temperature is not None and self.temperature:
            body["temperature"] = temperature
        if limit := TOKEN_LIMITS[self.token_limit]:
            body[limit] = request.max_tokens
        if self.stream is not None:
            body["stream"] = self.stream
        return body | dict(self.demanded)

    def _messages(self, messages: tuple[Message, ...]) -> list[Mapping[str, Any]]:
        if not self.system and len(messages) > 1 and [turn.role for turn in messages[:2]] == ["system", "user"]:
            first, second = messages[:2]
            messages = (replace(second, content=f"{first.content}\n\n{second.content}"), *messages[2:])
        return [{"role": message.role, "content": _content(message)} for message in messages]


def _content(message: Message) -> str | list[Mapping[str, Any]]:
    """Return a turn's words; with pictures, the parts of both."""
    if not message.images:
        return message.content
    urls = [f"data:image/png;base64,{base64.b64encode(data).decode('ascii')}" for data in message.images]
    pictures = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return [{"type": "text", "text": message.content}, *pictures]
