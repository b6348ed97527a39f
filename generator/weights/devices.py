"""On what a picture is painted, and in which numbers. Torch and nothing larger: asked before anything is paid."""

from __future__ import annotations

import torch

from generator.options import check_choice
from generator.settings import DTYPES
from planner.errors import RenderError


def choose_device(device: str | torch.device | None) -> torch.device:
    """Return the device that is asked for; None takes CUDA where there is one, else the CPU."""
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise RenderError(f"unknown device {device!r}; known are cpu, cuda, cuda:0, mps") from error
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise RenderError(
            f"device {str(chosen)!r} was asked for, but this torch finds no CUDA; leave it out to paint on "
            "the CPU, slowly with a full model: --dry-run says how slowly"
        )
    try:
        torch.ones(1, device=chosen).item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:  # an index or a kind that is not there
        raise RenderError(f"device {str(chosen)!r} cannot be used by this torch; take cpu or cuda") from error
    return chosen


def choose_dtype(dtype: torch.dtype | str | None, device: torch.device, *, cpu_bits: int = 32) -> torch.dtype:
    """Return the numbers that are asked for; None takes bfloat16 on CUDA, else float32.

    cpu_bits: of those that None takes on the CPU; 16 where memory would be short.
    """
    if dtype is None:
        short = device.type == "cpu" and cpu_bits == 16
        return torch.bfloat16 if device.type == "cuda" or short else torch.float32
    if isinstance(dtype, torch.dtype):
        return dtype
    check_choice("dtype", dtype, DTYPES)
    chosen: torch.dtype = getattr(torch, dtype)
    return chosen
