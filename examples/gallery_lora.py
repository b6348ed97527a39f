"""A parameter set of the RAG-Diffusion release's LoRA gallery with the LoRA that it is for.

python examples/gallery_lora.py data/LoRA_Gallery.json 0 hyper-flux

Without arguments it says what a set of ours takes with each LoRA on FLUX.1-dev, and paints nothing.
"""

import sys
from pathlib import Path

from generator import estimate, generate, read_source

FLUX = "black-forest-labs/FLUX.1-dev"
SETS = "Shakker-Labs/FLUX.1-dev-LoRA"
LORAS = {  # the release's three, each with its scale, and the steps that it is for
    "hyper-flux": ("ByteDance/Hyper-SD/Hyper-FLUX.1-dev-8steps-lora.safetensors:0.125", 8),
    "yarn": (f"{SETS}-MiaoKa-Yarn-World/FLUX-dev-lora-MiaoKa-Yarn-World.safetensors:1.0", 20),
    "wukong": (f"{SETS}-collections/FLUX-dev-lora-Black_Myth_Wukong_hyperrealism_v1.safetensors:0.7", 20),
}
painting = len(sys.argv) == 4
path = Path(sys.argv[1]) if painting else Path(__file__).parent / "galleries" / "rag.json"
source = read_source(path, int(sys.argv[2]) if painting else 0, FLUX)
for name in [sys.argv[3]] if painting else list(LORAS):
    lora, steps = LORAS[name]
    settings = source.settings.changed(lora=lora, steps=steps)
    if painting:
        print(generate(source.plan, settings).save(f"gallery_{name}.png"))
    else:
        print(f"{name}:", estimate(source.plan, settings).lines()[3])
