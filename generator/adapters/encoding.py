"""All reference pictures of a plan → what the adapters make of them, one adapter after the other in memory."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence

import torch
from PIL import Image

from generator.adapters.checkpoint import read_embeds
from generator.adapters.embeds import ImageEmbeds, NativePicture
from generator.adapters.ip_adapter import encode_ip_adapter
from generator.adapters.pulid import encode_pulid
from generator.adapters.redux import encode_redux
from generator.adapters.references import Reference, read_references
from generator.settings import Adapters
from generator.weights.devices import choose_device, choose_dtype
from planner.plan import Plan

Encode = Callable[[Mapping[str, Image.Image]], Sequence[ImageEmbeds]]


def encode_images(
    plan: Plan,
    adapters: Adapters | None = None,
    *,
    device: str | torch.device | None = None,
    dtype: torch.dtype | str | None = None,
) -> dict[int, ImageEmbeds | NativePicture]:
    """Return what the adapters make of a plan's reference pictures, for `pipe(plan, image_embeds=…)`.

    By the objects' numbers, on the CPU. Call it before a model that paints is loaded: the encoders are freed again.
    adapters: where the weights come from, None: the published ones. device: None takes CUDA where there is one, else
    the CPU. dtype: None takes bfloat16 on CUDA, else float32.
    Raises `RenderError` for a picture that cannot be read, before any encoder is loaded; and where one cannot be loaded
    or a picture is of no use to it.
    """
    references = read_references(plan)
    target = choose_device(device)
    return encode_references(references, adapters or Adapters(), target, choose_dtype(dtype, target))


def encode_references(
    references: Mapping[int, Reference], adapters: Adapters, device: torch.device, dtype: torch.dtype
) -> dict[int, ImageEmbeds | NativePicture]:
    """Return what the adapters make of the pictures, by the objects' numbers, on the CPU.

    Native ones are what they are: the model reads them. Each encoder is loaded, used and freed before the next one is.
    Raises `RenderError` where one cannot be loaded or a picture is of no use to it.
    """
    stored = {i: read_embeds(one.path, one.kind) for i, one in references.items() if one.picture is None}
    encoders: dict[str, Encode] = {
        "redux": lambda pictures: encode_redux(list(pictures.values()), adapters.redux, device, dtype),
        "ip_adapter": lambda pictures: encode_ip_adapter(
            list(pictures.values()), adapters.ip_adapter, adapters.ip_encoder, device, dtype
        ),
        "pulid": lambda pictures: encode_pulid(pictures, adapters.pulid, adapters.faces, device, dtype),
    }
    encoded: dict[int, ImageEmbeds | NativePicture] = {
        i: NativePicture(one.picture) for i, one in references.items() if one.kind == "native" and one.picture
    }
    for kind, encode in encoders.items():
        numbers = {i: str(one.path) for i, one in references.items() if one.kind == kind and one.picture is not None}
        pictures = {str(one.path): one.picture for i, one in references.items() if i in numbers and one.picture}
        if pictures:
            by_name = dict(zip(pictures, encode(pictures), strict=True))
            encoded |= {i: by_name[name] for i, name in numbers.items()}
            _free(device)
    return stored | encoded


def _free(device: torch.device) -> None:
    """Give back the memory of what is no longer referred to; pipelines refer to themselves in circles."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
