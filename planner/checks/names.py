"""Which thing a phrase names: the one reader of names and prompts, by word forms and without a model.

A phrase may name more than one thing, and more than one reading of it may be possible: "a bunch of white roses" names a
bunch and roses, "Einstein painting" is a man who paints or a painting of his. All readings count, so that a right
prompt is never refused: a noun of the one must be a noun of the other. What a phrase does not name is what stands
before its noun: an apple pie is no apple, a dog house is no dog.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

from planner.lexicon import forms, words
from planner.lexicon.verb_words import ING_COMPOUNDS, ING_NOUNS, NOUN_FIRST
from planner.plan import Plan

ARTICLES: Final = frozenset({
    "a", "an", "the", "this", "that", "some", "another", "one", "its", "his", "her", "their",
})  # fmt: skip
DIVIDERS: Final = frozenset({
    "with", "without", "of", "on", "in", "at", "from", "to", "for", "by", "near", "under", "behind",
    "beside", "over", "above", "below", "inside", "into", "against", "around", "and", "or", "who", "which",
    "that", "wearing", "holding", "riding", "carrying", "is", "are", "has", "have",
})  # fmt: skip
IGNORED: Final = ARTICLES | set(words.NUMBERS)  # in names and prompts alike
_ENDS: Final = (DIVIDERS - {"of", "and", "or"}) | words.word_set(
    "across along among between next as than while where when whose was were beneath underneath towards toward through"
)
_PIECES: Final = words.GROUPS | words.word_set(
    "pair slice piece bit loaf head sprig cluster bunch bouquet wreath tuft clump handful stalk stick block cube drop "
    "scoop serving portion wedge chunk"
)  # fmt: skip
_MEASURES: Final = _PIECES | frozenset(words.COUNT_NOUNS) | words.word_set(
    "pool puddle patch strip sheet roll coil ball dollop lump grain sliver segment half part top bottom side end edge "
    "rest tip front back member kind type sort display arrangement selection mix mixture spread bed field grove layer "
    "tier plate bowl cup mug glass jar bottle basket vase box bag bucket crate tray can pot"
)  # fmt: skip
_DEPICTIONS: Final = words.PICTURES | words.word_set(
    "statue statuette sculpture figurine figure bust model map logo silhouette reflection shadow mural mosaic carving "
    "costume mask toy replica smell taste sound memory lack absence"
)
# After the name of a kind they add nothing: an oak tree is an oak, a poodle dog a poodle.
_CLASSES: Final = words.word_set(
    "tree plant flower bush blossom animal bird fish dog cat horse insect bug person man woman boy girl child kid baby "
    "cub puppy kitten chick warrior character lady vehicle vessel ship boat plane aircraft building structure temple "
    "architecture monument range peak ruin ruins skyline text lettering crowd fruit berry vegetable nut instrument "
    "device machine"
)
_PLANTS: Final = words.word_set("tree plant bush blossom flower")
_NOT_PLANTS: Final = words.word_set(  # what bears their name or sits on them
    "cat dog bird family house power apple pear cherry orange lemon lime peach plum fig olive banana coconut mango "
    "apricot avocado almond walnut date "
    "coffee tea tomato pepper strawberry raspberry blueberry grape cotton"
)
_FORMS_OF: Final = words.word_set("toy title model mother baby robot")  # a toy bear is a toy
_PEOPLE: Final = words.word_set("man woman boy girl lady child kid person guy gentleman")
_PERSON_ENDINGS: Final = ("er", "or", "ist", "ian", "ant", "naut", "ess", "man", "woman")
_NO_KIN: Final = words.word_set(  # they end like another thing and are none of it
    "pineapple eggplant seahorse mushroom bathroom bedroom classroom wallpaper newspaper ladybird butterfly dragonfly "
    "horsefly firefly hotdog doghouse birdhouse greenhouse lighthouse treehouse warehouse teapot flowerpot jackpot "
    "hedgehog grapefruit cupcake pancake raincoat peanut doughnut chestnut coconut starfish jellyfish"
)
_SAME: Final = (
    "bike bicycle", "motorbike motorcycle", "tv television", "sofa couch settee", "plane airplane aeroplane jet",
    "phone smartphone cellphone telephone", "fridge refrigerator", "spectacle glass eyeglass", "donut doughnut",
    "rabbit bunny", "dog puppy", "cat kitten", "kid child", "lady woman", "guy man", "lorry truck", "pig hog",
    "ladybug ladybird", "photo photograph picture", "lamppost streetlamp", "cap hat", "rock stone", "bin trashcan",
    "infant baby", "cab taxi", "mum mom mother", "dad father", "autumn fall", "teddy bear", "sweater pullover jumper",
    "rug carpet", "street road", "forest wood", "sneaker trainer shoe", "purse handbag", "ox bull",
)  # fmt: skip
_KINDS: Final = {
    "person": "man woman boy girl child kid lady guy baby toddler player rider cyclist adult teenager figure",
    "child": "boy girl baby toddler", "people": "man woman person boy girl child crowd",
    "bird": "parrot sparrow robin owl eagle crow raven pigeon dove seagull gull duck goose swan hen chicken penguin",
    "flower": "rose tulip daisy lily sunflower orchid poppy lavender dandelion blossom bouquet peony",
    "tree": "oak pine palm maple birch willow fir cypress sycamore cedar",
    "dog": "corgi poodle labrador retriever husky terrier beagle dachshund shepherd", "cat": "tabby",
    "car": "sedan convertible taxi suv jeep coupe roadster", "truck": "pickup",
    "boat": "ship sailboat canoe kayak yacht rowboat ferry", "horse": "pony foal stallion mare",
    "cow": "bull calf", "sheep": "lamb", "building": "house tower skyscraper temple church cottage",
    "fruit": "apple banana orange pear grape lemon cherry strawberry mango peach plum",
    "hat": "cap beanie fedora", "drink": "juice coffee tea cocktail soda lemonade", "shoe": "boot sneaker sandal",
    "painting": "portrait canvas landscape", "chair": "armchair stool", "bag": "backpack handbag purse",
}  # fmt: skip


@dataclass(frozen=True)
class Name:
    """What a phrase names: `nouns` in the singular, of which any may be meant, and all of its `words`."""

    nouns: frozenset[str]
    words: frozenset[str]

    @property
    def attributes(self) -> frozenset[str]:
        """The words beside the nouns: "red" of "red apple"."""
        return self.words - self.nouns

    @property
    def colours(self) -> frozenset[str]:
        """The colours among the words, "gray" as "grey"."""
        return self.words & words.COLOURS

    def stands_for(self, other: Name) -> bool:
        """Tell whether this name may be said of what the other names; of a robin, "bird", but not of a bird, "robin".

        Its colours must be among the other's; further attributes may be missing there.
        """
        return self.shares_noun(other) and self.colours <= other.colours

    def shares_noun(self, other: Name) -> bool:
        """Tell whether this name's noun may be said of what the other names, whatever attributes both have."""
        return any(_is_kind(noun, name) for name in self.nouns for noun in other.nouns)


@cache
def read_name(phrase: str) -> Name:
    """Read the name of a thing or an object's prompt: "rose", "a bunch of white roses", "two dogs on a rug"."""
    found = [_spelled(token) for token in _tokens(phrase)]
    known = [word for word in found if word not in IGNORED and word[0].isalnum()]
    return Name(frozenset(_nouns(found)), frozenset(map(_single, known)))


def without_article(phrase: str) -> str:
    """Drop the articles in front: "the red ball" is "red ball"; nothing but articles stays as it is."""
    words = phrase.split()
    while len(words) > 1 and words[0].lower() in ARTICLES:
        words = words[1:]
    return " ".join(words)


def named_in(text: str, name: Name) -> bool:
    """Tell whether a text has any of a name's nouns in it, or of a kind of it; true for a name without any."""
    found = [_single(_spelled(token)) for token in _tokens(text)]
    there = {*found, *map("".join, pairwise(found))}
    there |= {part for word in found if "-" in word for part in (*word.split("-"), word.replace("-", ""))}
    return not name.nouns or any(_is_kind(word, noun) for noun in name.nouns for word in there)


def speaks_of(text: str, prompt: str) -> bool:
    """Tell whether a text has the noun of an object's prompt in it, anywhere and in either number."""
    return named_in(text, read_name(prompt))


def objects_named(plan: Plan, name: str) -> list[int]:
    """Return the numbers of the objects that a name stands for: those with all of its words where there are any."""
    wanted, prompts = read_name(name), [read_name(item.prompt) for item in plan.objects]
    found = [index for index, prompt in enumerate(prompts) if wanted.stands_for(prompt)]
    return [index for index in found if wanted.attributes <= prompts[index].words] or found


def _tokens(phrase: str) -> list[str]:
    """A phrase's words in lower case, "café" as "cafe", and the marks that end a phrase."""
    phrase = "".join(char for char in unicodedata.normalize("NFKD", phrase) if not unicodedata.combining(char))
    return re.findall(r"[^\W_]+(?:['\u2019-][^\W_]+)*|[,;:.(\"\u201c]", phrase.lower())


def _spelled(word: str) -> str:
    return "grey" if word == "gray" else word.replace("\u2019", "'")


def _single(word: str) -> str:
    return word if word in IGNORED else forms.singular(word.removesuffix("'s"))


def _nouns(tokens: Sequence[str]) -> set[str]:
    """The nouns that may be meant, from the words up to the first that ends the phrase."""
    start = next(
        (i for i, word in enumerate(tokens) if word not in IGNORED | {"of"} and word[0].isalnum()), len(tokens)
    )
    end = next((i for i, word in enumerate(tokens) if i > start and _ends(word)), len(tokens))
    found = set[str]()
    for segment, following in _segments(tokens[start:end]):
        found |= _heads(segment)
        rest = tokens[start + following : end + _clause(tokens[end:])]
        if segment and tokens[start + following - 1 : start + following] == ["of"] and _holds(segment[-1], rest):
            found |= _nouns(rest)
    return found


def _ends(word: str) -> bool:
    return word in _ENDS or word in ARTICLES - {"one"} or word in ';:.("\u201c'


def _clause(tokens: Sequence[str]) -> int:
    """How many words a phrase goes on behind "of" where it begins with an article: "a slice of the cake"."""
    if not tokens or tokens[0] not in ARTICLES:
        return 0
    return next((i for i, word in enumerate(tokens) if i and (_ends(word) or word in ("of", "and"))), len(tokens))


def _segments(tokens: Sequence[str]) -> Iterable[tuple[list[str], int]]:
    """Split words at commas, "and" and "of": each piece, and where the next one begins."""
    piece = list[str]()
    for place, word in enumerate(tokens):
        if word in ("and", "or", "of", ","):
            yield piece, place + 1
            if word == "of":
                return
            piece = []
        else:
            piece.append(word)
    yield piece, len(tokens)


def _holds(noun: str, rest: Sequence[str]) -> bool:
    """Tell whether "X of Y" names Y too: a bunch of roses, a pile of three books, not a statue of a dog."""
    noun = _single(noun)
    return noun in _MEASURES or (noun not in _DEPICTIONS and bool(rest) and rest[0] not in ARTICLES)


def _heads(segment: Sequence[str]) -> set[str]:
    """The words that may be the noun of a phrase without prepositions: the last, or what stands before its verb."""
    segment = [word for word in segment if word not in IGNORED]
    for place in range(1, len(segment) - 1):
        if _acts(segment, place):
            return _heads(segment[:place])
    found = set[str]()
    while segment:
        found |= _compound(segment)
        if not _may_follow(segment[-1]):
            break
        segment = segment[:-1]
    return found


def _acts(segment: Sequence[str], place: int) -> bool:
    """Tell whether the noun stands before this word, which says what it does: "girl", not "rope", jumping rope."""
    word, before = segment[place], segment[place - 1]
    if not word.endswith("ing") or (word, segment[place + 1]) in ING_COMPOUNDS or before.endswith("'s"):
        return False
    return word not in ING_NOUNS and forms.verb_form(word) is not None and before not in words.ADJECTIVES


def _may_follow(word: str) -> bool:
    """Tell whether a word may stand behind the noun that it belongs to: "running", "asleep", "open", "red"."""
    late = words.ADJECTIVES | words.ADVERBS | words.SPOTS | {"left", "right"}
    if word in late or word.startswith(("mid-", "half-", "side-")):
        return True
    return (word.endswith("ly") and word not in words.LY_NOUNS) or _may_be_verb(word)


def _may_be_verb(word: str) -> bool:
    if (word.endswith("ing") and len(word) > 4) or word in forms.IRREGULAR_PASTS:
        return True
    verb = forms.verb_form(word)
    return verb is not None and (verb[1] == "past" or (verb[1] == "third" and verb[0] not in NOUN_FIRST))


def _compound(segment: Sequence[str]) -> set[str]:
    """The nouns of a phrase that ends in one: "tree" and "oak" of "oak tree", "pie" of "apple pie"."""
    noun = _single(segment[-1])
    found = {noun}
    if "-" in noun:
        found |= {noun.replace("-", ""), noun.rpartition("-")[2]}
    if len(segment) < 2:
        return found
    before = _single(segment[-2])
    found.add(before + noun)
    if _adds_nothing(before, noun) and before not in words.ADJECTIVES - words.ALSO_NOUNS:
        found |= _compound(segment[:-1])
    return found | {_single(word) for word in segment[:-1] if word in _FORMS_OF}


def _adds_nothing(before: str, noun: str) -> bool:
    """Tell whether a compound names what stands in front as well: a pizza slice, an oak tree, a woman doctor."""
    if before in _PEOPLE:
        return noun in _PEOPLE or noun.endswith(_PERSON_ENDINGS)
    if noun in words.CONTAINERS:
        return noun in words.OPEN_CONTAINERS and before in words.MASS
    if noun in _PLANTS and before in _NOT_PLANTS:
        return False
    return noun in _CLASSES or noun in _PIECES


@cache
def _is_kind(word: str, name: str) -> bool:
    """Tell whether a noun means the same as a name, or a kind of it: "sailboat" and "ship" are boats."""
    if word == name or any(word in group.split() and name in group.split() for group in _SAME):
        return True
    if name in _KINDS and word in _KINDS[name].split():
        return True
    kin = len(name) >= 3 and word.endswith(name) and len(word) - len(name) >= 3
    return kin and word not in _NO_KIN and word not in ING_NOUNS
