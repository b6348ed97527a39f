"""Runs: a suite through a planner, one JSON line for each prompt, so that a stopped run goes on where it was.

A run's folder:

    run.json        what was run: suite, backend, canvas, versions
    plans.jsonl     case, plan, replies, attempts, repairs, tokens, seconds: one line a prompt, written at once
    scores.jsonl    the scores of each prompt, made from plans.jsonl
    report.md, report.html
    plans.damaged.jsonl   lines of plans.jsonl that could not be read, if any
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from planner.errors import BackendError, PlanError
from planner.evaluation.outcomes import Ask, PlanOutcome
from planner.evaluation.suites.cases import Suite, SuiteCase, SuiteRelation, SuiteThing
from planner.plan import document
from planner.plan.files import write_whole
from planner.plan.limits import MAX_REPLY_TOKENS

log = logging.getLogger("ragplan")

MOST_SILENCE = 3  # after so many prompts in a row that the backend did not answer, the run stops
RUN, PLANS, SCORES, DAMAGED = "run.json", "plans.jsonl", "scores.jsonl", "plans.damaged.jsonl"


@dataclass(frozen=True)
class Setup:
    """What makes a run what it is: going on with it needs the same.

    llm_options: the names of a server's further options with a mark of their values, which may be secret; None: none.
    """

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
    llm_options: str | None = None

    @property
    def fingerprint(self) -> str:
        """A short hash of all but the limit, which a run may be gone on with another of."""
        values = {name: value for name, value in asdict(self).items() if name != "limit"}
        if self.llm_options is None:
            del values["llm_options"]  # which runs from before it was kept have none of
        return _hash(values)[:16]

    @classmethod
    def of(
        cls, suite: Suite, path: Path, backend: str, *, extra_body: Mapping[str, Any] | None = None, **rest: Any
    ) -> Setup:
        """Describe a run over a suite's file. extra_body: as a `Planner`'s."""
        if extra_body:
            rest["llm_options"] = f"{', '.join(sorted(extra_body))} ({_hash(extra_body)[:8]})"
        return cls(suite.name, suite.format, hashlib.sha256(path.read_bytes()).hexdigest(), backend, **rest)


@dataclass(frozen=True)
class Record:
    """A case with what came of it."""

    case: SuiteCase
    outcome: PlanOutcome


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

    out: the folder.
    setup: what is to be run; only the limit may differ from what is there.
    resume: whether a run may be there already.

    Raises `PlanError` where the folder has a run already and `resume` is False, and where that run was another one, or
    cannot be told any more.
    """
    if (out / PLANS).exists() and (out / PLANS).stat().st_size:
        if not resume:
            raise PlanError(f"{out} has a run already; --resume goes on with it, or give another folder with --out")
        if other := _differences(out, setup):
            raise PlanError(f"{out} has a run {other}; give another folder with --out")
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / RUN, json.dumps(asdict(setup), indent=2) + "\n")


def _differences(out: Path, setup: Setup) -> str:
    """Say in words how the run in a folder differs; empty where it is the same."""
    try:
        before = {"max_tokens": Setup.max_tokens} | dict(read_setup(out))  # runs from before it could be set
    except PlanError as error:
        if any(line.get("run") != setup.fingerprint for line in _readable(out)):
            return f"that cannot be told from this one: {error}"
        log.warning("%s; its lines say that it is this run", error)
        return ""
    now = asdict(setup)
    other = [f"{name} {before.get(name)!r}" for name in now if name != "limit" and before.get(name) != now[name]]
    return f"with {', '.join(other)}" if other else ""


def run(
    cases: Sequence[SuiteCase],
    ask: Ask,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    setup: Setup | None = None,
) -> list[Record]:
    """Plan the cases that the folder has no line of yet, and return the records of all of them, in order.

    A prompt that nobody answered is not written down and asked again when the run goes on.

    cases: in the order in which they are asked.
    ask: sentence → outcome.
    out: the run's folder.
    progress: is told how many of how many cases are done.
    setup: what is run, so that every line says which run it belongs to.

    Raises `BackendError` after three unanswered prompts in a row, and at once where it is the first and asking again is
    of no use.
    """
    kept = {record.case.id: record for record in read_records(out)}
    asker = _Asker(ask, patient=bool(kept))
    with (out / PLANS).open("a", encoding="utf-8", newline="\n") as file:
        for number, case in enumerate(cases, start=1):
            if case.id not in kept:
                record = asker.record(case)
                if record is None:
                    continue
                kept[case.id] = record
                line = _line(record) | ({"run": setup.fingerprint} if setup else {})
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
                file.flush()
            if progress:
                progress(number, len(cases))
    return [Record(case, kept[case.id].outcome) for case in cases if case.id in kept]


@dataclass
class _Asker:
    """Asks for one case after the other, and gives up where nobody answers.

    patient: whether somebody has answered before; else one error that does not pass is enough.
    silence: unanswered prompts in a row.
    """

    ask: Ask
    patient: bool
    silence: int = 0

    def record(self, case: SuiteCase) -> Record | None:
        """Return what came of a case; None where nobody answered. Raises `BackendError` as `run`."""
        try:
            record = Record(case, self.ask(case.prompt))
        except BackendError as error:
            self.silence += 1
            if self.silence == MOST_SILENCE or not (self.patient or error.retryable):
                raise
            log.warning("nobody answered for %r: %s", case.prompt, error)
            return None
        self.silence, self.patient = 0, True
        return record


def read_records(out: Path) -> list[Record]:
    """Read a run's records.

    Lines that are none, because a stop cut them off or the file was damaged, are set aside in `plans.damaged.jsonl`; a
    run that goes on asks their prompts again.
    """
    good, records, bad = list[bytes](), list[Record](), list[bytes]()
    for number, line in enumerate(_lines(out), start=1):
        try:
            data = document.parse_json(line.decode("utf-8"))
            records.append(Record(_read_case(data["case"]), PlanOutcome.from_dict(data)))
            good.append(line)
        except (ValueError, KeyError, TypeError, AttributeError, PlanError):
            log.warning("%s, line %d is no whole record of a run and is asked again", out / PLANS, number)
            bad.append(line)
    if bad:
        with (out / DAMAGED).open("ab") as file:
            file.writelines(line + b"\n" for line in bad)
        write_whole(out / PLANS, b"".join(line + b"\n" for line in good))
    return records


def read_setup(out: Path) -> Mapping[str, Any]:
    """Read what a run was, a value for each field of `Setup`. Raises `PlanError` where the folder has none."""
    path = out / RUN
    if not path.is_file():
        raise PlanError(f"{out} is no run: there is no {RUN} in it")
    names = tuple(Setup.__dataclass_fields__)
    later = ("task", "max_tokens", "llm_options")  # which later versions added
    needed = [name for name in names if name not in later]
    try:
        return document.fields(document.read_json(path), "", required=needed, optional=names)
    except PlanError as error:
        raise PlanError(f"{path} does not say what was run: {error}") from error


def _hash(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _lines(out: Path) -> list[bytes]:
    """Return the lines of a run's plans; only a line feed ends one, whatever else Unicode takes for an end."""
    path = out / PLANS
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    return [line for line in lines if line.strip()]


def _readable(out: Path) -> Iterator[dict[str, Any]]:
    for line in _lines(out):
        try:
            data = document.parse_json(line.decode("utf-8"))
        except (ValueError, PlanError):
            continue
        if isinstance(data, dict):
            yield data


def _line(record: Record) -> dict[str, Any]:
    return {"case": asdict(record.case), **record.outcome.to_dict()}


def _read_case(data: dict[str, Any]) -> SuiteCase:
    things = tuple(SuiteThing(**{**thing, "attributes": tuple(thing["attributes"])}) for thing in data["things"])
    relations = tuple(SuiteRelation(**link) for link in data["relations"])
    return SuiteCase(data["id"], data["prompt"], data["kind"], data["rule"], things, relations)
