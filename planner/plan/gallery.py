"""Read the RAG-Diffusion release's gallery files: JSON lists of parameter sets with settings and images.

The release reads every key with `item["key"]`, so it has no defaults of its own. Here a missing size, seed, number of
binding steps or refinement strength is None, the caller's choice: what `ragplan export` writes has none of them.
Paths of images are kept as the file has them, usually relative to a checkout of the release. The keys do not tell
IP-Adapter galleries from PuLID's; the file's name does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.errors import PlanError
from planner.plan import document, rag
from planner.plan.limits import MAX_GALLERY_ENTRIES
from planner.plan.plan import ImageKind, Plan
from planner.plan.rag import OPTIONAL_KEYS, REQUIRED_KEYS

NO_BINDING = -1  # the release's word for it
_OWN_KEYS = frozenset(key for key in REQUIRED_KEYS if key != "prompt")
_SETTING_KEYS = ("idx", "HB_replace", "width", "height", "seed", "SR_delta")
_REPAINT_KEYS = (
    "Repainting_prompt",
    "Repainting_HB_prompt",
    "Repainting_SR_prompt",
    "Repainting_mask",
    "Repainting_HB_replace",
    "Repainting_single",
)


@dataclass(frozen=True)
class GallerySettings:
    """How an entry is painted; None where the entry does not say.

    hard_binding_steps: in how many first steps objects bind; NO_BINDING, -1: they do not bind at all.
    width, height: px.
    seed: that of the noise.
    refinement_strength: δ.
    """

    hard_binding_steps: int | None = None
    width: int | None = None
    height: int | None = None
    seed: int | None = None
    refinement_strength: float | None = None


@dataclass(frozen=True)
class GalleryRepaint:
    """What an entry repaints.

    prompt: of the changed image.
    object_prompt: of what is painted anew.
    cell_prompts: as many as the plan has cells.
    mask: the path of an image that is black where to repaint.
    hard_binding_steps: in how many first steps the new thing binds.
    single_stream: whether the single-stream blocks bind, too.
    seed: None where the entry has none.
    """

    prompt: str
    object_prompt: str
    cell_prompts: tuple[str, ...]
    mask: str
    hard_binding_steps: int
    single_stream: bool
    seed: int | None = None


@dataclass(frozen=True)
class GalleryEntry:
    """One entry of a gallery file.

    plan: with the entry's images in its objects.
    settings: how it is painted.
    repaint: what it paints anew; None where it does not.
    """

    plan: Plan
    settings: GallerySettings
    repaint: GalleryRepaint | None = None


def read_gallery(path: str | Path, identity: ImageKind | None = None) -> list[GalleryEntry]:
    """Read all entries of a gallery file, in the file's order (the release's `idx` is the place in the list).

    path: a JSON list of parameter sets, or a single one.
    identity: what images under `id_images_path` are for, "ip_adapter" or "pulid"; None: PuLID where the file's name has
        that word, else IP-Adapter.

    Raises `OSError` where the file cannot be read, and `PlanError` with file, entry and value where something is wrong.
    """
    return read_entries(document.read_json(path), path, identity)


def is_gallery(data: object) -> bool:
    """Tell a file's JSON value that is a gallery, or one parameter set of it, from a plan's."""
    return isinstance(data, list) or (isinstance(data, Mapping) and not _OWN_KEYS.isdisjoint(data))


def read_entries(data: Any, path: str | Path, identity: ImageKind | None = None) -> list[GalleryEntry]:
    """Read all entries of a gallery from what `planner.plan.document.read_json` read of its file.

    data: the list of parameter sets, or a single one.
    path: the file's, whose name tells PuLID's galleries.
    identity: as of `read_gallery`.

    Raises `PlanError` with file, entry and value where something is wrong.
    """
    kind = identity or ("pulid" if "pulid" in Path(path).name.lower() else "ip_adapter")
    entries = [data] if isinstance(data, Mapping) else data
    try:
        listed = document.items(entries, "gallery", most=MAX_GALLERY_ENTRIES)
        return [_read_numbered(entry, index, kind) for index, entry in enumerate(listed)]
    except PlanError as error:
        raise PlanError(f"{path}: {error}") from error


def _read_numbered(value: object, index: int, identity: ImageKind) -> GalleryEntry:
    try:
        return _read_entry(value, identity)
    except PlanError as error:
        raise PlanError(f"entry {index}: {error}") from error


def _read_entry(value: object, identity: ImageKind) -> GalleryEntry:
    entry = document.fields(
        value,
        "",
        required=REQUIRED_KEYS,
        optional=(*OPTIONAL_KEYS, *_SETTING_KEYS, *_REPAINT_KEYS, "Repainting_seed"),
    )
    known = {key: entry[key] for key in (*REQUIRED_KEYS, *OPTIONAL_KEYS) if key in entry}
    plan = Plan.from_rag(**known, identity=identity)
    repaint = _read_repaint(entry, len(plan.cells)) if any(key.startswith("Repainting_") for key in entry) else None
    return GalleryEntry(plan, _read_settings(entry), repaint)


def _read_settings(entry: Mapping[str, Any]) -> GallerySettings:
    delta = entry.get("SR_delta")
    return GallerySettings(
        hard_binding_steps=_optional_integer(entry, "HB_replace", minimum=NO_BINDING),
        width=_optional_integer(entry, "width", minimum=1),
        height=_optional_integer(entry, "height", minimum=1),
        seed=_optional_integer(entry, "seed"),
        refinement_strength=None if delta is None else document.number(delta, "SR_delta"),
    )


def _read_repaint(entry: Mapping[str, Any], cell_count: int) -> GalleryRepaint:
    missing = [key for key in _REPAINT_KEYS if key not in entry]
    if missing:
        raise PlanError(f"missing {', '.join(missing)} beside the other Repainting keys")
    prompts = rag.split_prompts(document.text(entry["Repainting_SR_prompt"], "Repainting_SR_prompt"))
    if len(prompts) != cell_count:
        raise PlanError(f"Repainting_SR_prompt has {len(prompts)} prompts but the plan has {cell_count} cells")
    if type(entry["Repainting_single"]) not in (bool, int) or entry["Repainting_single"] not in (0, 1):
        document.wrong("Repainting_single", "0 or 1", entry["Repainting_single"])
    return GalleryRepaint(
        prompt=document.text(entry["Repainting_prompt"], "Repainting_prompt"),
        object_prompt=document.text(entry["Repainting_HB_prompt"], "Repainting_HB_prompt"),
        cell_prompts=tuple(prompts),
        mask=document.text(entry["Repainting_mask"], "Repainting_mask"),
        hard_binding_steps=document.integer(entry["Repainting_HB_replace"], "Repainting_HB_replace", minimum=0),
        single_stream=bool(entry["Repainting_single"]),
        seed=_optional_integer(entry, "Repainting_seed"),
    )


def _optional_integer(entry: Mapping[str, Any], key: str, *, minimum: int | None = None) -> int | None:
    return document.integer(entry[key], key, minimum=minimum) if key in entry else None
