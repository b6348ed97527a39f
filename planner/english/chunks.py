"""A sentence as a flat list of elements: noun phrases, fixed expressions, verbs and connecting words.

A noun phrase is a run of words that no closed-class word, verb or fixed expression ends. Unknown words are nouns
(or adjectives before one), which is what captions are full of; telling a verb from a noun is most of the work
here (`_is_verb`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from planner.english import forms, words
from planner.english.phrases import Phrase, match_phrase

WordKind = Literal[
    "and", "comma", "stop", "colon", "verb", "be", "have", "with", "without", "that", "pronoun", "one", "adverb",
    "aside", "adjectives", "quote", "picture", "there",
]  # fmt: skip

_QUOTES: Final[dict[str, str | int | None]] = {
    "\u201c": '"',
    "\u201d": '"',
    "\u201e": '"',
    "\u2018": "'",
    "\u2019": "'",
    "`": "'",
}
_TOKEN: Final = re.compile(r"\"[^\"]*\"|\w+(?:['-]\w+)*|[^\w\s]")
_PICTURE_NOUN: Final = "|".join(sorted(words.PICTURES, key=len, reverse=True))
_PICTURE: Final = re.compile(
    rf"(?:(?:a|an|the|this|some|two) )?(?:[\w-]+ ){{0,4}}?(?:close[- ]up|{_PICTURE_NOUN})"
    rf"(?: (?:{_PICTURE_NOUN}|up|shot|view))? (?:of|showing|depicting|featuring)(?= )"
)
# Verbs in their base form after "a boy and a girl".
_JOINT_VERBS: Final = words.word_set(
    "play sit stand walk run ride lie lay sleep graze eat look swim float rest hang hold fly drive dance"
)


@dataclass(frozen=True)
class Noun:
    """A noun phrase: determiner, number, modifiers and head, with what "of" adds.

    `modifiers` and `head` are as written, `tail` is " of plums" or empty. `count` is None where no number stands;
    `vague` is the word ("several") that a count was guessed from. `only_adjectives`: "a red" of "a red and a blue
    ball".
    """

    head: str
    modifiers: tuple[str, ...] = ()
    tail: str = ""
    determiner: str = ""
    count: int | None = None
    vague: str = ""
    only_adjectives: bool = False

    @property
    def key(self) -> str:
        """The singular head in lower case, by which lists and earlier mentions are looked up."""
        return forms.singular(self.head.lower())

    @property
    def plural(self) -> bool:
        return forms.is_plural(self.head.lower()) and self.key not in forms.UNCHANGING


@dataclass(frozen=True)
class Word:
    """A connecting word or a verb; `lemma` and `finite` are for verbs ("sits" is finite, "sitting" is not)."""

    kind: WordKind
    text: str
    lemma: str = ""
    finite: bool = False
    number: int = 0


@dataclass(frozen=True)
class Element:
    """One element and where it stands in the normalised sentence."""

    value: Noun | Word | Phrase
    start: int
    end: int


@dataclass(frozen=True)
class Token:
    text: str
    low: str
    start: int
    end: int


@dataclass
class _Quantity:
    """What stands before a noun phrase's first word."""

    determiner: str = ""
    count: int | None = None
    vague: str = ""


def normalise(sentence: str) -> str:
    """Make white space single and quotation marks straight; nothing else changes."""
    plain = sentence.translate(str.maketrans(_QUOTES))
    return " ".join(plain.split())


def scan(sentence: str) -> list[Element]:
    """Read a normalised sentence into elements, left to right."""
    return list(_Scanner(sentence).elements())


def _lower(text: str) -> str:
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def is_adjective(word: str) -> bool:
    """Tell whether a lower-case word is an adjective by list or by its ending."""
    if word in words.ADJECTIVES:
        return True
    if word in words.LY_ADJECTIVES or word.endswith(("-colored", "-coloured", "-shaped", "-like", "-haired", "-old")):
        return True
    if word.endswith("table"):
        return word in ("comfortable", "adjustable", "inflatable", "portable", "delectable")
    return len(word) > 6 and word.endswith(("ful", "ous", "less", "able", "ible"))


def is_adverb(word: str) -> bool:
    """Tell whether a lower-case word is an adverb by list or by its -ly."""
    regular = len(word) > 4 and word.endswith("ly")
    return word in words.ADVERBS or (regular and word not in words.LY_NOUNS | words.LY_ADJECTIVES)


@dataclass
class _Scanner:
    sentence: str
    low: str = ""
    tokens: list[Token] = field(default_factory=list)
    previous: Noun | Word | Phrase | None = None
    progressive: bool = False  # "is holding …": after "and", an -ing word is most likely a verb again

    def __post_init__(self) -> None:
        self.low = _lower(self.sentence)
        self.tokens = [
            Token(found.group(), self.low[found.start() : found.end()], found.start(), found.end())
            for found in _TOKEN.finditer(self.sentence)
        ]

    def elements(self) -> Iterator[Element]:
        position = 0
        while position < len(self.tokens):
            value, end = self._next(position)
            if value is not None:
                self.previous = value
                if isinstance(value, Word) and value.kind in ("verb", "stop"):
                    self.progressive = value.kind == "verb" and value.text.endswith("ing")
                yield Element(value, self.tokens[position].start, self.tokens[end - 1].end)
            position = end

    def _next(self, i: int) -> tuple[Noun | Word | Phrase | None, int]:
        """Read one element at token i: (element or None for noise, index of the first token after it)."""
        token = self.tokens[i]
        if token.text[0] == '"' and len(token.text) > 1:
            return Word("quote", token.text), i + 1
        if not token.text[0].isalnum():
            return _punctuation(token.text), i + 1
        if picture := self._picture(i):
            return picture
        if infinitive := self._infinitive(i):
            return infinitive
        if phrase := self._phrase(i):
            return phrase
        if word := self._closed_word(i):
            return word, i + 1
        if adjectives := self._predicate(i):
            return adjectives
        if self._starts_with_verb(i):
            return self._verb(i), i + 1
        return self._noun(i) or (None, i + 1)

    def _picture(self, i: int) -> tuple[Word, int] | None:
        if self.previous is not None and not (isinstance(self.previous, Word) and self.previous.kind == "stop"):
            return None
        found = _PICTURE.match(self.low, self.tokens[i].start)
        if not found:
            return None
        text = self.low[found.start() : found.end()].rpartition(" ")[0]
        return Word("picture", text), self._token_after(found.end(), i)

    def _phrase(self, i: int) -> tuple[Phrase, int] | None:
        found = match_phrase(self.low, self.tokens[i].start)
        if found is None:
            return None
        return found[0], self._token_after(found[1], i)

    def _token_after(self, offset: int, i: int) -> int:
        while i < len(self.tokens) and self.tokens[i].start < offset:
            i += 1
        return i

    def _closed_word(self, i: int) -> Word | None:
        low = self.tokens[i].low
        if low == "full" and self._low(i + 1) == "of":
            return Word("verb", low, "fill")
        kinds: tuple[tuple[WordKind, frozenset[str]], ...] = (
            ("have", words.HAVING), ("be", words.AUXILIARIES), ("and", words.CONJUNCTIONS),
            ("with", frozenset({"with"})), ("without", frozenset({"without", "minus"})),
            ("pronoun", words.PRONOUNS), ("that", words.RELATIVES), ("aside", words.ASIDE),
            ("there", frozenset({"there"})),
        )  # fmt: skip
        for kind, members in kinds:
            if low in members and not self._is_determiner(i):
                return Word(kind, low)
        if is_adverb(low) and not self._modifies_noun(i):
            return Word("without" if low in ("not", "never") else "adverb", low)
        return None

    def _is_determiner(self, i: int) -> bool:
        """ "that dog" at the start of a sentence, "her cat": the word belongs to a noun phrase."""
        low = self.tokens[i].low
        if low == "her":
            return self._is_open(i + 1)
        return low == "that" and self.previous is None

    def _modifies_noun(self, i: int) -> bool:
        """An adverb before an adjective of a noun phrase: "brightly colored birds"."""
        after = self._low(i + 1)
        if isinstance(self.previous, Noun):
            return False
        return self._is_open(i + 1) and (is_adjective(after) or after.endswith(("ed", "ing")))

    def _predicate(self, i: int) -> tuple[Word, int] | None:
        """The adjectives after "is" and "are": "the ball is red and round"."""
        if not (isinstance(self.previous, Word) and self.previous.kind == "be"):
            return None
        end = i
        while is_adjective(self._low(end)) or (self._low(end) == "and" and is_adjective(self._low(end + 1))):
            end += 1
        if end == i or self._is_open(end):
            return None
        text = self.sentence[self.tokens[i].start : self.tokens[end - 1].end]
        return Word("adjectives", text.replace(", ", " ")), end

    def _low(self, i: int) -> str:
        return self.tokens[i].low if 0 <= i < len(self.tokens) else ""

    def _is_open(self, i: int) -> bool:
        """Tell whether token i can stand inside a noun phrase: no closed-class word, punctuation or expression."""
        low = self._low(i)
        if not low or not low[0].isalnum() or low in ("of", "with", "without", "no", "not", "there"):
            return False
        closed = (
            words.DETERMINERS, words.CONJUNCTIONS, words.PRONOUNS, words.RELATIVES, words.AUXILIARIES,
            words.ASIDE, words.ADVERBS,
        )  # fmt: skip
        if any(low in group for group in closed) or low in words.NUMBERS or low.isdigit():
            return False
        return match_phrase(self.low, self.tokens[i].start) is None

    # Verbs

    def _starts_with_verb(self, i: int) -> bool:
        """Where no noun phrase has begun: a verb follows a noun, an auxiliary, an adverb or "that"."""
        form = forms.verb_form(self._low(i))
        if form is None or self._low(i) in words.ING_NOUNS or self.previous is None:
            return False
        previous = self.previous
        if isinstance(previous, Noun):
            return True
        if isinstance(previous, Word) and previous.kind == "verb":
            return form[1] in ("ing", "past") and not self._is_modifier(i, form[1])
        if isinstance(previous, Word) and previous.kind in ("be", "that", "adverb", "pronoun", "one"):
            return form[1] != "base" or not self._is_open(i + 1) or form[0] not in words.NOUN_FIRST
        after_join = isinstance(previous, Word) and previous.kind in ("and", "comma", "adjectives")
        return after_join and form[1] in ("ing", "third", "past") and not self._is_modifier(i, form[1])

    def _is_modifier(self, i: int, form: forms.VerbForm) -> bool:
        """ "sleeping cats", "parked cars": a participle right before a noun."""
        low = self._low(i)
        if form == "third":
            return low[:-1] in words.NOUN_FIRST or not (
                self._low(i + 1) in words.DETERMINERS or not self._is_open(i + 1)
            )
        if self.progressive and form == "ing":
            return False
        return self._is_open(i + 1) and forms.verb_form(self._low(i + 1)) is None

    def _infinitive(self, i: int) -> tuple[Word, int] | None:
        """ "about to hit the ball": the verb after "to"."""
        form = forms.verb_form(self._low(i + 1)) if self._low(i) == "to" else None
        if form is None or form[1] != "base" or (form[0] in words.NOUN_FIRST and self._is_open(i + 2)):
            return None
        return Word("verb", forms.participle(form[0]), form[0]), i + 2

    def _verb(self, i: int) -> Word:
        low = self._low(i)
        lemma, form = forms.verb_form(low) or (low, "base")
        return Word("verb", low, lemma, finite=form in ("third", "base"))

    def _is_verb(self, i: int, so_far: list[Token], count: int | None) -> bool:
        """Decide whether token i ends the noun phrase `so_far` as its verb."""
        low = self._low(i)
        form = forms.verb_form(low)
        nouns = [token for token in so_far if _is_noun(token.low)]
        if form is None or low in words.ING_NOUNS or low in ("rose", "saw", "shot", "left", "wound"):
            return False
        verb, kind = form
        if not nouns:
            return False
        follows_open = self._is_open(i + 1)
        if kind == "ing":
            looks = low == "looking" and follows_open
            return not looks and (low, self._low(i + 1)) not in words.ING_COMPOUNDS
        if kind == "past":
            complement = is_adjective(self._low(i + 1)) and not self._is_open(i + 2)
            return not follows_open or complement or low in ("held", "wore", "ate", "rode", "drove")
        many = (count or 1) > 1 or forms.is_plural(nouns[-1].low) or nouns[-1].low in forms.UNCHANGING
        if kind == "third":
            if many or is_adjective(low):
                return False
            return verb not in words.NOUN_FIRST or (not follows_open and self._low(i + 1) not in ("", ",", ".", "and"))
        if many:
            return verb not in words.NOUN_FIRST or not follows_open
        if self._low(i + 1) in ("the", "a", "an") and verb in words.VERBS:
            return True
        joined = isinstance(self.previous, Word) and self.previous.kind == "and"
        goes_on = not follows_open and self._low(i + 1) not in ("", ",", ".", "and")
        return verb in ("sit", "eat", "lie", "lay", "graze") or (joined and verb in _JOINT_VERBS and goes_on)

    # Noun phrases

    def _noun(self, i: int) -> tuple[Noun | Word, int] | None:
        quantity, start = self._quantity(i)
        count = quantity.count
        end, kept = start, list[Token]()
        while self._continues(end, start, kept, count, has_determiner=start > i):
            if self._low(end) not in ("and", ",", "&") and self._low(end) not in ("very", "really", "quite", "so"):
                kept.append(self.tokens[end])
            elif self._low(end) in ("and", "&"):
                kept.append(replace(self.tokens[end], text="and"))
            end += 1
        if not kept:
            return self._bare_quantity(i, count, start)
        noun = _build(kept, quantity)
        if noun.only_adjectives and self._low(end) in ("one", "ones"):
            return noun, end + 1
        if self._low(end) == "of":
            return self._with_of(noun, end)
        return noun, end

    def _continues(self, i: int, start: int, kept: list[Token], count: int | None, *, has_determiner: bool) -> bool:
        if i >= len(self.tokens):
            return False
        adjectives_only = bool(kept) and all(is_adjective(token.low) or token.low == "and" for token in kept)
        if self._low(i) in ("and", ",", "&"):
            listed = self._low(i) == "," and len(kept) == 1 and has_determiner and not forms.is_plural(kept[0].low)
            unknown = listed and self._is_open(i + 1) and self._is_open(i + 2) and self._low(i + 1) not in words.COLOURS
            return unknown or (adjectives_only and self._joins_adjective(i + 1))
        if is_adverb(self._low(i)) and self._low(i) not in words.ADVERBS:
            return not kept and self._modifies_noun(i)
        if self._low(i) in ("very", "really", "quite", "so") and not kept:
            return self._is_open(i + 1)
        first_after_determiner = not kept and has_determiner and self._low(i).isalpha()
        if first_after_determiner and not self._is_closed(i) and (self._is_open(i + 1) or self._low(i + 1) == "of"):
            return True
        if self._is_particle(i, kept):
            return True
        if not self._is_open(i):
            return False
        if not kept and not has_determiner:
            return True
        if not kept:
            return not (forms.verb_form(self._low(i)) and count == 1 and not self._is_open(i + 1)) or has_determiner
        return not self._is_verb(i, kept, count)

    def _is_particle(self, i: int, kept: list[Token]) -> bool:
        """ "run down bus", "broken down toilet": the particle belongs to the participle before the noun."""
        if self._low(i) not in ("down", "out", "up", "off") or not kept or not self._is_open(i + 1):
            return False
        last = kept[-1].low
        form = forms.verb_form(last)
        return last == "run" or is_adjective(last) or (form is not None and form[1] == "past")

    def _is_closed(self, i: int) -> bool:
        low = self._low(i)
        return (
            low in ("of", "with") or low in words.CONJUNCTIONS | words.AUXILIARIES | words.RELATIVES | words.DETERMINERS
        )

    def _joins_adjective(self, i: int) -> bool:
        """The word after "and" or a comma goes on describing the same noun: "black and white cat"."""
        if not self._is_open(i):
            return False
        low = self._low(i)
        described = is_adjective(low) or low.endswith(("ed", "ing", "y")) or self._low(i - 1) == ","
        return described and (self._is_open(i + 1) or self._low(i + 1) in ("and", ","))

    def _quantity(self, i: int) -> tuple["_Quantity", int]:
        """Read determiners and numbers: (what they say, index of the first word after them)."""
        quantity = _Quantity()
        while i < len(self.tokens) and (step := self._quantity_step(i, quantity)):
            i += step
        return quantity, i

    def _quantity_step(self, i: int, quantity: "_Quantity") -> int:
        """Read one word of a quantity; 0 if token i is none."""
        low, after, before = self._low(i), self._low(i + 1), self._low(i - 1)
        if low == "half" and after in ("a", "dozen"):
            quantity.count, size = 6, 3 if after == "a" else 2
            return size + (self._low(i + size) == "of")
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
        low = self._low(i)
        if low not in words.COUNT_NOUNS:
            return False
        alone = low in words.VAGUE_NUMBERS or low == "dozen" or (low == "couple" and self._is_open(i + 1))
        return alone or self._low(i + 1) == "of"

    def _bare_quantity(self, i: int, count: int | None, start: int) -> tuple[Word, int] | None:
        """ "one on the left and the other on the right": a number that stands for things named before."""
        if start == i:
            return None
        if count:
            return Word("one", self._low(i), number=count), start
        if self._low(start - 1) in ("other", "another"):
            return Word("one", self._low(i), number=1), start
        return None

    def _with_of(self, noun: Noun, of: int) -> tuple[Noun | Word, int]:
        """ "a bowl of plums" is a bowl, "a group of three dogs" is three dogs, "a herd of cows" a herd."""
        inner = self._noun(of + 1)
        if inner is None or not isinstance(inner[0], Noun):
            return noun, of + 1
        thing, end = inner
        assert isinstance(thing, Noun)
        if noun.key in words.ABSTRACT or (noun.key in words.GROUPS and thing.count and not thing.vague):
            return replace(thing, determiner=noun.determiner), end
        tail = self.sentence[self.tokens[of].start : self.tokens[end - 1].end]
        return replace(noun, tail=" " + tail), end


def _is_noun(word: str) -> bool:
    """Tell whether a word of a noun phrase can be its head: no adjective, no participle."""
    form = forms.verb_form(word)
    participle = form is not None and form[1] in ("ing", "past") and word not in words.ING_NOUNS
    return word in words.ALSO_NOUNS or not (participle or is_adjective(word))


def _punctuation(text: str) -> Word | None:
    if text in ",()–—/":
        return Word("comma", text)
    if text in ".;!?|":
        return Word("stop", text)
    if text in ":":
        return Word("colon", text)
    return Word("and", "and") if text in "&+" else None


def _build(kept: list[Token], quantity: _Quantity) -> Noun:
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
