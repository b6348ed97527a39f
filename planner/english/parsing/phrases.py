"""Fixed expressions of place, found as whole phrases before the words around them are read.

Each table row is a regular expression over the lower-case sentence and what it means. Rows are tried in order
at a word's start, so longer and more special expressions stand first.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from planner.lexicon import relations
from planner.lexicon.relations import Axis, Manner, RelationKind
from planner.scene.scene import Place


@dataclass(frozen=True)
class RelationWords:
    """A phrase that relates two things: "to the left of"."""

    kind: RelationKind
    words: str
    manner: Manner = ""
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


@dataclass(frozen=True)
class Idiom:
    """A fixed expression that describes a thing or the picture: "out of focus", "back to back"."""

    words: str


Phrase = RelationWords | PlaceWords | OrderWords | Idiom

_PICTURE = r"(?: (?:of|in) (?:the |this |an? )?(?:whole )?(?:picture|image|photo|photograph|frame|canvas|scene|shot|screen|view|composition|painting))"  # noqa: E501
_PREP = r"(?:in|on|at|to|from|near|along|toward|towards|over on|off to|by|positioned at|positioned on)"
_FAR = r"(?:far |very |extreme |upper-?most )?"
# Atomic groups: "on the left side of" must not be read as "on the left".
_PART = (
    r"(?>(?:[- ]?hand)?(?: (?:side|edge|part|half|third|two thirds|border|end|portion|area|section|quarter|corner"
    r"|wall|panel|page|picture|image|one|track|lane|bank|margin))?)"
)
_CORNER_PART = (
    r"(?>(?:[- ]?hand)?(?: (?:side|corner|part|area|quadrant|quarter|edge|section|portion|compartment|panel|frame"
    r"|square|field|cell|pane|picture|image|one))?)"
)
_VERT = r"(top|upper|bottom|lower)"
_ORDINAL = "first|second|third|fourth|fifth|last|1st|2nd|3rd|4th|5th"
_ROWS = r"(?:row|shelf|level|tier|layer|rack|drawer|bunk|storey|story|deck|floor|frame|panel|compartment|half)"

ROW_VALUES: Final = {
    "top": 0.0, "upper": 0.0, "middle": 0.5, "center": 0.5, "centre": 0.5, "central": 0.5, "bottom": 1.0,
    "lower": 1.0, "first": 0.01, "second": 0.02, "third": 0.03, "fourth": 0.04, "fifth": 0.05, "last": 1.0,
    "1st": 0.01, "2nd": 0.02, "3rd": 0.03, "4th": 0.04, "5th": 0.05,
}  # fmt: skip
COLUMN_VALUES: Final = {**ROW_VALUES, "left": 0.0, "leftmost": 0.0, "right": 1.0, "rightmost": 1.0}

_NO_BODY = r"(?! (?:hands?|shoulders?|arms?|legs?|foot|knees?|cheek|eye|ear|paw|wing|hip|wrist))"
_OWN_SIDE: Final[tuple[tuple[str, RelationKind], ...]] = (
    (rf"(?:to|on|at) (?:its|his|her|their) left(?: side)?{_NO_BODY}", "left_of"),
    (rf"(?:to|on|at) (?:its|his|her|their) right(?: side)?{_NO_BODY}", "right_of"),
    (r"on (?:its|his|her|their) (?:left |right )?(?:top|back|head|lap|shoulders?)", "on"),
    (r"(?:by|at) (?:its|his|her|their) side", "next_to"),
    (r"on top(?= ?[.,;:?!]|$| and )", "on"),
    (r"in front(?= ?[.,;:?!]|$| and )", "in_front_of"),
    (r"(?:on|at) the side(?= ?[.,;:]|$| and )", "next_to"),
    (r"(?:on|at) (?:each|either|both) (?:side|sides|end|ends)(?! of)", "between"),
)


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern})(?![\w'-])")


_ON_THE_PHONE: Final = re.compile(r"on(?= (?:the|a|his|her|their) (?:cell ?|mobile ?|smart)?phones?\b)")
_OWN_TABLE: Final = tuple((_compile(p), kind) for p, kind in _OWN_SIDE)
_AFTER_SIDE = (
    r"(?! and (?:to the )?right of)(?! (?:of|to|from) "
    r"(?!the (?:picture|image|photo|frame|canvas|scene|screen|painting)))"
)
_CORNER = _compile(rf"(?:{_PREP} )?(?:the |its )?{_FAR}{_VERT}[- ]?(?:most )?(left|right){_CORNER_PART}{_PICTURE}?")
_CORNER_SWAPPED = _compile(rf"(?:{_PREP} )?(?:the )?{_FAR}(left|right)[- ]?(?:hand )?{_VERT}{_CORNER_PART}{_PICTURE}?")
_CENTER_SIDE = _compile(
    rf"(?:{_PREP} )?(?:the )?(top|upper|bottom|lower)[- ](?:center|centre|middle){_CORNER_PART}{_PICTURE}?"
)
_SIDE_CENTER = _compile(rf"(?:{_PREP} )?(?:the )?(?:middle|center|centre)[- ](left|right){_CORNER_PART}{_PICTURE}?")
_ROW = _compile(
    rf"(?:(?:in|on|at|inside) )?(?:the |its )?(?:very )?({_ORDINAL}|top|upper|middle|center|bottom|lower) {_ROWS}"
)
_COLUMN = _compile(
    rf"(?:(?:in|on|at) )?(?:the )?({_ORDINAL}|left|middle|center|right) "
    r"(?:column|panel|frame|strip|picture|photo|image)"
)
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
    rf"|(?:in|at) (?:the )?(?:very )?(?:middle|center|centre)(?! of){_CORNER_PART}|centered(?! on| around)"
)
_TRAILING = _compile(r"(?:far |bottom |top )?(left|right)(?= ?(?:[.,;:]|$| and ))")
_MIDDLE_GROUND = _compile(r"in the mid(?:dle)?[- ]?ground")
_HALF = _compile(
    r"(?:the )?(left|right|top|bottom|upper|lower|middle|center)(?:[- ]hand)? "
    rf"(?:half|third|side|part|quarter|area){_PICTURE}?"
    r"(?= (?:is|has|shows|holds|contains|depicts|becomes|should|a |an )| ?:)"
)
_ABOVE_ALL = _compile(r"overhead|upstairs|up above|(?<=hanging )above(?= ?[.,;]|$)|above(?= ?[.,;]|$)")
_BELOW_ALL = _compile(r"downstairs|down below|below(?= ?[.,;]|$)|underneath(?= ?[.,;]|$)")
_COMPASS = _compile(r"(?:in|to|at|on|along) the (?:far )?(north|south|east|west)(?:ern (?:side|end|part|edge))?(?! of)")
_COMPASS_PLACES: Final = {
    "north": Place(row=0.0), "south": Place(row=1.0), "east": Place(column=1.0), "west": Place(column=0.0),
}  # fmt: skip
_BACKGROUND = _compile(
    rf"(?:far |way )?(?:in|on|at|against) (?:the |its )?(?:far |distant )?(?:background|distance){_PICTURE}?"
    r"|in the (?:back|far)(?: left| right)? corner(?! of)|in the back(?! of| row| seat)"
)
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
    (_compile(r"one (?:above|below|under|over|on top of) (?:the other|another)"), "y", False),
    (
        _compile(r"(?:sitting |standing |placed |parked )?(?:next to|beside|near|alongside|close to) " + _EACH_OTHER),
        "x",
        False,
    ),
    (_compile(r"in (?:a |one )?(?:single |horizontal |straight )?(?:row|line)(?! of)"), "x", False),
    (_compile(r"side[- ]by[- ]side|horizontally|lined up|all in a row|abreast"), "x", False),
)


_IDIOMS: Final = _compile(
    r"(?:slightly |completely )?(?:out of|in) (?:sharp )?focus|back to back|face to face|hand in hand|arm in arm"
    r"|cheek to cheek|upside[- ]down|in (?:the )?mid-?air|on (?:its|his|her|their) own"
    r"|from (?:above|below|behind)(?! (?:a|an|the|his|her|its|their|some|two) )"
    r"|at (?:its|his|her|their) feet|head to (?:head|toe)"
    r"|(?:(?<=look )|(?<=looks )|(?<=looking )|(?<=facing )|(?<=pointing ))(?:left|right)(?! of)"
)


def match_phrase(text: str, start: int) -> tuple[Phrase, int] | None:
    """Find the fixed expression that starts at `start` of the lower-case text: (meaning, end), or None."""
    if found := _IDIOMS.match(text, start):
        return Idiom(found.group()), found.end()
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
            manner: Manner = "flanking" if kind == "between" else ""
            return RelationWords(kind, found.group(), manner, own_object=True), found.end()
    return None


def _match_relation(text: str, start: int) -> tuple[Phrase, int] | None:
    if found := _ON_THE_PHONE.match(text, start):
        return RelationWords("holding", found.group()), found.end()
    said = relations.match(text, start)
    if said is None or said.wording.manner == "order":
        return None
    if said.wording.kind == "inside" and said.wording.manner == "inverse":
        return None  # what a thing is full of describes it
    manner = "weak" if said.wording.manner == "vague" else said.wording.manner
    return RelationWords(said.wording.kind, text[start : said.end], manner), said.end


def _match_place(text: str, start: int) -> tuple[Phrase, int] | None:
    for pattern, read in _PLACES:
        found = pattern.match(text, start)
        if found and pattern is _TRAILING and not re.search(r"[a-z]{3} $", text[:start]):
            continue
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
    (_MIDDLE_GROUND, lambda found: PlaceWords(Place(), found.group())),
    (_HALF, _side),
    (_TRAILING, _side),
    (_MIDDLE, lambda found: PlaceWords(Place(0.5, 0.5), found.group())),
    (_ABOVE_ALL, lambda found: PlaceWords(Place(row=0.0), found.group())),
    (_BELOW_ALL, lambda found: PlaceWords(Place(row=1.0), found.group())),
    (_COMPASS, lambda found: PlaceWords(_COMPASS_PLACES[found[1]], found.group())),
    (_BACKGROUND, lambda found: PlaceWords(Place(), found.group(), depth=-1)),
    (_FOREGROUND, lambda found: PlaceWords(Place(), found.group(), depth=1)),
)
_ENDS_PHRASE: Final = re.compile(
    r" ?(?:$|[.,;:!?)(-]|(?:is|are|has|have|holds|contains|shows|with|there|and|a|an|the|his|her|its|one|two|three"
    r"|four|some) )"
)


def _is_loose(found: re.Match[str]) -> bool:
    """A corner or row named without a preposition counts only where the noun phrase ends with it."""
    return not re.match(_PREP + " |inside ", found.group()) and not found.group().endswith(
        ("left", "right", "half", "third", "side", "part")
    )
