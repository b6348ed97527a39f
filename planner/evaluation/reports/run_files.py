"""What a run's folder gets at its end: scores, a report, a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from planner.evaluation.reports.page import page
from planner.evaluation.reports.report import markdown
from planner.evaluation.runs import Record, Setup
from planner.evaluation.summary import Summary, score, summarise, write_scores
from planner.plan.files import write_whole


def write_run_files(setup: Setup, records: Sequence[Record], out: Path) -> tuple[Summary, str]:
    """Score a run's records (at least one), write scores.jsonl, report.md and report.html.

    Returns the numbers and the report's text.
    """
    scored = [score(record, width=setup.width, height=setup.height) for record in records]
    summary = summarise(scored)
    facts = {**asdict(setup), "version": version("ragplan")}
    text = markdown(facts, summary, scored)
    write_scores(scored, out)
    write_whole(out / "report.md", text)
    write_whole(out / "report.html", page(facts, summary, scored))
    return summary, text
