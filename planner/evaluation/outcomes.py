"""The one place where the evaluation meets the planner: a sentence in, an outcome out, whatever happened."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from planner.errors import PlanError
from planner.plan import Plan
from planner.planner import Planner

Ask = Callable[[str], "PlanOutcome"]


@dataclass(frozen=True)
class PlanOutcome:
    """What came of one sentence: a plan, or the error in its place, and what it took.

    plan: None where there is none.
    error: why not.
    seconds: for all of it.
    attempts: how often the backend was asked.
    replies: its answers in full, oldest first.
    repairs: what was put right in the plan, a sentence each.
    prompt_tokens, reply_tokens: 0 where the backend counts none.
    from_cache: whether nobody had to be asked.
    backend, model: who made the plan.
    """

    plan: Plan | None
    error: str = ""
    seconds: float = 0.0
    attempts: int = 1
    replies: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    prompt_tokens: int = 0
    reply_tokens: int = 0
    from_cache: bool = False
    backend: str = ""
    model: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as a JSON object."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return values | {"plan": self.plan.to_dict() if self.plan else None}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PlanOutcome:
        """Read what `to_dict` wrote; other keys are left alone. Raises `PlanError` for a document that is no plan."""
        values = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        values["plan"] = Plan.from_dict(data["plan"]) if data.get("plan") else None
        values |= {name: tuple(values.get(name, ())) for name in ("replies", "repairs")}
        return cls(**values)


def asker(planner: Planner, *, width: int, height: int) -> Ask:
    """Return a function that plans a sentence for a canvas of width × height pixels.

    A sentence without a plan is an outcome too; `BackendError` (nobody answered) is raised.
    """

    def ask(sentence: str) -> PlanOutcome:
        start = time.perf_counter()
        try:
            result = planner.plan(sentence, width=width, height=height)
        except PlanError as error:
            return PlanOutcome(None, str(error), time.perf_counter() - start, **_asked(error.attempts))
        seconds = time.perf_counter() - start
        return PlanOutcome(
            result.plan,
            seconds=seconds,
            repairs=result.repairs,
            from_cache=result.from_cache,
            backend=result.backend,
            model=result.model,
            **_asked(result.attempts),
        )

    return ask


def _asked(attempts: Sequence[Any]) -> dict[str, Any]:
    replies = [attempt.reply for attempt in attempts]
    return {
        "attempts": len(attempts),
        "replies": tuple(reply.text for reply in replies),
        "prompt_tokens": sum(reply.usage.prompt_tokens for reply in replies),
        "reply_tokens": sum(reply.usage.reply_tokens for reply in replies),
    }
