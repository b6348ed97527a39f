"""What a model's files say of it, before any of them is loaded: configurations, and how many weights there are.

A checkpoint that is not on this disk but is known by name says what was published with it. No torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from planner.errors import RenderError
from planner.plan.document import shown

EMBEDDED: Final = "embedded"
EMBEDDED_FOLDER: Final = Path(__file__).parents[2] / "embedded" / "weights"
INDEX: Final = "model_index.json"  # what makes a folder a diffusers pipeline
MODULAR_INDEX: Final = "modular_model_index.json"  # or a modular one
INDEXES: Final = (INDEX, MODULAR_INDEX)
SCHEDULER: Final = "scheduler"
MAX_PART_BYTES: Final = 255  # what a file system takes
CONFIG_FILES: Final = {  # of parts whose configuration is not in a config.json
    SCHEDULER: "scheduler_config.json",
    "tokenizer": "tokenizer_config.json",
    "tokenizer_2": "tokenizer_config.json",
}


@dataclass(frozen=True)
class KnownModel:
    """A checkpoint that is known to fit, by name.

    name: what --model takes: "embedded" or a hub id.
    download_bytes: what a first use fetches; 0 for one that ships with the package.
    licence: of the weights.
    gated: whether its licence must be accepted on the hub first.
    note: what else is to be said of it.
    index: what its model_index.json says, as far as its family asks.
    configs: what its parts' configurations say, by part, where they are not its family's usual ones.
    parameters: how many weights its parts have, where they are not its family's usual ones.
    """

    name: str
    download_bytes: float
    licence: str
    gated: bool = False
    note: str = ""
    index: Mapping[str, Any] = field(default_factory=dict)
    configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_here(self) -> bool:
        """Whether it is on this disk already, at least its index."""
        return files_of(self.name) is not None


@dataclass(frozen=True)
class Checkpoint:
    """A model by name, and its files as far as they are on this disk.

    folder: where they are; None: not here, then `published` says what it can.
    """

    name: str
    folder: Path | None = None
    published: KnownModel | None = None

    @cached_property
    def index(self) -> Mapping[str, Any]:
        """What model_index.json says; nothing where it is not known, which loading will say better."""
        if self.folder is not None:
            return read_config(index_of(self.folder))
        return self.published.index if self.published else {}

    def config(self, part: str) -> Mapping[str, Any]:
        """Return what the configuration of a part says, such as "transformer"; nothing where it is not known."""
        if self.folder is not None:
            return read_config(self.folder / part / CONFIG_FILES.get(part, "config.json"))
        return self.published.configs.get(part, {}) if self.published else {}

    def parameters(self, usual: Mapping[str, float]) -> dict[str, float]:
        """Return how many weights each part has. usual: the family's parts, and what counts where no file is here."""
        if self.folder is not None and (self.folder / "transformer" / "config.json").is_file():
            return {part: count_parameters(self.folder / part) for part in usual}
        return {**usual, **(self.published.parameters if self.published else {})}


def model_folder(model: str) -> Path:
    """Return the folder that a model's name stands for; for hub ids and single files it is none that exists.

    Raises `RenderError` for a name that is longer than a file system takes.
    """
    if any(len(part.encode("utf-8", "surrogatepass")) > MAX_PART_BYTES for part in Path(model).parts):
        raise RenderError(f"{shown(model)} is no model: a folder or id has at most {MAX_PART_BYTES} bytes a part")
    return EMBEDDED_FOLDER if model == EMBEDDED else Path(model).expanduser()


def index_of(folder: Path) -> Path:
    """Return where a folder's index is, or would be."""
    return next((folder / name for name in INDEXES if (folder / name).is_file()), folder / INDEX)


def same_model(one: str, other: str) -> bool:
    """Whether two names are of one model: the same, or of the same folder or file."""
    first, second = (model_folder(name) for name in (one, other))
    return one == other or (first.exists() and second.exists() and first.samefile(second))


def files_of(model: str) -> Path | None:
    """Return the folder with a model's files: its own, or the hub's cache; None where they are not on this disk."""
    folder = model_folder(model)
    if folder.is_dir():
        return folder
    if model == EMBEDDED or folder.exists() or "/" not in model:
        return None
    from huggingface_hub import try_to_load_from_cache  # on use: it takes a while to load
    from huggingface_hub.errors import HFValidationError

    try:
        found = [try_to_load_from_cache(model, name) for name in INDEXES]
    except HFValidationError:  # no hub id; finding the model will say so
        return None
    return next((Path(file).parent for file in found if isinstance(file, str)), None)


def count_parameters(folder: Path) -> float:
    """Count a part's weights from the headers of its safetensors files."""
    total = 0
    for file in folder.glob("*.safetensors"):
        with file.open("rb") as stream:
            header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
        for name, tensor in header.items():
            if name != "__metadata__":
                count = 1
                for side in tensor["shape"]:
                    count *= side
                total += count
    return float(total)


def read_config(file: Path) -> dict[str, Any]:
    """Read a configuration; nothing where there is none, which loading will say better."""
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
