"""Weights that come as single files: transformers (.safetensors, .gguf) and LoRAs, through diffusers' own loaders."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from diffusers import FluxTransformer2DModel, GGUFQuantizationConfig
from diffusers.hooks.group_offloading import _is_group_offload_enabled

from generator.options import LoraFile
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


def add_loras(pipe: Any, loras: Sequence[LoraFile]) -> None:
    """Load LoRAs, in kohya's or diffusers' format, and set how strongly each acts.

    Raises `RenderError` for a file that is no LoRA of this model.
    """
    names = [f"lora_{number}" for number in range(len(loras))]
    for name, lora in zip(names, loras, strict=True):
        with _loading(lora):
            folder, file = lora.source()
            pipe.load_lora_weights(folder, weight_name=file, adapter_name=name)
    if names:
        known = {name for adapters in pipe.get_list_adapters().values() for name in adapters}
        for name, lora in zip(names, loras, strict=True):
            if name not in known:
                raise RenderError(f"the LoRA {lora.file!r} has nothing for this model")
        pipe.set_adapters(names, [lora.scale for lora in loras])


def load_transformer_lora(pipe: Any, name: str, lora: LoraFile) -> None:
    """Load the transformer's part of a LoRA, in kohya's or diffusers' format, under a name.

    Offloading of groups is set up anew by diffusers, that of whole models stays as it is: diffusers would take it off
    and put it on again, for another device perhaps.
    Raises `RenderError` for a file that is no LoRA of this model.
    """
    with _loading(lora):
        folder, file = lora.source()
        weights, alphas, metadata = pipe.lora_state_dict(
            folder, weight_name=file, return_alphas=True, return_lora_metadata=True
        )
        pipe.load_lora_into_transformer(
            weights,
            network_alphas=alphas,
            transformer=pipe.transformer,
            adapter_name=name,
            metadata=metadata,
            _pipeline=pipe if _is_group_offload_enabled(pipe.transformer) else None,
        )
    if name not in getattr(pipe.transformer, "peft_config", ()):
        raise RenderError(f"the LoRA {lora.file!r} has nothing for this model's transformer")


@contextmanager
def _loading(lora: LoraFile) -> Iterator[None]:
    """Say which LoRA cannot be loaded.

    That there are several is what was asked for, and which layers it has is said by the file, not by peft's guess.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Already found a `peft_config`")
            warnings.filterwarnings("ignore", "While injecting the PEFT adapters")
            yield
    except (OSError, ValueError, RuntimeError, KeyError, AssertionError) as error:  # diffusers asserts sizes
        raise RenderError(f"the LoRA {lora.file!r} cannot be loaded: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Return what an error says: of several lines, of which the first only announces them, the next one too."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return "it is not made for a model of these sizes"
    return " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]
