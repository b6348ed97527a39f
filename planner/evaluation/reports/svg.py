"""A plan as a small SVG: cells, boxes in colours with short labels, and what reaches off the canvas."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from planner.checks.names import without_article
from planner.drawing import BOX_COLORS
from planner.errors import PlanError
from planner.plan import Plan
from planner.plan.box import Box

UNIT = 400  # the canvas' longer side
MARGIN = 24  # room around the canvas where boxes reach off it
EDGE = 2
LETTER = 8.2  # mean width of a letter at the label's size, in wide fonts
LABEL = 17  # height of a label

_CANVAS = Box(0, 0, 1, 1)


def color_of(index: int) -> str:
    """Return the colour of object `index`, the same as in `planner.drawing`."""
    return "#{:02x}{:02x}{:02x}".format(*BOX_COLORS[index % len(BOX_COLORS)])


def draw_svg(plan: Plan, *, width: int, height: int) -> str:
    """Draw a plan for a canvas of width × height pixels."""
    scale = UNIT / max(width, height)
    wide, high = width * scale, height * scale
    inside = all(_CANVAS.contains(item.box, 1e-6) for item in plan.objects)
    margin = EDGE if inside else MARGIN
    parts = [
        f'<svg class="plan" role="img" viewBox="{-margin} {-margin} {wide + 2 * margin:g} {high + 2 * margin:g}">',
        f"<title>{escape(plan.prompt)}</title>",
        f'<rect class="canvas" width="{wide:g}" height="{high:g}"/>',
        *_cells(plan, wide, high),
        *(_box(i, item.box.scaled(wide, high)) for i, item in enumerate(plan.objects)),
        *_labels(plan, wide, high),
        "</svg>",
    ]
    return "".join(parts)


def _cells(plan: Plan, wide: float, high: float) -> list[str]:
    try:
        boxes = [box.scaled(wide, high) for box in plan.cell_boxes()]
    except PlanError:
        return []  # sizes that are not positive: the faults beside the drawing say so
    return [f'<rect class="cell" {_place(box)}/>' for box in boxes] if len(boxes) > 1 else []


def _box(index: int, box: Box) -> str:
    color = color_of(index)
    return f'<rect {_place(box)} fill="{color}" fill-opacity=".16" stroke="{color}" stroke-width="2.5"/>'


def _labels(plan: Plan, wide: float, high: float) -> list[str]:
    taken: list[Box] = []
    drawn = []
    for index, item in enumerate(plan.objects):
        box = item.box.scaled(wide, high)
        text = _shorten(without_article(item.prompt), max(box.width - 8, 3 * LETTER))
        spot = _free(Box(box.x, box.y, _wide(text) + 8, LABEL), box, taken)
        taken.append(spot)
        drawn.append(
            f'<rect {_place(spot)} fill="{color_of(index)}"/>'
            f'<text class="label" x="{spot.x + 4:.1f}" y="{spot.y + 12.5:.1f}">{escape(text)}</text>'
        )
    return drawn


def _free(spot: Box, box: Box, taken: Sequence[Box]) -> Box:
    """Move a label down inside its box until it covers no other one."""
    down = 0.0
    while down + LABEL <= box.height:
        moved = Box(spot.x, spot.y + down, spot.width, spot.height)
        if not any(moved.intersection(other) > 0 for other in taken):
            return moved
        down += 4
    return spot


def _wide(text: str) -> float:
    return LETTER * (len(text) + 0.6 * sum(letter in "mwMW" for letter in text))


def _shorten(text: str, room: float) -> str:
    fitting = int(room / LETTER)
    return text if len(text) <= fitting else f"{text[: max(fitting - 1, 1)].rstrip()}…"


def _place(box: Box) -> str:
    width, height = max(box.width, 0.5), max(box.height, 0.5)
    return f'x="{box.x:.1f}" y="{box.y:.1f}" width="{width:.1f}" height="{height:.1f}"'
