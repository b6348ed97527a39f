"""A parameter set of the RAG-Diffusion release's Repainting gallery, or of ours: before, and after.

python examples/gallery_repainting.py data/Repainting_Gallery.json 0 black-forest-labs/FLUX.1-dev
"""

import sys
from pathlib import Path

from generator import generate
from generator.recipe import save_picture
from generator.sources import read_source

OURS = Path(__file__).parent / "galleries" / "repainting.json"
path, idx, model = [*sys.argv[1:], *[str(OURS), "0", "embedded"][len(sys.argv) - 1 :]]
source = read_source(Path(path), int(idx), model)  # its plan, its settings for that model, what it paints anew
assert source.settings is not None
for name, repaint in {"gallery_before.png": None, "gallery_after.png": source.repaint()}.items():
    result = generate(source.plan, source.settings, repaint=repaint)
    print(save_picture(result.image, Path(name), result.plan, result.settings, repaint))
