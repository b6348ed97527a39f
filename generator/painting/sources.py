"""What a picture can be painted from, read from a file: a plan, a parameter set of a gallery, or a picture of ours."""

from __future__ import annotations

import shlex
from pathlib import Path

from generator.recipe import Recipe, read_recipe
from generator.regions.masking import read_mask
from generator.regions.repaint import Repaint
from generator.settings import RenderSettings, default_model
from planner.errors import RenderError
from planner.plan import Plan, document
from planner.plan.document import STANDARD_INPUT
from planner.plan.gallery import GalleryEntry, is_gallery, read_entries

SENTENCES = (".txt", ".csv", ".jsonl")  # what a file of prompts is called
SHOWN = 40  # characters of a prompt in a list of parameter sets


def read_source(
    path: str | Path, idx: int | None = None, model: str | None = None, *, repainted: bool = False
) -> Recipe:
    """Read what a picture can be painted from: a plan (.json, or "-" for the standard input), a gallery, or a picture.

    idx: which of a gallery's parameter sets, from 0; None: the only one.
    model: for which a plan or a gallery's set is completed with settings; None: the default one.
    repainted: whether to take what a gallery's set paints anew, too, if it does; a picture's recipe always has it.

    Raises `RenderError` and `PlanError`.
    """
    file = Path(path)
    if str(file) not in STANDARD_INPUT and not _is_there(file):
        meant = f"; a sentence is painted by: ragplan {shlex.quote(str(file))}" if " " in str(file) else ""
        raise RenderError(f"there is no file {str(file)!r}{meant}")
    if not is_document(file):
        if file.suffix.lower() in SENTENCES and file.is_file():
            way = f"a file of sentences is painted by: ragplan batch {shlex.quote(str(file))} -o FOLDER"
            raise RenderError(f"{str(file)!r} is neither a plan (.json) nor a picture (.png); {way}")
        _refuse_idx(idx, file)
        return read_recipe(file)
    data, chosen = document.read_json(file), model or default_model()
    if is_gallery(data):
        return _gallery_recipe(_chosen(read_entries(data, file), idx, file), file, chosen, repainted)
    _refuse_idx(idx, file)
    return Recipe(Plan.from_document(data, file), RenderSettings.for_model(chosen), kind="plan")


def sets_of(path: Path) -> list[str]:
    """Return the prompts of a gallery's parameter sets; none for a plan's file. Raises `PlanError` as `read_source`."""
    data = document.read_json(path)
    return [entry.plan.prompt for entry in read_entries(data, path)] if is_gallery(data) else []


def is_document(path: Path) -> bool:
    """Tell a file of JSON, or the standard input, from a picture, by its name."""
    return path.suffix.lower() == ".json" or str(path) in STANDARD_INPUT


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:  # a name too long for any file, a folder that may not be looked into
        raise RenderError(f"{str(path)!r}: {error.strerror}") from error


def _refuse_idx(idx: int | None, path: Path) -> None:
    if idx is not None:
        raise RenderError(f"--idx is for a gallery, a JSON list of parameter sets; {str(path)!r} is none")


def _gallery_recipe(entry: GalleryEntry, path: Path, model: str, repainted: bool) -> Recipe:
    folder, said = _folder_of(entry, path), entry.settings
    given = {name: value for name, value in vars(said).items() if value is not None}
    given["hard_binding_steps"] = said.hard_binding_steps  # none are a setting, too
    recipe = Recipe(entry.plan.anchored(folder), RenderSettings.for_model(model, **given), kind="gallery")
    if entry.repaint is None or not repainted:
        return recipe
    mask = read_mask(folder / entry.repaint.mask, recipe.grid)
    return recipe.repainted(Repaint(**{**vars(entry.repaint), "mask": mask, "seed": entry.repaint.seed or 0}))


def _chosen(entries: list[GalleryEntry], idx: int | None, path: Path) -> GalleryEntry:
    if not entries:
        raise RenderError(f"{str(path)!r} is an empty list: there is neither a plan nor a parameter set in it")
    if idx is None and len(entries) == 1:
        return entries[0]
    if idx is not None and 0 <= idx < len(entries):
        return entries[idx]
    listed = "; ".join(f"{number} {_shortened(entry.plan.prompt)!r}" for number, entry in enumerate(entries))
    asked = "say which with --idx N" if idx is None else f"there is no {idx}"
    raise RenderError(f"{str(path)!r} is a gallery of {len(entries)} parameter sets, {asked}: {listed}")


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1].rstrip() + "…"


def _folder_of(entry: GalleryEntry, gallery: Path) -> Path:
    """Return the folder of a set's files: that of the gallery or, as in a checkout of the release, the one above.

    Where they are in neither it is the first, and whoever needs them will say so.
    """
    names = [item.image.path for item in entry.plan.objects if item.image]
    names += [entry.repaint.mask] if entry.repaint else []
    folder = gallery.resolve().parent
    return next((base for base in (folder, folder.parent) if all((base / name).is_file() for name in names)), folder)
