"""The rules planner against hand-labelled sentences (`data/sentences.jsonl`).

Each line has the sentence, the exact objects of the plan (prompt without article → count), and where it applies
relations between them, where they stand ("top left"), what cell prompts say or must not say, and words of a note.
"""

import json
import math
from collections import Counter
from pathlib import Path

import pytest

from planner.plan import Plan
from planner.plan.box import Box
from planner.planner import plan_layout

CASES = [json.loads(line) for line in (Path(__file__).parent / "data/sentences.jsonl").read_text().splitlines()]
SIZES = [(256, 256), (1024, 1024), (1280, 768)]
TOKEN = 16


def boxes(plan: Plan, name: str) -> list[Box]:
    found = [item.box for item in plan.objects if bare(item.prompt) == name]
    assert found, f"{name} is not in {[item.prompt for item in plan.objects]}"
    return found


def bare(prompt: str) -> str:
    first, _, rest = prompt.partition(" ")
    return rest if first in ("a", "an") else prompt


def direction(one: Box, other: Box) -> float:
    """The angle from `other` to `one` in degrees: 0 right, 90 below, ±180 left, -90 above."""
    return math.degrees(math.atan2(one.center[1] - other.center[1], one.center[0] - other.center[0]))


def around(group: list[Box]) -> Box:
    """The box that holds a group."""
    left, top = min(box.x for box in group), min(box.y for box in group)
    right, bottom = max(box.right for box in group), max(box.bottom for box in group)
    return Box(left, top, right - left, bottom - top)


def within(angle: float, axis: float) -> bool:
    return abs((angle - axis + 180) % 360 - 180) <= 45


def touch(upper: Box, lower: Box, tokens: float) -> bool:
    return abs(lower.y - upper.bottom) <= tokens


def rests(upper: Box, lower: Box, token: float) -> bool:
    """Whether the upper thing ends within a token of the lower one's upper edge or reaches into it, over its width."""
    over = lower.x <= upper.center[0] <= lower.right
    return over and lower.y - token <= upper.bottom <= lower.bottom and upper.center[1] < lower.center[1]


def holds(plan: Plan, subject: str, kind: str, target: str, height: int) -> bool:
    pairs = [(one, other) for one in boxes(plan, subject) for other in boxes(plan, target) if one is not other]
    if kind in AXES:
        middle = direction(around(boxes(plan, subject)), around(boxes(plan, target)))
        return any(within(middle, axis) for axis in AXES[kind]) and all(
            any(abs((direction(*pair) - axis + 180) % 360 - 180) < 90 for axis in AXES[kind]) for pair in pairs
        )
    if kind == "on":
        return any(rests(one, other, TOKEN / height) for one, other in pairs)
    if kind == "covers":
        order = [item.box for item in plan.objects]
        painted = all(order.index(one) > order.index(other) for one, other in pairs)
        return painted and any(one.intersection(other) > 0 or touch(one, other, TOKEN / height) for one, other in pairs)
    if kind == "around":
        x = sum(one.center[0] for one, _ in pairs) / len(pairs)
        return abs(x - pairs[0][1].center[0]) < 0.1 and not any(one.intersection(other) for one, other in pairs)
    if kind == "in a row":
        return all(min(abs(one.bottom - other.bottom), abs(one.y - other.y)) < 0.02 for one, other in pairs)
    return all(abs(one.center[0] - other.center[0]) < 0.02 for one, other in pairs)


AXES = {"left_of": [180], "right_of": [0], "above": [-90], "below": [90], "next_to": [0, 180]}
REGIONS = {
    "left": lambda x, y: x < 0.42,
    "right": lambda x, y: x > 0.58,
    "top": lambda x, y: y < 0.42,
    "bottom": lambda x, y: y > 0.58,
    "center": lambda x, y: 0.38 < x < 0.62 and 0.38 < y < 0.62,
}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["sentence"][:60])
def test_plan_says_what_the_sentence_says(case: dict, size: tuple[int, int]) -> None:
    width, height = size
    plan = plan_layout(case["sentence"], width=width, height=height)

    assert Counter(bare(item.prompt) for item in plan.objects) == case["objects"]
    for subject, kind, target in case.get("relations", []):
        assert holds(plan, subject, kind, target, height), (subject, kind, target, plan.objects)
    for name, region in case.get("at", {}).items():
        for box in boxes(plan, name):
            assert all(REGIONS[part](*box.center) for part in region.split()), (name, region, box)
    for larger, smaller in case.get("larger", []):
        assert boxes(plan, larger)[0].area > boxes(plan, smaller)[0].area
    cells = " | ".join(cell.prompt for cell in plan.cells)
    assert all(text in cells for text in case.get("says", [])), cells
    if case["objects"]:
        assert not any(word in cells for word in case.get("unsaid", [])), cells
    assert case.get("note", "") in " ".join(plan.notes)


def test_there_are_enough_sentences() -> None:
    assert len({case["sentence"] for case in CASES}) >= 80
