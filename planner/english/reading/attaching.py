"""What hangs on a thing or a verb by a preposition: relations, scenery, attributes, places."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from planner.english.parsing.nouns import Noun
from planner.english.parsing.phrases import RelationWords
from planner.english.reading import belonging, settings
from planner.english.reading.mentioning import FORMATIONS, deny, mention, nominals
from planner.english.reading.referring import antecedent, is_reference, refer
from planner.english.reading.state import Reading, describe, relate, relate_as
from planner.lexicon import forms, verb_words, words
from planner.lexicon.kinds import is_clothing, worn_on
from planner.lexicon.relations import KINDS
from planner.scene.scene import Formation

if TYPE_CHECKING:
    from spacy.tokens import Token

SIDES: Final = frozenset({"left_of", "right_of", "above", "below", "between"})
WEAK: Final = frozenset({"on", "inside", "under", "next_to"})
DRESSED: Final = frozenset({"inside", "wearing", "around"})  # a hat above or beside somebody is a thing of its own


def attach(r: Reading, about: list[int], prep: Token, said: str = "", *, verb: bool = False) -> bool:
    """Read what a preposition adds to things; `said` are the verb's words before it. Tells whether `said` was used."""
    r.seen.add(prep.i)
    how = r.relation(prep)
    low = prep.lower_ if how is None else ""
    inner = [child for child in prep.children if child.dep_ in ("prep", "pcomp") and child.pos_ != "VERB"]
    objects = [
        child
        for child in prep.children
        if (
            child.dep_ in ("pobj", "dobj", "attr", "appos", "nsubj")
            or (child.dep_ == "pcomp" and prep.lower_ == "with")
        )
        and child.pos_ != "CCONJ"
    ]
    if not objects and not inner:
        objects = [
            token
            for token in prep.doc[prep.i + 1 : prep.i + 5]
            if token.dep_ == "nsubj" and token.left_edge.i == prep.i + 1
        ][: how is not None]
    if not objects and inner:
        return _through(r, about, prep, inner[0], said, verb=verb)
    if not objects:
        return _stranded(r, about, prep, how, said)
    target = objects[0]
    if prep.i > 1 and prep.doc[prep.i - 1].lower_ == "of" and prep.doc[prep.i - 2].lower_ == "instead":
        r.take(prep)
        return False
    if prep.i and prep.doc[prep.i - 1].lower_ == "not":  # "not on the sofa but next to it"
        r.seen.add(prep.i - 1)
        r.latest = mention(r, target)
        for child in prep.children:
            if child.dep_ == "conj" and child.i not in r.seen:
                attach(r, about, child)
        return False
    if low == "without":
        deny(r, target)
        return False
    for child in prep.children:
        if child.dep_ == "conj" and (r.relation(child) is not None or child.pos_ == "ADP") and child.i not in r.seen:
            attach(r, about, child)
    phrase = f"{said} {r.piece(prep).source}".strip() if said else r.piece(prep).source
    if target.pos_ == "VERB" and target.dep_ == "pcomp":
        r.rules.read_clause(r, target, [])
        r.subject = about or r.subject
        return False
    if low == "with" or low == "including":
        return belonging.with_things(r, about, prep, target, said)
    if is_reference(r, target):
        _to_reference(r, about, how, target, phrase)
        return True
    return _to_noun(r, about, how, low, prep, target, phrase, said=said, verb=verb)


def _through(r: Reading, about: list[int], prep: Token, inner: Token, said: str, *, verb: bool) -> bool:
    """ "behind of him", "from behind": two prepositions are the one that says more."""
    outer = r.relation(prep)
    weaker = outer is None or (r.relation(inner) is not None and outer.manner in ("weak", "vague"))
    if inner.dep_ == "pcomp" or weaker:
        if any(child.dep_ == "pobj" for child in inner.children):
            return attach(r, about, inner, said, verb=verb)
        describe(r, about, f"{said} {r.take(prep)}".strip())
        return True
    target = next((child for child in inner.children if child.dep_ == "pobj"), None)
    if target is None:
        describe(r, about, f"{said} {r.take(prep)}".strip())
        return True
    r.seen.add(inner.i)
    phrase = f"{said} {r.text([prep, inner])}".strip()
    if is_reference(r, target):
        _to_reference(r, about, r.relation(prep), target, phrase)
        return True
    return _to_noun(r, about, r.relation(prep), "", prep, target, phrase)


def _stranded(r: Reading, about: list[int], prep: Token, how: RelationWords | None, said: str) -> bool:
    """ "a box behind", "on its left": the other thing is what the clause is about."""
    if how is not None and how.own_object and about and r.latest and set(r.latest) - set(about) and not r.host:
        relate(
            r,
            how.kind,
            *((about, r.latest) if how.manner in ("inverse", "flanking") else (r.latest, about)),
            KINDS[how.kind].said,
        )
        return False
    if how is not None and how.own_object and about and not r.host and not set(about) ^ set(r.subject):
        r.opened = (how, about)
    others = (
        r.host or _pivot(r, about, how, prep) or antecedent(r, _pronoun(how), about)
        if how and (how.own_object or how.manner not in ("weak", "vague")) and len(r.things)
        else []
    )
    if how is not None and about and others and not set(about) & set(others):
        words_said = KINDS[how.kind].said
        subjects, targets = (others, about) if how.manner in ("inverse", "flanking") else (about, others)
        if how.manner == "flanking" and sum(r.things[i].count for i in about) == 1:
            r.things[about[0]].count = 2
        relate(r, how.kind, subjects, targets, f"{said} {words_said}".strip())
        return True
    if said or about:
        describe(r, about, f"{said} {r.take(prep)}".strip())
    return True


def _pronoun(how: RelationWords) -> str:
    """ "on his head": him."""
    said = {"his": "him", "her": "her", "their": "them"}
    return next((said[word] for word in how.words.split() if word in said), "it")


def _pivot(r: Reading, about: list[int], how: RelationWords | None, prep: Token) -> list[int]:
    """ "To its left …. To its right …": both times of the same thing."""
    if how is None or not how.own_object or prep.i > prep.head.i:
        return []
    if not r.pivot:
        r.pivot = antecedent(r, "it", about)
    return r.pivot


def _to_reference(r: Reading, about: list[int], how: RelationWords | None, target: Token, phrase: str) -> None:
    """A preposition before a pronoun or "one of them"."""
    meant = refer(r, target, about)
    if how is not None and how.kind == "between" and sum(r.things[i].count for i in meant) < 2:
        meant = _placed_apart(r, about) or meant
    if not about:
        same = target.lower_ == "it" and how is not None and how.kind in ("left_of", "right_of", "above", "below")
        r.host = r.pivot if same and r.pivot else meant
        r.pivot = r.host
        return
    if how is None:
        describe(r, about, f"{phrase} {r.text(list(target.subtree))}")
        return
    if target.lower_ == "it" and how.kind in ("left_of", "right_of") and r.pivot and not set(r.pivot) & set(about):
        meant = r.pivot
    if target.lower_ in ("each", "every", "both"):
        for index in about:
            r.things[index].count *= sum(r.things[i].count for i in meant) or 1
    relate_as(r, how, about, meant, phrase)


def _placed_apart(r: Reading, about: list[int]) -> list[int]:
    """ "between them", where nothing plural was named last: the two latest things at different sides."""
    placed = [i for i in range(len(r.things)) if i not in about and r.things[i].place.column is not None]
    other = next((i for i in reversed(placed[:-1]) if r.things[i].place != r.things[placed[-1]].place), None)
    return [other, placed[-1]] if other is not None else []


def _to_noun(
    r: Reading,
    about: list[int],
    how: RelationWords | None,
    low: str,
    prep: Token,
    target: Token,
    phrase: str,
    *,
    said: str = "",
    verb: bool = False,
) -> bool:
    """A preposition before a noun phrase."""
    leading = verb and prep.i < prep.head.i and how is not None and how.kind == "inside"
    if not (leading or (not about and how is not None and how.kind == "inside")):
        target = settings.part_of(r, target)
    if is_reference(r, target):
        _to_reference(r, about, how, target, phrase)
        return True
    if (
        target.lower_ in words.COLOURS
        and not list(target.lefts)
        and (target.pos_ == "ADJ" or all(one.lower_ in words.COLOURS for one in nominals(target)))
    ):
        return settings.in_words(r, about, prep, target, phrase)
    noun = r.noun(target)
    if how is not None and noun.determiner == "each" and noun.sort in ("part", "thing") and about:
        return _on_each(r, about, how, target, noun, phrase)
    known = r.things.known(noun) if noun.determiner in words.DEFINITE | {""} else None
    if noun.count == 0 or noun.determiner == "no":
        deny(r, target)
        return False
    sort = noun.sort
    if (
        sort == "picture"
        and known is None
        and noun.determiner in ("the", "this", "", "each", "every")
        and noun.count is None
    ):
        r.take(prep)
        return False
    if (
        sort == "style"
        and known is None
        and not (noun.key == "light" and noun.modifiers and noun.modifiers[-1] in ("traffic", "street", "stop", "head"))
    ):
        r.take(prep)
        text = f"{phrase} {r.text(list(target.subtree))}"
        if about and r.piece(target).source[:1].isdigit():
            describe(r, about, text)
        else:
            r.styles.append(text)
        return True
    if (
        low == "for"
        and verb
        and said
        and forms.verb_form(said.split()[0]) is not None
        and (forms.verb_form(said.split()[0]) or ("", ""))[0] in verb_words.REACHING
    ):
        how, low = RelationWords("next_to", "for"), ""
    if low in ("except", "besides") and noun.determiner in words.DEFINITE and noun.sort == "thing" and not r.absent:
        mention(r, target)
        return True
    if low in settings.ASIDE or how is None:
        for child in prep.children:
            if child.dep_ == "pcomp" and child.pos_ == "VERB" and about:
                r.rules.read_clause(r, child, about)
        return settings.in_words(r, about, prep, target, phrase)
    looked = said.startswith(("look", "smil", "star", "wav", "pos")) or low == "at" or how.words == "at"
    if noun.key == "camera" and looked and known is None:
        return settings.in_words(r, about, prep, target, phrase)
    if known is None and settings.is_setting(noun, how, [] if leading else about):
        return settings.set_scenery(r, about, prep, target, phrase, noun)
    form = FORMATIONS.get(noun.key)
    several = sum(r.things[i].count for i in about) > 1 and how.words in ("in", "into")
    if form is not None and several and known is None and all(word[0].isdigit() for word in noun.modifiers):
        _form(r, about, target, noun, form)
        return True
    own = noun.determiner in words.POSSESSIVES
    aboard = noun.key in ("deck", "roof", "hood", "saddle") and how.kind == "on" and known is None
    if (
        aboard
        and noun.determiner in ("", "the")
        and (vehicles := [i for i in range(len(r.things)) if i not in about][:1])
    ):
        r.seen.update(noun.tokens)
        relate_as(r, how, about, vehicles, phrase)
        return True
    if sort == "part" and known is None and how.kind in SIDES | {"on", "behind", "in_front_of"} and about:
        whose = _owner_of_part(r, about, noun)
        if whose:
            r.seen.update(noun.tokens)
            relate_as(r, how, about, whose, phrase)
            return True
    if (
        sort in ("part", "clothes")
        and known is None
        and (own or (sort == "clothes" and how.kind in DRESSED) or (how.kind in WEAK and not noun.counted))
    ):
        return settings.in_words(r, about, prep, target, phrase)
    if sort in ("abstract", "spot", "time", "writing") and known is None:
        return settings.in_words(r, about, prep, target, phrase)
    if (
        sort == "thing"
        and not noun.counted
        and noun.determiner == ""
        and not noun.plural
        and known is None
        and noun.key in words.MASS
    ):
        return settings.in_words(r, about, prep, target, phrase)
    apart = [one for one in nominals(target)[1:] if _stands_alone(r, one)]
    others = [i for one in nominals(target) if one not in apart for i in mention(r, one, lone=True)]
    others += [i for one in r.more_objects.get(prep.i, ()) for i in mention(r, one, lone=True)]
    if not others:
        return True
    if not about:
        r.host = others
        r.pivot = others
        r.latest = others
        return True
    across = how.words == "across" and said.startswith(("laid", "lying", "rest", "plac", "drap"))
    if across or (
        how.kind == "inside" and how.words.endswith(" of") and r.things[others[0]].noun.key in words.SUPPORTS
    ):
        how = RelationWords("on", "on")
        phrase = f"{said} on".strip()
    if how.kind in ("left_of", "right_of"):
        r.pivot = others
    relate_as(r, how, about, others, phrase)
    belonging.after(r, target, others, about)
    r.latest = others
    if apart:
        for one in apart:
            r.rules.read_fragment(r, one)
    return True


def _owner_of_part(r: Reading, about: list[int], noun: Noun) -> list[int]:
    """ "a crow above his head", "owl on shoulder": the one whose head or shoulder it is; nobody for what is worn."""
    worn = any(r.things[i].noun.sort != "thing" or worn_on(r.things[i].noun.key) != "body" for i in about)
    if worn or any(is_clothing(r.things[i].noun.key) for i in about) or noun.counted:
        return []
    word = {"his": "him", "her": "her", "their": "them"}.get(noun.determiner, "it")
    found = antecedent(r, "him" if not noun.determiner else word, about)
    return [i for i in found if i not in about]


def _stands_alone(r: Reading, token: Token) -> bool:
    """ "a cat on a bed and a dog on a sofa": what has a place of its own is no further object."""
    own = [child for child in token.rights if child.i not in r.seen]
    related = any((how := r.relation(child)) is not None and (how.manner in ("", "weak")) for child in own)
    return related or any(r.place(child) is not None for child in own)


def _form(r: Reading, about: list[int], target: Token, noun: Noun, form: Formation) -> None:
    """ "in a circle", "in three rows of three": how several things stand."""
    sides = [int(word.partition("x")[0]) for word in noun.modifiers if re.fullmatch(r"\d+x\d+", word)]
    for index in about:
        if sides:
            r.things[index].formation, r.things[index].lines = "grid", sides[0]
            continue
        rows = form in ("x", "y") and (noun.count or 1) > 1
        r.things[index].formation = "grid" if rows else form
        r.things[index].lines = noun.count or 0 if rows else 0
    r.seen.update(noun.tokens)
    for child in target.rights:
        if child.dep_ == "prep" and child.lower_ == "of":
            r.take(child)
        elif child.dep_ == "prep" and child.i not in r.seen:
            attach(r, about, child)


def _on_each(r: Reading, about: list[int], how: RelationWords, target: Token, noun: Noun, phrase: str) -> bool:
    """ "a cup on each plate": as many as there are plates; "one in each corner" is words."""
    known = r.things.known(noun)
    if noun.key in words.PAIRED:
        held = [i for i in r.latest if i not in about] or about
        for index in held:
            r.things[index].count *= 2
        describe(r, held, f"{r.piece(target.head).source} {r.take(target)}")
        return True
    if known is None:
        describe(r, about, f"{phrase} {r.take(target)}")
        return True
    r.seen.update(noun.tokens)
    for index in about:
        r.things[index].count *= r.things[known].count
    relate_as(r, how, about, [known], phrase)
    return True
