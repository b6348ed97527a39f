"""The scene schema narrowed to one sentence, so that a grammar keeps a small model to what the sentence says.

A small model copies well and counts badly: SmolLM2-135M gives every thing the first number that it reads, lists things
twice, and makes up sides and relations. Narrowed, names are neighbouring words of the sentence, each once and in its
order, a count is the number in front, and sizes, positions and relations are those that the sentence has a word for.
Where the things end, which stands where and how to which other is still the model's to say. Only for English: other
sentences keep the whole schema.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from planner.checks.names import ARTICLES, DIVIDERS
from planner.lexicon import forms, words
from planner.lexicon.relations import match, spoken
from planner.plan.limits import MAX_OBJECTS

LONGEST_NAME: Final = 4  # words
MOST_UNSAID: Final = 4  # of things in the plural without a number
TOKEN: Final = re.compile(r"[A-Za-z0-9]+(?:['-][A-Za-z0-9]+)*|[^\w\s]")
NUMBERS: Final = {**words.NUMBERS, "a": 1, "an": 1, "another": 1, "pair": 2, "couple": 2, "trio": 3, "dozen": 12}
_SUBJECTS: Final = words.RELATIVES | words.PRONOUNS | words.AUXILIARIES  # what follows one of them is a verb
DENIED: Final = words.word_set("no not without")
_FOREIGN: Final = words.word_set(
    "der die das ein eine einen und mit le les un une et avec el los las una y il lo het een"
)
CLOSED: Final = (
    words.DETERMINERS | words.CONJUNCTIONS | words.PRONOUNS | words.RELATIVES | words.AUXILIARIES | words.ADVERBS
    | DIVIDERS | frozenset(NUMBERS) | frozenset(words.COUNT_NOUNS) | DENIED
    | words.word_set("there none left right onto upon next above beneath underneath beside between among across along")
)  # fmt: skip
_NO_NAMES: Final = (
    words.ADJECTIVES - words.ALSO_NOUNS
    | words.SPOTS | words.GROUPS | words.PLACES | words.TIMES | words.ABSTRACT | words.PICTURES | words.STYLE_NOUNS
)  # fmt: skip
_POSITIONS: Final = {
    "left": r"(?:left|right)\b(?! (?:hand )?(?:side )?of\b| to (?:left|right)\b)(?<!to left)(?<!to right)",
    "right": r"(?:left|right)\b(?! (?:hand )?(?:side )?of\b| to (?:left|right)\b)(?<!to left)(?<!to right)",
    "top": r"top\b(?! of\b| to bottom\b)|upper|bottom\b(?! of\b)(?<!to bottom)|lower",
    "bottom": r"top\b(?! of\b| to bottom\b)|upper|bottom\b(?! of\b)(?<!to bottom)|lower",
    "center": r"cent(?:er|re)|middle",
}
_LEVELS: Final = {"upper": "top", "lower": "bottom"}
_CORNER: Final = re.compile(r"\b(top|upper|bottom|lower)[ -](left|right)\b")
_SCENERY: Final = words.PLACES | words.SURFACES | words.LANDSCAPE | words.INDOORS | words.TIMES
_NO_SCENERY: Final = words.CLOTHES | words.CONTAINERS | words.word_set("left right top bottom front")
_SMALL: Final = "|".join(sorted(CLOSED - words.DETERMINERS))
_BACKGROUND: Final = re.compile(
    rf"\b(?:in|on|at|under|near|by|during|against|along|across)(?: (?!(?:{_SMALL})\b)[A-Za-z0-9'-]+)+", re.IGNORECASE
)


@dataclass(frozen=True)
class PossibleThing:
    """What the sentence may speak of: its name in the singular, and how often it may be there."""

    name: str
    least: int = 1
    most: int = 1


def narrowed(schema: Mapping[str, Any], sentence: str) -> Mapping[str, Any]:
    """Return the scene schema (`prompts/scene/schema.json`) with no more than a sentence can mean in it.

    Every reply that fits it fits the schema itself. A sentence that is not English leaves the schema as it is.
    """
    if not is_english(sentence):
        return schema
    low = sentence.lower()
    result = copy.deepcopy(dict(schema))
    objects, relations = (result["properties"][key] for key in ("objects", "relations"))
    things = find_things(sentence)[: objects["maxItems"]]
    item = objects["items"]
    item["properties"]["position"]["enum"] = _positions(item["properties"]["position"]["enum"], low)
    objects["prefixItems"] = [_one(item, thing, low) for thing in things]
    objects["minItems"] = min(1, len(things))
    objects["maxItems"] = len(things)
    link = relations["items"]
    said = {item.wording.kind.replace("_", " ") for item in spoken(sentence) if item.wording.manner != "vague"}
    kinds = [kind for kind in link["properties"]["relation"]["enum"] if kind in said]
    link["properties"]["relation"]["enum"] = kinds
    pairs = list(_pairs(link, things, turned=_starts_with_relation(low))) if kinds else []
    relations["items"] = {"anyOf": pairs} if pairs else link
    relations["maxItems"] = min(relations["maxItems"], len(things) - 1) if pairs else 0
    result["properties"]["background"] = {"type": "string", "enum": ["", *_backgrounds(sentence)]}
    return result


def is_english(sentence: str) -> bool:
    """Tell whether a sentence may be read by English words: none of it is foreign script or a foreign article."""
    return sentence.isascii() and not _FOREIGN & set(re.findall(r"[a-z]+", sentence.lower()))


def find_things(sentence: str) -> list[PossibleThing]:
    """List what may be things, in order: neighbouring words that end in what may be a noun."""
    return [
        thing
        for before, run in _runs([token.lower() for token in TOKEN.findall(sentence)])
        for thing in _things(before, run)
    ]


def _runs(tokens: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Cut a sentence at its small words: each piece with the word before it ("two" in "two of the dogs")."""
    before, run = "", list[str]()
    for token in [*tokens, "."]:
        if token[0].isalpha() and token not in CLOSED:
            run.append(token)
            continue
        if run and before not in DENIED:
            yield before, run
        if run or not (token in {"of", "the"} or (before in DENIED and token in ARTICLES)):
            before = token
        run = []


def _things(before: str, run: Sequence[str]) -> Iterator[PossibleThing]:
    number = spoken_number(before) or 0
    many = next((i for i, word in enumerate(run) if is_many(word)), None)
    nouns = {i for i in range(len(run)) if _may_be_noun(before, run, i) or (number > 1 and i == many)}
    for end in sorted(i for i in nouns if _ends_name(run, nouns, i)):
        name = " ".join([*run[_first_word(run, nouns, end) : end], forms.singular(run[end])])
        if number > 1 and many in (end, None):
            yield PossibleThing(name, min(number, MAX_OBJECTS), min(number, MAX_OBJECTS))
        elif is_many(run[end]) and not (number == 1 and end == many):
            yield PossibleThing(name, 2, MOST_UNSAID)
        else:
            yield PossibleThing(name)


def _may_be_noun(before: str, run: Sequence[str], place: int) -> bool:
    word = run[place]
    if word in _NO_NAMES or len(word) < 2:
        return False
    verb = forms.verb_form(word)
    if verb is None:
        return True
    if place:
        return verb[1] == "base" and not forms.is_plural(run[place - 1])
    return verb[1] in ("base", "third") and before not in _SUBJECTS


def _ends_name(run: Sequence[str], nouns: Container[int], place: int) -> bool:
    """Tell whether a thing's noun stands here: "truck", not "fire", in "fire truck"."""
    return place in nouns and (is_many(run[place]) or place + 1 not in nouns)


def _first_word(run: Sequence[str], nouns: Container[int], end: int) -> int:
    """Where the name begins that ends here: behind another thing, and behind a verb."""
    for place in range(end - 1, max(end - LONGEST_NAME, -1), -1):
        is_verb = place - 1 in nouns and place not in nouns and forms.verb_form(run[place]) is not None
        if is_verb or _ends_name(run, nouns, place):
            return place + 1
    return max(0, end + 1 - LONGEST_NAME)


def spoken_number(word: str) -> int | None:
    """The number that a lower-case word or figure says, None where it says none."""
    return int(word[:3]) if word.isdecimal() else NUMBERS.get(word)


def is_many(word: str) -> bool:
    return forms.is_plural(word) or word in forms.UNCHANGING


def _one(item: Mapping[str, Any], thing: PossibleThing, low: str) -> dict[str, Any]:
    """The schema of an object, for one thing."""
    sizes = _sizes(thing.name, low)
    parts = {
        "name": {"type": "string", "enum": [thing.name]},
        "count": {"type": "integer", "minimum": thing.least, "maximum": thing.most},
        "size": {"type": "string", "enum": [size for size in item["properties"]["size"]["enum"] if size in sizes]},
    }
    return {**item, "properties": {**item["properties"], **parts}}


def _pairs(link: Mapping[str, Any], things: Sequence[PossibleThing], *, turned: bool) -> Iterator[dict[str, Any]]:
    """The schema of a relation, for each thing as its subject; what is named first stands to what is named later."""
    for place, subject in enumerate(things):
        others = [*things[: place if turned else 0], *things[place + 1 :]]
        if others:
            names = {"subject": [subject.name], "object": list(dict.fromkeys(other.name for other in others))}
            parts = {side: {"type": "string", "enum": some} for side, some in names.items()}
            yield {**link, "properties": {**link["properties"], **parts}}


def _starts_with_relation(low: str) -> bool:
    """Tell whether the place is named before the thing: "on a table stands a lamp"."""
    return match(low, 0) is not None


def _sizes(name: str, low: str) -> set[str]:
    """The sizes that a thing may have: the one in its name, else those that are said at all."""
    own: set[str] = {words.SIZES[word] for word in name.split() if word in words.SIZES}
    said: set[str] = {size for word, size in words.SIZES.items() if _says(word, low)}
    return own or {"normal", *said}


def _positions(positions: Sequence[str], low: str) -> list[str]:
    corners = {f"{_LEVELS.get(level, level)} {side}" for level, side in _CORNER.findall(low)}
    rest = _CORNER.sub("", low)
    said = {word for word, cue in _POSITIONS.items() if _says(cue, rest)}
    return [
        position
        for position in positions
        if position == "anywhere" or position in corners or said >= set(position.split())
    ]


def _backgrounds(sentence: str) -> list[str]:
    """The pieces of the sentence that may say where it happens: "in a garden", "on the beach"."""
    found = [match.group().strip() for match in _BACKGROUND.finditer(sentence)]
    return [piece for piece in dict.fromkeys(found) if len(piece) <= 80 and _is_background(piece.lower().split())]


def _is_background(piece: Sequence[str]) -> bool:
    nouns = {forms.singular(word) for word in piece}
    return not nouns & _NO_SCENERY and (piece[0] in ("in", "at", "during") or bool(nouns & _SCENERY))


def _says(cue: str, low: str) -> bool:
    return re.search(rf"\b(?:{cue})\b", low) is not None
