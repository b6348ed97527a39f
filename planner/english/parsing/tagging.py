"""Mending the parse: verbs that are nouns, nouns that are verbs, phrases that the parse tears apart.

A word that the small model mistakes is parsed again with another word in its place whose part of speech is sure.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from planner.english.parsing.amounts import Amount
from planner.english.parsing.expanding import Piece
from planner.english.parsing.heads import lower as lower_heads
from planner.english.parsing.hidden_verbs import CLAUSES, FINITE, NTH, as_verb, bare_doing, is_deed, opener
from planner.english.parsing.nouns import belongs, of_what
from planner.english.parsing.parser import only_describes, parse, word_class
from planner.english.parsing.phrases import Idiom, RelationWords
from planner.english.parsing.pieces import Segment
from planner.lexicon import forms, verb_words, words
from planner.lexicon.kinds import is_being, is_clothing, is_compound, known_kind_of

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

FILLERS = words.word_set(
    "and but or so while whereas also just only please then lol hey hi hello basically maybe well plus nor yet even yo",
    "ok okay pls um oh ah",
)

AMOUNTS = words.word_set("a an another some several many") | words.NUMBERS.keys() - words.word_set("both no neither")
TRAILING = words.word_set("and or but lol pls plz haha thanks thx")
PHOTOS = words.word_set("photo photograph shot image picture render rendering mockup closeup close-up")
_HARDLY = ("about", "almost", "half", "just", "nearly", "only", "roughly", "twice")
MOST_TRIES = 5  # words that are parsed again


def parse_segment(segment: Segment, named: set[str]) -> tuple[Segment, Doc]:
    """Parse a segment, without the fillers at its start; what the tagger mistakes is parsed again in other words."""
    pieces = segment.pieces
    while len(pieces) > 1 and pieces[0].word.lower() in FILLERS:
        pieces = pieces[1:]
    while len(pieces) > 1 and pieces[-1].source.lower() in TRAILING:
        pieces = pieces[:-1]
    segment = _with_kind_of_picture(replace(segment, pieces=pieces))
    doc = parse(segment.words)
    if (told := _undone(doc, segment)) is not None:
        segment, doc = told, parse(told.words)
    for _ in range(MOST_TRIES):
        mended = _likened(doc, segment) or _with_verb(doc, segment, named) or _turned(doc, segment)
        mended = mended or _as_phrase(doc, segment) or _regrouped(doc, segment, named)
        if mended is None:
            break
        segment, doc = mended, parse(mended.words)
    return segment, lower_heads(doc)


def _likened(doc: Doc, segment: Segment) -> Segment | None:
    """ "a dragon the size of a hen", "a jug in the shape of a fox": a comparison is one expression, which describes."""
    for token in doc[1:]:
        other, shaped = of_what(token), token.lower_ in ("shape", "form")
        likens = shaped or token.lower_ in ("size", "height", "length")
        if not likens or other is None or doc[token.i - 1].lower_ != "the":
            continue
        end = other.i if other.tag_ == "VBG" else other.i + 1  # "the size of a bus crossing a bridge"
        first = token.i - 1
        first -= doc[first - 1].lower_ in (_HARDLY if not shaped else ("in",))
        measured = first > 0 and doc[first - 1].pos_ == "VERB"  # "a chart shows the size of a whale"
        if (shaped and first < token.i - 1) or (not measured and doc[token.i + 2].lower_ in ("a", "an")):
            said = " ".join(piece.source for piece in segment.pieces[first:end])
            after = doc[end : end + 1].text
            alone = not after and token.head.dep_ == "ROOT" and token.head.pos_ in ("NOUN", "PROPN")
            stand_in = "alone" if shaped else "alike" if alone or after.endswith("ing") else "asleep"
            return segment.exchanged(first, end, Piece(stand_in, said, Idiom(said)))
    return None


def _with_kind_of_picture(segment: Segment) -> Segment:
    """ "Amazon listing photo of a mat": all that stands before "photo of" says what kind of photo, as one word."""
    low = [piece.source.lower() for piece in segment.pieces[:7]]
    end = next((at for at, word in enumerate(low[:-1]) if word in PHOTOS and low[at + 1] == "of"), 0)
    first = int(low[0] in ("a", "an", "the"))
    inner = segment.pieces[first:end]
    plain = all(piece.value is None and piece.word.replace("-", "").isalpha() for piece in inner)
    named = any(low[at] in words.DETERMINERS or is_being(low[at]) for at in range(first, end))
    if segment.before != "." or end - first < 2 or not plain or named:
        return segment
    source = " ".join(piece.source for piece in segment.pieces[first : end + 1])
    return segment.exchanged(first, end + 1, Piece("photo", source))


def _root(doc: Doc) -> Token:
    return next(token for token in doc if token.dep_ == "ROOT")


def _turned(doc: Doc, segment: Segment) -> Segment | None:
    """ "behind the troll two goblins": a place and what is there; "are" is put between them."""
    how = segment.pieces[0].value
    if not isinstance(how, RelationWords) or how.own_object:
        return None
    at = next((t.i for t in doc[2:] if t.lower_ in AMOUNTS and doc[t.i - 1].pos_ in ("NOUN", "PROPN")), None)
    if at is None or any(t.pos_ == "ADP" or t.lower_ in AMOUNTS for t in doc[2:at]):
        return None
    end = next((part.i for part in doc if part.lower_ in CLAUSES and part.i > at), len(doc))
    if any(t.tag_ in FINITE and (t.pos_ == "AUX" or known_kind_of(t.lower_) is None) for t in doc[:end]):
        return None
    be = "is" if doc[at].lower_ in ("a", "an", "the", "one", "another") else "are"
    return segment.exchanged(at, at, Piece(be, ""))


def _as_phrase(doc: Doc, segment: Segment) -> Segment | None:
    """Say "the" before a noun phrase that is taken for a clause, and "thing" where that does not help."""
    root = _root(doc)
    if not _no_verb(doc, root):
        return None
    again = segment.exchanged(0, 0, Piece("the", ""))
    return again if _root(parse(again.words)).pos_ in ("NOUN", "PROPN") else _as_thing(segment, root.i, root.i)


def _with_verb(doc: Doc, segment: Segment, named: set[str]) -> Segment | None:
    found = as_verb(doc, named)
    if found is None or segment.pieces[found[0]].value is not None:
        return None
    at, pieces = found
    first = at - (at == 1 and not segment.pieces[0].source)  # "looks down from the left": the "the" before it, too
    return segment.exchanged(first, at + 1, *pieces)


def _undone(doc: Doc, segment: Segment) -> Segment | None:
    """ "cake uncut", "one upright and one lying": what the thing before it is like."""
    for before, token in pairwise(doc):
        ends = token.i + 1 == len(doc) or token.nbor().pos_ == "CCONJ"
        if not ends or known_kind_of(token.lower_) is not None or segment.pieces[token.i].value is not None:
            continue
        undone = token.lower_.startswith("un") and only_describes(token.lower_) and known_kind_of(before.lower_)
        of_one = before.lower_ == "one" and token.tag_ == "NN" and token.lower_ in word_class("adj")
        if undone or of_one:
            return segment.exchanged(token.i, token.i + 1, Piece("open", segment.pieces[token.i].source))
    return None


def _regrouped(doc: Doc, segment: Segment, named: set[str]) -> Segment | None:
    """Put words of one noun phrase together that the parse tears apart: "a fire hydrant", "a yellow rose"."""
    for token in doc[1:]:
        before, piece = doc[token.i - 1], segment.pieces[token.i]
        ahead = segment.pieces[before.i].value
        fixed = piece.value is not None or piece.word in ("thing", "things") or token.lower_ in NTH
        if fixed or not (ahead is None or isinstance(ahead, Amount)):
            continue
        if only_describes(token.lower_) and forms.verb_form(token.lower_) is None:
            continue
        worn = is_clothing(token.lower_) or (before.lower_, token.lower_) in verb_words.ING_COMPOUNDS
        if before.tag_ == "VBG" and before.dep_ == "pcomp" and worn:
            return _as_thing(segment, before.i, token.i)  # "in swimming trunks"
        if token.tag_ == "VBG" and before.tag_ == "NN" and _next_is_many(doc, token) and _counted_before(doc, token.i):
            return _as_thing(segment, before.i, token.i + 1)  # "3 silicone baking mats"
        if _is_made_for(doc, before, token) and (not named or token.lemma_ not in verb_words.VERBS):
            return segment.exchanged(token.i, token.i + 1, Piece("wooden", piece.source))
        if _torn(doc, before, token) or _miscast(doc, before, token):
            return _as_thing(segment, before.i if before.pos_ in ("NOUN", "PROPN") else token.i, token.i)
    return None


def _is_made_for(doc: Doc, before: Token, token: Token) -> bool:
    """ "2 paring knives": a number, what the parse takes for a verb, and its object."""
    counted = before.pos_ == "NUM" and before.i == 0 and before.lower_ not in ("one", "1")
    return counted and token.tag_ == "VBG" and token.dep_ == "ROOT" and _next_is_many(doc, token)


def _counted_before(doc: Doc, i: int) -> bool:
    """Tell whether a number above one, no age, stands before a word, with no plural between: "four wine glasses"."""
    i -= 1
    while i >= 0 and (doc[i].tag_ in ("NN", "NNP") or doc[i].pos_ == "ADJ"):
        i -= 1
    return i >= 0 and doc[i].pos_ == "NUM" and "-" not in doc[i].text and doc[i].lower_ not in ("one", "1")


def _next_is_many(doc: Doc, token: Token) -> bool:
    return token.i + 1 < len(doc) and doc[token.i + 1].tag_ == "NNS"


def _torn(doc: Doc, before: Token, token: Token) -> bool:
    """Two nouns side by side of which the parse makes two phrases."""
    if before.pos_ not in ("NOUN", "PROPN") or token.pos_ not in ("NOUN", "PROPN") or before.tag_ in ("NNS", "NNPS"):
        return False
    if token.text.istitle() and before.text.islower() and token.dep_ == "nsubj" and before.dep_ == "pobj":
        return False  # "on the fence Crow was giggling"
    opens = _opens(doc, before.i) or (before.i > 0 and doc[before.i - 1].pos_ == "ADP")
    return not belongs(before, token) and before.lower_ not in ("here", "nearby") and opens


def _opens(doc: Doc, end: int) -> bool:
    """Tell whether the phrase that a noun ends begins with an article or a number."""
    first = opener(doc, end)
    while first.pos_ == "CCONJ" and first.i and doc[first.i - 1].pos_ == "ADJ":  # "a black and white cat"
        first = opener(doc, first.i - 1)
    return first.pos_ in ("DET", "NUM") or first.tag_ == "PRP$"


def _miscast(doc: Doc, before: Token, token: Token) -> bool:
    """A noun that the tagger takes for something else: after "a yellow", or a form that its subject cannot have."""
    if token.tag_ == "MD" and (before.pos_ == "NOUN" or before.lower_.endswith("ing")):  # "a trash can"
        return not any(part.tag_ == "VB" for part in doc[token.i + 1 : token.i + 4])
    if token.pos_ == "VERB" and is_compound(f"{before.lower_} {token.lower_}"):  # "a teddy bear having tea"
        return token.tag_ in ("VB", "VBP", "VBZ")
    # "a kid's drawing on the fridge"
    if token.tag_ == "VBG" and (before.tag_ == "POS" or before.pos_ in ("ADJ", "ADP")):
        return token.lower_ in verb_words.ING_NOUNS and doc[token.i + 1 : token.i + 2].text not in ("a", "an", "the")
    if token.pos_ not in ("VERB", "ADV", "ADJ") or token.tag_ == "VBG":
        return False
    if _noun_anywhere(doc, before, token):
        return True
    following = doc[token.i + 1] if token.i + 1 < len(doc) else None
    ends = following is None or (
        following.pos_ in ("CCONJ", "ADP", "AUX", "PUNCT")
        or following.lower_ in ("here", "that", "which", "together", "nearby")
    )
    return ends and (_noun_after_adjective(doc, before, token) or _noun_last(doc, before, token))


def _noun_anywhere(doc: Doc, before: Token, token: Token) -> bool:
    """A word that is no verb and no adjective wherever its phrase ends."""
    taken = token.dep_ in ("dobj", "pobj") or before.lemma_ == "be" or doc[before.i - 1].pos_ == "DET"
    if _is_only_noun(token) and (before.pos_ != "VERB" or taken):  # "holding popcorn"
        return True
    odd = token.pos_ == "ADJ" and token.lower_ not in words.ADJECTIVES
    if token.tag_ == "VBZ":
        return _counted_before(doc, token.i)
    if token.tag_ == "VB":  # "a drawing of cups and watch"
        ends = token.i + 1 == len(doc) or (doc[token.i + 1].pos_ == "ADP" and known_kind_of(token.lower_) is not None)
        joined = before.lower_ in ("and", "or") and doc[before.i - 1].pos_ == "NOUN" and ends
        return joined and token.head.tag_ not in FINITE  # "sit on a branch and listen"
    lone = odd and token.dep_ == "ROOT" and forms.is_plural(token.lower_) and _opens(doc, before.i)
    return lone or (odd and token.dep_ == "pobj" and before.lower_ in ("a", "an"))


def _is_only_noun(token: Token) -> bool:
    """Tell whether a word that is taken for an adjective or adverb is known, and as a noun only: "wolfhound"."""
    low, others = token.lower_, (word_class(name) for name in ("adj", "adv", "verb"))
    known = len(low) > 2 and low in word_class("noun") and low not in words.ADJECTIVES | words.ADVERBS
    return known and not any({low, token.lemma_} & one for one in others)


def _noun_after_adjective(doc: Doc, before: Token, token: Token) -> bool:
    """ "a yellow rose", "a dwarf"."""
    if token.pos_ in ("ADJ", "ADV") and before.lower_ in ("a", "an"):
        return token.lower_ not in words.ADJECTIVES and token.dep_ != "amod"
    described = before.pos_ == "ADJ" and not _is_named(before) and before.lower_ not in NTH  # "a fifth sits"
    described = described or before.lower_ in words.COLOURS
    return token.pos_ == "VERB" and described and opener(doc, before.i).lower_ in ("a", "an")


def _is_named(token: Token) -> bool:
    """ "a seagull flies": a word that the tagger takes for an adjective, but which names a thing."""
    return token.lower_ not in words.COLOURS and known_kind_of(token.lower_) is not None


def _noun_last(doc: Doc, before: Token, token: Token) -> bool:
    """ "fire hydrant", "four wine glasses": a noun of which the tagger makes what its subject does."""
    low, form, first = token.lower_, forms.verb_form(token.lower_), opener(doc, before.i).lower_
    if token.tag_ == "VBZ":
        return form is None and before.tag_ in ("NN", "NNP") and first not in ("a", "an", "the")
    if before.tag_ not in ("NN", "NNP") or not _opens(doc, before.i):
        return False
    if token.pos_ != "VERB":
        return low not in words.ADJECTIVES | words.ADVERBS and token.head.i <= token.i
    joint = is_being(before.lower_) and any(part.lower_ == "and" for part in doc[: before.i])
    return not joint and (form is None or (form[0] in verb_words.NOUN_FIRST and form[1] == "base"))


def _as_thing(segment: Segment, first: int, last: int) -> Segment:
    """Let the parser see "thing" for words that it does not take for a noun phrase."""
    low, source = segment.pieces[last].source.lower(), " ".join(p.source for p in segment.pieces[first : last + 1])
    many = "things" if forms.is_plural(low) and low not in forms.UNCHANGING else "thing"
    return segment.exchanged(first, last + 1, Piece(many, source, text=segment.pieces[last].text))


def _names_something(word: str) -> bool:
    """Tell whether a word is known to be a noun of pictures."""
    one = forms.singular(word)
    listed = words.PLACES | words.SURFACES | words.LANDSCAPE | words.PARTS | words.CLOTHES | words.MASS
    return one in listed | words.STYLE_NOUNS | words.PICTURES | words.WRITING or known_kind_of(one) is not None


def _no_verb(doc: Doc, root: Token) -> bool:
    """ "sneaker with a red sole", "autumn leaves on the ground": a root that the tagger takes for a verb."""
    if root.pos_ not in ("VERB", "AUX", "ADJ", "ADV", "INTJ") or (root.pos_ == "AUX" and root.tag_ != "MD"):
        return False
    if root.i == 0:
        return _no_verb_first(doc, root)
    subjects = [child for child in root.children if child.dep_ in ("nsubj", "nsubjpass")]
    follows = root.i + 1 == len(doc) or doc[root.i + 1].pos_ in ("ADP", "ADV")
    deed = root.tag_ == "VBZ" and follows and is_deed(root.lower_)
    if deed and subjects and _is_a_name(subjects[0]):  # "Zeus stands beside it"
        return False
    named = _names_something(root.lower_) and doc[root.i + 1 : root.i + 2].text in ("that", "which", "who")
    if named and root.tag_ in ("VB", "VBP") and not any(child.dep_ == "nsubj" for child in root.children):
        return True  # "picnic blanket that nobody sits on"
    if bare_doing(doc, root):
        return False
    if any(child.pos_ == "AUX" or child.dep_ == "expl" for child in root.children) or _object_follows(root):
        return False
    bare = all(token.pos_ in ("NOUN", "PROPN", "ADJ", "ADV", "VERB") for token in doc[: root.i])
    placed = root.pos_ == "ADV" and doc[root.i + 1 :].text == "here"
    if (placed or root.i + 1 == len(doc)) and len(doc) < 5 and bare and _names_something(root.lower_):
        return True  # "watering can", "ramen sign", "film look", "step counter at the bottom"
    if root.pos_ != "VERB":
        return False
    sure = forms.verb_form(root.lower_) is not None and not _names_something(root.lower_)
    form = forms.verb_form(root.lower_)
    if not subjects and doc[0].pos_ == "ADP" and form is not None and form[0] in verb_words.POSTURES:
        return False  # "on the floor beside the bed lie three books"
    if not subjects:
        before = doc[root.i - 1]
        ends = root.i + 1 == len(doc) or doc[root.i + 1].pos_ == "ADP"
        if root.tag_ in ("VBN", "VBD") and before.pos_ == "ADV" and before.lower_.endswith("ly") and ends:
            return False  # "neatly arranged on dark wood"
        if root.tag_ == "VBZ" and doc[0].pos_ in ("DET", "NUM") and (sure or _is_named(before)):
            return False
        return before.pos_ in ("ADJ", "NOUN", "PROPN", "ADV") and before.lower_ != "here"
    subject = subjects[0]
    return subject.i == 0 and root.i == 1 and subject.tag_ in ("NN", "NNP", "JJ") and not sure


def _is_a_name(token: Token) -> bool:
    """Tell whether a word is written as a name and, as far as we know, no common noun."""
    low = token.lower_
    return token.tag_ == "NNP" and low not in words.COMMON | words.ADJECTIVES and known_kind_of(low) is None


def _no_verb_first(doc: Doc, root: Token) -> bool:
    """ "Smartwatch with a strap", "candle behind it": the first word is a noun all the same."""
    low, after = root.lower_, doc[1].lower_ if len(doc) > 1 else ""
    if after == "of" or low in words.WRITING:
        return True
    if root.tag_ == "JJR" and after == "than":
        return False
    if root.pos_ in ("ADJ", "ADV", "INTJ"):
        unlike = not low.endswith(("ed", "ly", "al", "ic", "est")) and low not in words.ADJECTIVES
        named = low not in words.COLOURS and _names_something(low)
        return named or (root.pos_ == "ADJ" and unlike and len(doc) > 1)
    if root.tag_ in ("VBG", "VBD", "VBN"):
        compound = (low, after) in verb_words.ING_COMPOUNDS or known_kind_of(f"{low} {after}") is not None
        kinds = () if root.tag_ == "VBG" else ("compound", "amod")  # "folded linen towel"
        objects = [list(c.lefts) for c in root.children if c.dep_ == "dobj" and c.pos_ == "NOUN"]
        plain = any(all(left.dep_ in kinds for left in lefts) for lefts in objects)
        return plain and (compound or root.tag_ != "VBG" or low[:-3] not in verb_words.VERBS)
    form = forms.verb_form(low)
    if form is not None and form[1] == "third" and form[0] in verb_words.POSTURES:
        return False
    if form is not None and form[1] == "base" and form[0] not in verb_words.REQUESTS and _bare_object(root):
        return True
    known = (form is not None and form[0] in verb_words.VERBS | verb_words.REQUESTS) or low in verb_words.REQUESTS
    noun = _names_something(low)
    return (noun and not _object_follows(root)) or not (known or low in words.AUXILIARIES)


def _bare_object(root: Token) -> bool:
    """ "play button": an object that is no more than one singular noun is what the first word describes."""
    following = root.doc[1:2]
    return any(child.dep_ == "dobj" and child.tag_ == "NN" and child in following for child in root.children)


def _object_follows(root: Token) -> bool:
    return any(child.dep_ in ("dobj", "ccomp") for child in root.children)
