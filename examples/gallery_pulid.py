"""Paint a parameter set of the RAG-Diffusion release's PuLID gallery.

With the real weights, from a checkout of the release beside this one, on a GPU with 48 GB:

    python examples/gallery_pulid.py ../RAG-Diffusion/data/PuLID_Gallery.json 0

It is the command below; what else stands behind the number goes to it: --offload and --quantize for less memory,
--pulid for another checkpoint. Needs `pip install insightface facexlib consisid-eva-clip`; its model packs are
for non-commercial research only.
"""

import sys

from generator.cli import main

gallery, number, *options = sys.argv[1:]
command = ["generate", gallery, "--idx", number, "--model", "black-forest-labs/FLUX.1-dev", "-o", "pulid.png"]
sys.exit(main([*command, "--seed-device", "cuda", *options]))  # the release draws its noise on the GPU
