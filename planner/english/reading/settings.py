"""Scenery and words: what hangs on a thing without being one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.english.parsing.nouns import Noun, object_of, of_what
from planner.english.parsing.phrases import RelationWords
from planner.english.reading.referring import is_reference, seems_person
from planner.english.reading.state import Reading, describe, put, set_scene
from planner.lexicon import forms, verb_words, words
from planner.lexicon.kinds import kind_of, known_kind_of
from planner.scene.scene import ANYWHERE, Place

if TYPE_CHECKING:
    from spacy.tokens import Token

LANDSCAPE: Final = 10  # metres wide: a garden or a city, but no island and no shop
ASIDE: Final = words.ASIDE | words.word_set("with-out versus vs")


def part_of(r: Reading, target: Token) -> Token:
    """ "the roof of the taxi" is the taxi, "the left half of the pear" the pear."""
    noun = r.noun(target)
    owner = next((child for child in target.children if child.dep_ == "poss" and child.pos_ in ("NOUN", "PROPN")), None)
    if noun.key == "seat" and owner is not None:
        return target  # "in the pilot's seat": no pilot is there
    if noun.sort == "part" and owner is not None:
        r.seen.update(noun.tokens)
        return owner
    opening = noun.key in ("window", "door", "doorway", "entrance", "balcony") and noun.determiner == "the"
    ends = noun.key in ("half", "back", "foot", "end", "antler", "hump", "shell")
    if noun.sort not in ("part", "spot", "abstract") and not (ends or opening):
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
    if noun.sort == "time" or indoors or (not about and how.kind == "inside" and noun.sort == "part"):
        return True
    if noun.sort not in ("place", "surface", "landscape"):
        return False
    kind = known_kind_of(noun.key)
    weak = how.manner in ("weak", "vague") or how.kind in ("on", "under", "inside")
    apart = not weak or how.words in ("near", "outside", "toward", "towards", "past")
    single = apart and noun.sort == "place" and noun.counted and kind is not None and kind.width < LANDSCAPE
    land = noun.sort == "landscape" or (noun.key in words.LANDSCAPE and noun.counted)  # "a sun above a mountain"
    return not about or not (single or (land and not weak))


def set_scenery(r: Reading, about: list[int], prep: Token, target: Token, phrase: str, noun: Noun) -> bool:
    """Scenery: words for the cells; the side of a street and the sky are places on the canvas, too."""
    text, how = f"{phrase} {own_words(r, target)}", r.relation(prep)
    where = ANYWHERE
    ceiling = noun.key == "ceiling" and phrase.split()[0] not in verb_words.TOWARDS
    if how is not None and how.words.endswith(("middle of", "center of", "centre of")):
        where = Place(0.5, 0.5)
    elif how is not None and (noun.key == "sky" or ceiling or (how.kind == "above" and _hovers(r, about, phrase))):
        where = Place(row=0.0)
    elif how is not None and how.kind in ("left_of", "right_of"):
        where = Place(column=0.0 if how.kind == "left_of" else 1.0)
    for draft in [r.things[i] for i in about]:
        draft.place = where if draft.place == ANYWHERE else draft.place
    if about and noun.sort in ("surface", "landscape"):
        describe(r, about, text)
    else:
        set_scene(r, about, text)
    rest(r, target, about)
    if r.host:
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
        if child.lower_ == "of" and (whose := object_of(child)) is not None and seems_person(whose.lower_):
            r.writers = r.noun(whose)  # "the kitchen of a baker. She kneads …"
        if (child.dep_ == "prep" and child.lower_ == "of") or child.dep_ in ("amod", "acomp", "nummod"):
            having = [part.i for inner in child.subtree if inner.lower_ == "with" for part in inner.subtree]
            kept += [part.i for part in child.subtree if part.i not in having]
        elif child.dep_ == "conj" and child.pos_ in ("NOUN", "ADJ", "PROPN"):
            noun = r.noun(child)  # "snow and ice", but not "snow and skaters"
            thing = not noun.determiner and noun.sort == "thing" and noun.key not in words.MASS
            if not noun.counted and not (thing and known_kind_of(noun.key)):
                kept += range(token.i + 1, child.right_edge.i + 1)
    r.seen.update(kept)
    return r.text(kept)


def rest(r: Reading, token: Token, about: list[int]) -> list[int]:
    """Read what else hangs on a noun that is no thing: it is said of the thing before it. Returns what is named."""
    before = len(r.things)
    for child in token.rights:
        if child.i in r.seen:
            continue
        if child.dep_ == "prep":
            r.rules.attach(r, about, child)
        elif child.dep_ in ("acl", "relcl"):
            r.rules.read_clause(r, child, about)
        elif (where := r.place(child)) is not None:
            r.seen.add(child.i)
            put(r, about, where)
    return list(range(before, len(r.things)))
