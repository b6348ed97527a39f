"""A sentence as tokens, and what a single word can be."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from planner.english import forms, verb_words, words
from planner.english.phrases import Phrase, match_phrase

_QUOTES: Final[dict[str, str | int | None]] = {
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'", "`": "'",
}  # fmt: skip
_TOKEN: Final = re.compile(r"\"[^\"]*\"|\w+(?:['-]\w+)*|[^\w\s]")
_CLOSED: Final = (
    words.DETERMINERS
    | words.CONJUNCTIONS
    | words.PRONOUNS
    | words.RELATIVES
    | words.AUXILIARIES
    | words.ASIDE
    | words.ADVERBS
    | frozenset(words.NUMBERS)
    | words.word_set("of with without no not there")
)


@dataclass(frozen=True)
class Token:
    """A word, a quotation or a sign; `low` is its text in lower case."""

    text: str
    low: str
    start: int
    end: int


class Text:
    """A normalised sentence with its tokens. Indices beyond the end are allowed and mean nothing."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        self.low_sentence = "".join(low if len(low := char.lower()) == 1 else char for char in sentence)
        self._open: dict[int, bool] = {}

    @cached_property
    def tokens(self) -> list[Token]:
        """All tokens from left to right."""
        return [
            Token(found.group(), self.low_sentence[found.start() : found.end()], found.start(), found.end())
            for found in _TOKEN.finditer(self.sentence)
        ]

    def __len__(self) -> int:
        return len(self.tokens)

    def low(self, i: int) -> str:
        """Token i in lower case, empty beyond the ends."""
        return self.tokens[i].low if 0 <= i < len(self.tokens) else ""

    def source(self, start: int, end: int) -> str:
        """The text of the tokens from `start` to before `end`."""
        return self.sentence[self.tokens[start].start : self.tokens[end - 1].end]

    def phrase(self, i: int) -> tuple[Phrase, int] | None:
        """The fixed expression at token i: (meaning, index after it)."""
        found = match_phrase(self.low_sentence, self.tokens[i].start)
        return None if found is None else (found[0], self.after(found[1], i))

    def after(self, offset: int, i: int) -> int:
        """The first token from i on that starts at or after `offset`."""
        while i < len(self.tokens) and self.tokens[i].start < offset:
            i += 1
        return i

    def is_open(self, i: int) -> bool:
        """Tell whether token i can stand inside a noun phrase: no closed-class word, sign or fixed expression."""
        if i not in self._open:
            low = self.low(i)
            word = bool(low) and low[0].isalnum() and low not in _CLOSED and not low.isdigit()
            self._open[i] = word and match_phrase(self.low_sentence, self.tokens[i].start) is None
        return self._open[i]


def normalise(sentence: str) -> str:
    """Make white space single and quotation marks straight; nothing else changes."""
    return " ".join(sentence.translate(str.maketrans(_QUOTES)).split())


def is_adjective(word: str) -> bool:
    """Tell whether a lower-case word is an adjective by list or by its ending."""
    if word in words.ADJECTIVES or word in words.LY_ADJECTIVES:
        return True
    if word.endswith(("-colored", "-coloured", "-shaped", "-like", "-haired", "-old")):
        return True
    if word.endswith("table"):
        return word in ("comfortable", "adjustable", "inflatable", "portable", "delectable")
    return len(word) > 6 and word.endswith(("ful", "ous", "less", "able", "ible"))


def is_adverb(word: str) -> bool:
    """Tell whether a lower-case word is an adverb by list or by its -ly."""
    regular = len(word) > 4 and word.endswith("ly")
    return word in words.ADVERBS or (regular and word not in words.LY_NOUNS | words.LY_ADJECTIVES)


def is_head(word: str) -> bool:
    """Tell whether a word of a noun phrase can be its head: no adjective, adverb or participle."""
    form = forms.verb_form(word)
    participle = form is not None and form[1] in ("ing", "past") and word not in verb_words.ING_NOUNS
    return word in words.ALSO_NOUNS or not (participle or is_adjective(word) or is_adverb(word))
