"""Noun phrases: a run of words that no closed-class word, verb or fixed expression ends.

Unknown words are nouns, or adjectives before one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from planner.english import forms, words
from planner.english.elements import Noun, Value, Word
from planner.english.tokens import Text, Token, is_adjective, is_adverb, is_head
from planner.english.verbs import ends_noun_phrase

MOST_OF = 4  # "a photo of a cup of a kind of …"
_DEGREES: Final = words.word_set("very really quite so")
_PARTICLES: Final = words.word_set("down out up off")
_NOT_FIRST: Final = (
    words.CONJUNCTIONS | words.AUXILIARIES | words.RELATIVES | words.DETERMINERS | words.word_set("of with")
)


@dataclass
class _Quantity:
    """What stands before a noun phrase's first word."""

    determiner: str = ""
    count: int | None = None
    vague: str = ""


@dataclass(frozen=True)
class _Start:
    """What is known before a noun phrase's first word."""

    determined: bool
    count: int | None
    joined: bool


@dataclass(frozen=True)
class NounPhrases:
    """Reads the noun phrases of a text."""

    text: Text

    def read(self, i: int, previous: Value | None, depth: int = 0) -> tuple[Noun | Word, int] | None:
        """Read the noun phrase at token i: (it, index after it), or None.

        A number or "the other" without a noun comes back as a `Word` of kind "one".
        """
        quantity, first = self._quantity(i)
        joined = isinstance(previous, Word) and previous.kind == "and"
        kept, end = self._words(first, _Start(first > i, quantity.count, joined), previous)
        if not kept:
            return self._without_noun(i, first, quantity.count)
        noun = _build(_without_verb(kept, quantity), quantity)
        if noun.only_adjectives and self.text.low(end) in ("one", "ones"):
            return noun, end + 1
        if self.text.low(end) == "of" and depth < MOST_OF:
            return self._with_of(noun, end, depth)
        return noun, end

    def modifies_noun(self, i: int, previous: Value | None) -> bool:
        """Tell whether the adverb at token i belongs to a noun phrase: "brightly colored birds"."""
        after = self.text.low(i + 1)
        described = is_adjective(after) or after.endswith(("ed", "ing"))
        return not isinstance(previous, Noun) and self.text.is_open(i + 1) and described

    # The words of a noun phrase

    def _words(self, i: int, start: _Start, previous: Value | None) -> tuple[list[Token], int]:
        kept = list[Token]()
        while i < len(self.text) and self._continues(i, kept, start, previous):
            low = self.text.low(i)
            if low in ("and", "&"):
                kept.append(replace(self.text.tokens[i], text="and"))
            elif low != "," and low not in _DEGREES:
                kept.append(self.text.tokens[i])
            i += 1
        return kept, i

    def _continues(self, i: int, kept: Sequence[Token], start: _Start, previous: Value | None) -> bool:
        """Tell whether token i belongs to the noun phrase of which `kept` is read already."""
        text, low = self.text, self.text.low(i)
        if low in ("and", ",", "&"):
            return self._joins(i, kept, start)
        if low in _DEGREES and not kept:
            return text.is_open(i + 1)
        if is_adverb(low) and low not in words.ADVERBS:
            return not kept and self.modifies_noun(i, previous)
        if not kept and start.determined:
            forced = low.isalpha() and low not in _NOT_FIRST and (text.is_open(i + 1) or text.low(i + 1) == "of")
            return forced or text.is_open(i)
        if self._is_particle(i, kept):
            return True
        if not text.is_open(i) or not kept:
            return text.is_open(i)
        so_far = [token.low for token in kept]
        return not ends_noun_phrase(text, i, so_far, start.count, joined=start.joined)

    def _joins(self, i: int, kept: Sequence[Token], start: _Start) -> bool:
        """ "black and white cat", "a long, black snake": adjectives of one noun, not two things."""
        text, low, after = self.text, self.text.low(i), self.text.low(i + 1)
        form = forms.verb_form(after)
        verb = form is not None and form[1] in ("third", "base") and form[0] not in words.NOUN_FIRST
        if not kept or not text.is_open(i + 1) or (verb and not is_adjective(after)):
            return False
        if low == "," and len(kept) == 1 and start.determined and not forms.is_plural(kept[0].low):
            unknown_adjective = text.is_open(i + 2) and after not in words.COLOURS
            if unknown_adjective:
                return True
        adjectives = all(is_adjective(token.low) or token.low == "and" for token in kept)
        described = is_adjective(after) or after.endswith(("ed", "ing", "y")) or low == ","
        return adjectives and described and (text.is_open(i + 2) or text.low(i + 2) in ("and", ","))

    def _is_particle(self, i: int, kept: Sequence[Token]) -> bool:
        """ "run down bus", "broken down toilet": the particle belongs to the participle before the noun."""
        if not kept or self.text.low(i) not in _PARTICLES or not self.text.is_open(i + 1):
            return False
        last = kept[-1].low
        form = forms.verb_form(last)
        return last == "run" or is_adjective(last) or (form is not None and form[1] == "past")

    def _with_of(self, noun: Noun, of: int, depth: int) -> tuple[Noun, int]:
        """ "a bowl of plums" is a bowl, "a group of three dogs" is three dogs, "a herd of cows" a herd."""
        inner = self.read(of + 1, None, depth + 1)
        thing, end = inner or (None, of + 1)
        if not isinstance(thing, Noun):
            return noun, of + 1
        counted_group = noun.key in words.GROUPS and thing.count and not thing.vague
        if noun.key in words.ABSTRACT or counted_group:
            return replace(thing, determiner=noun.determiner), end
        return replace(noun, tail=" " + self.text.source(of, end)), end

    # Determiners and numbers

    def _quantity(self, i: int) -> tuple[_Quantity, int]:
        quantity = _Quantity()
        while i < len(self.text) and (step := self._quantity_step(i, quantity)):
            i += step
        return quantity, i

    def _quantity_step(self, i: int, quantity: _Quantity) -> int:
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
            return int(low == "all" or (low in words.DETERMINERS and before == "of") or (low == "of" and after_number))
        return 1

    def _is_count_noun(self, i: int) -> bool:
        """ "a pair of", "several", "a dozen": a word that counts what follows."""
        low = self.text.low(i)
        if low not in words.COUNT_NOUNS:
            return False
        alone = low in words.VAGUE_NUMBERS or low == "dozen" or (low == "couple" and self.text.is_open(i + 1))
        return alone or self.text.low(i + 1) == "of"

    def _without_noun(self, i: int, end: int, count: int | None) -> tuple[Word, int] | None:
        """ "one on the left and the other on the right": a number that stands for things named before."""
        if end == i:
            return None
        if not count and self.text.low(end - 1) not in ("other", "another"):
            return None
        return Word("one", self.text.low(i), number=count or 1), end


def _without_verb(kept: list[Token], quantity: _Quantity) -> list[Token]:
    """ "as a bus arrives": after "a" a plural can only be a verb that no list has."""
    one_thing = quantity.determiner in ("a", "an") and quantity.count is None and len(kept) > 1
    if not one_thing or not forms.is_plural(kept[-1].low) or kept[-1].low in words.PAIR_NOUNS:
        return kept
    return kept[:-1] if is_head(kept[-2].low) else kept


def _build(kept: Sequence[Token], quantity: _Quantity) -> Noun:
    head = kept[-1]
    adjectives = all(is_adjective(token.low) or token.low == "and" for token in kept)
    return Noun(
        head=head.text,
        modifiers=tuple(token.text for token in kept[:-1]),
        determiner=quantity.determiner,
        count=quantity.count,
        vague=quantity.vague,
        only_adjectives=adjectives and head.low not in words.ALSO_NOUNS,
    )
