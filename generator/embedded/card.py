"""The card with a question mark that stands in the box of a thing which the embedded model does not know.

It is drawn over the finished picture, so that nothing made up is seen there; later boxes that hide it do so as they
hide every thing.
"""

from __future__ import annotations

from PIL import Image, ImageDraw

from generator.embedded.catalogue import read_prompt
from generator.regions.geometry import TokenGrid, TokenRect, object_rects
from planner.plan import ObjectBox, Plan

EDGE, PAPER, MARK = (139, 144, 156), (213, 216, 223), (90, 95, 107)
FINE = 4
"""So many times larger it is drawn than it is shown, for smooth edges."""


def is_unknown(item: ObjectBox) -> bool:
    """Tell whether the embedded model has no picture of an object that words ask for."""
    return bool(item.prompt) and item.image is None and read_prompt(item.prompt) is None


def with_cards(picture: Image.Image, plan: Plan, grid: TokenGrid) -> Image.Image:
    """Return the picture with a card in the box of every unknown object, or the picture itself where all are known."""
    boxes = [_pixels(rect, grid.token_px) for rect in object_rects(plan, grid)]
    unknown = [number for number, item in enumerate(plan.objects) if is_unknown(item)]
    shown = picture.copy() if unknown else picture
    for number in unknown:
        left, top, right, bottom = boxes[number]
        seen = Image.new("L", picture.size, 0)
        seen.paste(255, boxes[number])
        for later in boxes[number + 1 :]:
            seen.paste(0, later)
        shown.paste(draw_card(right - left, bottom - top), (left, top), seen.crop(boxes[number]))
    return shown


def _pixels(rect: TokenRect, token_px: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom in px."""
    return rect.x * token_px, rect.y * token_px, (rect.x + rect.width) * token_px, (rect.y + rect.height) * token_px


def draw_card(width: int, height: int) -> Image.Image:
    """Draw the card, width × height px: paper with an edge, and the mark in the middle."""
    card = Image.new("RGB", (width * FINE, height * FINE), PAPER)
    pen = ImageDraw.Draw(card)
    unit = min(card.size) / 32
    pen.rectangle((0, 0, card.width - 1, card.height - 1), outline=EDGE, width=round(2 * unit))
    x, y = card.width / 2, card.height / 2

    def around(down: float, radius: float) -> tuple[float, float, float, float]:
        return x - radius * unit, y + (down - radius) * unit, x + radius * unit, y + (down + radius) * unit

    pen.arc(around(-4, 6), 180, 450, fill=MARK, width=round(3.2 * unit))
    pen.line((x, y + 0.4 * unit, x, y + 4 * unit), fill=MARK, width=round(3.2 * unit))
    pen.ellipse(around(8, 2), fill=MARK)
    return card.resize((width, height), Image.Resampling.LANCZOS)
