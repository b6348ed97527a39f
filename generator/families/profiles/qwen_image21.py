"""Qwen-Image 2.1 before it is loaded: its checkpoint, what works with it, its defaults and sizes. No torch."""

from __future__ import annotations

from typing import Final

from generator.families.profiles.checkpoint import Checkpoint, KnownModel
from generator.families.profiles.model_size import ModelSize
from generator.families.profiles.profile import Defaults, Profile, Works
from generator.regions.geometry import Sizes

SIDE_PX: Final = 1024  # of a call of diffusers' pipeline that says nothing else
USUAL_TEXT: Final = 512
PARAMETERS: Final = {"transformer": 7.115e9, "text_encoder": 8.77e9, "vae": 0.338e9}
SHARE: Final = "the RAG-Diffusion release's share of binding steps"


class QwenImage21Profile(Profile):
    """Qwen-Image 2.1, in which two tokens a side are one of the plan's: 32 px."""

    name = "Qwen-Image 2.1"
    stock = ("QwenImage21Pipeline",)
    module = "generator.families.qwen_image21"
    pipeline = "RegionalQwenImage21Pipeline"
    longest_text = 1024
    sizes = Sizes(token_px=32, multiple_px=32, smallest_px=32)
    known = (KnownModel("Qwen/Qwen-Image-2.1", 32.4e9, "Apache-2.0"),)

    def defaults(self, checkpoint: Checkpoint) -> Defaults:
        """Return what diffusers' pipeline says, and as many steps as the checkpoint has noise levels."""
        steps = len(checkpoint.index.get("sample_sigmas") or ()) or 40
        return Defaults(steps, 1.0, max(1, steps // 10), f"diffusers' QwenImage21Pipeline; {SHARE}", SIDE_PX)

    def works(self, checkpoint: Checkpoint) -> Works:
        """It can be guided by a second pass, and is meant to be painted with without."""
        return Works(negative_prompt=True)

    def size(self, checkpoint: Checkpoint) -> ModelSize:
        """Read a folder's size; everything else is taken for Qwen-Image 2.1's."""
        transformer, vae = checkpoint.config("transformer"), checkpoint.config("vae")
        weights = 4 + 3 * transformer.get("mlp_ratio", 3)  # the attention's; three of the SwiGLU
        return ModelSize(
            double_blocks=0,
            single_blocks=transformer.get("num_layers", 32),
            channels=transformer.get("num_attention_heads", 32) * transformer.get("attention_head_dim", 128),
            text_tokens=USUAL_TEXT,
            parameters=checkpoint.parameters(PARAMETERS),
            vae_channels=vae.get("decoder_base_dim", 144),
            token_flops=2.0 * weights,
            block_parameters=float(weights),
            two_streams=False,
            each=4,
        )

    def guided(self, checkpoint: Checkpoint, guidance_scale: float) -> bool:
        """Tell whether there is a second pass: above 1, which is no guidance."""
        return guidance_scale > 1


QWEN_IMAGE21: Final = QwenImage21Profile()
