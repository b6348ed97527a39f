"""One backend asked for one sentence's plan: first, again with what is wrong, then repaired or given up."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from planner.complaints import Complaint, has_errors
from planner.errors import BackendError, PlanError
from planner.loop.attempts import Attempt, examine, with_remarks
from planner.loop.cache import CachedPlan, PlanCache
from planner.loop.prompting import load_prompts
from planner.loop.redaction import masked, printable, shortened
from planner.loop.transport import Deadline, Transport, send
from planner.plan import Plan
from planner.tasks.backend import Backend, Capabilities, Message, Request, Usage
from planner.tasks.tasks import task_of

log = logging.getLogger("ragplan")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How often, how long and with what a backend is asked; `planner.planner.Planner` says what each is."""

    max_attempts: int = 3
    timeout_s: float | None = 60
    token_budget: int = 30_000
    max_tokens: int = Request.max_tokens
    repair: bool = True
    cache: PlanCache | None = None
    prompts: Path | None = None
    transport: Transport = field(default_factory=Transport)


@dataclass(frozen=True)
class PlanningResult:
    """A plan and how it came about.

    backend, model: who planned.
    attempts: what was asked and answered, oldest first; empty from the cache.
    repairs: what was changed in the reply to make a plan of it, in sentences; the plan's notes tell them too.
    warnings: what could be better about the plan, which was accepted all the same; the plan's notes tell them too.
    usage: the tokens of all attempts.
    from_cache: whether the plan was kept from an earlier run; its warnings are in its notes only.
    changed: the number of the object that changes, where the sentence is about a picture.
    """

    plan: Plan
    backend: str
    model: str = ""
    attempts: tuple[Attempt, ...] = ()
    repairs: tuple[str, ...] = ()
    warnings: tuple[Complaint, ...] = ()
    usage: Usage = field(default_factory=Usage)
    from_cache: bool = False
    changed: int | None = None


class Asking:
    """The attempts so far, and what is left of time and tokens."""

    def __init__(self, backend: Backend, request: Request, limits: Limits, deadline: Deadline | None = None) -> None:
        self.backend, self.limits = backend, limits
        self.task = task_of(backend, request.original)
        brought = None if request.original else Capabilities.of(backend).prompts
        self.prompts = load_prompts(self.task.name, limits.prompts or brought)
        self.request = replace(request, schema=self.task.schema, max_tokens=limits.max_tokens)
        self.attempts: list[Attempt] = []
        self.usage = Usage()
        self.deadline = deadline or Deadline(limits.timeout_s)

    def result(self) -> PlanningResult:
        """Ask until there is a plan. Raises `PlanError` and `BackendError`."""
        key, cache = self._key(), self.limits.cache
        if key is not None and cache is not None and (kept := cache.load(key)):
            return PlanningResult(kept.plan, kept.backend, kept.model, repairs=kept.repairs, from_cache=True)
        result = self._ask()
        if key is not None and cache is not None:
            cache.save(key, CachedPlan(result.plan, result.backend, result.model, result.repairs))
        return result

    def _ask(self) -> PlanningResult:
        failure = ""
        while len(self.attempts) < self.limits.max_attempts and not failure:
            try:
                attempt = self._attempt()
            except BackendError as error:
                if not self.attempts:
                    raise
                failure = str(error)
                continue
            self.attempts.append(attempt)
            if attempt.plan is not None and not attempt.errors:
                return self._made(attempt.plan, attempt, attempt.warnings)
            if self.task.in_words and (made := self._repaired(attempt)):
                return made
            failure = self._reason_to_stop()
        return self._best(failure)

    def _attempt(self) -> Attempt:
        request = replace(self.request, messages=self._first())
        if self.attempts:
            last = self.attempts[-1]
            messages = self.prompts.next(self.request, last.reply.text, last.complaints)
            request = replace(self.request, messages=messages, complaints=last.complaints)
        self._log_request(request)
        reply = send(self.backend, request, self.limits.transport, self.deadline)
        log.debug("%s answers (%s): %s", reply.model or self.backend.name, reply.finish_reason, _shown(reply.text))
        self.usage += reply.usage
        attempt = examine(self.backend.name, self.task, request, reply)
        _tell(attempt, len(self.attempts) + 1)
        return attempt

    def _first(self) -> tuple[Message, ...]:
        """Return the messages of the first attempt; about a plan that was painted, what was wrong with its picture."""
        if self.request.flawed is None:
            return self.prompts.first(self.request)
        painted = json.dumps(self.request.flawed.to_dict(), ensure_ascii=False)
        return self.prompts.next(self.request, painted, self.request.complaints)

    def _log_request(self, request: Request) -> None:
        """Log the chat, and the second time no more of it than what is new."""
        known = len(self.attempts[0].request.messages) if self.attempts else 0
        log.debug("asking %s with %d messages, %d of them as before", self.backend.name, len(request.messages), known)
        for message in request.messages[known:]:
            log.debug("%s: %s", message.role, _shown(message.content))

    def _reason_to_stop(self) -> str:
        """Why asking again is of no use; empty where it is."""
        if len(self.attempts) > 1 and self.attempts[-1].complaints == self.attempts[-2].complaints:
            return "the same faults came back"
        if self.usage.total >= self.limits.token_budget:
            return f"{self.usage.total} tokens are used, {self.limits.token_budget} are allowed"
        return f"{self.limits.timeout_s:g} s have passed" if self.deadline.passed else ""

    def _best(self, failure: str) -> PlanningResult:
        """Repair the best attempt, or raise `PlanError` with all of them."""
        best = min(
            (attempt for attempt in reversed(self.attempts) if attempt.plan is not None),
            key=lambda attempt: len(attempt.errors),
            default=None,
        )
        if best is not None and (made := self._repaired(best)):
            return made
        last = best or self.attempts[-1]
        listed = "; ".join(str(complaint).removeprefix(": ") for complaint in last.errors[:3])
        more = f" (and {len(last.errors) - 3} more)" if len(last.errors) > 3 else ""
        why = f"; {failure}" if failure else ""
        message = f"{self.backend.name} gave no acceptable plan in {len(self.attempts)} attempts{why}: {listed}{more}"
        raise PlanError(message, attempts=self.attempts, complaints=last.complaints)

    def _repaired(self, attempt: Attempt) -> PlanningResult | None:
        """Repair an attempt; None where that is not wanted or not enough."""
        if not self.limits.repair or attempt.draft is None:
            return None
        repaired = self.task.repair(attempt.draft, self.request)
        found = self.task.faults(repaired.draft, self.request)
        if has_errors(found):
            return None
        return self._made(repaired.draft.plan, attempt, (*found, *repaired.draft.complaints), repaired.repairs)

    def _made(
        self, plan: Plan, attempt: Attempt, warnings: Sequence[Complaint], repairs: Sequence[str] = ()
    ) -> PlanningResult:
        repairs = (*attempt.repairs, *repairs)
        return PlanningResult(
            with_remarks(plan, repairs, warnings),
            self.backend.name,
            model=attempt.reply.model,
            attempts=tuple(self.attempts),
            repairs=repairs,
            warnings=tuple(warnings),
            usage=self.usage,
            changed=attempt.draft.changed if attempt.draft else None,
        )

    def _key(self) -> dict[str, Any] | None:
        """Everything that the plan depends on; None for what is not kept.

        That are plans of backends that do not say what their answers depend on, and of pictures that were painted.
        """
        identity = Capabilities.of(self.backend).identity
        if identity is None or self.request.original is not None or self.request.flawed is not None:
            return None
        return {
            "sentence": self.request.sentence,
            "width": self.request.width,
            "height": self.request.height,
            "backend": self.backend.name,
            "identity": dict(identity),
            "task": self.task.name,
            "schema": self.task.fingerprint,
            "prompts": self.prompts.fingerprint,
            "repair": self.limits.repair,
        }


def _tell(attempt: Attempt, number: int) -> None:
    if attempt.leniencies:
        log.info("%s: tolerated in reply %d: %s", attempt.backend, number, ", ".join(attempt.leniencies))
    for complaint in attempt.errors:
        log.info("%s: wrong in reply %d: %s", attempt.backend, number, str(complaint).removeprefix(": "))


def _shown(text: str) -> str:
    return shortened(printable(masked(text)))
