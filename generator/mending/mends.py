"""What can be done to a picture that is not right: each a record that makes another recipe of the picture's own.

A recipe is all that a picture is made from, so what a mend did is kept with it and made again without looking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from generator.recipe import MAX_REPAINTS, Recipe
from generator.regions.geometry import TokenGrid, box_rect
from generator.regions.masking import TokenMask
from generator.regions.repaint import Repaint
from generator.review.findings import Stray
from generator.settings import repaint_binding_steps
from planner.plan import Box, Plan

GROWTH: Final = (1.5, 1.25)  # of a box' sides, tried in this order
LEAST_GROWTH: Final = 1.2  # of its area, that is worth a picture
ROUNDING: Final = 1e-6


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
    """The whole picture again from another seed; what was repainted while mending is gone."""

    seed: int

    @property
    def words(self) -> str:
        """What is done, for people."""
        return f"the whole picture again, seed {self.seed}"

    def applied(self, first: Recipe, best: Recipe) -> Recipe:
        """Return the best recipe with the seed, and only what was painted anew before mending."""
        return best.changed(settings=best.settings.changed(seed=self.seed), repaints=first.repaints)


@dataclass(frozen=True)
class RepaintParts:
    """Objects painted anew in their boxes, and what stands beside them painted over, in one go.

    numbers: the objects' numbers.
    strays: what is painted over with what the plan has there: nothing, where no object is.
    names: the objects' names, for people.
    seed: of all their own noise.
    more_steps: in how many more first steps than before the objects are painted alone.
    around: whether to paint over everything beside the objects, not the strays' places only.
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
        """Return the best recipe with the repaints behind it; those that they cover, if mends made them, are gone."""
        shown, repaints = best.shown, []
        steps = min(repaint_binding_steps(best.settings) + self.more_steps, best.settings.steps - 1)
        cells = tuple(cell.prompt for cell in shown.cells)
        if tokens := stray_tokens(self.strays, shown, best.grid, around=self.around):
            mask = TokenMask(tokens, best.grid)
            repaints.append(Repaint(shown.prompt, "", cells, steps, self.seed, mask=mask))
        for number in self.numbers:
            item = shown.objects[number]
            repaints.append(Repaint(shown.prompt, item.prompt, cells, steps, self.seed, mask=item.box, number=number))
        new = [set(each.tokens(best.grid)) for each in repaints]
        kept = [
            each
            for number, each in enumerate(best.repaints)
            if number < len(first.repaints) or not any(set(each.tokens(best.grid)) <= tokens for tokens in new)
        ]
        return best.changed(repaints=(*kept, *repaints))


@dataclass(frozen=True)
class RoomierBoxes:
    """The whole picture again from the same seed, with larger boxes for some objects: small ones are hard to paint.

    numbers: the objects' numbers.
    names: what they are, for people.
    """

    numbers: tuple[int, ...]
    names: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What is done, for people."""
        return f"the whole picture again, more room for {', '.join(self.names)}"

    def applied(self, first: Recipe, best: Recipe) -> Recipe:
        """Return the best recipe with larger boxes in its plan, and nothing repainted."""
        plan = best.plan
        for number in self.numbers:
            plan = roomier(plan, number) or plan
        return best.changed(plan=plan, repaints=())


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
        """Return the best recipe with the cell's own strength, and nothing that was repainted while mending."""
        numbers = iter(range(len(best.plan.cells)))
        rows = tuple(
            replace(
                row,
                cells=tuple(
                    replace(cell, refinement_strength=self.strength) if next(numbers) == self.cell else cell
                    for cell in row.cells
                ),
            )
            for row in best.plan.rows
        )
        return best.changed(plan=replace(best.plan, rows=rows), repaints=first.repaints)


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


def roomier(plan: Plan, number: int) -> Plan | None:
    """Return a plan with a larger box for an object, inside its cell and over no other box; None where it has no room.

    Its sides grow by half, or by a quarter where that is too much, about its centre as far as the cell lets it.
    """
    item, cell = plan.objects[number], plan.cell_boxes()[plan.owner_cell(number)]
    others = [other.box for place, other in enumerate(plan.objects) if place != number]
    for factor in GROWTH:
        box = _about(item.box, factor, cell)
        over = any(box.intersection(other) > item.box.intersection(other) + ROUNDING for other in others)
        if cell.contains(item.box, ROUNDING) and not over and box.area >= LEAST_GROWTH * item.box.area:
            larger = replace(item, box=box)
            return replace(plan, objects=(*plan.objects[:number], larger, *plan.objects[number + 1 :]))
    return None


def _about(box: Box, factor: float, cell: Box) -> Box:
    """Return a box grown about its centre, moved and cut so that it lies in a cell."""
    width, height = min(box.width * factor, cell.width), min(box.height * factor, cell.height)
    x = min(max(box.center[0] - width / 2, cell.x), cell.right - width)
    y = min(max(box.center[1] - height / 2, cell.y), cell.bottom - height)
    return Box(x, y, width, height)


def stray_tokens(strays: Sequence[Stray], plan: Plan, grid: TokenGrid, *, around: bool = False) -> tuple[int, ...]:
    """Return the tokens that strays stand on, one more on every side, without those of the objects' boxes.

    around: all tokens of the picture, likewise, where strays stand outside the boxes at all.
    """
    taken = {token for item in plan.objects for token in box_rect(item.box, grid).tokens(grid)}
    found = {token for stray in strays for token in _grown(stray.box, grid)}
    if around and found - taken:
        found = set(range(grid.count))
    return tuple(sorted(found - taken))


def _grown(box: Box, grid: TokenGrid) -> list[int]:
    left, top = max(int(box.x * grid.width) - 1, 0), max(int(box.y * grid.height) - 1, 0)
    right = min(-int(-box.right * grid.width // 1) + 1, grid.width)
    bottom = min(-int(-box.bottom * grid.height // 1) + 1, grid.height)
    return [y * grid.width + x for y in range(top, bottom) for x in range(left, right)]


def has_room(recipe: Recipe, mend: RepaintParts) -> bool:
    """Whether a recipe can hold the repaints of a mend."""
    return len(recipe.repaints) + len(mend.numbers) + bool(mend.strays) <= MAX_REPAINTS
