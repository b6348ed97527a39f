"""A plan as a picture: cells and boxes where they belong, every prompt readable in the legend."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageFont

from planner import Box, Cell, ImagePrompt, ObjectBox, Plan, PlanError, Row
from planner.drawing import BOX_COLORS, CELL_TINTS, PAPER, draw_plan, font_for, wrap

LONG = "A tall lighthouse with red and white stripes stands on a cliff above a stormy sea at dusk. " * 4


def plan(*boxes, cells=(1, 1), prompt="a thing", notes=()):
    rows = (Row(1, tuple(Cell(width, "a quiet part of the picture") for width in cells)),)
    return Plan("some things", rows, tuple(ObjectBox(prompt, Box(*box)) for box in boxes), notes)


def near(color, other, distance=12):
    return all(abs(one - two) <= distance for one, two in zip(color, other, strict=True))


@pytest.mark.parametrize("size", [(512, 512), (256, 256), (1536, 768), (64, 640)])
def test_the_canvas_keeps_its_size_and_the_legend_lies_below(size):
    picture = draw_plan(plan((0.1, 0.1, 0.3, 0.3)), width=size[0], height=size[1])
    assert picture.mode == "RGB"
    assert picture.width == size[0]
    assert picture.height > size[1]


@pytest.mark.parametrize("size", [512, 256])
def test_boxes_are_where_the_plan_says(size):
    picture = draw_plan(plan((0.25, 0.5, 0.5, 0.25)), width=size, height=size)
    color = BOX_COLORS[0]
    left, right, top, bottom = size // 4, size * 3 // 4 - 1, size // 2, size * 3 // 4 - 1
    for inside in [(left, bottom - 1), (right - 1, bottom - 1), (right - 1, top + 1), ((left + right) // 2, bottom)]:
        assert picture.getpixel(inside) == color
    for outside in [(left - 1, bottom), (right + 1, bottom), (right, bottom + 1), (right, top - 1)]:
        assert not near(picture.getpixel(outside), color)


def test_neighbouring_cells_differ_and_meet_at_the_ratio():
    picture = draw_plan(plan(cells=(1, 3)), width=400, height=400)
    assert picture.getpixel((50, 200)) == CELL_TINTS[0]
    assert picture.getpixel((90, 200)) == CELL_TINTS[0]
    assert picture.getpixel((110, 200)) == CELL_TINTS[1]
    assert picture.getpixel((390, 200)) == CELL_TINTS[1]


def test_later_boxes_lie_above_earlier_ones():
    picture = draw_plan(plan((0.1, 0.1, 0.6, 0.6), (0.3, 0.3, 0.6, 0.6)), width=400, height=400)
    assert picture.getpixel((280, 359)) == BOX_COLORS[1]
    assert picture.getpixel((100, 279)) == BOX_COLORS[0]
    assert picture.getpixel((121, 279)) == BOX_COLORS[1]  # where the outlines cross


def test_each_object_has_its_own_colour_in_canvas_and_legend():
    boxes = [(column / 4 + 0.02, row / 4 + 0.02, 0.2, 0.2) for row in range(4) for column in range(4)]
    assert len(set(BOX_COLORS)) == len(boxes) == 16
    picture = draw_plan(plan(*boxes), width=512, height=512)
    canvas, legend = picture.crop((0, 0, 512, 512)), picture.crop((0, 512, 512, picture.height))
    for part in (canvas, legend):
        colors = {color for _, color in part.getcolors(512 * 4096)}
        assert set(BOX_COLORS) <= colors


def test_labels_are_written_into_the_boxes():
    """A light letter on the dark tag: some pixels of the tag are paper."""
    picture = draw_plan(plan((0.25, 0.25, 0.5, 0.5)), width=512, height=512)
    tag = picture.crop((130, 130, 200, 148))
    colors = {color for _, color in tag.getcolors(4096)}
    assert BOX_COLORS[0] in colors
    assert PAPER in colors


def test_long_prompts_are_wrapped_in_full():
    short, long = (draw_plan(plan((0.1, 0.1, 0.5, 0.5), prompt=text), width=512, height=512) for text in ("x", LONG))
    font = ImageFont.load_default(16)
    assert long.height - short.height >= (len(wrap(LONG, font, 512)) - 1) * 16
    right_edge = long.crop((510, 512, 512, long.height))
    assert right_edge.getcolors() == [(2 * right_edge.height, PAPER)]


def test_notes_are_shown():
    without, noted = draw_plan(plan()), draw_plan(plan(notes=("The things stand side by side.",)))
    assert noted.height > without.height


@pytest.mark.parametrize("box", [(1.2, 0.2, 0.3, 0.3), (0.2, 0.2, -0.1, 0.3), (0.2, 0.2, 0, 0.3), (-9, -9, 1, 1)])
def test_boxes_that_cannot_be_seen_are_only_in_the_legend(box):
    picture = draw_plan(plan(box, prompt="x"), width=256, height=256)
    empty = draw_plan(plan(), width=256, height=256)
    canvas = (0, 0, 256, 256)
    assert picture.crop(canvas).tobytes() == empty.crop(canvas).tobytes()
    assert BOX_COLORS[0] in {color for _, color in picture.getcolors(256 * 4096)}


def test_the_legend_says_what_reaches_off_the_canvas():
    inside, off = (
        draw_plan(plan(box, prompt="x"), width=256, height=256) for box in [(0.5, 0, 0.5, 0.5), (0.6, 0, 0.5, 0.5)]
    )
    legend = [picture.crop((0, 256, 256, picture.height)).tobytes() for picture in (inside, off)]
    assert legend[0] != legend[1]


def test_the_legend_says_what_else_the_plan_wants():
    bare = plan((0.1, 0.1, 0.5, 0.5), prompt="x")
    item = replace(bare.objects[0], image=ImagePrompt("redux", "a/cat.jpg"), lora=("yarn.safetensors:0.5",))
    cell = replace(bare.cells[0], refinement_strength=0.5)
    richer = [
        replace(bare, objects=(item,)),
        replace(bare, objects=(replace(item, hard_binding_steps=3),)),
        replace(bare, objects=(replace(item, prompt=""),)),
        replace(bare, rows=(Row(1, (cell, bare.cells[1])),)),
        replace(bare, refinement_steps=(4, 8)),
    ]
    drawings = [draw_plan(one, width=256, height=256) for one in (bare, *richer)]
    legends = {drawing.crop((0, 256, 256, drawing.height)).tobytes() for drawing in drawings}
    assert len(legends) == len(drawings)
    assert item.remarks == ["redux a/cat.jpg × 1", "LoRA yarn.safetensors:0.5"]
    assert richer[-1].remarks == ["refines in steps 4 to 7"]


@pytest.mark.parametrize(("width", "height"), [(63, 512), (512, 0), (512.0, 512), ("512", 512)])
def test_canvas_sizes_are_checked(width, height):
    with pytest.raises(PlanError, match="must be a whole number of at least 64"):
        draw_plan(plan(), width=width, height=height)


def test_cells_without_a_size_are_refused():
    with pytest.raises(PlanError, match=r"rows\[0\]\.cells\[1\]\.width must be positive"):
        draw_plan(plan(cells=(1, 0)))


words = st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40), max_size=12)


@given(words.map(" ".join), st.integers(40, 400))
@settings(deadline=None)
def test_wrapping_keeps_every_letter_and_the_width(text, width):
    font = ImageFont.load_default(12)
    lines = wrap(text, font, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        assert font.getlength(line) <= width or len(line) == 1


coordinates = st.floats(-1e300, 1e300) | st.floats(-2, 2)
boxes = st.lists(st.tuples(coordinates, coordinates, coordinates, coordinates), max_size=5)


@given(boxes, st.lists(st.floats(0.01, 100), min_size=1, max_size=16), st.integers(64, 200), st.integers(64, 200))
@settings(deadline=None, max_examples=50)
def test_every_plan_can_be_drawn(boxes, cells, width, height):
    picture = draw_plan(plan(*boxes, cells=cells), width=width, height=height)
    assert picture.width == width
    assert picture.height > height


def test_the_largest_plan_is_drawn_in_bounded_time_and_memory():
    rows = tuple(Row(1, tuple(Cell(1, "x") for _ in range(10))) for _ in range(16))
    objects = tuple(ObjectBox("word " * 5, Box(0.1, 0.1, 0.5, 0.5)) for _ in range(160))
    picture = draw_plan(Plan("x" * 20_000, rows, objects), width=768, height=768)
    assert picture.height < 40_000


@pytest.mark.parametrize("size", [10**9, 4097, 63])
def test_the_canvas_has_limits(size):
    with pytest.raises(PlanError, match="width must be"):
        draw_plan(plan(), width=size, height=64)


def test_letters_that_pillow_s_font_lacks_come_from_a_font_of_the_system():
    try:
        ImageFont.truetype("DejaVuSans.ttf", 20)
    except OSError:
        pytest.skip("DejaVu Sans is not installed here")
    assert font_for("a kite", 20).getname() == ImageFont.load_default(20).getname()
    assert font_for("змей ≤ 3", 20).getname()[0] == "DejaVu Sans"


def test_letters_that_no_font_has_are_drawn_as_boxes(monkeypatch):
    monkeypatch.setattr("planner.drawing.SYSTEM_FONTS", ("there-is-none.ttf",))
    assert draw_plan(Plan("一只风筝", plan().rows), width=64, height=64).height > 64
