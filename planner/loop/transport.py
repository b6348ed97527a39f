"""Getting an answer out of a backend: again after a while where that helps, never beyond the deadline.

What is tried again is what the backend's `BackendError` calls `retryable` (a time-out, a lost connection, too many
requests, a server in trouble), after the time that the server asks for, or an exponential back-off with jitter. A
server whose model is being loaded is asked until the time is up.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import TYPE_CHECKING, TypeVar

from planner.errors import BackendError, PlanError, RagplanError
from planner.loop.redaction import masked, on_one_line
from planner.tasks.backend import Backend, Capabilities, Reply, Request

if TYPE_CHECKING:
    from tenacity import RetryCallState

log = logging.getLogger("ragplan")
T = TypeVar("T")

LONGEST_TIME_S = 86_400.0  # of a plan: a day
LONGEST_LOADING_S = 600.0  # of a model, where a plan has all the time
_LOADING_WAIT_S = 1.0
_MOST_PATIENCE = 10  # times the longest wait: a server that asks for more is not waited for
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

    def __post_init__(self) -> None:
        if self.max_tries < 1:
            raise PlanError(f"max_tries must be at least 1, got {self.max_tries}")
        check_time("longest_try_s", self.longest_try_s)
        for name, wait_s in (("first_wait_s", self.first_wait_s), ("longest_wait_s", self.longest_wait_s)):
            if not 0 <= wait_s <= LONGEST_TIME_S:
                raise PlanError(f"{name} must be 0 to {LONGEST_TIME_S:.0f} seconds, got {wait_s:g}")


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


class LateError(Exception):
    """A call is not done when its time is up."""


def within(seconds: float | None, call: Callable[[], T]) -> T:
    """Return what a call returns, or raise `LateError` when its time is up, wherever it hangs.

    It runs in a thread of its own, which is then left to itself: take away what it works with, so that it ends.
    """
    if seconds is None:
        return call()
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # whatever it is, it is raised where the call was made
            future.set_exception(error)

    threading.Thread(target=run, name="ragplan-request", daemon=True).start()
    try:
        return future.result(max(seconds, 0))
    except TimeoutError:
        if future.done():
            raise
        raise LateError from None


def check_time(name: str, seconds: float | None) -> None:
    """Raise `PlanError` for a time that is none: seconds above 0, at most a day, or None for any."""
    is_number = isinstance(seconds, Real) and not isinstance(seconds, bool)
    if seconds is not None and not (is_number and 0 < seconds <= LONGEST_TIME_S):
        got = f"{seconds:g}" if is_number else repr(seconds)
        raise PlanError(f"{name} must be above 0 and at most {LONGEST_TIME_S:.0f} seconds, got {got}")


def send(backend: Backend, request: Request, transport: Transport, deadline: Deadline) -> Reply:
    """Return a backend's reply to a request, which is told how much time is left.

    Raises the backend's last `BackendError`; one that says so where the deadline leaves no time to try again.
    """
    from tenacity import Retrying, retry_if_exception

    failures: list[BackendError] = []

    def once() -> Reply:
        if deadline.passed:
            raise failures[-1] if failures else _too_late(backend, deadline)
        return _complete(backend, replace(request, timeout_s=_try_s(backend, transport, deadline)))

    retrying = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, BackendError) and error.retryable),
        wait=lambda state: _wait_s(state, transport),
        stop=lambda state: _is_over(state, transport, deadline),
        before_sleep=lambda state: failures.append(_tell(state, backend)),
        reraise=True,
    )
    return retrying(once)


def _complete(backend: Backend, request: Request) -> Reply:
    """Ask once; whatever a backend raises that is not ours is a `BackendError`, so that the next one can be asked."""
    try:
        reply = backend.complete(request)
        if not isinstance(reply, Reply):
            raise TypeError(f"it answered a {type(reply).__name__} in place of a Reply")
    except RagplanError:
        raise
    except Exception as error:
        why = f"{type(error).__name__}: {on_one_line(masked(str(error)))[:300]}"
        raise BackendError(f"{backend.name} failed: {why}", provider=backend.name) from error
    return reply


def _try_s(backend: Backend, transport: Transport, deadline: Deadline) -> float | None:
    """How long a try may take: a server that hangs is asked again, a model on this machine only slowed down by it."""
    longest = math.inf
    if Capabilities.of(backend).remote:
        share = math.inf if deadline.seconds is None else SHARE_OF_A_TRY * deadline.seconds
        longest = share if transport.longest_try_s is None else transport.longest_try_s
    longest = min(longest, deadline.left_s)
    return None if math.isinf(longest) else longest


def _failure(state: RetryCallState) -> BackendError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, BackendError)  # no other is tried again
    return error


def _wait_s(state: RetryCallState, transport: Transport) -> float:
    from tenacity import wait_random_exponential

    error = _failure(state)
    if error.retry_after_s is not None:
        return max(error.retry_after_s, 0.0)
    if error.loading:
        return _LOADING_WAIT_S
    return wait_random_exponential(multiplier=transport.first_wait_s, max=transport.longest_wait_s)(state)


def _is_over(state: RetryCallState, transport: Transport, deadline: Deadline) -> bool:
    """Whether trying again is of no use: no time, too many tries, or a server that asks to be left alone for long."""
    if state.upcoming_sleep >= deadline.left_s or state.upcoming_sleep > _MOST_PATIENCE * transport.longest_wait_s:
        return True
    if _failure(state).loading:
        return math.isinf(deadline.left_s) and (state.seconds_since_start or 0) > LONGEST_LOADING_S
    return state.attempt_number >= transport.max_tries


def _tell(state: RetryCallState, backend: Backend) -> BackendError:
    log.info("%s: %s; trying again in %.1f s", backend.name, _failure(state), state.upcoming_sleep)
    return _failure(state)


def _too_late(backend: Backend, deadline: Deadline) -> BackendError:
    return BackendError(
        f"{backend.name} was not asked: the {deadline.seconds:g} s for a plan are used up",
        provider=backend.name,
        hint="allow more time with timeout_s, --timeout on the command line",
    )
