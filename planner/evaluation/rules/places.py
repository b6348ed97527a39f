"""Where one box lies from another, in pixels, as the benchmarks see it.

The formulas are written after the descriptions and evaluation programs of LayoutGPT (NSR-1K), T2I-CompBench and
GenEval; y grows downwards.
"""

from __future__ import annotations

import math

from planner.plan.box import Box

DIAGONAL = math.sqrt(2) / 2
COMPBENCH_IMAGE_PX = 512  # the size for which T2I-CompBench's distance is meant
COMPBENCH_NEAR_PX = 150
COMPBENCH_IOU = 0.1
GENEVAL_MARGIN = 0.1
OPPOSITE = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}


def offset(box: Box, other: Box) -> tuple[float, float]:
    """Return how far the centre of `box` lies right of and below that of `other`."""
    (x, y), (other_x, other_y) = box.center, other.center
    return x - other_x, y - other_y


def quarter(box: Box, other: Box) -> str:
    """Return the quarter of directions in which `box` lies from `other`: left, right, top, bottom.

    "diagonal" on the lines between them and where the centres are the same (LayoutGPT's rule).
    """
    across, down = offset(box, other)
    distance = math.hypot(across, down)
    if not distance:
        return "diagonal"
    for name, cosine in (("right", across), ("top", -down), ("left", -across), ("bottom", down)):
        if cosine / distance > DIAGONAL:
            return name
    return "diagonal"


def stands(box: Box, other: Box, relation: str) -> bool:
    """Tell whether a relation of NSR-1K holds: left, right, top, bottom, or "next to" (left or right)."""
    found = quarter(box, other)
    return found in ("left", "right") if relation == "next to" else found == relation


def compbench_score(box: Box, other: Box, relation: str, longer_px: float) -> float:
    """Return T2I-CompBench's score of a 2D relation, 0 to 1, on a canvas with a longer side of `longer_px`.

    "next to": 1 while the centres are less than 150 px apart along one axis, on images of 512 px, then less with
    the distance. Directions: 1 where the larger offset points there, less from an IoU of 0.1 on.
    """
    scale = COMPBENCH_IMAGE_PX / longer_px
    across, down = (part * scale for part in offset(box, other))
    if relation == "next to":
        near = min(abs(across), abs(down)) < COMPBENCH_NEAR_PX
        return 1.0 if near else COMPBENCH_NEAR_PX / max(abs(across), abs(down))
    along, aside = (across, down) if relation in ("left", "right") else (down, across)
    wanted = along < 0 if relation in ("left", "top") else along > 0
    if not wanted or abs(along) <= abs(aside):
        return 0.0
    return min(1.0, COMPBENCH_IOU / max(box.iou(other), 1e-9))


def geneval_relations(box: Box, other: Box) -> set[str]:
    """Return GenEval's relations of `box` to `other`: at most two of left of, right of, above, below.

    Each axis counts only what lies beyond a tenth of both boxes' sizes, and more than half of the whole distance.
    """
    across, down = offset(box, other)
    distance = math.hypot(across, down)
    beyond_x = _beyond(across, box.width + other.width)
    beyond_y = _beyond(down, box.height + other.height)
    if max(abs(beyond_x), abs(beyond_y)) < 1e-3:
        return set()
    x, y = beyond_x / distance, beyond_y / distance
    tests = {"left of": x < -0.5, "right of": x > 0.5, "above": y < -0.5, "below": y > 0.5}
    return {name for name, holds in tests.items() if holds}


def _beyond(length: float, sizes: float) -> float:
    return math.copysign(max(abs(length) - GENEVAL_MARGIN * sizes, 0.0), length)


def gap(box: Box, other: Box) -> float:
    """Return the distance between two boxes' edges; 0 where they touch or overlap."""
    across = max(box.x - other.right, other.x - box.right, 0.0)
    down = max(box.y - other.bottom, other.y - box.bottom, 0.0)
    return math.hypot(across, down)


def around(boxes: list[Box]) -> Box:
    """Return the box that holds all of them (at least one)."""
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    return Box(left, top, right - left, bottom - top)
