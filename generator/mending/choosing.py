"""What to do next to a picture that is not right.

The order was tried on the embedded model (docs/agent.md): what is wrong is repainted where most of the picture is
right, strays with all that is beside the objects, again and again from other noise where nothing else is wrong. Else
boxes get more room, then comes other noise with more binding steps; a picture that is mostly wrong, or was mended in
vain, begins anew from another seed. In between its planner may think again, and in the end a cell is refined by half.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from generator.mending.mends import (
    Mend,
    NewSeed,
    RefineCell,
    RepaintParts,
    RoomierBoxes,
    has_room,
    roomier,
    stray_tokens,
)
from generator.mending.rounds import Round
from generator.recipe import Recipe
from generator.review.findings import Review, Stray
from planner.plan import Plan

FAILS_BEFORE_PLANNING = 2  # how often an object is painted in vain before the planner is asked
REFINED_BY_HALF = 0.5

Replan = Callable[[Review], Mend | None]


def never(review: Review) -> Mend | None:
    """Ask no planner: for a picture that has none."""


@dataclass
class Choosing:
    """Chooses mends, one after the other, each only once.

    first: the recipe of the first picture.
    replan: asks the planner, with what is wrong, for a plan that does better; None where it has none.
    """

    first: Recipe
    replan: Replan = never
    _seeds: int = 0
    _in_vain: int = 0
    _wrong: Counter[int] = field(default_factory=Counter)
    _planned: bool = False
    _refined: set[int] = field(default_factory=set)
    _enlarged: set[int] = field(default_factory=set)

    def seen(self, finished: Round) -> None:
        """Take note of a round: what is wrong in it, and whether it was done in vain."""
        if finished.review is not None:
            self._wrong.update(finished.review.wrong)
        self._in_vain = 0 if finished.kept else self._in_vain + 1

    def next(self, best: Round, number: int) -> Mend:
        """Return what to do to the best picture so far, in round `number`."""
        assert best.result is not None
        assert best.review is not None
        recipe, review = best.result.recipe, best.review
        if (planned := self._replanned(review)) is not None:
            return planned
        parts = self._parts(recipe, review, number)
        mostly_right = 2 * len(review.wrong) <= len(review.findings)
        if self._in_vain == 1 and review.wrong and (room := self._roomier(recipe, review)) is not None:
            self._enlarged |= set(room.numbers)
            return room
        if parts is not None and mostly_right and (self._in_vain < 2 or not review.wrong):
            return parts
        if self._in_vain >= 4 and (cell := self._cell(recipe, review)) is not None:
            self._refined.add(cell)
            return RefineCell(cell, REFINED_BY_HALF)
        self._seeds += 1
        assert self.first.settings.seed is not None
        return NewSeed((self.first.settings.seed + self._seeds) % 2**64)

    def _replanned(self, review: Review) -> Mend | None:
        """Ask the planner once, where an object fails again and again."""
        stubborn = [number for number in review.wrong if self._wrong[number] > FAILS_BEFORE_PLANNING]
        if self._planned or not stubborn or self.first.repaints:
            return None
        self._planned = True
        return self.replan(review)

    def _parts(self, recipe: Recipe, review: Review, number: int) -> RepaintParts | None:
        """Return the repaint of all that is wrong; None where something of it cannot be repainted."""
        shown = recipe.shown
        own = [item.image is not None or bool(item.lora) for item in shown.objects]
        if any(own[each] for each in review.wrong):
            return None  # a repaint would lose its picture, or its LoRA
        strays = review.strays if stray_tokens(review.strays, shown, recipe.grid) else ()
        names = tuple(shown.objects[each].name for each in review.wrong)
        parts = RepaintParts(
            review.wrong, strays, names, number, more_steps=2 * self._in_vain, around=self._in_vain != 2
        )
        return parts if (parts.numbers or parts.strays) and has_room(recipe, parts) else None

    def _roomier(self, recipe: Recipe, review: Review) -> RoomierBoxes | None:
        """Return larger boxes for what is wrong, and for what has strays beside it; None where there is no room.

        Each object's box grows once, and none of a picture in which something was painted anew before.
        """
        plan = recipe.plan
        if self.first.repaints or len(plan.objects) != len(review.findings):
            return None
        beside = {nearest(plan, stray) for stray in review.strays} if plan.objects else set()
        numbers = [each for each in sorted({*review.wrong, *beside} - self._enlarged) if roomier(plan, each)]
        return RoomierBoxes(tuple(numbers), tuple(plan.objects[each].name for each in numbers)) if numbers else None

    def _cell(self, recipe: Recipe, review: Review) -> int | None:
        """Return the first cell with something wrong that was not refined otherwise yet."""
        known = [each for each in review.wrong if each < len(recipe.plan.objects)]
        owners = [recipe.plan.owner_cell(each) for each in known]
        return next((cell for cell in owners if cell not in self._refined), None)


def nearest(plan: Plan, stray: Stray) -> int:
    """Return the number of the object whose box is nearest to a stray."""
    return min(range(len(plan.objects)), key=lambda number: plan.objects[number].box.distance(*stray.box.center))
