"""Ideogram 4 before it is loaded: it takes boxes in its prompt. Checkpoints, defaults and sizes. No torch."""

from __future__ import annotations

from typing import Final

from generator.families.profiles.checkpoint import Checkpoint, KnownModel
from generator.families.profiles.model_size import ModelSize
from generator.families.profiles.profile import Defaults, Profile, Works

SIDE_PX: Final = 2048
TEXT_TOKENS: Final = 2048  # that diffusers' pipeline pads every caption to
POLISH_SCALE: Final = 3.0  # of guidance in the last steps
POLISH_SHARE: Final = 1 / 16  # of the steps
PARAMETERS: Final = {"transformer": 9.3e9, "unconditional_transformer": 9.3e9, "text_encoder": 8.2e9, "vae": 0.08e9}


class Ideogram4Profile(Profile):
    """Ideogram 4, which was trained on captions with boxes."""

    name = "Ideogram 4"
    stock = ("Ideogram4Pipeline",)
    module = "generator.families.boxed.ideogram4"
    pipeline = "BoxedIdeogram4Pipeline"
    prompt_format = "ideogram4"
    longest_text = TEXT_TOKENS
    quantized = ("transformer", "unconditional_transformer", "text_encoder")
    known = (
        KnownModel(
            "ideogram-ai/ideogram-4-nf4-diffusers",
            15e9,
            "Ideogram 4 Non-Commercial",
            gated=True,
            note="weights of 4 bits, which need bitsandbytes and a GPU",
            index={"_class_name": "Ideogram4Pipeline"},
        ),
    )

    def defaults(self, checkpoint: Checkpoint) -> Defaults:
        """Return what diffusers' pipeline recommends."""
        return Defaults(48, 7.0, None, "diffusers 0.42.1's Ideogram4Pipeline", SIDE_PX)

    def works(self, checkpoint: Checkpoint) -> Works:
        """Boxes in its prompt, and LoRAs."""
        return Works(regions=False)

    def size(self, checkpoint: Checkpoint) -> ModelSize:
        """Read a folder's size; both passes of a step are counted as long as the one with the caption."""
        transformer, vae = checkpoint.config("transformer"), checkpoint.config("vae")
        return ModelSize(
            double_blocks=0,
            single_blocks=transformer.get("num_layers", 34),
            channels=transformer.get("num_attention_heads", 18) * transformer.get("attention_head_dim", 256),
            text_tokens=TEXT_TOKENS,
            parameters=checkpoint.parameters(PARAMETERS),
            vae_channels=max(vae.get("block_out_channels", (128, 256))[:2]),
            block_parameters=12,
            two_streams=False,
        )

    def guided(self, checkpoint: Checkpoint, guidance_scale: float) -> bool:
        """Tell that each step takes two passes, whatever the scale."""
        return True


IDEOGRAM4: Final = Ideogram4Profile()
