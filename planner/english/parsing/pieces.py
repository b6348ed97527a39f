"""A sentence as pieces: words, signs, and fixed expressions of place that stand as one word before the parser.

The parser knows "on" and "beside" better than "to the left hand side of", and "here" better than "in the upper right
corner of the picture": each fixed expression goes to it as one such word. So do texts to be read, as a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Final

from planner.english.parsing.amounts import read_amount
from planner.english.parsing.expanding import Lettering, Piece, determines, inside_noun_phrase, with_nouns
from planner.english.parsing.phrases import Idiom, OrderWords, Phrase, RelationWords, match_phrase
from planner.english.parsing.places import PlaceWords
from planner.lexicon import forms, verb_words, words
from planner.lexicon.kinds import is_being, is_clothing, known_kind_of

_TOKEN: Final = re.compile(
    r"\"[^\"]*\"|(?<![\w])'[^']{2,60}'(?!\w)|(?:[A-Z]\.){2,}|[A-Z]\.(?= (?!The|An?\b|In|On|At|It|He|She)[A-Z][A-Za-z.])"
    r"|n't\b|'(?:s|re|ll|ve|m|d)\b|[a-zA-Z]+(?=n't)"
    r"|\w+-o'-\w+(?:-\w+)*|o'clock\b"
    r"|[fF]/\d+(?:\.\d+)?|\d+(?:[.,:x/]\d+)+\w*(?:\.(?= [a-z]))?|\w+(?:-\w+)*|'|[^\w\s]"
)
_SEPARATORS: Final = frozenset(".;:!?,()-|\n")
_SAYS: Final = words.word_set("say says saying said read reads reading spell spells spelling")
_TITLES: Final = words.word_set("name names word words title text headline caption heading tagline slogan")
_NAMED: Final = _TITLES | words.word_set("named titled called labeled labelled letters reading")
# "a sign that says Welcome home", "the title Night of the Owls"
_TITLE: Final = re.compile(r"[A-Z][\w'.]*(?: (?:(?:of|the|to|and|in|for|a|&|de|la) )*[A-Z\d][\w'.]*)*")
_WRITTEN: Final = words.word_set("somewhere below above on at in across written underneath over along beneath under")
_NO_TEXT: Final = words.word_set(
    "UI RPG TV LED USA NASA ISO HDR UHD HD DSLR UFO AI NO AND OR NOT THE VR PC DJ RGB CEO NYC UK US BW"
)
STAND_INS: Final = {
    "left_of": "beside", "right_of": "beside", "above": "above", "below": "below", "on": "on", "under": "under",
    "next_to": "beside", "between": "between", "in_front_of": "behind", "behind": "behind", "inside": "inside",
    "around": "beside", "holding": "with", "wearing": "with", "riding": "on",
}  # fmt: skip


@dataclass(frozen=True)
class Segment:
    """Pieces between two signs; `before` and `after` are these signs, "." at both ends of the sentence."""

    pieces: tuple[Piece, ...]
    before: str
    after: str

    @property
    def words(self) -> tuple[str, ...]:
        """What the parser sees."""
        return tuple(piece.word for piece in self.pieces)

    def exchanged(self, first: int, end: int, *new: Piece) -> Segment:
        """Put other pieces in the place of those from `first` up to `end`."""
        return replace(self, pieces=(*self.pieces[:first], *new, *self.pieces[end:]))

    @property
    def text(self) -> str:
        """The segment as it stands in the sentence."""
        return joined([piece.source for piece in self.pieces if piece.source])


def joined(sources: Iterator[str] | Sequence[str]) -> str:
    """Join words with spaces, but not before "'s" and "n't"."""
    return re.sub(r" ('s|n't|'(?= ))", r"\1", " ".join(sources))


def cut(sentence: str) -> list[Segment]:
    """Cut a normalised sentence into segments at its signs, but not at commas inside one noun phrase."""
    segments: list[Segment] = []
    pieces: list[Piece] = []
    before = "."
    kept = _SEPARATORS | {"'", "&", "+"}
    found = [one for one in _pieces(sentence) if one.value or one.source in kept or any(map(str.isalnum, one.source))]
    found = with_nouns(_with_ones(_named(_turned(_lettered(found)))))
    for index, piece in enumerate(found):
        if _begins_clause(pieces, piece, found[index + 1 :]):
            segments.append(Segment(tuple(pieces), before, ","))
            pieces, before = [], ","
            continue
        if piece.value is None and piece.source in _SEPARATORS:
            if piece.source == "," and inside_noun_phrase(pieces, found[index + 1 :]):
                continue
            if pieces:
                segments.append(Segment(tuple(pieces), before, piece.source))
                pieces, before = [], piece.source
            elif piece.source in ".;!?:" and before not in ".;!?":
                before = piece.source
            continue
        pieces.append(piece)
    if pieces:
        segments.append(Segment(tuple(pieces), before, "."))
    return segments


def _begins_clause(before: Sequence[Piece], piece: Piece, after: Sequence[Piece]) -> bool:
    """ "… is holding a bag and a man on the right is holding a book": two clauses, each with a verb of its own."""
    if piece.word.lower() == "while" and before and piece.value is None:  # "… while a monk, standing behind, prays"
        inner = [one.word.lower() for one in takewhile(lambda one: one.value or one.source not in _SEPARATORS, after)]
        return not any((forms.verb_form(one) or ("", ""))[1] in ("ing", "third", "past") for one in inner)
    if piece.word.lower() != "and" or not before or len(after) < 2:
        return False
    first, second = after[0], after[1].word.lower()
    if isinstance(first.value, PlaceWords):  # "on the left a man and on the right is a woman"
        return isinstance(before[0].value, PlaceWords) and (determines(after[1]) or second in ("is", "are"))
    if isinstance(first.value, RelationWords) and len(after) > 2:  # "… and inside it a mermaid"
        return (second in words.PRONOUNS and determines(after[2])) or _places_another(after)
    stands = any((form := forms.verb_form(one.word.lower())) and form[0] in verb_words.POSTURES for one in before)
    if stands and isinstance(before[0].value, RelationWords) and known_kind_of(first.word) and second == "is":
        return True  # "near him stay a cup and lamp is turn on"
    plain = takewhile(lambda other: other.value is not None or other.source not in _SEPARATORS, after)
    said, inner = [other.word.lower() for other in before], [other.word.lower() for other in plain]
    others = inner[:1] == ["the"] and inner[1:2] in (["other"], ["others"], ["remaining"], ["rest"])
    if others and "of" in said and said[said.index("of") + 1 :][:1] in (["them"], ["these"]):
        return True  # "5 of them on a leaf and the other 3 on a pot"
    if len(inner) == 3 and inner[0] == "the" and inner[1] in _CHOSEN and inner[2] in words.COLOURS:
        return True  # "one is red and the other blue"
    doing = forms.verb_form(inner[3]) if inner[:1] == ["the"] and inner[2:3] == ["one"] and len(inner) > 3 else None
    if doing is not None and doing[1] in ("past", "third"):  # "… and the smallest one sat on a log"
        return True
    another = {"the", "one"}.isdisjoint(inner[:3]) or (isinstance(before[-1].value, Lettering) and is_being(inner[1]))
    if _is_closed(before, said, inner) and determines(first) and another:
        return True
    own = next((word for word in inner if word in ("is", "are", "has", "that", "who", "which", "and")), None)
    return not {"is", "are", "has"}.isdisjoint(said) and determines(first) and own in ("is", "are", "has")


def _is_closed(before: Sequence[Piece], said: list[str], inner: list[str]) -> bool:
    """Tell whether no list goes on, after a text, a place or whom something is at: "a hat on it and a cane"."""
    beside = before[-2].value if len(before) > 1 and said[-1] in words.PRONOUNS else None
    placed = isinstance(before[-1].value, PlaceWords) and ("with" in said) == ("with" in inner)
    apart = isinstance(beside, RelationWords) and (beside.kind != "between" or said[-1] == "them")
    return apart or placed or isinstance(before[-1].value, Lettering)


def _places_another(after: Sequence[Piece]) -> bool:
    """ "… and under the table a dog", "… and to its left a lamp": a place, and what is there."""
    plain = list(takewhile(lambda one: one.value is None and one.source not in _SEPARATORS, after[1:7]))
    if isinstance(after[0].value, RelationWords) and after[0].value.own_object:
        return bool(plain) and determines(plain[0])
    return any(determines(other) for other in plain[2:]) and not any(other.word in _PARTING for other in plain)


def _lettered(found: list[Piece]) -> list[Piece]:
    """ "bottle "AQUA 7" on a shelf": a text right after a thing's name is what the thing bears."""
    done: list[Piece] = []
    for piece in found:
        before = done[-1] if done else None
        noun = before is not None and before.value is None and known_kind_of(before.source) is not None
        announced = before is not None and before.source.lower() in words.WRITING | _SAYS | _NAMED
        if before is not None and isinstance(piece.value, Lettering) and noun and not announced:
            done[-1] = replace(before, text=piece.value.text)
        else:
            done.append(piece)
    return done


def _turned(found: list[Piece]) -> list[Piece]:
    """ "one dog black runs", "near is bucket blue": a colour behind its noun, at the phrase's end, is put before it."""
    done: list[Piece] = []
    low = [*(piece.word.lower() for piece in found), ".", "."]
    for at, piece in enumerate(found):
        third = low[at + 1] in ("is", "are") or (forms.verb_form(low[at + 1]) or ("", ""))[1] == "third"
        ends = (third or low[at + 1] in _SEPARATORS | words.GOING_ON) and low[at + 2] not in words.COLOURS
        if piece.value is None and ends and low[at] in words.BEHIND_NOUNS and (start := _noun_before(done, third)):
            done.insert(start - 1, piece)
        else:
            done.append(piece)
    return done


def _noun_before(done: list[Piece], third: bool) -> int:
    """Where the noun begins that ends here, from 1, without its article; 0 where none does that a colour may follow."""
    low = [piece.word.lower() if piece.value is None else "" for piece in done]
    start = len(low)
    while start > 1 and (
        (one := low[start - 2]) in words.ADJECTIVES or (known_kind_of(one) and not forms.verb_form(one))
    ):
        start -= 1
    before, last = low[start - 2] if start > 1 else "", low[-1] if low else ""
    shade = last in words.SHADES or (start == len(low) and before == "in" and not is_clothing(last))
    return 0 if known_kind_of(last) is None or shade or (before == "the" and not third) else start


def _named(found: list[Piece]) -> list[Piece]:
    """ "Tilda the mouse": a name and what it is are one thing."""
    done: list[Piece] = []
    for piece in found:
        name = [item.source for item in done[-2:]]
        called = len(name) == 2 and name[1] == "the" and _is_name(name[0])
        if called and piece.source.islower() and is_being(piece.source):
            done[-2:] = [replace(done[-2], source=f"{name[0]} the {piece.source}")]
        else:
            done.append(piece)
    return done


def _is_name(word: str) -> bool:
    low = word.lower()
    known = low in words.DETERMINERS | words.ADJECTIVES or forms.verb_form(low) is not None
    return word.istitle() and word.isalpha() and not known


_PARTING: Final = words.word_set("and or with of is are that who which while has have")
_AFTER_ONE: Final = words.word_set(
    "with in on at is has holds wearing holding and , . ; : standing sitting stands sits"
)


def _with_ones(found: list[Piece]) -> list[Piece]:
    """ "the biggest in the middle", "the older with a hat": say "one"."""
    done: list[Piece] = []
    for at, piece in enumerate(found):
        done.append(piece)
        low = piece.word.lower()
        pair = low in ("former", "latter")
        compared = low in _CHOSEN or (not pair and low.endswith(("est", "er")) and words.is_choice(low))
        after = found[at + 1] if at + 1 < len(found) else None
        ends = after is None or after.value is not None or after.word.lower() in _AFTER_ONE
        ends = ends or (low in _CHOSEN | {"more"} and after is not None and _is_state(after.word.lower()))
        ends = ends or (low in _CHOSEN and after is not None and after.word.lower() in ("a", "an"))
        if compared and ends and at and found[at - 1].word.lower() == "the":
            done.append(Piece("one", ""))
        if low == "more" and ends and at and determines(found[at - 1]):  # "and two more lying next to it"
            done.append(Piece("others", ""))
    return done


def _is_state(word: str) -> bool:
    """ "the first asleep", "the second washing itself": what one of several is or does."""
    form = forms.verb_form(word)
    return word in ("asleep", "awake", "upright") or (form is not None and form[1] in ("ing", "third"))


_CLOSED: Final = words.DETERMINERS | words.ADJECTIVES | words.ASIDE | words.word_set("in on at with under near behind")
_CHOSEN: Final = words.word_set("first second third fourth fifth last other")


def _pieces(sentence: str) -> Iterator[Piece]:
    """Cut a sentence into words, and what stands as one word before the parser."""
    low = "".join(small if len(small := char.lower()) == 1 else char for char in sentence)
    tokens = list(_TOKEN.finditer(sentence))
    i = 0
    while i < len(tokens):
        start = tokens[i].start()
        if lettering := _lettering(sentence, tokens, i):
            text, i = lettering
            yield Piece("Xyzzy", f'"{text}"', Lettering(text))
        elif (amount := read_amount([token.group().lower() for token in tokens[i : i + 6]])) is not None:
            value, used = amount
            i += used
            word = str(value.count) if value.count != 1 else "one"
            yield Piece(word, sentence[start : tokens[i - 1].end()], value)
        elif joint := next((k for k in _JOINED if k == tuple(t.group().lower() for t in tokens[i : i + len(k)])), None):
            i += len(joint)
            source = sentence[start : tokens[i - 1].end()]
            yield Piece(_JOINED[joint], {"some": "person", "clos": "close-up"}.get(joint[0][:4], source))
        elif phrase := _phrase(sentence, low, tokens, i):
            meaning, end = phrase
            source = sentence[start:end].strip()
            yield Piece(_stand_in(meaning), source[0].lower() + source[1:], meaning)
            while i < len(tokens) and tokens[i].start() < end:
                i += 1
        else:
            starts = i == 0 or tokens[i - 1].group() in ".!?:;"
            lower = starts and tokens[i].group().lower() in _CLOSED
            yield Piece(_plain(tokens, i), tokens[i].group().lower() if lower else tokens[i].group())
            i += 1


def _phrase(sentence: str, low: str, tokens: Sequence[re.Match[str]], i: int) -> tuple[Phrase, int] | None:
    """Read a fixed expression of place at token i: (its meaning, where it ends); "a round table" has none."""
    phrase = match_phrase(low, tokens[i].start()) if tokens[i].group()[0].isalpha() else None
    if phrase is None or not isinstance(phrase[0], RelationWords):
        return phrase
    said = phrase[0].words.split()
    after = tokens[i + len(said) : i + len(said) + 1]
    if after and after[0].group().lower() in words.DETERMINERS:
        return phrase  # "three cats: one on a chair, one under the table"
    article = i > 0 and tokens[i - 1].group().lower() in ("a", "an", "the", "one", "two", "three")
    article = article and sentence[tokens[i - 1].end() : tokens[i].start()].isspace()
    return None if article or said[-1] == "round" else phrase


def _stand_in(value: Phrase) -> str:
    if isinstance(value, PlaceWords):
        return "here"
    if isinstance(value, Idiom | OrderWords):
        return "together"
    if value.own_object:
        return "nearby"
    if value.manner == "weak":
        return value.words.split()[0] if value.words.startswith("out") else value.words.split()[-1]
    return STAND_INS[value.kind]


def _plain(tokens: Sequence[re.Match[str]], i: int) -> str:
    """What the parser sees of a word: "a plus button" is no sum."""
    word = tokens[i].group()
    after = tokens[i + 1].group() if i + 1 < len(tokens) else ""
    stands = (form := forms.verb_form(after.lower())) and form[0] in verb_words.POSTURES and form[1] == "third"
    if word.lower() == "her" and (stands or after.lower() in ("a", "an", "the")):  # "behind her a table"
        return "him"
    if i == 0 and word.istitle() and word.lower() in words.ADJECTIVES:
        return word.lower()
    if word in "&+":
        return "and"
    if _BODILY.fullmatch(word):  # "dives head-first"
        return "forward"
    if word.lower() == "a" and after[:1].lower() in "aeiou":
        return "an"
    if word == "plus" and after in ("button", "sign", "icon", "symbol"):
        return "cross"
    return word


_BODILY: Final = re.compile(rf"(?:{'|'.join(sorted(words.PARTS))})-(?:first|down|up)", re.IGNORECASE)
_JOINED: Final = {
    ("close", "up"): "close-up", ("broken", "down"): "broken", ("run", "down"): "shabby", ("run-down",): "shabby",
    ("seating", "chart"): "plan", ("someone",): "person", ("somebody",): "person", ("worn", "out"): "worn",
}  # fmt: skip


def _lettering(sentence: str, tokens: Sequence[re.Match[str]], i: int) -> tuple[str, int] | None:
    """Read a text at token i, quoted or in capitals: (it, index after it)."""
    text = tokens[i].group()
    if text[0] in "\"'" and text[-1] == text[0] and len(text) > 2:
        return text[1:-1].strip(" ,"), i + 1
    before = tokens[i - 1].group().lower() if i else ""
    end, priced = i, _is_priced(sentence[tokens[i].start() :])
    while end < len(tokens) and (_is_capitals(tokens[end].group(), end > i) or (priced and end < i + 2)):
        end += 1
    cued = before in _SAYS | _NAMED
    if before in _SAYS | _TITLES and end == i and (said := _TITLE.match(sentence, tokens[i].start())):
        while end < len(tokens) and tokens[end].start() < said.end():
            end += 1
    while end > i + 1 and not tokens[end - 1].group()[0].isalnum() and tokens[end - 1].group() not in "%€£":
        end -= 1
    run = [token.group() for token in tokens[i:end]]
    long = sum(word.isalpha() and len(word) > 1 for word in run)
    after = tokens[end].group().lower() if end < len(tokens) else ""
    led = f"{tokens[i - 2].group().lower()} {before}" if i > 1 else ""  # "above it LOST", "at the bottom SALE"
    lone = len(run) == 1 and len(run[0]) > 3 and run[0] not in _NO_TEXT
    cued |= lone and (after in _WRITTEN or (_LEADS_TEXT.fullmatch(led) is not None and after in ("", *",.;:")))
    cued |= long == 1 and before not in words.DETERMINERS and any(word[0].isdigit() for word in run)
    if not run or (not cued and (long < 2 or any(word in _NO_TEXT for word in run))):
        return None
    return sentence[tokens[i].start() : tokens[end - 1].end()], end


_LEADS_TEXT: Final = re.compile(
    r"(?:above|below|under|over|beneath|underneath|on) (?:it|him|her|them)|the (?:top|bottom|middle|center|centre)"
)
_PRICED: Final = re.compile(
    r"\d+ ?% (?=[A-Z]{2,}\b)"
    rf"|\d{{1,2}} (?=(?P<what>[A-Z]{{3,}})(?: \d{{4}})?(?: ?[.,;:!)]| (?:and|{'|'.join(sorted(_WRITTEN))})\b|$))"
)


def _is_priced(sentence: str) -> bool:
    """ "20% OFF", "5 MAI below": a number with what is written after it; not "3 CATS", "2 LED" nor "the 12 MAY"."""
    found = _PRICED.match(sentence)
    what = (found["what"] or "") if found else "LED"
    return what not in _NO_TEXT and known_kind_of(what) is None and what.lower() not in words.TIMES


def _is_capitals(word: str, inner: bool) -> bool:
    letters = word.isupper() and word.isalpha() and (len(word) > 1 or inner or word == "I")
    return letters or (inner and (word[0].isdigit() or word in "&'!?-:%€$£"))
