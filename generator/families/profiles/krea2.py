"""Krea 2 before it is loaded: its checkpoints, what works with them, their defaults and sizes. No torch."""

from __future__ import annotations

from typing import Final

from generator.families.profiles.checkpoint import Checkpoint, KnownModel
from generator.families.profiles.model_size import ModelSize
from generator.families.profiles.profile import Defaults, Profile, Works

SIDE_PX: Final = 1024  # of a call of diffusers' pipeline that says nothing else
BYTES: Final = 34.8e9  # transformer, text encoder and VAE in 16 bits
LICENCE: Final = "Krea 2 Community"
PARAMETERS: Final = {"transformer": 12.82e9, "text_encoder": 4.44e9, "vae": 0.127e9}
SHARE: Final = "the RAG-Diffusion release's share of binding steps"


class Krea2Profile(Profile):
    """Krea 2: Raw, the base, and Turbo, the few-step one, which says so in its model_index.json."""

    name = "Krea 2"
    stock = ("Krea2Pipeline",)
    module = "generator.families.krea2"
    pipeline = "RegionalKrea2Pipeline"
    longest_text = 512  # to which diffusers' pipeline pads
    known = (
        KnownModel("krea/Krea-2-Turbo", BYTES, LICENCE, gated=True, index={"is_distilled": True}),
        KnownModel("krea/Krea-2-Raw", BYTES, LICENCE, gated=True, note="the base, meant to be trained from"),
    )

    def defaults(self, checkpoint: Checkpoint) -> Defaults:
        """Return what the checkpoints' pages say, and a tenth of the steps for binding."""
        if checkpoint.index.get("is_distilled"):
            return Defaults(8, 0.0, 1, f"Krea 2 Turbo's page; {SHARE}", SIDE_PX)
        return Defaults(52, 3.5, 5, f"Krea 2 Raw's page; {SHARE}", SIDE_PX)

    def works(self, checkpoint: Checkpoint) -> Works:
        """It is guided by a second pass; the few-step checkpoint usually not at all."""
        return Works(negative_prompt=True)

    def size(self, checkpoint: Checkpoint) -> ModelSize:
        """Read a folder's size; everything else is taken for Krea 2's. The fusion of texts, 1 to 2 %, is left out."""
        transformer, vae = checkpoint.config("transformer"), checkpoint.config("vae")
        heads, shared = transformer.get("num_attention_heads", 48), transformer.get("num_key_value_heads", 12)
        channels = heads * transformer.get("attention_head_dim", 128)
        hidden = transformer.get("intermediate_size", 16384) / channels
        weights = 3 + 2 * shared / heads + 3 * hidden  # query, gate, back; keys and values; three of the SwiGLU
        return ModelSize(
            double_blocks=0,
            single_blocks=transformer.get("num_layers", 28),
            channels=channels,
            text_tokens=self.longest_text,
            parameters=checkpoint.parameters(PARAMETERS),
            vae_channels=vae.get("base_dim", 96),
            token_flops=2 * weights,
            block_parameters=weights,
            two_streams=False,
        )

    def guided(self, checkpoint: Checkpoint, guidance_scale: float) -> bool:
        """Tell whether there is a second pass: above 0, from which this model counts."""
        return guidance_scale > 0


KREA2: Final = Krea2Profile()
