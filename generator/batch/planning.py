"""Prompts → plans in threads, with one pause for all: a server that is asked too often answers 429 to every thread.

A planner's own retries are short. Where they end with an error that may pass, the prompt waits, and so do all others:
the first to be answered again lets the rest go on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from generator.batch.prompts import Prompt
from generator.settings import RenderSettings
from planner.errors import BackendError, RagplanError
from planner.planner import PlanningResult, with_style

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0


class Plans(Protocol):
    """What plans: a `planner.Planner`, or anything like it that threads may share."""

    def plan(self, sentence: str, *, width: int, height: int) -> PlanningResult:
        """Plan a sentence for a canvas in px. Raises `PlanError` and `BackendError`."""


@dataclass(frozen=True)
class Planned:
    """What came of planning a prompt. plan: plain JSON values, or None with an error. seeds: pictures to paint."""

    prompt: Prompt
    seeds: Sequence[int]
    settings: RenderSettings
    plan: dict[str, Any] | None = None
    backend: str = ""
    error: str = ""


@dataclass
class Planning:
    """Plans for several threads.

    planner: shared by all of them.
    settings: the run's, which a prompt's own change; the files that they name are absolute.
    patience_s: how long a prompt is tried again while the backend answers that it cannot now.
    """

    planner: Plans
    settings: RenderSettings
    patience_s: float = 600.0
    _open_at: float = 0.0
    _stopped: threading.Event = field(default_factory=threading.Event)

    def plan(self, prompt: Prompt, seeds: Sequence[int]) -> Planned:
        """Plan a prompt, or take its own plan; the files that it names are absolute: who paints may stand elsewhere.

        Never raises: what went wrong is in the result.
        """
        settings = self.settings
        try:
            if prompt.settings:
                settings = settings.changed(**prompt.settings).with_files_from(prompt.folder)
            if prompt.plan is not None:
                plan, backend = prompt.plan.anchored(prompt.folder), ""
            else:
                plan, backend = self._asked(prompt.sentence, settings)
            plan = with_style(plan, prompt.style) if prompt.style else plan
            return Planned(prompt, seeds, settings, plan.to_dict(), backend)
        except RagplanError as error:
            return Planned(prompt, seeds, settings, error=str(error))
        except Exception as error:  # a planner of somebody's own: its fault is one prompt's, not the run's
            return Planned(prompt, seeds, settings, error=f"{type(error).__name__}: {error}")

    def stop(self) -> None:
        """Have threads that wait give up."""
        self._stopped.set()

    def _asked(self, sentence: str, settings: RenderSettings) -> tuple[Any, str]:
        end, pause = time.monotonic() + self.patience_s, FIRST_PAUSE_S
        while True:
            self._stopped.wait(max(self._open_at - time.monotonic(), 0.0))
            try:
                result = self.planner.plan(sentence, width=settings.width, height=settings.height)
            except BackendError as error:
                asked = error.retry_after_s if error.retry_after_s is not None else pause
                wait = min(max(asked, FIRST_PAUSE_S), LONGEST_PAUSE_S)
                if not error.retryable or self._stopped.is_set() or time.monotonic() + wait > end:
                    raise
                self._open_at, pause = time.monotonic() + wait, min(2 * pause, LONGEST_PAUSE_S)
            else:
                self._open_at = 0.0
                return result.plan, result.backend
