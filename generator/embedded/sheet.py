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
LINE_PX = 15
SIDE_PX = 192


def sheet(titled: Sequence[tuple[str, Image.Image]]) -> Image.Image:
    """Lay out pictures, six in a row and shrunk to squares of 192 px, each under its title."""
    font = ImageFont.load_default()
    labels = [wrap(title, font, SIDE_PX) for title, _ in titled]
    label_px = LINE_PX * max(map(len, labels))
    made, places = empty_sheet(len(titled), ACROSS, SIDE_PX, label_px, GAP_PX)
    draw = ImageDraw.Draw(made)
    for label, (_, picture), (left, top) in zip(labels, titled, places, strict=True):
        draw.text((left, top), "\n".join(label), fill="black", font=font)
        made.paste(picture.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS), (left, top + label_px))
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
