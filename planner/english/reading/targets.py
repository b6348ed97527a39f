"""A noun phrase after a preposition: rules tried in order, from what names no thing to things that stand somewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from planner.english.parsing.nouns import Noun, object_of, of_what
from planner.english.parsing.phrases import RelationWords
from planner.english.reading import belonging, settings
from planner.english.reading.mentioning import FORMATIONS, in_panel, mention, nominals
from planner.english.reading.referring import PRONOUNS, antecedent, each_other, is_reference, refer
from planner.english.reading.state import Reading, describe, relate, relate_as
from planner.lexicon import forms, verb_words, words
from planner.lexicon.kinds import is_being, is_clothing, is_part_of, is_person, kind_of, known_kind_of
from planner.lexicon.relations import KINDS, RelationKind

if TYPE_CHECKING:
    from spacy.tokens import Token

SIDES: Final = frozenset({"left_of", "right_of", "above", "below", "between"})
LOOKING: Final = words.word_set("look stare gaze watch wave peer peek glance")
WEAK: Final = frozenset({"on", "inside", "under", "next_to"})
ABOARD: Final = frozenset({"deck", "roof", "hood", "saddle"})
_FOR_ONE: Final = frozenset(map(kind_of, ("chair", "bed", "bicycle", "horse", "camel")))  # each carries one
DRESSED: Final = frozenset({"inside", "wearing", "around"})  # a hat above or beside somebody is a thing of its own


@dataclass(frozen=True)
class Attached:
    """A phrase after a preposition: `about` stand so (`how`) to what `target` names.

    `phrase` is the preposition with the verb's words `said` before it; `verb`: it hangs on a verb; `known` is the thing
    spoken of before that the noun means, found by `read_target`.
    """

    about: list[int]
    how: RelationWords | None
    prep: Token
    target: Token
    noun: Noun
    phrase: str
    said: str = ""
    verb: bool = False
    known: int | None = None

    @property
    def low(self) -> str:
        """A preposition that is no relation."""
        return self.prep.lower_ if self.how is None else ""

    @property
    def leads(self) -> bool:
        """Tell whether it says where all of the clause is: "in a garden a girl reads"."""
        first = not self.about or (self.verb and self.prep.i < self.prep.head.i)
        return first and self.how is not None and self.how.kind == "inside"

    @property
    def new(self) -> str:
        """The sort of a noun that means no thing spoken of before, else empty."""
        return self.noun.sort if self.known is None else ""


Rule = Callable[[Reading, Attached], bool | None]  # None: it does not apply; else whether `said` was used


def read_target(r: Reading, at: Attached) -> bool:
    """Read what a noun phrase after a preposition adds to things; tells whether the verb's words were used."""
    if not at.leads and not is_reference(r, at.target):
        target = settings.part_of(r, at.target)
        at = replace(at, target=target, noun=r.noun(target))
    if is_reference(r, at.target):
        _to_reference(r, at)
        return True
    known = r.things.known(at.noun) if at.noun.determiner in words.DEFINITE | {""} else None
    at = replace(at, known=known, how=RelationWords("next_to", "for") if _reaches(at) else _within(at))
    return next(used for rule in _RULES if (used := rule(r, at)) is not None)


def _within(at: Attached) -> RelationWords | None:
    """ "at the bottom of the cage": of what is hollow it is inside; so is a rose "under a glass dome"."""
    if at.how is None:
        return None
    at_bottom = at.how.words.endswith("bottom of") and at.noun.key in words.HOLLOW
    source = object_of(at.prep) if at.how.words == "from" else None
    looks = any((forms.verb_form(one.lower_) or ("",))[0] in LOOKING for one in at.prep.ancestors)
    if source is not None and looks and {forms.singular(source.lower_), at.noun.key} & (words.SUPPORTS | {"top"}):
        return RelationWords("on", "from")
    covered = at.how.kind == "under" and at.noun.key in words.COVERS and "glass" in at.noun.modifiers
    return RelationWords("inside", "in" if at_bottom else "under") if at_bottom or covered else at.how


def _reaches(at: Attached) -> bool:
    """ "reaches for a ball", "pours tea for a crocodile", "runs after a train": what is there as well."""
    if at.low not in ("for", "after"):
        return False
    form = forms.verb_form(at.said.split()[0]) if at.verb and at.said else None
    doing = at.noun.counted and (at.verb or at.prep.head.dep_ == "dobj") and bool(at.about)
    other = is_being(at.noun.key) if at.low == "for" else known_kind_of(at.noun.key) is not None
    return (form is not None and form[0] in verb_words.REACHING) or (doing and other)


def _to_reference(r: Reading, at: Attached) -> None:
    """A preposition before a pronoun or "one of them"."""
    about, how, target = at.about, at.how, at.target
    if each_other(target) and (how is None or how.kind != "inside"):
        r.take(target)
        if how is not None and len(about) > 1:  # of things named one by one the others stand so to the first
            relate(r, how.kind, about[1:], about[:1], f"{at.phrase} each other")
        else:
            describe(r, about, f"{at.phrase} each other")
        return
    meant = refer(r, target, about)
    each = bool({target.lower_, *(child.lower_ for child in target.lefts)} & {"each", "every"})
    own_side = target.lower_ == "it" and how is not None and how.kind in SIDES | {"in_front_of", "behind", "under"}
    if not about:
        r.spread = meant if each else []
        r.host = r.pivot = (r.pivot if own_side else []) or meant
        return
    if how is None:
        describe(r, about, f"{at.phrase} {r.text(list(target.subtree))}")
        return
    if own_side:
        first = at.verb and at.prep.i < at.prep.head.i
        meant = r.pivot = (r.pivot if first else []) or meant
    if each or (target.lower_ == "both" and how.kind not in SIDES | {"behind", "under"}):
        for index in about:
            r.things[index].count *= sum(r.things[i].count for i in meant) or 1
    relate_as(r, how, about, meant, at.phrase)


def _in_words(r: Reading, at: Attached) -> bool:
    """What describes things without being one."""
    describe(r, at.about, f"{at.phrase} {settings.own_words(r, at.target)}")
    if at.prep.lower_ not in settings.ASIDE or at.prep.lower_ == "as":
        settings.rest(r, at.target, at.about)
    else:
        r.take(at.prep)
    return True


def _each(r: Reading, at: Attached) -> bool | None:
    """ "a cup on each plate": as many as there are plates; "one in each corner" is words."""
    noun, about = at.noun, at.about
    if at.how is None or noun.determiner not in words.SHARED or noun.sort not in ("part", "thing") or not about:
        return None
    if noun.key in words.PAIRED:
        held = [i for i in r.latest if i not in about] or about
        for index in held:
            r.things[index].count *= 2
        describe(r, held, f"{r.piece(at.target.head).source} {r.take(at.target)}")
        return True
    known = r.things.known(noun)
    if known is None:
        return None
    r.seen.update(noun.tokens)
    rows = r.things[known]
    for index in about:
        r.things[index].count *= rows.count
    if rows.noun.key in FORMATIONS:
        for index in about:  # "two rows of eggs, five eggs in each row"
            r.things[index].formation, r.things[index].lines = "grid", rows.count
        rows.count = 0
        return True
    relate_as(r, at.how, about, [known], at.phrase)
    return True


def _picture(r: Reading, at: Attached) -> bool | None:
    """ "in the picture" says nothing."""
    counted = at.noun.count is not None and at.noun.key not in ("panel", "frame", "strip")
    if at.new != "picture" or counted or at.noun.determiner not in ("the", "this", "", "each", "every"):
        return None
    r.take(at.prep)
    return False


def _style(r: Reading, at: Attached) -> bool | None:
    """ "in watercolour", "under soft light"."""
    if at.new != "style":
        return None
    r.take(at.prep)
    text = f"{at.phrase} {r.text(list(at.target.subtree))}"
    if at.about and r.piece(at.target).source[:1].isdigit():
        describe(r, at.about, text)
    else:
        r.styles.append(text)
    return True


def _except(r: Reading, at: Attached) -> bool | None:
    """ "empty except for the chair", "a bowl with no fruit except a lemon"."""
    if not {at.low, at.prep.head.lower_} & {"except", "besides"}:
        return None
    kind: RelationKind = "on" if any(r.things[i].noun.key in words.SUPPORTS for i in at.about) else "inside"
    relate(r, kind, mention(r, at.target), at.about, KINDS[kind].said)
    return True


def _aside(r: Reading, at: Attached) -> bool | None:
    """ "in blue and white", "looking into the camera", a preposition that relates nothing."""
    alone = at.target.pos_ == "ADJ" or all(one.lower_ in words.COLOURS for one in nominals(at.target))
    colour = at.target.lower_ in words.COLOURS and alone and not list(at.target.lefts)
    return _in_words(r, at) if colour or at.how is None or (at.new and at.noun.key == "camera") else None


def _scenery(r: Reading, at: Attached) -> bool | None:
    """ "in a garden", "in Iceland", "a rooftop in Naples", "in Trafalgar Square": where it is."""
    if at.how is None or at.known is not None:
        return None
    # "books stacked in a tower of six"
    formed = at.noun.key in FORMATIONS and at.prep.head.lower_ in ("stacked", "piled", "arranged", "heaped")
    setting = not formed and settings.is_setting(at.noun, at.how, [] if at.leads else at.about)
    square = any(word.istitle() for word in at.noun.modifiers) or known_kind_of(at.noun.key) is None
    named = at.how.words in ("in", "into", "over", "through", "outside") and _is_named_so(at) and square
    if not setting and (not named or r.lettering(at.target)):
        return None
    return settings.set_scenery(r, at.about, at.prep, at.target, at.phrase, at.noun)


def _is_named_so(at: Attached) -> bool:
    """ "in Naples", "over san francisco": a name, or an unknown word that no one would write without an article."""
    noun = at.noun
    if noun.determiner or noun.count is not None or noun.plural:
        return False
    written = all(at.target.doc[i].tag_ in ("NNP", "NNS") for i in noun.tokens) and known_kind_of(noun.key) is None
    return noun.proper or (written and noun.sort == "thing" and noun.key not in words.COMMON)


def _formation(r: Reading, at: Attached) -> bool | None:
    """ "in a circle", "in three rows of three", "in a 2x2 grid": how several things stand."""
    noun, form = at.noun, FORMATIONS.get(at.noun.key)
    if form == "circle" and at.about and r.things[at.about[-1]].fixed and at.known is None:
        return _in_words(r, at)  # "the words FRESH written in a circle"
    several = sum(r.things[i].count for i in at.about) > 1 and at.how is not None and at.how.words in ("in", "into")
    if form is None or not several or not all(word[0].isdigit() for word in noun.modifiers):
        return None
    sides = [int(word.partition("x")[0]) for word in noun.modifiers if re.fullmatch(r"\d+x\d+", word)]  # "2x2"
    rows = form in ("x", "y") and (noun.count or 1) > 1
    for index in at.about:
        r.things[index].formation = "grid" if sides or rows else form
        r.things[index].lines = sides[0] if sides else (noun.count or 0) if rows else 0
    r.seen.update(noun.tokens)
    inner, draft = of_what(at.target), r.things[at.about[-1]]
    if inner is not None and (number := words.number_of(inner.lower_)) and draft.noun.count is None:
        draft.count, draft.limit, draft.note = number, "exact", ""  # "bricks in a circle of eight"
    for child in at.target.rights:
        if child.dep_ == "prep" and child.lower_ == "of":
            r.take(child)
        elif child.dep_ == "prep":
            r.rules.attach(r, at.about, child)
    return True


def _of_something(r: Reading, at: Attached) -> bool | None:
    """ "on deck", "above his head": of a part it is the thing that is meant."""
    if not at.about and at.how is not None and at.new == "part" and (word := PRONOUNS.get(at.noun.determiner)):
        r.seen.update(at.noun.tokens)
        r.host = r.pivot = antecedent(r, word, [])  # "on his belly a kitten"
        return True
    whose = _aboard(r, at) or _owner(r, at)
    if not whose or at.how is None:
        return None
    r.seen.update(at.noun.tokens)
    how = RelationWords("on", "on") if at.how.words == "across" else at.how
    relate_as(r, how, at.about, whose, at.phrase)
    return True


def _aboard(r: Reading, at: Attached) -> list[int]:
    bare = at.known is None and at.noun.determiner in ("", "the") and at.how is not None and at.how.kind == "on"
    others = [i for i in range(len(r.things)) if i not in at.about and not r.things[i].fixed]
    if bare and (whole := [i for i in others if is_part_of(at.noun.key, r.things[i].noun.key)]):
        return whole[:1]  # "a canoe on a lake, a frog on the bow"
    board = at.noun.key == "board" and at.noun.determiner == ""
    if not bare or not (board or at.noun.key in ABOARD):
        return []
    built = [i for i in others if not is_being(r.things[i].noun.key)]
    return (others if at.noun.key == "saddle" else built or others)[:1]


def _owner(r: Reading, at: Attached) -> list[int]:
    """ "a crow above his head", "owl on shoulder": the one whose head or shoulder it is; nobody for what is worn."""
    noun, about = at.noun, at.about
    if at.how is None or at.new not in ("part", "clothes") or not about:
        return []
    stands = at.how.kind in SIDES | {"on", "behind", "in_front_of"} or at.how.words == "across"
    beside = at.how.kind == "next_to" and at.how.words != "to" and noun.determiner in PRONOUNS
    if not (stands or (beside and at.new == "part")):  # "a crab beside its head"
        return []
    if at.new == "clothes" and (at.how.kind != "on" or noun.determiner not in words.POSSESSIVES):
        return []
    own = noun.determiner == "" and (noun.plural or {*noun.modifiers} - {"left", "right"})  # "a hut on chicken legs"
    if noun.key == "seat" or own or any(child.lower_ == "own" for child in at.target.lefts):
        return []
    if any(is_clothing(r.things[i].noun.key) for i in about) or (noun.counted and not noun.is_one_side):
        return []
    word = {"his": "him", "her": "her", "their": "them", "": "himself", "other": "himself"}.get(noun.determiner, "it")
    return [in_panel(r, i) for i in antecedent(r, word, about) if i not in about]


def _in_hand(r: Reading, at: Attached) -> bool | None:
    """ "a girl with a lamb in her arms", "a panda, a bamboo stick in one hand, …": who was named before holds it."""
    noun, one = at.noun, at.noun.is_one_side and (at.noun.count == 1 or not at.noun.determiner)
    held = [i for i in r.latest if r.things[i].owner in at.about] or at.about
    own = noun.determiner in PRONOUNS and noun.key in words.HOLDING and bool(held) and (held != at.about or not at.verb)
    if not (one or own) or at.how is None or at.how.kind != "inside":
        return None
    before = antecedent(r, PRONOUNS[noun.determiner], held) if own else r.previous[-1:]
    beings = [i for i in range(len(r.things)) if is_being(r.things[i].noun.key) and i not in held]
    if noun.key == "hand":  # "a knight on a horse, sword in hand"
        beings = [i for i in beings if is_person(r.things[i].noun.key)] or beings
    holder = [i for i in before if i in beings] or beings[-1:]
    related = any(set(held) & {*told.subjects, *told.objects} for told in r.relations if not (own and told.loose))
    if not holder or not (own or r.segment.before == ",") or related:
        return _in_words(r, at)
    r.relations = [told for told in r.relations if not (told.loose and set(told.objects) <= set(held))]
    relate(r, "holding", holder, held, "holding")
    r.subject = holder if one else r.subject
    describe(r, held, f"{at.phrase} {settings.own_words(r, at.target)}")
    settings.rest(r, at.target, holder)  # "a heron with a fish in its beak on a post"
    return True


def _no_thing(r: Reading, at: Attached) -> bool | None:
    """Parts, clothes, stuff and what cannot be seen describe."""
    noun, kind = at.noun, at.how.kind if at.how is not None else ""
    beside = at.how is not None and kind == "next_to" and at.how.manner == ""  # "next to sunglasses"
    own = noun.determiner in words.POSSESSIVES or (kind in WEAK and (noun.is_one_side or not noun.counted))
    stuff = noun.key in words.MASS and not noun.determiner
    errand = at.how is not None and at.how.words in ("to", "before", "after") and at.new == "thing"
    errand = errand and not (noun.determiner or noun.counted or noun.plural or noun.proper or noun.modifiers)
    plain = (
        errand  # "sails to school", "before kickoff"
        or (at.new == "part" and own)
        or (at.new == "clothes" and own and (noun.determiner or not beside))
        or (at.new == "clothes" and kind in DRESSED)
        or at.new in ("abstract", "spot", "time", "writing")
        or (at.new == "thing" and stuff)
    )
    return _in_words(r, at) if plain else None


def _things(r: Reading, at: Attached) -> bool:
    """Things that others stand at."""
    apart = [one for one in nominals(at.target)[1:] if _stands_alone(r, one)]
    named = [one for one in nominals(at.target) if one not in apart]
    others = [i for one in [*named, *r.more_objects.get(at.prep.i, ())] for i in mention(r, one, lone=True)]
    if not others or at.how is None:
        return True
    if not at.about:
        for child in at.target.rights:  # "on the rack above the priest there are two suitcases"
            if child.i not in r.seen and (inner := r.relation(child)) is not None and inner.manner == "":
                r.rules.attach(r, others, child)
        r.host = r.pivot = r.latest = others
        r.spread = others if at.noun.determiner in words.SHARED else []  # "on every table one candle"
        return True
    if at.how.kind in ("left_of", "right_of"):
        r.pivot = others
    relate_as(r, at.how, at.about, others, at.phrase)
    seated = at.how.kind in ("on", "inside") and is_being(r.things[at.about[-1]].noun.key)
    if seated and kind_of(at.noun.key) in _FOR_ONE:
        belonging.share(r, at.about, others)  # "three babies in highchairs"
    belonging.after(r, at.target, others, at.about)
    r.latest = others
    for one in apart:
        r.rules.read_fragment(r, one)
    return True


def _stands_alone(r: Reading, token: Token) -> bool:
    """ "a cat on a bed and a dog on a sofa": what has a place of its own is no further object."""
    return any(r.place(c) or c.tag_ == "VBG" or r.relation(c) for c in token.rights)


_RULES: Final[tuple[Rule, ...]] = (
    *(_each, _picture, _style, _except, _aside, _scenery, _formation, _of_something, _in_hand, _no_thing, _things),
)
