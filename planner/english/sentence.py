"""English sentence → Scene: the parse of each segment, read from left to right.

`pieces.py` cuts the sentence into segments and puts one word for every fixed expression of place; `parser.py` parses
them with spaCy; `fragments.py`, `clauses.py` and `attaching.py` read noun phrases, verbs and prepositions;
`referring.py` knows what "it" and "the other one" mean; `state.py` is the reader's memory.
"""

from __future__ import annotations

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
from planner.english.reading.clauses import BEHIND, DOING, POSITIONS, read_clause
from planner.english.reading.fragments import adjective_phrase, read_fragment
from planner.english.reading.leading import at_place, enumerate_objects, follows_place, respectively
from planner.english.reading.mentioning import nominals, read_excepted
from planner.english.reading.referring import PERSONAL, is_reference
from planner.english.reading.requests import lemma
from planner.english.reading.scenes import end_sentence, freeze
from planner.english.reading.segments import read_alone
from planner.english.reading.state import Reading, put, relate
from planner.lexicon import words
from planner.lexicon.kinds import is_being, is_shelter, known_kind_of
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
        r.panel = first
    if isinstance(first, RelationWords) and not follows_place(r):
        r.leading = None  # what stands at another thing has no place but that
    if not read_alone(r, doc):
        _read_parsed(r, doc)
    enumerate_objects(r, doc, list(range(before, len(r.things))), new=len(r.relations) - related)
    if r.panel is not None:
        put(r, [i for i in range(before, len(r.things)) if _is_open(r, i, r.panel)], r.panel)


def _is_open(r: Reading, index: int, panel: PlaceWords) -> bool:
    """Tell whether a thing takes its picture's place, or, on a shelf, its row."""
    place = r.things[index].place
    return place == ANYWHERE or (panel.is_row and place.row is None)


def _read_parsed(r: Reading, doc: Doc) -> None:
    """Read a segment by its parse."""
    root = next(token for token in doc if token.dep_ == "ROOT")
    _go_on(r, root)
    _root(r, root)
    _leftovers(r, doc)
    respectively(r)
    _unsure(r, doc)
    if r.segment.after == ":" or (r.segment.before == "." and _members_follow(r)):
        r.before, r.listed = r.listed or r.before, []
        sum_up(r)


def _members_follow(r: Reading) -> bool:
    """ "a couple at a table, the husband in grey, …", "three doors, a red door …": what they are follows a comma."""
    said = [piece.source.lower() for piece in r.ahead[0].pieces] if r.ahead else [""]
    named = [r.things[i] for i in r.subject if r.things[i].count > 1 or r.things[i].noun.key in words.COLLECTIVES]
    if len(said) < 2 or len(r.ahead) < 2 or len(named) != 1:
        return False
    return (said[0] == "the" and is_being(said[1])) or (said[0] in ("a", "an") and named[0].noun.key in said[1:4])


def _go_on(r: Reading, root: Token) -> None:
    """ "On the table stand three flasks, a microscope and a book": what goes on with the list stands there, too."""
    carried, r.carried = r.carried, None
    own = any(isinstance(piece.value, (PlaceWords, RelationWords)) for piece in r.segment.pieces)
    listed = root.pos_ in ("NOUN", "PROPN") and not own and r.segment.before == ","
    if carried is None or not listed or root.doc[0].lower_ in ("no", "not"):
        return
    where, how, hosts = carried
    r.leading = where
    r.opened = (how, hosts) if how is not None and hosts else r.opened
    r.carried = carried


def _root(r: Reading, root: Token) -> None:
    told = root.pos_ == "ADJ" and any(child.dep_ == "nsubj" for child in root.lefts)  # "on the right a hen asleep"
    for child in root.lefts:
        value = r.piece(child).value
        if isinstance(value, PlaceWords) and (told or root.pos_ in NOUNS):
            r.seen.add(child.i)
            at_place(r, value)
    if r.piece(root).value is not None and not r.lettering(root):
        r.seen.add(root.i)
        if not isinstance(r.piece(root).value, OrderWords):
            _preposition(r, root)
    elif root.pos_ in ("VERB", "AUX") and not r.lettering(root):
        led = root.doc[0].pos_ == "ADP"  # "a lantern hangs above it, and under it sits a badger"
        r.pivot = r.pivot if led or not any(c.dep_ == "nsubj" and c.i < root.i for c in root.children) else []
        read_clause(r, root, _continuing(r, root))
        if r.segment.after == "," and r.carried is None and _is_turned(r, root):
            r.carried = (r.leading, None, [])
        r.leading = None
    elif root.pos_ in ("ADP", "SCONJ"):
        _preposition(r, root)
    elif root.pos_ in NOUNS or is_reference(r, root):
        _nominal(r, root)
    elif root.pos_ in ("ADJ", "ADV", "INTJ", "PART"):
        _adjective(r, root)


def _is_turned(r: Reading, verb: Token) -> bool:
    """Tell whether what a clause names stands behind its verb: "on the left there is a cat"."""
    return r.leading is not None and not any(
        child.dep_ in ("nsubj", "nsubjpass") and child.i < verb.i and child.lower_ != "there" for child in verb.children
    )


def _continuing(r: Reading, root: Token) -> list[int]:
    """A verb without a subject goes on about the clause before it, after a comma."""
    if root.doc[0].lower_ in ("which", "that", "who") and r.latest:
        return r.latest[-1:]
    turned = lemma(root) in POSITIONS and any(child.dep_ in BEHIND and child.pos_ in NOUNS for child in root.rights)
    if r.opened is not None and (lemma(root) == "be" or turned):  # "on it, from left to right, are a jug and two cups"
        return []
    about = _apposed(r) if r.segment.before in ",-(" else []
    if about and lemma(root) in DOING and not any(is_being(r.things[i].noun.key) for i in about):
        # "a girl, oversized hoodie, sitting on a wall"
        named = range(len(r.things))
        being = next(([i] for i in reversed(named) if is_being(r.things[i].noun.key)), about)
        # "kawaii avocado, tiny crown, sitting on a skateboard"
        return being if being != about or any(r.things[i].noun.determiner for i in named) else [0]
    return about


def _apposed(r: Reading) -> list[int]:
    """ "the bird, a yellow canary, sits on it", "the one on the left, a stout man, …": two names of one thing."""
    names, r.fragments = [one for one in r.fragments[-2:] if len(one) == 1], []
    if len(names) == 2 and r.subject == names[1] != names[0]:
        first, second = r.things[names[0][0]], r.things[names[1][0]]
        told = first.noun.determiner in words.DEFINITE or first.part or first.noun.proper
        # "an explorer, a woman in shorts, kneels"
        told = told or (second.noun.key in GENERIC and is_being(first.noun.key))
        told = told and second.place in (ANYWHERE, first.place)  # "the Milky Way on the left, a comet on the right"
        if told and second.noun.determiner in ("a", "an") and first.count == 1:
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
    leading = [
        child
        for child in root.lefts
        if r.relation(child) is not None or (child.dep_ == "prep" and child.lower_ != "of")
    ]
    hosts = []
    for child in leading:
        lead_in(r, child)
        hosts.append((child, list(r.host)))
    if r.led < len(r.things) and any(r.place(part) or r.side(part) for part in root.subtree if part.i > root.i):
        r.leading = None  # "in the corner a bicycle, and a road running between them"
    free = r.opened is None and r.leading is None and not r.host
    before = r.previous
    found = read_fragment(r, root)
    if free and _is_named_again(r, root, before, found):
        become(r, before[0], found)
    if root.lower_ not in PERSONAL:  # "she at the oars, it at the bow" are two
        r.fragments.append(found)
    for child, host in hosts:
        stand_at(r, child, host, found)


def _is_named_again(r: Reading, root: Token, before: list[int], found: list[int]) -> bool:
    """ "stares at the pawnbroker, a stout woman with a hat": the object named last, under its other name."""
    if r.segment.before != "," or r.joins or len(found) != 1 or len(before) != 1 or len(nominals(root)) > 1:
        return False
    old, new = r.things[before[0]], r.things[found[0]]
    told = old.noun.determiner in words.DEFINITE and old.count == 1 and old.noun.key not in GENERIC
    person = is_being(old.noun.key) or known_kind_of(old.noun.key) is None
    again = new.noun.key in GENERIC and new.noun.determiner in ("a", "an") and before != r.subject
    last = not (r.ahead and r.ahead[0].pieces[0].source.lower() == "and")
    beside = any(r.side(part) is not None for part in root.rights)
    return told and person and again and last and not beside and any(part.i > root.i for part in root.children)


def _adjective(r: Reading, root: Token) -> None:
    """Adjectives alone: of the things before, or style."""
    subjects = [child for child in root.children if child.dep_ in ("nsubj", "nsubjpass")]
    before = (child for child in root.lefts if child.dep_ == "npadvmod")  # "two pizzas fresh from the oven"
    subjects = subjects or [child for child in before if known_kind_of(r.noun(child).key) is not None]
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
        if child.pos_ in NOUNS and child.dep_ not in ("npadvmod",):
            read_fragment(r, child)
    r.seen.add(root.i)
    if all(token.i in r.seen or token.pos_ in ("ADJ", "ADV", "CCONJ", "PART") for token in root.subtree):
        r.styles.append(r.take(root))
    else:
        adjective_phrase(r, r.subject, root, "")


def _unsure(r: Reading, doc: Doc) -> None:
    """A segment with nouns that no rule has reached is said in the prompt as it stands, and in a note."""
    lost = [t for t in doc if t.i not in r.seen and t.pos_ in ("NOUN", "PROPN") and r.piece(t).source]
    if lost and r.segment.text not in r.clauses:
        r.clauses.append(r.segment.text)


def _leftovers(r: Reading, doc: Doc) -> None:
    """Nouns that no rule reached are things of the list, places are said of what was named last."""
    for token in doc:
        if token.i in r.seen:
            continue
        if (where := r.place(token)) is not None:
            put(r, r.latest, where)
        elif r.piece(token).source and token.pos_ in ("NOUN", "PROPN") and token.dep_ in THINGS:
            read_fragment(r, token)
