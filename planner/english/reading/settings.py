"""Scenery and words: what hangs on a thing without being one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.english.parsing.nouns import Noun, of_what
from planner.english.parsing.phrases import RelationWords
from planner.english.reading.referring import is_reference
from planner.english.reading.state import Reading, describe, put, set_scene
from planner.lexicon import forms, words
from planner.lexicon.kinds import kind_of, known_kind_of
from planner.scene.scene import ANYWHERE, Place

if TYPE_CHECKING:
    from spacy.tokens import Token

LANDSCAPE: Final = 10  # metres wide: a garden or a city, but no island and no shop
TOWARDS: Final = words.word_set("looking staring gazing pointing reaching touching up")  # no place on the ceiling
ASIDE: Final = words.ASIDE | words.word_set("with-out versus vs")


def part_of(r: Reading, target: Token) -> Token:
    """ "the roof of the taxi" is the taxi, "the left half of the pear" the pear."""
    noun = r.noun(target)
    owner = next((child for child in target.children if child.dep_ == "poss" and child.pos_ in ("NOUN", "PROPN")), None)
    if noun.key == "seat" and owner is not None and r.things.known(r.noun(owner)) is None:
        return target  # "in the pilot's seat": no pilot is there
    if noun.sort == "part" and owner is not None:
        r.seen.update(noun.tokens)
        return owner
    if noun.key in ("shape", "form", "style", "colour", "color", "size", "memory", "honour", "honor"):
        return target
    opening = noun.key in ("window", "door", "doorway", "entrance", "balcony") and noun.determiner == "the"
    if (
        noun.sort not in ("part", "spot", "abstract")
        and noun.key not in ("half", "back", "foot", "end", "antler", "hump", "shell")
        and not opening
    ):
        return target
    if (noun.count or 0) > 1 and noun.key not in ("half",):
        return target
    inner = of_what(target)
    if inner is None or not (is_reference(r, inner) or r.noun(inner).sort in ("thing", "picture", "clothes")):
        return target
    r.seen.update([*noun.tokens, inner.head.i])
    return inner


def is_setting(noun: Noun, how: RelationWords, about: list[int]) -> bool:
    """Tell whether a noun after a preposition is scenery."""
    inner = how.words in ("in", "into", "inside", "inside of") or (how.words == "at" and noun.determiner in ("the", ""))
    indoors = inner and noun.key in words.INDOORS
    if not about and how.kind == "inside" and noun.sort == "part":
        return True
    if noun.sort == "time" or indoors:
        return True
    if noun.sort not in ("place", "surface", "landscape"):
        return False
    kind = known_kind_of(noun.key)
    weak = how.manner in ("weak", "vague") or how.kind in ("on", "under", "inside")
    apart = not weak or how.words in ("near", "outside", "toward", "towards", "past")
    single = apart and noun.sort == "place" and noun.counted and kind is not None and kind.width < LANDSCAPE
    return not (single or (noun.sort == "landscape" and not weak)) or not about


def set_scenery(r: Reading, about: list[int], prep: Token, target: Token, phrase: str, noun: Noun) -> bool:
    """Scenery: words for the cells; the side of a street and the sky are places on the canvas, too."""
    text = f"{phrase} {own_words(r, target)}"
    how = r.relation(prep)
    middle = how is not None and how.words.endswith(("middle of", "center of", "centre of"))
    above = noun.key == "sky" and how is not None and how.kind != "under" and how.words != "against"
    above = above or (noun.key == "ceiling" and phrase.split()[0] not in TOWARDS)
    above = above or (how is not None and how.kind == "above" and _hovers(r, about, phrase))
    where = Place(0.5, 0.5) if middle else Place(row=0.0) if above else ANYWHERE
    if how is not None and how.kind in ("left_of", "right_of"):
        where = Place(column=0.0 if how.kind == "left_of" else 1.0)
    for index in about:
        if r.things[index].place == ANYWHERE:
            r.things[index].place = where
    if about and (noun.sort == "surface" or (noun.sort == "landscape" and noun.key not in words.PLACES)):
        describe(r, about, text)
    else:
        set_scene(r, about, text)
    before = r.subject
    rest(r, target, about)
    r.subject = before
    if not about and r.host:
        r.nested = next((inner for child in target.rights if (inner := r.relation(child)) is not None), None)
    return True


def _hovers(r: Reading, about: list[int], phrase: str) -> bool:
    """ "lanterns hang above a street", "a balloon over the fields": what flies or hangs, and no bridge."""
    form = forms.verb_form(phrase.split()[0])
    hanging = form is not None and form[0] in ("hang", "fly", "float", "hover", "soar", "glide", "dangle", "rise")
    return hanging or any(kind_of(r.things[i].noun.key).stand != "ground" for i in about)


def own_words(r: Reading, token: Token) -> str:
    """A noun phrase with its "of", without clauses and things that hang on it; these are left to be read."""
    kept = list(r.noun(token).tokens)
    for child in token.rights:
        if (child.dep_ == "prep" and child.lower_ == "of") or child.dep_ in ("amod", "acomp", "nummod"):
            having = [part.i for inner in child.subtree if inner.lower_ == "with" for part in inner.subtree]
            kept += [part.i for part in child.subtree if part.i not in having]
        elif child.dep_ == "conj" and child.pos_ in ("NOUN", "ADJ", "PROPN") and not r.noun(child).counted:
            kept += [part.i for part in token.doc[token.i + 1 : child.left_edge.i] if part.pos_ == "CCONJ"]
            kept += [part.i for part in child.subtree]
    r.seen.update(kept)
    return r.text(kept)


def rest(r: Reading, token: Token, about: list[int]) -> None:
    """Read what else hangs on a noun that is no thing: it is said of the thing before it."""
    for child in token.rights:
        if child.i in r.seen:
            continue
        if child.dep_ == "prep" and r.piece(child).source:
            r.rules.attach(r, about, child)
        elif child.dep_ in ("acl", "relcl") and child.pos_ == "VERB" and about:
            r.rules.read_clause(r, child, about)
        elif (where := r.place(child)) is not None:
            r.seen.add(child.i)
            put(r, about, where)


def in_words(r: Reading, about: list[int], prep: Token, target: Token, phrase: str) -> bool:
    """What describes things without being one."""
    text = f"{phrase} {own_words(r, target)}"
    describe(r, about, text)
    if prep.lower_ not in ASIDE or prep.lower_ == "as":
        rest(r, target, about)
    else:
        r.take(prep)
    return True
