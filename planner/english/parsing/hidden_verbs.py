"""Verbs that the tagger takes for nouns: "a plush bear dangles", "two foxes flank a fountain"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.english.parsing.expanding import Piece
from planner.english.parsing.nouns import belongs
from planner.english.parsing.parser import word_class
from planner.lexicon import forms, verb_words, words
from planner.lexicon.kinds import is_being, known_kind_of

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

# Base forms that end "a man and a woman ride": nouns as well.
JOINT: Final = words.word_set(
    "ride look walk stand rest play sit run fly dance swim lie sleep float hang talk watch wait travel drive work jump",
    "crouch kneel huddle",
)
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
_FOLLOWS: Final = ("ADP", "ADV", "DET", "PRON", "SCONJ", "PART")


def as_verb(doc: Doc, named: set[str]) -> tuple[int, tuple[Piece, ...]] | None:
    """Find a hidden verb: its place, and the pieces that say it so that no tagger is wrong ("is dangling")."""
    for token in doc:
        start = max((part.i for part in doc[: token.i] if part.lower_ in CLAUSES), default=-1)
        end = next((part.i for part in doc[token.i + 1 :] if part.lower_ in CLAUSES), len(doc))
        if _made_so(doc, token):
            return token.i, (Piece("that", ""), Piece("is", ""), Piece(token.text, token.text))
        finite = any(part.tag_ in FINITE for part in doc[start + 1 : end])
        aux = _auxiliary(doc, token, named, finite=finite)
        if aux is None:
            continue
        if _participle_follows(doc, token):
            return token.i, (Piece(aux, token.text),)  # "a tiger lies stretched out"
        form = forms.verb_form(token.lower_)
        lemma = form[0] if form else forms.singular(token.lower_)
        adjective = form is None and lemma in word_class("adj") and lemma not in word_class("verb")
        said = token.text if adjective else forms.participle(lemma)
        which = (Piece("that", ""),) if _after_with(doc, token) else ()
        return token.i, (*which, Piece(aux, ""), Piece(said, said))
    return None


def _auxiliary(doc: Doc, token: Token, named: set[str], *, finite: bool) -> str | None:
    """The auxiliary before a hidden verb; None for a word that is what it seems."""
    if token.i == 0:
        return "is" if _leads(doc, token, finite=finite) else None
    ends = token.i + 1 == len(doc) or (_next_is(doc, token, ("ADP",)) and doc[token.i - 2].lower_ in NTH)
    one = doc[token.i - 1].lower_ == "one" and ends and forms.verb_form(token.lower_) is not None
    if one and token.tag_ == "NN":  # "two penguins watch a third one swim", "the third one sleep in a boat"
        return "is"
    if _said_of_number(doc, token) or _selling(doc, token) or bare_doing(doc, token) or _lost(doc, token):
        return "is"
    if _stands(doc, token, finite=finite) or _moving(doc, token) or _third(doc, token, named, finite=finite):
        return "is"
    return "are" if _base(doc, token, finite=finite) or (not finite and _joint(doc, token)) else None


def _made_so(doc: Doc, token: Token) -> bool:
    """ "a hammock strung between two trees": a past form that the parse takes for the noun it is said of."""
    before = doc[token.i - 1]
    thing = before.tag_ == "NN" or known_kind_of(before.lower_) is not None
    torn = thing and before.dep_ in ("compound", "amod") and before.head.i == token.i
    said = _known(token, "past") and token.lower_ not in words.PICTURES  # "a drone shot of a bridge"
    return torn and said and token.pos_ in ("NOUN", "VERB") and _next_is(doc, token, ("ADP",))


def _after_with(doc: Doc, token: Token) -> bool:
    """ "a volcano with a condor circling over it"."""
    start = opener(doc, token.i - 1)
    after = start.i > 0 and (doc[start.i - 1].lower_ in ("with", "of") or (start.i == 1 and start.pos_ == "NUM"))
    return token.tag_ in ("NN", "VBG") and after


def _next_is(doc: Doc, token: Token, kinds: tuple[str, ...]) -> bool:
    return token.i + 1 < len(doc) and doc[token.i + 1].pos_ in kinds


def _participle_follows(doc: Doc, token: Token) -> bool:
    return token.i + 1 < len(doc) and doc[token.i + 1].tag_ in ("VBN", "VBD")


def opener(doc: Doc, i: int) -> Token:
    """The word before the noun phrase that ends at a word: its article."""
    while i > 0 and (
        doc[i].pos_ in ("NOUN", "PROPN", "ADJ", "VERB") or doc[i].tag_ in ("VBG", "VBN") or "-" in doc[i].text
    ):
        i -= 1
    return doc[i - 1] if i and doc[i].lower_ in ("very", "rather", "quite", "really") else doc[i]


def _known(token: Token, form: str) -> bool:
    """Tell whether a word is that form of a verb that we know and, as far as we know, no thing."""
    found = forms.verb_form(token.lower_)
    return found is not None and found[1] == form and known_kind_of(token.lower_) is None


def _able(token: Token) -> bool:
    """Tell whether a word in -s can be what its subject does and is, as far as we know, no thing."""
    return known_kind_of(token.lower_) is None and forms.singular(token.lower_) in word_class("verb")


def _said_of_number(doc: Doc, token: Token) -> bool:
    """ "one upright and one lying": what one of several is like."""
    before = doc[token.i - 1]
    begins = before.i == 0 or doc[before.i - 1].lower_ == "and"
    ends = token.i + 1 == len(doc) or _next_is(doc, token, ("CCONJ", "ADP", "ADV"))
    like = token.tag_ == "NN" and token.lower_ in word_class("adj") and known_kind_of(token.lower_) is None
    return begins and ends and like and before.lower_ == "one"


def _selling(doc: Doc, token: Token) -> bool:
    """ "a stall selling dumplings", "a girl repotting ferns": a thing, an -ing form and a plural."""
    form = forms.verb_form(token.lower_)
    someone = is_being(doc[token.i - 1].lower_) and token.lower_ not in verb_words.ING_NOUNS
    torn = token.tag_ == "NN" or (token.tag_ == "VBG" and token.dep_ == "amod")
    doing = torn and form is not None and form[1] == "ing" and (form[0] in verb_words.VERBS or someone)
    many = any(one.tag_ in ("NNS", "VBZ") and forms.is_plural(one.lower_) for one in doc[token.i + 1 : token.i + 2])
    return doing and many and known_kind_of(doc[token.i - 1].lower_) is not None


def _stands(doc: Doc, token: Token, *, finite: bool) -> bool:
    """ "in front of the shelf lie four books", "eleven players line up"."""
    form = forms.verb_form(token.lower_)
    if finite or token.tag_ not in ("NN", "NNS", "VB") or form is None or form[1] not in ("base", "third"):
        return False
    things = _next_is(doc, token, ("DET", "NUM")) or doc[token.i + 1 : token.i + 2].text.endswith("s")
    able = verb_words.POSTURES if doc[token.i - 1].pos_ == "DET" else DEEDS  # "before the castle swim five swans"
    led = doc[0].pos_ == "ADP" and form[0] in able and things
    return led or (token.i + 1 < len(doc) and doc[token.i + 1].tag_ == "RP")


def _leads(doc: Doc, token: Token, *, finite: bool) -> bool:
    """ "…, grazes on the right", "…, lifts buckets": two plurals in a row are no noun phrase."""
    if token.tag_ != "NNS" or not _known(token, "third") or token.lower_ in words.WRITING:
        return False
    objects = token.i + 1 < len(doc) and doc[token.i + 1].tag_ in ("NNS", "VBZ") and doc[token.i + 1].head.i != token.i
    return objects or (not finite and _next_is(doc, token, ("ADP", "ADV", "DET")))


def _third(doc: Doc, token: Token, named: set[str], *, finite: bool) -> bool:
    if token.tag_ != "NNS" or token.lower_ in words.PAIR_NOUNS:
        return False
    if _takes(doc, token) or _of_a_name(doc, token):
        return not finite
    before, start = doc[token.i - 1], opener(doc, token.i - 1)
    named_kind = known_kind_of(before.lower_) is not None
    noun = named_kind or before.pos_ in ("NOUN", "PROPN") or before.lower_ in verb_words.ING_NOUNS
    also = before.lower_ in ("and", "then") and any(part.tag_ in FINITE for part in doc[: before.i])
    if also or before.tag_ in ("NNS", "NNPS"):  # "has a drum and hugs Ann", "a boy in yellow boots runs from the right"
        able = forms.singular(token.lower_) in word_class("verb")
        own = doc[token.i + 2 : token.i + 3].text.lower() in words.POSSESSIVES  # "and scrolls on his phone"
        third = _known(token, "third") or (also and able and (own or (_able(token) and _next_is(doc, token, ("DET",)))))
        ends = token.i + 1 == len(doc)
        last = ends and also and able and _counted_one(doc, before.i - 1)  # "sits on a log and sings"
        return not finite and (last or (third and _next_is(doc, token, ("ADP", "ADV", "DET", "PRON", "PROPN"))))
    ends = token.i + 1 == len(doc) or _next_is(doc, token, _FOLLOWS) or doc[token.i + 1].lower_ in words.ADVERBS
    ends = ends or (_able(token) and is_being(before.lower_) and doc[token.i + 1 : token.i + 3].text == "and the")
    if start.lower_ in ("a", "an"):
        counted = any(part.pos_ == "NUM" and "-" not in part.text for part in doc[start.i : token.i])
        ends = ends or _participle_follows(doc, token)
        return ends and not counted and (noun or (before.pos_ == "ADJ" and _able(token)))
    if not noun or not ends:
        return False
    if start.lower_ in words.POSSESSIVES and before.lower_ in words.PARTS:
        return True
    if start.lower_ in words.DEFINITE:
        known = _able(token) and named_kind and _next_is(doc, token, ("ADP",))
        return before.lower_ in named or (not finite and (_known(token, "third") or known))
    begins = (start.pos_ == "ADP" and not finite) or (start.lower_ == "and" and before.lower_ in words.MASS)
    return begins and _known(token, "third") and _next_is(doc, token, ("ADP", "DET"))  # "and steam rises from it"


def _counted_one(doc: Doc, end: int) -> bool:
    """Tell whether a being does something and the phrase that ends here has an article: no list of bare plurals."""
    return opener(doc, end).pos_ == "DET" and any(is_being(t.lower_) and t.dep_ == "nsubj" for t in doc[:end])


def _of_a_name(doc: Doc, token: Token) -> bool:
    """ "Grandpa Bear snores in his chair", "Vesuvius smokes": what somebody does whose name begins the segment."""
    start = next((part.i + 1 for part in doc[: token.i] if part.lower_ == "here"), 0)
    named = all(part.pos_ == "PROPN" or part.text.istitle() for part in doc[start : token.i])
    ends = token.i + 1 == len(doc) or _next_is(doc, token, _FOLLOWS)
    return named and doc[token.i - 1].pos_ == "PROPN" and is_deed(token.text) and ends


def is_deed(word: str) -> bool:
    """Tell whether a word in -s is what somebody does, and no thing: "sits", "snores", but not "rolls", "blocks"."""
    form = forms.verb_form(word)
    one = form[0] if form is not None and form[1] == "third" else forms.singular(word)
    return one in DEEDS or (one in word_class("verb") and one not in word_class("noun"))


def _takes(doc: Doc, token: Token) -> bool:
    """ "a penguin orders ice cream": a being, what it does, and a noun without an article."""
    before = doc[token.i - 1]
    alone = opener(doc, before.i).lower_ in ("a", "an", "the") and is_being(before.lower_)
    return alone and _able(token) and _next_is(doc, token, ("NOUN",))


def _base(doc: Doc, token: Token, *, finite: bool) -> bool:
    """After a plural, a base form before an article or a preposition is what they do."""
    if token.tag_ not in ("NN", "NNP", "VB") or finite or token.lower_.endswith("ing"):
        return False
    before = doc[token.i - 1]
    counted = any(child.dep_ == "nummod" for child in before.lefts)
    many = before.tag_ in ("NNS", "NNPS") or (before.lower_ in forms.UNCHANGING and counted)
    if not many and doc[token.i + 1 : token.i + 2] and doc[token.i + 1].tag_ == "PRP$":
        return _of_those_there(doc, token)
    able = forms.verb_form(token.lower_) is not None or token.lower_ in word_class("verb")
    verb = able and _next_is(doc, token, ("ADP",)) and doc[token.i + 1].lower_ != "of"
    return many and (verb or (_next_is(doc, token, ("DET",)) and token.pos_ != "VERB"))


def _of_those_there(doc: Doc, token: Token) -> bool:
    """ "four puffins on the railing clap their wings"."""
    able = known_kind_of(token.lower_) is None and token.lower_ in word_class("verb")
    prep = next((part for part in reversed(doc[: token.i]) if part.pos_ == "ADP"), None)
    return able and prep is not None and prep.i > 0 and doc[prep.i - 1].tag_ == "NNS"


def _joint(doc: Doc, token: Token) -> bool:
    """ "a man and a woman ride on a bus", "a cat and a fox face each other"."""
    before = doc[token.i - 1]
    if doc[token.i + 1 : token.i + 3].text.lower() in ("each other", "one another"):
        return token.pos_ == "NOUN" and before.pos_ == "NOUN"
    several = any(part.lower_ == "and" for part in doc[: token.i - 1]) and before.tag_ == "NN"
    if several and token.lower_ in TAKING and is_being(before.lower_):
        return token.tag_ == "NN" and _next_is(doc, token, ("NOUN", "DET", "ADJ"))
    follows = _next_is(doc, token, ("ADP",)) and doc[token.i + 1].lower_ != "of"
    taken = belongs(before, token) if token.tag_ == "NN" else token.tag_ == "JJ" and token.dep_ == "ROOT"
    return taken and token.lower_ in JOINT and several and follows


def _moving(doc: Doc, token: Token) -> bool:
    """ "a skateboarder jumping over a hydrant"."""
    if token.tag_ != "NN" or token.lower_ in verb_words.ING_NOUNS or not token.lower_.endswith("ing"):
        return False
    after = _next_is(doc, token, ("ADP", "DET", "ADV", "PRON"))
    after = after or (token.i + 1 == len(doc) and is_being(doc[token.i - 1].lower_))
    before = doc[token.i - 1]
    return after and (before.pos_ in ("NOUN", "PROPN") or is_being(before.lower_)) and _known(token, "ing")


def bare_doing(doc: Doc, token: Token) -> bool:
    """Tell whether somebody does something, where articles are left out: "goblin riding boar"."""
    before, after = doc[token.i - 1], doc[token.i + 1 : token.i + 2].text.lower()
    bare = all(part.pos_ in ("NOUN", "PROPN", "ADJ") for part in doc[: token.i]) and is_being(before.lower_)
    one_phrase = token.dep_ in ("compound", "amod", "nmod") and token.head.i > token.i
    taking = one_phrase and known_kind_of(after) is not None
    taking = taking and (token.lower_, after) not in verb_words.ING_COMPOUNDS
    form = forms.verb_form(token.lower_)
    moving = form is not None and form[0] in DEEDS - {"ride"} and _next_is(doc, token, ("ADP", "ADV"))
    moving = moving and token.dep_ == "ROOT" and before.head.i == token.i
    return bare and _known(token, "ing") and (taking or moving)


def _lost(doc: Doc, token: Token) -> bool:
    """A verb that the parse knows, but whose subject it takes for a part of a noun phrase."""
    before = doc[token.i - 1]
    verb = token.pos_ == "VERB" and token.tag_ in ("VBZ", "VBG", "VBD") and token.i > 1
    part = before.head.i == token.i and before.dep_ in ("compound", "nmod", "npadvmod", "amod")
    begun = before.tag_ in ("NN", "JJ") and opener(doc, before.i).lower_ in ("a", "an", "the", "one", "another")
    return verb and part and begun and not any(child.dep_ in ("nsubj", "nsubjpass") for child in token.children)
