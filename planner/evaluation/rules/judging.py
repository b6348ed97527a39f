"""What the rules look at, and what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.evaluation.rules import naming
from planner.evaluation.suites.cases import SuiteCase
from planner.plan import Plan
from planner.plan.box import Box


@dataclass(frozen=True)
class Seen:
    """An object as the rules see it: its prompt and its box in pixels."""

    prompt: str
    box: Box


@dataclass(frozen=True)
class Layout:
    """A plan as the rules see it: the objects in the order of painting, the cells' prompts, the canvas in pixels."""

    objects: tuple[Seen, ...]
    cells: tuple[str, ...]
    width: int
    height: int

    @classmethod
    def of(cls, plan: Plan, width: int, height: int) -> Layout:
        """Look at a plan on a canvas of width × height pixels."""
        seen = tuple(Seen(item.prompt, item.box.scaled(width, height)) for item in plan.objects)
        return cls(seen, tuple(cell.prompt for cell in plan.cells), width, height)

    def named(self, name: str, names: Sequence[str]) -> list[Seen]:
        """Return the objects of which `name` is the best of the case's names, by whole words."""
        return [item for item in self.objects if naming.best_name(item.prompt, names) == name]

    def things(self, case: SuiteCase) -> list[list[Seen]]:
        """Return the objects of each of the case's things, by whole words."""
        names = [thing.name for thing in case.things]
        return [self.named(name, names) for name in names]


@dataclass(frozen=True)
class Verdict:
    """A rule's scores by name, the one that counts first, each from 0 (wrong) to 1 (right), and the faults in words."""

    scores: dict[str, float]
    faults: tuple[str, ...] = ()
