"""IP-Adapters for FLUX.1-dev: InstantX' and XLabs'. Half of a checkpoint turns a picture into the tokens that the
attention sees; the other half, the attention's projections, is put into the pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import torch
from diffusers import FluxPipeline
from diffusers.models.embeddings import ImageProjection
from PIL import Image
from transformers import CLIPImageProcessor, CLIPVisionModelWithProjection, SiglipImageProcessor, SiglipVisionModel

from generator.adapters.checkpoint import part, read_checkpoint
from generator.adapters.embeds import ImageEmbeds
from generator.weights.hub import (
    CHECKPOINTS,
    LOAD_ERRORS,
    check_folder,
    check_reached,
    explain,
    find_file,
    first_line,
)
from planner.errors import RenderError

SIGLIP, CLIP = "google/siglip-so400m-patch14-384", "openai/clip-vit-large-patch14"
WHAT = "an IP-Adapter"
SHORT_SIDE_PX, LONG_SIDE_PX, MULTIPLE_PX = 1024, 1280, 64
XLABS_PREFIXES = ("image_proj.", "ip_adapter_proj_model.")
ATTENTION_PREFIXES = ("ip_adapter.", "double_blocks.")

See = Callable[[Image.Image], torch.Tensor]  # a picture → the image encoder's pooled output (1, channels)


def encode_ip_adapter(
    pictures: Sequence[Image.Image], source: str, encoder: str | None, device: torch.device, dtype: torch.dtype
) -> list[ImageEmbeds]:
    """Return the tokens of each RGB picture, (1, tokens, 4096), on the CPU: InstantX 128, XLabs 4 or 16.

    source: the adapter's file. encoder: folder or hub id of the image encoder, None: the one it was made with.
    Raises `RenderError` for a file that is neither adapter's, and where something cannot be loaded.
    """
    weights = read_checkpoint(WHAT, source)
    instantx = adapter_of(weights, source) == "instantx"
    try:
        projection = InstantXProjection.of(part(weights, "image_proj.")) if instantx else _xlabs_projection(weights)
    except (KeyError, ValueError, RuntimeError) as error:
        raise RenderError(f"the image projection of {source!r} is incomplete: {first_line(error)}") from error
    projection = projection.to(device, dtype)
    see = _siglip(encoder or SIGLIP, device, dtype) if instantx else _clip(encoder or CLIP, device, dtype)
    with torch.no_grad():
        return [ImageEmbeds("ip_adapter", projection(see(picture)).cpu()) for picture in pictures]


def adapter_of(weights: Mapping[str, torch.Tensor], source: str) -> Literal["instantx", "xlabs"]:
    """Tell whose adapter it is by the names of its weights. Raises `RenderError` where it is neither."""
    kind = f"{source!r} is no IP-Adapter for FLUX.1 of InstantX' or XLabs' kind"
    if not any(name.startswith(ATTENTION_PREFIXES) for name in weights):
        raise RenderError(f"{kind}: it has no projections for the attention")
    if "image_proj.proj.0.weight" in weights:
        return "instantx"
    if any(f"{prefix}proj.weight" in weights for prefix in XLABS_PREFIXES):
        return "xlabs"
    raise RenderError(f"{kind}: it has no image projection")


def add_ip_adapter(pipe: Any, source: str) -> None:
    """Load the half of an adapter's file that the attention needs into a pipeline. Raises as `encode_ip_adapter`."""
    weights = read_checkpoint(WHAT, source)
    if adapter_of(weights, source) == "instantx":
        pipe.load_instantx_ip_adapter(weights)
        return
    path = find_file(WHAT, source, CHECKPOINTS)
    pipe.load_ip_adapter(
        str(path.parent), weight_name=path.name, image_encoder_pretrained_model_name_or_path=None, local_files_only=True
    )


def fit(picture: Image.Image) -> Image.Image:
    """Resize a picture for InstantX' encoder: short side 1024, long side 1280 at most, multiples of 64 px.

    InstantX' own code makes the long side 1280, whatever the short one is.
    """
    scale = SHORT_SIDE_PX / min(picture.size)
    scale = min(scale, LONG_SIDE_PX / max(picture.size))
    width, height = (max(MULTIPLE_PX, round(side * scale) // MULTIPLE_PX * MULTIPLE_PX) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.BILINEAR)


class InstantXProjection(torch.nn.Module):
    """SigLIP's pooled output (batch, 1152) → Linear, GELU, Linear → (batch, tokens, channels) → LayerNorm."""

    def __init__(self, pooled: int, hidden: int, tokens: int, channels: int) -> None:
        super().__init__()
        self.tokens = tokens
        self.proj = torch.nn.Sequential(
            torch.nn.Linear(pooled, hidden), torch.nn.GELU(), torch.nn.Linear(hidden, tokens * channels)
        )
        self.norm = torch.nn.LayerNorm(channels)

    @classmethod
    def of(cls, weights: Mapping[str, torch.Tensor]) -> InstantXProjection:
        """Return the projection that these weights make. Raises KeyError or RuntimeError for others."""
        (hidden, pooled), (channels,) = weights["proj.0.weight"].shape, weights["norm.weight"].shape
        with torch.device("meta"):  # 2.26 GiB that are not made up first
            projection = cls(pooled, hidden, len(weights["proj.2.weight"]) // channels, channels)
        projection.load_state_dict(weights, assign=True)
        return projection.eval()

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        """Return the image tokens (batch, tokens, channels)."""
        projected: torch.Tensor = self.proj(pooled)
        normed: torch.Tensor = self.norm(projected.reshape(len(projected), self.tokens, -1))
        return normed


def _siglip(encoder: str, device: torch.device, dtype: torch.dtype) -> See:
    """Return what InstantX' projection is given of a picture."""
    model = _load(SiglipVisionModel, encoder, dtype=dtype).to(device).eval()
    processor = _load(SiglipImageProcessor, encoder)

    def see(picture: Image.Image) -> torch.Tensor:
        pixels = processor(images=fit(picture), return_tensors="pt").pixel_values.to(device, dtype)
        pooled: torch.Tensor = model(pixels).pooler_output
        return pooled

    return see


def _clip(encoder: str, device: torch.device, dtype: torch.dtype) -> See:
    """Return what XLabs' projection is given of a picture: diffusers' own way."""
    model = _load(CLIPVisionModelWithProjection, encoder, dtype=dtype).to(device).eval()
    side = model.config.image_size
    parts = ("scheduler", "vae", "text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2", "transformer")
    processor = CLIPImageProcessor(size=side, crop_size=side)  # as diffusers' load_ip_adapter makes it
    stock = FluxPipeline(**dict.fromkeys(parts), image_encoder=model, feature_extractor=processor)
    return lambda picture: stock.encode_image(picture, device, 1)


def _xlabs_projection(weights: Mapping[str, torch.Tensor]) -> Any:
    """Return diffusers' own projection, whose one layer XLabs calls proj and diffusers image_embeds."""
    named = {name: tensor for prefix in XLABS_PREFIXES for name, tensor in part(weights, prefix).items()}
    (outputs, pooled), (channels,) = named["proj.weight"].shape, named["norm.weight"].shape
    projection = ImageProjection(pooled, channels, outputs // channels)
    projection.load_state_dict({name.replace("proj.", "image_embeds."): tensor for name, tensor in named.items()})
    return projection.eval()


def _load(part_class: Any, source: str, **given: Any) -> Any:
    what = "an image encoder"
    check_folder(what, source)
    check_reached(source)
    try:
        return part_class.from_pretrained(source, **given)
    except LOAD_ERRORS as error:
        if "ignore_mismatched_sizes" in str(error):
            raise RenderError(f"{source!r} is an image encoder of another kind than {part_class.__name__}") from error
        raise RenderError(explain(source, error, what)) from error
