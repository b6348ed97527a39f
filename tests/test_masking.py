"""Masks as tokens: black is painted anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from generator.regions.geometry import TokenGrid
from generator.regions.masking import TokenMask, mask_tokens
from planner.errors import RagplanError, RenderError
from planner.plan import Box

GRID = TokenGrid(8, 4)  # 128 × 64 px
Pixels = np.ndarray[Any, Any]


def white(width: int = 128, height: int = 64) -> Pixels:
    return np.full((height, width), 255, dtype=np.uint8)


def marked(black: tuple[slice, slice], grey: int = 0) -> Pixels:
    """A white mask with a dark rectangle: rows, columns."""
    mask = white()
    mask[black] = grey
    return mask


def test_token_counts_by_its_middle_pixel() -> None:
    # Tokens 9 and 10 have their middles at (24, 24) and (40, 24); a black pixel reaches 10 pixels along an axis.
    assert mask_tokens(marked(np.s_[24:25, 30:31]), GRID) == [9, 10]
    assert mask_tokens(marked(np.s_[24:25, 29:30]), GRID) == [9]


def test_growth_is_by_4_neighbours() -> None:
    assert mask_tokens(marked(np.s_[19:20, 35:36]), GRID) == [10]  # 5 down and 5 right: 10 steps
    with pytest.raises(RenderError):
        mask_tokens(marked(np.s_[18:19, 35:36]), GRID)  # 11 steps


def test_growth_ends_at_the_edge() -> None:
    assert mask_tokens(marked(np.s_[0:64, 0:1]), GRID) == [0, 8, 16, 24]


def test_black_is_up_to_128() -> None:
    rectangle = np.s_[16:32, 32:48]
    assert mask_tokens(marked(rectangle, 128), GRID) == mask_tokens(marked(rectangle), GRID)
    with pytest.raises(RenderError, match=r"black \(0\.\.128\) is painted anew, white is kept"):
        mask_tokens(marked(rectangle, 129), GRID)


def test_growth_is_at_the_masks_own_size() -> None:
    half = white(64, 32)
    half[12, 20] = 0  # (40, 24) of the picture; 10 pixels of the mask are 20 of the picture
    assert mask_tokens(half, GRID) == [2, 9, 10, 11, 18]


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "P"])
def test_pictures_of_every_kind(mode: str) -> None:
    mask = marked(np.s_[0:32, 0:64])
    assert mask_tokens(Image.fromarray(mask).convert(mode), GRID) == mask_tokens(mask, GRID)


def test_arrays_of_every_kind() -> None:
    mask = marked(np.s_[0:32, 0:64])
    expected = mask_tokens(mask, GRID)
    assert mask_tokens(mask > 128, GRID) == expected
    assert mask_tokens(np.stack([mask] * 3, axis=-1), GRID) == expected


def test_box_is_not_grown() -> None:
    assert mask_tokens(Box(0.25, 0.25, 0.25, 0.5), GRID) == [10, 11, 18, 19]


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (white(), "the mask is empty"),
        (white().astype(np.float32), r"of uint8 or bool, got \(64, 128\) of float32"),
        (np.zeros((64, 128, 2), dtype=np.uint8), r"got \(64, 128, 2\) of uint8"),
        (np.zeros((0, 0), dtype=np.uint8), r"got \(0, 0\) of uint8"),
        ("mask.png", "must be a PIL image, an array or a planner.plan.Box, got str"),
        (Box(0.9, 0, 0.01, 1), "the mask's box is under one token"),
        (Box(0.5, 0, 1, 1), "the mask's box reaches off the canvas"),
    ],
)
def test_wrong_masks(mask: Any, message: str) -> None:
    with pytest.raises(RenderError, match=message):
        mask_tokens(mask, GRID)


def test_token_masks_remember_what_was_marked() -> None:
    grid = TokenGrid(4, 3)
    mask = TokenMask((1, 2, 6, 10, 11), grid)
    assert mask.to_dict() == {"grid": [4, 3], "ranges": [[1, 3], [6, 7], [10, 12]]}
    assert TokenMask.from_dict(mask.to_dict()) == mask
    assert mask_tokens(mask, grid) == [1, 2, 6, 10, 11]
    with pytest.raises(RenderError, match="was made for 64×48 pixels, the canvas is 48×64"):
        mask_tokens(mask, TokenGrid(3, 4))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"grid": [4, 3], "ranges": []}, "empty"),
        ({"grid": [4], "ranges": [[0, 1]]}, "two numbers"),
        ({"grid": [4, 3], "ranges": [["0", 1]]}, "whole number"),
        ({"grid": [0, 3], "ranges": [[0, 1]]}, "grid must be two numbers"),
        ({"ranges": [[0, 1]]}, "grid"),
        (None, "an object"),
    ],
)
def test_damaged_token_masks(document: object, message: str) -> None:
    with pytest.raises(RagplanError, match=message):
        TokenMask.from_dict(document)
