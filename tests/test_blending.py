"""Old pixels outside a repainted region."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from generator import Painter, Result
from generator.regions.blending import EDGE_PX, blended
from generator.regions.geometry import TokenGrid
from generator.regions.repaint import Repaint
from planner import Box, plan_layout
from planner.errors import RenderError

GRID = TokenGrid(5, 4)


def flat(level: int) -> Image.Image:
    return Image.new("RGB", (80, 64), (level, level, level))


@settings(deadline=None, max_examples=30)
@given(st.sets(st.integers(0, GRID.count - 1), min_size=1))
def test_inside_is_new_far_outside_is_old_and_between_it_fades(tokens: set[int]) -> None:
    new = np.asarray(blended(flat(0), flat(255), sorted(tokens), GRID))[:, :, 0].astype(int)
    distance = np.full(new.shape, 99)
    for token in tokens:
        top, left = 16 * (token // GRID.width), 16 * (token % GRID.width)
        rows, columns = np.mgrid[: new.shape[0], : new.shape[1]]
        across = np.maximum(np.maximum(left - columns, columns - left - 15), 0)
        down = np.maximum(np.maximum(top - rows, rows - top - 15), 0)
        distance = np.minimum(distance, np.maximum(across, down))
    assert (new[distance == 0] == 255).all()
    assert (new[distance >= EDGE_PX] == 0).all()
    for step in range(1, EDGE_PX):
        assert len(set(new[distance == step])) <= 1
    levels = [int(new[distance == step].max(initial=0)) for step in range(EDGE_PX)]
    assert levels == sorted(levels, reverse=True)


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(RenderError, match="must be 80×64 px, got 64×64"):
        blended(flat(0), Image.new("RGB", (64, 64)), [0], GRID)


def test_outside_a_repainted_region_the_pixels_are_those_of_the_picture_before_and_both_make_themselves_again(
    tmp_path: Path,
) -> None:
    painter = Painter("embedded", seed=2, steps=3, hard_binding_steps=2)
    before = painter.paint(plan_layout("a cup on the left and a hat on the right", width=256, height=256))
    after = painter.repaint(before, "the hat becomes a rocket")
    again = painter.repaint(after, "the cup becomes a cat")
    for old, new in ((before, after), (after, again)):
        outside = far_from(new.recipe.repaints[-1])
        assert (np.asarray(new.image)[outside] == np.asarray(old.image)[outside]).all()
        assert (np.asarray(new.image)[~outside] != np.asarray(old.image)[~outside]).any()
    plain = painter.repaint(before, "the hat becomes a rocket", blend=False)
    outside, inside = far_from(after.recipe.repaints[0]), np.zeros((256, 256), bool)
    inside[64:160, 144:224] = True  # of the hat's box
    assert (np.asarray(plain.image)[outside] != np.asarray(before.image)[outside]).any()
    assert (np.asarray(plain.image)[inside & ~outside] == np.asarray(after.image)[inside & ~outside]).mean() > 0.9
    path = again.save(tmp_path / "again.png")
    assert painter.paint(Result.open(path).recipe).image.tobytes() == again.image.tobytes()


def far_from(repaint: Repaint) -> np.ndarray[Any, np.dtype[np.bool_]]:
    grid = TokenGrid.from_pixels(256, 256)
    white = blended(Image.new("L", (256, 256)), Image.new("L", (256, 256), 255), repaint.tokens(grid), grid)
    return np.asarray(white) == 0


def test_a_recipe_from_before_blending_is_not_blended() -> None:
    old = Repaint("a dog", "a dog", mask=Box(0, 0, 0.5, 0.5)).to_dict()
    assert Repaint.from_dict(old).blend
    del old["blend"]
    assert not Repaint.from_dict(old).blend
