"""The SDK's and the server's errors as `BackendError`: may it be tried again, when, and what can be done about it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from planner.errors import BackendError
from planner.loop.redaction import masked

if TYPE_CHECKING:
    from openai import APIStatusError

RETRYABLE = frozenset({408, 409, 425, 429})  # and everything from 500 on
_LONGEST = 300
_HINTS = {
    400: "the server does not take the request; --debug shows it",
    401: "the variable OPENAI_API_KEY holds the key; check it",
    403: "the key is not allowed to use this model",
}


@dataclass(frozen=True)
class Refused:
    """Which optional part of a request a server refused, as far as its error says."""

    structure: bool = False
    token_limit: bool = False
    temperature: bool = False

    @classmethod
    def read(cls, error: APIStatusError) -> Refused | None:
        """Read a refusal out of an error; None where it is about something else."""
        if error.status_code not in (400, 415, 422, 500, 501):
            return None
        said = f"{_param(error)} {error.message}".lower()
        refused = cls(
            structure=re.search(r"response_format|json_schema|json_object|schema|structured|grammar", said) is not None,
            token_limit=re.search(r"max_(?:completion_)?tokens|context length|context_length", said) is not None,
            temperature="temperature" in said,
        )
        return refused if refused != cls() else None


def from_sdk(error: APIStatusError, llm: str, key: str, models: Callable[[], list[str]]) -> BackendError:
    """Turn an error status into a `BackendError`; `models` is asked where the model may be the fault."""
    status = error.status_code
    said = error.message.removeprefix(f"Error code: {status} - ")
    retryable = (status in RETRYABLE or status >= 500) and error.code != "insufficient_quota"
    hint = _HINTS.get(status, "")
    if status == 404:
        hint = _known_models(llm, models())
    elif error.code == "insufficient_quota":
        hint = "the account has no credit left"
    return BackendError(
        f"openai answers {status} for {llm!r}: {_clean(said, key)}",
        provider="openai",
        retryable=retryable,
        retry_after_s=_retry_after_s(error),
        hint=hint,
    )


def without_key() -> BackendError:
    """There is neither a key nor a server."""
    return BackendError(
        "openai needs a key",
        provider="openai",
        hint="set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own; rules plans without either",
    )


def too_late(timeout_s: float | None) -> BackendError:
    """The time is up."""
    shown = "in time" if timeout_s is None else f"within {timeout_s:.3g} s"
    return BackendError(f"openai gave no answer {shown}", provider="openai", retryable=True, hint="allow more time")


def lost(error: Exception, key: str) -> BackendError:
    """The connection could not be made, or broke."""
    cause = error.__cause__ or error
    text = _clean(f"{error} ({type(cause).__name__}: {cause})", key)
    hint = "is the server running, and is OPENAI_BASE_URL right?"
    return BackendError(f"openai cannot be reached: {text}", provider="openai", retryable=True, hint=hint)


def malformed(body: bytes, key: str) -> BackendError:
    """The answer is not what the protocol says."""
    shown = _clean(body[:_LONGEST].decode("utf-8", "replace"), key) or "nothing"
    hint = "does the base URL end in /v1?"
    return BackendError(f"openai sent no completion but: {shown}", provider="openai", retryable=True, hint=hint)


def _known_models(llm: str, names: list[str]) -> str:
    if not names:
        return f"is the model called {llm!r} there, and does the base URL end in /v1?"
    close = difflib.get_close_matches(llm, names, n=1)
    meant = f'did you mean "{close[0]}"? ' if close else ""
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"{meant}models there: {', '.join(names[:8])}{more}"


def _param(error: APIStatusError) -> str:
    return str(error.param or "")


def _retry_after_s(error: APIStatusError) -> float | None:
    """Read Retry-After, in seconds or as a date; None where it is absent or unreadable."""
    value = error.response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", value):
        return float(value)
    try:
        return max((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def _clean(text: str, key: str) -> str:
    """Shorten a text and mask what looks like a key."""
    return " ".join(masked(text, key).split())[:_LONGEST]
