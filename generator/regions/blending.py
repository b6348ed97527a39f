"""Outside a repainted region the pixels stay, too: the decoder mixes a few of the new ones into them.

Latents outside the region are kept bit for bit, but the decoder looks at their neighbours: without blending, 12 % of
the pixels within 4 px of a region change by more than 8 grey levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from generator.regions.geometry import TokenGrid
from generator.regions.repaint import Repaint
from planner.errors import RenderError

EDGE_PX: Final = 8  # half a token: so far outside the region the new pixels fade into the old ones


def blended(before: Image.Image, after: Image.Image, tokens: Sequence[int], grid: TokenGrid) -> Image.Image:
    """Return the new picture with the old one's pixels outside a region.

    before, after: RGB pictures of the grid's size.
    tokens: the region's, as `mask_tokens` numbers them. Inside it every pixel is the new one; from EDGE_PX on outside
        every pixel is the old one; between them the share of the new falls evenly.
    Raises `RenderError` for pictures of another size.
    """
    size = (grid.width_px, grid.height_px)
    for picture in (before, after):
        if picture.size != size:
            raise RenderError(f"pictures to blend must be {size[0]}×{size[1]} px, got {picture.width}×{picture.height}")
    return Image.composite(after, before, _share_of_new(tokens, grid, size))


def blended_chain(pictures: Sequence[Image.Image], repaints: Sequence[Repaint], grid: TokenGrid) -> Image.Image:
    """Return the last of several pictures, each with the pixels of the one before it outside its region.

    pictures: the first one, then what each repaint made. A repaint that does not blend is taken as it is.
    """
    result = pictures[0]
    for picture, repaint in zip(pictures[1:], repaints, strict=True):
        result = blended(result, picture, repaint.tokens(grid), grid) if repaint.blend else picture
    return result


def _share_of_new(tokens: Sequence[int], grid: TokenGrid, size: tuple[int, int]) -> Image.Image:
    """Return how much of each pixel is the new picture's, 0 to 255."""
    marked = np.zeros(grid.count, np.uint8)
    marked[list(tokens)] = 255
    grown = share = Image.fromarray(marked.reshape(grid.height, grid.width)).resize(size, Image.Resampling.NEAREST)
    for distance_px in range(1, EDGE_PX):
        grown = grown.filter(ImageFilter.MaxFilter(3))  # one pixel farther in every direction
        level = 255 * (EDGE_PX - distance_px) // EDGE_PX
        share = ImageChops.lighter(share, ImageChops.darker(grown, Image.new("L", size, level)))
    return share
