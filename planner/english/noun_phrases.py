"""Noun phrases: a run of words that no closed-class word, verb or fixed expression ends.

Unknown words are nouns, or adjectives before one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from planner.english import forms, verb_words, words
from planner.english.elements import Noun, Value, Word
from planner.english.phrases import RelationWords
from planner.english.quantities import Quantities, Quantity
from planner.english.tokens import Text, Token, is_adjective, is_adverb, is_head
from planner.english.verbs import ends_noun_phrase

MOST_OF = 4  # "a photo of a cup of a kind of …"
_DEGREES: Final = words.word_set("very really quite so")
_PARTICLES: Final = words.word_set("down out up off")
_NOT_FIRST: Final = (
    words.CONJUNCTIONS | words.AUXILIARIES | words.RELATIVES | words.DETERMINERS | words.word_set("of with")
)


@dataclass(frozen=True)
class _Start:
    """What is known before a noun phrase's first word."""

    determined: bool
    count: int | None
    joined: bool
    inner: bool  # it stands after "of"


@dataclass(frozen=True)
class NounPhrases:
    """Reads the noun phrases of a text."""

    text: Text

    @property
    def quantities(self) -> Quantities:
        """The reader of what stands before the first word."""
        return Quantities(self.text)

    def read(self, i: int, previous: Value | None, depth: int = 0) -> tuple[Noun | Word, int] | None:
        """Read the noun phrase at token i: (it, index after it), or None.

        A number or "the other" without a noun comes back as a `Word` of kind "one".
        """
        quantity, first = self.quantities.read(i)
        joined = isinstance(previous, Word) and previous.kind == "and"
        kept, end = self._words(first, _Start(first > i, quantity.count, joined, depth > 0), previous)
        if not kept:
            return self._without_noun(i, first, quantity.count)
        if _is_measure(quantity, kept):
            quantity, kept = Quantity(quantity.determiner), [self.text.tokens[first - 1], *kept]
        noun = _build(_without_verb(kept, quantity), quantity)
        one = self.text.low(end) in ("one", "ones")
        if noun.head.lower() in words.ORDINALS:  # "a fourth one", "a fourth"
            return Word("one", noun.head.lower(), number=1), end + one
        if noun.only_adjectives and one:
            return noun, end + 1
        affected = isinstance(previous, RelationWords) or (isinstance(previous, Word) and previous.kind == "verb")
        if affected:
            noun = _without_part(noun)
        if self.text.low(end) == "of" and depth < MOST_OF:
            return self._with_of(noun, end, depth, affected=affected)
        return noun, end

    def modifies_noun(self, i: int, previous: Value | None) -> bool:
        """Tell whether the adverb at token i belongs to a noun phrase: "brightly colored birds"."""
        after = self.text.low(i + 1)
        participle = after.endswith(("ed", "ing")) and self.text.is_open(i + 2)
        described = is_adjective(after) or participle
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
        return not ends_noun_phrase(text, i, so_far, start.count, joined=start.joined, inner=start.inner)

    def _joins(self, i: int, kept: Sequence[Token], start: _Start) -> bool:
        """ "black and white cat", "a long, black snake": adjectives of one noun, not two things."""
        text, low, after = self.text, self.text.low(i), self.text.low(i + 1)
        form = forms.verb_form(after)
        verb = form is not None and form[1] in ("third", "base") and form[0] not in verb_words.NOUN_FIRST
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

    def _with_of(self, noun: Noun, of: int, depth: int, *, affected: bool) -> tuple[Noun, int]:
        """ "a bowl of plums" is a bowl, "a group of three dogs" is three dogs, "a herd of cows" a herd.

        `affected`: something is on it or done to it, and who lies on "the hood of a car" lies on a car.
        """
        inner = self.read(of + 1, None, depth + 1)
        thing, end = inner or (None, of + 1)
        if not isinstance(thing, Noun):
            return noun, of + 1
        if noun.key in words.GROUPS and thing.count and not thing.vague:
            return replace(thing, determiner=noun.determiner, count=thing.count * (noun.count or 1)), end
        if noun.key in words.ABSTRACT | words.AMOUNTS:
            return replace(thing, determiner=noun.determiner), end
        part = noun.key in words.PARTS and not noun.modifiers and not noun.count
        if affected and part and thing.key not in words.INDOORS:
            return thing, end
        return replace(noun, tail=" " + self.text.source(of, end)), end

    def _without_noun(self, i: int, end: int, count: int | None) -> tuple[Word, int] | None:
        """ "one on the left and the other on the right": a number that stands for things named before."""
        if end == i:
            return None
        if not count and self.text.low(end - 1) not in ("other", "another"):
            return None
        return Word("one", self.text.source(i, end).lower(), number=count or 1), end


def _without_verb(kept: list[Token], quantity: Quantity) -> list[Token]:
    """ "as a bus arrives": after "a" a plural can only be a verb that no list has."""
    one_thing = quantity.determiner in ("a", "an") and quantity.count is None and len(kept) > 1
    if not one_thing or not forms.is_plural(kept[-1].low) or kept[-1].low in words.PAIR_NOUNS:
        return kept
    return kept[:-1] if is_head(kept[-2].low) else kept


def _is_measure(quantity: Quantity, kept: Sequence[Token]) -> bool:
    """ "a three layer cake" is one cake."""
    numbered = quantity.determiner in ("a", "an") and (quantity.count or 1) > 1 and not quantity.vague
    return numbered and len(kept) > 1 and not forms.is_plural(kept[-1].low)


def _without_part(noun: Noun) -> Noun:
    """ "a girl's hand" is a girl, as far as a picture's things go."""
    owner = next((at for at, word in enumerate(noun.modifiers) if word.endswith(("'s", "s'"))), None)
    if owner is None or noun.key not in words.PARTS or noun.modifiers[owner].lower() in words.NOBODYS:
        return noun
    name = noun.modifiers[owner].removesuffix("'s").removesuffix("'")
    return replace(noun, head=name, modifiers=noun.modifiers[:owner])


def _build(kept: Sequence[Token], quantity: Quantity) -> Noun:
    head = kept[-1]
    adjectives = all(is_adjective(token.low) or token.low == "and" for token in kept)
    return Noun(
        head=head.text,
        modifiers=tuple(token.text for token in kept[:-1]),
        determiner=quantity.determiner,
        count=quantity.count,
        vague=quantity.vague,
        comparison=quantity.comparison,
        only_adjectives=adjectives and head.low not in words.ALSO_NOUNS,
    )
