"""Quantised weights: which library makes them, with which settings, for the large parts of a model."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import torch

from generator.settings import QUANTIZERS
from planner.errors import RenderError


def quantization(name: str, dtype: torch.dtype, parts: Sequence[str]) -> Any:
    """Return diffusers' configuration for a quantisation, "nf4", "int8" or "fp8"; it computes in `dtype`.

    parts: which are quantised; transformers are of diffusers' library, text encoders of transformers'.

    Weights only: activations keep `dtype`. Raises `RenderError` where the library that makes it is not installed.
    """
    library = QUANTIZERS[name]
    if find_spec(library) is None:
        raise RenderError(f"quantize={name!r} needs {library}: pip install {library}")
    from diffusers import PipelineQuantizationConfig

    ours, theirs = _nf4(dtype) if name == "nf4" else _torchao(name)
    return PipelineQuantizationConfig(
        quant_mapping={part: ours if part.endswith("transformer") else theirs for part in parts}
    )


def _nf4(dtype: torch.dtype) -> tuple[Any, Any]:
    from diffusers import BitsAndBytesConfig
    from transformers import BitsAndBytesConfig as TextConfig

    settings = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": dtype}
    return BitsAndBytesConfig(**settings), TextConfig(**settings)


def _torchao(name: str) -> tuple[Any, Any]:
    from diffusers import TorchAoConfig
    from torchao.quantization import Float8WeightOnlyConfig, Int8WeightOnlyConfig
    from transformers import TorchAoConfig as TextConfig

    kind = {"int8": Int8WeightOnlyConfig, "fp8": Float8WeightOnlyConfig}[name]
    return TorchAoConfig(kind()), TextConfig(kind())
