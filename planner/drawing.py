"""Draw a plan: the canvas with its cells and labelled boxes, and below it a legend with every prompt in full
and what else the plan says of each thing.

The legend makes the image taller than the canvas. The font is the one that comes with Pillow; it has Latin letters
only, so that a plan with others is written in the first of the system's usual fonts that has most of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from planner.errors import PlanError
from planner.plan import Plan, document
from planner.plan.box import Box

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Color = tuple[int, int, int]
PixelBox = tuple[int, int, int, int]

CANVAS = Box(0, 0, 1, 1)
MIN_SIDE_PX, MAX_SIDE_PX = 64, 4096
MAX_LABEL_LINES = 3
FONT_SHARE = 1 / 32  # of the canvas' shorter side
FONT_PX = (11, 24)
# Where Pillow's font has no letters: what Linux, Windows and macOS have for Chinese, Japanese, Korean and others.
SYSTEM_FONTS = (
    "DejaVuSans.ttf", "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "wqy-microhei.ttc", "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf", "msyh.ttc", "malgun.ttf", "msgothic.ttc", "arial.ttf", "PingFang.ttc",
    "Hiragino Sans GB.ttc", "AppleSDGothicNeo.ttc", "Arial Unicode.ttf",
)  # fmt: skip
MOST_LETTERS = 500  # different ones of a plan that a font is tried with
PAPER: Color = (255, 255, 255)
INK: Color = (33, 37, 41)
GRAY: Color = (73, 80, 87)
LINE: Color = (134, 142, 150)
CELL_TINTS: tuple[Color, Color] = (248, 249, 250), (233, 236, 239)
BOX_COLORS: tuple[Color, ...] = (
    (25, 113, 194), (224, 49, 49), (47, 158, 68), (232, 89, 12), (156, 54, 181), (12, 133, 153),
    (194, 37, 92), (102, 168, 15), (59, 91, 219), (240, 140, 0), (95, 61, 196), (9, 146, 104),
    (134, 46, 156), (92, 64, 51), (73, 80, 87), (166, 30, 77),
)  # fmt: skip


@dataclass(frozen=True)
class _Style:
    """Sizes in pixels that follow from the canvas."""

    font: Font
    line: int
    gap: int
    stroke: int

    @classmethod
    def of(cls, plan: Plan, width: int, height: int) -> _Style:
        size = min(max(round(min(width, height) * FONT_SHARE), FONT_PX[0]), FONT_PX[1])
        said = "".join(entry.text for entry in _entries(plan))
        return cls(font_for(said, size), round(size * 1.3), max(3, size // 3), max(2, size // 7))


@dataclass(frozen=True)
class _Entry:
    """A line of the legend: a label, on a coloured tag or plain, and the text beside it."""

    label: str
    text: str
    color: Color | None = None


def draw_plan(plan: Plan, *, width: int = 768, height: int = 768) -> Image.Image:
    """Return an RGB image of the plan: its canvas, with the legend below.

    Objects and cells carry their numbers, from 0, as everywhere. Parts of boxes off the canvas are not seen; the
    legend says so.

    plan: what to draw; it need not be a good one.
    width, height: of the canvas, px, 64 to 4096.

    Raises `PlanError` for another canvas, and for rows and cells that are not positive.
    """
    for name, size in (("width", width), ("height", height)):
        if document.integer(size, name, minimum=MIN_SIDE_PX) > MAX_SIDE_PX:
            raise PlanError(f"{name} must be from {MIN_SIDE_PX} to {MAX_SIDE_PX} pixels, got {document.shown(size)}")
    style = _Style.of(plan, width, height)
    canvas = _draw_canvas(plan, (width, height), style)
    legend = _draw_legend(list(_entries(plan)), width, style)
    image = Image.new("RGB", (width, height + legend.height), PAPER)
    image.paste(canvas, (0, 0))
    image.paste(legend, (0, height))
    return image


def _draw_canvas(plan: Plan, size: tuple[int, int], style: _Style) -> Image.Image:
    canvas = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(canvas, "RGBA")
    cells = [_pixels(box, size) for box in plan.cell_boxes()]
    for pixels, tint in zip(cells, _tints(plan), strict=True):
        draw.rectangle(pixels, fill=tint, outline=LINE)
    boxes = {index: _pixels(item.box, size) for index, item in enumerate(plan.objects) if _is_seen(item.box)}
    for index, pixels in boxes.items():
        draw.rectangle(pixels, fill=(*_color(index), 40), outline=_color(index), width=style.stroke)
    taken = [
        _label_cell(draw, index, pixels, tint, style)
        for index, (pixels, tint) in enumerate(zip(cells, _tints(plan), strict=True))
    ]
    for index, (left, top, right, bottom) in boxes.items():
        visible = (max(left, 0), max(top, 0), min(right, size[0] - 1), min(bottom, size[1] - 1))
        lines = _label_lines(f"{index} {plan.objects[index].name}", str(index), visible, style)
        taken.append(_draw_tag(draw, lines, visible, _color(index), taken, style))
    return canvas


def _label_cell(draw: ImageDraw.ImageDraw, index: int, pixels: PixelBox, tint: Color, style: _Style) -> PixelBox:
    """Write the cell's number into its bottom left corner and return the place that it takes."""
    left, _, right, bottom = pixels
    room = right - left - style.gap
    text = next((text for text in (f"cell {index}", str(index)) if style.font.getlength(text) <= room), "")
    place = (left + style.gap, bottom - style.line, left + style.gap + _length(text, style), bottom - 1)
    draw.rectangle(place, fill=tint)
    draw.text(place[:2], text, fill=GRAY, font=style.font)
    return place


def _label_lines(text: str, short: str, pixels: PixelBox, style: _Style) -> list[str]:
    """Return what fits of an object's label into the upper half of its box: up to three lines, at least its number."""
    left, top, right, bottom = pixels
    room = (right - left) - 2 * style.gap
    lines = wrap(text, style.font, room)
    if room < style.font.getlength("M" * 3) or bottom - top < style.line:
        return [short]
    fitting = min(max((bottom - top) // 2 // style.line, 1), MAX_LABEL_LINES)
    if len(lines) > fitting:
        return [*lines[: fitting - 1], _shorten(lines[fitting - 1], style.font, room)]
    return lines


def _draw_tag(
    draw: ImageDraw.ImageDraw,
    lines: list[str],
    pixels: PixelBox,
    color: Color,
    taken: list[PixelBox],
    style: _Style,
) -> PixelBox:
    """Write lines on a coloured tag into the top left corner of a box, or below what is there already."""
    width = max(_length(line, style) for line in lines) + 2 * style.gap
    height = len(lines) * style.line
    left, highest, _, lowest = pixels
    below = sorted(other[3] for other in taken if highest < other[3] <= lowest - height)
    spots = ((left, top, left + width, top + height) for top in (highest, *below))
    place = next((spot for spot in spots if not any(_meets(spot, other) for other in taken)), None)
    place = place or (left, highest, left + width, highest + height)
    draw.rectangle(place, fill=color)
    for number, line in enumerate(lines):
        draw.text((left + style.gap, place[1] + number * style.line), line, fill=PAPER, font=style.font)
    return place


def _entries(plan: Plan) -> Iterator[_Entry]:
    yield _Entry("", plan.prompt)
    for index, item in enumerate(plan.objects):
        yield _Entry(str(index), " · ".join([item.name + _remark(item.box), *item.remarks]), _color(index))
    for index, cell in enumerate(plan.cells):
        yield _Entry(f"cell {index}", " · ".join([cell.prompt, *cell.remarks]))
    for remark in plan.remarks:
        yield _Entry("plan", remark)
    for note in plan.notes:
        yield _Entry("note", note)


def _draw_legend(entries: list[_Entry], width: int, style: _Style) -> Image.Image:
    """Draw the entries below each other, their texts wrapped beside the column of labels."""
    column = max(_length(entry.label, style) for entry in entries) + 4 * style.gap
    texts = []
    for entry in entries:
        indent = column if entry.label else style.gap
        texts.append((indent, wrap(entry.text, style.font, width - indent - style.gap)))
    heights = [len(lines) * style.line + style.gap for _, lines in texts]
    legend = Image.new("RGB", (width, sum(heights) + style.gap), PAPER)
    draw = ImageDraw.Draw(legend)
    top = style.gap
    for entry, (indent, lines), height in zip(entries, texts, heights, strict=True):
        if entry.color:
            tag = (style.gap, top, style.gap * 3 + _length(entry.label, style), top + style.line)
            draw.rectangle(tag, fill=entry.color)
        draw.text((style.gap * 2, top), entry.label, fill=PAPER if entry.color else GRAY, font=style.font)
        for number, line in enumerate(lines):
            draw.text((indent, top + number * style.line), line, fill=INK, font=style.font)
        top += height
    return legend


def font_for(text: str, size: int) -> Font:
    """Return a font that has the letters of a text, of the fonts that there are; the one that has most of them."""
    letters = [letter for letter in dict.fromkeys(text) if letter.isprintable() and not letter.isspace()][:MOST_LETTERS]
    best: Font = ImageFont.load_default(size)
    missing = _missing(best, letters)
    for name in SYSTEM_FONTS if missing else ():
        try:
            font = ImageFont.truetype(name, size)
        except OSError:
            continue  # not on this machine
        if (lacks := _missing(font, letters)) < missing:
            best, missing = font, lacks
    return best


def _missing(font: Font, letters: list[str]) -> int:
    """Count the letters that a font draws as it draws what is no letter at all."""
    nothing = bytes(font.getmask("\U0010fffd"))
    return sum(bytes(font.getmask(letter)) == nothing for letter in letters)


def wrap(text: str, font: Font, width: float) -> list[str]:
    """Break a text into lines of at most `width` pixels, at spaces where it can; at least one line."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if font.getlength(joined) <= width:
            lines[-1] = joined
            continue
        pieces = _break(word, font, width)
        lines[len(lines) - (not lines[-1]) :] = pieces
    return lines


def _break(word: str, font: Font, width: float) -> list[str]:
    """Cut a word into pieces of at most `width` pixels, but never less than a letter."""
    pieces = [word[0]]
    for letter in word[1:]:
        if font.getlength(pieces[-1] + letter) <= width:
            pieces[-1] += letter
        else:
            pieces.append(letter)
    return pieces


def _shorten(line: str, font: Font, width: float) -> str:
    while line and font.getlength(f"{line}…") > width:
        line = line[:-1]
    return f"{line.rstrip()}…"


def _is_seen(box: Box) -> bool:
    return CANVAS.intersection(box) > 0


def _remark(box: Box) -> str:
    if box.width <= 0 or box.height <= 0:
        return " (its box has no area)"
    if CANVAS.contains(box, 1e-6):
        return ""
    return " (reaches off the canvas)" if _is_seen(box) else " (off the canvas)"


def _tints(plan: Plan) -> list[Color]:
    """Return a light grey for each cell, another one than its neighbours' in the row."""
    return [CELL_TINTS[(row + place) % 2] for row, cells in enumerate(plan.rows) for place in range(len(cells.cells))]


def _color(index: int) -> Color:
    return BOX_COLORS[index % len(BOX_COLORS)]


def _pixels(box: Box, size: tuple[int, int]) -> PixelBox:
    """Return the first and last pixel (left, top, right, bottom), at least one; far off the canvas cut short."""
    left, top = _clamp(box.x * size[0], size[0]), _clamp(box.y * size[1], size[1])
    right, bottom = _clamp(box.right * size[0] - 1, size[0]), _clamp(box.bottom * size[1] - 1, size[1])
    return left, top, max(left, right), max(top, bottom)


def _clamp(place: float, side: int) -> int:
    return round(min(max(place, -side), 2 * side))


def _length(text: str, style: _Style) -> int:
    return round(style.font.getlength(text))


def _meets(one: PixelBox, other: PixelBox) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
