"""Verbs that the tagger takes for nouns: "a plush bear dangles", "two foxes flank a fountain"."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from planner.english.parsing.expanding import Piece
from planner.english.parsing.parser import word_class
from planner.lexicon import forms, verb_words, words
from planner.lexicon.forms import VerbForm
from planner.lexicon.kinds import is_being, is_clothing, known_kind_of

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

# Base forms before what is taken: "a knight and a mouse drink tea".
TAKING: Final = words.word_set(
    "drink eat share play watch read paint build bake cook make plant water chase carry hold"
)
# What somebody does, whatever else the word may name.
DEEDS: Final = (
    verb_words.POSTURES
    | verb_words.LIVING
    | words.word_set(
        "snore yawn sob giggle sneeze weep sail swim fly climb march skate paddle crawl hop wander stroll dream travel",
        "smoke",
    )
)
FINITE: Final = ("VBZ", "VBP", "VBD", "MD")
NTH: Final = frozenset([*words.NTH, "other", "last"])
CLAUSES: Final = words.word_set("while and but as when where who which that because so")
_ONE: Final = words.word_set("a an the one another")
_BEGINS: Final = _ONE | words.DEFINITE | words.POSSESSIVES


def as_verb(doc: Doc, named: set[str]) -> tuple[int, tuple[Piece, ...]] | None:
    """Find a hidden verb: its place, and the pieces that say it so that no tagger is wrong ("is dangling").

    named: the things that were named before, in the singular.
    """
    for token in doc:
        verb, form = _reading(token)
        if form is None or not _is_hidden(doc, token, verb, form, named):
            continue
        if form == "past":  # "a hammock strung between two trees"
            return token.i, (Piece("that", ""), Piece("is", ""), Piece(token.text, token.text))
        one = form != "base" or _led(doc, token, verb) or doc[token.i - 1].lower_ == "one"
        be = "is" if one else "are"
        if form != "ing" and _follows(token, "VBN VBD"):  # "a tiger lies stretched out"
            return token.i, (Piece(be, token.text),)
        which = (Piece("that", ""),) if _after_with(doc, token) else ()
        said = forms.participle(verb)
        return token.i, (*which, Piece(be, ""), Piece(said, said))
    return None


def _reading(token: Token) -> tuple[str, VerbForm | None]:
    """Read a word as a form of a verb: (verb, form), the form None for a word that is what it seems."""
    low, one = token.lower_, forms.singular(token.lower_)
    if token.tag_ not in ("NN", "NNS", "NNP", "NNPS", "JJ", "VB", "VBZ", "VBG", "VBD", "VBN"):
        return low, None
    able = one in word_class("verb") or token.tag_ == "VBZ"
    return forms.verb_form(low) or (one, ("third" if one != low else "base") if able else None)


def _is_hidden(doc: Doc, token: Token, verb: str, form: VerbForm, named: set[str]) -> bool:
    """Tell whether a word that the parse has in a noun phrase is what the thing before it does."""
    if token.i == 0:
        return token.tag_ == "NNS" and _continues(token)
    if bare_doing(doc, token) or _torn(doc, token, form):
        return True
    if form == "ing":
        return _is_doing(doc, token)
    if form == "past" or token.tag_ in ("VBZ", "VBD", "VBN"):
        return False
    if _led(doc, token, verb) or (_follows(token, "RP") and forms.verb_form(token.lower_) is not None):
        return not _finite(token)  # "eleven players line up"
    if form == "third":
        return token.tag_ == "NNS" and _one_does(doc, token, named)
    return _many_do(doc, token) or _last_does(doc, token)


def _continues(token: Token) -> bool:
    """ "…, grazes on the right", "…, lifts buckets": two plurals in a row are no noun phrase."""
    objects = _follows(token, "NNS VBZ") and token.nbor().head != token
    named = token.lower_ in words.PLACES  # "waves around it"
    return not named and _sure(token) and (objects or (_follows(token, "ADP ADV DET") and not _finite(token)))


def _torn(doc: Doc, token: Token, form: VerbForm) -> bool:
    """A verb whose subject the parse takes for a part of its noun phrase: "a fox crossing a road"."""
    before = doc[token.i - 1]
    if before.head != token or before.dep_ not in ("compound", "nmod", "npadvmod", "amod"):
        return False
    if form == "past":  # "a drone shot of a bridge" is none
        placed = any(part.pos_ == "ADP" for part in doc[token.i + 1 : token.i + 2]) and _is_noun(before)
        return placed and token.lower_ not in words.PICTURES and known_kind_of(token.lower_) is None
    verb = token.tag_ in ("VBZ", "VBG") and not any(child.dep_ in ("nsubj", "nsubjpass") for child in token.children)
    return verb and token.i > 1 and before.tag_ in ("NN", "JJ") and opener(doc, before.i).lower_ in _ONE


def _led(doc: Doc, token: Token, verb: str) -> bool:
    """ "in front of the shelf lie four books"."""
    things = _follows(token, "DET NUM") or doc[token.i + 1 : token.i + 2].text.endswith("s")
    return doc[0].pos_ == "ADP" and verb in DEEDS and token.i > 1 and things


def _is_doing(doc: Doc, token: Token) -> bool:
    """ "a skateboarder jumping over a hydrant", "a stall selling dumplings"."""
    before, first, noun = doc[token.i - 1], opener(doc, token.i - 1), token.tag_ == "NN"
    if token.lower_ in verb_words.ING_NOUNS or not _sure(token) or not _is_noun(before):
        return False
    if token.tag_ == "VBG" and _finite(token):
        return False
    if token.dep_ == "pobj" and before.head == token.head:  # "in a raincoat jumping in a puddle"
        return before.i < token.i
    if token.tag_ == "VBG" and token.dep_ not in ("amod", "compound"):
        return False
    # "a skeleton at a bar drinking beer": not the bar drinks
    beside = first.lower_ in _BEGINS and first.i > 1 and doc[first.i - 1].pos_ == "ADP"
    beside = beside and any(is_being(part.lower_) for part in doc[: first.i - 1])
    taken = _taken(token)
    if taken is not None and (taken.tag_ in ("NNS", "VBZ") or taken.lower_ in words.MASS or beside):
        return beside or is_being(before.lower_) or (noun and known_kind_of(before.lower_) is not None)
    after = _follows(token, "ADP DET ADV PRON") or (token.i + 1 == len(doc) and is_being(before.lower_))
    return noun and after


def _taken(token: Token) -> Token | None:
    """The end of the nouns without an article that follow a verb: "tossing pizza dough"."""
    after = [*takewhile(lambda part: part.pos_ in ("NOUN", "ADJ") or part.tag_ == "VBZ", token.doc[token.i + 1 :])]
    compound = after and (token.lower_, after[0].lower_) in verb_words.ING_COMPOUNDS
    return after[-1] if after and not compound else None


def _many_do(doc: Doc, token: Token) -> bool:
    """ "four puffins clap", "the puffins on the railing clap their wings", "a man and a woman ride on a bus"."""
    before = doc[token.i - 1]
    first = opener(doc, before.i)
    one = first.lower_ in ("a", "an") and first.nbor().lower_ != "few"  # "from a clothes line beside the house"
    if _finite(token) or (token.tag_ == "JJ" and token.dep_ != "ROOT"):
        return False
    several = _are_many(before) or (_follows(token, "PRP$") and any(part.tag_ == "NNS" for part in doc[: token.i]))
    if several and not one and token.tag_ != "JJ":
        return _follows(token, "ADP") or (_follows(token, "DET PRON") and token.pos_ != "VERB")
    joint = token.tag_ != "VB" and any(part.lower_ == "and" for part in doc[: token.i - 1]) and is_being(before.lower_)
    takes = _follows(token, "NOUN DET ADJ") if token.lower_ in TAKING else _follows(token, "ADP") and _sure(token)
    return joint and before.tag_ == "NN" and takes


def _last_does(doc: Doc, token: Token) -> bool:
    """ "the third one sleep in a boat"."""
    last = token.i + 1 == len(doc) or (_follows(token, "ADP") and doc[token.i - 2].lower_ in NTH)
    verb = token.tag_ == "NN" and forms.verb_form(token.lower_) is not None
    return verb and last and doc[token.i - 1].lower_ == "one"


def _one_does(doc: Doc, token: Token, named: set[str]) -> bool:
    """ "a plush bear dangles", "…, and hugs Ann"."""
    before, first = doc[token.i - 1], opener(doc, token.i - 1)
    if before.lower_ in ("and", "then") and any(part.tag_ in FINITE for part in doc[: before.i]):
        taken = any(part.tag_ in ("DT", "PRP$") for part in doc[token.i + 1 : token.i + 3])
        return taken or (_sure(token) and _goes_on(token))
    many = _are_many(before)
    counted = not many and any(part.pos_ == "NUM" and "-" not in part.text for part in doc[first.i : before.i])
    if counted or not _is_noun(before) or token.lower_ in words.PAIR_NOUNS:
        return False
    if first.lower_ in ("a", "an") and not many:  # no plural can follow it
        return _goes_on(token) or (_follows(token, "NOUN VBZ") and is_being(before.lower_))
    if _finite(token):
        return before.lower_ in named and _goes_on(token)
    if not many and (first.lower_ in _BEGINS or _is_name(doc, before)):
        return (_sure(token) or before.lower_ in named) and _goes_on(token)
    bare = first.pos_ == "ADP" or before.lower_ in words.MASS or (first.i == 0 and is_being(before.lower_))
    return (many or bare) and _sure(token) and _follows(token, "ADP ADV DET PRON PROPN")


def _sure(token: Token) -> bool:
    """Tell whether a word is a verb that we know, or none but a verb, and no thing that we know."""
    if known_kind_of(token.lower_) is not None or token.lower_ in words.WRITING:
        return False
    return forms.verb_form(token.lower_) is not None or is_deed(token.lower_)


def _is_noun(token: Token) -> bool:
    """Tell whether a phrase for something that does something can end at a word: "a railing", "a seventh"."""
    noun = token.pos_ in ("NOUN", "PROPN") or token.lower_ in verb_words.ING_NOUNS | NTH
    return noun or known_kind_of(token.lower_) is not None or is_clothing(token.lower_)


def _is_name(doc: Doc, token: Token) -> bool:
    """Tell whether a segment begins with a name that ends at a word: "Grandpa Bear"."""
    return token.pos_ == "PROPN" and all(part.pos_ == "PROPN" or part.text.istitle() for part in doc[: token.i])


def _are_many(token: Token) -> bool:
    """Tell whether a noun phrase that ends at a word is of several."""
    counted = any(child.dep_ == "nummod" and child.lower_ not in ("one", "1") for child in token.lefts)
    return token.tag_ in ("NNS", "NNPS") or (token.lower_ in forms.UNCHANGING and counted)


def _goes_on(token: Token) -> bool:
    """Tell whether what follows a word, if anything, can follow a verb and no noun: "at the door", "its arms"."""
    after = token.doc[token.i + 1 : token.i + 3]
    if not after or after[0].lower_ in words.ADVERBS or after.text == "and the":
        return True
    return _follows(token, "ADP ADV DET PRON SCONJ PART VBN VBD")


def _follows(token: Token, kinds: str) -> bool:
    """Tell whether the next word is of one of some parts of speech, or has one of some tags, and is no "of"."""
    after = token.doc[token.i + 1 : token.i + 2]
    return any(part.lower_ != "of" and {part.pos_, part.tag_} & set(kinds.split()) for part in after)


def _finite(token: Token) -> bool:
    """Tell whether the clause of a word has another word that is a finite verb."""
    doc = token.doc
    start = max((part.i for part in doc[: token.i] if part.lower_ in CLAUSES), default=-1) + 1
    end = next((part.i for part in doc[token.i + 1 :] if part.lower_ in CLAUSES), len(doc))
    return any(part.tag_ in FINITE for part in doc[start:end] if part.i != token.i)


def _after_with(doc: Doc, token: Token) -> bool:
    """ "a volcano with a condor circling over it"."""
    start = opener(doc, token.i - 1)
    after = start.i > 0 and (doc[start.i - 1].lower_ in ("with", "of") or (start.i == 1 and start.pos_ == "NUM"))
    return token.tag_ in ("NN", "VBG") and after and not (doc[0].pos_ == "ADP" and doc[start.i - 1].lower_ == "of")


def opener(doc: Doc, i: int) -> Token:
    """The word before the noun phrase that ends at a word: its article."""
    while i > 0 and (
        doc[i].pos_ in ("NOUN", "PROPN", "ADJ", "VERB") or doc[i].tag_ in ("VBG", "VBN", "POS") or "-" in doc[i].text
    ):
        i -= 1
    return doc[i - 1] if i and doc[i].lower_ in ("very", "rather", "quite", "really") else doc[i]


def is_deed(word: str) -> bool:
    """Tell whether a word in -s is what somebody does, and no thing: "sits", "snores", but not "rolls", "blocks"."""
    form = forms.verb_form(word)
    one = form[0] if form is not None and form[1] == "third" else forms.singular(word)
    return one in DEEDS or (one in word_class("verb") and one not in word_class("noun"))


def bare_doing(doc: Doc, token: Token) -> bool:
    """Tell whether somebody does something, where articles are left out: "goblin riding boar", "cat catches mouse"."""
    before, after = doc[token.i - 1], doc[token.i + 1 : token.i + 2].text.lower()
    verb, form = _reading(token)
    if form not in ("ing", "third") or not _sure(token) or not is_being(before.lower_):
        return False
    if any(part.pos_ not in ("NOUN", "PROPN", "ADJ") for part in doc[: token.i]):
        return False
    if token.dep_ == "ROOT":
        return before.head == token and verb in DEEDS - {"ride"} and _follows(token, "ADP ADV")
    taken = known_kind_of(after) is not None and (token.lower_, after) not in verb_words.ING_COMPOUNDS
    return taken and token.dep_ in ("compound", "amod", "nmod", "nsubj") and token.head.i > token.i
