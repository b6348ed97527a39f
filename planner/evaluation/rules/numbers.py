"""Rules about numbers: NSR-1K counting and comparison, T2I-CompBench numeracy."""

from __future__ import annotations

from collections.abc import Sequence

from planner.evaluation.rules.judging import Layout, Verdict
from planner.evaluation.rules.naming import layoutgpt_name
from planner.evaluation.suites.cases import SuiteCase, SuiteThing
from planner.plan.box import Box

SAME_OBJECT = 0.9  # T2I-CompBench: of two boxes of one name, one that lies so far inside the other is the same object


def count_faults(things: Sequence[SuiteThing], counts: Sequence[int]) -> tuple[str, ...]:
    """Say of which things there are too many or too few."""
    return tuple(
        f"{count} of {thing.name!r} instead of {thing.at_least if thing.count is None else thing.count}"
        for thing, count in zip(things, counts, strict=True)
        if not thing.allows(count)
    )


def layoutgpt_counts(case: SuiteCase, layout: Layout) -> list[int]:
    """Count each thing of the case by LayoutGPT's rule."""
    wanted = [thing.name for thing in case.things]
    found = [layoutgpt_name(item.prompt, wanted) for item in layout.objects]
    return [found.count(name) for name in wanted]


def nsr1k_counting(case: SuiteCase, layout: Layout) -> Verdict:
    """Right where every thing is there exactly as often as stated; what else is there does not matter."""
    wanted = [thing.count or 0 for thing in case.things]
    counts = layoutgpt_counts(case, layout)
    strict = [len(some) for some in layout.things(case)]
    shared = sum(map(min, counts, wanted))
    scores = {
        "LayoutGPT": float(counts == wanted),
        "whole words": float(strict == wanted),
        "precision": shared / len(layout.objects) if shared else 0.0,
        "recall": shared / sum(wanted) if shared else 0.0,
    }
    return Verdict(scores, count_faults(case.things, counts) or count_faults(case.things, strict))


def nsr1k_comparison(case: SuiteCase, layout: Layout) -> Verdict:
    """Right where the first thing is there as often as stated, and more, fewer or as many of it than of the second.

    Where both numbers are stated to be the same, both must be met.
    """
    first, second = (thing.count or 0 for thing in case.things)
    both = layoutgpt_counts(case, layout), [len(some) for some in layout.things(case)]
    right = [one == first and _sign(one - other) == _sign(first - second) for one, other in both]
    one, other = next((counts for counts, holds in zip(both, right, strict=True) if not holds), both[0])
    names = [thing.name for thing in case.things]
    sign = {1: "more", -1: "fewer", 0: "as many"}[_sign(first - second)]
    fault = f"{one} of {names[0]!r} and {other} of {names[1]!r} instead of {first} and {sign}"
    scores = {"LayoutGPT": float(right[0]), "whole words": float(right[1])}
    return Verdict(scores, () if all(right) else (fault,))


def compbench_numeracy(case: SuiteCase, layout: Layout) -> Verdict:
    """T2I-CompBench: for each thing half a point where it is there, half where its number is right; their mean."""
    counts = [len(distinct([item.box for item in some])) for some in layout.things(case)]
    points = [0.5 * (count > 0) + 0.5 * thing.allows(count) for thing, count in zip(case.things, counts, strict=True)]
    scores = {"T2I-CompBench": sum(points) / len(points), "all numbers": float(min(points) == 1)}
    return Verdict(scores, count_faults(case.things, counts))


def distinct(boxes: Sequence[Box]) -> list[Box]:
    """Drop boxes that lie almost wholly inside an earlier one, or around it."""
    kept: list[Box] = []
    for box in boxes:
        if not any(box.intersection(other) > SAME_OBJECT * min(box.area, other.area) for other in kept):
            kept.append(box)
    return kept


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
