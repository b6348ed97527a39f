"""Masks: what is to be painted anew, as image tokens. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generator.pictures import read_picture
from generator.regions.geometry import TOKEN_PX, TokenGrid, bounding_rect, box_rect
from planner.errors import RenderError
from planner.plan import Box, document

BLACK = 128  # up to here a grey value means "paint anew"
GROWTH_PX = 10
MAX_SIDE_TOKENS = 512  # of a grid in a document, so that none can ask for all memory

Pixels = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class TokenMask:
    """Tokens that were marked already, in order, and the grid they are numbered in."""

    tokens: tuple[int, ...]
    grid: TokenGrid

    def to_dict(self) -> dict[str, Any]:
        """Return the mask as plain JSON values, the tokens as ranges [first, one past the last]."""
        groups = groupby(enumerate(self.tokens), key=lambda pair: pair[1] - pair[0])
        runs = [[token for _, token in group] for _, group in groups]
        return {"grid": [self.grid.width, self.grid.height], "ranges": [[run[0], run[-1] + 1] for run in runs]}

    @classmethod
    def from_dict(cls, values: Any, canvas: TokenGrid | None = None) -> TokenMask:
        """Read what `to_dict` wrote. canvas: the grid it must have; None: any of at most MAX_SIDE_TOKENS a side.

        Raises `RagplanError` for anything else, before any token is made: the ranges rise and lie in the grid.
        """
        known = document.fields(values, "mask.tokens", required=("grid", "ranges"))
        token_px = TOKEN_PX if canvas is None else canvas.token_px
        grid = TokenGrid(*_integers(known["grid"], "mask.tokens.grid"), token_px)
        if not (0 < grid.width <= MAX_SIDE_TOKENS and 0 < grid.height <= MAX_SIDE_TOKENS):
            document.wrong("mask.tokens.grid", f"two numbers in 1..{MAX_SIDE_TOKENS}", known["grid"])
        if canvas is not None and grid != canvas:
            document.wrong("mask.tokens.grid", f"the canvas', {canvas.width} × {canvas.height} tokens", known["grid"])
        ranges = [_integers(*pair) for pair in document.each(known["ranges"], "mask.tokens.ranges")]
        last = 0
        for first, end in ranges:
            if not last <= first < end <= grid.count:
                document.wrong("mask.tokens.ranges", f"rising ranges [first, end] in 0..{grid.count}", [first, end])
            last = end
        if not ranges:
            raise RenderError("the mask is empty: it has no tokens")
        return cls(tuple(token for first, end in ranges for token in range(first, end)), grid)


Mask = Image.Image | Pixels | Box | TokenMask


def mask_tokens(mask: Mask, grid: TokenGrid) -> list[int]:
    """Return the tokens that a mask marks, in order.

    mask: a box in fractions of the canvas; or a picture whose black (0..128) is painted anew and grows by 10 of its
    own pixels: a PIL image or an array (height, width[, 3 or 4 channels]) of uint8 or bool, of any size.
    Or what `TokenMask` remembers of either. Raises `RenderError` for a mask that marks nothing or cannot be read.
    """
    if isinstance(mask, Box):
        try:
            return box_rect(mask, grid).tokens(grid)
        except RenderError as error:
            raise RenderError(f"the mask's box {error}") from error
    if isinstance(mask, TokenMask):
        if mask.grid != grid:
            made, asked = ((size.width_px, size.height_px) for size in (mask.grid, grid))
            raise RenderError(f"the mask was made for {made[0]}×{made[1]} pixels, the canvas is {asked[0]}×{asked[1]}")
        return list(mask.tokens)
    black = Image.fromarray(_grown(_grey(mask) <= BLACK))
    size_px, half = (grid.width_px, grid.height_px), grid.token_px // 2
    pixels = np.asarray(black.resize(size_px, Image.Resampling.NEAREST))
    centres = pixels[half :: grid.token_px, half :: grid.token_px]  # what torch calls "nearest-exact"
    tokens: list[int] = np.flatnonzero(centres).tolist()
    if not tokens:
        raise RenderError("the mask is empty: black (0..128) is painted anew, white is kept, and this one has no black")
    return tokens


def tokens_box(mask: TokenMask) -> Box:
    """Return the smallest box around a mask, in fractions of the canvas."""
    rect, grid = bounding_rect(mask.tokens, mask.grid), mask.grid
    return Box(rect.x / grid.width, rect.y / grid.height, rect.width / grid.width, rect.height / grid.height)


def read_mask(path: Path, grid: TokenGrid, *, invert: bool = False) -> TokenMask:
    """Read a mask from a picture's file; `invert` takes its white for black. Raises `RenderError` as `mask_tokens`."""
    grey = np.asarray(read_picture(path, f"the mask {str(path)!r}", "L"))
    try:
        return TokenMask(tuple(mask_tokens(255 - grey if invert else grey, grid)), grid)
    except RenderError as error:
        raise RenderError(f"{str(path)!r}: {error}; --invert-mask turns it round") from error


def _grey(mask: Image.Image | Pixels) -> Pixels:
    if isinstance(mask, np.ndarray):
        channels = mask.shape[2:] in ((), (3,), (4,))
        if mask.dtype not in (np.uint8, np.bool_) or mask.ndim not in (2, 3) or not channels or not mask.size:
            raise RenderError(
                "a mask array must be (height, width[, 3 or 4 channels]) of uint8 or bool, "
                f"got {mask.shape} of {mask.dtype}"
            )
        mask = Image.fromarray(mask.astype(np.uint8) * 255 if mask.dtype == np.bool_ else mask)
    if not isinstance(mask, Image.Image):
        raise RenderError(f"the mask must be a PIL image, an array or a planner.plan.Box, got {type(mask).__name__}")
    return np.asarray(mask.convert("L"))


def _grown(black: Pixels) -> Pixels:
    """Grow a region by the 4 neighbours of each of its pixels, ten times."""
    for _ in range(GROWTH_PX):
        padded = np.pad(black, 1)
        black = black | padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    return black


def _integers(value: object, path: str) -> tuple[int, int]:
    pair = document.items(value, path)
    if len(pair) != 2:
        document.wrong(path, "two numbers", value)
    return document.integer(pair[0], path), document.integer(pair[1], path)
