"""Rounds of mending: what was done in one, what came of it, and how the whole of them ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from generator.options import check_integer, check_number
from generator.recipe import Result
from generator.review.findings import Review, Tried

MAX_ROUNDS = 100
MAX_SECONDS = 86_400.0  # a day


@dataclass(frozen=True)
class MendLimits:
    """How long a picture is mended.

    rounds: how often something is done to it after the first look, 0 to 100; 0 only looks.
    seconds: after which nothing new is begun and what is painted is stopped, above 0, at most a day; None: any time.
        They begin with the first look: the picture itself is always painted.

    Raises `SettingError`, a `RenderError`, for what is out of range.
    """

    rounds: int = 4
    seconds: float | None = None

    def __post_init__(self) -> None:
        check_integer("rounds", self.rounds, 0, MAX_ROUNDS)
        if self.seconds is not None:
            check_number("seconds", self.seconds, 0.001, MAX_SECONDS)


@dataclass(frozen=True)
class Round:
    """One thing that was done, and the picture that came of it.

    number: 0 for the first picture, then counting up.
    what: what was done, in words.
    result: the picture; None where it could not be painted.
    review: what was seen in it; None where it could not be looked at.
    kept: whether it is the best so far.
    trouble: why there is no picture, or no review of it, or why a better score was not kept.
    seconds: how long painting and looking took.
    """

    number: int
    what: str
    result: Result | None
    review: Review | None
    kept: bool = False
    trouble: str = ""
    seconds: float = 0.0

    @property
    def tried(self) -> Tried:
        """What a recipe keeps of it."""
        return Tried(self.what, self.review.score if self.review else None, self.kept)

    def lines(self) -> list[str]:
        """Say in lines what was seen and what became of it."""
        if self.review is None or self.result is None:
            return [self.trouble]
        kept = "" if not self.number else ", kept" if self.kept else f", not kept{self.trouble and f': {self.trouble}'}"
        return [*self.review.lines(self.result.plan), f"score {self.review.score:.2f}{kept}"]

    def to_dict(self) -> dict[str, Any]:
        """Return the round as plain JSON values, without its picture."""
        names = ("number", "what", "kept", "trouble", "seconds")
        told = {name: getattr(self, name) for name in names}
        return {**told, "review": self.review and self.review.to_dict()}


@dataclass(frozen=True)
class Mended:
    """How mending ended.

    result: the best picture; its recipe says what was seen and done.
    rounds: all that was done, the first look too.
    stopped: why nothing more was done: "all is right", "4 rounds are over", …
    interrupted: whether it was Ctrl-C.
    """

    result: Result
    rounds: tuple[Round, ...]
    stopped: str
    interrupted: bool = False

    @property
    def review(self) -> Review | None:
        """What was seen in the best picture; None where it could not be looked at."""
        return next((each.review for each in reversed(self.rounds) if each.kept), None)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values, without the pictures."""
        rounds = [each.to_dict() for each in self.rounds]
        return {"stopped": self.stopped, "rounds": rounds, "review": self.review and self.review.to_dict()}


OnRound = Callable[[Round], None]


def unheard(finished: Round) -> None:
    """Listen to no rounds: what a caller who gives no listener has."""
