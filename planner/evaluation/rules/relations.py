"""Rules about where things are: NSR-1K spatial, T2I-CompBench's 2D and 3D relations."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from itertools import product

from planner.evaluation.rules import places
from planner.evaluation.rules.judging import Layout, Seen, Verdict
from planner.evaluation.rules.naming import by_category, by_last_words, by_prompt
from planner.evaluation.suites.cases import SuiteCase
from planner.plan.box import Box

Names = Callable[[str], set[str]]
HIDDEN = 0.05  # what hides another thing covers at least so much of it


def layoutgpt_boxes(name: str, objects: Sequence[Seen], names: Names) -> list[Box]:
    """Return the boxes of the objects that are named most like a thing, as Python's difflib sees it (LayoutGPT's rule).

    `names` says what an object's prompt may be named; see `by_category`, `by_last_words` and `by_prompt`.
    """
    candidates = [names(item.prompt) for item in objects]
    closest = difflib.get_close_matches(name, sorted(set().union(*candidates)), n=1)
    return [item.box for item, known in zip(objects, candidates, strict=True) if closest and closest[0] in known]


def nsr1k_spatial(case: SuiteCase, layout: Layout) -> Verdict:
    """Right where some pair of the two things' boxes stands within 45° of the relation.

    "LayoutGPT" names objects by category; "last words" and "whole prompts" show the same rule with other names.
    "whole words": by the prompts' nouns, and every pair does.
    """
    relation = case.relations[0].kind
    like = [layoutgpt_boxes(thing.name, layout.objects, by_category) for thing in case.things]
    sides = layout.things(case)
    pairs = [(one.box, other.box) for one, other in product(*sides) if one is not other]
    scores = {
        "LayoutGPT": _some_stand(like, relation),
        "whole words": float(bool(pairs) and all(places.stands(one, other, relation) for one, other in pairs)),
    }
    for name, names in (("last words", by_last_words), ("whole prompts", by_prompt)):
        boxes = [layoutgpt_boxes(thing.name, layout.objects, names) for thing in case.things]
        scores[name] = _some_stand(boxes, relation)
    if scores["LayoutGPT"] and scores["whole words"]:
        return Verdict(scores)
    nameless = tuple(f"nothing named like {t.name!r}" for t, boxes in zip(case.things, like, strict=True) if not boxes)
    if gone := nameless or _missing(case, sides):
        return Verdict(scores, gone)
    stand = sorted({places.quarter(*pair) for pair in pairs}) or ["one and the same"]
    return Verdict(scores, (f"{' and '.join(stand)} instead of {relation}",))


def _some_stand(boxes: Sequence[Sequence[Box]], relation: str) -> float:
    return float(any(places.stands(one, other, relation) for one, other in product(*boxes)))


def compbench_spatial(case: SuiteCase, layout: Layout) -> Verdict:
    """T2I-CompBench: half a point for both things, half for their relation; a lone thing is worth nothing.

    A detector's certainty is taken as 1, and of several boxes of a name the first one.
    """
    one, other = layout.things(case)
    if not one or not other:
        return Verdict({"T2I-CompBench": 0.0, "relation": 0.0}, _missing(case, (one, other)))
    first, second, relation = one[0].box, other[0].box, case.relations[0].kind
    score = places.compbench_score(first, second, relation, max(layout.width, layout.height))
    fault = f"{places.quarter(first, second)} with an IoU of {first.iou(second):.2f} instead of {relation}"
    return Verdict({"T2I-CompBench": 0.5 + score / 2, "relation": float(score == 1)}, () if score == 1 else (fault,))


def compbench_3d(case: SuiteCase, layout: Layout) -> Verdict:
    """Our rule for depth on a plan: `in_front`, for some pair. "hidden by" asks for a part that is really covered."""
    one, other = layout.things(case)
    if not one or not other:
        return Verdict({"depth": 0.0}, _missing(case, (one, other)))
    if case.relations[0].kind == "behind":
        one, other = other, one
    pairs = [pair for pair in product(one, other) if pair[0] is not pair[1]]
    hides = " hidden by " in case.prompt
    right = any(in_front(*pair, layout.objects) and (covers(*pair) or not hides) for pair in pairs)
    names = one[0].prompt, other[0].prompt
    return Verdict({"depth": float(right)}, () if right else (f"{names[0]!r} is not in front of {names[1]!r}",))


def in_front(near: Seen, far: Seen, objects: Sequence[Seen]) -> bool:
    """Tell whether one object stands before another: painted later where they overlap, else lower on the canvas."""
    if near.box.intersection(far.box) > 0:
        return _place(near, objects) > _place(far, objects)
    return near.box.bottom > far.box.bottom


def covers(near: Seen, far: Seen) -> bool:
    """Tell whether one box covers a part of another."""
    return near.box.intersection(far.box) >= HIDDEN * far.box.area


def _place(item: Seen, objects: Sequence[Seen]) -> int:
    return next(i for i, other in enumerate(objects) if other is item)


def _missing(case: SuiteCase, found: Sequence[Sequence[object]]) -> tuple[str, ...]:
    """Say which things are not there at all."""
    return tuple(f"no {thing.name!r}" for thing, some in zip(case.things, found, strict=True) if not some)
