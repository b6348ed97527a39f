"""Requests: "I want …", "draw …", "can you make …" only say that something is to be seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from planner.english.parsing.nouns import Noun, object_of
from planner.english.reading import attaching, fragments
from planner.english.reading.leading import at_place
from planner.english.reading.mentioning import deny
from planner.english.reading.state import Reading
from planner.lexicon import forms, words
from planner.lexicon.kinds import is_being, is_person
from planner.lexicon.verb_words import REQUESTS

if TYPE_CHECKING:
    from spacy.tokens import Token

YOU: Final = words.word_set("i you u ya we me us")
ASKED: Final = ("dobj", "attr", "oprd", "dep", "appos", "nsubj", "ccomp", "conj", "npadvmod", "dative")
SUBJECTS: Final = frozenset({"nsubj", "nsubjpass", "expl", "csubj"})
TELLING: Final = words.word_set("turn celebrate get become retire move marry start have go graduate")
WISHING: Final = words.word_set("want need wish ask request order")


def lemma(verb: Token) -> str:
    form = forms.verb_form(verb.lower_)
    return form[0] if form is not None and verb.lower_ not in ("'s", "is", "are") else verb.lemma_.lower()


def is_request(r: Reading, verb: Token, lemma: str, about: list[int]) -> bool:
    """ "I want …", "draw …", "can you make …": said of no thing in the picture."""
    subject = [child.lower_ for child in verb.children if child.dep_ in SUBJECTS]
    nobody = not any(r.things[i].noun.sort == "thing" for i in r.subject + r.before)
    if lemma in words.LIKING and nobody and any(low in words.PRONOUNS for low in subject):
        return True  # "she loves hedgehogs", said of nobody in the picture
    if nobody and (_wisher(verb, lemma) is not None or _is_of_the_writer(r, verb) or _is_aside(r, verb, lemma)):
        return True
    if subject:
        return any(low in YOU for low in subject)
    imperative = (
        (verb.tag_ in ("VB", "VBP") or (verb.tag_ == "VBD" and verb.i == 0))
        and (not about or (verb.i == 0 and verb.lower_ == lemma))  # "…, and put a cafe on the left"
    )
    asked = any(child.lower_ in ("please", "let") for child in verb.children)
    return (imperative and lemma in REQUESTS) or asked


_ASKING: Final = re.compile(
    r"\b(?:(?:can|could|would|will) (?:you|u|ya)|please|pls|plz|make|draw|create|generate|do"
    r"|(?:i|we)(?: ?'d| would)? (?:like|love|want|need)) ",
    re.IGNORECASE,
)


def _is_of_the_writer(r: Reading, verb: Token) -> bool:
    """ "my son turns 5 and he loves diggers, can you draw …": why somebody asks, before they do."""
    who = next((child for child in verb.lefts if child.dep_ in SUBJECTS), None)
    asks = any(_ASKING.search(f"{segment.text} ") for segment in r.ahead)
    shown = r.writers is not None and lemma(verb) not in TELLING  # "a card for my aunt's birthday, she's riding a bear"
    if who is None or not asks or len(r.things) or shown:
        return False
    return (_is_near(who) and is_person(who.lower_)) or who.lower_ in ("he", "she", "they")


def _is_aside(r: Reading, verb: Token, lemma: str) -> bool:
    """ "It's for my daughter's room, she's 4", "… for our window, it's a bakery": what the picture is for."""
    told = any(child.dep_ in SUBJECTS and child.lower_ in ("it", "he", "she", "we", "they") for child in verb.lefts)
    if lemma != "be" or len(r.things) or not told:
        return False
    r.purpose |= any(child.lower_ == "for" and _is_near(object_of(child)) for child in verb.rights)
    return r.purpose


def _is_near(token: Token | None) -> bool:
    """Tell whether a noun is the writer's: "my daughter's room", "our shop window"."""
    return token is not None and any(part.lower_ in ("my", "our") for part in token.subtree)


def _wisher(verb: Token, lemma: str) -> Token | None:
    """ "my kid wants …", "our client asked for …", "my mother would like …": who wishes, near to the writer."""
    would = lemma in ("like", "love") and any(child.lower_ in ("would", "'d") for child in verb.lefts)
    who = next((child for child in verb.lefts if child.dep_ == "nsubj" and child.pos_ in ("NOUN", "PROPN")), None)
    wishes = (lemma in WISHING or would) and who is not None and _is_near(who)
    return who if wishes and who is not None and (is_person(who.lower_) or not is_being(who.lower_)) else None


def read_request(r: Reading, verb: Token) -> None:
    """Read what is asked for."""
    wisher = _wisher(verb, lemma(verb))
    told = wisher is None and (_is_of_the_writer(r, verb) or _is_aside(r, verb, lemma(verb)))
    r.writers = _writers(r, verb) or r.writers
    if told or any(child.dep_ == "nsubj" and child.lower_ in words.PRONOUNS for child in verb.children):
        r.take(verb)
        return
    if wisher is not None:
        r.take(wisher)
    for child in verb.rights:
        if r.writers is not None and child.lower_ in ("her", "him"):  # "could you do her on a tractor"
            r.subject = fragments.read_fragment(r, child)
        elif child.pos_ == "ADJ" and (made := _made(verb, child)) is not None:
            for index in fragments.read_fragment(r, made):
                r.things[index].adjectives.append(r.take(child).removeprefix(f"{r.text(list(made.subtree))} "))
        elif child.dep_ in ASKED and child.pos_ in ("NOUN", "PROPN", "NUM", "DET"):
            if any(other.dep_ == "neg" for other in verb.children):
                deny(r, child)
                return
            r.subject = fragments.read_fragment(r, child) or r.subject
        elif child.pos_ in ("VERB", "AUX"):
            r.rules.read_clause(r, child, [])
        elif child.dep_ == "prep" or r.relation(child) is not None:
            _beside(r, verb, child)


def _made(verb: Token, adjective: Token) -> Token | None:
    """ "make the car pink": what is to be so."""
    told = adjective.dep_ in ("ccomp", "oprd", "acomp") and lemma(verb) in ("make", "paint", "keep", "have", "want")
    return next((child for child in adjective.lefts if child.dep_ == "nsubj"), None) if told else None


def _writers(r: Reading, verb: Token) -> Noun | None:
    """Who is told of, where it is somebody near to the writer: "my grandma turns 90", "… for my dad's birthday"."""
    who = [child for child in verb.lefts if child.dep_ in SUBJECTS]
    who += [part for part in verb.subtree if part.dep_ == "poss" and part.head.head.lower_ == "for"]
    return next((r.noun(one) for one in who if is_person(one.lower_) and _is_near(one)), None)


def _beside(r: Reading, verb: Token, prep: Token) -> None:
    """A preposition beside what is asked for: "for my wall" says nothing of the picture."""
    wanted = prep.lower_ in ("for", "about", "of", "like") and lemma(verb) in ("look", "think", "dream", "ask", "see")
    if wanted:  # "thinking about a treehouse", "looking for something like a fox"
        nouns = (part for part in prep.subtree if part.dep_ == "pobj" and part.lower_ not in ("something", "anything"))
        r.subject = fragments.read_fragment(r, noun) if (noun := next(nouns, None)) is not None else r.subject
    elif prep.dep_ == "prep" and prep.lower_ in ("for", "in") and not r.subject:
        r.purpose |= _is_near(object_of(prep))
        r.take(prep)
    else:
        attaching.attach(r, r.subject, prep)


def first_places(r: Reading, verb: Token) -> None:
    """Places that lead the clause: "on the left sits a fox"."""
    for child in verb.lefts:
        if (where := r.place(child)) is not None and child.i not in r.seen:
            r.seen.add(child.i)
            at_place(r, where)
