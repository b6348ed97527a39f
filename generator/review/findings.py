"""What a reviewer saw in a picture: a finding for each object of the plan, what else stands there, and a score.

`Review` is what a reviewer returns, `Reviewed` what a picture's recipe keeps of it. Plain data, in and out of JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from planner.plan import Box, Plan, document
from planner.plan.limits import MAX_DOCUMENT_OBJECTS
from planner.plan.parts import read_box

MAX_STRAYS: Final = 100
MAX_TRIED: Final = 1000
MAX_WORDS: Final = 500  # characters of what a reviewer says of one thing
HALF: Final = 0.5  # what an object counts that is there, but not as planned


@dataclass(frozen=True)
class Finding:
    """What a reviewer saw of one object of a plan.

    number: the object's, from 0.
    seen: whether it is there at all.
    placed: whether it is in its box.
    as_described: whether its attributes are right: colour, material, what it does.
    count: how often it stands where the plan has it once; 0 where it is not seen.
    confidence: how sure the reviewer is, 0 to 1.
    box: where it was seen, in fractions of the picture.
    words: what the reviewer says of it, for people.
    """

    number: int
    seen: bool
    placed: bool = True
    as_described: bool = True
    count: int = 1
    confidence: float = 1.0
    box: Box | None = None
    words: str = ""

    def __post_init__(self) -> None:
        document.integer(self.number, "number", minimum=0)
        document.integer(self.count, "count", minimum=0)
        document.number(self.confidence, "confidence", minimum=0, maximum=1)

    @property
    def is_right(self) -> bool:
        """Whether the object is as the plan wants it."""
        return self.seen and self.placed and self.as_described and self.count == 1

    @property
    def credit(self) -> float:
        """What the object counts in the score: 1 right, a half where it is there but not so, 0 missing."""
        return 1.0 if self.is_right else HALF if self.seen else 0.0

    @property
    def verdict(self) -> str:
        """What is the matter with the object, in words."""
        if not self.seen:
            return "not there"
        faults = {
            "not in its box": not self.placed,
            "not as described": not self.as_described,
            f"there {self.count} times": self.count != 1,
        }
        return ", ".join(words for words, holds in faults.items() if holds) or "right"

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain JSON values."""
        return {**asdict(self), "box": self.box and self.box.to_dict()}

    @classmethod
    def from_dict(cls, values: object, path: str) -> Finding:
        """Read what `to_dict` wrote. Raises `PlanError` with path and value for anything else."""
        names = ("seen", "placed", "as_described")
        known = document.fields(values, path, required=("number", *names, "count", "confidence", "box", "words"))
        given = {name: _truth(known[name], f"{path}.{name}") for name in names}
        return cls(
            number=document.integer(known["number"], f"{path}.number", minimum=0),
            count=document.integer(known["count"], f"{path}.count", minimum=0),
            confidence=document.number(known["confidence"], f"{path}.confidence", minimum=0, maximum=1),
            box=None if known["box"] is None else read_box(known["box"], f"{path}.box"),
            words=document.text(known["words"], f"{path}.words", most=MAX_WORDS),
            **given,
        )


@dataclass(frozen=True)
class Stray:
    """Something in a picture that its plan does not have.

    what: what it is, as far as the reviewer knows.
    box: where, in fractions of the picture.
    confidence: how sure the reviewer is, or how much it disturbs, 0 to 1; so much it counts in the score.
    """

    what: str
    box: Box
    confidence: float = 1.0

    def __post_init__(self) -> None:
        document.number(self.confidence, "confidence", minimum=0, maximum=1)

    def to_dict(self) -> dict[str, Any]:
        """Return the stray as plain JSON values."""
        return {"what": self.what, "box": self.box.to_dict(), "confidence": self.confidence}

    @classmethod
    def from_dict(cls, values: object, path: str) -> Stray:
        """Read what `to_dict` wrote. Raises `PlanError` with path and value for anything else."""
        known = document.fields(values, path, required=("what", "box", "confidence"))
        return cls(
            document.text(known["what"], f"{path}.what", most=MAX_WORDS),
            read_box(known["box"], f"{path}.box"),
            document.number(known["confidence"], f"{path}.confidence", minimum=0, maximum=1),
        )


@dataclass(frozen=True)
class Review:
    """What a reviewer saw in a picture.

    reviewer: who looked.
    findings: one for each object of the plan, in its order.
    strays: what the plan does not have.
    seconds: how long it took.
    tokens: what a language model read and wrote for it; 0 where none was asked.
    """

    reviewer: str
    findings: tuple[Finding, ...] = ()
    strays: tuple[Stray, ...] = ()
    seconds: float = 0.0
    tokens: int = 0

    @property
    def score(self) -> float:
        """How much of the picture is as planned, 0 to 1: what the objects count, over objects and strays together."""
        of = len(self.findings) + sum(stray.confidence for stray in self.strays)
        return sum(finding.credit for finding in self.findings) / of if self.findings else 1 / (1 + of)

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong with the picture."""
        return not self.wrong and not self.strays

    @property
    def wrong(self) -> tuple[int, ...]:
        """The numbers of the objects that are not as planned."""
        return tuple(finding.number for finding in self.findings if not finding.is_right)

    def check(self, plan: Plan) -> Review:
        """Return the review. Raises `PlanError` where its findings are not one for each object of the plan."""
        numbers = [finding.number for finding in self.findings]
        if numbers != list(range(len(plan.objects))):
            wanted = f"one for each of the plan's {len(plan.objects)} objects, in order"
            document.wrong("a review's findings", wanted, numbers)
        return self

    def lines(self, plan: Plan) -> list[str]:
        """Say in lines what was seen, each object of the plan by its name."""
        found = []
        for finding in self.findings:
            said = f" ({finding.words})" if finding.words else ""
            found.append(f"{plan.objects[finding.number].name}: {finding.verdict}{said}")
        for stray in self.strays:
            x, y = stray.box.center
            found.append(f"{stray.what}: not in the plan, at {x:.0%} from the left, {y:.0%} from the top")
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the review as plain JSON values; the score is only told, it follows from the rest."""
        return {
            "reviewer": self.reviewer,
            "score": round(self.score, 4),
            "findings": [finding.to_dict() for finding in self.findings],
            "strays": [stray.to_dict() for stray in self.strays],
            "seconds": round(self.seconds, 3),
            "tokens": self.tokens,
        }

    @classmethod
    def from_dict(cls, values: object, path: str = "review") -> Review:
        """Read what `to_dict` wrote. Raises `PlanError` with path and value for anything else."""
        names = ("reviewer", "findings", "strays", "seconds", "tokens")
        known = document.fields(values, path, required=names, optional=("score",))
        findings = document.each(known["findings"], f"{path}.findings", most=MAX_DOCUMENT_OBJECTS)
        strays = document.each(known["strays"], f"{path}.strays", most=MAX_STRAYS)
        return cls(
            document.text(known["reviewer"], f"{path}.reviewer", most=MAX_WORDS),
            tuple(Finding.from_dict(*finding) for finding in findings),
            tuple(Stray.from_dict(*stray) for stray in strays),
            document.number(known["seconds"], f"{path}.seconds"),
            document.integer(known["tokens"], f"{path}.tokens", minimum=0),
        )


@dataclass(frozen=True)
class Tried:
    """One thing that was done to a picture and what came of it.

    what: what was done, in words.
    score: of the picture that came of it; None where there was none, or none could be told.
    kept: whether it was the best so far.
    """

    what: str
    score: float | None
    kept: bool

    @classmethod
    def from_dict(cls, values: object, path: str) -> Tried:
        """Read the plain JSON values. Raises `PlanError` with path and value for anything else."""
        known = document.fields(values, path, required=("what", "score", "kept"))
        score = known["score"]
        return cls(
            document.text(known["what"], f"{path}.what", most=MAX_WORDS),
            None if score is None else document.number(score, f"{path}.score", minimum=0, maximum=1),
            _truth(known["kept"], f"{path}.kept"),
        )


@dataclass(frozen=True)
class Reviewed:
    """What a picture's recipe says of how it was looked at and mended; nothing of it is needed to make it again.

    review: of the picture itself.
    tried: everything that was done, in order, the first picture too.
    stopped: why nothing more was done.
    """

    review: Review
    tried: tuple[Tried, ...] = field(default_factory=tuple)
    stopped: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain JSON values."""
        tried = [asdict(each) for each in self.tried]
        return {"review": self.review.to_dict(), "tried": tried, "stopped": self.stopped}

    @classmethod
    def from_dict(cls, values: object, path: str = "reviewed") -> Reviewed:
        """Read what `to_dict` wrote. Raises `PlanError` with path and value for anything else."""
        known = document.fields(values, path, required=("review", "tried", "stopped"))
        tried: Sequence[tuple[Any, str]] = document.each(known["tried"], f"{path}.tried", most=MAX_TRIED)
        return cls(
            Review.from_dict(known["review"], f"{path}.review"),
            tuple(Tried.from_dict(*each) for each in tried),
            document.text(known["stopped"], f"{path}.stopped", most=MAX_WORDS),
        )


def _truth(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        document.wrong(path, "true or false", value)
    return value
