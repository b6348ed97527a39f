"""Boxes and cells of a plan as rectangles of image tokens. Integers only; nothing here needs torch.

Models see a picture as a grid of tokens, most of 16 × 16 pixels (the VAE shrinks by 8, 2 × 2 latents make a token).
Tokens are numbered row by row from the top left: token (x, y) of a grid `width` tokens wide is number `y * width + x`.
How fractions become tokens is the RAG-Diffusion release's rule to the last float operation, so that its pictures
can be made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

from planner.errors import RenderError
from planner.plan import Box, Plan, limits

TOKEN_PX = limits.TOKEN_PX


@dataclass(frozen=True)
class Sizes:
    """Which pictures a family of models paints, and how it divides them.

    token_px: the side of a token. multiple_px: what width and height must be multiples of, itself one of token_px.
    smallest_px, largest_px: of a side.
    """

    token_px: int = TOKEN_PX
    multiple_px: int = TOKEN_PX
    smallest_px: int = TOKEN_PX
    largest_px: int = 8192

    def grid(self, width_px: int, height_px: int) -> TokenGrid:
        """Return a canvas in tokens. Raises `RenderError` for one that the family does not paint."""
        for name, size in (("width", width_px), ("height", height_px)):
            if type(size) is not int or size < 1 or size % self.multiple_px:
                raise RenderError(f"{name} must be a positive multiple of {self.multiple_px} pixels, got {size!r}")
            if not self.smallest_px <= size <= self.largest_px:
                raise RenderError(f"{name} must be in {self.smallest_px}..{self.largest_px} pixels, got {size}")
        return TokenGrid(width_px // self.token_px, height_px // self.token_px, self.token_px)


@dataclass(frozen=True)
class TokenGrid:
    """The size of a canvas in tokens of `token_px` pixels a side."""

    width: int
    height: int
    token_px: int = TOKEN_PX

    @classmethod
    def from_pixels(cls, width_px: int, height_px: int) -> TokenGrid:
        """Return the grid of a canvas in pixels, of tokens as most families have them.

        Raises `RenderError` unless both are positive multiples of 16.
        """
        return USUAL_SIZES.grid(width_px, height_px)

    @property
    def width_px(self) -> int:
        """Its width in pixels."""
        return self.width * self.token_px

    @property
    def height_px(self) -> int:
        """Its height in pixels."""
        return self.height * self.token_px

    @property
    def count(self) -> int:
        """The number of tokens."""
        return self.width * self.height


USUAL_SIZES: Final = Sizes()  # of nearly all families


@dataclass(frozen=True)
class TokenRect:
    """A rectangle of tokens: its top left token, width and height."""

    x: int
    y: int
    width: int
    height: int

    @property
    def count(self) -> int:
        """The number of tokens."""
        return self.width * self.height

    def tokens(self, grid: TokenGrid) -> list[int]:
        """Return the numbers of the rectangle's tokens in `grid`, row by row."""
        rows = range(self.y, self.y + self.height)
        return [y * grid.width + x for y in rows for x in range(self.x, self.x + self.width)]


def box_rect(box: Box, grid: TokenGrid) -> TokenRect:
    """Return the tokens of a box: each of its four numbers is cut down to whole tokens.

    Raises `RenderError` for a box that is under one token wide or high, or reaches off the canvas.
    """
    width_px, height_px, token_px = grid.width_px, grid.height_px, grid.token_px
    rect = TokenRect(
        int(box.x * width_px // token_px),
        int(box.y * height_px // token_px),
        int(box.width * width_px // token_px),
        int(box.height * height_px // token_px),
    )
    if rect.width < 1 or rect.height < 1:
        raise RenderError(
            f"is under one token ({token_px} pixels) wide or high at {width_px}×{height_px}: width "
            f"{box.width}, height {box.height}; it must be at least {1 / grid.width:.3g} × {1 / grid.height:.3g}"
        )
    if min(rect.x, rect.y) < 0 or rect.x + rect.width > grid.width or rect.y + rect.height > grid.height:
        raise RenderError(
            f"reaches off the canvas: x {box.x} to {box.right}, y {box.y} to {box.bottom}; all must be in 0..1"
        )
    return rect


def object_rects(plan: Plan, grid: TokenGrid) -> tuple[TokenRect, ...]:
    """Return the tokens of every object's box, in the plan's order. Raises `RenderError` as `box_rect`."""
    rects = []
    for index, item in enumerate(plan.objects):
        try:
            rects.append(box_rect(item.box, grid))
        except RenderError as error:
            raise RenderError(f"the box of object {index} ({item.prompt!r}) {error}") from error
    return tuple(rects)


def cell_rects(plan: Plan, grid: TokenGrid) -> tuple[TokenRect, ...]:
    """Return the tokens of every cell in reading order; together they cover the grid exactly once.

    Raises `PlanError` for sizes that are not positive, `RenderError` for a cell without a single token.
    """
    plan.cell_boxes()  # its checks
    rects: list[TokenRect] = []
    rows = zip(plan.rows, _spans([row.height for row in plan.rows], grid.height), strict=True)
    for row, (top, bottom) in rows:
        columns = _spans([cell.width for cell in row.cells], grid.width)
        rects += [TokenRect(left, top, right - left, bottom - top) for left, right in columns]
    for index, rect in enumerate(rects):
        if not rect.count:
            raise RenderError(
                f"cell {index} ({plan.cells[index].prompt!r}) is under one token ({grid.token_px} pixels) wide or high "
                f"at {grid.width_px}×{grid.height_px}; make it or the canvas larger"
            )
    return tuple(rects)


def _spans(sizes: Sequence[float], tokens: int) -> list[tuple[int, int]]:
    """Divide `tokens` in proportion to `sizes`: (start, end) of each part.

    Divide by the sum, cumulate, multiply, cut, in plain float additions (`sum` compensates from Python 3.12 on).
    """
    *_, total = accumulate(sizes)
    shares = accumulate(size / total for size in sizes[:-1])
    return list(pairwise([0, *(int(share * tokens) for share in shares), tokens]))


def visible_tokens(rects: Sequence[TokenRect], grid: TokenGrid) -> list[list[int]]:
    """Return for each rectangle which of its own tokens (numbered within it) no later rectangle covers."""
    owner = {token: index for index, rect in enumerate(rects) for token in rect.tokens(grid)}
    return [
        [place for place, token in enumerate(rect.tokens(grid)) if owner[token] == index]
        for index, rect in enumerate(rects)
    ]


def bounding_rect(tokens: Sequence[int], grid: TokenGrid) -> TokenRect:
    """Return the smallest rectangle around some (at least one) of the grid's tokens."""
    xs, ys = [token % grid.width for token in tokens], [token // grid.width for token in tokens]
    return TokenRect(min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1)
