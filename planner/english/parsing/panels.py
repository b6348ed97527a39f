"""Several pictures in one: which sentences speak of them, and which of times of one scene."""

from __future__ import annotations

import re
from typing import Final

from planner.lexicon import words


def any_case(pattern: str) -> re.Pattern[str]:
    """Compile a pattern for words in small or in capital letters."""
    return re.compile(pattern, re.IGNORECASE)


_TIME: Final = "|".join(sorted(words.TIMES))
_LISTED: Final = any_case(rf"\b(?:{_TIME})(?:,? (?:and )?(?:{_TIME})\b){{2,}}")
SEASONS: Final = any_case(r"\b(?:the )?four seasons\b|\bthrough(?:out)? the (?:year|seasons)\b")

_OF_PICTURES: Final = any_case(
    r"\b(?:split|(?:two|double)-page|left page"
    r"|diptych|triptych|comic|panels?|frames|strips?|storyboard|collage|halves|meme|webtoon|twice|quadrants?"
    r"|(?:one|left|right|top|bottom|upper|lower) (?:half|pic|photo)|before(?: and |/| - )after|then(?: and |/)now"
    r"|(?:two|three|four) (?:times|parts|scenes|pictures|views))\b"
)


def is_of_pictures(text: str) -> bool:
    """Tell whether a sentence speaks of several pictures in one, each at a place: a split screen, halves, a comic."""
    return _OF_PICTURES.search(text) is not None


def of_all_pictures(text: str) -> bool:
    """Tell whether words are said of all pictures together: "the two halves are divided by a river"."""
    return re.search(r"\b(?:both|halves|panels|pictures|sides|scenes|them)\b", text, re.IGNORECASE) is not None


def moments(text: str) -> list[str]:
    """Name the times that a sentence lists, at least three; nothing where it does not."""
    if SEASONS.search(text):
        return ["spring", "summer", "autumn", "winter"]
    found = _LISTED.search(text)
    return re.findall(rf"\b(?:{_TIME})\b", found.group().lower().replace("fall", "autumn")) if found else []


def without_times(text: str) -> str:
    """Take the times that panels show out of words: "a mill in spring and autumn"."""
    times = rf"(?:{_TIME})(?:(?:,? and|,)? (?:{_TIME}))*"
    return re.sub(rf"(?:\b(?:in|at|during) )?(?:the )?\b{times}\b", "", text).strip(" ,")


def without_list(background: str) -> str:
    """Take the list of times, or "the four seasons", out of what is said of a scene's background."""
    plain = _LISTED.sub("", SEASONS.sub("", background)).strip(" ,")
    return re.sub(r"^(?:in\b ?)?(?:the\b)? *", "", plain)
