"""Several pictures in one, before anything is parsed: panels that are told one by one, times of one scene."""

from __future__ import annotations

import re
from typing import Final

from planner.lexicon import words

_TIME: Final = "|".join(sorted(words.TIMES))
_MONTH: Final = "january|february|april|june|july|august|september|october|november|december"
_LISTED: Final = re.compile(rf"\b(?:{_TIME})(?:,? (?:and )?(?:{_TIME})\b){{2,}}", re.IGNORECASE)
_SEASONS: Final = re.compile(r"\b(?:the )?four seasons\b|\bthrough(?:out)? the (?:year|seasons)\b", re.IGNORECASE)
_NUMBER: Final = "|".join([r"\d", *(word for word, number in words.NUMBERS.items() if 1 < number < 10)])
_ANNOUNCED: Final = re.compile(
    rf"(?:,? \b(?:shown|seen|pictured|painted|drawn)\b)?(?: ?\b(?:in|with|of|at) )?(?:\b({_NUMBER})[- ]"
    r"(?:vertical |horizontal |different )?"
    r"(?:panel|frame|season|strip|picture|stage|step|phase|state|time|moment|version)s?"
    r"(?! of)|\btwice)\b( comic| cartoon| story)?[^:;.]*:\s*",
    re.IGNORECASE,
)
_ORDINAL: Final = "(?:first|second|third|fourth|fifth|last|final)"
_IN_TURN: Final = re.compile(
    rf"(?:[,;.]|\band)?\s*\b(?:in )?the {_ORDINAL}(?: (?:one|panel|frame|picture|strip))?(?: shows)?\b,?\s",
    re.IGNORECASE,
)
_TURNS: Final = re.compile(rf"\s(?:only )?(?:in|on) the {_ORDINAL}(?: one)?$", re.IGNORECASE)
_LISTED_PANEL: Final = re.compile(r"[,;:.]?(?:^| )\(?([1-9])\) ")
_OPENER: Final = re.compile(
    rf"(?:^|(?<=[.;:,])|\band) *(?:in )?(?:(?:panel|frame) (?:{_NUMBER}|1|one)"
    rf"|(?:the )?{_ORDINAL} (?:panel|frame|picture)|(?<=in )the {_ORDINAL}(?: one)?)(?: shows)?\b[:,]? ",
    re.IGNORECASE,
)
_PANELS: Final = re.compile(
    r"\b(?:panels?|frames?|comic|strips?|pictures|storyboard|triptych|cartoon|manga)\b", re.IGNORECASE
)
_STRIPS: Final = re.compile(
    rf",?(?: (?:in|as|arranged in|divided into))?(?: (?:{_NUMBER}))?(?: (?:vertical|horizontal|equal))?"
    r" (?:strips|panels|frames|columns|bands|quarters|quadrants|squares)\b(?: side by side| from left to right)*",
    re.IGNORECASE,
)
_THEN_AND_NOW: Final = re.compile(
    r"(?:^|(?<=[.;:,])) *(?:and )?(before|after|then|now|yesterday|today|past|present)[:,] ", re.IGNORECASE
)
_PAIRS: Final = (("before", "after"), ("then", "now"), ("past", "present"), ("yesterday", "today"))
_BARE: Final = words.DETERMINERS | words.PRONOUNS | frozenset(words.NUMBERS)
_COUNTED: Final = re.compile(
    rf",? \b(?:in|with|of|has) (?:{_NUMBER}) (?:panel|frame)s\b(?: side by side| next to each other)?", re.IGNORECASE
)
_SIDE_PANEL: Final = re.compile(r"\b(?:left|right|top|bottom|upper|lower)(?: side)? (?:panel|frame)\b", re.IGNORECASE)
_ALONE: Final = re.compile(rf"^(?:{_NUMBER}) (?:halves|parts|pictures|scenes)[,:;.] *", re.IGNORECASE)
# "left half a lighthouse by day, right half the lighthouse at night"
_HALF: Final = re.compile(
    r"(^|[,;:.])(?: and)? *(?:the )?(left|right|top|bottom|upper|lower) (?:side|half|part|page)(?: shows| is)?[,:]? "
    rf"(?=(?:an?|the|two|three|one|some|her|his|its|their|my|our|{_TIME}|{_MONTH})\b)",
    re.IGNORECASE,
)
_STORY: Final = re.compile(  # "life of a pumpkin": what is told is in the panels
    r"^(?:the )?(?:life|story|growth|evolution|history|making|journey|stages|day)(?: cycle| story)? of .*$",
    re.IGNORECASE,
)
_SEQUENCE: Final = re.compile(
    r"(?:^|[,;.]|\band\b)\s*(?:and )?"
    rf"(?:first|then|next|after that|finally|lastly|in the {_ORDINAL} (?:panel|frame|one))\b,?\s",
    re.IGNORECASE,
)
_NEXT: Final = re.compile(r"^(?:and )?(?:first|then|next|finally|lastly),? ", re.IGNORECASE)
_OWN_PLACES: Final = re.compile(
    r"\b(?:left|right|top|bottom)\b(?! to\b)|: *(?:panel|frame|on the|in the|at the)\b", re.I
)
_DOWN: Final = re.compile(
    r"top to bottom|above (?:the other|each other|another)|below (?:the other|each other)|vertical"
)


def numbered(text: str) -> str:
    """Write panels that are told one by one as "Panel 1: …": "3 frames: a plane takes off, it lands, a man waves"."""
    text = _STRIPS.sub("", text) if moments(text) else _LISTED_PANEL.sub(r". Panel \1: ", text)
    text = _COUNTED.sub("", text) if _SIDE_PANEL.search(text) else text
    text = _HALF.sub(r"\1 on the \2 side ", _ALONE.sub("", text)) if is_of_pictures(text) else text
    return _opened(text) or _then_and_now(text) or _announced(text) or text


def _opened(text: str) -> str:
    """ "In the first panel …, in the second …"; empty for other sentences."""
    openers = list(_OPENER.finditer(text))
    if len(openers) < 2 or not _PANELS.search(text):
        return ""
    ends = [*(opener.start() for opener in openers[1:]), len(text)]
    parts = [text[opener.end() : end] for opener, end in zip(openers, ends, strict=True)]
    return _told(_COUNTED.sub("", text[: openers[0].start()]), parts, text[: openers[0].start()])


def _then_and_now(text: str) -> str:
    """ "before, a rusty gate; after, the same gate in blue"; empty for other sentences."""
    found = list(_THEN_AND_NOW.finditer(text))
    if tuple(one[1].lower() for one in found) not in _PAIRS:
        return ""
    first, second = found
    before, then, now = text[: first.start()], text[first.end() : second.start()], text[second.end() :]
    return f"{before}. On the left: {then}. On the right: {now}"


def _announced(text: str) -> str:
    """ "in three stages: a seed, a sprout, a tree", "shown twice: in bloom, with snow"; empty for other sentences."""
    announced = _ANNOUNCED.search(text)
    if announced is None:
        return ""
    said, rest = (announced[1] or "two").lower(), text[announced.end() :].strip()
    if _IN_TURN.match(rest):
        parts = [part for part in _IN_TURN.split(rest) if part.strip(" ,;.")]
    elif _OWN_PLACES.search(announced.group().replace("left to right", "") + rest[:10]):
        return ""
    else:
        parts = re.split(r";\s*" if ";" in rest else r",\s*(?:and )?(?![^\"]*\"(?:[,.;]|$))", rest)
    number = int(said) if said.isdecimal() else words.NUMBERS[said]
    if len(parts) != number:  # "first a robot digs, then it rains, and finally …"
        parts = [part for part in _SEQUENCE.split(rest) if part.strip(" ,;.")]
    if len(parts) != number:
        return ""
    parts = [_NEXT.sub("", _TURNS.sub("", part.strip(" ,;."))) for part in parts]
    before = text[: announced.start()].strip(" ,")
    picture = not before or before.split()[-1].lower() in words.PICTURES or before.endswith(".")
    told = any(part.split()[0].lower() in _BARE for part in parts)
    of_it = any(re.search(r"\bit\b", part) for part in parts)
    if not picture and (of_it or not told):  # "a tree shown twice: in bloom, with snow"; "…: birds in it, snow on it"
        parts, before = [f"{before}{',' * told} {part}" for part in parts], ""
    return _told(f"{before}{announced[2] or ''}", parts, text[: announced.end()])


def _told(before: str, parts: list[str], head: str) -> str:
    """Write panels after what is said before them, in a column where their head says so."""
    word, before = "Row" if _DOWN.search(head) else "Panel", _STORY.sub("", before.strip(" ,.;:"))
    told = [f"{word} {at}: {part.strip(' ,;.')}." for at, part in enumerate(parts, start=1)]
    return " ".join([*([f"{before}."] if before else []), *told])


_OF_PICTURES: Final = re.compile(
    r"\b(?:split|(?:two|double)-page|left page"
    r"|diptych|triptych|comic|panels?|frames|strips?|storyboard|collage|halves|meme|twice|quadrants?"
    r"|(?:one|left|right|top|bottom|upper|lower) half|before and after|then and now"
    r"|(?:two|three|four) (?:times|parts|scenes|pictures|views))\b",
    re.IGNORECASE,
)


def is_of_pictures(text: str) -> bool:
    """Tell whether a sentence speaks of several pictures in one, each at a place: a split screen, halves, a comic."""
    return _OF_PICTURES.search(text) is not None


def of_all_pictures(text: str) -> bool:
    """Tell whether words are said of all pictures together: "the two halves are divided by a river"."""
    return re.search(r"\b(?:both|halves|panels|pictures|sides|scenes|them)\b", text, re.IGNORECASE) is not None


def moments(text: str) -> list[str]:
    """Name the times that a sentence lists, at least three; nothing where it does not."""
    if _SEASONS.search(text):
        return ["spring", "summer", "autumn", "winter"]
    found = _LISTED.search(text)
    return re.findall(rf"\b(?:{_TIME})\b", found.group().lower().replace("fall", "autumn")) if found else []


def without_times(text: str) -> str:
    """Take the times that panels show out of words: "a mill in spring and autumn"."""
    times = rf"(?:{_TIME})(?:(?:,? and|,)? (?:{_TIME}))*"
    return re.sub(rf"(?:\b(?:in|at|during) )?(?:the )?\b{times}\b", "", text).strip(" ,")


def without_list(background: str) -> str:
    """Take the list of times, or "the four seasons", out of what is said of a scene's background."""
    plain = _LISTED.sub("", _SEASONS.sub("", background)).strip(" ,")
    return re.sub(r"^(?:in\b ?)?(?:the\b)? *", "", plain)
