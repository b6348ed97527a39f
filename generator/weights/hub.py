"""Models and files by name: on this disk or on the Hugging Face hub, and why one of them is not to be had."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_download, try_to_load_from_cache
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError
from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # whichever httpx the hub itself uses

from generator.families.profiles.checkpoint import EMBEDDED, INDEX, INDEXES, index_of, model_folder
from planner.errors import RenderError
from planner.plan.gguf import check_gguf

log = logging.getLogger("ragplan")

_NAME = r"\w(?:[\w.-]*\w)?"  # as the hub has it: "./models" and "../models" are folders, and no owners
HUB_ID = re.compile(rf"{_NAME}/{_NAME}", re.ASCII)
HUB_FILE = re.compile(rf"({_NAME}/{_NAME})/([\w./-]+)", re.ASCII)
KINDS = (
    f"{EMBEDDED!r}, a folder with a {INDEX}, a hub id such as black-forest-labs/FLUX.1-dev, "
    "or a transformer in a .safetensors or .gguf file"
)
LACKING = re.compile(r"requires the (\S+) library but it was not found")  # how transformers and diffusers say it
HUB_TIMEOUT_S = 10.0
CHECKPOINTS = (".safetensors", ".bin", ".pt", ".pth")  # of adapters
LOAD_ERRORS = (OSError, ValueError, RuntimeError, httpx.HTTPError)  # what libraries raise where a model does not load


def find_model(model: str) -> str:
    """Return the folder, the file or the hub id to load a model from. Raises `RenderError` for what is none of them."""
    folder = model_folder(model)
    if folder.is_dir():
        if not index_of(folder).is_file():
            raise RenderError(f"the folder {str(folder)!r} is no diffusers pipeline: it has no {INDEX}")
        return str(folder)
    if model == EMBEDDED:
        raise RenderError(f"this installation has no embedded model: there is no folder {str(folder)!r}")
    if folder.is_file():
        if folder.suffix.lower() == ".gguf":
            try:
                check_gguf(folder)
            except ValueError as error:
                raise RenderError(f"{model!r} cannot be loaded: {error}") from None
        return model
    if not HUB_ID.fullmatch(model):
        raise RenderError(f"there is no folder {model!r}; a model is {KINDS}")
    return model


def check_file(what: str, source: str, suffixes: tuple[str, ...]) -> None:
    """Raise `RenderError` for what is neither a file nor owner/name/FILE of the hub, or has another suffix.

    what: what to call it, with its article.
    """
    if not source.endswith(suffixes):
        raise RenderError(f"{what} is one of {', '.join(suffixes)}, got {source!r}")
    path = Path(source).expanduser()
    if not path.is_file() and (path.is_absolute() or not HUB_FILE.fullmatch(source)):
        raise RenderError(f"there is no file {source!r}; {what} is a file, or owner/name/FILE of the hub")


def check_folder(what: str, source: str) -> None:
    """Raise `RenderError` for what is neither a folder nor a hub id. what: what to call it, with its article."""
    if not Path(source).expanduser().is_dir() and not HUB_ID.fullmatch(source):
        raise RenderError(f"there is no folder {source!r}; {what} is a folder, or a hub id (owner/name)")


def find_file(what: str, source: str, suffixes: tuple[str, ...]) -> Path:
    """Return where a file is on this disk, fetched from the hub once if need be. Raises as `check_file`."""
    check_file(what, source, suffixes)
    path = Path(source).expanduser()
    found = None if path.is_file() else HUB_FILE.fullmatch(source)
    if found is None:
        return path
    check_reached(source)
    try:
        return Path(hf_hub_download(*found.groups()))
    except LOAD_ERRORS as error:
        raise RenderError(explain(found[1], error, what)) from error


def check_reached(name: str) -> None:
    """Raise `RenderError` for what is on the hub only, if that cannot be reached or has no such model.

    The hub is asked once: its library would try each file of a model for half a minute.

    name: owner/name, or owner/name/FILE; anything else passes, and what has begun to be fetched.
    """
    found = HUB_FILE.fullmatch(name)
    repository, files = (found[1], [found[2]]) if found else (name, [*INDEXES, "config.json"])
    if Path(name).expanduser().exists() or not HUB_ID.fullmatch(repository):
        return
    try:
        if not any(isinstance(try_to_load_from_cache(repository, file), str) for file in files):
            HfApi().model_info(repository, timeout=HUB_TIMEOUT_S)
    except (RepositoryNotFoundError, httpx.TransportError, ConnectionError) as error:
        raise RenderError(explain(repository, error, "a model")) from error
    except LOAD_ERRORS as error:
        log.debug("the hub was asked for %s: %s", repository, error)  # it is there, and fetching says it better


def explain(model: str, error: Exception, what: str) -> str:
    """Return one sentence about why a model did not load as `what`, and what to do."""
    reasons = list(_causes(error))  # diffusers hides the first reason behind its own errors
    if any(isinstance(reason, GatedRepoError) for reason in reasons):
        return (
            f"the model {model!r} is gated: accept its licence at https://huggingface.co/{model}, then log in with "
            "`hf auth login` (or set HF_TOKEN) and try again"
        )
    if any(isinstance(reason, RepositoryNotFoundError) for reason in reasons):
        return f"there is no folder and no public model {model!r}; if it is private, log in with `hf auth login`"
    for reason in reasons:
        if isinstance(reason, httpx.TransportError | ConnectionError):
            return (
                f"the model {model!r} is neither a folder nor downloaded yet, and the hub cannot be reached "
                f"({first_line(reason)}); connect, or give a folder"
            )
        if isinstance(reason, ImportError) and (lacking := LACKING.search(str(reason))):
            package = lacking[1].lower()
            return (
                f"the model {model!r} needs the package {package}, which is not installed: pip install {package} (one "
                "that depends on torch from where torch came from, the same --index-url)"
            )
    return f"the model {model!r} could not be loaded as {what}: {first_line(error)}"


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or its type's name."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
