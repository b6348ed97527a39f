"""What things have: "with" and "has", shares of several, properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.english.reading import settings
from planner.english.reading.leading import lead
from planner.english.reading.mentioning import deny, mention, nominals
from planner.english.reading.referring import PERSONAL, is_reference, refer
from planner.english.reading.state import Reading, describe, note_text, relate, set_scene
from planner.lexicon import words
from planner.lexicon.relations import KINDS, RelationKind

if TYPE_CHECKING:
    from spacy.tokens import Token


def with_things(r: Reading, about: list[int], prep: Token, target: Token, said: str) -> bool:
    """ "with": a thing of its own, or a property."""
    phrase = f"{said} {r.piece(prep).source}".strip()
    used = False
    if not is_reference(r, target) and r.noun(target).count == 0:
        deny(r, target)
        return False
    for noun_token in nominals(target):
        if is_reference(r, noun_token):
            used |= with_noun(r, about, noun_token, phrase, reference=True)
        else:
            used |= with_noun(r, about, noun_token, phrase)
    return used


def with_noun(r: Reading, about: list[int], token: Token, phrase: str, *, reference: bool = False) -> bool:
    """Read one noun after "with" or "has": nothing, a property, or a thing beside, on or in the first."""
    if reference and token.lower_ in PERSONAL:
        relate(r, "next_to", about, refer(r, token, about), phrase)
        return True
    noun = r.noun(token)
    if noun.count == 0:
        deny(r, token)
        return False
    own = noun.determiner in words.POSSESSIVES
    text_there = next((r.lettering(child) for child in token.subtree if r.lettering(child)), "")
    mass = noun.key in words.MASS and not noun.counted
    picture = noun.sort == "picture" and not noun.counted
    if (
        (
            (noun.sort in ("part", "style", "writing", "abstract", "time") or picture)
            and not (noun.sort == "part" and (noun.count or 0) > 2)
        )
        or mass
        or text_there
        or (own and noun.sort != "thing")
    ):
        text = f"{phrase} {settings.own_words(r, token)}"
        if text_there:
            last = next(part for part in token.subtree if r.lettering(part))
            kept = [part.i for part in token.subtree if part.i <= last.i]
            r.seen.update(kept)
            text = f"{phrase} {r.text(kept)}"
            note_text(r, text_there, about)
            for part in (token, last):
                for child in part.rights:
                    if child.i not in r.seen and r.relation(child) is not None:
                        r.rules.attach(r, about, child)
        describe(r, about, text)
        if noun.sort == "writing":
            r.take(token)
        else:
            rest_with(r, token, about)
        return True
    if (noun.sort in ("place", "surface", "landscape") and not (noun.plural or noun.counted)) or (
        noun.sort in ("place", "surface", "landscape") and not about
    ):
        set_scene(r, about, f"{phrase} {settings.own_words(r, token)}")
        settings.rest(r, token, about)
        return True
    things = mention(r, token, lone=True)
    after_noun = token.doc[token.right_edge.i + 1] if token.right_edge.i + 1 < len(token.doc) else None
    if (
        after_noun is not None
        and after_noun.lower_ in ("each", "apiece")
        and after_noun.right_edge.i + 1 == len(token.doc)
        and about
    ):
        r.seen.add(after_noun.i)
        share_out(r, things, about)
    if not about and things:
        lead(r, things)
        r.rules.complements(r, token, things)
    if not about or not things:
        return False
    share(r, about, things, own=own)
    key = r.things[about[-1]].noun.key
    kind: RelationKind = "next_to"
    subjects, objects = about, things
    if key in words.SUPPORTS:
        kind, subjects, objects = "on", things, about
    elif key in words.OPEN_CONTAINERS:
        kind, subjects, objects = "inside", things, about
        r.holder = about
    for index in things:
        r.things[index].owner = about[-1]
    described = phrase.rpartition(" ")[0]
    describe(r, about, described) if described else None
    said = "with" if subjects is about else KINDS[kind].said
    relate_loosely(r, kind, subjects, objects, said)
    after(r, token, things, about)
    return True


def relate_loosely(r: Reading, kind: RelationKind, subjects: list[int], objects: list[int], said: str) -> None:
    """Relate things as "with" does, unless what comes next says it better."""
    relate(r, kind, subjects, objects, said, loose=True)


def rest_with(r: Reading, token: Token, about: list[int]) -> None:
    """A property's own property: "a head with a scar", said of the whole."""
    for child in token.rights:
        if (child.dep_ in ("acl", "relcl") and child.i not in r.seen) or (
            child.dep_ == "prep" and child.i not in r.seen
        ):
            describe(r, about, r.take(child))


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
