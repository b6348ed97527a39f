"""Paint a parameter set of the RAG-Diffusion release's IP_Adapter gallery.

With the real weights, from a checkout of the release beside this one, on a GPU with 48 GB:

    python examples/gallery_ip_adapter.py ../RAG-Diffusion/data/IP_Adapter_Gallery.json 0

It is the command below; what else stands behind the number goes to it: --offload and --quantize for less memory,
and instead of InstantX' adapter, the release's, XLabs': --ip-adapter XLabs-AI/flux-ip-adapter/ip_adapter.safetensors.
"""

import sys

from generator.cli import main

gallery, number, *options = sys.argv[1:]
command = ["generate", gallery, "--idx", number, "--model", "black-forest-labs/FLUX.1-dev", "-o", "ip_adapter.png"]
sys.exit(main([*command, "--seed-device", "cuda", *options]))  # the release draws its noise on the GPU
