"""Many prompts → many pictures: planners and painters side by side, bounded queues between them. No torch.

    prompts ─▶ planners (threads, `Planning`) ─▶ waiting jobs ─▶ seats (threads, `seats.py`) ─▶ outcomes ─▶ ledger

The thread that iterates does everything else: it hands out prompts, gives jobs to seats that are free and writes the
ledger, so that there is one writer and nothing to lock. Memory does not grow with the number of prompts but for what
the ledger knows of each picture.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from generator.batch.ledger import Ledger, Outcome
from generator.batch.planning import Planned, Planning
from generator.batch.prompts import BadLine, Prompt, digest, name_of
from generator.batch.seats import Finished, PainterDiedError, PaintJob, Seat
from generator.settings import RenderSettings
from planner.errors import RenderError

log = logging.getLogger("ragplan")

MOST_DEATHS = 3  # of workers over one picture; then it is the picture
LOOK_AHEAD = 64  # waiting jobs among which those for one batch are looked for


@dataclass(frozen=True)
class RunOptions:
    """How a run goes.

    planners: how many prompts are planned at once.
    batch: how many pictures go through a model together, where canvas, cells and settings are equal.
    retry_failed: whether pictures that failed in an earlier run are tried again.
    replace_changed: whether pictures whose prompt has changed since are painted anew; else they fail with a word.
    """

    planners: int = 4
    batch: int = 1
    retry_failed: bool = False
    replace_changed: bool = False


@dataclass
class Waiting:
    """A picture that has its plan and waits for a seat."""

    prompt: Prompt
    seed: int
    job: PaintJob
    planned: Planned
    deaths: int = 0


@dataclass(frozen=True)
class _Ready:
    """Seat `seat` can paint; with an error it never will."""

    seat: int
    error: Exception | None = None


@dataclass(frozen=True)
class _Done:
    """What a seat had, and what came of it (None: its worker died)."""

    had: Sequence[Waiting]
    painted: Sequence[Finished] | None
    why: str = ""


@dataclass
class Run:
    """One run into one folder."""

    ledger: Ledger
    settings: RenderSettings
    planning: Planning
    seats: Sequence[Seat]
    options: RunOptions = field(default_factory=RunOptions)

    def outcomes(self, prompts: Iterable[Prompt | BadLine]) -> Iterator[Outcome | BadLine]:
        """Yield what came of each picture, in the order in which they are ready, and bad lines as they are met.

        Raises `RenderError` where nothing more can be written or painted; what was made is in the ledger.
        """
        self._events: queue.SimpleQueue[Planned | _Ready | _Done] = queue.SimpleQueue()
        self._desks = [queue.SimpleQueue[Sequence[Waiting] | None]() for _ in self.seats]
        self._ended = threading.Event()
        threads = [
            threading.Thread(target=self._work, args=(i,), name=f"seat {i}", daemon=True)
            for i in range(len(self.seats))
        ]
        self._free, self._jobs = list[int](), deque[Waiting]()
        pool = ThreadPoolExecutor(self.options.planners, thread_name_prefix="planner")
        for thread in threads:
            thread.start()
        try:
            yield from self._loop(iter(prompts), pool)
        finally:
            self.planning.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            self._ended.set()
            for desk, seat in zip(self._desks, self.seats, strict=True):
                desk.put(None)
                seat.close()

    def _loop(self, prompts: Iterator[Prompt | BadLine], pool: ThreadPoolExecutor) -> Iterator[Outcome | BadLine]:
        self._asked, self._painting, more = 0, 0, True
        while more or self._asked or self._jobs or self._painting:
            while more and self._asked + len(self._jobs) < self._most_ahead:
                item = next(prompts, None)
                if item is None:
                    more = False
                elif isinstance(item, BadLine):
                    yield item
                else:
                    yield from self._begin(item, pool)
            self._seat_jobs()
            if self._asked or self._jobs or self._painting:
                yield from self._after(self._events.get())

    @property
    def _most_ahead(self) -> int:
        """How many prompts and pictures are under way before the seats: enough to fill them, and no more."""
        return 2 * (self.options.planners + len(self.seats) * self.options.batch)

    def _begin(self, prompt: Prompt, pool: ThreadPoolExecutor) -> Iterator[Outcome]:
        """Have a prompt planned, unless all its pictures are there."""
        missing = []
        for seed in prompt.seeds:
            found = self._found(prompt, seed)
            if found is None:
                missing.append(seed)
            else:
                yield found
        if missing:
            self._asked += 1
            pool.submit(lambda: self._events.put(self.planning.plan(prompt, missing)))

    def _found(self, prompt: Prompt, seed: int) -> Outcome | None:
        """Return the outcome of a picture that is not to be painted; None for one that is."""
        path, known = self.ledger.folder / name_of(prompt, seed), self.ledger.known(prompt.id, seed)
        outcome = Outcome(prompt.id, seed, "kept", path, self._digest(prompt), prompt.sentence)
        if known is None:
            if not path.exists():
                return None
            self.ledger.add(outcome)  # by a run that was killed between the picture and its line
            return outcome
        digest, made = known
        if digest != outcome.digest:
            if self.options.replace_changed or not made:
                return None
            why = f"{prompt.id!r} asks for something else since its picture was made; --replace-changed paints it anew"
            return replace(outcome, status="failed", path=None, error=why)
        if made:
            return outcome if path.exists() else None
        if self.options.retry_failed:
            return None
        return replace(outcome, status="failed", path=None, error="failed before; --retry-failed tries again")

    def _seat_jobs(self) -> None:
        while self._free and self._jobs:
            self._painting += 1
            self._desks[self._free.pop()].put(self._next_jobs())

    def _next_jobs(self) -> list[Waiting]:
        """Take the job that waits longest and those that can be painted with it."""
        first = self._jobs.popleft()
        chosen = [first]
        if self.options.batch > 1 and not first.deaths:
            for other in list(self._jobs)[:LOOK_AHEAD]:
                if len(chosen) < self.options.batch and not other.deaths and _alike(first.job, other.job):
                    chosen.append(other)
                    self._jobs.remove(other)
        return chosen

    def _work(self, number: int) -> None:
        """Paint what is put on a seat's desk, until None is: the only thing that runs in a seat's thread.

        A seat that waits for its place in a cluster has no job meanwhile: others paint it. What was opened while the
        run ended is closed here, as nobody else knows of it.
        """
        seat, desk = self.seats[number], self._desks[number]
        while not self._ended.is_set():
            try:
                seat.open()
            except Exception as error:
                self._events.put(_Ready(number, error))
                return
            self._events.put(_Ready(number))
            had = desk.get()
            if had is not None and not self._ended.is_set():
                self._events.put(_paint(seat, had))
        seat.close()

    def _after(self, event: Planned | _Ready | _Done) -> Iterator[Outcome]:
        if isinstance(event, Planned):
            self._asked -= 1
            yield from self._planned(event)
        elif isinstance(event, _Ready):
            if event.error is not None:
                raise RenderError(f"nobody can paint: {event.error}") from event.error
            self._free.append(event.seat)
        else:
            self._painting -= 1
            yield from self._done(event)

    def _done(self, event: _Done) -> Iterator[Outcome]:
        if event.painted is None:
            yield from self._died(event)
            return
        for one, painted in zip(event.had, event.painted, strict=True):
            if painted.fatal:
                raise RenderError(f"{painted.error}; the same command goes on where this one stopped")
            yield self._told(one, painted)

    def _planned(self, event: Planned) -> Iterator[Outcome]:
        prompt = event.prompt
        for seed in event.seeds:
            if event.plan is None:
                yield self._write(
                    Outcome(prompt.id, seed, "failed", None, self._digest(prompt), prompt.sentence, error=event.error)
                )
                continue
            path = self.ledger.folder / name_of(prompt, seed)
            settings = event.settings.changed(seed=seed).to_dict()
            recipe = {"plan": event.plan, "settings": settings}
            self._jobs.append(Waiting(prompt, seed, PaintJob(recipe, str(path)), event))

    def _died(self, event: _Done) -> Iterator[Outcome]:
        for one in event.had:
            one.deaths += 1
            if one.deaths < MOST_DEATHS:
                log.warning("%s: %s; it is painted again", one.job.path, event.why)
                self._jobs.appendleft(one)
            else:
                yield self._told(one, Finished(error=f"{event.why}, {one.deaths} times"))

    def _told(self, one: Waiting, painted: Finished) -> Outcome:
        path = None if painted.error else Path(one.job.path)
        return self._write(
            Outcome(
                one.prompt.id,
                one.seed,
                "failed" if painted.error else "painted",
                path,
                self._digest(one.prompt),
                one.prompt.sentence,
                plan=dict(one.job.recipe["plan"]),
                backend=one.planned.backend,
                attempts=one.deaths + 1,
                seconds=painted.seconds,
                error=painted.error,
            )
        )

    def _digest(self, prompt: Prompt) -> str:
        """Letters that change with what a picture of a prompt is: its content and the run's settings, not the seed."""
        return f"{prompt.digest}-{self._settings_digest}"

    @cached_property
    def _settings_digest(self) -> str:
        return digest(self.settings.changed(seed=None).to_dict())

    def _write(self, outcome: Outcome) -> Outcome:
        self.ledger.add(outcome)
        return outcome


def _paint(seat: Seat, had: Sequence[Waiting]) -> _Done:
    try:
        return _Done(had, seat.paint([one.job for one in had]))
    except PainterDiedError as error:
        return _Done(had, None, str(error))
    except Exception as error:
        log.debug("a seat failed", exc_info=True)
        return _Done(had, [Finished(error=f"{type(error).__name__}: {error}")] * len(had))


def _alike(job: PaintJob, other: PaintJob) -> bool:
    """Whether two jobs can go through a model together: equal settings but the seed, equal cells, no pictures."""

    def key(one: PaintJob) -> Any:
        plan, settings = one.recipe["plan"], one.recipe["settings"]
        rows = [[row["height"], [cell["width"] for cell in row["cells"]]] for row in plan["rows"]]
        special = any("image" in item or "lora" in item for item in plan["objects"])
        return rows, len(plan["objects"]), {**settings, "seed": 0}, special

    mine = key(job)
    return mine == key(other) and not mine[3]
