"""Old pixels outside a repainted region."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from generator.regions.blending import EDGE_PX, blended
from generator.regions.geometry import TokenGrid
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
