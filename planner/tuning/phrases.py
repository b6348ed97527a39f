"""Pieces of made-up sentences: things with their words, drawn at random from `vocabulary.json`."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from planner.lexicon import forms
from planner.scene.scene import NUMBER_WORDS

VOCABULARY = Path(__file__).parent / "vocabulary.json"
THINGS: Final = ("animals", "people", "vehicles", "furniture", "containers", "food", "things", "outdoors", "portions")
UNSAID: Final = {"": 3, "some ": 3, "several ": 4, "a few ": 3, "many ": 5, "a couple of ": 2, "a pair of ": 2}
_GROUPS: Final = ("a group of", "a bunch of", "a row of", "a crowd of", "a pile of", "a herd of", "a large group of")
_SIDES: Final = {
    "left of": ("to the left of", "on the left of", "left of", "on the left side of", "to the left side of"),
    "right of": ("to the right of", "on the right of", "right of", "on the right side of", "to the right side of"),
    "above": ("above", "over", "up above", "floating above", "hovering over"),
    "below": ("below", "beneath", "on the bottom of"),
    "on": ("on", "on top of", "on the top of", "atop"),
    "under": ("under", "underneath"),
    "in front of": ("in front of", "right in front of"),
    "behind": ("behind",),
    "inside": ("inside", "in", "inside of"),
    "next to": ("next to", "beside", "near", "by", "close to", "on the side of", "on side of", "right next to"),
}
_PLURAL: Final = {"animal": "animals", "person": "people", "vehicle": "vehicles"}


@dataclass(frozen=True)
class SaidThing:
    """`phrase` is how the sentence says it ("two red apples"), `name` how the reply does ("red apple")."""

    phrase: str
    name: str
    count: int = 1
    size: str = "normal"


@dataclass
class Said:
    """A piece of a sentence, and what it says."""

    text: str
    things: list[SaidThing]
    relations: list[tuple[SaidThing, str, SaidThing]] = field(default_factory=list)
    positions: dict[str, str] = field(default_factory=dict)  # by name
    background: str = ""


class Phrases:
    """Draws words and things, one after another."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.words = _vocabulary()

    def word(self, *kinds: str) -> str:
        return str(self.dice.choice(self.words[self.dice.choice(kinds)]))

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def thing(self, *kinds: str, most: int = 6, many: float = 0.3) -> SaidThing:
        """A thing of one of the kinds (lists of the vocabulary), often one, sometimes counted or in the plural."""
        noun = self.word(*(kinds or THINGS))
        before, size = self.qualities()
        name = f"{before}{noun}"
        if not self.chance(many) or most < 2:
            article = self.dice.choices(("a", "the", "one"), (8, 1.5, 1.2))[0]
            return SaidThing(forms.with_article(name) if article == "a" else f"{article} {name}", name, 1, size)
        several = f"{before}{forms.plural_phrase(noun)}"
        if self.chance(0.72):
            count = self.dice.randint(2, most)
            return SaidThing(f"{NUMBER_WORDS[count] if self.chance(0.95) else count} {several}", name, count, size)
        if self.chance(0.08) and most > 5:
            dozen, count = self.dice.choice((("a dozen", 12), ("half a dozen", 6)))
            return SaidThing(f"{dozen} {several}", name, count, size)
        if self.chance(0.2) and " of " not in noun:
            return SaidThing(f"{self.dice.choice(_GROUPS)} {several}", name, 4, size)
        said, count = self.dice.choice(list(UNSAID.items()))
        return SaidThing(f"{said}{several}", name, count, size)

    def counted(self, kind: str, most: int = 6) -> SaidThing:
        noun, count = self.word(kind), self.dice.randint(2, most)
        return SaidThing(f"{NUMBER_WORDS[count]} {forms.plural_phrase(noun)}", noun, count)

    def group(self, first: int, last: int) -> list[SaidThing]:
        return [self.thing(most=8, many=0.42) for _ in range(self.dice.randint(first, last))]

    def qualities(self) -> tuple[str, str]:
        """Adjectives with a space behind, and the size that they say."""
        size, said = "normal", ""
        if self.chance(0.12):
            said, size = self.dice.choice(list(self.words["sizes"].items()))
        kinds = [kind for kind in ("looks", "colours", "materials") if self.chance(0.13)]
        both = " and ".join(self.dice.sample(self.words["colours"], 2)) if self.chance(0.03) else ""
        words = [said, *(self.word(kind) for kind in kinds if not both), both]
        return "".join(f"{word} " for word in words if word), size

    def pose(self, subject: SaidThing) -> str:
        """What a thing does: "is sitting", "parked"; empty about as often."""
        noun = subject.name
        kind = next((kind for kind in ("animal", "person", "vehicle") if _is(noun, self.words[_PLURAL[kind]])), "thing")
        verb = self.word(f"{kind}_poses")
        if verb.endswith("s") and subject.count > 1:
            verb = verb[:-2] if verb in ("poses",) else verb[:-1]
        copula = f"{'are' if subject.count > 1 else 'is'} " if verb.endswith(("ing", "ed")) and self.chance(0.4) else ""
        return f"{copula}{verb}"

    def side(self) -> tuple[str, str]:
        kind = self.dice.choices(list(_SIDES), (3, 3, 2, 2, 4, 2, 3, 3, 1.5, 5))[0]
        return kind, self.dice.choice(_SIDES[kind])

    def joined(self, things: Sequence[SaidThing], words: Sequence[str] = ("and",)) -> str:
        return self.enumerated([thing.phrase for thing in things], words)

    def enumerated(self, parts: Sequence[str], words: Sequence[str] = ("and",)) -> str:
        if len(parts) < 2:
            return "".join(parts)
        comma = "," if len(parts) > 2 and self.chance(0.3) else ""
        return f"{', '.join(parts[:-1])}{comma} {self.dice.choice(words)} {parts[-1]}"


@cache
def _vocabulary() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(VOCABULARY.read_text(encoding="utf-8"))
    return loaded


def _is(name: str, nouns: Sequence[str]) -> bool:
    return any(name == noun or name.endswith(f" {noun}") for noun in nouns)
