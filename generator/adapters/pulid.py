"""PuLID, from a picture of a face to the identity tokens that the pipeline's cross attention sees.

The encoder is diffusers' `LocalFacialExtractor`, which has PuLID's own layout of weights and outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from diffusers.models.transformers.consisid_transformer_3d import LocalFacialExtractor
from PIL import Image

from generator.adapters.checkpoint import part, read_checkpoint
from generator.adapters.embeds import ImageEmbeds
from generator.adapters.faces import FaceModels, read_face
from generator.weights.hub import first_line
from planner.errors import RenderError

WHAT = "a PuLID checkpoint"
PREFIX = "pulid_encoder."


@torch.no_grad()
def encode_pulid(
    pictures: Mapping[str, Image.Image],
    source: str,
    faces: str,
    device: torch.device,
    dtype: torch.dtype,
    *,
    models: FaceModels | None = None,
) -> list[ImageEmbeds]:
    """Return the identity tokens (1, 32, 2048) of the largest face in each RGB picture, by its name, on the CPU.

    source: the checkpoint's file. faces: folder or hub id of the networks that read faces, unless `models` are given.
    Raises `RenderError` where something cannot be loaded, or a picture shows no face.
    """
    encoder = _encoder(read_checkpoint(WHAT, source), source).to(device, dtype)
    models = models or FaceModels.load(faces, device, dtype)
    found = []
    for name, picture in pictures.items():
        identity, hidden = read_face(picture, name, models, device, dtype)
        found.append(ImageEmbeds("pulid", encoder(identity, hidden).cpu()))
    return found


def add_pulid(pipe: Any, source: str) -> None:
    """Load the half of a checkpoint that the pipeline needs, its cross attention. Raises as `encode_pulid`."""
    pipe.load_pulid(read_checkpoint(WHAT, source))


def _encoder(weights: Mapping[str, torch.Tensor], source: str) -> Any:
    """Return the encoder of a checkpoint, of the sizes that its weights have."""
    own = part(weights, PREFIX)
    if not own:
        raise RenderError(f"{source!r} is no {WHAT.removeprefix('a ')}: it has no weights named {PREFIX}…")
    try:
        encoder = LocalFacialExtractor(**_sizes(own))
        encoder.load_state_dict(own)
    except (KeyError, ValueError, RuntimeError) as error:
        raise RenderError(f"{source!r} is no {WHAT.removeprefix('a ')}: {first_line(error)}") from error
    return encoder.eval()


def _sizes(weights: Mapping[str, torch.Tensor]) -> dict[str, int]:
    """Tell the encoder's sizes by its weights; the heads' size is PuLID's own, 64, which no weight shows."""
    _, queries, channels = weights["latents"].shape
    inner = len(weights["layers.0.0.to_q.weight"])
    head = min(64, inner)
    return {
        "id_dim": weights["id_embedding_mapping.0.weight"].shape[1],
        "vit_dim": channels,
        "depth": 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers.")),
        "dim_head": head,
        "heads": inner // head,
        "num_id_token": len(weights["id_embedding_mapping.6.weight"]) // channels,
        "num_queries": queries,
        "output_dim": weights["proj_out"].shape[1],
        "ff_mult": len(weights["layers.0.1.1.weight"]) // channels,
        "num_scale": len({name.split(".")[0] for name in weights if name.startswith("mapping_")}),
    }
