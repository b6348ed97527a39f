"""Boxes and cells as token rectangles."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from generator.regions.geometry import (
    TokenGrid,
    TokenRect,
    box_rect,
    cell_rects,
    object_rects,
    visible_tokens,
)
from planner.errors import PlanError, RenderError
from planner.plan import Box, Cell, ObjectBox, Plan, Row

GRIDS = st.builds(TokenGrid, st.integers(1, 40), st.integers(1, 40))
SIZES = st.floats(0.01, 100)


def plan_of(*rows: tuple[float, list[float]], boxes: tuple[Box, ...] = ()) -> Plan:
    return Plan(
        "scene",
        tuple(Row(height, tuple(Cell(width, "part") for width in widths)) for height, widths in rows),
        tuple(ObjectBox(f"thing {number}", box) for number, box in enumerate(boxes)),
    )


@st.composite
def rects(draw: st.DrawFn, grid: TokenGrid) -> TokenRect:
    width, height = draw(st.integers(1, grid.width)), draw(st.integers(1, grid.height))
    x, y = draw(st.integers(0, grid.width - width)), draw(st.integers(0, grid.height - height))
    return TokenRect(x, y, width, height)


def test_grid_is_in_tokens_of_16_pixels() -> None:
    assert TokenGrid.from_pixels(384, 192) == TokenGrid(24, 12)
    assert TokenGrid(24, 12).count == 288


@pytest.mark.parametrize("size", [0, -16, 8, 250, 256.0, None, True])
def test_sizes_that_are_no_multiple_of_16(size: object) -> None:
    with pytest.raises(RenderError, match=f"width must be a positive multiple of 16 pixels, got {size!r}"):
        TokenGrid.from_pixels(size, 256)  # type: ignore[arg-type]
    with pytest.raises(RenderError, match="height must be a positive multiple of 16 pixels"):
        TokenGrid.from_pixels(256, size)  # type: ignore[arg-type]


def test_box_numbers_are_each_cut_down() -> None:
    # At 256 px: x 25.6 → 1 token, y 140.8 → 8, width 204.8 → 12, height 102.4 → 6.
    assert box_rect(Box(0.1, 0.55, 0.8, 0.4), TokenGrid(16, 16)) == TokenRect(1, 8, 12, 6)


def test_whole_canvas_is_the_whole_grid() -> None:
    assert box_rect(Box(0, 0, 1, 1), TokenGrid(24, 12)) == TokenRect(0, 0, 24, 12)


def test_tokens_are_numbered_row_by_row() -> None:
    assert TokenRect(1, 2, 2, 2).tokens(TokenGrid(5, 4)) == [11, 12, 16, 17]


@pytest.mark.parametrize("box", [Box(0, 0, 0.06, 1), Box(0, 0, 1, 0.06), Box(0.5, 0.5, 0, 0.5), Box(0, 0, -0.5, 1)])
def test_box_under_one_token_names_the_object_and_the_least_size(box: Box) -> None:
    plan = plan_of((1, [1]), boxes=(Box(0, 0, 1, 1), box))
    with pytest.raises(RenderError, match=r"the box of object 1 \('thing 1'\) is under one token") as caught:
        object_rects(plan, TokenGrid(16, 16))
    assert "at least 0.0625 × 0.0625" in str(caught.value)


@pytest.mark.parametrize("box", [Box(0.6, 0, 0.5, 1), Box(0, 0.6, 1, 0.5), Box(-0.2, 0, 0.5, 1), Box(0, -0.2, 1, 0.5)])
def test_box_off_the_canvas(box: Box) -> None:
    with pytest.raises(RenderError, match=r"the box of object 0 \('thing 0'\) reaches off the canvas"):
        object_rects(plan_of((1, [1]), boxes=(box,)), TokenGrid(16, 16))


def test_box_may_pass_the_edge_by_a_decimal() -> None:
    assert box_rect(Box(2 / 3, 0, 0.3333334, 1), TokenGrid(24, 24)).width == 8


def test_cells_in_reading_order() -> None:
    plan = plan_of((0.3, [0.5, 0.5]), (0.7, [0.2, 0.3, 0.5]))
    assert cell_rects(plan, TokenGrid(24, 12)) == (
        TokenRect(0, 0, 12, 3),
        TokenRect(12, 0, 12, 3),
        TokenRect(0, 3, 4, 9),
        TokenRect(4, 3, 8, 9),
        TokenRect(12, 3, 12, 9),
    )


def test_last_cell_ends_at_the_edge_where_floats_fall_short() -> None:
    # Six sixths add up to 0.9999999999999999 in floats: the last edge must not be cut down to 15.
    cells = cell_rects(plan_of((1, [1] * 6)), TokenGrid(16, 16))
    assert [rect.x for rect in cells] == [0, 2, 5, 8, 10, 13]
    assert cells[-1].x + cells[-1].width == 16


def test_cell_without_a_token() -> None:
    with pytest.raises(RenderError, match=r"cell 0 \('part'\) is under one token .* at 64×64"):
        cell_rects(plan_of((1, [1, 9])), TokenGrid(4, 4))


@pytest.mark.parametrize("rows", [[(1, [1, 0])], [(1, [1]), (-1, [1])], [(1, [])], []])
def test_sizes_that_cannot_be_divided(rows: list[tuple[float, list[float]]]) -> None:
    with pytest.raises(PlanError):
        cell_rects(plan_of(*rows), TokenGrid(16, 16))


@given(st.lists(st.tuples(SIZES, st.lists(SIZES, min_size=1, max_size=5)), min_size=1, max_size=5), GRIDS)
def test_cells_cover_the_grid_exactly_once(rows: list[tuple[float, list[float]]], grid: TokenGrid) -> None:
    try:
        cells = cell_rects(plan_of(*rows), grid)
    except RenderError:
        assume(False)
    tokens = [token for rect in cells for token in rect.tokens(grid)]
    assert sorted(tokens) == list(range(grid.count))


@given(st.data(), GRIDS)
def test_visible_tokens_leave_each_covered_token_to_the_last_box(data: st.DataObject, grid: TokenGrid) -> None:
    boxes = data.draw(st.lists(rects(grid), max_size=5))
    painted: dict[int, int] = {}
    for number, rect in enumerate(boxes):
        painted.update(dict.fromkeys(rect.tokens(grid), number))
    visible = visible_tokens(boxes, grid)
    shown = {rect.tokens(grid)[place]: number for number, rect in enumerate(boxes) for place in visible[number]}
    assert shown == painted
    assert sum(map(len, visible)) == len(painted)
