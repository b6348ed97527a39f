"""Paint sentences with the embedded model and lay the pictures out on one sheet, to be looked at.

    python -m generator.embedded.sheet examples/sentences.txt --out docs/embedded.png

One sentence a line, planned by the `rules` backend; one seed for all, so that no picture was chosen.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from generator import Painter
from generator.pictures import empty_sheet
from planner.drawing import wrap

ACROSS = 6
GAP_PX = 6
LABEL_PX = 30
SIDE_PX = 192


def sheet(titled: Sequence[tuple[str, Image.Image]]) -> Image.Image:
    """Lay out pictures, six in a row and shrunk to squares of 192 px, each under its title in two lines."""
    made, places = empty_sheet(len(titled), ACROSS, SIDE_PX, LABEL_PX, GAP_PX)
    draw, font = ImageDraw.Draw(made), ImageFont.load_default()
    for (title, picture), (left, top) in zip(titled, places, strict=True):
        first, *rest = wrap(title, font, SIDE_PX)
        draw.text((left, top), f"{first}\n{' '.join(rest)}", fill="black", font=font)
        made.paste(picture.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS), (left, top + LABEL_PX))
    return made


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--out", type=Path, default=Path("sheet.png"))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    painter = Painter("embedded", device="cpu")
    lines = [line for line in arguments.sentences.read_text().splitlines() if line.strip()]
    sheet([(line, painter.paint(line, seed=arguments.seed).image) for line in lines]).save(arguments.out, optimize=True)
