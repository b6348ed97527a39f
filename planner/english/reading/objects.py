"""Objects and complements of a verb."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.english.parsing.nouns import Noun, object_of, of_what
from planner.english.parsing.phrases import Idiom, OrderWords, RelationWords
from planner.english.parsing.places import PlaceWords
from planner.english.reading import attaching, belonging, fragments, settings
from planner.english.reading.leading import order
from planner.english.reading.lettering import is_writing
from planner.english.reading.mentioning import FORMATIONS, deny, mention, nominals
from planner.english.reading.referring import each_other, is_reference, refer
from planner.english.reading.state import Reading, describe, note_text, put, relate, relate_as
from planner.lexicon import forms, verb_words, words
from planner.lexicon.kinds import is_being, is_person, kind_of
from planner.lexicon.relations import KINDS, verb_wording
from planner.scene.scene import ANYWHERE

if TYPE_CHECKING:
    from spacy.tokens import Token

HAVING: Final = words.word_set("have contain include feature")
TAKING: Final = words.word_set("hold carry read ride push pull drag")
PARTICLES: Final = ("advmod", "prt", "npadvmod", "amod", "dep")
OBJECTS: Final = ("dobj", "attr", "oprd", "dative", "nsubj", "npadvmod", "appos")
NAMES: Final = ("NOUN", "PROPN", "PRON", "NUM", "DET", "ADJ")
CLAUSES: Final = ("conj", "advcl", "xcomp", "ccomp", "relcl", "acl", "dep", "pcomp")
READ_IN_HAND: Final = words.word_set("book newspaper paper magazine map letter postcard menu scroll tablet comic novel")
ADJECTIVES: Final = ("acomp", "advmod", "amod", "prt", "dep", "oprd")


def _relate_by(r: Reading, lemma: str, about: list[int], others: list[int], said: str) -> None:
    """Relate a verb's subject to its object; side by side where the verb says no more."""
    if lemma == "read" and about and all(r.things[i].noun.key in READ_IN_HAND for i in others):
        relate(r, "holding", about, others, said)
        return
    wording = verb_wording(lemma)
    bears = bool(about) and lemma in ("carry", "hold", "bear", "support")
    borne = belonging.holding(r.things[about[-1]].noun.key) if bears else None
    if borne is not None:  # "a side table carrying a bowl"
        relate_as(r, RelationWords(borne, KINDS[borne].said), others, about, KINDS[borne].said)
        return
    how = RelationWords(wording.kind, said, wording.manner) if wording else RelationWords("next_to", said)
    relate_as(r, how, about, others, said)


def read_complement(
    r: Reading, verb: Token, lemma: str, about: list[int], child: Token, said: str, *, passive: bool
) -> bool:
    """Read one complement of a verb; tells whether the verb's words were used up."""
    value = r.piece(child).value
    if isinstance(value, PlaceWords):
        r.seen.add(child.i)
        put(r, [i for i in about if r.things[i].place == ANYWHERE] or r.latest, value)
        return False
    if isinstance(value, Idiom):
        describe(r, about, f"{said} {r.take(child)}".strip())
        return True
    if isinstance(value, OrderWords):
        r.seen.add(child.i)
        order(r, value, about)
        return False
    if r.lettering(child) or is_writing(r, child):
        return _letters(r, about, child, said, lemma)
    if lemma in HAVING and child.dep_ == "prep":
        about = r.latest  # "a hedgehog had a house under a tree"
    about = about or (r.subject if lemma in HAVING | {"show", "depict"} else [])  # "a sign showing a man next to a car"
    if child.dep_ in ("prep", "agent") or (value is not None and child.dep_ in PARTICLES):
        if passive and lemma in words.DRESSED | {"load", "fill", "cover", "make", "dress", "decorate", "adorn", "wrap"}:
            return _dressed(r, about, verb, child, said)
        return attaching.attach(r, _borne(r, about, child), child, said, verb=True)
    if child.dep_ in OBJECTS and child.pos_ in NAMES:
        return _object(r, lemma, about, child, said)
    if child.dep_ in CLAUSES and child.pos_ in ("VERB", "AUX"):
        taught = child.dep_ == "xcomp" and lemma in verb_words.GUIDING and any(c.dep_ == "dobj" for c in verb.rights)
        r.rules.read_clause(r, child, r.latest if taught else about)  # "teaching her son to ride a bicycle": he does
        return False
    if child.dep_ in ADJECTIVES and child.pos_ in ("ADJ", "ADV", "ADP"):
        fragments.adjective_phrase(r, about, child, said)
        return True
    return False


def _borne(r: Reading, about: list[int], prep: Token) -> list[int]:
    """ "pushes a baby in a stroller", "chops a leek on a board", "kisses a frog on a leaf": it is there, and not he."""
    target, near, how = object_of(prep), forms.singular(prep.doc[prep.i - 1].lower_), r.relation(prep)
    borne = [i for i in r.latest if i not in about and r.things[i].noun.key == near]
    if target is None or not borne or not about or how is None or how.kind not in ("on", "inside"):
        return about
    host, size = r.noun(target), kind_of(r.things[about[-1]].noun.key).width
    small = host.sort == "thing" and kind_of(host.key).width < size and host.key not in words.SAT_ON
    worked = host.key in words.WORKED_ON and is_person(r.things[about[-1]].noun.key)
    return borne if small or worked or (host.key in words.BORNE_IN and is_being(near)) else about


def _letters(r: Reading, about: list[int], child: Token, said: str, lemma: str) -> bool:
    for part in child.subtree:
        if text := r.lettering(part):
            note_text(r, text, about)
    verb = "that says" if lemma in ("say", "read", "spell") else said
    describe(r, about, f"{verb} {r.take(child)}".strip())
    return True


def _dressed(r: Reading, about: list[int], verb: Token, child: Token, said: str) -> bool:
    """ "filled with apples", "topped with a slice of cake": a property, or a thing on or in the first."""
    target, kind = object_of(child), words.FILLED.get(verb.lower_)
    if target is None:
        describe(r, about, f"{said or verb.text} {r.take(child)}")
    elif verb.lower_ == "made" and verb.dep_ not in ("acl", "relcl") and len(list(child.subtree)) == 2:
        for index in about:  # "the house should be made of cardboard"
            r.things[index].adjectives.append(target.text)
        r.take(child)
    elif child.lower_ not in ("with", "of", "in", "by", "from"):
        describe(r, about, said)
        return attaching.attach(r, about, child)
    elif kind is not None and r.noun(target).counted:
        relate(r, kind, mention(r, target), about, "on" if kind == "on" else "in")
    else:
        r.seen.add(child.i)
        describe(r, about, f"{said or verb.text} {child.text} {settings.own_words(r, target)}")
        settings.rest(r, target, about)
    return True


def _object(r: Reading, lemma: str, about: list[int], child: Token, said: str) -> bool:
    """Read the object of a verb."""
    if lemma in HAVING and about:
        for one in nominals(child):
            belonging.with_noun(r, about, one, "with")
        return True
    if _to_known(r, lemma, about, child, said):
        return True
    whole = settings.part_of(r, child)  # "bandaging the paw of a beagle"
    if whole != child and lemma == "hold" and about and is_being(r.noun(whole).key):
        relate(r, "next_to", about, mention(r, whole), "holding the hand of")
        more = nominals(child)[1:]  # "holding her mother's hand and a balloon"
        return _object(r, lemma, about, more[0], said) if more else True
    child, noun = whole, r.noun(whole)
    if _forms(r, lemma, about, child):
        return True
    if lemma in ("call", "name") and about:  # "a monster called Grum"
        r.things[about[-1]].called = noun.key
        describe(r, about, f"{said} {r.take(child)}")
        return True
    if noun.count == 0 or (noun.determiner in words.POSSESSIVES and lemma in words.LOSING):  # "has lost its flock"
        deny(r, child)
        return False
    if not about:
        r.subject = fragments.read_fragment(r, child) or r.subject
        return True
    taken = noun.sort == "picture" and lemma in ("take", "shoot", "snap")  # "took a photo"
    bare = noun.is_bare and (r.things[about[-1]].noun.is_bare or lemma in TAKING)  # "wizard reading book"
    if taken or (r.things.known(noun) is None and _is_words(noun) and not bare):
        verb = said or (forms.participle(lemma) if taken or lemma == "read" else "")
        describe(r, about, f"{verb} {settings.own_words(r, child)}".strip())
        settings.rest(r, child, about)
        return True
    others = _others(r, child)
    belonging.share(r, about, others, own=noun.determiner in words.POSSESSIVES)
    _relate_by(r, lemma, about, others, said or forms.participle(lemma))
    for one in nominals(child):
        belonging.after(r, one, others, about)
    r.latest = others
    return True


def _to_known(r: Reading, lemma: str, about: list[int], child: Token, said: str) -> bool:
    """ "it", "itself", "each other": an object that is known already; tells whether it is one."""
    if child.lower_.endswith(("self", "selves")) or each_other(child):
        describe(r, about, f"{said or forms.participle(lemma)} {r.take(child)}")
    elif is_reference(r, child):
        _relate_by(r, lemma, about, refer(r, child, about), said)
    else:
        return False
    return True


def _others(r: Reading, child: Token) -> list[int]:
    """The objects of a verb; "a bear holding an axe and a beaver on the right": what has a place is none of them."""
    others: list[int] = []
    for one in nominals(child):
        after = one.doc[one.i + 1] if one.i > child.i and one.i + 1 < len(one.doc) else one
        if one.i > child.i and _does_more(r, child, one):
            r.rules.read_fragment(r, one)
        elif (where := r.place(after)) is not None:
            r.seen.add(after.i)
            put(r, r.rules.read_fragment(r, one), where)
        else:
            others += mention(r, one, lone=True)
    return others


def _forms(r: Reading, lemma: str, about: list[int], child: Token) -> bool:
    """ "two fish forming a circle": how they stand; tells whether it says that."""
    form = FORMATIONS.get(r.noun(child).key) if lemma in ("form", "make", "build") else None
    if form is None or of_what(child) is not None:
        return False
    for index in about:
        r.things[index].formation = form
    r.take(child)
    return True


def _does_more(r: Reading, first: Token, one: Token) -> bool:
    """ "a girl holding a bottle and a boy holding a lantern": somebody else, who is no object of the first verb."""
    told = any(part.dep_ in ("acl", "relcl", "prep") for part in one.rights)
    rides = is_person(r.noun(one).key) and not is_person(r.noun(first).key)  # "riding a horse and a boy on a donkey"
    return told and (rides or (is_being(r.noun(one).key) and not is_being(r.noun(first).key)))


def _is_words(noun: Noun) -> bool:
    """Tell whether a verb's object is no thing: "holding hands", "playing music"."""
    concrete = noun.sort in ("thing", "clothes", "picture") or (noun.sort == "part" and noun.counted)
    stuff = not noun.counted and not noun.determiner and not noun.plural and not noun.proper
    stuff = stuff and not any(word.endswith("'s") for word in noun.modifiers)  # "Lily's bear"
    own = noun.sort == "part" and noun.determiner in words.POSSESSIVES
    return not concrete or stuff or own or noun.key in words.MASS
