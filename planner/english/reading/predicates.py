"""What is said of a thing by "is": its colour, its name, a comparison, what is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from planner.english.parsing.nouns import object_of, of_what
from planner.english.reading import attaching, fragments, objects, requests
from planner.english.reading.mentioning import deny, mention, read_excepted
from planner.english.reading.referring import is_reference
from planner.english.reading.state import Reading, describe, relate
from planner.english.reading.things import BARE_PLURAL
from planner.lexicon import words
from planner.lexicon.kinds import is_being

if TYPE_CHECKING:
    from spacy.tokens import Token

BESIDE: Final = ("cc", "conj", "advmod", "amod", "punct", "prep", "ccomp", "advcl")
BEING: Final = words.word_set("be become remain stay seem appear look")


def denied(r: Reading, verb: Token, about: list[int]) -> bool:
    """ "the witch is not there", "a cat that is not black", "the dog is not on the sofa"."""
    unwanted = requests.lemma(verb) in ("need", "want", "require", "allow")  # "pilots not needed"
    said = [child for child in verb.children if child.dep_ not in ("neg", "nsubj", "nsubjpass", "punct", "cc")]
    there = all(child.lower_ in ("there", "here", "visible", "present", "seen") for child in said)
    if unwanted or (there and requests.lemma(verb) in BEING):
        for index in about:
            r.absent.append(r.things[index].item().description)
            r.things[index].count = 0
        r.take(verb)
        return True
    for child in verb.rights:
        if child.dep_ in ("acomp", "attr") and child.pos_ == "ADJ":
            for index in about:
                r.things[index].denied.append(child.lower_)
            for part in (*child.rights, *verb.rights):
                if part.dep_ == "prep":
                    attaching.attach(r, about, part)
            return True
    for child in verb.rights:
        if child.dep_ in ("dobj", "attr") and child.pos_ in ("NOUN", "PROPN"):
            if verb.dep_ == "xcomp":
                fragments.complements(r, child, mention(r, child))  # "tries not to wake the bulldog": it is there
            else:
                deny(r, child)
    r.take(verb)
    return True


def read_being(r: Reading, verb: Token, about: list[int]) -> bool:
    """ "the ball is red", "the one on the left is a lizard", "there is a cat"; False for other clauses of "be"."""
    kinds, names = ("attr", "acomp", "nsubj", "dobj", "oprd"), ("NOUN", "PROPN", "ADJ", "NUM", "DET", "PRON")
    free = [child for child in verb.rights if child.i not in r.seen and r.piece(child).value is None]
    attribute = next((child for child in free if child.dep_ in kinds and child.pos_ in names), None)
    if attribute is None or (requests.lemma(verb) != "be" and attribute.pos_ != "ADJ"):
        return False
    determined = any(child.dep_ == "det" for child in attribute.children)
    adjective = attribute.pos_ == "ADJ" or (attribute.lower_ in words.ADJECTIVES and not determined)
    if adjective and about:
        _predicate(r, attribute, about)
    elif adjective:
        r.take(attribute)
    elif about:
        _rename(r, attribute, about)
    else:
        before = [child for child in verb.lefts if child.dep_ == "prep"]
        for child in before:
            attaching.attach(r, [], child)
        about = fragments.read_fragment(r, attribute)
        join(r, before, about)
    _rest(r, verb, about)
    return True


def join(r: Reading, prepositions: list[Token], about: list[int]) -> None:
    """ "on the table is a cup": the relation was read before its subject."""
    for child in prepositions:
        if (stands := attaching.stand_at(r, child, r.host, about)) is not None:
            r.carried = (r.leading, *stands) if r.segment.after == "," else None
    if prepositions:
        r.host = []


def _predicate(r: Reading, attribute: Token, about: list[int]) -> None:
    """Adjectives after "is": colours become part of the name, a comparison is noted, others are words."""
    than = next((child for child in attribute.children if child.lower_ == "than"), None)
    if attribute.tag_ in ("JJR", "RBR") or than is not None:
        _compare(r, attribute, than, about)
        return
    if any(child.lower_ == "as" and child.dep_ == "prep" for child in attribute.children):  # "as big as a barn"
        fragments.adjective_phrase(r, about, attribute, "")
        return
    adjectives = [attribute, *[part for part in attribute.subtree if part.dep_ == "conj" and part.pos_ == "ADJ"]]
    read_excepted(r, attribute)
    for adjective in adjectives:
        plain = all(child.dep_ in BESIDE for child in adjective.children)
        shade = [child for child in adjective.lefts if child.dep_ == "amod"]  # "is bright green"
        for index in about:
            if plain and adjective.lower_ not in r.things[index].noun.modifiers:
                r.things[index].adjectives.append(r.text([*shade, adjective]))
        r.seen.add(adjective.i)
        for child in adjective.children:
            if child.dep_ == "prep" and child.i not in r.seen:
                attaching.attach(r, about, child)
            elif child.dep_ in ("ccomp", "advcl") and any(part.tag_ == "MD" for part in child.lefts):
                r.take(child)  # "so big that he could carry a horse"
            elif child.dep_ in ("ccomp", "advcl"):
                r.rules.read_clause(r, child, about)  # "so small that it slept in a teacup"


def missing(r: Reading, attribute: Token, about: list[int]) -> None:
    """ "the globe is missing", "in the third panel the robot is gone": from all pictures, or from that one."""
    for index in about:
        r.absent += [] if r.panel else [r.things[index].noun.head]
        r.things[index].count = 0
    r.subject = read_excepted(r, attribute) or r.subject
    for child in attribute.rights:
        if child.dep_ == "conj" and child.pos_ in ("VERB", "AUX"):
            r.rules.read_clause(r, child, [])


def _compare(r: Reading, attribute: Token, than: Token | None, about: list[int]) -> None:
    """ "the dog is bigger than the cat on the right"."""
    target = object_of(than) if than is not None else None
    others: list[int] = []
    if target is None or is_reference(r, target):
        describe(r, about, r.take(attribute))
    else:
        r.seen.update([attribute.i, target.head.i])
        subject, leading, r.leading = r.subject, r.leading, None
        others = mention(r, target)
        fragments.complements(r, target, others)
        r.subject, r.leading = subject, leading
        r.listed += others
    r.compared += [(index, attribute.lower_, other) for index in about for other in others]


def _rename(r: Reading, attribute: Token, about: list[int]) -> None:
    """ "The pilot on the left is a woman": the same thing under another name."""
    noun, inner = r.noun(attribute), of_what(attribute)
    number, first = words.number_of(attribute.lower_), r.things[about[0]]
    if number and len(about) == 1 and first.limit == "least":  # "boys play, they are five"
        first.count, first.limit, first.note = number, "exact", ""
        r.seen.add(attribute.i)
        return
    # "only a blur of colors"
    vague = any(child.lower_ in ("only", "just", "merely", "than") for child in attribute.lefts)
    if noun.sort == "thing" and not vague and noun.determiner in ("a", "an", ""):
        for index in about:
            draft = r.things[index]
            known = draft.noun
            draft.noun = replace(noun, determiner=known.determiner or noun.determiner, count=known.count)
            if noun.plural and draft.count == 1:  # "the audience is penguins"
                draft.noun = replace(draft.noun, determiner="")
                draft.count, draft.limit = noun.count or BARE_PLURAL, "least"
        r.seen.update(noun.tokens)
        fragments.complements(r, attribute, about)
        return
    if inner is not None and is_being(noun.key):
        role = [*noun.tokens, inner.head.i]  # "my cat is the captain of a ship"
        r.seen.update(role)
        relate(r, "next_to", about, mention(r, inner), r.text(role))
        return
    describe(r, about, r.take(attribute))


def _rest(r: Reading, verb: Token, about: list[int]) -> None:
    """Read what stands beside the attribute of "is"."""
    for child in [*verb.lefts, *verb.rights]:
        if child.i not in r.seen and not (child.i < verb.i and child.dep_ not in ("prep", "advmod")):
            another = child.doc[child.i - 1].lower_ in ("another", "other", "one")
            objects.read_complement(r, verb, "be", r.listed[-1:] if another else about, child, "", passive=False)
