"""One worker that paints, a bounded queue before it, and what happens told as events. Knows nothing of the web.

Events of a job are numbered from 0 and kept until the job is forgotten, so that whoever lost the connection reads on
where he was.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from generator.painting.failures import one_line
from planner.errors import RagplanError

log = logging.getLogger("ragplan")

State = Literal["waiting", "running", "done", "failed", "cancelled"]
Tell = Callable[..., None]
Work = Callable[["Job"], dict[str, Any]]


class QueueFullError(RagplanError):
    """So many jobs wait that another one is not taken."""


class CancelledError(Exception):
    """Raised inside a job that is not wanted any more; no error of anybody's."""


@dataclass
class Job:
    """Something to paint: its state and its events.

    id: what it is asked for by.
    work: what is to be done; None once it has begun or is over, so that nothing keeps the pictures that it holds.
    events: what happened so far, plain JSON values, in order.
    """

    id: str
    work: Work | None
    state: State = "waiting"
    events: list[dict[str, Any]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _cancelled: bool = False

    def begin(self) -> Work | None:
        """Say that the job runs now, and return its work; None for one that was cancelled before."""
        with self._changed:
            work, self.work = self.work, None
            if not self.is_over:
                self.state = "running"
            return work

    def tell(self, kind: str, **values: Any) -> None:
        """Add an event. Raises `CancelledError` where the job was cancelled meanwhile."""
        if self._cancelled and self.state == "running" and kind not in ("cancelled", "failed"):
            raise CancelledError
        with self._changed:
            self.events.append({"kind": kind, **values})
            self._changed.notify_all()

    def cancel(self) -> None:
        """Have the job stop: at once if it waits, at its next event if it runs."""
        with self._changed:
            self._cancelled = True
            if self.state == "waiting":
                self.end("cancelled")

    def end(self, state: State, **values: Any) -> None:
        """Close the job with its last event."""
        with self._changed:
            if self.is_over:
                return
            self.events.append({"kind": state, **values})  # before the state: who sees that it is over has all events
            self.state, self.work = state, None
            self._changed.notify_all()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "failed", "cancelled")

    def wait(self, known: int, timeout_s: float) -> list[dict[str, Any]]:
        """Return the events after the first `known`; waits for one, at most timeout_s seconds."""
        with self._changed:
            if len(self.events) <= known and not self.is_over:
                self._changed.wait(timeout_s)
            return self.events[known:]


class Jobs:
    """A queue and the thread that works on it, one job at a time.

    said: what is told of an error.
    most_waiting: jobs that may wait.
    most_kept: jobs that are over and whose events are kept.
    """

    def __init__(
        self, said: Callable[[Exception], str] = one_line, most_waiting: int = 64, most_kept: int = 64
    ) -> None:
        self._said = said
        self._most_waiting, self._most_kept = most_waiting, most_kept
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._queue: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closed = self._running = False
        self._thread = threading.Thread(target=self._run, name="ragplan-painter", daemon=True)
        self._thread.start()

    def add(self, work: Work) -> Job:
        """Have something done. Raises `QueueFullError` where too many wait."""
        with self._changed:
            if len(self._queue) >= self._most_waiting:
                raise QueueFullError(f"{len(self._queue)} pictures wait already; try again when some are painted")
            job = Job(secrets.token_hex(8), work)
            self._jobs[job.id] = job
            self._queue.append(job)
            self._forget()
            self._changed.notify_all()
            return job

    def get(self, name: str) -> Job | None:
        """Return a job by its id; None for one that is not known, or not any more."""
        return self._jobs.get(name)

    def place(self, job: Job) -> int:
        """Return how many jobs are done before a waiting one; 0 for the next, and for one that does not wait."""
        with self._changed:
            return self._queue.index(job) if job in self._queue else 0

    def cancel(self, job: Job) -> None:
        """Stop a job, or take it out of the queue."""
        with self._changed:
            if job in self._queue:
                self._queue.remove(job)
        job.cancel()

    def idle(self, timeout_s: float) -> bool:
        """Wait until nothing is painted and nothing waits, at most so long; whether it is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue and not self._running, timeout_s)

    def close(self) -> None:
        """Cancel all jobs and wait until the one that runs has ended, at most ten seconds."""
        with self._changed:
            self._closed = True
            waiting = list(self._jobs.values())
            self._queue.clear()
            self._changed.notify_all()
        for job in waiting:
            job.cancel()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while (job := self._next()) is not None:  # it is `_running` until the next one is asked for
            if (work := job.begin()) is None:
                continue
            try:
                job.tell("running")
                job.end("done", **work(job))
            except CancelledError:
                job.end("cancelled")
            except Exception as error:
                log.debug("a job failed", exc_info=True)
                job.end("failed", error=self._said(error))
            finally:
                del work  # and with it the pictures that it holds

    def _next(self) -> Job | None:
        with self._changed:
            self._running = False
            self._changed.notify_all()
            while not self._queue and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            self._running = True
            return self._queue.popleft()

    def _forget(self) -> None:
        over = [job for job in self._jobs.values() if job.is_over]
        for job in over[: max(0, len(over) - self._most_kept)]:
            del self._jobs[job.id]
