"""FLUX.2 before it is loaded: klein, klein base, dev; what works with them, their defaults and sizes. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

from generator.families.profiles.checkpoint import Checkpoint, KnownModel
from generator.families.profiles.model_size import ModelSize
from generator.families.profiles.profile import Defaults, Profile, Works

PAGE: Final = "diffusers 0.42.1, {}; binding: a tenth of the steps, as the RAG-Diffusion release's 2 of 20 on FLUX.1"
NON_COMMERCIAL: Final = "FLUX Non-Commercial"
DEV: Final = {"num_layers": 8, "num_single_layers": 48, "num_attention_heads": 48, "attention_head_dim": 128}
KLEIN_4B: Final = {**DEV, "num_layers": 5, "num_single_layers": 20, "num_attention_heads": 24, "guidance_embeds": False}
KLEIN_9B: Final = {**DEV, "num_single_layers": 24, "num_attention_heads": 32, "guidance_embeds": False}
KLEIN_4B_PARAMETERS: Final = {"transformer": 3.88e9, "text_encoder": 4.02e9, "vae": 0.08e9}
KLEIN_9B_PARAMETERS: Final = {"transformer": 9.08e9, "text_encoder": 8.19e9, "vae": 0.08e9}
DEV_PARAMETERS: Final = {"transformer": 32.22e9, "text_encoder": 24.0e9, "vae": 0.08e9}


def _klein(name: str, *, large: bool, distilled: bool, note: str = "") -> KnownModel:
    """Return what was published with one of klein's four checkpoints."""
    return KnownModel(
        f"black-forest-labs/FLUX.2-klein-{name}",
        35e9 if large else 16e9,
        NON_COMMERCIAL if large else "Apache-2.0",
        gated=large,
        note=note,
        index={"_class_name": "Flux2KleinPipeline", "is_distilled": distilled},
        configs={"transformer": KLEIN_9B if large else KLEIN_4B},
        parameters=KLEIN_9B_PARAMETERS if large else KLEIN_4B_PARAMETERS,
    )


class Flux2Profile(Profile):
    """FLUX.2 klein, which was distilled to 4 steps; klein base, which was not; dev, with distilled guidance."""

    name = "FLUX.2"
    stock = ("Flux2Pipeline", "Flux2KleinPipeline")
    module = "generator.families.flux2"
    pipeline = "RegionalFlux2Pipeline"
    known = (
        _klein("4B", large=False, distilled=True),
        _klein("9B", large=True, distilled=True),
        _klein("base-4B", large=False, distilled=False),
        _klein("base-9B", large=True, distilled=False),
        KnownModel(
            "black-forest-labs/FLUX.2-dev",
            113e9,
            NON_COMMERCIAL,
            gated=True,
            index={"_class_name": "Flux2Pipeline"},
            configs={"transformer": {**DEV, "guidance_embeds": True}},
            parameters=DEV_PARAMETERS,
        ),
    )

    def load(self, kind: str | None = None) -> Any:
        """Return the pipeline of one of the two stock classes; dev's where it is not said."""
        name = "RegionalFlux2KleinPipeline" if kind == "Flux2KleinPipeline" else self.pipeline
        return getattr(import_module(self.module), name)

    def defaults(self, checkpoint: Checkpoint) -> Defaults:
        """Tell the three by the pipeline's class, and klein by whether it was distilled."""
        side = int(checkpoint.config("vae").get("sample_size", 1024))
        if self._is_dev(checkpoint):
            return Defaults(50, 4.0, 5, PAGE.format("Flux2Pipeline's own defaults"), side)
        if checkpoint.index.get("is_distilled"):
            source = PAGE.format("Flux2KleinPipeline; 4 steps: black-forest-labs/flux2")
            return Defaults(4, 1.0, 1, source, side)
        return Defaults(50, 4.0, 5, PAGE.format("Flux2KleinPipeline's own defaults"), side)

    def works(self, checkpoint: Checkpoint) -> Works:
        """Pictures of objects for all; a negative prompt where guidance was not distilled: klein base.

        No step cache: diffusers 0.42.1's first-block cache fails in this transformer, in the stock pipeline too.
        """
        undistilled = self._undistilled(checkpoint)
        return Works(
            guidance=undistilled or self._is_dev(checkpoint), negative_prompt=undistilled, references=("native",)
        )

    def size(self, checkpoint: Checkpoint) -> ModelSize:
        """Every token costs 26 channels² in a block, gates and projections of the feed-forward layers among them."""
        config: Mapping[str, Any] = checkpoint.config("transformer") or DEV
        vae = checkpoint.config("vae").get("block_out_channels", (128, 256))
        return ModelSize(
            config["num_layers"],
            config["num_single_layers"],
            config["num_attention_heads"] * config["attention_head_dim"],
            self.longest_text,
            checkpoint.parameters(DEV_PARAMETERS),
            max(vae[:2]),
            token_flops=26,
            block_parameters=26,
            two_streams=False,
        )

    def guided(self, checkpoint: Checkpoint, guidance_scale: float) -> bool:
        """Tell whether there is a second pass: above 1, for klein base."""
        return guidance_scale > 1 and self._undistilled(checkpoint)

    def _is_dev(self, checkpoint: Checkpoint) -> bool:
        return checkpoint.index.get("_class_name") == "Flux2Pipeline"

    def _undistilled(self, checkpoint: Checkpoint) -> bool:
        klein = checkpoint.index.get("_class_name") == "Flux2KleinPipeline"
        return klein and not checkpoint.index.get("is_distilled", False)


FLUX2: Final = Flux2Profile()
