"""What things have: "with" and "has", shares of several, properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.english.parsing.nouns import Noun, object_of
from planner.english.parsing.parser import word_class
from planner.english.reading import settings
from planner.english.reading.leading import lead
from planner.english.reading.mentioning import deny, mention, nominals
from planner.english.reading.referring import is_reference
from planner.english.reading.state import Reading, describe, note_text, relate, set_scene
from planner.lexicon import forms, words
from planner.lexicon.kinds import is_being, kind_of, known_kind_of, seat_depth
from planner.lexicon.relations import KINDS, RelationKind

if TYPE_CHECKING:
    from spacy.tokens import Token


IN_SEAT: Final = 0.4  # from which depth on somebody sits in a thing
_AT_TABLE: Final = words.word_set("chair armchair stool bench highchair")
PLACE_SORTS: Final = ("place", "surface", "landscape")


def with_things(r: Reading, about: list[int], prep: Token, target: Token, said: str) -> bool:
    """ "with": a thing of its own, or a property."""
    phrase = f"{said} {r.piece(prep).source}".strip()
    about = _nearest(r, prep, target, about)
    if not is_reference(r, target) and r.noun(target).count == 0:
        deny(r, target)
        return False
    named = [*nominals(target), *r.more_objects.get(prep.i, ())]
    used = [with_noun(r, about, token, phrase) for token in named]
    return any(used)


def can_bear(supports: list[str], keys: list[str]) -> bool:
    """Tell by their nouns whether a table or a tray is larger than what may be on it, of which nothing is alive."""
    wide = min(kind_of(key).width for key in supports)
    lifeless = not any(map(is_being, keys)) and not words.SUPPORTS.isdisjoint(supports)
    return lifeless and all(kind_of(key).width < wide for key in keys)


def is_drawn_up(r: Reading, things: list[int]) -> bool:
    """ "a table with four chairs": they are beside what has them, and not on it."""
    return all(r.things[i].noun.key in _AT_TABLE for i in things)


def holding(key: str) -> RelationKind | None:
    """Say by its noun how what a thing has stands to it: on a table, in a bowl, a room; None where neither is sure."""
    inside = words.OPEN_CONTAINERS | words.PANES | words.PLACES
    return "on" if key in words.SUPPORTS else "inside" if key in inside else None


def _nearest(r: Reading, prep: Token, target: Token, about: list[int]) -> list[int]:
    """ "a glass next to a plate with two macarons", "a dog beside a cake with a candle on top": the plate, the cake."""
    before = prep.doc[prep.i - 1] if prep.i else prep
    near = forms.singular(before.lower_)
    last = next((i for i in reversed(range(len(r.things))) if r.things[i].noun.key == near), None)
    aside = any(part.lower_ == "it" and r.side(part.head) for part in prep.doc[target.i :])  # "… with a cat beside it"
    if prep.lower_ != "with" or before.dep_ != "pobj" or not about or last is None or last in about or aside:
        return about
    placed = any((how := r.relation(part)) is not None and how.own_object for part in prep.doc[target.i :])
    holds = near in words.SUPPORTS | words.CONTAINERS
    if any(is_being(r.things[i].noun.key) for i in about):
        own = any(part.lower_ in words.PARTS for part in prep.subtree)
        room = seat_depth(near) < IN_SEAT and near not in ("window", "doorway")
        holds = not is_being(near) and (placed or (holds and not own and (room or r.noun(target).plural)))
    return [last] if holds else about


def with_noun(r: Reading, about: list[int], token: Token, phrase: str) -> bool:
    """Read one noun after "with" or "has": nothing, a property, or a thing beside, on or in the first."""
    noun = r.noun(token)
    if noun.count == 0:
        deny(r, token)
        return False
    last = next((part for part in token.subtree if r.lettering(part)), None)
    alive = any(is_being(r.things[i].noun.key) for i in about)  # "a board with a wheel of brie" has a thing
    pressed = _is_pressed(noun) and not any(r.things[i].noun.sort == "clothes" for i in about)
    portion = noun.sort == "part" and noun.counted and any(child.lower_ == "of" for child in token.rights) and not alive
    if last is not None or (_is_property(noun) and not portion and not pressed):
        _property(r, about, token, phrase, last)
        return True
    if noun.sort in PLACE_SORTS and (not about or not (noun.plural or noun.counted)):
        set_scene(r, about, f"{phrase} {settings.own_words(r, token)}")
        settings.rest(r, token, about)
        return True
    things = mention(r, token, lone=True)
    _each(r, token, things, about)
    if not about and things:
        lead(r, things)
        r.rules.complements(r, token, things)
    if not about or not things:
        return False
    share(r, about, things, own=noun.determiner in words.POSSESSIVES)
    _own(r, about, things, phrase)
    after(r, token, things, about)
    return True


def _is_property(noun: Noun) -> bool:
    """Tell whether what a thing has is no thing: its parts, stuff, letters, a style."""
    if noun.sort == "part":
        return (noun.count or 0) < 3
    plain = noun.sort == "picture" or noun.key in words.MASS
    return noun.sort in ("style", "writing", "abstract", "time") or (plain and not noun.counted)


def _is_pressed(noun: Noun) -> bool:
    """ "a play button", "a sign-up button": named by what it does, it is no part of somebody's clothes."""
    last = noun.modifiers[-1].lower() if noun.modifiers else ""
    deed = any(part in word_class("verb") for part in last.split("-"))
    return noun.key == "button" and deed and last not in words.ADJECTIVES and known_kind_of(last) is None


def _property(r: Reading, about: list[int], token: Token, phrase: str, text: Token | None) -> None:
    """Describe things by what they have; `text` is what is written on it."""
    said = settings.own_words(r, token)
    if text is not None:
        kept = [part.i for part in token.subtree if part.i <= text.i]
        r.seen.update(kept)
        said = r.text(kept)
        note_text(r, r.lettering(text), about)
        for child in (*token.rights, *text.rights):
            if child.i not in r.seen and r.relation(child) is not None:
                r.rules.attach(r, about, child)
    describe(r, about, f"{phrase} {said}")
    if r.noun(token).sort == "writing":
        r.take(token)
        return
    for child in token.rights:  # "a head with a scar", said of the whole
        held = object_of(child) if r.relation(child) is not None and child.i not in r.seen else None
        if held is not None and r.noun(held).sort == "thing" and r.things.known(r.noun(held)) is not None:
            r.rules.attach(r, about, child)  # "a lamp with a pink shade on the table"
        elif child.dep_ in ("acl", "relcl", "prep") and child.i not in r.seen:
            for prep in child.rights:  # "a meter with nine minutes remaining next to a car"
                if child.dep_ != "prep" and r.relation(prep) is not None:
                    r.rules.attach(r, about, prep)
            describe(r, about, r.text([part for part in child.subtree if part.i not in r.seen]))
            r.take(child)


def _each(r: Reading, token: Token, things: list[int], about: list[int]) -> None:
    """ "two women with an umbrella each"."""
    for word in token.doc[token.right_edge.i + 1 : token.right_edge.i + 2]:
        if word.lower_ in ("each", "apiece") and word.right_edge.i + 1 == len(token.doc) and about:
            r.seen.add(word.i)
            share_out(r, things, about)


def _own(r: Reading, about: list[int], things: list[int], phrase: str) -> None:
    """Things are beside those who have them; what a table or a bowl has is on or in it."""
    key = r.things[about[-1]].noun.key
    for index in things:
        r.things[index].owner = about[-1]
    describe(r, about, phrase.rpartition(" ")[0])
    nouns = [r.things[i].noun for i in things]
    aboard = not is_being(key) and all(noun.key in words.ABOARD or _is_pressed(noun) for noun in nouns)
    kind = None if is_drawn_up(r, things) else "inside" if aboard else holding(key)  # "a bus with passengers"
    if kind is None:
        relate_loosely(r, "next_to", about, things, "with")
        return
    r.holder = about if key in words.OPEN_CONTAINERS else r.holder
    relate_loosely(r, kind, things, about, KINDS[kind].said)


def relate_loosely(r: Reading, kind: RelationKind, subjects: list[int], objects: list[int], said: str) -> None:
    """Relate things as "with" does, unless what comes next says it better."""
    relate(r, kind, subjects, objects, said, loose=True)


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
    for index in things:
        draft = r.things[index]
        if index in about or owners < 2:
            continue
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
            r.things[index].count *= times or 1
