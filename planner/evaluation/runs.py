"""Runs: a suite through a planner, one JSON line for each prompt, so that a stopped run goes on where it was.

A run's folder:

    run.json        what was run: suite, backend, canvas, versions
    plans.jsonl     case, plan, replies, attempts, repairs, tokens, seconds: one line a prompt, written at once
    scores.jsonl    the scores of each prompt, made from plans.jsonl
    report.md, report.html
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from planner.errors import BackendError, PlanError
from planner.evaluation.outcomes import Ask, Outcome
from planner.evaluation.suites.cases import Suite, SuiteCase, SuiteRelation, SuiteThing
from planner.plan.limits import MAX_REPLY_TOKENS

log = logging.getLogger("ragplan")

MOST_SILENCE = 3  # after so many prompts in a row that the backend did not answer, the run stops
RUN, PLANS, SCORES = "run.json", "plans.jsonl", "scores.jsonl"


@dataclass(frozen=True)
class Setup:
    """What makes a run what it is: going on with it needs the same."""

    suite: str
    format: str
    sha256: str
    backend: str
    llm: str | None
    width: int
    height: int
    attempts: int
    limit: int | None
    seed: int | None
    task: str | None = None
    max_tokens: int = MAX_REPLY_TOKENS

    @classmethod
    def of(cls, suite: Suite, path: Path, backend: str, **rest: Any) -> Setup:
        """Describe a run over a suite's file."""
        return cls(suite.name, suite.format, hashlib.sha256(path.read_bytes()).hexdigest(), backend, **rest)


@dataclass(frozen=True)
class Record:
    """A case with what came of it."""

    case: SuiteCase
    outcome: Outcome


def choose(suite: Suite, limit: int | None, seed: int | None) -> list[SuiteCase]:
    """Take the first `limit` cases (None: all), with a seed in an order drawn by it.

    A larger limit takes the same cases and more. Raises `PlanError` for a limit under 1.
    """
    if limit is not None and limit < 1:
        raise PlanError(f"the limit must be at least 1, got {limit}")
    cases = list(suite.cases)
    if seed is not None:
        random.Random(seed).shuffle(cases)
    return cases[:limit]


def prepare(out: Path, setup: Setup, *, resume: bool) -> None:
    """Make a run's folder, or check that the run in it may go on.

    Only the limit may differ. Raises `PlanError` where the folder has a run already and `resume` is False, or where
    that run was another one.
    """
    known = out / RUN
    if known.exists() and (out / PLANS).exists() and (out / PLANS).stat().st_size:
        if not resume:
            raise PlanError(f"{out} has a run already; --resume goes on with it, or give another folder with --out")
        unsaid = {"max_tokens": Setup.max_tokens}  # by runs from before it could be set
        before = unsaid | json.loads(known.read_text(encoding="utf-8"))
        now = asdict(setup)
        other = [f"{name} {before.get(name)!r}" for name in now if name != "limit" and before.get(name) != now[name]]
        if other:
            raise PlanError(f"{out} has a run with {', '.join(other)}; give another folder with --out")
    out.mkdir(parents=True, exist_ok=True)
    known.write_text(json.dumps(asdict(setup), indent=2) + "\n", encoding="utf-8")


def run(
    cases: Sequence[SuiteCase], ask: Ask, out: Path, progress: Callable[[int, int], None] | None = None
) -> list[Record]:
    """Plan the cases that the folder has no line of yet, and return the records of all of them, in order.

    A prompt that nobody answered is not written down and asked again when the run goes on. Raises `BackendError`
    after three such prompts in a row, and at once where it is the first and asking again is of no use.
    """
    kept = {record.case.id: record for record in read_records(out)}
    silence: list[BackendError] = []
    with (out / PLANS).open("a", encoding="utf-8") as file:
        for number, case in enumerate(cases, start=1):
            if case.id not in kept:
                try:
                    record = Record(case, ask(case.prompt))
                except BackendError as error:
                    silence.append(error)
                    if len(silence) == MOST_SILENCE or not (kept or error.retryable):
                        raise
                    log.warning("nobody answered for %r: %s", case.prompt, error)
                    continue
                silence.clear()
                kept[case.id] = record
                file.write(json.dumps(_line(record), ensure_ascii=False) + "\n")
                file.flush()
            if progress:
                progress(number, len(cases))
    return [Record(case, kept[case.id].outcome) for case in cases if case.id in kept]


def read_records(out: Path) -> list[Record]:
    """Read a run's records; a last line that was cut off by a stop is dropped from the file."""
    path = out / PLANS
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole, _, rest = text.rpartition("\n")
    if rest:
        log.info("%s: the last line is not whole and is asked again", path)
        path.write_text(whole + "\n" if whole else "", encoding="utf-8")
    return list(_records(whole, path))


def read_setup(out: Path) -> dict[str, Any]:
    """Read what a run was. Raises `PlanError` where the folder has none."""
    path = out / RUN
    if not path.is_file():
        raise PlanError(f"{out} is no run: there is no {RUN} in it")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _records(text: str, path: Path) -> Iterator[Record]:
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            data = json.loads(line)
            yield Record(_read_case(data["case"]), Outcome.from_dict(data))
        except (ValueError, KeyError, TypeError, PlanError) as error:
            raise PlanError(f"{path}, line {number}: this is no record of a run: {error}") from error


def _line(record: Record) -> dict[str, Any]:
    return {"case": asdict(record.case), **record.outcome.to_dict()}


def _read_case(data: dict[str, Any]) -> SuiteCase:
    things = tuple(SuiteThing(**{**thing, "attributes": tuple(thing["attributes"])}) for thing in data["things"])
    relations = tuple(SuiteRelation(**link) for link in data["relations"])
    return SuiteCase(data["id"], data["prompt"], data["kind"], data["rule"], things, relations)
