"""What a picture can be painted from, read from a file.

A plan, a plan as another program writes it, a parameter set of a gallery, or a picture of ours.
"""

from __future__ import annotations

import json
import logging
import shlex
from pathlib import Path
from typing import Any

from generator.recipe import Recipe, read_recipe
from generator.regions.masking import read_mask
from generator.regions.repaint import Repaint
from generator.settings import RenderSettings, default_model
from planner.errors import PlanError, RenderError
from planner.formats import recognised_plan
from planner.plan import Plan, document
from planner.plan.document import STANDARD_INPUT
from planner.plan.gallery import NO_BINDING, GalleryEntry, is_gallery, read_entries

log = logging.getLogger("ragplan")

SENTENCES = (".txt", ".csv", ".jsonl")  # what a file of prompts is called
SHOWN = 40  # characters of a prompt in a list of parameter sets


def read_source(
    path: str | Path, idx: int | None = None, model: str | None = None, *, repainted: bool = False
) -> Recipe:
    """Read what a picture can be painted from: a plan (.json, or "-" for the standard input), a gallery, or a picture.

    A plan as another program writes it (`planner.export_plan`) is one, too, with the model's own settings.

    idx: which of a gallery's parameter sets, from 0; None: the only one.
    model: for which a plan or a gallery's set is completed with settings; None: the default one.
    repainted: whether to take what a gallery's set paints anew, too, if it does; a picture's recipe always has it.

    Raises `RenderError` and `PlanError`.
    """
    file = Path(path)
    if str(file) not in STANDARD_INPUT and not _is_there(file):
        meant = f"; a sentence is painted by: ragplan {shlex.quote(str(file))}" if " " in str(file) else ""
        raise RenderError(f"there is no file {str(file)!r}{meant}")
    chosen = model or default_model()
    if not is_document(file):
        _refuse_idx(idx, file)
        return _read_picture(file, chosen)
    data = document.read_json(file)
    if is_gallery(data):
        return _gallery_recipe(_chosen(read_entries(data, file), idx, file), file, chosen, repainted)
    _refuse_idx(idx, file)
    return _completed(_read_plan(data, file), chosen)


def sets_of(path: Path) -> list[str]:
    """Return the prompts of a gallery's parameter sets; none for a plan's file. Raises `PlanError` as `read_source`."""
    data = document.read_json(path)
    return [entry.plan.prompt for entry in read_entries(data, path)] if is_gallery(data) else []


def is_document(path: Path) -> bool:
    """Tell a file of JSON, or the standard input, from a picture, by its name."""
    return path.suffix.lower() == ".json" or str(path) in STANDARD_INPUT


def _read_plan(data: Any, file: Path) -> Plan:
    """Read a plan from a JSON value: ours, else another program's. Raises `PlanError` for what is neither."""
    try:
        return Plan.from_document(data, file)
    except PlanError:
        if found := _foreign(json.dumps(data), file):
            return found
        raise


def _read_picture(file: Path, model: str) -> Recipe:
    """Read a picture's recipe, or another program's plan from a file of text. Raises `RenderError` for other files."""
    try:
        return read_recipe(file)
    except RenderError as error:
        text = _text_of(file)
        if text is not None and (found := _foreign(text, file)):
            return _completed(found, model)
        if text is None or file.suffix.lower() not in SENTENCES:
            raise
        way = f"a file of sentences is painted by: ragplan batch {shlex.quote(str(file))} -o FOLDER"
        raise RenderError(f"{str(file)!r} is neither a plan (.json) nor a picture (.png); {way}") from error


def _text_of(file: Path) -> str | None:
    try:
        return document.read_text(file)
    except (PlanError, OSError):  # a picture, a folder
        return None


def _foreign(text: str, file: Path) -> Plan | None:
    found = recognised_plan(text)
    if found is None:
        return None
    log.info("%s is read as a plan in the format %s; all settings are the model's own", file, found[0])
    return found[1].anchored(file.parent)


def _completed(plan: Plan, model: str) -> Recipe:
    return Recipe(plan, RenderSettings.for_model(model), kind="plan")


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
    if said.hard_binding_steps == NO_BINDING:
        given["hard_binding_steps"] = None
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
