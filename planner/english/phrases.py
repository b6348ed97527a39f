"""Fixed expressions of place, found as whole phrases before the words around them are read.

Each table row is a regular expression over the lower-case sentence and what it means. Rows are tried in order
at a word's start, so longer and more special expressions stand first.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from planner.scene.scene import Axis, Place, RelationKind

# How a relation attaches beyond its kind: "inverse" swaps subject and object ("surrounded by"), "flanking" puts the
# subjects on both sides, "weak" is a preposition that only says "somewhere near" and gives way to background.
RelationManner = Literal["", "inverse", "flanking", "weak", "setting"]


@dataclass(frozen=True)
class RelationWords:
    """A phrase that relates two things: "to the left of"."""

    kind: RelationKind
    words: str
    manner: RelationManner = ""
    own_object: bool = False  # "on its left": the object is the thing last spoken of


@dataclass(frozen=True)
class PlaceWords:
    """A phrase that gives a place on the canvas: "in the top left corner"."""

    place: Place
    words: str
    depth: int = 0  # -1 in the background, 1 in the foreground
    is_row: bool = False  # "on the top shelf"


@dataclass(frozen=True)
class OrderWords:
    """A phrase that puts a list in a line: "from left to right"."""

    axis: Axis
    reverse: bool
    words: str


Phrase = RelationWords | PlaceWords | OrderWords

_PICTURE = r"(?: (?:of|in) (?:the |this |an? )?(?:whole )?(?:picture|image|photo|photograph|frame|canvas|scene|shot|screen|view|composition|painting))"  # noqa: E501
_PREP = r"(?:in|on|at|to|from|near|along|toward|towards|over on|off to|by|positioned at|positioned on)"
_FAR = r"(?:far |very |extreme |upper-?most )?"
# Atomic groups: "on the left side of" must not be read as "on the left".
_PART = r"(?>(?:[- ]?hand)?(?: (?:side|edge|part|half|third|border|end|portion|area|section|quarter|corner))?)"
_CORNER_PART = r"(?>(?:[- ]?hand)?(?: (?:side|corner|part|area|quadrant|quarter|edge|section|portion))?)"
_VERT = r"(top|upper|bottom|lower)"
_ORDINAL = "first|second|third|fourth|fifth|last|1st|2nd|3rd|4th|5th"
_ROWS = r"(?:row|shelf|level|tier|layer|rack|drawer|bunk|storey|story|deck)"

ROW_VALUES: Final = {
    "top": 0.0, "upper": 0.0, "middle": 0.5, "center": 0.5, "centre": 0.5, "central": 0.5, "bottom": 1.0,
    "lower": 1.0, "first": 0.01, "second": 0.02, "third": 0.03, "fourth": 0.04, "fifth": 0.05, "last": 1.0,
    "1st": 0.01, "2nd": 0.02, "3rd": 0.03, "4th": 0.04, "5th": 0.05,
}  # fmt: skip
COLUMN_VALUES: Final = {**ROW_VALUES, "left": 0.0, "leftmost": 0.0, "right": 1.0, "rightmost": 1.0}

_BETWEEN_WORDS = r"(?:immediately |just |directly |right |standing |located |placed |positioned |sitting )?"
_SIDE_OF = (
    _BETWEEN_WORDS
    + r"(?:to|on|at|from|towards?) (?:the |its )?(?:far |immediate )?{side}(?:[- ]?hand)?(?: side| end)? of"
)

_RELATIONS: Final[tuple[tuple[str, RelationKind, RelationManner], ...]] = (
    (_SIDE_OF.format(side="left"), "left_of", ""),
    (r"left(?: side)? of|left to|leftward of|left from", "left_of", ""),
    (_SIDE_OF.format(side="right"), "right_of", ""),
    (r"right(?: side)? of|right to|rightward of|right from", "right_of", ""),
    (r"(?:on|at|to|by) (?:both|either|each|opposite|two) (?:side|sides|end|ends) of", "between", "flanking"),
    (r"on (?:the )?(?:very )?top(?: side)? of|atop(?: of)?|on the back of|on the edge of|on the end of", "on", ""),
    (r"on top(?= (?:a|an|the|another|some|two|its) )", "on", ""),
    (r"(?:high |directly |right |just |up |floating |hovering )?above|at the top of", "above", ""),
    (r"(?:hanging |flying |suspended )?over", "above", ""),
    (r"(?:directly |right |just )?(?:beneath|under ?neath|under)(?: of)?", "under", ""),
    (r"(?:directly |right |just )?below(?: of)?|(?:at|on) the bottom(?: side)? of|in the shadow of", "below", ""),
    (r"(?:directly |right |just )?in (?:the )?front of|in-front of", "in_front_of", ""),
    (r"obscuring|hiding|in the foreground of", "in_front_of", ""),
    (r"partially hidden by|hidden (?:by|behind|from)|obscured by|(?:partially )?blocked by", "behind", ""),
    (r"(?:directly |right |just )?behind(?: of)?|in (?:the )?back of|at the back of|to the rear of", "behind", ""),
    (r"in[- ]?between|between|sandwiched by|flanked by|surrounded on both sides by", "between", ""),
    (r"(?:completely |all )?surrounded (?:by|with)|encircled by|ringed by", "around", "inverse"),
    (r"(?:all |gathered |wrapped )?around(?: the edges? of)?|surrounding|encircling|circling", "around", ""),
    (r"inside(?: of)?|within|in the (?:middle|center|centre|inside|back|interior) of", "inside", ""),
    (r"(?:right |directly |just |up )?next to|(?:right )?beside|besides|along ?side(?: of)?", "next_to", ""),
    (r"(?:on|at|by|along|to|off) the (?:other |opposite )?sides? of|(?:on|by) side of", "next_to", ""),
    (r"adjacent to|close (?:up to|to|by)", "next_to", ""),
    (r"near(?: to)?|nearby|in the vicinity of", "next_to", "weak"),
    (r"on the other side of|across (?:the \w+ )?from|opposite(?: of| to)?", "next_to", ""),
    (r"followed by|accompanied by|along with|together with|facing|against|up against", "next_to", ""),
    (r"as well as|in addition to", "next_to", "weak"),
    (r"outside(?: of)?|amidst?|among(?:st)?|beyond|in the corner of", "next_to", "weak"),
    (r"on(?= (?:the|a|his|her|their) (?:cell ?|mobile ?|smart)?phones?)", "holding", ""),
    (r"on(?:to)?|upon", "on", "weak"),
    (r"into|in", "inside", "weak"),
    (r"at|by|from|to|through|across|along|off(?: of)?|towards?|past|down|up|out of", "next_to", "weak"),
)  # fmt: skip

_OWN_SIDE: Final[tuple[tuple[str, RelationKind], ...]] = (
    (r"(?:to|on|at) (?:its|his|her|their) left(?: side)?", "left_of"),
    (r"(?:to|on|at) (?:its|his|her|their) right(?: side)?", "right_of"),
    (r"on (?:its|his|her|their) (?:top|back|head|lap|shoulders?)", "on"),
    (r"(?:by|at) (?:its|his|her|their) side", "next_to"),
    (r"on top(?= ?[.,;:]|$)", "on"),
    (r"(?:on|at) (?:each|either|both) (?:side|sides|end|ends)(?! of)", "between"),
)


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern})(?![\w'-])")


_RELATION_TABLE: Final = tuple((_compile(p), kind, manner) for p, kind, manner in _RELATIONS)
_OWN_TABLE: Final = tuple((_compile(p), kind) for p, kind in _OWN_SIDE)
_AFTER_SIDE = r"(?! (?:of|to) (?!the (?:picture|image|photo|frame|canvas|scene|screen|painting)))"
_CORNER = _compile(rf"(?:{_PREP} )?(?:the |its )?{_FAR}{_VERT}[- ]?(?:most )?(left|right){_CORNER_PART}{_PICTURE}?")
_CORNER_SWAPPED = _compile(rf"(?:{_PREP} )?(?:the )?{_FAR}(left|right)[- ]?(?:hand )?{_VERT}{_CORNER_PART}{_PICTURE}?")
_CENTER_SIDE = _compile(
    rf"(?:{_PREP} )?(?:the )?(top|upper|bottom|lower)[- ](?:center|centre|middle){_CORNER_PART}{_PICTURE}?"
)
_SIDE_CENTER = _compile(rf"(?:{_PREP} )?(?:the )?(?:middle|center|centre)[- ](left|right){_CORNER_PART}{_PICTURE}?")
_ROW = _compile(
    rf"(?:(?:in|on|at|inside) )?(?:the |its )?(?:very )?({_ORDINAL}|top|upper|middle|center|bottom|lower) {_ROWS}"
)
_COLUMN = _compile(rf"(?:(?:in|on|at) )?(?:the )?({_ORDINAL}|left|middle|center|right) (?:column|panel)")
_SIDE = _compile(
    rf"{_PREP} (?:the |its )?{_FAR}(left|right|top|bottom|leftmost|rightmost|upper|lower){_PART}"
    rf"(?:{_PICTURE}|{_AFTER_SIDE})"
)
_BARE_SIDE = _compile(
    rf"(?:the )?{_FAR}(left|right|top|bottom|leftmost|rightmost|middle|center)"
    r"(?: (?:side|half|third|part))?(?= ?:)"
)
_MIDDLE = _compile(
    rf"(?:right )?(?:in|at|on|near) (?:the )?(?:very |exact |dead )?(?:middle|center|centre)(?: part)?"
    rf"(?:{_PICTURE}|{_AFTER_SIDE})"
    r"|(?:in|at) (?:the )?(?:very )?(?:middle|center|centre)(?! of)|centered(?! on| around)"
)
_ABOVE_ALL = _compile(r"overhead|up above|(?<=hanging )above(?= ?[.,;]|$)|above(?= ?[.,;]|$)")
_BELOW_ALL = _compile(r"down below|below(?= ?[.,;]|$)|underneath(?= ?[.,;]|$)")
_BACKGROUND = _compile(rf"(?:in|on|at|against) (?:the |its )?(?:far |distant )?(?:background|distance){_PICTURE}?")
_FOREGROUND = _compile(rf"(?:in|on|at) (?:the )?(?:immediate )?foreground{_PICTURE}?")

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
    (_compile(r"one above (?:the other|another)"), "y", False),
    (
        _compile(r"(?:sitting |standing |placed |parked )?(?:next to|beside|near|alongside|close to) " + _EACH_OTHER),
        "x",
        False,
    ),
    (_compile(r"in (?:a |one )?(?:single |horizontal |straight )?(?:row|line)(?! of)"), "x", False),
    (_compile(r"side[- ]by[- ]side|horizontally|lined up|all in a row|abreast"), "x", False),
)


def match_phrase(text: str, start: int) -> tuple[Phrase, int] | None:
    """Find the fixed expression that starts at `start` of the lower-case text: (meaning, end), or None."""
    return (
        _match_order(text, start)
        or _match_own(text, start)
        or _match_place(text, start)
        or _match_relation(text, start)
    )


def _match_order(text: str, start: int) -> tuple[Phrase, int] | None:
    for pattern, axis, reverse in _ORDERS:
        if found := pattern.match(text, start):
            return OrderWords(axis, reverse, found.group()), found.end()
    return None


def _match_own(text: str, start: int) -> tuple[Phrase, int] | None:
    for pattern, kind in _OWN_TABLE:
        if found := pattern.match(text, start):
            manner: RelationManner = "flanking" if kind == "between" else ""
            return RelationWords(kind, found.group(), manner, own_object=True), found.end()
    return None


def _match_relation(text: str, start: int) -> tuple[Phrase, int] | None:
    for pattern, kind, manner in _RELATION_TABLE:
        if found := pattern.match(text, start):
            return RelationWords(kind, found.group(), manner), found.end()
    return None


def _match_place(text: str, start: int) -> tuple[Phrase, int] | None:
    for pattern, read in _PLACES:
        found = pattern.match(text, start)
        if found and (_ENDS_PHRASE.match(text, found.end()) or not _is_loose(found)):
            return read(found), found.end()
    return None


def _corner(found: re.Match[str]) -> PlaceWords:
    return PlaceWords(Place(COLUMN_VALUES[found[2]], ROW_VALUES[found[1]]), found.group())


def _corner_swapped(found: re.Match[str]) -> PlaceWords:
    return PlaceWords(Place(COLUMN_VALUES[found[1]], ROW_VALUES[found[2]]), found.group())


def _side(found: re.Match[str]) -> PlaceWords:
    word = found[1]
    if word in ("left", "right", "leftmost", "rightmost"):
        return PlaceWords(Place(column=COLUMN_VALUES[word]), found.group())
    if word in ("middle", "center", "centre"):
        return PlaceWords(Place(0.5, 0.5), found.group())
    return PlaceWords(Place(row=ROW_VALUES[word]), found.group())


_Reader = Callable[[re.Match[str]], PlaceWords]
_PLACES: Final[tuple[tuple[re.Pattern[str], _Reader], ...]] = (
    (_CORNER, _corner),
    (_CORNER_SWAPPED, _corner_swapped),
    (_CENTER_SIDE, lambda found: PlaceWords(Place(0.5, ROW_VALUES[found[1]]), found.group())),
    (_SIDE_CENTER, lambda found: PlaceWords(Place(COLUMN_VALUES[found[1]], 0.5), found.group())),
    (_ROW, lambda found: PlaceWords(Place(row=ROW_VALUES[found[1]]), found.group(), is_row=True)),
    (_COLUMN, lambda found: PlaceWords(Place(column=COLUMN_VALUES[found[1]]), found.group())),
    (_SIDE, _side),
    (_BARE_SIDE, _side),
    (_MIDDLE, lambda found: PlaceWords(Place(0.5, 0.5), found.group())),
    (_ABOVE_ALL, lambda found: PlaceWords(Place(row=0.0), found.group())),
    (_BELOW_ALL, lambda found: PlaceWords(Place(row=1.0), found.group())),
    (_BACKGROUND, lambda found: PlaceWords(Place(), found.group(), depth=-1)),
    (_FOREGROUND, lambda found: PlaceWords(Place(), found.group(), depth=1)),
)
_ENDS_PHRASE: Final = re.compile(
    r" ?(?:$|[.,;:!?)(-]|(?:is|are|has|have|holds|contains|with|there|and|a|an|two|three) )"
)


def _is_loose(found: re.Match[str]) -> bool:
    """A corner or row named without a preposition counts only where the noun phrase ends with it."""
    return not re.match(_PREP + " |inside ", found.group())
