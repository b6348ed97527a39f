"""Pictures on disk: a PNG that carries its plan, settings and versions, written whole or not at all. No torch.

The metadata is one JSON text chunk named `ragplan`: {"plan": …, "settings": …, "versions": …}, with
"repaint" beside them where a region was painted anew. Paths of the plan's pictures under the PNG's own folder are
relative to it.
"""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import chain, count
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin, UnidentifiedImageError

from generator.regions.masking import Repaint
from generator.settings import RenderSettings
from planner.errors import RagplanError, RenderError
from planner.plan import Plan
from planner.plan.files import whole_file

CHUNK = "ragplan"
PACKAGES = ("ragplan", "torch", "diffusers", "transformers")


@dataclass(frozen=True)
class Recipe:
    """What a picture was made from: everything needed to make it again."""

    plan: Plan
    settings: RenderSettings
    versions: dict[str, str]
    repaint: Repaint | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as plain JSON values; "repaint" is left out where nothing was painted anew."""
        recipe = {"plan": self.plan.to_dict(), "settings": self.settings.to_dict(), "versions": self.versions}
        return {**recipe, "repaint": self.repaint.to_dict()} if self.repaint else recipe


def installed_versions() -> dict[str, str]:
    """Name the versions that shape a picture."""
    versions = {}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            versions[package] = version(package)
    return versions


def check_target(path: Path) -> Path:
    """Raise RenderError, before any work is done, for a file name that cannot take the picture."""
    if path.suffix.lower() != ".png":
        raise RenderError(f"cannot write {str(path)!r}: pictures are .png files, which carry their plan and settings")
    if not path.parent.is_dir():
        raise RenderError(f"cannot write {str(path)!r}: there is no folder {str(path.parent)!r}")
    return path


def save_picture(
    image: Image.Image, path: Path, plan: Plan, settings: RenderSettings, repaint: Repaint | None = None
) -> Path:
    """Write the picture with its recipe and return where it is.

    Where `path` cannot be written the finished picture is kept in the temporary folder and RenderError says where.
    """
    recipe = Recipe(plan.relative_to(path.parent), settings, installed_versions(), repaint)
    chunk = PngImagePlugin.PngInfo()
    chunk.add_itxt(CHUNK, json.dumps(recipe.to_dict(), ensure_ascii=False))
    try:
        with whole_file(check_target(path)) as temporary:
            image.save(temporary, format="PNG", pnginfo=chunk)
    except (OSError, RenderError) as error:
        kept = Path(tempfile.mkdtemp(prefix="ragplan-")) / "picture.png"
        image.save(kept, format="PNG", pnginfo=chunk)
        raise RenderError(f"cannot write {str(path)!r} ({error}); the picture is kept in {str(kept)!r}") from error
    return path


def read_recipe(path: Path) -> Recipe:
    """Read the recipe out of a picture; RenderError where there is none or it is damaged."""
    try:
        with Image.open(path) as image:
            text = image.info.get(CHUNK)
    except UnidentifiedImageError as error:
        raise RenderError(f"{str(path)!r} is not a picture") from error
    if text is None:
        raise RenderError(f"{str(path)!r} carries no plan; only .png pictures that ragplan wrote do")
    try:
        found = json.loads(text)
        settings = RenderSettings.from_dict(found["settings"])
        repaint = Repaint.from_dict(found["repaint"]) if "repaint" in found else None
        plan = Plan.from_dict(found["plan"]).anchored(path.parent)
        return Recipe(plan, settings, found["versions"], repaint)
    except (ValueError, KeyError, TypeError, RagplanError) as error:
        raise RenderError(f"the plan in {str(path)!r} is damaged: {error}") from error


def free_name(sentence: str, folder: Path = Path()) -> Path:
    """Return a file name made from the sentence that does not exist yet: a-dog.png, a-dog-2.png, …"""
    words = re.findall(r"\w+", sentence.lower())
    stem = "-".join(words)[:48].strip("-") or "picture"
    numbered = (f"{stem}-{i}" for i in count(2))
    return next(path for name in chain([stem], numbered) if not (path := folder / f"{name}.png").exists())
