"""The models that can be painted with, one family a module; which one a checkpoint is of is read from its files.

FLUX.1: `flux1.py` (the family), `flux1_attention.py` (regions in its attention), `flux1_images.py` (reference pictures
in it), `flux1_checkpoints.py` (weights in single files). `known.py` lists checkpoints by name.

To add a family, write one module with two classes and a line in FAMILIES:

1. A class with the members of `generator.regions.family.Family`, which says what each is for; without state. What its
   stock pipeline does before and after the loop is called, not copied: `pipe.encode_prompt`, `pipe.prepare_latents`, …
   (tests/toy_family.py is a whole one in a hundred lines, with a stock transformer and pipeline of its own.)
2. A pipeline: `class RegionalXPipeline(RegionalPipeline, XPipeline): family = X()`, `RegionalPipeline` of
   `generator.regions.pipeline` first. It has the call and `repaint`; `_call` may be overridden to take more options,
   `_check_conditions` and `_conditions` to bring along effects (`generator.regions.effect`), as `generator.pipeline`
   does for FLUX.1. Without them reference pictures and LoRAs of single objects are refused.
3. A test that holds it against the algorithm written plainly, on a tiny random model: cells at every δ, boxes, both
   passes of guidance, repaints; and against the stock pipeline, bit for bit, without regions and at δ = 0.
"""

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
