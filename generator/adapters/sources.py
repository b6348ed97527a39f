"""Where the adapters' weights come from. No torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from planner.errors import RenderError

SIGLIP, CLIP = "google/siglip-so400m-patch14-384", "openai/clip-vit-large-patch14"


@dataclass(frozen=True)
class Adapters:
    """Folders, files, hub ids (owner/name) or files on the hub (owner/name/FILE) of the adapters' weights.

    redux: folder or hub id. ip_adapter: InstantX's file (.bin, .safetensors) or XLabs' (.safetensors). ip_encoder: the
    encoder of its pictures, folder or hub id; None: SigLIP so400m for InstantX, CLIP ViT-L/14 for XLabs. pulid: file.
    faces: folder or hub id with the `face_encoder` folder that PuLID's preprocessing reads.
    """

    redux: str = "black-forest-labs/FLUX.1-Redux-dev"
    ip_adapter: str = "InstantX/FLUX.1-dev-IP-Adapter/ip-adapter.bin"
    ip_encoder: str | None = None
    pulid: str = "guozinan/PuLID/pulid_flux_v0.9.1.safetensors"
    faces: str = "BestWishYsh/ConsisID-preview"

    def to_dict(self) -> dict[str, str]:
        """Return what differs from the defaults."""
        own = Adapters()
        return {name: value for name, value in asdict(self).items() if value != getattr(own, name)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Adapters:
        """Read what `to_dict` wrote; `RenderError` names a source that does not exist."""
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                raise RenderError(f"unknown adapter {name!r}; the adapters' sources are {', '.join(known)}")
        return cls(**values)
