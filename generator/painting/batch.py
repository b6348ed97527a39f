"""Several pictures, one after the other with a model that is loaded once, or as one batch. No torch at import."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from generator.adapters.references import read_references
from generator.costs.estimate import estimate
from generator.painting.checks import tell_unknown_words
from generator.painting.painter import Painter
from generator.progress import OnProgress, ignore
from generator.recipe import Recipe, Result, read_recipe
from generator.settings import LoadOptions, RenderSettings
from planner.errors import RenderError


def generate_many(
    recipes: Sequence[Recipe],
    *,
    device: str | None = None,
    loading: LoadOptions | None = None,
    quiet: bool = True,
    on_progress: OnProgress = ignore,
) -> Iterator[Result]:
    """Paint pictures one after the other and yield each as soon as it is there, so that it can be saved.

    Recipes in a row with the same weights share a model. The other arguments are those of `generator.generate`.
    Raises `RenderError` or `PlanError` before anything is loaded if one of the recipes cannot be painted.
    """
    painter = Painter(loading=(loading or LoadOptions()).on(device), quiet=quiet)
    for recipe in recipes:
        check_recipe(recipe)
    return (painter.paint(recipe, on_progress=on_progress) for recipe in recipes)


def generate_together(
    recipes: Sequence[Recipe],
    *,
    images: int = 1,
    device: str | None = None,
    loading: LoadOptions | None = None,
    quiet: bool = True,
    on_progress: OnProgress = ignore,
) -> Iterator[Result]:
    """Paint `images` pictures of each recipe as one batch, and yield them recipe by recipe; seeds count up.

    Each is the picture of a call of its own, but for rounding. The other arguments are those of `generator.generate`.
    Raises `RenderError` before anything is loaded for what cannot be one batch: they need the same settings but the
    seed, plans with the same cells, and nothing that is painted anew; several plans have no reference pictures.
    """
    painter = Painter(loading=(loading or LoadOptions()).on(device), quiet=quiet)
    check_together(recipes)
    estimate([recipe.plan for recipe in recipes], recipes[0].settings, images=images)
    return _painted_together(painter, recipes, images, on_progress)


def _painted_together(
    painter: Painter, recipes: Sequence[Recipe], images: int, on_progress: OnProgress
) -> Iterator[Result]:
    for recipe in recipes:
        tell_unknown_words(recipe)
    each = [recipe.one(number) for recipe in (recipe.seeded() for recipe in recipes) for number in range(images)]
    for one, image in zip(each, painter.together(each, images=images, on_progress=on_progress), strict=True):
        yield Result(image, one)


def missing(recipes: Sequence[Recipe], folder: Path) -> list[int]:
    """Return the numbers of the recipes of which a folder has no picture; one without a seed is content with any."""
    found = [recipe.relative_to(folder).to_dict() for recipe in _recipes_in(folder)]
    left = []
    for number, recipe in enumerate(recipes):
        wanted = recipe.relative_to(folder).to_dict()
        same = [each for each in found if _is(each, wanted)]
        if same:
            found.remove(same[0])
        else:
            left.append(number)
    return left


def _recipes_in(folder: Path) -> Iterator[Recipe]:
    """Yield the recipes of the pictures of a folder, but for those that have none."""
    for path in sorted(folder.glob("*.png")):
        with suppress(RenderError):
            yield read_recipe(path)


def _is(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Tell whether a picture's recipe is the one that is wanted, whatever made it."""
    seed = wanted["settings"]["seed"]
    settings = found["settings"] if seed is not None else {**found["settings"], "seed": None}
    made: dict[str, Any] = {"versions": {}, "reviewed": {}}  # on which no picture depends
    return {**found, "settings": settings, **made} == {**wanted, **made}


def check_recipe(recipe: Recipe) -> None:
    """Raise `RenderError` or `PlanError`, before anything is loaded, for a picture that cannot be painted."""
    estimate(recipe.plan, recipe.settings, repaint=recipe.repaints)
    read_references(recipe.plan)


def check_together(recipes: Sequence[Recipe]) -> None:
    """Raise `RenderError` for recipes that cannot be painted as one batch; for their plans `estimate` does."""
    for number, recipe in enumerate(recipes):
        if recipe.repaints:
            raise RenderError(f"plan {number} is of a repainted picture, and these are painted alone, not in a batch")
        for name in (field.name for field in fields(RenderSettings) if field.name != "seed"):
            first, other = getattr(recipes[0].settings, name), getattr(recipe.settings, name)
            if other != first:
                raise RenderError(
                    f"pictures of one batch need the same settings, but {name} is {first!r} for plan 0 and {other!r} "
                    f"for plan {number}; say which, or paint them one after the other"
                )
