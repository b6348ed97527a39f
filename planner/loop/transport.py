"""Getting an answer out of a backend: again after a while where that helps, never beyond the deadline.

What is tried again is what the backend's `BackendError` calls `retryable` (a time-out, a lost connection, too many
requests, a server in trouble), after the time that the server asks for, or an exponential back-off with jitter.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from planner.backends.base import Backend, Capabilities, Reply, Request
from planner.errors import BackendError

if TYPE_CHECKING:
    from tenacity import RetryCallState

log = logging.getLogger("ragplan")

SHARE_OF_A_TRY = 0.75  # of the time for a plan: 45 of 60 s


@dataclass(frozen=True)
class Transport:
    """How often a request is sent, how long one try may take and the waits between, in seconds.

    longest_try_s: of a server's answer; None: three quarters of the time for a plan, so that one that hangs can be
    asked again and a slow one is waited for as long as that time was meant to allow.
    """

    max_tries: int = 4
    longest_try_s: float | None = None
    first_wait_s: float = 0.5
    longest_wait_s: float = 20.0


@dataclass(frozen=True)
class Deadline:
    """A moment after which nothing is waited for; `seconds` None: never."""

    seconds: float | None
    start: float = field(default_factory=time.monotonic)

    @property
    def left_s(self) -> float:
        """Seconds that are left, at least 0; infinite without a deadline."""
        return math.inf if self.seconds is None else max(self.start + self.seconds - time.monotonic(), 0.0)

    @property
    def passed(self) -> bool:
        """True when no time is left."""
        return self.left_s <= 0


def send(backend: Backend, request: Request, transport: Transport, deadline: Deadline) -> Reply:
    """Return a backend's reply to a request, which is told how much time is left.

    Raises the backend's last `BackendError`; one that says so where the deadline leaves no time to try again.
    """
    from tenacity import Retrying, retry_if_exception

    def once() -> Reply:
        left = deadline.left_s
        if left <= 0:
            raise _too_late(backend, deadline)
        return backend.complete(replace(request, timeout_s=_try_s(backend, transport, deadline)))

    retrying = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, BackendError) and error.retryable),
        wait=lambda state: _wait_s(state, transport),
        stop=lambda state: state.attempt_number >= transport.max_tries or state.upcoming_sleep >= deadline.left_s,
        before_sleep=lambda state: _tell(state, backend),
        reraise=True,
    )
    return retrying(once)


def _try_s(backend: Backend, transport: Transport, deadline: Deadline) -> float | None:
    """How long a try may take: a server that hangs is asked again, a model on this machine only slowed down by it."""
    longest = math.inf
    if Capabilities.of(backend).remote:
        share = math.inf if deadline.seconds is None else SHARE_OF_A_TRY * deadline.seconds
        longest = share if transport.longest_try_s is None else transport.longest_try_s
    longest = min(longest, deadline.left_s)
    return None if math.isinf(longest) else longest


def _wait_s(state: RetryCallState, transport: Transport) -> float:
    from tenacity import wait_random_exponential

    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_s if isinstance(error, BackendError) else None
    if asked is not None:
        return max(asked, 0.0)
    return wait_random_exponential(multiplier=transport.first_wait_s, max=transport.longest_wait_s)(state)


def _tell(state: RetryCallState, backend: Backend) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.info("%s: %s; trying again in %.1f s", backend.name, error, state.upcoming_sleep)


def _too_late(backend: Backend, deadline: Deadline) -> BackendError:
    return BackendError(
        f"{backend.name} was not asked: the {deadline.seconds:g} s for a plan are used up",
        provider=backend.name,
        hint="allow more time with timeout_s, --timeout on the command line",
    )
