"""What is to be painted anew, and as what: masks as image tokens, and the `Repaint`. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from generator.ranges import check_integer
from generator.regions.call import Call
from generator.regions.geometry import TOKEN_PX, TokenGrid, box_rect
from planner.errors import RenderError
from planner.plan import Box, document

BLACK = 128  # up to here a grey value means "paint anew"
GROWTH_PX = 10

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
    def from_dict(cls, values: Any) -> TokenMask:
        """Read what `to_dict` wrote. Raises `RagplanError` for anything else."""
        known = document.fields(values, "mask.tokens", required=("grid", "ranges"))
        grid = TokenGrid(*_integers(known["grid"], "mask.tokens.grid"))
        ranges = [_integers(pair, "mask.tokens.ranges") for pair in document.items(known["ranges"], "ranges")]
        tokens = tuple(token for first, end in ranges for token in range(max(first, 0), min(end, grid.count)))
        if not tokens:
            raise RenderError("the mask is empty: it has no tokens")
        return cls(tokens, grid)


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
            made, asked = ((size.width * TOKEN_PX, size.height * TOKEN_PX) for size in (mask.grid, grid))
            raise RenderError(f"the mask was made for {made[0]}×{made[1]} pixels, the canvas is {asked[0]}×{asked[1]}")
        return list(mask.tokens)
    black = Image.fromarray(_grown(_grey(mask) <= BLACK))
    size_px = (grid.width * TOKEN_PX, grid.height * TOKEN_PX)
    pixels = np.asarray(black.resize(size_px, Image.Resampling.NEAREST))
    centres = pixels[TOKEN_PX // 2 :: TOKEN_PX, TOKEN_PX // 2 :: TOKEN_PX]  # what torch calls "nearest-exact"
    tokens: list[int] = np.flatnonzero(centres).tolist()
    if not tokens:
        raise RenderError("the mask is empty: black (0..128) is painted anew, white is kept, and this one has no black")
    return tokens


def read_mask(path: Path, grid: TokenGrid, *, invert: bool = False) -> TokenMask:
    """Read a mask from a picture's file; `invert` takes its white for black. Raises `RenderError` as `mask_tokens`."""
    try:
        with Image.open(path) as picture:
            grey = np.asarray(picture.convert("L"))
    except UnidentifiedImageError as error:
        raise RenderError(f"the mask {str(path)!r} is not a picture") from error
    except FileNotFoundError as error:
        raise RenderError(f"there is no mask {str(path)!r}; give one with --mask FILE") from error
    try:
        return TokenMask(tuple(mask_tokens(255 - grey if invert else grey, grid)), grid)
    except RenderError as error:
        raise RenderError(f"{str(path)!r}: {error}; --invert-mask turns it round") from error


@dataclass(frozen=True)
class Repaint:
    """What a masked region is painted anew as.

    prompt: of the whole new picture.
    object_prompt: of what the region shows.
    cell_prompts: of the new picture's cells, as many as the plan has; none are needed without soft refinement.
    hard_binding_steps: in how many first steps the object is painted alone, 0 to all but one.
    seed: of the object's own noise.
    single_stream: keep the rest in the single-stream blocks too; without effect at δ = 1.
    mask: what is painted anew: a box in fractions of the canvas; or the black (0..128) of a PIL image or of an array
        (height, width[, channels]) of uint8 or bool, which grows by 10 pixels (most inpainting tools have it the other
        way round); or tokens that were marked before.
    """

    prompt: str
    object_prompt: str
    cell_prompts: Sequence[str] = ()
    hard_binding_steps: int = 2
    seed: int = 0
    single_stream: bool = False
    mask: Mask = field(kw_only=True)

    def check(self, call: Call) -> None:
        """Raise `RenderError` for what does not fit the original's call."""
        check_integer("repaint.hard_binding_steps", self.hard_binding_steps, 0, call.num_inference_steps - 1)
        check_integer("repaint.seed", self.seed, 0, 2**64 - 1)
        self.tokens(call.grid)
        if call.cells and len(self.cell_prompts) != len(call.cells):
            raise RenderError(
                f"repaint.cell_prompts must be {len(call.cells)}, one for each of the plan's cells, "
                f"got {len(self.cell_prompts)}"
            )

    def tokens(self, grid: TokenGrid) -> list[int]:
        """Return what is painted anew, in tokens. Raises `RenderError` as `mask_tokens`."""
        return mask_tokens(self.mask, grid)

    def to_dict(self) -> dict[str, Any]:
        """Return the repaint as plain JSON values; a mask's tokens are ranges [first, one past the last].

        Raises `RenderError` for a mask that is a picture: `read_mask` makes tokens of it.
        """
        if not isinstance(self.mask, Box | TokenMask):
            raise RenderError(f"a recipe's mask is a Box or a TokenMask, got {type(self.mask).__name__}")
        mask = {"box": self.mask.to_dict()} if isinstance(self.mask, Box) else {"tokens": self.mask.to_dict()}
        return {**vars(self), "cell_prompts": list(self.cell_prompts), "mask": mask}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Repaint:
        """Read what `to_dict` wrote. Raises `RagplanError` or `TypeError` for anything else."""
        rest = {**values}
        mask = document.fields(rest.pop("mask", None), "mask", required=(), optional=("box", "tokens"))
        where = Box(**mask["box"]) if "box" in mask else TokenMask.from_dict(mask.get("tokens"))
        return cls(**{**rest, "cell_prompts": tuple(rest.get("cell_prompts", ())), "mask": where})


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
