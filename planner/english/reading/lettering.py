"""Texts to be read in the picture, and the words that announce them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.english.parsing.nouns import Noun
from planner.english.parsing.places import PlaceWords
from planner.english.reading.state import Reading, describe, put
from planner.english.reading.things import Draft
from planner.scene.scene import Text

if TYPE_CHECKING:
    from spacy.tokens import Token


def read_lettering(r: Reading, token: Token) -> list[int]:
    """Read a text that stands where a thing would: "the word LISBOA at the top and VISIT at the bottom"."""
    texts = [part for part in token.subtree if r.lettering(part)]
    if not texts:
        if r.noun(token).count == 0:
            r.absent.append(r.noun(token).head)
            return []
        describe(r, r.subject, r.take(token))
        return []
    places = [part for part in token.subtree if r.place(part) is not None]
    found = []
    for position, part in enumerate(texts):
        end = texts[position + 1].i if position + 1 < len(texts) else token.doc[-1].i + 1
        r.seen.add(part.i)
        here = next((place for place in places if part.i < place.i < end), None)
        found.append(add_text(r, r.lettering(part), r.place(here) if here is not None else r.leading))
        if here is not None:
            r.seen.add(here.i)
    named = [part.head for part in texts if part.dep_ == "appos"]
    for noun in (token, *named):  # "the name A above it and the date B below"
        r.seen.update(r.noun(noun).tokens)
    r.rules.complements(r, token, found)
    return found


def add_text(r: Reading, text: str, where: PlaceWords | None) -> int:
    """Give a text a box of its own."""
    index = r.things.append(Draft(Noun("words"), 1, fixed=f'the words "{text}"'))
    r.texts.append(Text(text, index))
    if where is not None:
        put(r, [index], where)
    return index


def is_writing(r: Reading, child: Token) -> bool:
    """ "the words OPEN": what is said or written, but not the sign that bears it."""
    said = child.dep_ in ("dobj", "oprd", "attr", "ccomp") and any(r.lettering(part) for part in child.subtree)
    return said and (child.pos_ not in ("NOUN", "PROPN") or r.noun(child).sort == "writing")
