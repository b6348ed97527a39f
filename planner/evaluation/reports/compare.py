"""Two runs over the same prompts: the difference, with its confidence interval.

Paired: each prompt's score in one run minus its score in the other. The interval is the percentile bootstrap's, over
prompts: 10,000 draws of as many prompts, with replacement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.errors import PlanError
from planner.evaluation.reports.report import as_text
from planner.evaluation.runs import SCORES, read_setup
from planner.plan import document

DRAWS = 10_000
MOST_LISTED = 20


@dataclass(frozen=True)
class Difference:
    """The mean scores of two runs, and B − A with its 95 % interval.

    name: the score's.
    count: the prompts that both runs have.
    mean_a, mean_b: 0 to 1.
    low, high: the interval's ends, −1 to 1.
    better, worse: the prompts on which B scores higher, or lower, than A.
    """

    name: str
    count: int
    mean_a: float
    mean_b: float
    low: float
    high: float
    better: tuple[str, ...]
    worse: tuple[str, ...]

    @property
    def mean(self) -> float:
        """B − A."""
        return self.mean_b - self.mean_a

    @property
    def is_clear(self) -> bool:
        """Tell whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


def compare(a: Path, b: Path, *, seed: int = 0) -> list[Difference]:
    """Compare two runs' folders: each score that both have, and the share of plans without a faulty box.

    Prompts are paired by their id and text; those that only one run has are left out. Raises `PlanError` where a
    folder has no scores, or where the runs share no prompt.
    """
    one, other = read_scores(a), read_scores(b)
    shared = [key for key in one if key in other]
    if not shared:
        raise PlanError(f"{a} and {b} share no prompt; compare two runs over one suite")
    names = list(dict.fromkeys(name for key in shared for name in one[key] if name in other[key]))
    found = []
    for name in names:
        keys = [key for key in shared if name in one[key] and name in other[key]]
        pairs = [(one[key][name], other[key][name]) for key in keys]
        found.append(_difference(name, [key[1] for key in keys], pairs, seed))
    return found


def read_scores(out: Path) -> dict[tuple[str, str], dict[str, float]]:
    """Read a run's scores by (id, prompt), with the share of plans without a faulty box as "valid"."""
    read_setup(out)
    path = out / SCORES
    if not path.is_file():
        raise PlanError(f"{out} has no scores yet; `ragplan eval plans --resume` makes them")
    found: dict[tuple[str, str], dict[str, float]] = {}
    lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            data = document.parse_json(line)
            scores = {name: document.number(value, "a score") for name, value in data["scores"].items()}
            found[str(data["id"]), str(data["prompt"])] = {**scores, "valid": float(_is_valid(data))}
        except (KeyError, TypeError, AttributeError, PlanError) as error:
            advice = "`ragplan eval plans --resume` makes them anew"
            raise PlanError(f"{path}, line {number}: these are no scores of a run; {advice}") from error
    return found


def interval(differences: Sequence[float], seed: int) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean, the same for the same seed."""
    import numpy as np  # slow to import, and `--help` must be fast

    values = np.asarray(differences, dtype=np.float64)
    draws = np.random.default_rng(seed)
    means = [values[draws.integers(len(values), size=len(values))].mean() for _ in range(DRAWS)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def table(a: Path, b: Path, differences: Sequence[Difference]) -> str:
    """Return the comparison as Markdown."""
    lines = [
        f"A: {_title(a)}  ",
        f"B: {_title(b)}",
        "",
        "| score | prompts | A | B | B − A | 95 % interval | B better | B worse |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for item in differences:
        clear = "" if item.is_clear else " (may be 0)"
        lines.append(
            f"| {item.name} | {item.count} | {item.mean_a:.1%} | {item.mean_b:.1%} | {item.mean:+.1%} "
            f"| {item.low:+.1%} to {item.high:+.1%}{clear} | {len(item.better)} | {len(item.worse)} |"
        )
    for item in differences[:1]:
        for title, prompts in (("better", item.better), ("worse", item.worse)):
            if prompts:
                lines += [
                    "",
                    f"B is {title} ({item.name}):",
                    *(f"- {as_text(prompt)}" for prompt in prompts[:MOST_LISTED]),
                ]
            if len(prompts) > MOST_LISTED:
                lines.append(f"- and {len(prompts) - MOST_LISTED} more")
    return "\n".join(lines)


def _difference(name: str, prompts: list[str], pairs: list[tuple[float, float]], seed: int) -> Difference:
    gains = [b - a for a, b in pairs]
    low, high = interval(gains, seed)
    return Difference(
        name=name,
        count=len(pairs),
        mean_a=sum(a for a, _ in pairs) / len(pairs),
        mean_b=sum(b for _, b in pairs) / len(pairs),
        low=low,
        high=high,
        better=tuple(prompt for prompt, gain in zip(prompts, gains, strict=True) if gain > 0),
        worse=tuple(prompt for prompt, gain in zip(prompts, gains, strict=True) if gain < 0),
    )


def _is_valid(data: Mapping[str, Any]) -> bool:
    found = data["validity"]
    return not data["failed"] and not any(found[name] for name in ("off_canvas", "undersized", "identical", "empty"))


def _title(out: Path) -> str:
    setup = read_setup(out)
    model = f" ({setup['llm']})" if setup.get("llm") else ""
    return f"{setup['backend']}{model} on {setup['suite']}, {out}"
