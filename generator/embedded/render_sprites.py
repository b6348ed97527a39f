"""Render the pictures of `catalogue` from SVG bodies, Fluent Emoji's and our own, into one sheet, `sprites.png`.

    python -m generator.embedded.render_sprites icons.json

`icons.json` is the file of that name in the npm package `@iconify-json/fluent-emoji-flat` (version 1.2.6 was used);
rendering needs the Python package `resvg-py`. The sheet holds `catalogue.sprites()` in order, twenty to a row, each
`SPRITE_PX` square, RGBA.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

from PIL import Image

from generator.embedded.catalogue import OBJECTS, Sprite, sprites
from generator.embedded.colours import COLOURS, FILLS
from generator.embedded.drawings import DRAWINGS

SPRITE_PX = 128
COLUMNS = 20
SHEET = Path(__file__).parent / "sprites.png"


def svg_of(sprite: Sprite, icons: dict[str, dict[str, str]]) -> str:
    """Return the sprite's SVG document, its fills exchanged for those of its colour."""
    noun, colour = sprite
    body = DRAWINGS[noun] if noun in DRAWINGS else icons[OBJECTS[noun]]["body"]
    if colour is not None:
        for fill, shade in FILLS[noun].items():
            body = body.replace(f'"{fill}"', f'"{COLOURS[colour][shade]}-"')
        body = body.replace('-"', '"')
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{body}</svg>'


def render_sheet(icons: dict[str, dict[str, str]]) -> Image.Image:
    """Draw all sprites; size (COLUMNS · SPRITE_PX, rows · SPRITE_PX), RGBA."""
    import resvg_py

    everything = sprites()
    rows = -(-len(everything) // COLUMNS)
    sheet = Image.new("RGBA", (COLUMNS * SPRITE_PX, rows * SPRITE_PX))
    for i, sprite in enumerate(everything):
        png = resvg_py.svg_to_bytes(svg_string=svg_of(sprite, icons), width=SPRITE_PX, height=SPRITE_PX)
        where = (i % COLUMNS * SPRITE_PX, i // COLUMNS * SPRITE_PX)
        sheet.paste(Image.open(io.BytesIO(bytes(png))), where)
    return sheet


if __name__ == "__main__":
    render_sheet(json.loads(Path(sys.argv[1]).read_text())["icons"]).save(SHEET, optimize=True)
