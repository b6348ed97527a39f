"""Paint sentences with the embedded model and lay the pictures out on one sheet, to be looked at.

    python -m generator.embedded.sheet examples/sentences.txt --out docs/embedded.png

One sentence a line, planned by the `rules` backend; one seed for all, so that no picture was chosen.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from generator import Painter

ACROSS = 6
GAP_PX = 6
LABEL_PX = 30
SIDE_PX = 192


def sheet(titled: Sequence[tuple[str, Image.Image]]) -> Image.Image:
    """Lay out pictures, six in a row and shrunk to squares of 192 px, each under its title in two lines."""
    step, line = SIDE_PX + GAP_PX, SIDE_PX + LABEL_PX + GAP_PX
    made = Image.new("RGB", (ACROSS * step + GAP_PX, -(-len(titled) // ACROSS) * line + GAP_PX), "white")
    draw = ImageDraw.Draw(made)
    for number, (title, picture) in enumerate(titled):
        left, top = GAP_PX + number % ACROSS * step, GAP_PX + number // ACROSS * line
        draw.text((left, top), _two_lines(title, draw), fill="black")
        made.paste(picture.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS), (left, top + LABEL_PX))
    return made


def _two_lines(title: str, draw: ImageDraw.ImageDraw) -> str:
    """Break a title where the first line is full."""
    words = title.split()
    for count in range(len(words), 0, -1):
        first = " ".join(words[:count])
        if draw.textlength(first) <= SIDE_PX:
            return f"{first}\n{' '.join(words[count:])}"
    return title


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--out", type=Path, default=Path("sheet.png"))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    painter = Painter("embedded", device="cpu")
    lines = [line for line in arguments.sentences.read_text().splitlines() if line.strip()]
    sheet([(line, painter.paint(line, seed=arguments.seed).image) for line in lines]).save(arguments.out, optimize=True)
