"""Fixed expressions of place, found as whole phrases before the words around them are read.

Each table row is a regular expression over the lower-case sentence and what it means. Rows are tried in order
at a word's start, so longer and more special expressions stand first.
"""

import re
from dataclasses import dataclass
from typing import Final

from planner.english.parsing.places import PlaceWords, match_place
from planner.lexicon import relations, words
from planner.lexicon.relations import Axis, Manner, RelationKind


@dataclass(frozen=True)
class RelationWords:
    """A phrase that relates two things: "to the left of"."""

    kind: RelationKind
    words: str
    manner: Manner = ""
    own_object: bool = False  # "on its left": the object is the thing last spoken of


@dataclass(frozen=True)
class OrderWords:
    """A phrase that puts a list in a line: "from left to right"."""

    axis: Axis
    reverse: bool
    words: str


@dataclass(frozen=True)
class Idiom:
    """A fixed expression that describes a thing or the picture: "out of focus", "back to back"."""

    words: str


Phrase = RelationWords | PlaceWords | OrderWords | Idiom

_NO_BODY = r"(?! (?:hands?|shoulders?|arms?|legs?|foot|knees?|cheek|eye|ear|paw|wing|hip|wrist))"
_OWN_SIDE: Final[tuple[tuple[str, RelationKind], ...]] = (
    (rf"(?:to|on|at) (?:its|his|her|their) (?:left|west)(?: side)?{_NO_BODY}", "left_of"),
    (rf"(?:to|on|at) (?:its|his|her|their) (?:right|east)(?: side)?{_NO_BODY}", "right_of"),
    (r"(?:to|on|at) (?:its|his|her|their) north(?: side)?", "above"),
    (r"(?:to|on|at) (?:its|his|her|their) south(?: side)?", "below"),
    (r"(?:in|at) (?:its|their) (?:very )?(?:middle|center|centre)", "inside"),
    (r"on (?:its|his|her|their) (?:left |right )?(?:top|back)", "on"),
    (r"(?:by|at) (?:its|his|her|their) side", "next_to"),
    (r"on top(?= ?[.,;:?!]|$| and )", "on"),
    (r"(?:underneath|beneath)(?= ?[.,;:?!]|$| and )", "below"),
    (r"(?:on|to|at) one side(?! of)", "left_of"),
    (r"(?:on|to|at) the other(?: side)?(?= ?[.,;:?!]|$| and | an? )", "right_of"),
    (r"inside(?= ?[.,;:?!]|$| and )", "inside"),
    (r"in front(?= ?[.,;:?!]|$| and )", "in_front_of"),
    (r"(?:on|at) the side(?= ?[.,;:]|$| and )", "next_to"),
    (r"(?:on|at) (?:each|either|both) (?:side|sides|end|ends)(?! of)", "between"),
)


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern})(?![\w'-])")


_OWN_TABLE: Final = tuple((_compile(p), kind) for p, kind in _OWN_SIDE)
_FROM = (
    r"(?:(?:lined up|arranged|placed|ordered|shown|listed|standing|sitting|in (?:a row|a line|order),?) )?"
    r"(?:going )?(?:from )?(?:the )?"
)
_EACH_OTHER = r"(?:each other|one another)"
_ORDERS: Final[tuple[tuple[re.Pattern[str], Axis, bool], ...]] = (
    (_compile(_FROM + r"left[- ]to[- ](?:the )?right(?:,? in order)?"), "x", False),
    (_compile(_FROM + r"right[- ]to[- ](?:the )?left(?:,? in order)?"), "x", True),
    (_compile(_FROM + r"top[- ]to[- ](?:the )?bottom"), "y", False),
    (_compile(_FROM + r"bottom[- ]to[- ](?:the )?top"), "y", True),
    (_compile(r"(?:stacked |piled |one |placed )*(?:on top of|above|over) " + _EACH_OTHER), "y", False),
    (_compile(r"stacked vertically|in a (?:vertical )?(?:stack|column)|vertically"), "y", False),
    (_compile(r"one (?:above|below|under|over|on top of) (?:the other|another)"), "y", False),
    (
        _compile(r"(?:sitting |standing |placed |parked )?(?:next to|beside|near|alongside|close to) " + _EACH_OTHER),
        "x",
        False,
    ),
    (_compile(r"in (?:a |one )?(?:single |horizontal |straight )?(?:row|line)(?! of)"), "x", False),
    (_compile(r"side[- ]by[- ]side|horizontally|lined up|all in a row|abreast"), "x", False),
)


_LIKE: Final = "|".join(sorted(words.ADJECTIVES | words.COLOURS))
_IDIOMS: Final = _compile(
    r"(?:slightly |completely )?(?:out of|in) (?:sharp )?focus|back to back|face to face|hand in hand|arm in arm"
    r"|cheek to cheek|upside[- ]down|(?:down|through) the (?:middle|cent(?:er|re))(?! of)"
    r"|(?:(?<=lies )|(?<=lying )|(?<=asleep )|(?<=sleeps )|(?<=sleeping ))"
    r"on (?:its|his|her|their) (?:back|side)(?! of)"
    r"|in (?:the )?mid-?air|(?<=[a-z] )mid-?air(?= ?[.,;:]|$| (?:over|above|between|below|in|with) )"
    r"|on (?:its|his|her|their) own|one by one|one after (?:another|the other)"
    r"|from (?:above|below|behind)(?! (?:a|an|the|his|her|its|their|some|two) )"
    r"|head to (?:head|toe)|on (?:(?:its|his|her|their) )?tip-?toes?|(?<=[a-z] )as the [a-z]+(?= [a-z]+ing )"
    rf"|(?:with )?one (?:side|half|end|face) (?:{_LIKE}) and the other(?: one| side| half| end)? (?:{_LIKE})"
    r"|with (?:an?|one|two|three) (?:[a-z]+ )?[a-z]+ (?:missing|gone|removed|(?:cut|taken|bitten|broken) (?:out|off))"
    r"|(?:(?<=look )|(?<=looks )|(?<=looking )|(?<=facing )|(?<=pointing ))(?:left|right)(?! of)"
)


def match_phrase(text: str, start: int) -> tuple[Phrase, int] | None:
    """Find the fixed expression that starts at `start` of the lower-case text: (meaning, end), or None."""
    if found := _IDIOMS.match(text, start):
        return Idiom(found.group()), found.end()
    return (
        _match_order(text, start) or _match_own(text, start) or match_place(text, start) or _match_relation(text, start)
    )


def _match_order(text: str, start: int) -> tuple[Phrase, int] | None:
    for pattern, axis, reverse in _ORDERS:
        if found := pattern.match(text, start):
            return OrderWords(axis, reverse, found.group()), found.end()
    return None


def _match_own(text: str, start: int) -> tuple[Phrase, int] | None:
    for pattern, kind in _OWN_TABLE:
        if found := pattern.match(text, start):
            manner: Manner = "flanking" if kind == "between" else ""
            return RelationWords(kind, found.group(), manner, own_object=True), found.end()
    return None


def _match_relation(text: str, start: int) -> tuple[Phrase, int] | None:
    said = relations.match(text, start)
    if said is None or said.wording.manner == "order":
        return None
    if said.wording.kind == "inside" and said.wording.manner == "inverse":
        return None  # what a thing is full of describes it
    manner = "weak" if said.wording.manner == "vague" else said.wording.manner
    return RelationWords(said.wording.kind, text[start : said.end], manner), said.end
