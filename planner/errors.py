"""The exceptions of ragplan.

RagplanError
├── PlanError      a plan document is wrong, or no acceptable plan could be made
├── BackendError   a planning backend did not answer
└── RenderError    a plan could not be turned into an image
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.complaints import Complaint


class RagplanError(Exception):
    """Base of every error that ragplan raises on purpose; its text is one readable sentence. It can be pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).__new__, (type(self), *self.args), self.__dict__


class PlanError(RagplanError):
    """A plan document is wrong, or no acceptable plan could be made.

    attempts: the planner's tries, oldest first; empty where a document could not be read.
    complaints: what is wrong with the last of them.
    """

    def __init__(self, message: str, *, attempts: Sequence[object] = (), complaints: Sequence[Complaint] = ()) -> None:
        super().__init__(message)
        self.attempts = tuple(attempts)
        self.complaints = tuple(complaints)


class BackendError(RagplanError):
    """A planning backend did not answer.

    provider: its name, "openai".
    retryable: whether the same request may succeed later.
    retry_after_s: after how many seconds, where the provider said so.
    hint: what the user can do, or empty; it stands behind the message.
    loading: its model is being loaded, so it is asked until the time is up.
    """

    def __init__(
        self,
        message: str,
        *,
        provider: str,
        retryable: bool = False,
        retry_after_s: float | None = None,
        hint: str = "",
        loading: bool = False,
    ) -> None:
        super().__init__(message)
        self.provider = provider
        self.retryable = retryable
        self.retry_after_s = retry_after_s
        self.hint = hint
        self.loading = loading

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text} ({self.hint})" if self.hint else text


class RenderError(RagplanError):
    """A plan could not be turned into an image: a wrong size, setting, model or plan."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Ask for the known word that is most like a wrong one: 'did you mean "rules"?'; "" where none is near."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f'did you mean "{close[0]}"?' if close else ""
