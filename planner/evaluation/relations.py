"""Rules about where things are: NSR-1K spatial, T2I-CompBench's 2D and 3D relations."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from itertools import product

from planner.box import Box
from planner.evaluation import places
from planner.evaluation.cases import Case
from planner.evaluation.judging import Picture, Seen, Verdict, missing
from planner.stated import without_article

HIDDEN = 0.05  # what hides another thing covers at least so much of it


def layoutgpt_boxes(name: str, objects: Sequence[Seen]) -> list[Box]:
    """Return the boxes of the prompts that are most like a name, as Python's difflib sees it (LayoutGPT's rule).

    LayoutGPT's plans have names and no articles; so the article of a prompt is left out.
    """
    prompts = [without_article(item.prompt) for item in objects]
    closest = difflib.get_close_matches(name, prompts)[:1]
    return [item.box for item, prompt in zip(objects, prompts, strict=True) if prompt in closest]


def nsr1k_spatial(case: Case, picture: Picture) -> Verdict:
    """Right where some pair of the two things' boxes stands within 45° of the relation.

    "whole words": every pair does.
    """
    relation = case.relations[0].kind
    like = [layoutgpt_boxes(thing.name, picture.objects) for thing in case.things]
    found = {places.quarter(*pair) for pair in product(*like)}
    published = relation in found or (relation == "next to" and bool(found & {"left", "right"}))
    sides = picture.things(case)
    pairs = [(one.box, other.box) for one, other in product(*sides) if one is not other]
    strict = bool(pairs) and all(places.stands(*pair, relation) for pair in pairs)
    scores = {"LayoutGPT": float(published), "whole words": float(strict)}
    if published and strict:
        return Verdict(scores)
    if gone := missing(case, sides):
        return Verdict(scores, gone)
    stand = {places.quarter(*pair) for pair in pairs}
    nameless = [f"no prompt like {thing.name!r}" for thing, boxes in zip(case.things, like, strict=True) if not boxes]
    fault = f"{' and '.join(sorted(stand)) or 'one and the same box'} instead of {relation}"
    return Verdict(scores, (*nameless, *(() if strict else (fault,))))


def compbench_spatial(case: Case, picture: Picture) -> Verdict:
    """T2I-CompBench: half a point for both things, half for their relation; a lone thing is worth nothing.

    A detector's certainty is taken as 1, and of several boxes of a name the first one.
    """
    one, other = picture.things(case)
    if not one or not other:
        return Verdict({"T2I-CompBench": 0.0, "relation": 0.0}, missing(case, (one, other)))
    first, second, relation = one[0].box, other[0].box, case.relations[0].kind
    score = places.compbench_score(first, second, relation, max(picture.width, picture.height))
    fault = f"{places.quarter(first, second)} with an IoU of {first.iou(second):.2f} instead of {relation}"
    return Verdict({"T2I-CompBench": 0.5 + score / 2, "relation": float(score == 1)}, () if score == 1 else (fault,))


def compbench_3d(case: Case, picture: Picture) -> Verdict:
    """Our rule for depth on a plan: see `in_front`. "hidden by" asks for a part that is really covered."""
    one, other = picture.things(case)
    if not one or not other:
        return Verdict({"depth": 0.0}, missing(case, (one, other)))
    near, far = (one[0], other[0]) if case.relations[0].kind == "in front of" else (other[0], one[0])
    right = in_front(near, far, picture.objects)
    if " hidden by " in case.prompt:
        right = right and covers(near, far)
    order = "is not painted over" if covers(near, far) else "neither covers nor stands lower than"
    return Verdict({"depth": float(right)}, () if right else (f"{near.prompt!r} {order} {far.prompt!r}",))


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
