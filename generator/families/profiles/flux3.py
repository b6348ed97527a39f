"""FLUX.3 before it is loaded: it takes boxes in its prompt. Checkpoints, defaults and sizes. No torch."""

from __future__ import annotations

from typing import Final

from generator.families.profiles.checkpoint import Checkpoint, KnownModel
from generator.families.profiles.model_size import ModelSize
from generator.families.profiles.profile import Defaults, Profile, Works

SIDE_PX: Final = 1024
LONGEST_TEXT: Final = 8192  # tokens, where diffusers' pipeline cuts
USUAL_TEXT: Final = 400  # five windows of 80 tokens, to which prompts are padded: a caption with four boxes
PARAMETERS: Final = {"transformer": 5.4e9, "text_encoder": 4.4e9, "vae": 0.08e9}
SOURCE: Final = "diffusers 0.42.1's modular FLUX.3"


class Flux3Profile(Profile):
    """FLUX.3, and those that were distilled from it to 16 steps."""

    name = "FLUX.3"
    stock = ("Flux3ModularPipeline", "Flux3DistilledModularPipeline")
    module = "generator.families.boxed.flux3"
    pipeline = "BoxedFlux3Pipeline"
    prompt_format = "flux3"
    longest_text = LONGEST_TEXT
    known = (
        KnownModel(
            "black-forest-labs/flux-3-image-klein",
            20e9,
            "FLUX Kommunity",
            gated=True,
            note="taken for one that is not distilled, until it is here",
            index={"_class_name": "Flux3ModularPipeline"},
        ),
    )

    def defaults(self, checkpoint: Checkpoint) -> Defaults:
        """Tell the distilled ones by the pipeline's class."""
        if self._distilled(checkpoint):
            return Defaults(16, 1.0, None, f"{SOURCE}, distilled", SIDE_PX)
        return Defaults(50, 3.5, None, SOURCE, SIDE_PX)

    def works(self, checkpoint: Checkpoint) -> Works:
        """Boxes in its prompt; guidance, also away from a negative prompt, where it was not distilled."""
        guided = not self._distilled(checkpoint)
        return Works(regions=False, guidance=guided, negative_prompt=guided, offload=False)

    def size(self, checkpoint: Checkpoint) -> ModelSize:
        """Read a folder's size; image and text pass blocks of their own first."""
        transformer, vae = checkpoint.config("transformer"), checkpoint.config("vae")
        early = transformer.get("num_layers", 5)
        return ModelSize(
            double_blocks=0,
            single_blocks=transformer.get("num_single_layers", 28),
            channels=transformer.get("num_attention_heads", 24) * transformer.get("attention_head_dim", 128),
            text_tokens=USUAL_TEXT,
            parameters=checkpoint.parameters(PARAMETERS),
            vae_channels=max(vae.get("block_out_channels", (128, 256))[:2]),
            token_flops=26,
            block_parameters=13,
            two_streams=False,
            image_blocks=early,
            text_blocks=early,
        )

    def guided(self, checkpoint: Checkpoint, guidance_scale: float) -> bool:
        """Tell whether there is a second pass: for any scale but 1, where it was not distilled."""
        return guidance_scale != 1 and not self._distilled(checkpoint)

    def _distilled(self, checkpoint: Checkpoint) -> bool:
        return checkpoint.index.get("_class_name") == "Flux3DistilledModularPipeline"


FLUX3: Final = Flux3Profile()
