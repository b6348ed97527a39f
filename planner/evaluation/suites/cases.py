"""What a suite says about its prompts: the things, how many, with which attributes, how they relate."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SuiteThing:
    """A thing that must be in the plan exactly `count` times, or at least `at_least` times where `count` is None.

    A count of 0 means that it must not be there. `attributes` are words that belong to it ("red", "wooden").
    """

    name: str
    count: int | None = 1
    at_least: int = 1
    attributes: tuple[str, ...] = ()

    def allows(self, count: int) -> bool:
        """Tell whether so many of the thing are right."""
        return count >= self.at_least if self.count is None else count == self.count

    def __str__(self) -> str:
        number = f"{self.at_least} or more" if self.count is None else str(self.count)
        return " ".join((number, *self.attributes, self.name))


@dataclass(frozen=True)
class SuiteRelation:
    """The thing `subject` stands in `kind` ("left", "next to") to the thing `target`, both by number."""

    subject: int
    kind: str
    target: int


@dataclass(frozen=True)
class SuiteCase:
    """One prompt of a suite.

    `kind` groups cases in reports ("natural", "counting"), `rule` is a name in `planner.evaluation.rules.rules.RULES`.
    """

    id: str
    prompt: str
    kind: str
    rule: str
    things: tuple[SuiteThing, ...] = ()
    relations: tuple[SuiteRelation, ...] = ()

    def expectation(self) -> str:
        """Say in words what must be in the plan; empty where nothing is known."""
        said = [str(thing) for thing in self.things]
        for link in self.relations:
            said.append(f"{self.things[link.subject].name} {link.kind} {self.things[link.target].name}")
        return "; ".join(said)


@dataclass(frozen=True)
class Suite:
    """A file of prompts, read. `format` is a name in `planner.evaluation.suites.suites.FORMATS`."""

    name: str
    format: str
    cases: tuple[SuiteCase, ...]
