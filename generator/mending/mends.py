"""What can be done to a picture that is not right: each a record that makes another recipe of the picture's own.

A recipe is all that a picture is made from, so what a mend did is kept with it and made again without looking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from generator.recipe import MAX_REPAINTS, Recipe
from generator.regions.geometry import TokenGrid, box_rect, cell_rects
from generator.regions.masking import Repaint, TokenMask
from generator.review.findings import Stray
from generator.settings import repaint_binding_steps
from planner.plan import Box, Plan


class Mend(Protocol):
    """Something that makes another recipe of the best one so far."""

    @property
    def words(self) -> str:
        """What is done, for people."""
        ...

    def applied(self, first: Recipe, best: Recipe) -> Recipe:
        """Return what is to be painted, of the first picture's recipe and that of the best one so far."""
        ...


@dataclass(frozen=True)
class NewSeed:
    """The whole picture again from another seed; what was mended before is gone."""

    seed: int

    @property
    def words(self) -> str:
        """What is done, for people."""
        return f"the whole picture again, seed {self.seed}"

    def applied(self, first: Recipe, best: Recipe) -> Recipe:
        """Return the first recipe with the seed."""
        return replace(first, settings=first.settings.changed(seed=self.seed))


@dataclass(frozen=True)
class RepaintParts:
    """Objects painted anew in their boxes, and what stands beside them painted over, in one go.

    numbers: the objects' numbers.
    strays: what is painted over with what the plan has there: nothing, where no object is.
    names: the objects' names, for people.
    seed: of all their own noise.
    more_steps: in how many more first steps than before the objects are painted alone.
    around: whether to paint over everything beside the objects in the strays' cells, not the strays' places only.
    """

    numbers: tuple[int, ...]
    strays: tuple[Stray, ...] = ()
    names: tuple[str, ...] = ()
    seed: int = 0
    more_steps: int = 0
    around: bool = False

    @property
    def words(self) -> str:
        """What is done, for people."""
        again = f"{', '.join(self.names)} again" if self.names else ""
        pieces = f"{len(self.strays)} stray {'pieces' if len(self.strays) > 1 else 'piece'}"
        over = f"{pieces}{' and all around' if self.around else ''} painted over"
        return f"{' and '.join(filter(None, [again, over if self.strays else '']))}, noise {self.seed}"

    def applied(self, first: Recipe, best: Recipe) -> Recipe:
        """Return the best recipe with the repaints behind it."""
        shown, repaints = best.shown, []
        steps = min(repaint_binding_steps(best.settings) + self.more_steps, best.settings.steps - 1)
        cells = tuple(cell.prompt for cell in shown.cells)
        if tokens := stray_tokens(self.strays, shown, best.grid, around=self.around):
            mask = TokenMask(tokens, best.grid)
            repaints.append(Repaint(shown.prompt, "", cells, steps, self.seed, mask=mask))
        for number in self.numbers:
            item = shown.objects[number]
            repaints.append(Repaint(shown.prompt, item.prompt, cells, steps, self.seed, mask=item.box, number=number))
        return replace(best, repaints=(*best.repaints, *repaints), reviewed=None)


@dataclass(frozen=True)
class RefineCell:
    """The whole picture again from the same seed with another strength of refinement in one cell."""

    cell: int
    strength: float

    @property
    def words(self) -> str:
        """What is done, for people."""
        return f"refinement {self.strength:g} in cell {self.cell}"

    def applied(self, first: Recipe, best: Recipe) -> Recipe:
        """Return the first recipe with the cell's own strength, and the best one's seed."""
        numbers = iter(range(len(first.plan.cells)))
        rows = tuple(
            replace(
                row,
                cells=tuple(
                    replace(cell, refinement_strength=self.strength) if next(numbers) == self.cell else cell
                    for cell in row.cells
                ),
            )
            for row in first.plan.rows
        )
        return replace(first, plan=replace(first.plan, rows=rows), settings=best.settings)


@dataclass(frozen=True)
class NewPlan:
    """The picture of another plan, which the planner made of what is wrong; its seed is the best picture's."""

    plan: Plan
    planner: str = ""

    @property
    def words(self) -> str:
        """What is done, for people."""
        return f"a new plan of {self.planner or 'the planner'}'s"

    def applied(self, first: Recipe, best: Recipe) -> Recipe:
        """Return the recipe of the plan."""
        return Recipe(self.plan, best.settings)


def stray_tokens(strays: Sequence[Stray], plan: Plan, grid: TokenGrid, *, around: bool = False) -> tuple[int, ...]:
    """Return the tokens that strays stand on, one more on every side, without those of the objects' boxes.

    around: all tokens of the cells that they stand in, likewise.
    """
    taken = {token for item in plan.objects for token in box_rect(item.box, grid).tokens(grid)}
    found = {token for stray in strays for token in _grown(stray.box, grid)}
    if around:
        cells = [set(rect.tokens(grid)) for rect in cell_rects(plan, grid)]
        found |= {token for cell in cells if cell & found - taken for token in cell}
    return tuple(sorted(found - taken))


def _grown(box: Box, grid: TokenGrid) -> list[int]:
    left, top = max(int(box.x * grid.width) - 1, 0), max(int(box.y * grid.height) - 1, 0)
    right = min(-int(-box.right * grid.width // 1) + 1, grid.width)
    bottom = min(-int(-box.bottom * grid.height // 1) + 1, grid.height)
    return [y * grid.width + x for y in range(top, bottom) for x in range(left, right)]


def has_room(recipe: Recipe, mend: RepaintParts) -> bool:
    """Whether a recipe can hold the repaints of a mend."""
    return len(recipe.repaints) + len(mend.numbers) + bool(mend.strays) <= MAX_REPAINTS
