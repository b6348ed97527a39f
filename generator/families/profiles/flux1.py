"""FLUX.1 before it is loaded: its checkpoints, what works with them, their defaults and sizes. No torch."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from generator.families.profiles.checkpoint import EMBEDDED, SCHEDULER, Checkpoint, KnownModel
from generator.families.profiles.model_size import ModelSize
from generator.families.profiles.profile import Defaults, Profile, Works

FLUX_BYTES: Final = 34e9  # transformer, text encoders and VAE in 16 bits
DEV_LICENCE: Final = "FLUX.1 [dev] Non-Commercial"
PARAMETERS: Final = {"transformer": 11.9e9, "text_encoder_2": 4.76e9, "text_encoder": 0.12e9, "vae": 0.08e9}
RELEASE: Final = "the RAG-Diffusion release"


class Flux1Profile(Profile):
    """FLUX.1 dev, schnell, Krea, those that were trained from them, and the embedded model."""

    name = "FLUX.1"
    stock = ("FluxPipeline", "FluxControlNetPipeline", "RegionalFluxPipeline", "RegionalFluxControlNetPipeline")
    module = "generator.pipeline"
    pipeline = "RegionalFluxPipeline"
    quantized = ("transformer", "text_encoder_2")  # 23.8 and 9.5 of its 33.8 GB in bfloat16
    known = (
        KnownModel(EMBEDDED, 0, "Apache-2.0", note="97 objects, flat style, up to 384 px"),
        KnownModel(
            "black-forest-labs/FLUX.1-dev",
            FLUX_BYTES,
            DEV_LICENCE,
            gated=True,
            note="the model RAG-Diffusion was made for",
        ),
        KnownModel("black-forest-labs/FLUX.1-schnell", FLUX_BYTES, "Apache-2.0"),
        KnownModel("black-forest-labs/FLUX.1-Krea-dev", FLUX_BYTES, DEV_LICENCE, gated=True),
    )

    def defaults(self, checkpoint: Checkpoint) -> Defaults:
        """Tell timestep-distilled models by their scheduler, which shifts nothing; those without files by their name.

        A file of one's own has nothing else that says it, and neither has FLUX.1-Krea-dev.
        """
        name = Path(checkpoint.name).name.lower()
        side = int(checkpoint.config("vae").get("sample_size", 1024))
        if checkpoint.name == EMBEDDED:
            return Defaults(10, 3.5, 8, "measured with its own eyes: docs/painting.md", 256)
        if "schnell" in name or checkpoint.config(SCHEDULER).get("use_dynamic_shifting") is False:
            return Defaults(4, 0.0, 1, f"FLUX.1-schnell's page; {RELEASE}'s share of binding steps", side)
        if "krea" in name:
            return Defaults(28, 4.5, 2, f"FLUX.1-Krea-dev's page, {RELEASE}", side)
        return Defaults(20, 3.5, 2, RELEASE, side)

    def works(self, checkpoint: Checkpoint) -> Works:
        """Everything but a negative prompt: guidance is distilled, where there is any: not in schnell and in ours."""
        schnell = "schnell" in Path(checkpoint.name).name.lower()
        return Works(
            guidance=checkpoint.config("transformer").get("guidance_embeds", not schnell),
            object_lora=True,
            controlnet=True,
            references=("redux", "ip_adapter", "pulid"),
            step_cache=True,
            single_file=True,
        )

    def size(self, checkpoint: Checkpoint) -> ModelSize:
        """Read a folder's size; everything else is taken for FLUX.1-dev's."""
        transformer, vae = checkpoint.config("transformer"), checkpoint.config("vae")
        usual = ModelSize(parameters=checkpoint.parameters(PARAMETERS))
        if not transformer:
            return usual
        longest = checkpoint.config("tokenizer_2").get("model_max_length", self.longest_text)
        return ModelSize(
            transformer["num_layers"],
            transformer["num_single_layers"],
            transformer["num_attention_heads"] * transformer["attention_head_dim"],
            min(int(longest), self.longest_text),
            usual.parameters,
            max(vae["block_out_channels"][:2]),
        )


FLUX1: Final = Flux1Profile()
