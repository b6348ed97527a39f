"""The adapters' weights as files: flat names, dots between the parts, .safetensors or .bin (never unpickled freely)."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from generator.adapters.embeds import ImageEmbeds
from generator.weights.hub import CHECKPOINTS, find_file, first_line
from planner.errors import RenderError

SAFE = (".safetensors",)


def read_checkpoint(what: str, source: str) -> dict[str, torch.Tensor]:
    """Map an adapter's weights from a file, or owner/name/FILE of the hub: what is not used is never read.

    what: what to call it, with its article. Nested names are joined by dots: {"ip_adapter": {"0.to_k_ip.weight": …}}
    and "ip_adapter.0.to_k_ip.weight" are the same. Raises `RenderError` for what is not there or holds other things
    than tensors; .bin files are read with `weights_only=True`, as a whole where torch before 1.6 wrote them.
    """
    path = find_file(what, source, CHECKPOINTS)
    try:
        if path.suffix in SAFE:
            return dict(load_file(path))
        mapped = zipfile.is_zipfile(path)
        return dict(_flat(torch.load(path, map_location="cpu", weights_only=True, mmap=mapped), ""))
    except Exception as error:  # torch.load raises whatever a damaged file brings about
        raise RenderError(f"{str(path)!r} is no file of weights that can be read: {first_line(error)}") from error


def part(weights: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """Return the weights whose names begin with a prefix, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}


def convert(source: str, target: Path) -> None:
    """Write an adapter's weights as .safetensors, under their flat names. Raises `RenderError` as `read_checkpoint`."""
    if target.suffix not in SAFE:
        raise RenderError(f"cannot write {str(target)!r}: converted weights are {SAFE[0]} files")
    weights = read_checkpoint("an adapter's file", source)
    save_file({name: tensor.contiguous().clone() for name, tensor in weights.items()}, target)


def write_embeds(embeds: ImageEmbeds, path: Path) -> None:
    """Keep what an adapter made of a picture; an object's image may then be this .safetensors file."""
    tensors = {"embeds": embeds.embeds} | ({"pooled": embeds.pooled} if embeds.pooled is not None else {})
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path, metadata={"kind": embeds.kind})


def read_embeds(path: Path, kind: str) -> ImageEmbeds:
    """Read what `write_embeds` wrote. Raises `RenderError` for another file, or one of another kind."""
    try:
        with safe_open(path, framework="pt") as file:
            found = (file.metadata() or {}).get("kind")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
    except Exception as error:  # safetensors has an error class of its own, the system has others
        raise RenderError(f"{str(path)!r} holds no embedding of a picture: {first_line(error)}") from error
    if found != kind or "embeds" not in tensors:
        raise RenderError(f"{str(path)!r} holds no embedding of kind {kind!r}, but {found!r}")
    return ImageEmbeds(kind, tensors["embeds"], tensors.get("pooled"))


def _flat(value: Any, name: str) -> list[tuple[str, torch.Tensor]]:
    if isinstance(value, torch.Tensor):
        return [(name, value)]
    if not isinstance(value, Mapping):
        raise RenderError(f"{name or 'the file'} is a {type(value).__name__}, not weights")
    return [item for key, inner in value.items() for item in _flat(inner, f"{name}.{key}" if name else str(key))]
