"""English sentence → Scene: the parse of each segment, read from left to right.

`pieces.py` cuts the sentence into segments and puts one word for every fixed expression of place; `parser.py` parses
them with spaCy; `fragments.py`, `clauses.py` and `attaching.py` read noun phrases, verbs and prepositions;
`referring.py` knows what "it" and "the other one" mean; `state.py` is the reader's memory.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.english import rules
from planner.english.parsing.nouns import Noun
from planner.english.parsing.other_tools import in_plain_words
from planner.english.parsing.panels import is_of_pictures, moments, of_all_pictures
from planner.english.parsing.phrases import OrderWords, RelationWords
from planner.english.parsing.pieces import Segment, cut
from planner.english.parsing.places import PlaceWords
from planner.english.parsing.tagging import parse_segment
from planner.english.reading.announcing import become, sum_up
from planner.english.reading.attaching import attach, lead_in, stand_at
from planner.english.reading.clauses import DOING, POSITIONS, read_clause
from planner.english.reading.fragments import adjective_phrase, read_fragment
from planner.english.reading.leading import at_place, enumerate_objects, follows_place, respectively
from planner.english.reading.mentioning import read_excepted
from planner.english.reading.referring import PERSONAL, is_reference
from planner.english.reading.requests import lemma
from planner.english.reading.scenes import end_sentence, freeze
from planner.english.reading.segments import read_alone
from planner.english.reading.state import Reading, put, relate
from planner.lexicon import words
from planner.lexicon.kinds import is_being, is_shelter
from planner.scene.scene import ANYWHERE, Scene

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

THINGS = ("conj", "appos", "dep", "attr", "dobj", "nsubj", "ROOT", "pobj", "npadvmod")
GENERIC = words.word_set("man woman girl boy child kid person lady guy gentleman fellow")
NOUNS = ("NOUN", "PROPN", "PRON", "NUM", "DET", "X", "SYM")


def read_sentence(sentence: str) -> Scene:
    """Find the things of an English sentence, how many, where, and how they relate.

    A sentence in which nothing is found gives a scene without items.
    """
    from planner.english.parsing.rewording import normalise  # on use: their patterns take time to compile
    from planner.english.parsing.tellings import numbered

    plain = in_plain_words(sentence)
    text = numbered(plain.text)
    r = Reading(rules, absent=plain.absent, notes=plain.notes, times=moments(text))
    r.pictures = not r.times and is_of_pictures(plain.text)
    segments = cut(normalise(text))
    for at, segment in enumerate(segments):
        r.ahead = _list_after(segments[at:])
        _read(r, segment)
    end_sentence(r)
    return freeze(r, sentence)


def _list_after(segments: list[Segment]) -> list[Segment]:
    """What goes on after a segment with nothing but commas between."""
    ends = next((at for at, segment in enumerate(segments) if segment.after != ","), len(segments) - 1)
    return segments[1 : ends + 1]


def _read(r: Reading, segment: Segment) -> None:
    """Read one segment."""
    r.joins, joined = segment.pieces[-1].source.lower() == "and", r.joins
    sharers = r.sharers if segment.pieces[0].source.lower() == "and" else []
    segment, doc = parse_segment(segment, {draft.noun.key for draft in r.things.drafts})
    before, related = len(r.things), len(r.relations)
    if segment.before in ".;!?":
        end_sentence(r, last=segment.before != ";")
        over = of_all_pictures(segment.text) if r.pictures else r.panel and r.panel.is_row and segment.before != ";"
        r.panel = None if over else r.panel
    r.segment, r.doc, r.seen, r.previous = segment, doc, set(), r.latest
    first = segment.pieces[0].value
    if joined and isinstance(first, PlaceWords) and len(segment.pieces) == 1:  # "a cat and, on the left, a dog"
        at_place(r, first)
        return
    if r.pictures and isinstance(first, PlaceWords) and first.place != ANYWHERE:
        r.panel, r.opened = first, None
    if isinstance(first, RelationWords) and not follows_place(r):
        r.leading = None  # what stands at another thing has no place but that
    if not read_alone(r, doc):
        _read_parsed(r, doc)
    if sharers and r.listed:  # "two nuns, each with a bag, and a dog on …"
        for at, one in enumerate(r.relations[related:], related):
            if one.subjects == (r.listed[-1],) and not one.loose:
                r.relations[at] = replace(one, subjects=(*sharers, *one.subjects))
    enumerate_objects(r, doc, list(range(before, len(r.things))), new=len(r.relations) - related)
    if r.panel is not None:
        # A thing takes its picture's place, or, on a shelf, its row.
        new, row = range(before, len(r.things)), r.panel.is_row
        places = {i: r.things[i].place for i in new}
        put(r, [i for i in new if places[i] == ANYWHERE or (row and places[i].row is None)], r.panel)


def _read_parsed(r: Reading, doc: Doc) -> None:
    """Read a segment by its parse."""
    root = next(token for token in doc if token.dep_ == "ROOT")
    _go_on(r, root)
    _root(r, root)
    _leftovers(r, doc)
    respectively(r)
    if r.segment.after == ":" or (r.segment.before == "." and _members_follow(r)):
        r.before, r.listed = r.listed, []
        sum_up(r)


def _members_follow(r: Reading) -> bool:
    """ "a couple at a table, the husband in grey, …", "three doors, a red door …": what they are follows a comma."""
    said = [piece.source.lower() for segment in r.ahead[:1] for piece in segment.pieces]
    named = [r.things[i] for i in r.subject if r.things[i].count > 1 or r.things[i].noun.key in words.COLLECTIVES]
    if len(said) < 2 or len(r.ahead) < 2 or len(named) != 1:
        return False
    return (said[0] == "the" and is_being(said[1])) or (said[0] in ("a", "an") and named[0].noun.key in said[1:4])


def _go_on(r: Reading, root: Token) -> None:
    """ "On the table stand three flasks, a microscope and a book": what goes on with the list stands there, too."""
    carried, r.carried = r.carried, None
    own = any(isinstance(piece.value, (PlaceWords, RelationWords)) for piece in r.segment.pieces)
    if carried is None or root.pos_ not in ("NOUN", "PROPN") or own or r.segment.before != ",":
        return
    where, how, hosts = carried
    r.leading = where
    r.opened = (how, hosts) if how is not None else r.opened
    r.carried = carried


def _root(r: Reading, root: Token) -> None:
    for child in root.lefts if root.pos_ in (*NOUNS, "ADJ") else ():  # "on the right a hen asleep"
        if (where := r.place(child)) is not None:
            r.seen.add(child.i)
            at_place(r, where)
    if r.piece(root).value is not None and not r.lettering(root):
        r.seen.add(root.i)
        if not isinstance(r.piece(root).value, OrderWords):
            _preposition(r, root)
    elif root.pos_ in ("VERB", "AUX") and not r.lettering(root):
        read_clause(r, root, _continuing(r, root))
        first = [c for c in root.lefts if c.dep_ in ("nsubj", "nsubjpass")]
        if r.segment.after == "," and r.carried is None and r.leading is not None and not first:
            r.carried = (r.leading, None, [])  # "on the left there is a cat, a dog and a goose"
        r.leading = None
    elif root.pos_ in ("ADP", "SCONJ"):
        _preposition(r, root)
    elif root.pos_ in NOUNS or is_reference(r, root):
        _nominal(r, root)
    elif root.pos_ in ("ADJ", "ADV", "INTJ", "PART"):
        _adjective(r, root)


def _continuing(r: Reading, root: Token) -> list[int]:
    """A verb without a subject goes on about the clause before it, after a comma."""
    if root.doc[0].lower_ in ("which", "that", "who"):
        return r.latest[-1:]
    if r.opened is not None and lemma(root) in POSITIONS:  # "on it, from left to right, are a jug and two cups"
        return []
    about = _apposed(r) if r.segment.before in ",-(" else []
    named = [r.things[i].noun for i in about]
    if named and lemma(root) in DOING and not any(is_being(noun.key) or noun.proper for noun in named):
        # "a girl, oversized hoodie, sitting on a wall", "kawaii avocado, tiny crown, sitting on a skateboard"
        return [i for i, draft in enumerate(r.things.drafts) if is_being(draft.noun.key)][-1:] or [0]
    return about


def _apposed(r: Reading) -> list[int]:
    """ "the bird, a yellow canary, sits on it", "the one on the left, a stout man, …": two names of one thing."""
    names, r.fragments = [one for one in r.fragments[-2:] if len(one) == 1], []
    if len(names) == 2 and r.subject == names[1] != names[0]:
        first, second = r.things[names[0][0]], r.things[names[1][0]]
        told = first.noun.determiner in words.DEFINITE or (first.part and not second.part)
        # "an explorer, a woman in shorts, kneels"
        told = told or (second.noun.key in GENERIC and is_being(first.noun.key))
        told = told and second.place in (ANYWHERE, first.place)  # "the Milky Way on the left, a comet on the right"
        if told and first.count == 1:
            become(r, names[0][0], names[1])
    return r.subject


def _preposition(r: Reading, root: Token) -> None:
    r.host = []
    whole = r.listed if r.piece(root).source.startswith(("all ", "both ")) else []
    about = (whole or r.subject) if r.segment.before in ",-(" and r.listed else []
    nouns = [child for child in root.children if child.dep_ in ("pobj", "appos", "dep", "nsubj", "npadvmod")]
    opens = not about and len(nouns) == 1
    if about and len(nouns) == 1 and _is_underneath(r, root, r.noun(nouns[0])):
        over = [i for i in r.listed if r.things[i].count]
        r.seen.add(root.i)
        relate(r, "below", read_fragment(r, nouns[0]), over, "below")
        return
    if len(nouns) > 1:  # "below the date XII": the second noun is what stands there
        about = []
    attach(r, about, root)
    if opens and (how := r.relation(root)) is not None and r.host:
        r.opened = (how, list(r.host))
    for child in root.children:
        if child.i not in r.seen and child.pos_ in NOUNS:
            r.opened = None
            stand_at(r, root, r.host, read_fragment(r, child))


def _is_underneath(r: Reading, prep: Token, noun: Noun) -> bool:
    """ "a logo at the top, underneath three cards": they are below all that is listed; "a cat, under a tree" is not."""
    new = (noun.plural or noun.count or noun.determiner in ("a", "an")) and r.things.known(noun) is None
    words_of = r.piece(prep).source.lower()
    lower = words_of in ("underneath", "beneath") and not is_shelter(noun.key)
    top = words_of in ("underneath", "beneath", "below", "under") and r.things[r.subject[-1]].place.row == 0.0
    return bool(new) and r.segment.before == "," and (lower or top)


def _nominal(r: Reading, root: Token) -> None:
    """A noun phrase: a thing of a list, or, after a preposition, what stands there."""
    hosts = []
    for child in root.lefts:
        if r.relation(child) is not None or child.dep_ == "prep":
            lead_in(r, child)
            hosts.append((child, list(r.host)))
    if r.led < len(r.things) and any(r.place(part) or r.side(part) for part in root.subtree if part.i > root.i):
        r.leading = None  # "in the corner a bicycle, and a road running between them"
    found = read_fragment(r, root)
    if root.lower_ not in PERSONAL:  # "she at the oars, it at the bow" are two
        r.fragments.append(found)
    for child, host in hosts:
        stand_at(r, child, host, found)


def _adjective(r: Reading, root: Token) -> None:
    """Adjectives alone: of the things before, or style."""
    # "two pizzas fresh from the oven"
    subjects = [child for child in root.lefts if child.dep_ in ("nsubj", "nsubjpass", "npadvmod")]
    things = read_fragment(r, subjects[0]) if subjects else r.subject
    if read_excepted(r, root) or subjects:
        if any(child.dep_ == "prep" and child.i not in r.seen for child in root.rights):  # "a king asleep in a hammock"
            adjective_phrase(r, things, root, "")
            return
        for index in things:
            r.things[index].adjectives.append(r.piece(root).source)
        r.seen.add(root.i)
        return
    for child in root.children:
        if child.pos_ in NOUNS:
            read_fragment(r, child)
    r.seen.add(root.i)
    if all(token.i in r.seen or token.pos_ in ("ADJ", "ADV", "CCONJ", "PART") for token in root.subtree):
        r.styles.append(r.take(root))
    else:
        adjective_phrase(r, r.subject, root, "")


def _leftovers(r: Reading, doc: Doc) -> None:
    """Nouns that no rule reached are things of the list, places are said of what was named last.

    A segment with still other nouns is said in the prompt as it stands, and in a note.
    """
    for token in doc:
        if token.i in r.seen:
            continue
        if (where := r.place(token)) is not None:
            put(r, r.latest, where)
        elif r.piece(token).source and token.pos_ in ("NOUN", "PROPN") and token.dep_ in THINGS:
            read_fragment(r, token)
    if any(t.i not in r.seen and t.pos_ in ("NOUN", "PROPN") and r.piece(t).source for t in doc):
        r.clauses.append(r.segment.text)
