"""What hangs on a thing or a verb by a preposition: relations, scenery, attributes, places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.english.parsing.nouns import object_of
from planner.english.parsing.phrases import RelationWords
from planner.english.reading import belonging
from planner.english.reading.mentioning import deny, mention
from planner.english.reading.referring import antecedent, pronoun_in, whose
from planner.english.reading.state import Reading, describe, put, relate_as
from planner.english.reading.targets import Attached, read_target
from planner.lexicon import words
from planner.lexicon.kinds import is_being, kind_of
from planner.lexicon.relations import KINDS

if TYPE_CHECKING:
    from spacy.tokens import Token


def attach(r: Reading, about: list[int], prep: Token, said: str = "", *, verb: bool = False) -> bool:
    """Read what a preposition adds to things; `said` are the verb's words before it. Tells whether `said` was used."""
    r.seen.add(prep.i)
    how = r.relation(prep)
    inner = [child for child in prep.children if child.dep_ in ("prep", "pcomp") and child.pos_ != "VERB"]
    target = _object(prep) or (_beside(prep) if how is not None and not (how.own_object or inner) else None)
    if target is None:
        for child in prep.children:  # "reaching in from the right"
            if (where := r.place(child)) is not None:
                put(r, about, where)
        return _through(r, about, prep, inner[0], said, verb=verb) if inner else _stranded(r, about, prep, how, said)
    low = prep.lower_ if how is None else ""
    before = [token.lower_ for token in prep.doc[max(prep.i - 2, 0) : prep.i]]
    if before in (["instead", "of"], ["rather", "than"]) or before[-1:] == ["instead"]:
        r.take(prep)
        return False
    if before[-1:] == ["not"]:
        r.latest = mention(r, target)  # "not on the sofa but next to it"
        return False
    if low == "without":
        deny(r, target)
        for child in () if is_being(r.noun(target).key) else target.rights:  # "pens without caps lying in a tray"
            if child.dep_ == "acl":
                r.seen -= {part.i for part in child.subtree}
                r.rules.read_clause(r, child, about)
        return False
    for child in prep.children:
        if child.dep_ == "conj" and child.pos_ == "ADP":
            attach(r, about, child)
    if target.pos_ == "VERB" and target.dep_ == "pcomp":
        r.rules.read_clause(r, target, [])
        return False
    if low in ("with", "including"):
        return belonging.with_things(r, about, prep, target, said)
    phrase = f"{said} {r.piece(prep).source}".strip()
    return read_target(r, Attached(about, how, prep, target, r.noun(target), phrase, said=said, verb=verb))


def lead_in(r: Reading, prep: Token) -> None:
    """Read a place that something stands at which comes later: "behind the barn …", "on its left …"."""
    r.host, how = [], r.relation(prep)
    if how is not None and how.own_object:
        r.seen.add(prep.i)
        r.host = r.pivot = whose(r, how)
    else:
        attach(r, [], prep)


def stand_at(r: Reading, prep: Token, hosts: list[int], about: list[int]) -> tuple[RelationWords, list[int]] | None:
    """Relate things to what `lead_in` has read before them; returns how and to which, if there is anything."""
    how, r.nested = r.nested or r.relation(prep), None
    others = [i for i in hosts if i not in about]
    if how is None or not about:
        return None
    relate_as(r, how, about, others, how.words)
    return how, others


def _object(prep: Token) -> Token | None:
    """The noun after a preposition."""
    kinds = ("pobj", "dobj", "attr", "appos", "nsubj", *(("pcomp",) if prep.lower_ == "with" else ()))
    return next((child for child in prep.children if child.dep_ in kinds and child.pos_ != "CCONJ"), None)


def _beside(prep: Token) -> Token | None:
    """The noun phrase right after a preposition, of which the parse makes a subject or an adverb."""
    near = [token for token in prep.doc[prep.i + 1 : prep.i + 5] if token.left_edge.i == prep.i + 1]
    adverbs = (token for token in near if token.dep_ == "npadvmod" and token.pos_ in ("NOUN", "PROPN"))
    return next((token for token in near if token.dep_ in ("nsubj", "appos")), None) or next(adverbs, None)


def _through(r: Reading, about: list[int], prep: Token, inner: Token, said: str, *, verb: bool) -> bool:
    """ "behind of him", "from behind": two prepositions are the one that says more."""
    outer, target = r.relation(prep), object_of(inner)
    if target is None:
        describe(r, about, f"{said} {r.take(prep)}".strip())
        return True
    if outer is None or outer.manner in ("weak", "vague"):
        return attach(r, about, inner, said, verb=verb)
    phrase = f"{said} {r.text([prep, inner])}".strip()
    return read_target(r, Attached(about, outer, prep, target, r.noun(target), phrase))


def _stranded(r: Reading, about: list[int], prep: Token, how: RelationWords | None, said: str) -> bool:
    """ "a box behind", "on its left": the other thing is what the clause is about."""
    if how is not None and how.words == "on top" and prep.doc[prep.i - 1].lower_ in words.MASS:
        describe(r, about, r.take(prep))  # "a mountain with snow on top"
        return bool(said)
    hosted = bool(r.host) and set(r.host) != set(about)
    here = set(r.latest) - set(about) - set(r.previous)  # "a dog with a cat on its left": what is named here
    leads = prep.i < prep.head.i  # "to its left hangs a board with two notes": the board does
    if how is not None and how.own_object and here and not hosted:
        hosts = [owner for i in r.latest if (owner := r.things[i].owner) is not None] or about
        relate_as(r, how, r.latest, hosts, KINDS[how.kind].said)
        return False
    if how is not None and how.own_object and not (r.host or leads):
        r.opened = (how, about)
    others = (
        [i for i in r.host if i not in about]
        or _pivot(r, about, how, prep)
        or ([i for i in r.listed if i not in about][-2:] if how.kind == "between" else [])  # "…, tents in between"
        or _who(r, how, about)
        if about and how and (how.own_object or how.manner not in ("weak", "vague"))
        else []
    )
    if how is not None and others and not set(about) & set(others):
        relate_as(r, how, about, others, f"{said} {KINDS[how.kind].said}".strip())
        return True
    if about:
        describe(r, about, f"{said} {r.take(prep)}".strip())
    return True


def _who(r: Reading, how: RelationWords, about: list[int]) -> list[int]:
    """Of what "on his head" or "in front" is said: of him, or of the first thing of the sentence."""
    word = pronoun_in(how)
    named = [i for i in r.listed or r.before if i not in about]
    if how.kind == "inside":  # "a wardrobe, a vase on it, a hat inside"
        hollow = words.CONTAINERS | words.SHELVES
        held = [i for i, draft in enumerate(r.things.drafts) if draft.noun.key in hollow and i not in about]
        named = sorted(held, key=lambda i: kind_of(r.things[i].noun.key).width)[-1:] or named
    return antecedent(r, word or "it", about) if word or not named else named[:1]


def _pivot(r: Reading, about: list[int], how: RelationWords, prep: Token) -> list[int]:
    """ "To its left …. To its right …": both times of the same thing."""
    if not how.own_object or prep.i > prep.head.i:
        return []
    if (said := pronoun_in(how)) not in ("", "it"):
        return antecedent(r, said, about)
    r.pivot = r.pivot or antecedent(r, "it", about)
    return r.pivot
