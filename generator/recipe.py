"""What a picture was made from, in one record, and the picture with it: in memory, or in a PNG.

A PNG carries its recipe in one JSON text chunk named `ragplan`: {"plan": …, "settings": …, "versions": …}, and
"repaints" where regions were painted anew ("repaint", one of them, in pictures of ragplan 0.1), "reviewed" where it
was looked at. Paths of files are relative to the PNG; those in the user's home that have nothing to do with its folder
begin with ~. No torch.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from PIL import Image

from generator.pictures import read_picture, read_png_text, write_png
from generator.regions.geometry import TokenGrid
from generator.regions.repaint import Repaint
from generator.review.findings import Reviewed
from generator.settings import RenderSettings
from planner.errors import RagplanError, RenderError
from planner.plan import Plan, document

PACKAGES = ("ragplan", "torch", "diffusers", "transformers")
MAX_REPAINTS = 32


@dataclass(frozen=True)
class Recipe:
    """Everything that makes a picture, and makes it again.

    plan: of the picture before anything was painted anew.
    settings: how it is painted.
    repaints: what was painted anew, one after the other, each on the picture before it.
    versions: with what it was painted, by package; empty for a picture that is still to be painted.
    kind: what it was read from, "picture", "gallery" or "plan"; empty where it was not.
    reviewed: what was seen in the picture and done about it; None where nobody looked. It makes nothing.
    """

    plan: Plan
    settings: RenderSettings
    repaints: tuple[Repaint, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict, compare=False)
    kind: str = field(default="", compare=False)
    reviewed: Reviewed | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.plan, Plan):
            way = "plan_and_generate paints a sentence, read_source reads a file" if isinstance(self.plan, str) else ""
            hint = f" ({way})" if way else ""
            raise RenderError(f"what is painted is a plan or a recipe, got {self.plan!r:.60}{hint}")
        if not isinstance(self.settings, RenderSettings):
            like = "such as RenderSettings.for_model('embedded', seed=1)"
            raise RenderError(f"the settings are RenderSettings, {like}, got {self.settings!r:.60}")

    @property
    def grid(self) -> TokenGrid:
        """The canvas in tokens."""
        return self.settings.grid

    @property
    def shown(self) -> Plan:
        """The plan of what is seen in the end: after all that was painted anew."""
        plan = self.plan
        for repaint in self.repaints:
            plan = repaint.applied(plan)
        return plan

    def repainted(self, repaint: Repaint) -> Recipe:
        """Return the recipe of the picture in which one more region is painted anew."""
        return self.changed(repaints=(*self.repaints, repaint.on(self.grid)))

    def changed(self, **parts: Any) -> Recipe:
        """Return the recipe with other parts; where they make another picture, what was seen in this one is gone."""
        new = replace(self, **parts)
        return new if new == self else replace(new, reviewed=None)

    def seeded(self) -> Recipe:
        """Return the recipe with a seed: its own, or a new one."""
        return replace(self, settings=self.settings.seeded())

    def one(self, number: int) -> Recipe:
        """Return the recipe of picture `number` of several, from 0, as `RenderSettings.of_picture`."""
        return self.changed(settings=self.settings.of_picture(number))

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as plain JSON values; without "repaints" and "reviewed" where nothing was."""
        recipe = {"plan": self.plan.to_dict(), "settings": self.settings.to_dict(), "versions": dict(self.versions)}
        repaints = {"repaints": [each.to_dict() for each in self.repaints]} if self.repaints else {}
        return {**recipe, **repaints, **({"reviewed": self.reviewed.to_dict()} if self.reviewed else {})}

    @classmethod
    def from_dict(cls, values: object) -> Recipe:
        """Read what `to_dict` wrote. Raises `RagplanError` for anything else, before anything large is made of it."""
        optional = ("versions", "repaints", "repaint", "reviewed")
        known = document.fields(values, "", required=("plan", "settings"), optional=optional)
        settings = RenderSettings.from_dict(_object(known["settings"], "settings"))
        listed = known.get("repaints", [known["repaint"]] if "repaint" in known else [])
        canvas = settings.grid
        repaints = tuple(
            Repaint.from_dict(each, canvas) for each in document.items(listed, "repaints", most=MAX_REPAINTS)
        )
        versions = _object(known.get("versions", {}), "versions")
        texts = {document.text(name, "versions"): document.text(text, "versions") for name, text in versions.items()}
        reviewed = Reviewed.from_dict(known["reviewed"]) if "reviewed" in known else None
        plan = Plan.from_dict(_object(known["plan"], "plan"))
        recipe = cls(plan, settings, repaints, texts, reviewed=reviewed)
        for repaint in repaints:
            repaint.tokens(canvas)  # a box off the canvas
        return recipe

    def relative_to(self, folder: Path) -> Recipe:
        """Return the recipe as a picture in a folder carries it: with the files' paths relative to the folder."""
        return replace(self, plan=self.plan.anchored("."))._with_paths(partial(_relative, folder.resolve()))

    def anchored(self, folder: Path) -> Recipe:
        """Return the recipe with the files' paths absolute; relative ones are read from the folder.

        Raises `RagplanError` for a path that cannot be one.
        """
        return replace(self, plan=self.plan.anchored(folder))._with_paths(partial(_anchored, folder))

    def _with_paths(self, changed: Callable[[str], str]) -> Recipe:
        objects = tuple(item.with_paths(changed, changed) for item in self.plan.objects)
        return replace(self, plan=replace(self.plan, objects=objects), settings=self.settings.with_paths(changed))

    def save(
        self, image: Image.Image, path: str | Path, *, overwrite: bool = True, home: str | Path | None = None
    ) -> Path:
        """Write the picture with its recipe and return where it is, as `generator.pictures.write_png`.

        home: the folder where it will lie in the end; None: that of the path.
        """
        carried = replace(self, versions=installed_versions()).relative_to(Path(home or Path(path).parent)).to_dict()
        return write_png(image, path, json.dumps(carried, ensure_ascii=False), overwrite=overwrite)


@dataclass(frozen=True)
class Result:
    """A picture with its recipe, the seed filled in; `notes` is what the planner and the painter have to say of it."""

    image: Image.Image
    recipe: Recipe
    notes: tuple[str, ...] = ()

    @property
    def plan(self) -> Plan:
        """The plan of what the picture shows, after all that was painted anew; `recipe.plan` is the one it began as."""
        return self.recipe.shown

    @property
    def settings(self) -> RenderSettings:
        """How it was painted."""
        return self.recipe.settings

    def save(self, path: str | Path, *, overwrite: bool = True) -> Path:
        """Write the picture as a PNG that carries its recipe, and return where it is; the rest is as `Recipe.save`."""
        return self.recipe.save(self.image, path, overwrite=overwrite)

    @classmethod
    def open(cls, path: str | Path) -> Result:
        """Read a picture that `save`, or the command line, wrote. Raises `RenderError` for any other file."""
        recipe = read_recipe(path)
        return cls(read_picture(path, f"the picture {str(path)!r}"), recipe)


def check_result(before: object) -> None:
    """Raise `RenderError` for what is no picture with its recipe, such as a file's name."""
    if not isinstance(before, Result):
        raise RenderError(f"a picture is a Result, such as Result.open('out.png') gives, got {before!r:.60}")


def save_picture(image: Image.Image, path: str | Path, recipe: Recipe) -> Path:
    """Write a picture with its recipe and return where it is. Raises `RenderError` as `Recipe.save`."""
    return recipe.save(image, path)


def read_recipe(path: str | Path) -> Recipe:
    """Read the recipe out of a picture; `RenderError` where there is none, it is damaged or of a newer ragplan."""
    text, values = read_png_text(path), None
    try:
        values = document.parse_json(text)
        return replace(Recipe.from_dict(values), kind="picture").anchored(Path(path).absolute().parent)
    except (RagplanError, ValueError, RuntimeError, OSError) as error:
        if newer := _newer_version(values):
            raise RenderError(
                f"{str(path)!r} was made by a newer ragplan, {newer}; this one is {version('ragplan')} and cannot read "
                f"its recipe ({error})"
            ) from error
        raise RenderError(f"the plan in {str(path)!r} is damaged: {error}") from error


def installed_versions() -> dict[str, str]:
    """Name the versions that shape a picture."""
    versions = {}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    return versions


def _object(value: object, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        document.wrong(path, "an object", value)
    return value


def _newer_version(values: object) -> str | None:
    """Return the version of ragplan that a recipe was written by, where it is newer than this one."""
    versions = values.get("versions") if isinstance(values, dict) else None
    written = versions.get("ragplan") if isinstance(versions, dict) else None
    if not isinstance(written, str) or not re.fullmatch(r"[\w.+!-]{1,20}", written, re.ASCII):
        return None
    found, ours = ([int(part) for part in re.findall(r"\d+", text)[:3]] for text in (written, version("ragplan")))
    return written if found > ours else None


def _relative(folder: Path, name: str) -> str:
    """Return how a picture in a folder names a file: from there, or from the user's home; other names as they are."""
    file = Path(name).expanduser()
    if not (file.is_absolute() or file.exists()):
        return name
    file, home = file.resolve(), Path("~").expanduser()
    if home in file.parents and home not in (folder, *folder.parents):
        return f"~/{file.relative_to(home).as_posix()}"
    path = Path(os.path.relpath(file, folder)).as_posix()
    return path if path.startswith("../") else f"./{path}"


def _anchored(folder: Path, name: str) -> str:
    """Return the absolute path of what `_relative` named."""
    if not name.startswith(("./", "../", "~/")):
        return name
    return str(Path(folder, Path(name).expanduser()).resolve())
