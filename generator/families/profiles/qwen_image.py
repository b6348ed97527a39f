"""Qwen-Image before it is loaded: its checkpoints, what works with them, their defaults and sizes. No torch."""

from __future__ import annotations

from typing import Final

from generator.families.profiles.checkpoint import Checkpoint, KnownModel
from generator.families.profiles.model_size import ModelSize
from generator.families.profiles.profile import Defaults, Profile, Works

SIDE_PX: Final = 1328
EDIT_SIDE_PX: Final = 1024  # whose area diffusers' pipeline gives the picture
USUAL_TEXT: Final = 512  # tokens, of a call of diffusers' pipeline that says nothing else
BYTES: Final = 57.7e9  # transformer, text encoder and VAE in 16 bits
SHARE: Final = "the RAG-Diffusion release's share of binding steps"
PARAMETERS: Final = {"transformer": 20.43e9, "text_encoder": 8.29e9, "vae": 0.127e9}


class QwenImageProfile(Profile):
    """Qwen-Image, its update of December 2025, and what was trained from them."""

    name = "Qwen-Image"
    stock = ("QwenImagePipeline",)
    module = "generator.families.qwen_image"
    pipeline = "RegionalQwenImagePipeline"
    longest_text = 1024  # where diffusers' pipeline cuts
    known = (
        KnownModel("Qwen/Qwen-Image", BYTES, "Apache-2.0"),
        KnownModel("Qwen/Qwen-Image-2512", BYTES, "Apache-2.0", note="the update of December 2025"),
    )

    def defaults(self, checkpoint: Checkpoint) -> Defaults:
        """Return what the model's page says, and a tenth of the steps for binding."""
        return Defaults(50, 4.0, 5, f"Qwen-Image's page; {SHARE}", SIDE_PX)

    def works(self, checkpoint: Checkpoint) -> Works:
        """It is guided by a second pass, and diffusers has a first-block cache for it."""
        return Works(negative_prompt=True, step_cache=True)

    def size(self, checkpoint: Checkpoint) -> ModelSize:
        """Read a folder's size; everything else is taken for Qwen-Image's."""
        transformer, vae = checkpoint.config("transformer"), checkpoint.config("vae")
        return ModelSize(
            double_blocks=transformer.get("num_layers", 60),
            single_blocks=0,
            channels=transformer.get("num_attention_heads", 24) * transformer.get("attention_head_dim", 128),
            text_tokens=USUAL_TEXT,
            parameters=checkpoint.parameters(PARAMETERS),
            vae_channels=vae.get("base_dim", 96),
            two_streams=False,
        )

    def guided(self, checkpoint: Checkpoint, guidance_scale: float) -> bool:
        """Tell whether there is a second pass: above 1, which is no guidance."""
        return guidance_scale > 1


class QwenImageEditProfile(QwenImageProfile):
    """Qwen-Image-Edit since 2509, which reads reference pictures of objects itself."""

    name = "Qwen-Image-Edit"
    stock = ("QwenImageEditPlusPipeline",)
    module = "generator.families.qwen_image_edit"
    pipeline = "RegionalQwenImageEditPlusPipeline"
    known = (
        KnownModel("Qwen/Qwen-Image-Edit-2509", BYTES, "Apache-2.0"),
        KnownModel("Qwen/Qwen-Image-Edit-2511", BYTES, "Apache-2.0"),
    )

    def defaults(self, checkpoint: Checkpoint) -> Defaults:
        """Return what the model's page says, and a tenth of the steps for binding."""
        return Defaults(40, 4.0, 4, f"Qwen-Image-Edit-2509's page; {SHARE}", EDIT_SIDE_PX)

    def works(self, checkpoint: Checkpoint) -> Works:
        """As Qwen-Image, and native reference pictures."""
        return Works(negative_prompt=True, step_cache=True, references=("native",))


QWEN_IMAGE: Final = QwenImageProfile()
QWEN_IMAGE_EDIT: Final = QwenImageEditProfile()
