"""The families and the checkpoints that are known, by name. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from generator.families.profiles.checkpoint import Checkpoint, KnownModel, files_of
from generator.families.profiles.flux1 import FLUX1
from generator.families.profiles.flux2 import FLUX2
from generator.families.profiles.flux3 import FLUX3
from generator.families.profiles.ideogram4 import IDEOGRAM4
from generator.families.profiles.krea2 import KREA2
from generator.families.profiles.profile import Profile
from generator.families.profiles.qwen_image import QWEN_IMAGE, QWEN_IMAGE_EDIT
from generator.families.profiles.qwen_image21 import QWEN_IMAGE21
from generator.families.profiles.z_image import Z_IMAGE

FAMILIES: Final[list[Profile]] = [
    FLUX1,
    FLUX2,
    Z_IMAGE,
    QWEN_IMAGE,
    QWEN_IMAGE_EDIT,
    QWEN_IMAGE21,
    KREA2,
    IDEOGRAM4,
    FLUX3,
]  # a new family is a line here; the first one is for what cannot be told


@dataclass(frozen=True)
class Listed:
    """A checkpoint that is known by name, and its family."""

    model: KnownModel
    family: Profile

    @property
    def checkpoint(self) -> Checkpoint:
        """Its files, where they are here, or what was published with it."""
        return Checkpoint(self.model.name, files_of(self.model.name), self.model)

    def to_dict(self) -> dict[str, Any]:
        """Return what is known of it as plain JSON values."""
        defaults, works = self.family.defaults(self.checkpoint), self.family.works(self.checkpoint)
        return {
            "name": self.model.name,
            "family": self.family.name,
            "download_bytes": self.model.download_bytes,
            "licence": self.model.licence,
            "gated": self.model.gated,
            "note": self.model.note,
            "is_here": self.model.is_here,
            "works": {**vars(works), "references": list(works.references)},
            **vars(defaults),
        }


def known_models() -> list[Listed]:
    """Return all checkpoints that are known by name."""
    return [Listed(model, family) for family in FAMILIES for model in family.known]


def known_model(name: str) -> Listed | None:
    """Return what is known of a model, None for folders, files and other ids."""
    return next((listed for listed in known_models() if listed.model.name == name), None)
