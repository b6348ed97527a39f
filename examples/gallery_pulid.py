"""Paint a parameter set of the RAG-Diffusion release's PuLID gallery.

With the real weights, from a checkout of the release beside this one, on a GPU with 48 GB (less with --offload and
--quantize of the command line, which does the same: `ragplan generate PuLID_Gallery.json --idx 0 …`):

    python examples/gallery_pulid.py ../RAG-Diffusion/data/PuLID_Gallery.json 0

Needs `pip install 'ragplan[pulid]'`; insightface's model packs are for non-commercial research only. Other weights:
name the FLUX.1 model, PuLID's checkpoint and the folder of the face networks behind the number.
"""

import sys
from pathlib import Path

import torch

from generator import generate
from generator.adapters.sources import Adapters
from generator.output import save_picture
from generator.sources import read_source

gallery, number, *given = sys.argv[1:]
model, *sources = given or ["black-forest-labs/FLUX.1-dev"]
source = read_source(Path(gallery), int(number), model)
if source.settings is None:
    sys.exit(f"{gallery} is no gallery")
for item in source.plan.objects:
    print(item.name, item.image)
settings = source.settings.changed(
    seed_device="cuda" if torch.cuda.is_available() else "cpu",  # the release draws its noise on the GPU
    adapters=Adapters(**dict(zip(("pulid", "faces"), sources, strict=False))),
)
result = generate(source.plan, settings)
print(save_picture(result.image, Path("pulid.png"), result.plan, result.settings))
