"""The README's second picture: one of three things becomes another. Before, the region, after, side by side."""

import sys
from pathlib import Path

from PIL import Image, ImageDraw

from generator import change_and_repaint, plan_and_generate

SIDE, GAP = 320, 16
seed = int(sys.argv[1]) if len(sys.argv) > 1 else 2
before = plan_and_generate("a penguin and a red balloon above a blue car", backend="rules", seed=seed)
after = change_and_repaint(before, "the balloon becomes a pineapple", backend="rules", seed=seed)

box, mask = after.recipe.repaints[-1].region, Image.new("RGB", (SIDE, SIDE), "white")
edges = [round(SIDE * side) for side in (box.x, box.y, box.right, box.bottom)]
ImageDraw.Draw(mask).rectangle(edges, fill="black")
figure = Image.new("RGB", (3 * SIDE + 2 * GAP, SIDE), "silver")
for place, panel in enumerate((before.image, mask, after.image)):
    figure.paste(panel.resize((SIDE, SIDE), Image.Resampling.LANCZOS), (place * (SIDE + GAP), 0))
path = Path("repaint.png")
figure.save(path, optimize=True)
print(path)
