"""Sentence → Plan: ask, look at the reply, ask again with what is wrong, repair what is left.

    ask ─▶ parse ─▶ check ─┬─▶ plan
     ▲                     │
     └── complaints ◀──────┘   at most `max_attempts` times, then `planner.checks.repair`, then `PlanError`

Every backend goes through this loop, the one without a model too.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from pathlib import Path
from typing import Any

from planner.backends.registry import get_backends
from planner.complaints import Complaint
from planner.errors import BackendError, PlanError
from planner.loop.asking import Asking, Limits, PlanningResult
from planner.loop.attempts import Attempt
from planner.loop.transport import Deadline, check_time
from planner.plan import Box, Plan, document
from planner.plan.limits import MAX_SENTENCE_CHARACTERS, check_canvas
from planner.tasks.backend import Backend, Capabilities, Original, Request
from planner.tasks.which_object import check_object

__all__ = ["Attempt", "Planner", "PlanningResult", "check_request", "plan_layout", "with_style"]

log = logging.getLogger("ragplan")


@dataclass(frozen=True)
class Planner(Limits):
    """Plan sentences with a backend: a name, any object with `complete`, or several, "openai,local,rules".

    Threads may share a planner; one that is pickled makes its backends anew.

    backend: Of several the next one is asked when one is exhausted.
    llm: The language model's name.
    task: What it is asked for: "layout" or, for small models, "scene"; None: what suits the backend.
    extra_body: More keys for a server's requests, such as {"enable_thinking": False}.
    timeout_s: How long a plan may take in all, whoever makes it, at most a day; None: any time. A backend that answers
        at once, such as `rules`, is asked after that too.
    max_attempts: How often each backend is asked, 1 or more.
    token_budget: After how many tokens a backend is not asked again.
    max_tokens: How long one reply may be, thinking included.
    repair: Whether what is left is repaired.
    cache: Where plans are kept; None: nowhere.
    prompts: A folder of own templates.
    transport: How often a request is sent, and the waits between.
    """

    backend: str | Backend | Sequence[Backend] = "auto"
    _: KW_ONLY
    llm: str | None = None
    task: str | None = None
    extra_body: Mapping[str, Any] | None = None
    _made: list[Backend | BackendError] = field(default_factory=list, init=False, repr=False, compare=False)
    _making: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("max_attempts", "max_tokens", "token_budget"):
            document.integer(getattr(self, name), name)
        if self.max_attempts < 1:
            raise PlanError(f"max_attempts must be at least 1, got {self.max_attempts}")
        if self.max_tokens < 1:
            raise PlanError(f"max_tokens must be at least 1, got {self.max_tokens}")
        if isinstance(self.backend, Sequence) and not self.backend:
            raise PlanError("backend is empty; name one, such as rules")
        check_time("timeout_s", self.timeout_s)
        if self.extra_body is not None:
            document.instance(self.extra_body, Mapping, "extra_body")
        if self.prompts is not None:
            document.instance(self.prompts, Path, "prompts")
            if not self.prompts.is_dir():
                raise PlanError(f"there is no folder {str(self.prompts)!r} with prompts of your own")

    def plan(self, sentence: str, *, width: int = 1024, height: int = 1024, style: str | None = None) -> PlanningResult:
        """Plan a sentence for a canvas of width × height pixels (multiples of 16, at least 32).

        `style` ("watercolor") is added to every prompt. Raises `PlanError` with all attempts where no acceptable plan
        came back, and for a sentence or a canvas that cannot be planned; `BackendError` where none answered.
        """
        check_request(sentence, width, height)
        result = self._ask(Request(sentence, width, height))
        return result if not style else replace(result, plan=with_style(result.plan, style))

    def change(
        self,
        plan: Plan,
        sentence: str,
        *,
        width: int = 1024,
        height: int = 1024,
        region: Box | None = None,
        changed: int | None = None,
    ) -> PlanningResult:
        """Write the prompts of a picture in which one thing changes: the result's plan, object `result.changed`.

        `sentence` says what becomes what ("the apple becomes a cube"), or what there shall be in the region, a box in
        fractions, or in place of object `changed`. A new thing that replaces no object is the plan's last one. Sizes
        and boxes stay. Raises as `plan`, and `PlanError` for an object that is not there.
        """
        check_request(sentence, width, height)
        if changed is not None:
            check_object(plan, changed)
        elif region is None and not plan.objects:
            raise PlanError("the plan has no objects that could change; say where to paint: by a region")
        return self._ask(Request(sentence, width, height, original=Original(plan, region, changed)))

    def plan_again(
        self, plan: Plan, complaints: Sequence[Complaint], *, width: int = 1024, height: int = 1024
    ) -> PlanningResult:
        """Plan what a plan shows once more, as its picture was not right.

        plan: the one that was painted; its prompt is the sentence.
        complaints: what was wrong with the picture.

        A backend without a language model may give the same plan again. Raises as `plan`.
        """
        check_request(plan.prompt, width, height)
        return self._ask(Request(plan.prompt, width, height, complaints=tuple(complaints), flawed=plan))

    def _ask(self, request: Request) -> PlanningResult:
        """Ask the backends in turn until one has a plan."""
        failures: list[BackendError | PlanError] = []
        deadline = Deadline(self.timeout_s)
        backends = self._get_backends()
        for backend in backends:
            try:
                if isinstance(backend, BackendError):
                    raise backend
                left = Deadline(None) if Capabilities.of(backend).instant else deadline
                return Asking(backend, request, self, left).result()
            except (BackendError, PlanError) as error:
                if len(backends) == 1:
                    raise
                log.info("%s", error)
                failures.append(error)
        raise _all_failed(failures)

    def _get_backends(self) -> list[Backend | BackendError]:
        """Make the backends once, whatever thread asks first: a model is loaded and a server got to know once."""
        with self._making:
            if not self._made:
                self._made.extend(get_backends(self.backend, self.llm, self.task, self.extra_body))
        return self._made

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_made", "_making")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _made=[], _making=threading.Lock())


def plan_layout(
    sentence: str,
    backend: str | Backend | Sequence[Backend] = "rules",
    *,
    width: int = 1024,
    height: int = 1024,
    llm: str | None = None,
    style: str | None = None,
) -> Plan:
    """Plan a sentence for a canvas of width × height pixels: `Planner(backend, llm=llm).plan(…).plan`.

    The plan has passed every check of severity "error". Raises as `Planner.plan`.
    """
    return Planner(backend, llm=llm).plan(sentence, width=width, height=height, style=style).plan


def check_request(sentence: str, width: int, height: int) -> None:
    """Raise `PlanError` for a sentence or a canvas that cannot be planned."""
    document.text(sentence, "the sentence")
    if document.is_blank(sentence):
        raise PlanError("the sentence is empty; say what is to be seen")
    if len(sentence) > MAX_SENTENCE_CHARACTERS:
        raise PlanError(f"the sentence has {len(sentence)} characters, at most {MAX_SENTENCE_CHARACTERS} are allowed")
    check_canvas(width, height)


def with_style(plan: Plan, style: str) -> Plan:
    """Add style words to every prompt that does not have them yet. Raises `PlanError` for what cannot be one."""
    document.text(style, "style")

    def styled(prompt: str) -> str:
        return prompt if style.lower() in prompt.lower() else f"{prompt.rstrip(' .')}, {style}"

    rows = tuple(
        replace(row, cells=tuple(replace(cell, prompt=styled(cell.prompt)) for cell in row.cells)) for row in plan.rows
    )
    objects = tuple(replace(item, prompt=styled(item.prompt)) for item in plan.objects)
    return replace(plan, prompt=styled(plan.prompt), rows=rows, objects=objects)


def _all_failed(failures: Sequence[BackendError | PlanError]) -> PlanError | BackendError:
    """Return one error for several: where none of them gave an answer and one may later, it can be asked again."""
    later = [error for error in failures if isinstance(error, BackendError) and error.retryable]
    if later and all(isinstance(error, BackendError) for error in failures):
        waits = [error.retry_after_s for error in later if error.retry_after_s is not None]
        text = f"no backend gave a plan: {'; '.join(map(str, failures))}"
        names = ",".join(error.provider for error in later)
        return BackendError(text, provider=names, retryable=True, retry_after_s=min(waits, default=None))
    attempts = [attempt for error in failures for attempt in getattr(error, "attempts", ())]
    complaints = next((error.complaints for error in reversed(failures) if isinstance(error, PlanError)), ())
    listed = "; ".join(str(error) for error in failures)
    return PlanError(f"no backend gave a plan: {listed}", attempts=attempts, complaints=complaints)
