"""What stands before a noun phrase's first word: determiners, numbers, and numbers said through other numbers."""

from dataclasses import dataclass
from typing import Final

from planner.english import words
from planner.english.elements import Comparison
from planner.english.tokens import Text

_TIMES: Final = {"half": 0.5, "twice": 2.0, "double": 2.0, "thrice": 3.0}
# "more than two": what the words before a number make of it.
_HEDGES: Final = {
    ("at", "least"): 0, ("at", "most"): 0, ("up", "to"): 0, ("more", "than"): 1, ("fewer", "than"): -1,
    ("less", "than"): -1,
}  # fmt: skip
_FARTHEST_THAN: Final = 5  # words between "more" and its "than"


@dataclass
class Quantity:
    """What stands before a noun phrase's first word; `comparison` is for "twice as many"."""

    determiner: str = ""
    count: int | None = None
    vague: str = ""
    comparison: Comparison | None = None


@dataclass(frozen=True)
class Quantities:
    """Reads the quantities of a text."""

    text: Text

    def read(self, i: int) -> tuple[Quantity, int]:
        """Read the quantity at token i: (it, the index of the first token after it)."""
        quantity, plus = Quantity(), 0
        if (hedge := self.hedge(i)) is not None:
            i, plus = i + 2, hedge
        while i < len(self.text) and (step := self._compared(i, quantity) or self._step(i, quantity)):
            i += step
        if plus and quantity.count is not None:
            quantity.count = max(quantity.count + plus, 0)
        return quantity, i

    def hedge(self, i: int) -> int | None:
        """What "at least" or "more than" at token i adds to the number after it; None where they do not stand."""
        plus = _HEDGES.get((self.text.low(i), self.text.low(i + 1)))
        return plus if plus is not None and self._is_number(i + 2) else None

    def compares(self, i: int) -> bool:
        """Tell whether a number said through another one begins at token i: "as many", "more … than"."""
        low = self.text.low
        if low(i) in ("more", "fewer") and self.text.is_open(i + 1):
            return "than" in [low(j) for j in range(i + 2, i + 2 + _FARTHEST_THAN)]
        return low(i) == "as" and low(i + 1) == "many"

    def _is_number(self, i: int) -> bool:
        low = self.text.low(i)
        return low.isdecimal() or low in words.NUMBERS or low in ("dozen", "couple")

    def _compared(self, i: int, quantity: Quantity) -> int:
        """Read a number said through another one: how many tokens it has, 0 if token i begins none."""
        low = self.text.low
        if self.compares(i) and low(i) != "as":
            quantity.comparison = Comparison(plus=1 if low(i) == "more" else -1)
            return 1
        times, start = _TIMES.get(low(i)), i + 1
        if low(i + 1) == "times" and low(i) in words.NUMBERS:
            times, start = float(words.NUMBERS[low(i)]), i + 2
        if times is None:
            times, start = 1.0, i
        if not self.compares(start) or low(start) != "as":
            return 0
        quantity.comparison = Comparison(times=times)
        return start + 2 - i

    def _step(self, i: int, quantity: Quantity) -> int:
        """Read one word of a quantity: how many tokens it has, 0 if token i is none."""
        text = self.text
        low, after, before = text.low(i), text.low(i + 1), text.low(i - 1)
        if low == "half" and after in ("a", "dozen"):
            quantity.count, size = 6, 3 if after == "a" else 2
            return size + (text.low(i + size) == "of")
        if self._is_count_noun(i):
            dozens = quantity.count if low == "dozen" and quantity.count else 1
            quantity.count = words.COUNT_NOUNS[low] * dozens
            quantity.vague = "" if low in ("couple", "dozen", "trio") else low
            return 1 + (after == "of")
        if low.isdecimal() and len(low) < 6:
            quantity.count = int(low)
        elif low in words.NUMBERS and not (quantity.count is not None and low == "single"):
            times = quantity.count if low in ("hundred", "thousand") and quantity.count else 1
            quantity.count = words.NUMBERS[low] * times
        elif low == "no":
            quantity.determiner, quantity.count = "no", 0
        elif low in words.DETERMINERS and quantity.count is None:
            quantity.determiner = low if low in ("other", "another") else quantity.determiner or low
        else:
            after_number = before in words.NUMBERS or before.isdecimal()
            own = low == "own" and before in words.POSSESSIVES
            of = (low in words.DETERMINERS and before == "of") or (low == "of" and after_number)
            return int(low == "all" or own or of)
        return 1

    def _is_count_noun(self, i: int) -> bool:
        """ "a pair of", "several", "a dozen": a word that counts what follows."""
        low = self.text.low(i)
        if low not in words.COUNT_NOUNS:
            return False
        alone = low in words.VAGUE_NUMBERS or low == "dozen" or (low == "couple" and self.text.is_open(i + 1))
        return alone or self.text.low(i + 1) == "of"
