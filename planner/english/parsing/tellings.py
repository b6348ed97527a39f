"""Several pictures in one that are told one by one, written as "Panel 1: …", "On the left …", before any parsing.

What is said of all of them ("a park bench, four times: with …") is said in each.
"""

from __future__ import annotations

import re
from typing import Final

from planner.english.parsing.panels import SEASONS, any_case, is_of_pictures, moments
from planner.lexicon import forms, words
from planner.lexicon.kinds import known_kind_of

_TIME: Final = "|".join(sorted(words.TIMES))
_MONTH: Final = "january|february|april|june|july|august|september|october|november|december"
_NUMBER: Final = "|".join([r"\d", *(word for word, number in words.NUMBERS.items() if 1 < number < 10)])
_PICTURE: Final = "panel|frame|season|strip|picture|stage|step|phase|state|time|hour|moment|version"
_ADJECTIVE: Final = "(?:(?:vertical|horizontal|different|equal|round|square|small|separate|stacked) )?"
_ANNOUNCED: Final = any_case(
    r"(?:,? \b(?P<shown>shown|seen|pictured|painted|drawn)\b)?(?: ?\b(?:in|with|of|at)\b)? ?"
    rf"(?:\b(?P<number>{_NUMBER})[- ]{_ADJECTIVE}(?:{_PICTURE})s?(?: of (?:the )?day\b)?(?! of)|\btwice"
    rf"|\b(?P<ptych>diptych|triptych)|(?<=\bin )(?P<fields>{_NUMBER}) (?:squares|quarters|quadrants|fields))\b"
    r"(?P<kind> comic| cartoon| story)?(?P<told>[^:;./]*(?::\s*|/\s)|[^:;./]*?\s[-–—]\s|,\s(?=(?:top|upper) left\b)"
    r"|(?(shown)(?: in a row)?,\s|(?!)))"
)
_ORDINAL: Final = "(?:first|second|third|fourth|fifth|last|final)"
_LISTED_PANEL: Final = re.compile(r"[,;:.]?(?:^| )\(?([1-9])\) ")
_AGAIN: Final = any_case(  # "left side my aunt as a child, right side her today": the same aunt
    r"(?P<one>\bleft(?: side| half)? (?:my|the|our|an?|his|her) (?=(?P<who>[\w-]+(?: [\w-]+)?? )(?:as|in|with|at)\b))"
    r"(?P<rest>.*?\bright(?: side| half)? )(?:him|her|it|them|he|she) (?:(?:again|now|today) )?(?=(?:as|with|in|at)\b)"
)
_OPENER: Final = any_case(
    rf"(?:^|(?<=[.;:,])|\band) *(?:in )?(?:(?:panel|frame) (?:{_NUMBER}|1|one)"
    rf"|(?:the )?{_ORDINAL} (?:panel|frame|picture)|(?<=in )the {_ORDINAL}(?: one)?)(?: shows)?\b[:,]? "
)
_PANELS: Final = any_case(r"\b(?:panels?|frames?|comic|strips?|pictures|storyboard|triptych|cartoon|manga)\b")
_THEN_AND_NOW: Final = any_case(
    r"(?:^|(?<=[.;:,])) *(?:and )?(before|after|then|now|yesterday|today|past|present)(?:[:,] | (?=with ))"
)
_PAIRS: Final = (("before", "after"), ("then", "now"), ("past", "present"), ("yesterday", "today"))
_BARE: Final = words.DETERMINERS | words.PRONOUNS | frozenset(words.NUMBERS)
_COUNTED: Final = any_case(
    rf",? \b(?:in|with|of|has) (?:{_NUMBER}) (?:panel|frame)s\b(?: side by side| next to each other)?"
)
_SIDE_PANEL: Final = any_case(r"\b(?:left|right|top|bottom|upper|lower)(?: side)? (?:panel|frame)\b")
_ALONE: Final = any_case(rf"^(?:{_NUMBER}) (?:halves|parts|pictures|scenes)[,:;.] *")
_STORY: Final = any_case(  # "life of a pumpkin": what is told is in the panels
    r"^(?:the )?(?:life|story|growth|evolution|history|making|journey|stages|day)(?: cycle| story)? of .*$"
)
_HERO: Final = any_case(  # "about an astronaut's morning": whom "she" means
    r" about (?P<hero>(?:an?|the|my|our) [\w -]+?)(?:'s (?:\w+ )?(?:day|morning|evening|night|week|life|trip|dream))?$"
)
_SEQUENCE: Final = any_case(
    r"(?:^|[,;.]|\band\b)\s*(?:and )?"
    rf"(?:first|then|next|after that|finally|lastly|in the {_ORDINAL} one|(?:in )?(?:the )?{_ORDINAL} (?:panel|frame))"
    r"\b,?\s"
)
_NEXT: Final = any_case(rf"^(?:and )?(?:first|then|next|finally|lastly|(?:in )?(?:the )?{_ORDINAL} (?:panel|frame)),? ")
_OWN_PLACES: Final = any_case(r"\b(?:left|right|top|bottom)\b(?! to\b)|: *(?:panel|frame|on the|in the|at the)\b")
_LINES: Final = re.compile(r"left to right|top to bottom")
_WHEN: Final = rf"(?:the )?(?:early |late )?(?:{_TIME}|(?:1\d|20)\d\d|now|nowadays)\b"
_AT_TIME: Final = (
    rf"(?:(?:in|at|on|during|by) {_WHEN}|{_WHEN}(?=,|$| (?:with|an?|the|one|{_NUMBER}|some|no|just|only)\b))"
)
_TIMED: Final = any_case(rf"^(?P<when>{_AT_TIME})(?P<comma>,?)(?: (?P<rest>.+))?$")
_BY_TIME: Final = any_case(rf"(?:^|[,;]|\band\b) *(?:and )?(?={_AT_TIME})")
_DATES: Final = re.compile(r",\s*(?:and )?|\band ")  # "bare in January, white in May and red in September"
_DATED: Final = any_case(rf"\b(?:in|at) {_WHEN}$")
_BY_NUMBER: Final = re.compile(r"(?:^|[,;.]? )[1-9] ")
_SLASHES: Final = re.compile(" / ")
_SEMICOLONS: Final = re.compile(r";\s*")
_COMMAS: Final = re.compile(r",\s*(?:and )?(?![^\"]*\"(?:[,.;]|$))")
_FIELD: Final = any_case(r"(?:^|[,;]) *(?:and )?(?:in the )?(top|upper|bottom|lower) (left|right):? ")
# ", arranged as a 2x2 grid", " - three pictures stacked on top of each other, oldest at the top"
_ARRANGED: Final = any_case(
    rf"\s*[,;(–—-] *(?:all )?(?:(?:{_NUMBER}) (?:{_PICTURE})s )?(?:arranged|stacked|set|laid out|side by side"
    r"|in a (?:row|column|grid|\dx\d)|from left to right|(?:from )?top to bottom"
    r"|(?:the )?(?:oldest|earliest|first) (?:at|on) the)\b[^,;:]*$"
)
_ALWAYS: Final = any_case(r",([^,]+) (?:every|each) time$")
_GRID: Final = any_case(r"\b(?:2x2|two by two)\b|\b(?:quadrants|quarters)\b")
_DOWN: Final = re.compile(
    r"top to bottom|above (?:the other|each other|another)|below (?:the other|each other)|vertical|stacked"
    r"|on top of each other|at the top"
)
_SIDES: Final = "left|right|top|bottom|upper|lower"
# "left half a lighthouse by day, right half the lighthouse at night", "left half of the pic = a desk", "Upper one: …"
_HALF: Final = any_case(
    rf"(^|[,;:.])(?: and)? *(?:the )?({_SIDES}) (?:(?:side|half|part|page|pic|photo)"
    r"(?: of (?:the|this) (?:pic|picture|image))?(?: ?= ?|(?: shows| is)?[,:]? "
    r"(?=(?:an?|the|two|three|one|some|her|his|its|their|my|our|same|at|with"
    rf"|{_TIME}|{_MONTH})\b))|one: )"
)
# "summer on the left with two deck chairs"
_TIME_ON: Final = any_case(rf"(^|[,;:.])(?: and)? *({_WHEN}) (?:on|at) the ({_SIDES})(?: (?:side|half))? (?=with\b)")
_ON_SIDE: Final = any_case(rf"((?:^|[,;:.]) on the (?:{_SIDES}) side )")
_VIEWS_OF: Final = any_case(  # "split image of a cabin"
    r"^(?P<kind>.*\b(?:split|screen|image|picture|photo|view|version|shot|diptych|triptych)s?) of "
    r"(?P<what>(?:an?|the|one|my|our|his|her|their|its)\b[^,:;.]+)$"
)
_OF_ONE: Final = any_case(  # "four small pictures of one tree through the year - blossom, green leaves, …"
    rf"^(?P<number>{_NUMBER}) {_ADJECTIVE}(?:{_PICTURE}|image|photo|view)s of (?:(?P<one>one|the same)|an?|the|my)"
    r" (?P<what>[\w' -]+?)(?P<when> (?:through(?:out)?|over|during|in) (?:the )?(?:four )?(?:year|seasons?|day))?"
    r"(?(one)|(?(when)|(?!)))(?:[,:] | [-–—] )"
)
_ONE: Final = any_case(r"(?:the )?(?:same|one)\b")
_WHOLE: Final = any_case(  # "triptych of a lake: …", "three panels, the same fox in each: …"
    r"of (?P<whole>.*)|,? *(?P<each>(?:an?|the|one) [^,:]+?) in (?:each|every one|all)(?: of them)?"
)
_OF_NOW: Final = words.word_set("today now nowadays tonight yesterday tomorrow")
_OF_DAY: Final = {"day": "by day", **{part: f"in the {part}" for part in ("morning", "afternoon", "evening")}}
_OF_CLOCK: Final = words.word_set("night noon midnight dawn dusk sunset sunrise twilight midday christmas halloween")


def numbered(text: str) -> str:
    """Write panels that are told one by one as "Panel 1: …": "3 frames: a plane takes off, it lands, a man waves"."""
    text = _OF_ONE.sub(r"the same \g<what> in \g<number> pictures: ", text)
    if moments(text):
        return _announced(text) or text
    text = _LISTED_PANEL.sub(r". Panel \1: ", text) if "1) " in text else text
    text = _COUNTED.sub("", text) if _SIDE_PANEL.search(text) else text
    if is_of_pictures(text):
        text = _by_sides(_AGAIN.sub(r"\g<one>\g<rest>the same \g<who>", _ALONE.sub("", text)))
    return _opened(text) or _then_and_now(text) or _announced(text) or text


def _by_sides(text: str) -> str:
    """ "split image of a cabin, left half in July, right half with snow": each half has what the whole is of."""
    text = _HALF.sub(r"\1 on the \2 side ", _TIME_ON.sub(r"\1 on the \3 side \2 ", text))
    head, *sides = _ON_SIDE.split(text)
    if len(sides) != 4:
        return text
    parts = [re.sub("^same ", "the same ", _with_articles(part)) for part in sides[1::2]]
    head, one, other = _of_whole(head, parts)
    return f"{head}{sides[0]}{one}{sides[2]}{other}"


def _of_whole(head: str, parts: list[str]) -> tuple[str, str, str]:
    """What is said before two pictures, and of each of them: both are of what the head is of, if it is."""
    whole = _VIEWS_OF.match(head)
    if whole is not None and not all(map(_is_told, parts)):
        head, parts = whole["kind"], [_with_subject(whole["what"], part) for part in parts]
    return head, parts[0], parts[1]


def _is_told(part: str) -> bool:
    """Tell whether what is said of a picture names something itself: "a bench", and not "with a bench"."""
    return part.partition(" ")[0].lower() in _BARE


def _with_subject(subject: str, part: str) -> str:
    """ "with tulips", "July with two bikes", "in winter a robin on it": of what it is said, and when."""
    timed = _TIMED.match(part)
    when, rest = (f" {_dated(timed['when'])}", timed["rest"] or "") if timed else ("", part)
    first, _, after = rest.partition(" ")
    named = first.lower() not in words.GOING_ON and any(map(_is_noun, rest.lower().split()[:2]))
    named = named and _ONE.match(subject) is not None
    apart = (
        _is_told(rest)
        or named
        or (" it" in after and _is_noun(first.lower()))
        or (timed is not None and timed["comma"])
    )
    if first.lower() in words.ADJECTIVES and after.partition(" ")[0] in ("", "in", "at", "and", "under", "with"):
        rest = f"that is {rest}"
    return f"{subject}{when}{',' if apart else ''} {rest}".rstrip()


def _dated(when: str) -> str:
    """ "1850" as "in 1850", "noon" as "at noon"."""
    low = when.lower()
    if low.split()[0] in ("in", "at", "on", "during", "by"):
        return when
    return _OF_DAY.get(low) or f"{'of' if low in _OF_NOW else 'at' if low in _OF_CLOCK else 'in'} {when}"


def _with_articles(part: str) -> str:
    """ "cat pushes vase off the table": the articles that headlines and comics leave out."""
    said = part.split(" ")
    verb = next((at for at, word in enumerate(said[:4]) if (forms.verb_form(word) or ("", ""))[1] == "third"), 0)
    if not verb or not all(word.islower() and word.isalpha() for word in said[:verb]) or _is_told(part):
        return part
    named = [forms.with_article(" ".join(said[:verb])), said[verb]] if _is_thing(said[verb - 1]) else said[: verb + 1]
    after = said[verb + 1 :]
    if after and _is_thing(after[0]) and (len(after) == 1 or known_kind_of(after[1]) is None):
        after[0] = forms.with_article(after[0])
    return " ".join([*named, *after])


def _is_noun(word: str) -> bool:
    return word in words.MASS or known_kind_of(forms.singular(word)) is not None


def _is_thing(word: str) -> bool:
    return known_kind_of(word) is not None and not forms.is_plural(word) and word not in words.MASS


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
    head, then, now = text[: first.start()].strip(" ,:"), text[first.end() : second.start()], text[second.end() :]
    head, then, now = _of_whole(head, [then.strip(" ,"), now])
    return f"{head}. On the left: {then}. On the right: {now}"


def _announced(text: str) -> str:
    """ "in three stages: a seed, a sprout, a tree", "shown twice: in bloom, with snow"; empty for other sentences."""
    announced = _ANNOUNCED.search(text)
    if announced is None:
        return ""
    rest = text[announced.end() :].strip(" .")
    before = SEASONS.sub("", text[: announced.start()]).strip(" ,")
    subject, said = _subject(announced, before), _FIELD.split(rest)
    told = zip(said[1::3], said[2::3], said[3::3], strict=True)
    fields = sorted((row.lower() in ("bottom", "lower"), side.lower(), shown) for row, side, shown in told)
    grid = " 2x2" if subject and len(fields) == _number(announced) == 4 else ""
    if grid:  # "a bench four times: top left dawn with a fox, …"
        rest = "; ".join(shown for *_, shown in fields)
    elif _OWN_PLACES.search(_LINES.sub("", announced.group()) + rest[:10]):
        return ""
    rest, arranged = _cut_off(rest, _ARRANGED)
    always = _ALWAYS.search(rest)
    parts = _parts(_ALWAYS.sub("", rest), _number(announced))
    if not parts:
        return ""
    kind = announced["kind"] or announced["ptych"] or ""
    if len(parts) in map(words.number_of, subject.lower().split()[:2]):
        before = ""  # "my three dogs in three frames: …": they are what is told
    elif subject and _is_in_each(subject, parts):
        parts, before = [_with_subject(subject, part) for part in parts], before if subject != before else ""
    if always:
        parts = [f"{part}.{always[1]}" for part in parts]
    return _told(f"{before} {kind}".strip(), parts, f"{text[: announced.end()]} {arranged}{grid}")


def _subject(announced: re.Match[str], before: str) -> str:
    """ "a tree shown twice: in bloom, with snow", "triptych of a lake: …": of what each picture is; perhaps nothing."""
    if of := _WHOLE.fullmatch(announced["told"].strip(" :/")):
        return of["whole"] or of["each"]
    pictures = not before or before.split()[-1].lower() in words.PICTURES or before.endswith(".")
    return "" if pictures else before


def _number(announced: re.Match[str]) -> int:
    if announced["ptych"]:
        return 3 if announced["ptych"].lower() == "triptych" else 2
    return words.number_of((announced["number"] or announced["fields"] or "two").lower()) or 0


def _is_in_each(subject: str, parts: list[str]) -> bool:
    """Tell whether parts are told of a subject: they name nothing themselves, or "it", or when; or it is "the same"."""
    of_it = any(re.search(r"\bit\b", part) for part in parts)
    return _ONE.match(subject) is not None or of_it or all(map(_TIMED.match, parts)) or not any(map(_is_told, parts))


def _cut_off(text: str, pattern: re.Pattern[str]) -> tuple[str, str]:
    """Cut what a pattern finds off a text's end, again and again: (the text, what was cut off)."""
    cut = ""
    while found := pattern.search(text):
        text, cut = text[: found.start()], found.group() + cut
    return text, cut


def _parts(rest: str, number: int) -> list[str]:
    """Cut so many pictures apart, at the first kind of sign that gives as many; empty where none does."""
    counted = [int(found.group().strip(" ,;.")) for found in _BY_NUMBER.finditer(rest)]
    ways = [
        *([_BY_NUMBER] if counted == list(range(1, number + 1)) else []),
        *(_SLASHES, _SEMICOLONS, _BY_TIME, _COMMAS, _SEQUENCE, _DATES),
    ]
    for way in ways:
        parts = [part.strip(" ,;.") for part in way.split(rest) if part.strip(" ,;.")]
        if len(parts) == number and (way is not _DATES or all(map(_DATED.search, parts))):
            return [_NEXT.sub("", part) for part in parts]
    return []


def _told(before: str, parts: list[str], head: str) -> str:
    """Write panels after what is said before them, in a column or a grid where their head says so."""
    before = _STORY.sub("", before.strip(" ,.;:"))
    if hero := _HERO.search(head.strip(" ,.;:")):
        before, parts = _HERO.sub("", before), _of_hero(hero["hero"], parts)
    grid = len(parts) == 4 and _GRID.search(head)
    word = "Row" if _DOWN.search(head) and not grid else "Panel"
    told = [
        f"{word} {f'{at // 2 + 1}x{at % 2 + 1}' if grid else at + 1}: {_with_articles(part.strip(' ,;.'))}."
        for at, part in enumerate(parts)
    ]
    return " ".join([*([f"{before}."] if before else []), *told])


def _of_hero(hero: str, parts: list[str]) -> list[str]:
    """ "a page about a cook's day: she gets up, …": the first "she" is the cook."""
    for at, part in enumerate(parts):
        if re.match(r"(?:s?he|it|they) ", part):
            return [*parts[:at], f"{hero} {part.partition(' ')[2]}", *parts[at + 1 :]]
    return parts
