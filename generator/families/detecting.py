"""Which family a checkpoint is of: told by its files, never by its name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from planner.errors import RenderError

INDEX: Final = "model_index.json"


@dataclass(frozen=True)
class KnownFamily:
    """A family and the pipeline that paints with it, which is imported on use.

    name: what people call it.
    stock: the classes of diffusers' pipelines (`_class_name` in model_index.json) whose checkpoints it paints with.
    module, pipeline: where our pipeline's class is, and its name.
    """

    name: str
    stock: tuple[str, ...]
    module: str
    pipeline: str

    def load(self) -> Any:
        """Return the pipeline's class."""
        return getattr(import_module(self.module), self.pipeline)


FLUX1: Final = KnownFamily(
    "FLUX.1",
    ("FluxPipeline", "FluxControlNetPipeline", "RegionalFluxPipeline", "RegionalFluxControlNetPipeline"),
    "generator.pipeline",
    "RegionalFluxPipeline",
)
FAMILIES: Final = (FLUX1,)


def family_of(source: str) -> KnownFamily:
    """Tell the family of a checkpoint by its model_index.json.

    source: a folder, or a hub id, of which that one file is fetched; a transformer in a single file, or a checkpoint
        that cannot be reached, is taken for FLUX.1.
    Raises `RenderError` for a folder whose index cannot be read, and for models of no known family.
    """
    file = Path(source) / INDEX
    if Path(source).is_file():
        return FLUX1
    if not Path(source).is_dir():
        from huggingface_hub import hf_hub_download  # on use: it takes a while to load

        try:
            file = Path(hf_hub_download(source, INDEX))
        except Exception:  # loading will say why, better than is known here
            return FLUX1
    kind = _class_name(file)
    for family in FAMILIES:
        if kind in family.stock:
            return family
    known = ", ".join(f"{family.name} ({family.stock[0]})" for family in FAMILIES)
    raise RenderError(f"{source!r} is a model of diffusers' {kind}, whose regions are not known; known are {known}")


def _class_name(file: Path) -> str:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RenderError(f"{str(file)!r} cannot be read: {error}") from error
    name = found.get("_class_name") if isinstance(found, dict) else None
    if not isinstance(name, str):
        raise RenderError(f"{str(file)!r} names no pipeline: it has no _class_name")
    return name
