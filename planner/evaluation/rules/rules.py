"""Is a plan right? By the published rule of each suite, applied to the plan's boxes and prompts.

| rule | right is |
|---|---|
| `nsr1k-counting` | LayoutGPT: every thing as often as stated; a prompt has a name where one is part of the other |
| `nsr1k-comparison` | LayoutGPT: the first thing as often as stated, and more or fewer of it than of the second |
| `nsr1k-spatial` | LayoutGPT: some pair of boxes, named most like the two things, within 45° of the relation |
| `compbench-spatial`, `compbench-numeracy` | T2I-CompBench's scores, with boxes in place of a detector's |
| `compbench-binding` | every attribute with its own object and no other |
| `compbench-3d` | ours: what is in front is painted over the other, or stands lower |
| `geneval` | GenEval: numbers, colours and positions, all of them |
| `lmd` | LMD: the predicates of its four kinds, on boxes |
| `own` | numbers, attributes and relations, all of them |
| `none` | nothing is known about right and wrong |

The first score of a rule is the one that counts. "whole words" is the stricter twin of a published rule: a name counts
only as the noun of a prompt (`naming.py`), and relations hold for every pair of boxes. The rules were written anew
after the papers and the published programs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from planner.evaluation.rules import attributes, naming, numbers, places, relations
from planner.evaluation.rules.judging import Layout, Seen, Verdict
from planner.evaluation.suites.cases import SuiteCase, SuiteRelation, SuiteThing
from planner.lexicon.words import NUMBERS
from planner.plan import Plan
from planner.plan.box import Box
from planner.plan.limits import MAX_OBJECTS

NEAR = 1.0  # "next to" in own suites: the gap between two boxes, in the smaller one's longer side
INSIDE = 0.9  # "inside": the share of the inner box that lies in the outer one
RESTING = 0.25  # "on": how far from the lower box's top the upper one may end, in the lower one's height


@dataclass(frozen=True)
class Rule:
    """The names of a rule's scores, the one that counts first, and the function that finds them.

    A case without attributes or relations has no score for them.
    """

    scores: tuple[str, ...]
    judge: Callable[[SuiteCase, Layout], Verdict]


def judge(case: SuiteCase, plan: Plan | None, *, width: int, height: int) -> Verdict:
    """Score a plan for a canvas of width × height pixels; without a plan every score is 0."""
    rule = RULES[case.rule]
    if plan is None:
        names = rule.judge(case, Layout((), (), width, height)).scores  # those that the case has
        return Verdict(dict.fromkeys(names, 0.0), ("there is no plan",))
    return rule.judge(case, Layout.of(plan, width, height))


def geneval(case: SuiteCase, layout: Layout) -> Verdict:
    """GenEval's check, with a plan's objects in their order in place of a detector's, the surest first.

    Of each thing as many objects count as are asked for; they must have the colour, and stand in the position to all
    of the other thing's objects.
    """
    found = layout.things(case)
    faults = list(numbers.count_faults(case.things, [len(some) for some in found]))
    counted = [some[: thing.at_least if thing.count is None else thing.count] for thing, some in _pairs(case, found)]
    for thing, some in zip(case.things, counted, strict=True):
        for item in some if thing.attributes else ():
            if (color := attributes.geneval_color(item.prompt)) != thing.attributes[0]:
                faults.append(f"{item.prompt!r} is {color or 'of no colour'}, not {thing.attributes[0]}")
    for link in case.relations:
        for one, other in product(counted[link.subject], counted[link.target]):
            holds = places.geneval_relations(one.box, other.box)
            if link.kind not in holds:
                stands = " and ".join(sorted(holds)) or "at no side of"
                faults.append(f"{one.prompt!r} is {stands} {other.prompt!r}, not {link.kind}")
    return Verdict({"GenEval": float(not faults)}, tuple(faults))


def lmd(case: SuiteCase, layout: Layout) -> Verdict:
    """LMD's predicates: exact numbers for numeracy and negation, "red car" in a prompt, the order of two centres.

    A name is any part of a prompt, as in LMD; for places a part that ends where a word does, and the first object.
    """
    if case.relations:
        return _lmd_spatial(case, layout)
    faults = []
    for thing in case.things:
        phrase = " ".join((*thing.attributes, thing.name))
        count = sum(phrase in item.prompt for item in layout.objects)
        if not thing.allows(count):
            faults.append(f"{count} of {phrase!r} instead of {thing.at_least if thing.count is None else thing.count}")
    return Verdict({"LMD": float(not faults)}, tuple(faults))


def _lmd_spatial(case: SuiteCase, layout: Layout) -> Verdict:
    found = [
        next((item.box for item in layout.objects if f"{thing.name} " in f"{item.prompt} "), None)
        for thing in case.things
    ]
    one, other = found
    if one is None or other is None:
        gone = [f"no {thing.name!r}" for thing, box in zip(case.things, found, strict=True) if box is None]
        return Verdict({"LMD": 0.0}, tuple(gone))
    right = _towards(case.relations[0].kind, one, other)
    return Verdict({"LMD": float(right)}, () if right else (f"not at the {case.relations[0].kind}",))


def own(case: SuiteCase, layout: Layout) -> Verdict:
    """The rule of one's own suites: exact numbers, attributes with every object of their thing, every relation."""
    found = layout.things(case)
    crowded = sum(thing.at_least if thing.count is None else thing.count for thing in case.things) > MAX_OBJECTS
    counts = [sum(_amount(thing, item.prompt, crowded) for item in some) for thing, some in _pairs(case, found)]
    numbers_wrong = numbers.count_faults(case.things, counts)
    unbound = tuple(
        f"{item.prompt!r} without {' and '.join(thing.attributes)}"
        for thing, some in _pairs(case, found)
        for item in some
        if not attributes.has_words(item.prompt, thing.attributes)
    )
    broken = tuple(fault for link in case.relations for fault in _own_relation(case, link, found, layout))
    parts = {"numbers": numbers_wrong}
    if any(thing.attributes for thing in case.things):
        parts["attributes"] = unbound
    if case.relations:
        parts["relations"] = broken
    scores = {"all": float(not any(parts.values())), **{name: float(not faults) for name, faults in parts.items()}}
    return Verdict(scores, (*numbers_wrong, *unbound, *broken))


def _amount(thing: SuiteThing, prompt: str, crowded: bool) -> int:
    """Say how many things an object stands for.

    One, but where a number is open "a herd of cows" is two or more, and where more is asked for than a plan may have
    objects, "twelve eggs" is twelve.
    """
    if crowded:
        return NUMBERS.get(prompt.split(" ", 1)[0].lower(), 1)
    return 2 if thing.count is None and naming.is_many(prompt) else 1


def _own_relation(case: SuiteCase, link: SuiteRelation, found: list[list[Seen]], layout: Layout) -> tuple[str, ...]:
    one, other = found[link.subject], found[link.target]
    names = case.things[link.subject].name, case.things[link.target].name
    said = f"{names[0]!r} is not {link.kind} {names[1]!r}"
    if link.kind in COMPARISONS:
        return () if COMPARISONS[link.kind](len(one), len(other)) else (said,)
    if not one or not other:
        return tuple(f"no {name!r}" for name, some in zip(names, (one, other), strict=True) if not some)
    if link.kind in ("in front of", "behind"):
        near, far = (one, other) if link.kind == "in front of" else (other, one)
        holds = all(relations.in_front(*pair, layout.objects) for pair in product(near, far))
    elif link.kind in DIRECTIONS:
        sides = places.around([item.box for item in one]), places.around([item.box for item in other])
        holds = places.quarter(*sides) == DIRECTIONS[link.kind]
    else:
        # Each of the subjects with some of the objects: "three birds on two branches".
        test = CONTACTS[link.kind]
        holds = all(any(test(item.box, target.box) for target in other if target is not item) for item in one)
    return () if holds else (said,)


def _pairs(case: SuiteCase, found: list[list[Seen]]) -> list[tuple[SuiteThing, list[Seen]]]:
    return list(zip(case.things, found, strict=True))


def _towards(side: str, box: Box, other: Box) -> bool:
    across, down = places.offset(box, other)
    return {"left": across < 0, "right": across > 0, "top": down < 0, "bottom": down > 0}[side]


def _near(box: Box, other: Box) -> bool:
    smaller = min(box, other, key=lambda one: one.area)
    return places.gap(box, other) <= NEAR * max(smaller.width, smaller.height)


def _on(box: Box, other: Box) -> bool:
    """The box ends near the other's top, or anywhere on it for what lies on a bed, and over its width."""
    shared = min(box.right, other.right) - max(box.x, other.x)
    ends_on_it = other.y - RESTING * other.height <= box.bottom <= other.bottom
    return shared > 0 and ends_on_it and box.center[1] < other.center[1] + RESTING * other.height


def _inside(box: Box, other: Box) -> bool:
    return box.intersection(other) >= INSIDE * box.area


DIRECTIONS = {"left of": "left", "right of": "right", "above": "top", "below": "bottom"}
COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "more than": lambda one, other: one > other > 0,
    "fewer than": lambda one, other: 0 < one < other,
    "as many as": lambda one, other: one == other,
}
CONTACTS: dict[str, Callable[[Box, Box], bool]] = {"next to": _near, "on": _on, "inside": _inside}

RULES: dict[str, Rule] = {
    "nsr1k-counting": Rule(("LayoutGPT", "whole words", "precision", "recall"), numbers.nsr1k_counting),
    "nsr1k-comparison": Rule(("LayoutGPT", "whole words"), numbers.nsr1k_comparison),
    "nsr1k-spatial": Rule(("LayoutGPT", "whole words", "last words", "whole prompts"), relations.nsr1k_spatial),
    "compbench-spatial": Rule(("T2I-CompBench", "relation"), relations.compbench_spatial),
    "compbench-numeracy": Rule(("T2I-CompBench", "all numbers"), numbers.compbench_numeracy),
    "compbench-binding": Rule(("bound", "things bound"), attributes.compbench_binding),
    "compbench-3d": Rule(("depth",), relations.compbench_3d),
    "geneval": Rule(("GenEval",), geneval),
    "lmd": Rule(("LMD",), lmd),
    "own": Rule(("all", "numbers", "attributes", "relations"), own),
    "none": Rule((), lambda case, layout: Verdict({})),
}
