"""A parameter set of the RAG-Diffusion release's Repainting gallery, or of ours: before, and after.

python examples/gallery_repainting.py data/Repainting_Gallery.json 0 black-forest-labs/FLUX.1-dev
"""

import sys
from pathlib import Path

from generator import generate, read_source

OURS = Path(__file__).parent / "galleries" / "repainting.json"
path, idx, model = [*sys.argv[1:], *[str(OURS), "0", "embedded"][len(sys.argv) - 1 :]]
for name, repainted in {"gallery_before.png": False, "gallery_after.png": True}.items():
    recipe = read_source(path, int(idx), model, repainted=repainted)  # its plan, settings, and what it paints anew
    print(generate(recipe).save(name))
