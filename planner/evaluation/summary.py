"""Records → scores, and scores → the numbers of a report."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add
from pathlib import Path
from statistics import fmean, median
from typing import Any

from planner.evaluation.layouts import LayoutLook, look_of
from planner.evaluation.rules.rules import RULES, judge
from planner.evaluation.runs import SCORES, Record
from planner.evaluation.validity import Validity, look_at
from planner.plan.files import write_whole

ALL = "all"
Z95 = 1.959964


@dataclass(frozen=True)
class Scored:
    """A record with its verdict and what is wrong with its boxes."""

    record: Record
    scores: dict[str, float]
    faults: tuple[str, ...]
    validity: Validity
    look: LayoutLook

    @property
    def main(self) -> float | None:
        """The score that counts, None where nothing is known about right and wrong."""
        return next(iter(self.scores.values()), None)

    @property
    def badness(self) -> tuple[float, int, int]:
        """Sorts the worst plans first: wrong ones, then those with the most findings, then the repaired ones."""
        main = 1.0 if self.main is None else self.main
        findings = self.validity.invalid + self.validity.deep_overlaps + self.validity.empty
        return main, -findings, -len(self.record.outcome.repairs)


def score(record: Record, *, width: int, height: int) -> Scored:
    """Judge a record's plan on a canvas of width × height pixels."""
    plan = record.outcome.plan
    verdict = judge(record.case, plan, width=width, height=height)
    validity = look_at(plan, width=width, height=height) if plan else Validity()
    look = look_of(plan, width=width, height=height) if plan else LayoutLook()
    return Scored(record, verdict.scores, verdict.faults, validity, look)


def write_scores(scored: Sequence[Scored], out: Path) -> None:
    """Write each prompt's scores, for `compare` and for other programs."""
    lines = [json.dumps(_line(item), ensure_ascii=False) + "\n" for item in scored]
    write_whole(out / SCORES, "".join(lines))


def _line(item: Scored) -> dict[str, Any]:
    case = item.record.case
    return {
        "id": case.id,
        "prompt": case.prompt,
        "kind": case.kind,
        "scores": item.scores,
        "faults": item.faults,
        "failed": item.record.outcome.plan is None,
        "validity": asdict(item.validity),
        "layout": asdict(item.look),
    }


@dataclass(frozen=True)
class Share:
    """A mean of scores of 0 to 1 over `count` prompts, with its 95 % interval (Wilson's)."""

    mean: float
    count: int
    low: float
    high: float

    @classmethod
    def of(cls, scores: Sequence[float]) -> Share:
        """Average scores (at least one)."""
        n, p = len(scores), fmean(scores)
        middle = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
        reach = Z95 / (1 + Z95**2 / n) * math.sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
        return cls(p, n, max(min(middle - reach, p), 0.0), min(max(middle + reach, p), 1.0))


@dataclass(frozen=True)
class Summary:
    """The numbers of a run.

    prompts: how many were planned.
    judged: how many of them say what is right.
    shares: a row for each kind of prompt, and for all of them where there are several kinds of one rule's scores; in it
        the scores by name.
    validity: what is wrong with the boxes, whatever was asked.
    looks: how the boxes of each plan that has some look.
    failed: prompts without a plan.
    repaired: plans that were repaired.
    attempts, tokens: a prompt, on average.
    seconds, median_seconds: a prompt.
    cached: plans from the cache.
    """

    prompts: int
    judged: int
    shares: dict[str, dict[str, Share]]
    validity: Validity
    looks: tuple[LayoutLook, ...]
    failed: int
    repaired: int
    attempts: float
    tokens: float
    seconds: float
    median_seconds: float
    cached: int


def summarise(scored: Sequence[Scored]) -> Summary:
    """Put a run's scores together (at least one record)."""
    outcomes = [item.record.outcome for item in scored]
    seconds = [outcome.seconds for outcome in outcomes]
    return Summary(
        prompts=len(scored),
        judged=sum(bool(item.scores) for item in scored),
        shares=_shares(scored),
        validity=reduce(add, (item.validity for item in scored)),
        looks=tuple(item.look for item in scored if item.validity.boxes),
        failed=sum(outcome.plan is None for outcome in outcomes),
        repaired=sum(bool(outcome.repairs) for outcome in outcomes),
        attempts=fmean(outcome.attempts for outcome in outcomes),
        tokens=fmean(outcome.prompt_tokens + outcome.reply_tokens for outcome in outcomes),
        seconds=fmean(seconds),
        median_seconds=median(seconds),
        cached=sum(outcome.from_cache for outcome in outcomes),
    )


def _shares(scored: Sequence[Scored]) -> dict[str, dict[str, Share]]:
    kinds = list(dict.fromkeys(item.record.case.kind for item in scored if item.scores))
    rows = {kind: _row([item for item in scored if item.record.case.kind == kind]) for kind in kinds}
    judged = [item for item in scored if item.scores]
    if len(kinds) > 1:
        rows[ALL] = _row(judged)
    return rows


def _row(scored: Sequence[Scored]) -> dict[str, Share]:
    """Average the scores that all of the prompts' rules have, each over the prompts that have it."""
    rules = list(dict.fromkeys(item.record.case.rule for item in scored))
    names = [name for name in RULES[rules[0]].scores if all(name in RULES[rule].scores for rule in rules)]
    values = {name: [item.scores[name] for item in scored if name in item.scores] for name in names}
    return {name: Share.of(scores) for name, scores in values.items() if scores}
