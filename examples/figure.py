"""The README's first picture: layout and painting of one sentence side by side."""

import sys
from pathlib import Path

from PIL import Image

from generator import plan_and_generate
from planner.drawing import draw_plan

SENTENCE = "a dog on the left and a red balloon on the right"
result = plan_and_generate(SENTENCE, seed=int(sys.argv[1]) if len(sys.argv) > 1 else 2)
layout = draw_plan(result.plan, width=512, height=512)
painting = result.image.resize((512, 512), Image.Resampling.LANCZOS)
figure = Image.new("RGB", (512 + 32 + 512, layout.height), "white")
figure.paste(layout, (0, 0))
figure.paste(painting, (512 + 32, 0))
path = Path("figure.png")
figure.save(path, optimize=True)
print(path)
