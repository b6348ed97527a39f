"""LoRAs of any family, read from files: of the whole picture and of single objects, by diffusers' own loaders."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from diffusers.hooks.group_offloading import _is_group_offload_enabled

from generator.options import LoraFile
from planner.errors import RenderError


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
