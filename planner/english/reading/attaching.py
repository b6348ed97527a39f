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
from planner.lexicon import forms, verb_words, words
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
            if (where := r.place(child)) is not None and child.i not in r.seen:
                r.seen.add(child.i)
                put(r, about, where)
        return _through(r, about, prep, inner[0], said, verb=verb) if inner else _stranded(r, about, prep, how, said)
    low = prep.lower_ if how is None else ""
    before = [token.lower_ for token in prep.doc[max(prep.i - 2, 0) : prep.i]]
    if before in (["instead", "of"], ["rather", "than"]) or (before[-1:] == ["instead"] and prep.lower_ == "of"):
        r.take(prep)
        return False
    if before[-1:] == ["not"]:
        r.seen.add(prep.i - 1)
        r.latest = mention(r, target)  # "not on the sofa but next to it"
        return False
    if low == "without":
        deny(r, target)
        for child in () if is_being(r.noun(target).key) else target.rights:  # "pens without caps lying in a tray"
            form = forms.verb_form(child.lower_)
            if child.dep_ == "acl" and form is not None and form[0] in verb_words.POSTURES:
                r.seen -= {part.i for part in child.subtree}
                r.rules.read_clause(r, child, about)
        return False
    for child in prep.children:
        if child.dep_ == "conj" and (r.relation(child) is not None or child.pos_ == "ADP") and child.i not in r.seen:
            attach(r, about, child)
    if target.pos_ == "VERB" and target.dep_ == "pcomp":
        r.rules.read_clause(r, target, [])
        r.subject = about or r.subject
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
    if how is None or not others or not about:
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
    outer = r.relation(prep)
    weaker = outer is None or (r.relation(inner) is not None and outer.manner in ("weak", "vague"))
    target = object_of(inner)
    if target is None:
        describe(r, about, f"{said} {r.take(prep)}".strip())
        return True
    if inner.dep_ == "pcomp" or weaker:
        return attach(r, about, inner, said, verb=verb)
    r.seen.add(inner.i)
    phrase = f"{said} {r.text([prep, inner])}".strip()
    return read_target(r, Attached(about, outer, prep, target, r.noun(target), phrase))


def _stranded(r: Reading, about: list[int], prep: Token, how: RelationWords | None, said: str) -> bool:
    """ "a box behind", "on its left": the other thing is what the clause is about."""
    if how is not None and how.words == "on top" and prep.i and prep.doc[prep.i - 1].lower_ in words.MASS:
        describe(r, about, r.take(prep))  # "a mountain with snow on top"
        return bool(said)
    hosted = bool(r.host) and set(r.host) != set(about)
    here = set(r.latest) - set(about) - set(r.previous)  # "a dog with a cat on its left": what is named here
    leads = prep.i < prep.head.i  # "to its left hangs a board with two notes": the board does
    if how is not None and how.own_object and about and here and not hosted and not leads:
        hosts = [owner for i in r.latest if (owner := r.things[i].owner) is not None and owner not in r.latest] or about
        relate_as(r, how, r.latest, hosts, KINDS[how.kind].said)
        return False
    if how is not None and how.own_object and about and not (r.host or leads) and not set(about) ^ set(r.subject):
        r.opened = (how, about)
    others = (
        [i for i in r.host if i not in about]
        or _pivot(r, about, how, prep)
        or _between(r, about, how)
        or _who(r, how, about)
        if about and how and (how.own_object or how.manner not in ("weak", "vague"))
        else []
    )
    if how is not None and others and not set(about) & set(others):
        relate_as(r, how, about, others, f"{said} {KINDS[how.kind].said}".strip())
        return True
    if said or about:
        describe(r, about, f"{said} {r.take(prep)}".strip())
    return True


def _between(r: Reading, about: list[int], how: RelationWords) -> list[int]:
    """ "a lake on the right, a lodge on the left, tents in between": the two things named last."""
    named = [i for i in r.listed if i not in about and r.things[i].count]
    return named[-2:] if how.kind == "between" and not how.own_object else []


def _who(r: Reading, how: RelationWords, about: list[int]) -> list[int]:
    """Of what "on his head" or "in front" is said: of him, or of the first thing of the sentence."""
    word = pronoun_in(how)
    stack = [i for i in r.previous[-1:] if r.things[i].formation == "y" and i not in about]
    if how.words == "on top" and stack:
        return stack
    named = [i for i in r.listed or r.before if i not in about and r.things[i].count]
    if how.kind == "inside":
        named = [i for i in range(len(r.things)) if i not in about and _has_room(r, i, about)][-1:] or named
    first = [i for i in named if r.things[i].noun.key not in words.MASS][:1]
    return antecedent(r, word or "it", about) if word or not first else first


def _has_room(r: Reading, index: int, about: list[int]) -> bool:
    """Tell whether a thing is hollow and wide enough for others: a wardrobe for a hat, but no vase for a lamp."""
    draft, widest = r.things[index], max((kind_of(r.things[i].noun.key).width for i in about), default=0.0)
    hollow = draft.noun.key in words.CONTAINERS | words.SHELVES and draft.count > 0
    return hollow and kind_of(draft.noun.key).width > widest


def _pivot(r: Reading, about: list[int], how: RelationWords | None, prep: Token) -> list[int]:
    """ "To its left …. To its right …": both times of the same thing."""
    if how is None or not how.own_object or prep.i > prep.head.i:
        return []
    if (said := pronoun_in(how)) not in ("", "it"):
        return antecedent(r, said, about)
    if not r.pivot:
        r.pivot = antecedent(r, "it", about)
    return r.pivot
