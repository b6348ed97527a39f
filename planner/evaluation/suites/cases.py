"""What a suite says about its prompts: the things, how many, with which attributes, how they relate."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SuiteThing:
    """A thing that must be in the plan.

    name: what it is.
    count: exactly how often; 0: it must not be there; None: as `at_least` says.
    at_least: how often at the least, where the count is open.
    attributes: words that belong to it, "red", "wooden".
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
    """How one thing of a case stands to another.

    subject: the number of the thing that stands so.
    kind: "left", "next to" …, as the suite says it.
    target: the number of the thing to which it stands so.
    """

    subject: int
    kind: str
    target: int


@dataclass(frozen=True)
class SuiteCase:
    """One prompt of a suite.

    id: different from all others of the suite.
    prompt: the sentence.
    kind: the group in reports, "natural", "counting".
    rule: a name in `planner.evaluation.rules.rules.RULES`.
    things: what must be seen.
    relations: how the things stand to each other.
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
    """A file of prompts, read.

    name: the file's.
    format: a name in `planner.evaluation.suites.suites.FORMATS`.
    cases: one for each prompt, in the file's order.
    """

    name: str
    format: str
    cases: tuple[SuiteCase, ...]
