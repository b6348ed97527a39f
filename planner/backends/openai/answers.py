"""An answer's body → a reply: whole or streamed, and whichever of a message's fields the model's words are in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from planner.backends.openai.errors import malformed
from planner.backends.openai.failures import StatusError
from planner.loop.redaction import Secrets, on_one_line
from planner.loop.thinking import without_thinking
from planner.tasks.backend import FinishReason, Reply, Usage

_ENDS: dict[str, FinishReason] = {
    **dict.fromkeys(("length", "max_tokens", "MAX_TOKENS", "model_length", "max_output_tokens"), "length"),
    **dict.fromkeys(("content_filter", "refusal", "SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST"), "refusal"),
}
_END_NAMES = ("finish_reason", "done_reason", "stop_reason", "stopReason")
_ENVELOPES = ("data", "result", "response", "output", "body", "completion")
_ANSWERING = ("choices", "message", "content", "text", "results", "outputs", "predictions")
_ALONE = ("output", "response", "result", "text", "results", "outputs", "predictions")  # words without a message
_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "reasoning_details")
_PROMPT_TOKENS = ("prompt_tokens", "input_tokens", "prompt_eval_count")
_REPLY_TOKENS = ("completion_tokens", "output_tokens", "eval_count")
_LONGEST_NAME = 100


def read_answer(body: bytes, llm: str, secrets: Secrets) -> Reply:
    """Read the body of an answer of status 200.

    Secrets are gone from the reply's texts. Raises `StatusError` for an error in the disguise of an answer,
    `BackendError` for what is neither.
    """
    try:
        answer = _opened(_parsed(body))
        choice, message = _message(answer)
        whole = choice.get("finish_reason") == "stop" and _holds_json(_text(message.get("content")))
        if (error := _error(answer, choice)) and not whole:
            raise StatusError(200, json.dumps(error))
        refusal = _text(message.get("refusal")) or _refusal(message.get("content"))
        said = refusal or _words(message)
        usage = _usage(answer)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, StopIteration):
        raise malformed(body, secrets) from None
    ended = next((str(choice[name]) for name in _END_NAMES if choice.get(name)), "")
    end = "refusal" if refusal else _ENDS.get(ended, "stop")
    model = on_one_line(secrets.masked(str(answer.get("model") or llm)))[:_LONGEST_NAME]
    return Reply(secrets.masked(said), end, usage, model)


def _parsed(body: bytes) -> Any:
    text = body.decode(json.detect_encoding(body), "replace").lstrip("\ufeff")
    try:
        found = json.loads(text)
        chunks = isinstance(found, list) and len(found) > 1 and all(isinstance(one, dict) for one in found)
        return _joined(found) if chunks else found
    except ValueError:
        events = list(_events(text))
        if not events:
            raise
        return _joined(events)


def _events(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects of a stream: server-sent events, or one a line."""
    lines: list[str] = []
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        if line.startswith("data:"):
            lines.append(line[5:])
        elif line.lstrip().startswith("{") and not lines:
            yield from _event(line)
        elif not line.strip() and lines:
            yield from _event("\n".join(lines)) or [event for part in lines for event in _event(part)]
            lines = []
        elif line.strip() and lines:
            lines.append(line)  # a chunk that was broken into lines


def _event(text: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return [found] if isinstance(found, dict) else []


def _joined(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the chunks of a stream together to one answer."""
    whole: dict[str, Any] = {}
    choice: dict[str, Any] = {}
    message: dict[str, Any] = {}
    for event in map(_opened, events):
        whole |= {name: value for name, value in event.items() if name not in ("choices", "message") and value}
        alone = isinstance(event.get("message"), dict) or "delta" in event
        found = event.get("choices") or ([event] if alone else [])
        for part in found[:1]:
            choice |= {name: value for name, value in part.items() if value is not None}
            _add(message, _said(part))
    if not choice:
        return events[-1]
    return whole | {"choices": [choice | {"message": message}]}


def _said(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """What one chunk adds to the message, under the name of the field that it goes on."""
    delta = part.get("delta")
    if isinstance(delta, str):  # of a kind that stands beside it
        return {"reasoning" if "reasoning" in str(part.get("type")) else "content": delta}
    if isinstance(delta, dict) and (text := delta.get("text") or delta.get("partial_json")):
        return {"content": text}
    return delta or part.get("message") or {"content": part.get("text")}


def _add(message: dict[str, Any], said: Mapping[str, Any]) -> None:
    for name, value in said.items():
        known = message.get(name)
        if isinstance(value, list) and name == "tool_calls":
            message[name] = _calls(known or [], value)
        elif isinstance(value, dict) and isinstance(known, dict):
            _add(known, value)
        elif name in ("role", "type", "id", "name") or not known:
            message[name] = known or value
        elif type(value) is type(known) and isinstance(value, str | list):
            message[name] = known + value


def _calls(known: list[Any], more: list[Any]) -> list[Any]:
    for call in more:
        place = call.get("index")
        if place is None or not any(one.get("index") == place for one in known):
            known = [*known, dict(call)]
        else:
            _add(next(one for one in known if one.get("index") == place), call)
    return known


def _opened(answer: Any) -> dict[str, Any]:
    """Take an answer out of the envelopes that gateways put around it."""
    for _ in range(4):
        if isinstance(answer, str):
            answer = json.loads(answer)
        if isinstance(answer, list) and len(answer) == 1:
            answer = answer[0]
        if isinstance(answer, dict) and "choices" not in answer:
            inside = [answer[name] for name in _ENVELOPES if isinstance(answer.get(name), dict)]
            known = [inner for inner in inside if inner.keys() & {*_ANSWERING, *_ENVELOPES}]
            answer = next(iter(known), answer)
    if not isinstance(answer, dict):
        raise TypeError("no JSON object")
    if "candidates" in answer:
        rest = {name: value for name, value in answer.items() if name != "candidates"}
        return rest | {"choices": [_of_candidate(one) for one in answer["candidates"]]}
    return answer


def _of_candidate(candidate: Mapping[str, Any]) -> dict[str, Any]:
    """Write a candidate, as Gemini calls it, as a choice."""
    content = candidate.get("content") or {}
    return {"message": {"content": content.get("parts")}, "finish_reason": candidate.get("finishReason")}


def _message(answer: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Find the first choice and its message; of an error, none."""
    if not answer.get("choices") and _complaint(answer):
        return {}, {}
    if "choices" not in answer:
        if any(name in answer for name in ("message", "content", "generated_text", "output_text")):
            return answer, _bare_message(answer)
        return answer, {"content": next(answer[name] for name in _ALONE if answer.get(name))}
    choice = _choice(answer["choices"])
    message = choice.get("message") or choice.get("delta")
    if message is None:
        message = {"content": choice["text"]} if "text" in choice else {}
    if isinstance(message, str):
        message = {"content": message}
    if not (message or choice.get("error")):
        raise KeyError("message")
    return choice, message


def _choice(choices: Any) -> dict[str, Any]:
    """Return the first choice that says anything, else the first; gateways send them by number, or one alone, too."""
    if isinstance(choices, dict):
        choices = [choices] if choices.keys() & {"message", "delta", "text"} else list(choices.values())
    listed: list[dict[str, Any]] = [choice for choice in choices if isinstance(choice, dict)]
    return next(filter(_says_something, listed), listed[0])


def _says_something(choice: dict[str, Any]) -> bool:
    message = choice.get("message") or choice.get("delta") or choice.get("text")
    return bool(_words(message) if isinstance(message, dict) else message)


def _complaint(answer: Mapping[str, Any]) -> bool:
    """True where an answer without choices says what went wrong."""
    words = [
        answer.get(name) for name in ("error", "errors", "detail", "base_resp", "msg", "error_msg", "promptFeedback")
    ]
    return any(words) or (isinstance(answer.get("message"), str) and "content" not in answer)


def _bare_message(answer: dict[str, Any]) -> dict[str, Any]:
    if isinstance(answer.get("message"), dict):
        return dict(answer["message"])
    names = ("content", "generated_text", "output_text", "message")
    return {"content": next((answer[name] for name in names if answer.get(name)), None)}


def _error(answer: Mapping[str, Any], choice: Mapping[str, Any]) -> Any:
    """What an answer says went wrong; None where it says nothing."""
    if not choice:
        return answer
    found = [error for error in (answer.get("error"), choice.get("error")) if error]
    if said := [error for error in found if not isinstance(error, dict) or any(error.values())]:
        return {"error": said[0], **{name: answer[name] for name in ("code", "status") if name in answer}}
    return {"error": "the model stopped with an error", "code": 502} if choice.get("finish_reason") == "error" else None


def _words(message: Mapping[str, Any]) -> str:
    """Choose what the model answered: its content, else a tool's arguments, else what it thought."""
    content = _text(message.get("content"))
    given = [*_arguments(message), _text(message.get("parsed"))]
    called = "\n".join(dict.fromkeys(text for text in given if text))
    if called and not _holds_json(content):
        return called
    if content.strip():
        return content
    thoughts = [_text(message.get(name)) for name in _THOUGHTS]
    return next((text for text in thoughts if _holds_json(text)), next(filter(None, thoughts), ""))


def _holds_json(text: str) -> bool:
    return "{" in without_thinking(text).rest


def _arguments(message: Mapping[str, Any]) -> Iterator[str]:
    calls = message.get("tool_calls")
    for call in [*(calls if isinstance(calls, list) else ()), {"function": message.get("function_call")}]:
        function = call.get("function") or call
        if isinstance(function, Mapping):
            yield _text(function.get("arguments", function.get("input")))
    content = message.get("content")
    for part in content if isinstance(content, list) else ():
        if isinstance(part, Mapping) and isinstance(part.get("input"), Mapping | str):
            yield _text(part["input"])


def _text(content: object) -> str:
    """Join a field's words: a string, an object, or a list of parts without those that only think."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_part(part) for part in content)
    if isinstance(content, Mapping) and "type" in content:
        return _part(content)
    return json.dumps(content, ensure_ascii=False) if isinstance(content, Mapping) and content else ""


def _part(part: object) -> str:
    if not isinstance(part, Mapping):
        return part if isinstance(part, str) else ""
    if part.get("thought") is True or part.get("type") in ("thinking", "reasoning", "tool_use", "refusal"):
        return ""
    inner = next((part[name] for name in ("text", "content", "json", "value", "output_text") if part.get(name)), None)
    if inner is None:
        return "" if "type" in part or not part else json.dumps(part, ensure_ascii=False)
    return str(inner["value"]) if isinstance(inner, Mapping) and inner.keys() == {"value"} else _text(inner)


def _refusal(content: object) -> str:
    parts = content if isinstance(content, list) else ()
    return "".join(str(part["refusal"]) for part in parts if isinstance(part, Mapping) and part.get("refusal"))


def _usage(answer: Mapping[str, Any]) -> Usage:
    counted = answer.get("usage") if isinstance(answer.get("usage"), Mapping) else answer
    return Usage(_amount(counted, _PROMPT_TOKENS), _amount(counted, _REPLY_TOKENS))


def _amount(counted: Any, names: tuple[str, ...]) -> int:
    amount = next((counted[name] for name in names if name in counted), 0)
    return int(amount) if isinstance(amount, int | float) and 0 <= amount < 1e12 else 0
