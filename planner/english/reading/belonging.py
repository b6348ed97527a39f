"""What things have: "with" and "has", shares of several, properties."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from planner.english.parsing.nouns import Noun, object_of
from planner.english.parsing.parser import word_class
from planner.english.reading import settings
from planner.english.reading.leading import lead
from planner.english.reading.mentioning import deny, mention, nominals
from planner.english.reading.referring import is_reference
from planner.english.reading.state import Reading, describe, note_text, relate, set_scene
from planner.lexicon import forms, words
from planner.lexicon.kinds import is_being, kind_of, seat_depth
from planner.lexicon.relations import KINDS, RelationKind

if TYPE_CHECKING:
    from spacy.tokens import Token

IN_SEAT: Final = 0.4  # from which depth on somebody sits in a thing
AT_TABLE: Final = words.word_set("chair armchair stool bench highchair")
PLACE_SORTS: Final = ("place", "surface", "landscape")


def with_things(r: Reading, about: list[int], prep: Token, target: Token, said: str) -> bool:
    """ "with": a thing of its own, or a property."""
    phrase = f"{said} {r.piece(prep).source}".strip()
    about = _nearest(r, prep, target, about)
    if r.noun(target).count == 0 and not is_reference(r, target):  # "no collar or leash"
        deny(r, target)
        return False
    named = [*nominals(target), *r.more_objects.get(prep.i, ())]
    before = len(r.relations)
    used = [with_noun(r, about, token, phrase) for token in named]
    for at, one in enumerate(r.relations[before:], before):  # "a plate with a cake and a fork on a table": all of it
        owned = one.kind == "on" and not one.loose and all(r.things[i].owner in about for i in one.subjects)
        keys = [r.things[i].noun.key for i in about]
        if len(named) > 1 and owned and can_bear(r.things[one.objects[0]].noun.key, keys):
            r.relations[at] = replace(one, subjects=(*about, *one.subjects))
    return any(used)


def can_bear(support: str, keys: list[str]) -> bool:
    """Tell by their nouns whether a table or a tray is larger than what may be on it, of which nothing is alive."""
    smaller = all(kind_of(key).width < kind_of(support).width and not is_being(key) for key in keys)
    return support in words.SUPPORTS and smaller


def holding(key: str) -> RelationKind | None:
    """Say by its noun how what a thing has stands to it: on a table, in a bowl, a room; None where neither is sure."""
    inside = words.OPEN_CONTAINERS | words.PANES | words.PLACES
    return "on" if key in words.SUPPORTS else "inside" if key in inside else None


def _nearest(r: Reading, prep: Token, target: Token, about: list[int]) -> list[int]:
    """ "a glass next to a plate with two macarons", "a dog beside a cake with a candle on top": the plate, the cake."""
    before = prep.doc[prep.i - 1] if prep.i else prep
    near = forms.singular(before.lower_)
    last = next((i for i in reversed(range(len(r.things))) if r.things[i].noun.key == near), None)
    if before.dep_ != "pobj" or not about or last is None:
        return about
    holds = near in words.SUPPORTS | words.CONTAINERS
    if any(is_being(r.things[i].noun.key) for i in about):
        placed = any((how := r.relation(part)) is not None and how.own_object for part in prep.doc[target.i :])
        holds = placed or (holds and (seat_depth(near) < IN_SEAT or r.noun(target).plural))
    return [last] if holds else about


def with_noun(r: Reading, about: list[int], token: Token, phrase: str) -> bool:
    """Read one noun after "with" or "has": nothing, a property, or a thing beside, on or in the first."""
    noun = r.noun(token)
    if noun.count == 0:
        deny(r, token)
        return False
    last = next((part for part in token.subtree if r.lettering(part)), None)
    alive = any(is_being(r.things[i].noun.key) for i in about)  # "a board with a wheel of brie" has a thing
    portion = noun.sort == "part" and any(child.lower_ == "of" for child in token.rights) and not alive
    if last is not None or (_is_property(noun) and not portion and not _is_pressed(noun)):
        _property(r, about, token, phrase, last)
        return True
    if noun.sort in PLACE_SORTS and (not about or not (noun.plural or noun.counted)):
        set_scene(r, about, f"{phrase} {settings.own_words(r, token)}")
        settings.rest(r, token, about)
        return True
    things = mention(r, token, lone=True)
    if token.doc[token.right_edge.i + 1 : token.right_edge.i + 2].text in ("each", "apiece"):
        share_out(r, things, about)  # "two women with an umbrella each"
    if not about:
        lead(r, things)
        r.rules.complements(r, token, things)
        return False
    share(r, about, things, own=noun.determiner in words.POSSESSIVES)
    _own(r, about, things, phrase)
    after(r, token, things, about)
    return True


def _is_property(noun: Noun) -> bool:
    """Tell whether what a thing has is no thing: its parts, stuff, letters, a style."""
    if noun.sort == "part":
        return (noun.count or 0) < 3
    return noun.sort in ("style", "writing", "abstract", "time") or (noun.key in words.MASS and not noun.counted)


def _is_pressed(noun: Noun) -> bool:
    """ "a play button", "a sign-up button": named by what it does, it is no part of somebody's clothes."""
    last = noun.modifiers[-1].lower() if noun.modifiers else ""
    return noun.key == "button" and any(part in word_class("verb") for part in last.split("-"))


def _property(r: Reading, about: list[int], token: Token, phrase: str, text: Token | None) -> None:
    """Describe things by what they have; `text` is what is written on it."""
    said = settings.own_words(r, token)
    if text is not None:
        kept = [part.i for part in token.subtree if part.i <= text.i]
        r.seen.update(kept)
        said = r.text(kept)
        note_text(r, r.lettering(text), about)
        for child in (*token.rights, *text.rights):  # "a poster with the word SALE above a door"
            if r.relation(child) is not None:
                r.rules.attach(r, about, child)
    describe(r, about, f"{phrase} {said}")
    if r.noun(token).sort == "writing":
        r.take(token)
        return
    for child in token.rights:  # "a head with a scar", said of the whole
        held = object_of(child) if r.relation(child) is not None and child.i not in r.seen else None
        bearing = held is not None and r.noun(held).counted and r.noun(held).key in words.SUPPORTS | words.CONTAINERS
        if held is not None and (bearing or r.things.known(r.noun(held)) is not None):
            r.rules.attach(r, about, child)  # "a lamp with a pink shade on the table", "a pear with spots in a bowl"
        elif child.dep_ in ("acl", "relcl", "prep") and child.i not in r.seen:
            for prep in child.rights:  # "a meter with nine minutes remaining next to a car"
                if r.relation(prep) is not None:
                    r.rules.attach(r, about, prep)
            describe(r, about, r.text([part for part in child.subtree if part.i not in r.seen]))
            r.take(child)


def _own(r: Reading, about: list[int], things: list[int], phrase: str) -> None:
    """Things are beside those who have them; what a table or a bowl has is on or in it."""
    key = r.things[about[-1]].noun.key
    for index in things:
        r.things[index].owner = about[-1]
    describe(r, about, phrase.rpartition(" ")[0])
    nouns = [r.things[i].noun for i in things]
    aboard = not is_being(key) and all(noun.key in words.ABOARD or _is_pressed(noun) for noun in nouns)
    drawn_up = all(noun.key in AT_TABLE for noun in nouns)  # "a table with four chairs"
    kind = None if drawn_up else "inside" if aboard else holding(key)  # "a bus with passengers"
    if kind is None:
        relate(r, "next_to", about, things, "with", loose=True)
        return
    r.holder = about if key in words.OPEN_CONTAINERS else r.holder
    relate(r, kind, things, about, KINDS[kind].said, loose=True)


def after(r: Reading, token: Token, things: list[int], about: list[int]) -> None:
    """Read what hangs on the thing after "with"; the clause stays about the first thing."""
    before = r.subject, r.host
    r.host = about
    r.rules.complements(r, token, things, owner=about)
    r.subject, r.host = before


def share(r: Reading, about: list[int], things: list[int], *, own: bool = False) -> None:
    """ "Two women holding umbrellas", "three boys with their bikes": a plural without a number, one for each."""
    owners = sum(r.things[i].count for i in about)
    each = set(about) & set(r.sharers)
    for draft in [r.things[i] for i in things] if owners > 1 else []:
        open_number = draft.noun.plural and draft.noun.count is None and draft.noun.head not in words.PAIR_NOUNS
        if each:
            draft.count, draft.note = draft.count * owners, ""
        elif open_number and (own or not draft.noun.determiner):
            draft.count, draft.note, draft.limit = owners, "", "exact"


def share_out(r: Reading, things: list[int], among: list[int]) -> None:
    """Multiply things by the number of those who have them."""
    times = sum(r.things[i].count for i in among)
    for index in things:
        if index not in among:
            r.things[index].count *= times
