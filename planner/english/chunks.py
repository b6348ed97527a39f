"""A sentence as a flat list of elements, from left to right.

At every place the first reading that fits is taken: a fixed expression of place before a connecting word, that before
a verb, that before a noun phrase.
"""

import re
from collections.abc import Iterator
from typing import Final

from planner.english import words
from planner.english.elements import Element, Noun, Value, Word, WordKind
from planner.english.noun_phrases import NounPhrases
from planner.english.tokens import Text, is_adjective, is_adverb
from planner.english.verbs import read_infinitive, read_verb, starts_with_verb

_PICTURE_NOUN: Final = "|".join(sorted(words.PICTURES, key=len, reverse=True))
_PICTURE: Final = re.compile(
    rf"(?:(?:a|an|the|this|some|two) )?(?:[\w-]+ ){{0,4}}?(?:close[- ]up|{_PICTURE_NOUN})"
    rf"(?: (?:{_PICTURE_NOUN}|up|shot|view))? (?:of|showing|depicting|featuring)(?= )"
)
_SIGNS: Final[dict[str, WordKind]] = {
    **dict.fromkeys(",()\u2013\u2014/", "comma"), **dict.fromkeys(".;!?|", "stop"), ":": "colon",
    "&": "and", "+": "and",
}  # fmt: skip
_KINDS: Final[tuple[tuple[WordKind, frozenset[str]], ...]] = (
    ("have", words.HAVING), ("be", words.AUXILIARIES), ("and", words.CONJUNCTIONS), ("with", frozenset({"with"})),
    ("without", frozenset({"without", "minus"})), ("pronoun", words.PRONOUNS), ("that", words.RELATIVES),
    ("aside", words.ASIDE), ("there", frozenset({"there"})),
)  # fmt: skip


def scan(sentence: str) -> list[Element]:
    """Read a normalised sentence into elements; words that mean nothing here are left out."""
    return list(_Scanner(Text(sentence)).elements())


class _Scanner:
    def __init__(self, text: Text) -> None:
        self.text = text
        self.nouns = NounPhrases(text)
        self.previous: Value | None = None
        self.progressive = False  # the clause has an -ing verb

    def elements(self) -> Iterator[Element]:
        position = 0
        while position < len(self.text):
            value, end = self._next(position)
            if value is not None:
                self.previous = value
                if isinstance(value, Word) and value.kind in ("verb", "stop"):
                    self.progressive = value.kind == "verb" and value.text.endswith("ing")
                yield Element(value, self.text.tokens[position].start, self.text.tokens[end - 1].end)
            position = end

    def _next(self, i: int) -> tuple[Value | None, int]:
        """Read one element at token i: (element or None for noise, index of the first token after it)."""
        found = (
            self._sign(i)
            or self._picture(i)
            or self._shared(i)
            or self._hedged(i)
            or read_infinitive(self.text, i)
            or self.text.phrase(i)
            or self._closed_word(i)
            or self._predicate(i)
        )
        if found:
            return found
        if starts_with_verb(self.text, i, self.previous, progressive=self.progressive):
            return read_verb(self.text, i), i + 1
        return self.nouns.read(i, self.previous) or (None, i + 1)

    def _sign(self, i: int) -> tuple[Value | None, int] | None:
        text = self.text.tokens[i].text
        if text[0] == '"' and len(text) > 1:
            return Word("quote", text), i + 1
        if text[0].isalnum():
            return None
        return (Word(_SIGNS[text], text) if text in _SIGNS else None), i + 1

    def _picture(self, i: int) -> tuple[Value, int] | None:
        """ "A photo of" at the start of a sentence."""
        if self.previous is not None and not (isinstance(self.previous, Word) and self.previous.kind == "stop"):
            return None
        found = _PICTURE.match(self.text.low_sentence, self.text.tokens[i].start)
        if found is None:
            return None
        return Word("picture", found.group().rpartition(" ")[0]), self.text.after(found.end(), i)

    def _shared(self, i: int) -> tuple[Value, int] | None:
        """ "each", where it stands for itself: "an umbrella each", "each of them", "every one of the three"."""
        low = self.text.low
        one = low(i + 1) == "one"
        if low(i) in ("each", "every") and low(i + 1 + one) == "of":
            return Word("each", "each of"), i + 2 + one
        alone = low(i) == "apiece" or (low(i) == "each" and low(i + 1) != "other" and not self.text.is_open(i + 1))
        return (Word("each", "each"), i + 1) if alone else None

    def _hedged(self, i: int) -> tuple[Value, int] | None:
        """ "at least two cats", "more cats than dogs": numbers that begin with another kind of word."""
        if self.nouns.quantities.hedge(i) is None and not self.nouns.quantities.compares(i):
            return None
        return self.nouns.read(i, self.previous)

    def _closed_word(self, i: int) -> tuple[Value, int] | None:
        low = self.text.low(i)
        if low in ("someone", "somebody"):
            return Noun("person", determiner="a"), i + 1
        if low == "none":
            return Word("without", low), i + 1
        if low == "full" and self.text.low(i + 1) == "of":
            return Word("verb", low, "fill"), i + 1
        for kind, members in _KINDS:
            if low in members and not self._is_determiner(i):
                return Word(kind, low), i + 1
        if is_adverb(low) and not self._is_determiner(i) and not self.nouns.modifies_noun(i, self.previous):
            return Word("without" if low in ("not", "never") else "adverb", low), i + 1
        return None

    def _is_determiner(self, i: int) -> bool:
        """ "that dog" at the start of a sentence, "her cat": the word belongs to a noun phrase."""
        low = self.text.low(i)
        if low == "her" or low in words.SHARED:
            return self.text.is_open(i + 1) and self.text.low(i + 1) != "other"
        return low == "that" and self.previous is None

    def _predicate(self, i: int) -> tuple[Value, int] | None:
        """The adjectives after "is" and "are": "the ball is red and round"."""
        if not (isinstance(self.previous, Word) and self.previous.kind == "be"):
            return None
        end = i
        low = self.text.low
        while is_adjective(low(end)) or (low(end) == "and" and is_adjective(low(end + 1))):
            end += 1
        if end == i or self.text.is_open(end):
            return None
        return Word("adjectives", self.text.source(i, end)), end
