"""Noun phrases from the parse: determiner, number, modifiers and head of the phrase around a noun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from planner.english.parsing.amounts import Amount
from planner.english.parsing.expanding import Piece
from planner.english.parsing.parser import only_describes, word_class
from planner.lexicon import forms, words
from planner.lexicon.kinds import is_clothing, is_compound, known_kind_of
from planner.scene.scene import Limit

if TYPE_CHECKING:
    from spacy.tokens import Token

Sort = Literal[
    "thing", "place", "surface", "landscape", "time", "style", "picture", "part", "clothes", "abstract", "writing",
    "spot",
]  # fmt: skip
BEFORE: Final = frozenset(
    "det nummod amod compound nmod poss predet quantmod advmod neg npadvmod preconj case appos".split()  # noqa: SIM905
)
_SORTS: Final[tuple[tuple[Sort, frozenset[str]], ...]] = (
    ("writing", words.WRITING),
    ("style", words.STYLE_NOUNS),
    ("picture", words.PICTURES),
    ("time", words.TIMES),
    ("spot", words.SPOTS),
    ("part", words.PARTS),
    ("clothes", words.CLOTHES),
    ("abstract", words.ABSTRACT),
    ("place", words.PLACES),
    ("surface", words.SURFACES),
    ("landscape", words.LANDSCAPE),
)
NO_MODIFIERS: Final = words.word_set("- , only just all single very quite so really about of")
GROUP_NUMBERS: Final = {"pair": 2, "duo": 2, "trio": 3, "quartet": 4, "quintet": 5}


@dataclass(frozen=True)
class Noun:
    """A noun phrase. `modifiers` and `head` are as written, `tail` is " of plums" or empty.

    `count` is None where no number stands; `vague` is the word ("several") that a count was guessed from; `plural`
    tells the form of the head. `ordinals` are "left", "second", "far": which one of several is meant.
    """

    head: str
    modifiers: tuple[str, ...] = ()
    tail: str = ""
    determiner: str = ""
    count: int | None = None
    vague: str = ""
    limit: Limit = "exact"
    proper: bool = False
    times: float | None = None  # so many times another thing's number
    of_many: bool = False  # a plural follows it after "of": "a line of camels"
    tokens: tuple[int, ...] = field(default=(), compare=False)

    @property
    def key(self) -> str:
        """The singular head in lower case, by which lists and earlier mentions are looked up."""
        return self.head.lower() if self.is_name_in_s else forms.singular(self.head.lower())

    @property
    def is_name_in_s(self) -> bool:
        """Tell whether it is a name that only looks like a plural: "Hermes", "Naples"."""
        alone = self.proper and not self.determiner and self.count is None
        return alone and known_kind_of(forms.singular(self.head.lower())) is None

    @property
    def plural(self) -> bool:
        """Tell whether the head is a plural; "sheep" is none, nor is a name that nothing stands before."""
        if self.is_name_in_s:
            return False
        return forms.is_plural(self.head.lower()) and self.key not in forms.UNCHANGING

    @property
    def counted(self) -> bool:
        """Tell whether it is said in so many words that there is one or are some."""
        return self.determiner in ("a", "an", "another") or self.count is not None

    @property
    def is_bare(self) -> bool:
        """Tell whether it is one thing, known as such, and said without an article: "goblin", "boar"."""
        alone = not (self.determiner or self.plural or self.proper) and self.count is None
        return alone and self.sort == "thing" and self.key not in words.MASS and known_kind_of(self.key) is not None

    @property
    def is_one_side(self) -> bool:
        """Tell whether it is one of the two that a being has: "one hand", "the other paw"."""
        article = self.determiner in ("a", "an", "another")
        return self.key in words.PAIRED and not self.plural and self.count in (None, 1) and not article

    @property
    def sort(self) -> Sort:
        """What the noun names, by short lists of the words that are no things."""
        low = self.head.lower()
        if any(char.isdigit() for char in low):
            return "style"
        if self.key in words.GROUPS and self.of_many:
            return "thing"
        told, last = self.counted or self.determiner == "the", "".join(self.modifiers[-1:]).lower()
        if (sort := self._sort_with(told, last)) is not None:
            return sort
        if is_compound(" ".join([*self.modifiers[-1:], self.key])):
            return "thing"
        if is_clothing(self.key) and (self.count or 0) < 2:
            return "clothes"
        for sort, members in _SORTS:
            if low in members or self.key in members:
                several = (self.count or 0) > 1 and self.determiner != "the"
                if self.key == "half" and (several or known_kind_of(" ".join(self.modifiers)) is not None):
                    continue
                return sort
        unknown = known_kind_of(self.key) is None and forms.verb_form(self.key) is None and not self.proper
        if unknown and only_describes(self.key):
            return "abstract"
        quality = self.key.endswith(words.QUALITY_ENDINGS) and self.key not in words.NO_QUALITIES
        return "abstract" if quality else "thing"

    def _sort_with(self, told: bool, last: str) -> Sort | None:
        """What a noun names in these words: "a traffic light", "a love letter", "Portra 400 colors".

        told: whether it has an article or a number. last: the word before it, in lower case.
        """
        if last in words.SOURCES_OF_LIGHT and self.key == "light":
            return "style"
        if f"{last}-{self.key}" in words.PLACES:
            return "place"  # "parking lot"
        if self.head.lower() == "wheel" and last not in words.OF_CARS:
            return "thing"  # "a brie wheel"
        if self.key in ("light", "lens", "flash") and told and last and last not in words.ADJECTIVES:
            return "thing"
        if self.key == "line" and told and last in words.OF_LINES:
            return "thing"
        if self.key == "match" and told and last in ("burning", "lit", "wooden", "single", "burnt", "burned", "red"):
            return "thing"  # to light a candle with
        mail = self.determiner in ("a", "an", "another") or bool(self.modifiers)
        if self.head.lower() == "letter" and mail and last not in ("capital", "first", "big", "single", "large"):
            return "thing"  # what the postman brings
        if self.key in ("shell", "back", "hump", "antler") and self.determiner in words.POSSESSIVES:
            return "part"
        if self.key in ("screen", "chart") and last in words.SCREENS:
            return "picture"
        if self.head.lower() in words.PAIR_NOUNS and (self.count or 0) > 1:
            return "thing"
        if self.key in words.COLOURS - words.ALSO_NOUNS and self.plural:
            return "style"
        if self.key in ("color", "colour") and self.plural and not self.determiner and self.modifiers:
            return "style"  # "Portra 400 colors"
        if self.key == "sun" and last in words.TIMES:  # "midday sun"
            return "style"
        if (self.key == "lot" and last in words.OF_LOTS) or (self.key == "square" and last in words.OF_SQUARES):
            return "place"
        return None


def read_noun(token: Token, pieces: Sequence[Piece]) -> Noun:
    """Read the noun phrase of which a token is the head; `pieces` are the segment's."""
    first = _first(token)
    kept, quantity = _modifiers(token, first, pieces)
    *compound, head = pieces[token.i].source.split() or [token.text]
    name = _is_name(token, head) and not kept and not quantity.determiner
    kept += compound
    if token.i == 0 and head.istitle() and not name and (token.pos_ != "PROPN" or forms.is_plural(head.lower())):
        name = not kept and not quantity.determiner and quantity.count is None and is_unknown_plural(head.lower())
        head = head if name else head.lower()  # "Hermes", "Naples"
    low = head.lower()
    single = quantity.determiner in ("a", "an") and not quantity.amount
    if single and (quantity.count or 0) > 1 and not forms.is_plural(low) and low not in forms.UNCHANGING:
        number = next((word.text for word in token.doc[first : token.i] if word.pos_ == "NUM"), "")
        kept, quantity.count = [number, *kept], None  # "a three layer cake"
    if low in forms.UNCHANGING and quantity.count is None and not quantity.determiner and _articles_left_out(token):
        quantity.count = 1  # "deer beside piano"
    if quantity.vague and low in words.MASS:
        quantity.count, quantity.vague = None, ""  # "many water"
    group = GROUP_NUMBERS.get(low)
    if group and kept and quantity.count is None and token.doc[token.i - 1].pos_ in ("NOUN", "PROPN"):
        *kept, head = kept  # "a taco trio"
        head, quantity.count = head.lower() if first == 0 and token.i == 1 else head, group
        quantity.determiner = "" if quantity.determiner in ("a", "an") else quantity.determiner
    return Noun(
        head=head,
        modifiers=tuple(kept),
        determiner=quantity.determiner,
        count=quantity.count,
        vague=quantity.vague,
        limit=quantity.limit,
        proper=head[:1].isupper() and (name or token.pos_ == "PROPN"),
        times=quantity.times,
        of_many=(inner := of_what(token)) is not None and forms.is_plural(inner.lower_),
        tokens=tuple(range(first, token.i + 1)),
    )


def object_of(prep: Token) -> Token | None:
    """Give the noun after a preposition, if the parse has one."""
    return next((child for child in prep.children if child.dep_ == "pobj"), None)


def of_what(token: Token) -> Token | None:
    """Give the noun after the "of" that hangs on a noun."""
    of = next((child for child in token.rights if child.lower_ == "of" and child.dep_ == "prep"), None)
    return object_of(of) if of is not None else None


def _is_name(token: Token, head: str) -> bool:
    """Tell whether a noun that nothing stands before may be a name."""
    low = head.lower()
    common = low in words.COMMON or known_kind_of(low) is not None or forms.verb_form(low) is not None
    return token.tag_ == "NN" and not common


def is_unknown_plural(low: str) -> bool:
    """Tell whether a word looks like a plural of no noun that is known: "hermes", "absurdres"."""
    one = forms.singular(low)
    known = one in word_class("noun") or known_kind_of(one) is not None or one in words.COMMON
    return one != low and not known


def _first(token: Token) -> int:
    """Where the phrase of a noun begins."""
    doc, first = token.doc, token.i
    one_of_many = token.tag_ == "NNS" and any(child.lower_ in ("a", "an") for child in token.lefts)
    while first > 0 and belongs(doc[first - 1], token):
        other = doc[first - 2]
        noun = other.pos_ in ("NOUN", "PROPN") or (one_of_many and other.pos_ == "ADJ")
        if doc[first - 1].pos_ == "CCONJ" and noun and other.lower_ not in words.ADJECTIVES:
            break
        first -= 1
    return first


def _modifiers(token: Token, first: int, pieces: Sequence[Piece]) -> tuple[list[str], _Quantity]:
    """Read the words before a noun: (those that describe it, its determiner and number)."""
    kept, quantity = list[str](), _Quantity()
    for word in token.doc[first : token.i]:
        source, value = pieces[word.i].source, pieces[word.i].value
        if isinstance(value, Amount):
            quantity.tell(value)
        elif not source or word.lower_ in NO_MODIFIERS:  # without a source it was put before the parser only
            continue
        elif word.dep_ == "case" and kept:
            kept[-1] += source
        elif word.pos_ == "NOUN" or not quantity.take(word.lower_, word):
            kept.append(source if source != "&" else "and")
    opening = token.doc[0]
    if first == 0 and opening.is_title and kept[:1] == [pieces[0].source] and opening.pos_ != "PROPN":
        kept[0] = kept[0].lower()
    return kept, quantity


def _articles_left_out(token: Token) -> bool:
    """Tell whether another noun near a noun is one thing without an article: "deer beside piano"."""
    others = (other for other in token.doc if other.i != token.i and other.tag_ == "NN" and not list(other.lefts))
    things = (other.lower_ for other in others if other.dep_ not in BEFORE and other.lower_ not in words.MASS)
    return any(known_kind_of(word) is not None for word in things)


def belongs(before: Token, head: Token) -> bool:
    """Tell whether a word left of a noun is part of its phrase."""
    top = before
    while top.head.i != top.i and top.head.i != head.i:
        top = top.head
    if top.head.i != head.i or top.i == head.i or top.i > head.i:
        return False
    if before.pos_ in ("ADP", "SCONJ", "AUX") and before.lower_ not in ("than", "of", "like"):
        return False
    if before.lower_ in ("here", "nearby", "together", "there", "then"):
        return False
    if top.dep_ == "nsubj" and head.pos_ in ("NOUN", "ADV") and top.i == head.i - 1 and top.left_edge.i == 0:
        return True  # "lace dress", "their golden retriever"
    miscast = head.pos_ == "VERB" and head.dep_ in ("pobj", "dobj") and top.dep_ == "nsubj"  # "3 dew drops"
    return top.dep_ in BEFORE or miscast


@dataclass
class _Quantity:
    """Determiner and number of a noun phrase while its words are read."""

    determiner: str = ""
    count: int | None = None
    vague: str = ""
    limit: Limit = "exact"
    times: float | None = None
    amount: bool = False

    def tell(self, value: Amount) -> None:
        """Take a number that was said in several words."""
        self.count, self.limit, self.times, self.amount = value.count, value.limit, value.times, True

    def take(self, low: str, word: Token) -> bool:
        """Take a word that is no modifier; tell whether it was one."""
        if low == "no" or low == "zero":
            self.determiner, self.count = "no", 0
        elif low in ("dozen", "hundred", "thousand", "couple", "pair"):
            base = {"dozen": 12, "hundred": 100, "thousand": 1000, "couple": 2, "pair": 2}[low]
            self.count = base * (self.count or 1)
        elif low == "half" and word.dep_ == "predet":
            return True  # "half an orange"
        elif (
            low.isdecimal() and len(low) < 19 and word.dep_ in ("nummod", "quantmod", "compound", "amod", "nmod", "det")
        ):
            self.count = int(low)
        elif low in words.NUMBERS and low != "single":
            self.count = words.NUMBERS[low]
            self.determiner = "both" if low == "both" else self.determiner
        elif low in words.VAGUE_NUMBERS:
            self.count, self.vague = words.VAGUE_NUMBERS[low], low
        elif low in words.DETERMINERS | words.word_set("neither nor what which such"):
            if low in ("other", "another") or not self.determiner:
                self.determiner = low
        elif low in ("more", "fewer", "less", "than", "most", "least", "at", "not", "up", "to", "exactly", "own"):
            self.limit = "most" if low in ("most", "fewer", "less", "not") else self.limit
        else:
            return False
        return True
