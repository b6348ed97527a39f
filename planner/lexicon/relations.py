"""How two things relate: the one table of relation words, and what each of them means for boxes.

A *kind* is what a scene knows ("behind"); a *wording* is how a sentence says it ("hidden by"). `KINDS` says what a kind
means for the layout, `WORDINGS` lists all wordings, each once. Whoever reads sentences, narrows a model's answers,
lays a scene out or checks a plan asks here; only the evaluation's judges have their own published rules.

A wording is written in lower case and without an article of its own. `spoken` finds the wordings of a sentence, the
longest first: "in front of" is not "in".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Final, Literal

from planner.lexicon import forms
from planner.lexicon.kinds import is_being, worn_part

RelationKind = Literal[
    "left_of", "right_of", "above", "below", "on", "under", "next_to", "between", "in_front_of", "behind",
    "inside", "around", "holding", "wearing", "riding",
]  # fmt: skip
Axis = Literal["x", "y"]
# How a wording attaches beyond its kind.
# inverse: it names subject and object the other way round ("a castle surrounded by trees": the trees are around).
# flanking: the subjects stand on both sides of the object ("on either side of").
# weak: a preposition that only says "somewhere there" and gives way to scenery ("in a park").
# vague: it joins two things without saying where they are ("from", "across").
# order: it puts things in the order in which they are listed ("left to right").
Manner = Literal["", "inverse", "flanking", "weak", "vague", "order"]


@dataclass(frozen=True)
class Kind:
    """What a kind of relation means for the layout.

    said: how to say it in a prompt, "to the left of".
    axis: the axis along which the two centres differ, "x" or "y"; None where no direction is stated.
    subject_first: the subject's centre is the smaller one along `axis`: farther left or higher up.
    near: kinds that a careless speaker, or a small model, may mean by the same words.
    hints: single words that may stand for it and need not: "a man with a hat" is wearing it.
    """

    said: str
    axis: Axis | None = None
    subject_first: bool = True
    near: tuple[RelationKind, ...] = ()
    hints: tuple[str, ...] = ()


_LEVELS: Final = ("top", "upper", "lower", "bottom", "high")
_HELD: Final = ("with", "full", "filled", "contain", "contains", "containing", "hold", "holds", "holding", "held")
KINDS: Final[dict[RelationKind, Kind]] = {
    "left_of": Kind("to the left of", "x", True, ("right_of",), ("left", "right")),
    "right_of": Kind("to the right of", "x", False, ("left_of",), ("left", "right")),
    "above": Kind("above", "y", True, ("below", "on", "under"), _LEVELS),
    "below": Kind("below", "y", False, ("above", "on", "under"), _LEVELS),
    "on": Kind("on", None, True, ("above",), ("top", *_HELD)),
    "under": Kind("under", "y", False, ("above", "below", "on"), _LEVELS),
    "next_to": Kind("next to", hints=("next", "close", "with", "and", "side", "together", "by", "at")),
    "between": Kind("between", hints=("amid", "amidst", "middle", "with")),
    "in_front_of": Kind("in front of", near=("behind",), hints=("front", "foreground", "background")),
    "behind": Kind("behind", near=("in_front_of",), hints=("front", "foreground", "background", "back")),
    "inside": Kind("in", hints=_HELD),
    "around": Kind("around"),
    "holding": Kind("holding", hints=("with", "in")),
    "wearing": Kind("wearing", hints=("with", "in", "dressed")),
    "riding": Kind("riding", near=("on",)),
}


@dataclass(frozen=True)
class Wording:
    """Some ways to say a relation, all of one meaning.

    kind: the relation.
    phrases: what is said, as it is said: "in front of", "held by".
    verbs: base forms of verbs that say it too, in any form: "carry" for "carries", "carrying", "carried".
    manner: how it attaches, see `Manner`.
    contact: the two boxes may overlap or touch, as they must in the picture.
    covers: one of the two hides or holds a real part of the other; contact, and more.
    directed: the centres of the boxes can be checked along the kind's axis. A cup "on" a table is above it, a picture
        "on" a wall is not; whatever is "on top of" something is.
    """

    kind: RelationKind
    phrases: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    manner: Manner = ""
    contact: bool = False
    covers: bool = False

    @property
    def direction(self) -> Kind | None:
        """The kind whose direction the two centres must have; None where the words do not tell."""
        kind = KINDS["above"] if "on top of" in self.phrases else KINDS[self.kind]
        return kind if kind.axis and self.manner in ("", "weak") else None


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.split("|"))


def _side_of(side: str) -> tuple[str, ...]:
    """Every way to say "to the left of"."""
    long = product(
        ("to", "on", "in", "at", "from", "toward", "towards"), ("the ", "its ", ""), ("", "far ", "immediate ")
    )
    ends = product(("", "-hand side", " hand side", " side", " end"), ("of", "from"))
    said = [f"{before} {whose}{far}{side}{end} {of}" for (before, whose, far), (end, of) in product(long, ends)]
    return (*said, *(f"{side}{rest}" for rest in (" of", " side of", " to", "ward of", " from")))


def _on_a_map(side: str) -> tuple[str, ...]:
    """Every way to say "to the north of"."""
    return f"{side} of", f"to the {side} of", f"on the {side} of", f"on the {side} side of"


# In the order in which a reader must try them where two begin alike.
WORDINGS: Final[tuple[Wording, ...]] = (
    Wording("left_of", ("left to right", "from left to right"), manner="order"),
    Wording("right_of", ("right to left", "from right to left"), manner="order"),
    Wording("above", ("top to bottom", "from top to bottom"), manner="order"),
    Wording("below", ("bottom to top", "from bottom to top"), manner="order"),
    Wording("left_of", _side_of("left") + _on_a_map("west")),
    Wording("right_of", _side_of("right") + _on_a_map("east")),
    Wording("above", _on_a_map("north")),
    Wording("below", _on_a_map("south")),
    Wording("between", tuple(
        f"{before} {both} {side} of" for before, both, side in product(
            ("on", "at", "to", "by"), ("both", "either", "each", "opposite", "two"), ("side", "sides", "end", "ends")
        )
    ) + _phrases(
        "to the left and right of|to the left and to the right of|left and right of|on the left and right of|"
        "on the left and on the right of"
    ), ("flank",),
            manner="flanking"),
    Wording("on", _phrases(
        "on top of|on the top of|on the very top of|on top side of|on the top side of|atop|atop of"
    ), contact=True),
    Wording("on", _phrases("on the back of|on the edge of|on the end of|on the lap of"), contact=True),
    Wording("above", _phrases("above|at the top of")),
    Wording("above", ("over",), contact=True),
    Wording("under", _phrases("beneath|beneath of|under|underneath|under neath"), contact=True),
    Wording("below", _phrases(
        "below|below of|at the bottom of|on the bottom of|at the bottom side of|on the bottom side of|in the shadow of"
    )),
    Wording("in_front_of", _phrases("in front of|in the front of|in-front of|in the foreground of|before"),
            contact=True, covers=True),
    Wording("in_front_of", _phrases("obscuring|hiding|overlapping"), _words("hide obscure block overlap cover"),
            contact=True, covers=True),
    Wording("behind", _phrases(
        "hidden by|hidden behind|hidden from|hidden under|obscured by|blocked by|covered by|overlapped by"
    ), contact=True, covers=True),
    Wording("behind", _phrases(
        "behind|behind of|from behind|out from behind|in back of|in the back of|at the back of|to the rear of"
    ), contact=True, covers=True),
    Wording("between", _phrases(
        "between|in between|in-between|sandwiched by|flanked by|surrounded on both sides by"
    )),
    Wording("around", _phrases("surrounded by|surrounded with|encircled by|ringed by|enclosed by"), manner="inverse",
            contact=True, covers=True),
    Wording("around", _phrases("around|round|around the edge of|around the edges of|surrounding|encircling|circling"),
            _words("surround encircle enclose"), contact=True, covers=True),
    Wording("inside", _phrases(
        "inside|inside of|within|in the middle of|in the center of|in the centre of|in the inside of|"
        "in the interior of"
    ), contact=True, covers=True),
    Wording("inside", _phrases("full of|filled with"), ("contain",), manner="inverse", contact=True, covers=True),
    Wording("next_to", _phrases(
        "next to|next|beside|besides|alongside|alongside of|along side|along side of|adjacent to|close to|close up to|"
        "close by|on the other side of|on the other sides of|on the opposite side of|across from|"
        "across the street from|across the table from|across the room from|opposite|opposite of|opposite to|"
        "ahead of|followed by|accompanied by|along with|together with|facing"
    )),
    Wording("next_to", tuple(
        f"{before} {side}" for before, side in product(
            ("on", "at", "by", "along", "to", "off"), ("the side of", "the sides of")
        )
    )),
    Wording("next_to", _phrases("against|up against|touching|attached to"), _words("touch kiss lick drive"),
            contact=True),
    Wording("next_to", _phrases(
        "near|near to|nearby|in the vicinity of|by|as well as|in addition to|outside|outside of|amid|amidst|among|"
        "amongst|beyond|in the corner of"
    ), manner="weak"),
    Wording("holding", _phrases("held by|carried by|lifted by|hugged by|grabbed by|cradled by|clutched by"),
            manner="inverse", contact=True, covers=True),
    Wording("holding", (), _words("hold carry grab lift hug cradle clutch grip grasp embrace"),
            contact=True, covers=True),
    Wording("wearing", _phrases("worn by"), manner="inverse", contact=True, covers=True),
    Wording("wearing", _phrases("dressed in"), ("wear",), contact=True, covers=True),
    Wording("riding", _phrases("ridden by"), manner="inverse", contact=True, covers=True),
    Wording("riding", (), ("ride",), contact=True, covers=True),
    Wording("above", (), ("overlook",)),
    Wording("on", (), ("cross",), contact=True),
    Wording("on", _phrases("on|onto|upon"), manner="weak", contact=True),
    Wording("inside", tuple(f"{looking} out of" for looking in ("sticking", "peeking", "poking", "peering", "popping")),
            contact=True, covers=True),
    Wording("inside", _phrases("in|into"), manner="weak", contact=True, covers=True),
    Wording("below", _phrases("hanging from|hung from|dangling from|suspended from"), manner="weak"),
    Wording("next_to", _phrases("through|across|out of|tied to|stuck to"),
            manner="vague", contact=True),
    Wording("next_to", _phrases("at|from|to|along|off|off of|toward|towards|past|down|up"), manner="vague"),
)  # fmt: skip

_ADVERBS: Final = "directly|right|just|immediately|high|up|partially|partly|completely|all"
_STANCES: Final = "floating|hovering|hanging|flying|suspended|standing|sitting|located|placed|positioned|gathered"
_SPOT: Final = re.compile(
    r" (?:(?:the|its|his|her|their|far|very) )*"
    r"(?:left|right|top|bottom|upper|lower|middle|cent(?:er|re)|background|foreground)\b"
)
_NEAR: Final = 6  # words after "in" among which the thing must be: "in an old brown cardboard box"


@dataclass(frozen=True)
class Spoken:
    """A wording in a sentence: its meaning, and where it begins and ends in the sentence."""

    wording: Wording
    start: int
    end: int


def wording_of(relation: str) -> Wording | None:
    """Return what a relation's name or phrase means: "left_of", "to the left of", "directly above", "carrying".

    None where the table has no such words.
    """
    words = " ".join(re.split(r"[\s_-]+", relation.lower().strip()))
    bare = re.sub(rf"^(?:(?:{_ADVERBS}|{_STANCES}) )+", "", words)
    return next((_meanings()[said] for said in (words, bare, f"{words} of") if said in _meanings()), None)


def match(sentence: str, start: int) -> Spoken | None:
    """Return the longest phrase, with the adverbs before it, that begins at `start` of a lower-case sentence.

    Verbs are left to whoever reads the sentence's grammar; None where no phrase begins there.
    """
    found = _PHRASE.match(sentence, start)
    if found and found[1].endswith("ing") and _PREPOSITION.match(sentence, found.end()):
        return None  # "circling over it" is said of "over"
    return Spoken(_meanings()[found[1]], found.start(), found.end()) if found else None


def verb_wording(lemma: str) -> Wording | None:
    """Return what a verb in its base form says of its subject and object; None where it says no relation."""
    return _verbs().get(lemma)


def spoken(sentence: str) -> Iterator[Spoken]:
    """Find the wordings of a sentence in order, but not those of a place on the canvas ("on the left")."""
    low = sentence.lower()
    for found in _WORDING.finditer(low):
        wording = _meanings()[found[0]]
        place = wording.manner in ("weak", "vague") and _SPOT.match(low, found.end())
        if not place and not _is_noun(low, found):
            yield Spoken(wording, found.start(), found.end())


def may_say(sentence: str, kind: RelationKind) -> bool:
    """Tell whether a sentence has any word at all for a relation, or for one that is often meant by the same words."""
    kinds = {kind, *KINDS[kind].near}
    if any(said.wording.kind in kinds for said in spoken(sentence)):
        return True
    return not set(KINDS[kind].hints).isdisjoint(re.findall(r"[a-z]+", sentence.lower()))


def states_contact(sentence: str, nouns: Collection[str], *, covering: bool = False) -> bool:
    """Tell whether a sentence says that things touch or cover each other: "on", "behind", "carrying", "in a box".

    sentence: what was asked for.
    nouns: the nouns of the things that have boxes, in the singular. "in" counts only before one of them: a dog "in a
        box" lies in the box, a dog "in a park" in no other thing.
    covering: count only wordings that hide or hold a part of the other thing ("in front of", not "on").

    Somebody beside clothes is taken to wear them.
    """
    dressed = any(map(worn_part, nouns)) and any(map(is_being, nouns))
    return dressed or any(
        (said.wording.covers if covering else said.wording.contact)
        and (said.wording.kind != "inside" or said.wording.manner != "weak" or _names_one(sentence, said.end, nouns))
        for said in spoken(sentence)
    )


def _names_one(sentence: str, end: int, nouns: Collection[str]) -> bool:
    clause = re.split(r"[.,;:!?]", sentence[end:].lower(), maxsplit=1)[0]
    following = [forms.singular(word) for word in re.findall(r"[^\W_]+", clause)[:_NEAR]]
    return not set(following).isdisjoint(nouns)


def _is_noun(low: str, found: re.Match[str]) -> bool:
    """Tell whether a verb's base form is a noun here: "a hug", "a red cover"; after a plural it is a verb."""
    if found[0] not in _verbs():
        return False
    before = re.findall(r"[^\W_]+", low[: found.start()])
    return not before or not (forms.is_plural(before[-1]) or before[-1] in ("who", "that", "they", "to", "and"))


@cache
def _verbs() -> dict[str, Wording]:
    return {verb: wording for wording in WORDINGS for verb in wording.verbs}


@cache
def _meanings() -> dict[str, Wording]:
    """Return every phrase and every form of every verb with its meaning; the first row that has it counts."""
    known: dict[str, Wording] = {}
    for wording in WORDINGS:
        for phrase in wording.phrases:
            known.setdefault(phrase, wording)
    for verb, wording in _verbs().items():
        for form, _ in forms.verb_forms(verb):
            known.setdefault(form, wording)
    return known


def _any_of(phrases: Iterable[str]) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


_WORDING: Final = re.compile(rf"(?<![\w'-])(?:{_any_of(_meanings())})(?![\w'-])")
_PREPOSITION: Final = re.compile(r" (?:over|above|behind|under|beneath|around|in|on|near|by|among|between)\b")
_PHRASE: Final = re.compile(
    rf"(?:(?:{_ADVERBS}) )*?({_any_of(phrase for wording in WORDINGS for phrase in wording.phrases)})(?![\w'-])"
)
