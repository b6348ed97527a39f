"""A transformer that comes as a single file (.safetensors, .gguf), through diffusers' own loader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import FluxTransformer2DModel, GGUFQuantizationConfig

from planner.errors import RenderError

FILES = (".safetensors", ".gguf")
DEV, SCHNELL = "black-forest-labs/FLUX.1-dev", "black-forest-labs/FLUX.1-schnell"


def read_transformer(file: Path, dtype: torch.dtype, base: str | None) -> tuple[str, Any]:
    """Read a transformer from a single file; returns where the pipeline's other parts come from, and it.

    With `base`, a folder or hub id, the transformer's sizes are those of the one in there; else diffusers tells them
    from the weights' names. GGUF weights stay quantised and are computed with in `dtype`.
    Raises `RenderError` for other kinds of file, and what diffusers raises.
    """
    if file.suffix.lower() not in FILES:
        raise RenderError(f"{str(file)!r} is no model: a model in a single file is one of {', '.join(FILES)}")
    given: dict[str, Any] = {"dtype": dtype}
    if file.suffix.lower() == ".gguf":
        given["quantization_config"] = GGUFQuantizationConfig(compute_dtype=dtype)
    if base is not None:
        given |= {"config": base, "subfolder": "transformer"}
    transformer = FluxTransformer2DModel.from_single_file(str(file), **given)
    return base or (SCHNELL if "schnell" in file.name.lower() else DEV), transformer
