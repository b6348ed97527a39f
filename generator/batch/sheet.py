"""A contact sheet of a folder: every picture of its ledgers on HTML pages that need nothing else. No torch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from planner.plan.files import whole_file

A_PAGE = 500
SHOWN = ("id", "seed", "status", "path", "prompt", "error")
TEMPLATE = Path(__file__).parent / "sheet.html.j2"


def write_sheet(folder: Path) -> Path:
    """Write `sheet.html`, with `sheet-2.html` and so on where there are more than 500 pictures; return the first."""
    from jinja2 import Environment

    outcomes = list(_newest(folder).values())
    pages = max(1, -(-len(outcomes) // A_PAGE))
    names = ["sheet.html", *(f"sheet-{number}.html" for number in range(2, pages + 1))]
    template = Environment(autoescape=True).from_string(TEMPLATE.read_text(encoding="utf-8"))
    failed = sum(one["status"] == "failed" for one in outcomes)
    counts = {"painted": len(outcomes) - failed, "failed": failed, "pages": pages, "names": names}
    for page, name in enumerate(names, start=1):
        part = outcomes[(page - 1) * A_PAGE : page * A_PAGE]
        text = template.render(title=folder.resolve().name, outcomes=part, page=page, **counts)
        with whole_file(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return folder / names[0]


def _newest(folder: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """Return the last line of each picture, in the order in which the pictures came first."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for path in sorted(folder.glob("results*.jsonl")):
        for one in _lines(path):
            found[one["id"], one["seed"]] = {
                key: one.get(key) for key in ("id", "seed", "status", "path", "prompt", "error")
            }
    return found


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                one = json.loads(line)
            except (ValueError, RecursionError):
                continue  # the ledger has said so when it was opened
            if isinstance(one, dict) and {"id", "seed", "status"} <= one.keys():
                yield one
