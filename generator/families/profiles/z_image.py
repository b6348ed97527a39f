"""Z-Image before it is loaded: Turbo and base; what works with them, their defaults and sizes. No torch."""

from __future__ import annotations

from typing import Any, Final

from generator.families.profiles.checkpoint import SCHEDULER, Checkpoint, KnownModel
from generator.families.profiles.model_size import ModelSize
from generator.families.profiles.profile import Defaults, Profile, Works

BINDING: Final = "binding: a tenth of the steps, as the RAG-Diffusion release's 2 of 20 on FLUX.1"
TURBO_SHIFT: Final = 3.0  # of the scheduler; base has 6
PADDING: Final = 32  # SEQ_MULTI_OF in diffusers' transformer
MODULATION: Final = 256  # channels of the time that modulates a block
SIZES: Final = {"dim": 3840, "n_layers": 30, "n_refiner_layers": 2}
PARAMETERS: Final = {"transformer": 6.15e9, "text_encoder": 4.02e9, "vae": 0.08e9}
INDEX: Final = {"_class_name": "ZImagePipeline"}


class ZImageProfile(Profile):
    """Z-Image-Turbo, which was distilled to 8 steps without guidance, and Z-Image, which was not."""

    name = "Z-Image"
    stock = ("ZImagePipeline",)
    module = "generator.families.z_image"
    pipeline = "RegionalZImagePipeline"
    known = (
        KnownModel(
            "Tongyi-MAI/Z-Image-Turbo",
            33e9,  # its transformer is published in 32 bits
            "Apache-2.0",
            index=INDEX,
            configs={SCHEDULER: {"shift": TURBO_SHIFT}},
        ),
        KnownModel("Tongyi-MAI/Z-Image", 21e9, "Apache-2.0", index=INDEX, configs={SCHEDULER: {"shift": 6.0}}),
    )

    def defaults(self, checkpoint: Checkpoint) -> Defaults:
        """Tell Turbo by its scheduler, the only configuration in which it differs."""
        side = int(checkpoint.config("vae").get("sample_size", 1024))
        if checkpoint.config(SCHEDULER).get("shift", TURBO_SHIFT) <= TURBO_SHIFT:
            return Defaults(8, 0.0, 1, f"the example of diffusers 0.42.1's ZImagePipeline; {BINDING}", side)
        return Defaults(50, 5.0, 5, f"diffusers 0.42.1, ZImagePipeline's own defaults; {BINDING}", side)

    def works(self, checkpoint: Checkpoint) -> Works:
        """A negative prompt, wherever guidance_scale is above 0; Turbo's own is 0."""
        return Works(negative_prompt=True)

    def size(self, checkpoint: Checkpoint) -> ModelSize:
        """Blocks of one kind, and refiners of image and texts before them; all parts are padded."""
        config: dict[str, Any] = {**SIZES, **checkpoint.config("transformer")}
        vae = checkpoint.config("vae").get("block_out_channels", (128, 256))
        return ModelSize(
            0,
            config["n_layers"],
            config["dim"],
            self.longest_text,
            checkpoint.parameters(PARAMETERS),
            max(vae[:2]),
            block_parameters=12 + 4 * min(MODULATION, config["dim"]) / config["dim"],
            two_streams=False,
            image_blocks=config["n_refiner_layers"],
            text_blocks=config["n_refiner_layers"],
            multiple=PADDING,
        )

    def guided(self, checkpoint: Checkpoint, guidance_scale: float) -> bool:
        """Tell whether there is a second pass: its guidance counts from 0."""
        return guidance_scale > 0


Z_IMAGE: Final = ZImageProfile()
