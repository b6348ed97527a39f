"""A run's numbers as Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from planner.evaluation.layouts import summary_lines
from planner.evaluation.summary import Scored, Share, Summary
from planner.plan import document

MOST_LISTED = 20


def title(setup: Mapping[str, Any]) -> str:
    """Name a run: who planned what."""
    model = f" ({setup['llm']})" if setup.get("llm") else ""
    return f"{setup['backend']}{model} on {setup['suite']}"


def markdown(setup: Mapping[str, Any], summary: Summary, scored: Sequence[Scored]) -> str:
    """Write the report of a run."""
    lines = [f"# {as_text(title(setup))}", "", describe(setup, summary), "", *score_lines(summary)]
    lines += ["| boxes and effort | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in effort(summary)]
    wrong = [item for item in worst(scored) if item.faults]
    if wrong:
        lines += ["", f"## Wrong: {len(wrong)} prompts", ""]
        lines += [
            f"- {as_text(item.record.case.prompt)}: {as_text('; '.join(item.faults))}" for item in wrong[:MOST_LISTED]
        ]
        if len(wrong) > MOST_LISTED:
            lines.append(f"- and {len(wrong) - MOST_LISTED} more, in scores.jsonl")
    return "\n".join(lines) + "\n"


def as_text(text: str) -> str:
    """Write a text so that Markdown takes none of it for marks or HTML, and a terminal none for orders; on one line."""
    line = " ".join(document.CONTROLS.sub("�", text).split())
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", line)


def describe(setup: Mapping[str, Any], summary: Summary) -> str:
    """Say in a line what was run."""
    chosen = f", drawn with seed {setup['seed']}" if setup.get("seed") is not None else ""
    unlabelled = summary.prompts - summary.judged
    known = f" ({unlabelled} of them without a label)" if summary.judged and unlabelled else ""
    return (
        f"{summary.prompts} prompts{known}{chosen}, format {setup['format']}, "
        f"canvas {setup['width']}×{setup['height']} px, ragplan {setup['version']}."
    )


def score_lines(summary: Summary) -> list[str]:
    """Return the table of scores as Markdown lines, with an empty one behind; nothing where nothing is known."""
    names = list(dict.fromkeys(name for row in summary.shares.values() for name in row))
    if not names:
        return ["No prompt of this suite says what is right; only the boxes are looked at.", ""]
    lines = [f"| prompts | number | {' | '.join(names)} |", "|---" * (len(names) + 2) + "|"]
    for kind, row in summary.shares.items():
        count = next(iter(row.values())).count if row else 0
        cells = [say(row[name]) if name in row else "" for name in names]
        lines.append(f"| {as_text(kind)} | {count} | {' | '.join(cells)} |")
    return [*lines, "", "In brackets: the 95 % interval (Wilson).", ""]


def say(share: Share) -> str:
    """Write a share with its interval."""
    return f"{share.mean:.1%} ({share.low:.0%}–{share.high:.0%})"


def effort(summary: Summary) -> list[tuple[str, str]]:
    """Return what was found about boxes, failures and cost, a name and a value a line."""
    found = summary.validity
    return [
        ("plans that failed", str(summary.failed)),
        ("empty plans", str(found.empty)),
        ("boxes", str(found.boxes)),
        ("boxes off the canvas", part(found.off_canvas, found.boxes)),
        ("boxes under-sized (less than 32 px)", part(found.undersized, found.boxes)),
        ("boxes outside their cell", part(found.outside_cell, found.boxes)),
        ("identical pairs", part(found.identical, found.pairs)),
        ("pairs with an IoU above 0.5", part(found.deep_overlaps, found.pairs)),
        ("overlapping pairs", part(found.overlapping, found.pairs)),
        *summary_lines(summary.looks),
        ("plans that were repaired", part(summary.repaired, summary.prompts)),
        ("attempts a prompt", f"{summary.attempts:.2f}"),
        ("tokens a prompt", f"{summary.tokens:.0f}"),
        ("seconds a prompt, mean (median)", f"{summary.seconds:.3f} ({summary.median_seconds:.3f})"),
        ("plans from the cache", str(summary.cached)),
    ]


def part(count: int, whole: int) -> str:
    """Write a count with its share of a whole."""
    return f"{count} ({count / whole:.1%})" if count else "0"


def worst(scored: Sequence[Scored]) -> list[Scored]:
    """Return what went wrong, the worst first: wrong or failed plans, and those with faulty boxes."""
    bad = [item for item in scored if is_bad(item)]
    return sorted(bad, key=lambda item: item.badness)


def is_bad(item: Scored) -> bool:
    """Tell whether anything about a plan is wrong."""
    found = item.validity
    failed = item.record.outcome.plan is None
    return failed or bool(item.faults or found.invalid or found.deep_overlaps or found.empty or found.outside_cell)
