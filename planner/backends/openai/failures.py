"""A server's errors, in whatever shape they come: what is said, may it be tried again, what helps."""

from __future__ import annotations

import http
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from planner.backends.openai.errors import clean
from planner.errors import BackendError, did_you_mean
from planner.loop.redaction import Secrets, on_one_line

RETRYABLE = frozenset({408, 409, 425, 429})  # and everything from 500 on
_PATIENCE_S = 20  # longer waits that a server asks for are told
_KNOWN = frozenset(int(status) for status in http.HTTPStatus)
_HINTS = {
    400: "the server does not take the request; --debug shows it, --llm-option KEY=JSON changes it",
    401: "the variable OPENAI_API_KEY holds the key; check it",
    402: "the account has no credit left",
    403: "the key is not allowed to use this model",
}
_SAYING = (
    *("error", "message", "msg", "detail", "details", "errors", "description", "reason", "title", "raw"),
    *("error_message", "errorMessage", "error_description", "error_msg", "failed_reason", "metadata", "base_resp"),
    *("status_msg", "data", "choices", "promptFeedback", "blockReason"),
)
_ECHOES = frozenset({"input", "body", "request", "messages", "failed_generation", "ctx", "loc", "url"})
_LOADING = re.compile(
    r"\bloading\b|\bis (?:being )?loaded|not (?:yet )?(?:fully )?(?:loaded|ready)|warm(?:ing|ed)?[ -]?up"
    r"|cold[ -]start|start(?:ing|s) up|spinning up|being started|initiali[sz]ing"
)
_BROKEN = re.compile(r"fail|unable|cannot|could not|can't|error (?:while )?loading|no such|not found|memory")
_GENERATION = re.compile(
    r"json_validate_failed|tool_use_failed|output_parse_failed|failed_generation"
    r"|failed to (?:generate|validate) json|generated json"
    r"|model (?:produced|generated|returned) (?:an? )?(?:invalid|malformed)"
)
_PASSING = re.compile(
    r"rate.?limit|too many requests|overload|capacity|temporar|time[d -]?out|unavailable|try again|busy|upstream"
)
_CREDIT = re.compile(r"insufficient_quota|insufficient (?:credit|balance|funds)|exceeded your current quota")
_IN = re.compile(r"(?:try again|retry|wait)\w* (?:in|after|for) (?:about )?(\d{1,9}(?:\.\d+)?) ?(ms|s|m)", re.ASCII)


class StatusError(Exception):
    """An answer that is an error: its HTTP status, its text, its headers."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.text, self.headers = status, text, headers or {}


@dataclass(frozen=True)
class Failure:
    """What a server says about a request that it did not answer.

    words: What it says, for people.
    everything: All of its words, codes and names of parameters, in small letters, to look for reasons in.
    """

    status: int
    words: str
    everything: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, error: StatusError) -> Failure:
        """Read an error's body: OpenAI's, a list of them, nested, plain text or HTML."""
        document = _document(error.text)
        status = error.status if error.status >= 400 else _status_inside(document) or error.status
        said = list(dict.fromkeys(filter(None, map(on_one_line, _said(document)))))
        everything = " ".join(_strings(document)).lower()
        words = "; ".join(said) or (http.HTTPStatus(status).phrase if status in _KNOWN else "nothing more")
        return cls(status, words, everything, error.headers)

    @property
    def is_loading(self) -> bool:
        """True where the model is being loaded, so that waiting helps."""
        return _LOADING.search(self.everything) is not None and not _BROKEN.search(self.everything)

    @property
    def is_bad_luck(self) -> bool:
        """True where the model wrote something that its own server threw away; it may write better next time."""
        return _GENERATION.search(self.everything) is not None

    @property
    def is_passing(self) -> bool:
        """True where the same request may be answered later."""
        if _CREDIT.search(self.everything) or self.status == 402:
            return False
        if self.is_loading or self.is_bad_luck or self.status in RETRYABLE or self.status >= 500:
            return True
        return self.status < 400 and _PASSING.search(self.everything) is not None

    @property
    def retry_after_s(self) -> float | None:
        """After how many seconds the server wants to be asked again; None where it does not say."""
        headers = {name.lower(): value.strip() for name, value in self.headers.items()}
        value = headers.get("retry-after", "")
        if re.fullmatch(r"\d+(?:\.\d+)?", value, re.ASCII):
            return float(value)
        if re.fullmatch(r"\d+(?:\.\d+)?", headers.get("retry-after-ms", ""), re.ASCII):
            return float(headers["retry-after-ms"]) / 1000
        try:
            return max((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds(), 0.0)
        except (ValueError, TypeError, OverflowError):
            pass
        found = _IN.search(self.everything)
        return float(found[1]) * {"ms": 0.001, "s": 1, "m": 60}[found[2]] if found else None

    def error(self, llm: str, secrets: Secrets, models: Callable[[], list[str]]) -> BackendError:
        """Turn it into a `BackendError`; `models` is asked where the model may be the fault."""
        status = f"{self.status}" if self.status >= 400 else f"{self.status} with an error"
        return BackendError(
            f"openai answers {status} for {llm!r}: {clean(self.words, secrets)}",
            provider="openai",
            retryable=self.is_passing,
            retry_after_s=self.retry_after_s,
            hint=self._hint(llm, models),
            loading=self.is_loading,
        )

    def _hint(self, llm: str, models: Callable[[], list[str]]) -> str:
        if _CREDIT.search(self.everything):
            return _HINTS[402]
        if re.search(r"v1/responses|not a chat model|v1/completions", self.everything):
            return f"{llm!r} is no model for chat completions; name another with --llm"
        if "unexpected endpoint" in self.everything or self.status == 405:
            return "does the base URL end in /v1?"
        if self.status == 404:
            return _known_models(llm, models())
        waits = self.retry_after_s
        if waits is not None and waits > _PATIENCE_S:
            return f"the server asks to be left alone for {waits:.6g} s"
        return _HINTS.get(self.status, "")


def _known_models(llm: str, names: list[str]) -> str:
    if not names:
        return f"is the model called {llm!r} there, and does the base URL end in /v1?"
    names = [on_one_line(name) for name in names]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"{did_you_mean(llm, names)} models there: {', '.join(name[:80] for name in names[:8])}{more}".lstrip()


def _document(text: str) -> Any:
    """Read an error's body: JSON (also the last event of a stream), or the visible text of a page."""
    for source in (text, *(line[5:] for line in reversed(text.splitlines()) if line.startswith("data:"))):
        try:
            return json.loads(source)
        except (ValueError, RecursionError):
            continue
    without_code = re.sub(r"(?is)<(script|style)\b.*?</\1\s*>", " ", text[:20_000])
    return re.sub(r"<[^>]{0,2000}>", " ", without_code) if re.search(r"</\w+>", text) else text


def _said(value: Any, depth: int = 0) -> Iterator[str]:
    """Find the sentences for people in an error's body."""
    if isinstance(value, str):
        inner = _document(value) if value.lstrip()[:1] in ("{", "[") and depth < 8 else value
        yield from _said(inner, depth + 1) if not isinstance(inner, str) else [value]
    elif isinstance(value, list):
        for item in value[:20]:
            yield from _said(item, depth + 1) if depth < 12 else ()
    elif isinstance(value, dict) and depth < 12:
        yield from _said_in(value, depth)


def _said_in(value: Mapping[str, Any], depth: int) -> Iterator[str]:
    found = [text for name in _SAYING if value.get(name) for text in _said(value[name], depth + 1)]
    place = value.get("loc")
    if found and isinstance(place, list | tuple):
        found[0] = f"{'.'.join(map(str, place))}: {found[0]}"
    if not found and (code := next((value[name] for name in ("code", "type") if value.get(name)), "")):
        found = [str(code)] if depth else []
    if not found and value and not depth:
        lone = [text for text in _strings(value) if re.search(r"[^\W\d_]", text)]
        found = lone if len(lone) == 1 else [json.dumps(value, ensure_ascii=False)]
    yield from found


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    """Everything in an error's body but what it repeats of the request."""
    if depth > 12:
        return
    if isinstance(value, str):
        inner = _document(value) if value.lstrip()[:1] in ("{", "[") else value
        yield from [value] if isinstance(inner, str) else _strings(inner, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == "loc" and isinstance(item, list):
                yield ".".join(map(str, item))
            elif name not in _ECHOES:
                yield from _strings(item, depth + 1)
            elif name == "failed_generation":
                yield name
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, depth + 1)
    elif value is not None:
        yield str(value)


def _status_inside(value: Any, depth: int = 0) -> int | None:
    """The HTTP status that an error's body names, where the answer's own is 200."""
    if isinstance(value, list):
        return next((found for item in value if (found := _status_inside(item, depth + 1))), None)
    if not isinstance(value, dict) or depth > 6:
        return None
    for name in ("code", "status", "status_code", "statusCode", "type"):
        given = value.get(name)
        if isinstance(given, int | str) and re.fullmatch(r"[45]\d\d", str(given)[:9], re.ASCII):
            return int(given)
        if isinstance(given, str) and re.search(r"rate_?limit|too_many", given.lower()):
            return 429
    return next((found for item in value.values() if (found := _status_inside(item, depth + 1))), None)
