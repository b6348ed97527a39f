"""Places on the canvas, as they are said: "in the lower right-hand corner", "along the western edge", "at the far end".

One grammar for all: a preposition, words of an edge or of the middle, the name of a part ("side", "third"), the picture
that it is a part of. Compass words are those of a map: the north is at the top. What is far is in the background.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from planner.lexicon import words
from planner.scene.scene import ANYWHERE, Place


@dataclass(frozen=True)
class PlaceWords:
    """A phrase that gives a place on the canvas: "in the top left corner".

    words: the phrase.
    depth: -1 in the background, 1 in the foreground.
    is_row: "on the top shelf".
    across: "on the other side": opposite to the place that was said before.
    spots: where things stand one by one: the corners for "in every corner", both for "on the left and right".
    """

    place: Place
    words: str
    depth: int = 0
    is_row: bool = False
    across: bool = False
    spots: tuple[Place, ...] = ()

    def also(self, other: "PlaceWords") -> "PlaceWords":
        """Both of two places in a row: each says what the other leaves open; the second alone where they differ."""
        one, two = self.place, other.place
        pairs = (one.column, two.column), (one.row, two.row)
        differ = any(None not in pair and 0.5 not in pair and len({*pair}) > 1 for pair in pairs)
        if self.across or other.across or differ:
            return other
        column, row = (b if a is None or (a == 0.5 and b is not None) else a for a, b in pairs)
        words = f"{self.words} {other.words}"
        return replace(self, place=Place(column, row), words=words, depth=self.depth or other.depth)


_NUMBERED: Final = {
    "first": 0.01, "second": 0.02, "third": 0.03, "fourth": 0.04, "fifth": 0.05, "last": 1.0,
    "1st": 0.01, "2nd": 0.02, "3rd": 0.03, "4th": 0.04, "5th": 0.05,
}  # fmt: skip
_MIDDLE: Final = dict.fromkeys(("middle", "center", "centre", "central"), 0.5)
_ACROSS: Final = {
    "leftmost": 0.0, "left": 0.0, "western": 0.0, "west": 0.0,
    "rightmost": 1.0, "right": 1.0, "eastern": 1.0, "east": 1.0,
}  # fmt: skip
_DOWN: Final = {
    "topmost": 0.0, "top": 0.0, "uppermost": 0.0, "upper": 0.0, "northern": 0.0, "north": 0.0,
    "bottom": 1.0, "lower": 1.0, "southern": 1.0, "south": 1.0,
}  # fmt: skip
_ROWS: Final = {**_NUMBERED, **_MIDDLE, **_DOWN}
_COLUMNS: Final = {**_NUMBERED, **_MIDDLE, **_ACROSS}

_PICTURE: Final = (
    r"(?: (?:of|in) (?:the |this |an? )?(?:whole )?(?:picture|image|photo|photograph|frame|canvas|scene|shot|screen"
    r"|view|composition|painting|map|page|poster|plan))"
)
_VIEW: Final = (
    r"(?: of (?:the|a) (?:room|hall|hallway|corridor|street|road|path|alley|avenue|lane|garden|park|pier|bridge|tunnel"
    r"|field|valley|farm|yard|square))"
)
_PREP: Final = (
    r"(?:in|on|at|to|from|near|along|toward|towards|over on|off to|by|positioned at|positioned on|down|up|against"
    r"|across)"
)
_VERY: Final = r"(?:(?:far|very|extreme|exact|dead|whole|entire) )?"
_AXIS: Final = "|".join((*_ACROSS, *_DOWN, *_MIDDLE))
# Atomic groups: "on the left side of" must not be read as "on the left".
_PARTS: Final = (
    r"side|edge|part|half|third|two thirds|border|end|portion|area|section|quarter|corner|wall|panel|page|picture|image"
    r"|one|track|lane|bank|margin|quadrant|compartment|frame|square|field|cell|pane|shore|coast|rim|tip|slope"
)
_OF_THING: Final = re.compile(r" and (?:(?:to|on) the )?right of\b| (?:of|to|from) ")
_ENDS: Final = re.compile(
    r" ?(?:$|[.,;:!?)(-]|(?:is|are|has|have|holds|contains|shows|with|there|and|a|an|the|his|her|its|one|two|three"
    r"|four|five|six|some) )"
)
_SHOWS: Final = re.compile(r" (?:is|has|shows|holds|contains|depicts|becomes|should|a |an )| ?:")
_LARGE: Final = re.compile(r"half|third|two thirds|quarter|side|part|area")


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern})(?![\w'-])")


_EDGE: Final = _compile(
    rf"(?:right )?(?P<prep>{_PREP} )?(?:the (?P<half>middle|cent(?:er|re)) of (?=the \w+ (?:edge|side|margin)\b))?"
    rf"(?P<the>(?:the|its) )?{_VERY}(?P<one>{_AXIS})"
    rf"(?>(?:(?:-?hand)?[- ]?(?P<two>{_AXIS})\b)?)(?>[- ]?hand\b)?(?>(?: (?P<part>{_PARTS})\b)?)"
    rf"(?P<picture>{_PICTURE})?"
)
_SHELF: Final = (
    r"(?:row|shelf|level|tier|layer|rack|drawer|bunk|storey|story|deck|floor|frame|panel|compartment|half|board)"
)
_SIDEWAYS: Final = re.compile(r"\b(?:left|right)\b")
_ORDINAL: Final = "|".join(_NUMBERED)
_ROW: Final = _compile(
    rf"(?:(?:in|on|at|inside) )?(?:the |its )?(?:very )?({_ORDINAL}|top|upper|middle|center|bottom|lower) {_SHELF}"
)
_COLUMN: Final = _compile(
    rf"(?:(?:in|on|at) )?(?:the )?({_ORDINAL}|left|middle|center|right) "
    r"(?:column|panel|frame|strip|picture|photo|image)"
)
_CORNERS: Final = _compile(
    rf"(?:in|at|on) (?:(?P<each>each|every)|all|both)?(?: of)?(?: ?the)?(?: (?:two|four))? ?(?:({_AXIS}) )?"
    rf"(?(each)corners?|corners)(?:{_PICTURE}|{_VIEW}|(?! of))"
)
_ONE_EDGE: Final = rf"(?:the )?{_VERY}({_AXIS})(?:(?:-?hand)?[- ]?({_AXIS}))?(?: ?-?hand)?(?: (?:{_PARTS})s?)?"
_PAIR: Final = _compile(
    rf"(?:in|on|at) (?:both )?(?:the )?{_ONE_EDGE} and (?:(?:in|on|at) )?{_ONE_EDGE}(?:{_PICTURE})?(?= ?(?:[.,;:]|$))"
)
_OPPOSITE: Final = _compile(
    r"(?:in|on|at|to) the opposite (?:corner|side|end|edge|wall|half)(?! of)"
    r"|(?:diagonally |directly )?opposite(?= ?[.,;:]|$)"
)
_BACKGROUND: Final = _compile(
    rf"(?:far |way )?(?:in|on|at|against) (?:the |its )?(?:far |distant )?(?:background|distance){_PICTURE}?"
    rf"|(?:in|on|at|against|along) the (?:very )?(?:far|rear|back(?: (?P<side>left|right))?)"
    rf" (?:end|side|wall|corner|edge|bank|shore)(?:{_VIEW}|(?! of))"
    rf"|(?:in|at) the (?:very )?(?:back|rear)(?:{_VIEW}|(?! of| row| seat))|at the (?:very |far )?end{_VIEW}"
    r"|(?:far )*far (?:off|away)(?! from)"
)
_FOREGROUND: Final = _compile(
    rf"(?:in|on|at) (?:the )?(?:immediate |very )?foreground{_PICTURE}?"
    rf"|at the (?:near|front) (?:end|side|edge)(?:{_VIEW}|(?! of))|at the (?:very )?front(?:{_VIEW}|(?! of| row| seat))"
    r"|(?:nearest|closest) to (?:us|the viewer|the camera)"
)
_MIDDLE_GROUND: Final = _compile(r"in the mid(?:dle)?[- ]?ground|in the middle distance")
_OVERHEAD: Final = _compile(r"overhead|upstairs|up above|above(?= ?[.,;]|$)|(?:high )?above (?:everything|it all)")
_BENEATH: Final = _compile(r"downstairs|down below|below(?= ?[.,;]|$)|underneath(?= ?[.,;]|$)")
_CENTERED: Final = _compile(r"centered(?! on| around)|centred(?! on| around)")


def match_place(text: str, start: int) -> tuple[PlaceWords, int] | None:
    """Find the place that is said at `start` of the lower-case text: (meaning, end), or None."""
    return _match_depth(text, start) or _match_line(text, start) or _match_pair(text, start) or _match_edge(text, start)


def place_of(word: str) -> Place | None:
    """Return the place that a word of an edge or of the middle names alone: "left", "upper"; None for others."""
    return _place(word, None) if word in (*_ACROSS, *_DOWN, *_MIDDLE) else None


def _match_depth(text: str, start: int) -> tuple[PlaceWords, int] | None:
    """ "at the far end", "overhead": what a phrase says without any word of an edge."""
    if found := _BACKGROUND.match(text, start):
        return PlaceWords(Place(_ACROSS.get(found["side"] or "")), found.group(), depth=-1), found.end()
    if found := _FOREGROUND.match(text, start):
        return PlaceWords(ANYWHERE, found.group(), depth=1), found.end()
    if found := _OPPOSITE.match(text, start):
        return PlaceWords(ANYWHERE, found.group(), across=True), found.end()
    plain = (_MIDDLE_GROUND, ANYWHERE), (_OVERHEAD, Place(row=0.0)), (_BENEATH, Place(row=1.0)), (_CENTERED, _CENTER)
    for pattern, place in plain:
        if (found := pattern.match(text, start)) and _ENDS.match(text, found.end()):
            return PlaceWords(place, found.group()), found.end()
    return None


def _match_line(text: str, start: int) -> tuple[PlaceWords, int] | None:
    """ "on the second shelf", "the left column", "in each corner"."""
    if found := _CORNERS.match(text, start):
        side = place_of(found[2] or "") or ANYWHERE
        rows = (0.0, 1.0) if side.row is None else (side.row,)
        columns = (0.0, 1.0) if side.column is None else (side.column,)
        spots = tuple(Place(column, row) for row in rows for column in columns)
        return PlaceWords(side, found.group(), spots=spots), found.end()
    for pattern, is_row in ((_ROW, True), (_COLUMN, False)):
        found = pattern.match(text, start)
        framed = found and is_row and found[1] in _MIDDLE and re.search(r"panel|frame", found.group())
        if framed and _SIDEWAYS.search(text):
            continue
        if found and (_ENDS.match(text, found.end()) or re.match(_PREP + " |inside ", found.group())):
            place = Place(row=_ROWS[found[1]]) if is_row else Place(column=_COLUMNS[found[1]])
            return PlaceWords(place, found.group(), is_row=is_row), found.end()
    return None


_CENTER: Final = Place(0.5, 0.5)


def _place(one: str, two: str | None) -> Place | None:
    """Put the words of one or two edges together; None for two of one axis."""
    said = (one, two) if two else (one,)
    across, down = [_ACROSS[word] for word in said if word in _ACROSS], [_DOWN[word] for word in said if word in _DOWN]
    if len(across) > 1 or len(down) > 1 or (two and not (across or down)):
        return None
    half = 0.5 if any(word in _MIDDLE for word in said) else None
    return Place(across[0] if across else half, down[0] if down else half)


def _match_pair(text: str, start: int) -> tuple[PlaceWords, int] | None:
    """ "in the top left and bottom right squares", "on the left and on the right": where each of two stands."""
    found = _PAIR.match(text, start)
    one, two = (_place(found[first], found[second]) if found else None for first, second in ((1, 2), (3, 4)))
    if found is None or one is None or two is None or one == two:
        return None
    common = Place(one.column if one.column == two.column else None, one.row if one.row == two.row else None)
    return PlaceWords(common, found.group(), spots=(one, two)), found.end()


def _match_edge(text: str, start: int) -> tuple[PlaceWords, int] | None:
    """ "in the upper left corner", "on the right", "the left half shows", "lower centre:"."""
    found = _EDGE.match(text, start)
    place = _place(found["one"], found["two"] or found["half"]) if found else None
    if found is None or place is None:
        return None
    rest, prep = text[found.end() :], (found["prep"] or "").strip()
    if prep and not found["the"] and _ON_BODY.search(text[found.start() : found.end() + 12]):
        return None  # "an owl on left shoulder"
    if found["picture"]:
        sure = bool(prep or found["two"] or found["part"])
    elif found["two"]:
        sure = bool(prep or found["one"] in _ENDING or _ENDS.match(rest)) or found["two"] in _ENDING
    elif prep:
        sure = _is_told(found, prep, rest)
    else:
        sure = _stands_alone(found, text[:start], rest)
    return (PlaceWords(place, found.group()), found.end()) if sure else None


_ENDING: Final = ("left", "right")
_ON_BODY: Final = re.compile(rf"(?:left|right) (?:{'|'.join(words.PAIRED - {'side', 'end'})})\b(?! side)")
_ADJECTIVES: Final = ("northern", "southern", "western", "eastern", "central", "topmost", "uppermost")
_STEADY: Final = ("in", "on", "at", "near", "to", "from", "by")


def _is_told(found: re.Match[str], prep: str, rest: str) -> bool:
    """Tell whether an edge or the middle after a preposition is one of the picture and not of a thing."""
    one, part = found["one"], found["part"]
    if _OF_THING.match(rest) or (one in _ADJECTIVES and not part) or (prep not in _STEADY and not found["the"]):
        return False
    if one in _MIDDLE:
        return found["the"] != "its " and (prep in ("in", "on", "at", "near") or bool(part))
    compass = one in ("north", "south", "west", "east")
    return not compass or bool(found["the"])


def _stands_alone(found: re.Match[str], before: str, rest: str) -> bool:
    """Tell whether an edge without a preposition is a place: "left:", "the right half shows", "fills the top half"."""
    one, part = found["one"], found["part"] or ""
    if _LARGE.fullmatch(part) and _SHOWS.match(rest):
        return True
    if re.match(" ?:", rest) and (not part or part in ("side", "half", "third", "part")):
        return one not in _ADJECTIVES
    if part:
        return bool(found["the"]) and part not in ("wall", "one", "side", "end") and bool(_ENDS.match(rest))
    if one in _MIDDLE:
        return bool(re.search("dead|exact", found.group())) and bool(_ENDS.match(rest))
    trails = re.search(r"[a-z]{3} $", before) and re.match(r" ?(?:[.,;:]|$| and (?!right of\b))", rest)
    return one in _ENDING and not found["the"] and "hand" not in found.group() and bool(trails)
