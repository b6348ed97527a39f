"""A parameter set of the RAG-Diffusion release's RAG gallery, or of ours: its layout, and its picture.

python examples/gallery_rag.py data/RAG_Gallery.json 3 black-forest-labs/FLUX.1-dev
"""

import sys
from pathlib import Path

from generator import generate, read_source
from planner.drawing import draw_plan

OURS = Path(__file__).parent / "galleries" / "rag.json"
path, idx, model = [*sys.argv[1:], *[str(OURS), "0", "embedded"][len(sys.argv) - 1 :]]
source = read_source(Path(path), int(idx), model)  # its plan, and its settings for that model
draw_plan(source.plan, width=source.settings.width, height=source.settings.height).save("gallery_rag_layout.png")
print(generate(source).save("gallery_rag.png"))
