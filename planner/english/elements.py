"""What a sentence is cut into: noun phrases, fixed expressions, verbs and connecting words."""

from dataclasses import dataclass
from typing import Literal

from planner.english import forms
from planner.english.phrases import Phrase

WordKind = Literal[
    "and", "comma", "stop", "colon", "verb", "be", "have", "with", "without", "that", "pronoun", "one", "adverb",
    "aside", "adjectives", "quote", "picture", "there", "each",
]  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """A number said through another thing's: "twice as many" is 2 times it, "more … than" is one more."""

    times: float = 1.0
    plus: int = 0

    def of(self, count: int) -> int:
        """Apply it to the other thing's number, at least 1."""
        return max(round(count * self.times) + self.plus, 1)


@dataclass(frozen=True)
class Noun:
    """A noun phrase: determiner, number, modifiers and head, with what "of" adds.

    `modifiers` and `head` are as written, `tail` is " of plums" or empty. `count` is None where no number stands;
    `vague` is the word ("several") that a count was guessed from, `comparison` stands for "twice as many".
    `only_adjectives`: "a red" of "a red and a blue ball".
    """

    head: str
    modifiers: tuple[str, ...] = ()
    tail: str = ""
    determiner: str = ""
    count: int | None = None
    vague: str = ""
    only_adjectives: bool = False
    comparison: Comparison | None = None

    @property
    def key(self) -> str:
        """The singular head in lower case, by which lists and earlier mentions are looked up."""
        return forms.singular(self.head.lower())

    @property
    def plural(self) -> bool:
        """Tell whether the head is a plural; "sheep" is none."""
        return forms.is_plural(self.head.lower()) and self.key not in forms.UNCHANGING


@dataclass(frozen=True)
class Word:
    """A connecting word or a verb.

    `lemma` and `finite` are for verbs ("sits" is finite, "sitting" is not), `number` for "one" and "two" that stand
    for things named before.
    """

    kind: WordKind
    text: str
    lemma: str = ""
    finite: bool = False
    number: int = 0


Value = Noun | Word | Phrase


@dataclass(frozen=True)
class Element:
    """One element and where it stands in the normalised sentence."""

    value: Value
    start: int
    end: int
