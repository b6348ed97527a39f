"""Which family a checkpoint is of: told by its files, never by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from generator.families.known import FAMILIES, known_model
from generator.families.profiles.checkpoint import INDEXES, Checkpoint, files_of, index_of, read_config
from generator.families.profiles.model_size import ModelSize
from generator.families.profiles.profile import Profile
from planner.errors import RenderError


def checkpoint_of(model: str) -> Checkpoint:
    """Return a model's files as far as they are on this disk; nothing is fetched."""
    known = known_model(model)
    return Checkpoint(model, files_of(model), known.model if known else None)


def profile_of(model: str) -> Profile:
    """Return a model's family as far as it can be told without fetching anything, else the first one.

    Loading fetches, and refuses what is of no family.
    """
    if known := known_model(model):
        return known.family
    return _family(checkpoint_of(model).index.get("_class_name")) or FAMILIES[0]


def family_of(source: str) -> tuple[Profile, Any]:
    """Tell the family of a checkpoint by its index; returns it and the class of our pipeline.

    source: a folder, or a hub id, of which that one file is fetched; a transformer in a single file, or a checkpoint
        that cannot be reached, is taken for what is known by its name, or for the first family's.
    Raises `RenderError` for a folder whose index cannot be read, and for models of no known family.
    """
    file = _index(source)
    if file is None:
        family = profile_of(source)
        return family, family.load(checkpoint_of(source).index.get("_class_name"))
    kind = read_config(file).get("_class_name")
    if not isinstance(kind, str):
        raise RenderError(f"{str(file)!r} names no pipeline: it has no _class_name, or cannot be read")
    if found := _family(kind):
        return found, found.load(kind)
    known = ", ".join(f"{family.name} ({family.stock[0]})" for family in FAMILIES)
    raise RenderError(f"{source!r} is a model of diffusers' {kind}, whose regions are not known; known are {known}")


def _index(source: str) -> Path | None:
    """Return where a checkpoint's index is, fetched from the hub once if need be; None where it cannot be had."""
    if Path(source).is_dir():
        return index_of(Path(source))
    if Path(source).is_file():
        return None
    from huggingface_hub import hf_hub_download  # on use: it takes a while to load

    for name in INDEXES:
        try:
            return Path(hf_hub_download(source, name))
        except Exception:  # loading will say why, better than is known here
            continue
    return None


def _family(kind: object) -> Profile | None:
    return next((family for family in FAMILIES if kind in family.stock), None)


def size_of(model: str) -> ModelSize:
    """Return what a model's passes and weights cost, by its files, or as was published with it."""
    return profile_of(model).size(checkpoint_of(model))
