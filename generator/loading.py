"""Load the models that paint: the embedded one, a folder, or a checkpoint from the Hugging Face hub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import torch
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError
from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # whichever httpx the hub itself uses

from generator.pipeline import RegionalFluxPipeline
from generator.settings import EMBEDDED
from planner.errors import RenderError

EMBEDDED_FOLDER = Path(__file__).parent / "embedded" / "weights"
INDEX = "model_index.json"  # what makes a folder a diffusers pipeline
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
KINDS = f"{EMBEDDED!r}, a folder with a {INDEX}, or a hub id such as black-forest-labs/FLUX.1-dev"


def load_pipeline(
    model: str | Path = EMBEDDED, *, dtype: torch.dtype | None = None, device: str | torch.device | None = None
) -> RegionalFluxPipeline:
    """Load a FLUX.1 checkpoint and put it on a device.

    model: "embedded", a folder that diffusers saved, or a hub id, which is downloaded once.
    device: None takes CUDA where there is one, else the CPU. dtype: None takes bfloat16 on CUDA, else float32.
    Raises `RenderError`, which says what to do, where the model or the device is not to be had.
    """
    target = _device(device)
    dtype = dtype or (torch.bfloat16 if target.type == "cuda" else torch.float32)
    source = _source(str(model))
    try:
        pipe = RegionalFluxPipeline.from_pretrained(source, dtype=dtype)
    except (OSError, ValueError, httpx.HTTPError) as error:
        raise RenderError(_explain(str(model), error)) from error
    moved: RegionalFluxPipeline = pipe.to(target)
    return moved


def _device(device: str | torch.device | None) -> torch.device:
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise RenderError(f"unknown device {device!r}; known are cpu, cuda, cuda:0, mps") from error
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise RenderError(f"device {str(chosen)!r} was asked for, but this torch finds no CUDA; take cpu")
    return chosen


def _source(model: str) -> str:
    """Return the folder or the hub id to load from."""
    folder = EMBEDDED_FOLDER if model == EMBEDDED else Path(model).expanduser()
    if folder.is_dir():
        if not (folder / INDEX).is_file():
            raise RenderError(f"the folder {str(folder)!r} is no diffusers pipeline: it has no {INDEX}")
        return str(folder)
    if model == EMBEDDED:
        raise RenderError(f"this installation has no embedded model: there is no folder {str(folder)!r}")
    if folder.is_file():
        raise RenderError(f"{model!r} is a file; a model is {KINDS}")
    if not HUB_ID.fullmatch(model):
        raise RenderError(f"there is no folder {model!r}; a model is {KINDS}")
    return model


def _explain(model: str, error: Exception) -> str:
    """Return one sentence about why a model did not load, and what to do."""
    reasons = list(_causes(error))  # diffusers hides the first reason behind its own errors
    if any(isinstance(reason, GatedRepoError) for reason in reasons):
        return (
            f"the model {model!r} is gated: accept its licence at https://huggingface.co/{model}, then log in with "
            "`hf auth login` (or set HF_TOKEN) and try again"
        )
    if any(isinstance(reason, RepositoryNotFoundError) for reason in reasons):
        return (
            f"there is no folder and no public model {model!r}; if it is private, log in with `hf auth login`. "
            f"A model is {KINDS}"
        )
    for reason in reasons:
        if isinstance(reason, httpx.TransportError | ConnectionError):
            return (
                f"the model {model!r} is neither a folder nor downloaded yet, and the hub cannot be reached "
                f"({_first_line(reason)}); connect, or give a folder"
            )
    return f"the model {model!r} could not be loaded as a FLUX.1 pipeline: {_first_line(error)}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
