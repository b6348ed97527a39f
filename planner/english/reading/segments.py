"""Segments that are told by their form: a place alone, a panel, parts of things, what must not be seen, style."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from planner.english.parsing.expanding import Value
from planner.english.parsing.parser import word_class
from planner.english.parsing.phrases import OrderWords, RelationWords
from planner.english.parsing.places import PlaceWords
from planner.english.reading.leading import at_place, follows_place, lead, order
from planner.english.reading.referring import OTHER, split, whose
from planner.english.reading.state import Reading, describe, put
from planner.lexicon import forms, words
from planner.lexicon.kinds import is_being, known_kind_of
from planner.scene.scene import Place

if TYPE_CHECKING:
    from spacy.tokens import Doc


def read_alone(r: Reading, doc: Doc) -> bool:
    """Read a segment that its form tells; tells whether it is one."""
    if _names_all(r, doc) or _name_alone(r):
        r.styles.append(r.segment.text)
        return True
    if (
        all(piece.source.lower() in words.CHATTER for piece in r.segment.pieces)
        or _sorts(r)
        or _coloured(r)
        or _panel(r, doc)
        or _parts_alone(r)
        or _denied_alone(r, doc)
        or _held_so(r, doc)
        or _style_alone(r, doc)
    ):
        return True
    values = [piece.value for piece in r.segment.pieces if piece.source]
    return len(values) == 1 and _value_alone(r, values[0])


_MEDIUM: Final = re.compile(  # "menu board for a juice bar, …", "full body character, a knight …", "phone screen, …"
    r"(?!(?:an?|the|two|three|my|our) )(?:[\w'-]+ ){0,3}"
    r"(?:(?:board|sign|label|menu|badge|ticket|packaging|cover|bookmark|banner|header|plaque|decal) for [\w' -]+"
    r"|(?:screen|page) (?:of|for) [\w' -]+"
    r"|(?<= )(?:character|figure|creature|protagonist|avatar|screen|page|ui|hud))",
    re.IGNORECASE,
)

_NAME: Final = re.compile(  # "Naples", "Tokyo at night", "Lisbon in the rain"
    r"(?:[A-Z][\w'-]+ )*(?P<last>[A-Z][\w'-]+)"
    rf"(?P<when> (?:at|in|by|on) (?:the )?(?:\w+ )?(?:rain|snow|fog|mist|storm|{'|'.join(words.TIMES)}))?"
)


def _name_alone(r: Reading) -> bool:
    """ "a nun on a scooter, motion blur, Naples", "film still, Havana at dusk, …": where it was taken."""
    name = _NAME.fullmatch(r.segment.text)
    low = name["last"].lower() if name else ""
    if not name or r.segment.before != "," or known_kind_of(low) or low in words.COMMON | words.ADJECTIVES:
        return False
    if r.things.drafts:
        return r.segment.after == "." and (bool(name["when"]) or not any(d.noun.proper for d in r.things.drafts))
    return bool(r.styles) and (bool(name["when"]) or low in word_class("noun"))


def _names_all(r: Reading, doc: Doc) -> bool:
    """ "menu board for a juice bar, …", "Safety sign: …": what the list that follows is all of, before any thing."""
    if r.things.drafts or r.styles or r.segment.before != ".":
        return False
    bare = all(token.pos_ in ("NOUN", "PROPN", "ADJ") for token in doc) and not is_being(doc[-1].lower_)
    goes_on = bool(r.ahead) or r.segment.after == ":"
    return (r.segment.after == ":" and bare) or (goes_on and _MEDIUM.fullmatch(r.segment.text) is not None)


def _sorts(r: Reading) -> bool:
    """ "three balls: red, blue and green", "two chests: wooden and silver": of which sort each is."""
    whole, before = r.things.last_counted(), r.segment.before
    sorts = [piece.source.lower() for piece in r.segment.pieces if piece.source not in ("", "and")]
    if whole is None or before not in ",:" or not sorts:
        return False
    named = r.summary is not None and sorts[-1] in words.ALSO_NOUNS
    listed = before == ":" or r.things[whole].group is not None
    if named and not listed:  # "four fruits: a green apple, orange, …"
        return False
    known = words.ADJECTIVES if listed else words.COLOURS
    if not known.issuperset(sorts) and not _is_shade(r, whole):
        return False
    for word in sorts:
        lead(r, [r.things.split(whole, 1, (word,))])
    return True


def _is_shade(r: Reading, whole: int) -> bool:
    """ "six balls: red, peach, mint, blue, …": a word among colours, or the last of as many as there are, is one."""
    colours = any(segment.text.lower() in words.COLOURS for segment in r.ahead)
    coloured = colours or (not r.ahead and r.things[whole].count == 1)
    return coloured and r.things[-1].part and r.things[-1].group == whole and len(r.segment.pieces) == 1


def _coloured(r: Reading) -> bool:
    """ "the restored tractor, shiny green, …", "fox head, orange and white": the colours of what was named."""
    low = [piece.source.lower() for piece in r.segment.pieces if piece.source]
    lone = len(low) == 1 and low[0] in words.SHADES - words.MASS and known_kind_of(low[0]) is None  # "a teapot, lilac"
    shades = words.SHADES if lone or low[-1] in words.COLOURS else frozenset[str]()
    if low[0].endswith("ly") and low[-1] in words.COLOURS:  # "a faded photo, slightly orange"
        r.styles.append(r.segment.text)
        return True
    told = lone or not words.COLOURS.isdisjoint(low)
    if not told or not all(word in words.ADJECTIVES | shades | {"and"} for word in low):
        return False
    if r.summary is not None and low[-1] in words.ALSO_NOUNS:  # "six gems: purple amethyst, white diamond"
        return False
    named = r.things[r.subject[0]] if len(r.subject) == 1 and r.segment.before == "," else None
    if named is None or (named.count != 1 and not lone) or (named.group is not None and not named.part):
        return False
    named.adjectives.append(" ".join(low))
    return True


def _value_alone(r: Reading, value: Value | None) -> bool:
    """A place or an order: it leads what follows or trails what was said."""
    if isinstance(value, RelationWords) and value.own_object and r.segment.before in ".;":
        r.opened = (value, whose(r, value))  # "To its left, …"
    elif isinstance(value, PlaceWords):
        if r.segment.after == ":" and (value.is_row or r.rows_used):
            r.panel = value = replace(value, place=Place(row=value.place.row), is_row=True)  # "top shelf: a cup, a jug"
        if r.segment.before in ".;:!?" or r.segment.after == ":" or not r.listed or follows_place(r):
            at_place(r, value)
        else:
            put(r, r.subject, value)
    elif isinstance(value, OrderWords) and r.segment.after in ",:" and len(r.listed) < 2:
        r.order = (value, [])
    elif isinstance(value, OrderWords):
        order(r, value, r.listed)
    else:
        return False
    return True


def _panel(r: Reading, doc: Doc) -> bool:
    """ "Panel 2:", "Frame two:": a place in a row of pictures."""
    if (
        r.segment.after not in ":-"
        or len(doc) != 2
        or forms.singular(doc[0].lower_) not in ("panel", "frame", "strip", "scene", "page", "picture", "row")
    ):
        return False
    low = doc[1].lower_
    line, _, low = low.rpartition("x") if re.fullmatch(r"\dx\d", low) else ("", "", low)
    number = words.number_of(low) or 1
    row = doc[0].lower_ == "row"
    place = Place(row=number / 100) if row else Place(number / 100, int(line) / 100 if line else None)
    r.leading = r.panel = PlaceWords(place, r.segment.text)
    r.subject, r.latest = [], []
    return True


OWN: Final = words.POSSESSIVES | {"one", "both"}


def _held_so(r: Reading, doc: Doc) -> bool:
    """ "a man, arms crossed, …", "eyes half closed": how somebody named before holds a part of the body."""
    part = doc[int(len(doc) > 2 and doc[0].lower_ in OWN)]
    about = r.subject or r.latest
    state = doc[-1].tag_ in ("VBN", "VBD", "JJ", "RB", "RP") and not any(piece.value for piece in r.segment.pieces)
    if not (about and state and 1 < len(doc) < 5 and part.lower_ in words.PARTS):
        return False
    describe(r, about, f"with {r.segment.text}")
    return True


def _parts_alone(r: Reading) -> bool:
    """ "two dogs, one black and one white", "three balls, red, blue and green": parts of things named before."""
    low = [piece.source.lower() for piece in r.segment.pieces if piece.source]
    figures = {str(number): word for word, number in words.NUMBERS.items()}
    low = [figures.get(word, word) for word in low]
    low = [word for at, word in enumerate(low) if word != "one" or low[at - 1] not in words.ORDINALS]  # "the first one"
    counting = words.NUMBERS.keys() | words.ORDINALS.keys() | OTHER
    told = not counting.isdisjoint(low)
    done = {word for word in low if (form := forms.verb_form(word)) is not None and form[1] == "past"}
    like = words.ADJECTIVES | (done if set(low) & words.ADJECTIVES - done else set())  # "three white and one cracked"
    like |= words.SHADES if told and "the" in low else frozenset()  # "the first coral"
    if not told or not set(low) <= like | counting | {"and", "the", "others"}:
        return set(low) <= words.DETERMINERS | words.CONJUNCTIONS | words.word_set("of with next")
    groups: list[tuple[int, list[str]]] = []
    for at, word in enumerate(low):
        if word in counting | {"others"}:
            if low[at - 1] in OTHER and groups:  # "the other two black"
                groups.pop()
            groups.append((words.NUMBERS.get(word, 1), []))
        elif word in like and groups:
            groups[-1][1].append(word)
    r.subject = []
    for number, adjectives in groups:
        if (whole := r.things.last_counted()) is not None:
            r.subject.append(split(r, whole, number, tuple(adjectives)))
    return bool(r.subject)


_NOT_ONE: Final = re.compile(
    r"not (?:one|a single|any) ([\w -]+?)(?: to be seen| in sight| in view| around| anywhere)?", re.IGNORECASE
)


def _denied_alone(r: Reading, doc: Doc) -> bool:
    """ "no gradient", "without a hat": what must not be seen, whatever the tagger makes of it."""
    low = [piece.source.lower() for piece in r.segment.pieces if piece.source]
    if len(low) < 2 or low[0] not in ("no", "without", "not", "zero"):
        return False
    none = _NOT_ONE.fullmatch(r.segment.text)
    if none and not {"but", "of", "more", "in", "on"} & set(none[1].split()):
        r.absent.append(none[1])
        return True
    if low[-1] in ("one", "ones"):  # "a green apple, not a red one"
        return True
    told = any(token.pos_ in ("VERB", "AUX", "CCONJ", "ADP") for token in doc) or low[1] in words.DETERMINERS
    if told or low[1] in ("more", "less", "fewer") or (low[0] == "not" and doc[-1].pos_ not in ("NOUN", "PROPN")):
        return False
    r.absent.append(r.text([token for token in doc[1:] if token.pos_ not in ("DET", "PART", "ADV", "PRON")]))
    return True


_MADE: Final = words.word_set(
    "shot taken captured photographed rendered illustrated designed inspired by trending featured painted drawn made",
    "dji canon nikon leica sony fujifilm hasselblad gopro kodak",
)
_INK: Final = (
    r"(?:oils?|acrylics?|ink|pencils?|chalks?|tempera|gouache|pastels?|charcoal|crayons?|pen|markers?|watercolou?rs?)"
)
_MEDIA: Final = re.compile(  # "oil on canvas", "sketch in pen and brown ink", "labels in italics"
    rf"(?:[\w-]+ ){{0,3}}{_INK}(?: and \w+)? on (?:[\w-]+ )?\w+|in the (?:style|manner) of .*"
    rf"|(?:[\w'-]+ ){{1,4}}in (?:\w+ )?{_INK}(?: and (?:\w+ )?{_INK})*"
    rf"|(?:\w+ )?(?:colou?red|ballpoint|felt[- ]tip|graphite|soft|oil|wax) {_INK}|(?:\w+ )?(?:pen|ink) and (?:ink|wash)"
    r"|(?:\w+ ){1,2}(?:inks|colou?rs)|(?:low|high|handheld|tilted) camera"
    r"|(?:\w+ )?camera (?:at|from|low|high|slightly|very|close|tilted|above|below|just)\b.*"
    r"|(?:labels?|captions?|text|names|titles?|lettering|prices|headings?) in (?!the |an? )[\w -]+",
    re.IGNORECASE,
)


def _made(r: Reading, doc: Doc) -> bool:
    """ "shot on a Nikon", "by some painter", "oil on canvas": how the picture was made."""
    low = [piece.source.lower() for piece in r.segment.pieces if piece.source]
    if _MEDIA.fullmatch(r.segment.text):
        return True
    if low[0] not in _MADE or not 1 < len(doc) < 7 or not len(r.things):
        return False
    return not any(known_kind_of(word) is not None for word in low) and not any(token.pos_ == "DET" for token in doc)


def _style_alone(r: Reading, doc: Doc) -> bool:
    """ "green bokeh", "shallow depth of field": a few words without an article that end in a word of style."""
    if not (_made(r, doc) or _mood(r, doc) or _ends_in_style(r, doc)):
        return False
    r.styles.append(r.segment.text)
    return True


def _mood(r: Reading, doc: Doc) -> bool:
    """ "eerie", "minimalist": an adjective alone, after the things, that we do not know as one of a thing."""
    last = doc[-1].lower_
    if len(doc) > 1 or not r.things.drafts or last in words.ADJECTIVES:
        return False
    of_style = last.endswith(("ist", "ism", "esque", "punk", "core"))
    return of_style or (doc[0].tag_ in ("NNP", "JJ") and last.endswith(("y", "ful", "ous", "ive", "ic", "al", "ary")))


def _ends_in_style(r: Reading, doc: Doc) -> bool:
    last = doc[-1].lower_
    said = [token for token in doc[:-1] if r.piece(token).source and not token.text[0].isdigit()]
    determined = any(token.pos_ in ("DET", "VERB", "AUX", "NUM") for token in said)
    short = len(doc) <= 4 and all(piece.value is None for piece in r.segment.pieces)
    return short and not determined and (last in words.STYLE_NOUNS or any(char.isdigit() for char in last))
