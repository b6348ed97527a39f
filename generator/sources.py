"""What a command paints from: a plan's file, a picture that ragplan made, or a parameter set of a gallery. No torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from generator.recipe import read_recipe
from generator.regions.geometry import TokenGrid
from generator.regions.masking import Repaint, read_mask
from generator.settings import RenderSettings, default_model
from planner.errors import RenderError
from planner.plan import Plan
from planner.plan.document import STANDARD_INPUT, read_json
from planner.plan.gallery import GalleryEntry, GalleryRepaint, GallerySettings, is_gallery, read_entries

SHOWN = 40  # characters of a prompt in a list of parameter sets


@dataclass(frozen=True)
class Source:
    """A plan with what came with it.

    settings: a picture's, or a gallery's for the model; None for a plan's file. repainted: what a picture was painted
    anew as. wanted: what a gallery wants painted anew, with the mask's path found.
    """

    plan: Plan
    settings: RenderSettings | None = None
    repainted: Repaint | None = None
    wanted: GalleryRepaint | None = None

    def repaint(self) -> Repaint:
        """Return what the gallery wants painted anew. Raises `RenderError` for nothing, and for a missing mask."""
        if self.wanted is None or self.settings is None:
            raise RenderError("the parameter set has no Repainting keys: it paints nothing anew")
        wanted, grid = self.wanted, TokenGrid.from_pixels(self.settings.width, self.settings.height)
        return Repaint(
            wanted.prompt,
            wanted.object_prompt,
            wanted.cell_prompts,
            wanted.hard_binding_steps,
            wanted.seed or 0,
            wanted.single_stream,
            mask=read_mask(Path(wanted.mask), grid),
        )


def read_source(path: Path, idx: int | None = None, model: str | None = None) -> Source:
    """Read a plan (.json, or "-" for the standard input), a gallery (as a plan) or a picture.

    idx: which of a gallery's sets; None: the only one.
    model: for which a gallery's settings are completed; None: the default one. Raises `RenderError` and `PlanError`.
    """
    if not is_document(path):
        if not path.is_file():
            raise RenderError(f"there is no file {str(path)!r}")
        _refuse_idx(idx, path)
        recipe = read_recipe(path)
        return Source(recipe.plan, recipe.settings, recipe.repaint)
    if str(path) not in STANDARD_INPUT and not path.exists():
        raise RenderError(f"there is no file {str(path)!r}")
    data = read_json(path)
    if is_gallery(data):
        return _gallery_source(data, path, idx, model or default_model())
    _refuse_idx(idx, path)
    return Source(Plan.from_document(data, path))


def is_document(path: Path) -> bool:
    """Tell a file of JSON, or the standard input, from a picture, by its name."""
    return path.suffix.lower() == ".json" or str(path) in STANDARD_INPUT


def _refuse_idx(idx: int | None, path: Path) -> None:
    if idx is not None:
        raise RenderError(f"--idx is for a gallery, a JSON list of parameter sets; {str(path)!r} is none")


def _gallery_source(data: Any, path: Path, idx: int | None, model: str) -> Source:
    entry = _chosen(read_entries(data, path), idx, path)
    folder, wanted = _folder_of(entry, path), entry.repaint
    if wanted is not None:
        wanted = replace(wanted, mask=str(folder / wanted.mask))
    settings = RenderSettings.for_model(model, **_overrides(entry.settings))
    return Source(entry.plan.anchored(folder), settings, None, wanted)


def _chosen(entries: list[GalleryEntry], idx: int | None, path: Path) -> GalleryEntry:
    if idx is None and len(entries) == 1:
        return entries[0]
    if idx is not None and 0 <= idx < len(entries):
        return entries[idx]
    listed = "; ".join(f"{number} {_shortened(entry.plan.prompt)!r}" for number, entry in enumerate(entries))
    asked = "say which with --idx N" if idx is None else f"there is no {idx}"
    raise RenderError(f"{str(path)!r} is a gallery of {len(entries)} parameter sets, {asked}: {listed or 'none'}")


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1].rstrip() + "…"


def _overrides(settings: GallerySettings) -> dict[str, Any]:
    """Return what a gallery says, without what it leaves open; no binding steps are a setting of their own."""
    said = {name: value for name, value in vars(settings).items() if value is not None}
    return {**said, "hard_binding_steps": settings.hard_binding_steps}


def _folder_of(entry: GalleryEntry, gallery: Path) -> Path:
    """Return the folder of a set's files: that of the gallery or, as in a checkout of the release, the one above.

    Where they are in neither it is the first, and whoever needs them will say so.
    """
    names = [item.image.path for item in entry.plan.objects if item.image]
    names += [entry.repaint.mask] if entry.repaint else []
    folder = gallery.resolve().parent
    return next((base for base in (folder, folder.parent) if all((base / name).is_file() for name in names)), folder)
