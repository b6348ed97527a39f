"""Numbers in several words: "half a dozen", "no more than four", "twice as many"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from planner.lexicon import words
from planner.scene.scene import Limit


@dataclass(frozen=True)
class Amount:
    """A number in several words: "half a dozen", "no more than four", "twice as many" as something else.

    `times` and `plus` make it from another thing's number; `of` tells whether it was said with "as many" or "than".
    """

    count: int = 0
    limit: Limit = "exact"
    times: float | None = None
    plus: int = 0


_HEDGES: Final[tuple[tuple[str, int, Limit], ...]] = (
    ("no more than", 0, "most"), ("not more than", 0, "most"), ("at most", 0, "most"), ("up to", 0, "most"),
    ("no fewer than", 0, "least"), ("at least", 0, "least"), ("more than", 1, "least"), ("fewer than", -1, "most"),
    ("less than", -1, "most"), ("exactly", 0, "exact"), ("over", 1, "least"),
)  # fmt: skip
_TIMES: Final = {"half": 0.5, "twice": 2.0, "double": 2.0, "thrice": 3.0}
_DOZENS: Final[tuple[tuple[str, int], ...]] = (
    ("half a dozen", 6), ("half-dozen", 6), ("a half dozen", 6), ("two dozen", 24), ("three dozen", 36),
    ("a dozen", 12), ("dozen", 12),
    ("a couple of", 2), ("a trio of", 3), ("a pair of", 2),
)  # fmt: skip


def read_amount(low: Sequence[str]) -> tuple[Amount, int] | None:
    """Read a number of several words at the start of lower-case words: (it, how many words it takes)."""
    times, start = (
        (_TIMES[low[0]], 1)
        if low[0] in _TIMES
        else (float(words.NUMBERS.get(low[0], 1)), 2)
        if low[1:2] == ["times"]
        else (1.0, 0)
    )
    if list(low[start : start + 2]) == ["as", "many"]:
        return Amount(5, times=times), start + 2
    for said, plus, limit in _HEDGES:
        length = len(said.split())
        number = _number(low[length : length + 1])
        if " ".join(low[:length]) == said and number is not None and (said != "over" or number > 9):
            return Amount(max(number + plus, 0), limit), length + 1
    for said, count in _DOZENS:
        length = len(said.split())
        if " ".join(low[:length]) != said:
            continue
        if said == "a pair of" and any(word in words.PAIR_NOUNS for word in low[3:6]):
            continue
        of = low[length : length + 1] == ["of"]
        return Amount(count), length + of
    return None


def _number(low: Sequence[str]) -> int | None:
    return words.number_of(low[0]) if low else None
