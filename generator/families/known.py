"""The checkpoints that are known to fit, by name: what a family can paint with. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from generator.settings import EMBEDDED, model_folder

FLUX_BYTES: Final = 34e9  # transformer, text encoders and VAE in 16 bits


@dataclass(frozen=True)
class KnownModel:
    """A checkpoint that can be painted with.

    name: what --model takes: "embedded" or a hub id.
    family: the architecture, whose regions are known.
    download_bytes: what a first use fetches; 0 for one that ships with the package.
    licence: of the weights.
    steps: how many are usual.
    gated: whether its licence must be accepted on the hub first.
    """

    name: str
    family: str
    download_bytes: float
    licence: str
    steps: int
    gated: bool = False
    note: str = ""

    @property
    def is_here(self) -> bool:
        """Whether it is on this disk already, at least its index."""
        if self.name == EMBEDDED:
            return model_folder(self.name).is_dir()
        from huggingface_hub import try_to_load_from_cache  # on use: it takes a while to load

        return isinstance(try_to_load_from_cache(self.name, "model_index.json"), str)

    def to_dict(self) -> dict[str, Any]:
        """Return what is known of it as plain JSON values."""
        return {**vars(self), "is_here": self.is_here}


KNOWN: Final = (
    KnownModel(EMBEDDED, "FLUX.1", 0, "Apache-2.0", 20, note="48 objects, flat style, up to 256 px"),
    KnownModel(
        "black-forest-labs/FLUX.1-dev", "FLUX.1", FLUX_BYTES, "FLUX.1 [dev] Non-Commercial", 20, gated=True,
        note="the model RAG-Diffusion was made for",
    ),
    KnownModel("black-forest-labs/FLUX.1-schnell", "FLUX.1", FLUX_BYTES, "Apache-2.0", 4),
    KnownModel(
        "black-forest-labs/FLUX.1-Krea-dev", "FLUX.1", FLUX_BYTES, "FLUX.1 [dev] Non-Commercial", 28, gated=True
    ),
)  # fmt: skip


def known_model(name: str) -> KnownModel | None:
    """Return what is known of a model, None for folders, files and other ids."""
    return next((model for model in KNOWN if model.name == name), None)
