"""What is known while a sentence is being read, and how things become related. Things are indices into `things`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from planner.english.parsing.expanding import Lettering, Piece
from planner.english.parsing.nouns import Noun, read_noun
from planner.english.parsing.phrases import OrderWords, RelationWords
from planner.english.parsing.pieces import Segment, joined
from planner.english.parsing.places import PlaceWords
from planner.english.reading.things import Things
from planner.lexicon.relations import KINDS, RelationKind
from planner.scene.scene import ANYWHERE, Order, Place, Relation, Text

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

SIDE_KINDS: Final = frozenset({"left_of", "right_of", "above", "below", "next_to", "between", "in_front_of", "behind"})


@dataclass
class Setting:
    """Where things are, in words: of `things`, of the whole picture where there are none."""

    things: tuple[int, ...]
    text: str


class Rules(Protocol):
    """The rules that need each other: a noun has clauses, a clause has nouns. `planner.english.rules` has them.

    A file of this room imports only those before it, and asks the reading for what stands in a later one.
    """

    def attach(self, r: Reading, about: list[int], prep: Token, said: str = "", *, verb: bool = False) -> bool:
        """Read what a preposition adds to things."""

    def complements(self, r: Reading, token: Token, things: list[int], owner: list[int] | None = None) -> None:
        """Read what hangs on a noun; `owner`: the things that it hangs on itself."""

    def read_fragment(self, r: Reading, token: Token) -> list[int]:
        """Read a noun phrase and all that hangs on it; returns its things."""

    def read_clause(self, r: Reading, verb: Token, about: list[int]) -> None:
        """Read a verb and all that hangs on it."""


@dataclass
class Reading:
    """The reader's memory, and the rules that it reads by."""

    rules: Rules
    things: Things = field(default_factory=Things)
    relations: list[Relation] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    clauses: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    # Where in the sentence we are.
    segment: Segment = field(default_factory=lambda: Segment((), ".", "."))
    ahead: list[Segment] = field(default_factory=list)  # those that go on with it after commas
    doc: Doc | None = None
    seen: set[int] = field(default_factory=set)  # words of the segment that are read
    before: list[int] = field(default_factory=list)  # what was named in the sentence before
    pivot: list[int] = field(default_factory=list)  # "to the left of the table … to the right of it"
    opened: tuple[RelationWords, list[int]] | None = None  # "on the roof sits": what comes next stands there
    subject: list[int] = field(default_factory=list)  # what the clause is about, and what "it" means
    latest: list[int] = field(default_factory=list)  # the things named last
    listed: list[int] = field(default_factory=list)  # what was named as subject since the last full stop
    holder: list[int] = field(default_factory=list)  # "a bowl with two eggs, three slices of pork": what they are in
    joins: bool = False  # the segment before ended with "and"
    bearer: list[int] = field(default_factory=list)  # "a desk with a lamp on the left, a book on the right": the desk
    host: list[int] = field(default_factory=list)  # whose left "its left" is
    leading: PlaceWords | None = None
    led: int = -1  # how many things there were when it was said
    order: tuple[OrderWords, list[int]] | None = None
    first: int = 0  # how many things there were when the sentence began
    summary: tuple[int, int] | None = None  # "three animals: …": the things from … to … may be the sum of a list
    writers: Noun | None = None  # "my grandma turns 90, …": somebody who is near to the writer
    purpose: bool = False  # "for our shop window, …": what the picture is for is told
    rows_used: bool = False
    placed: Place = ANYWHERE  # the place said last, for what stands "opposite"
    bare: list[int] = field(default_factory=list)  # the things of a list of which nothing is said yet
    more_objects: dict[int, list[Token]] = field(default_factory=dict)  # by the place of their preposition
    enumerated: tuple[int, list[int]] | None = None  # (relation, things) of a list that may go on with its objects
    times: list[str] = field(default_factory=list)  # "in spring, summer, autumn and winter"
    sharers: list[int] = field(default_factory=list)  # "…, each with": whatever they get, each of them gets
    carried: tuple[PlaceWords | None, RelationWords | None, list[int]] | None = None  # "on a table stand a cup, a jug"
    nested: RelationWords | None = None  # "on the floor in front of the shelf": how what comes next stands to the host
    fragments: list[list[int]] = field(default_factory=list)  # of the noun phrases that stand alone, with no verb yet
    previous: list[int] = field(default_factory=list)  # the things named last when the segment or "which" began
    pictures: bool = False  # each place of the sentence is a picture with all that is told there
    panel: PlaceWords | None = None  # the one of them, or of a comic, of which the sentence tells now
    spread: list[int] = field(default_factory=list)  # "on each plate …": what stands there does so for each
    compared: list[tuple[int, str, int]] = field(default_factory=list)

    # Looking at the segment

    def piece(self, token: Token) -> Piece:
        """The piece of a token; what was put before the parser only is empty."""
        return self.segment.pieces[token.i]

    def relation(self, token: Token) -> RelationWords | None:
        """The relation that a token stands for."""
        value = self.piece(token).value
        return value if isinstance(value, RelationWords) else None

    def side(self, token: Token) -> RelationWords | None:
        """The relation of a side that a token stands for, plainly said: "above", but not "on" or "above it"."""
        how = self.relation(token)
        return how if how is not None and how.kind in SIDE_KINDS and how.manner == "" else None

    def place(self, token: Token) -> PlaceWords | None:
        """The place that a token stands for."""
        value = self.piece(token).value
        return value if isinstance(value, PlaceWords) else None

    def lettering(self, token: Token) -> str:
        """The text that a token stands for, empty where it is a word."""
        value = self.piece(token).value
        return value.text if isinstance(value, Lettering) else ""

    def noun(self, token: Token) -> Noun:
        """The noun phrase of a token."""
        return read_noun(token, self.segment.pieces)

    def text(self, tokens: list[Token] | list[int]) -> str:
        """The words of tokens as they stand in the sentence."""
        numbers = sorted({token if isinstance(token, int) else token.i for token in tokens})
        return joined([self.segment.pieces[i].source for i in numbers if self.segment.pieces[i].source])

    def take(self, token: Token) -> str:
        """Mark a token and all that hangs on it as read; returns its text."""
        tokens = [part.i for part in token.subtree]
        self.seen.update(tokens)
        return self.text(tokens)


def relate(
    r: Reading, kind: RelationKind, subjects: list[int], objects: list[int], said: str, *, loose: bool = False
) -> None:
    """Note that things stand so to others."""
    subjects = [index for index in dict.fromkeys(subjects) if index not in objects]
    if not subjects or not objects:
        return
    if not loose:
        _forget_with(r, [i for i in subjects if kind != "next_to" or r.things[i].owner in objects])
    r.relations.append(Relation(kind, tuple(subjects), tuple(objects), said or KINDS[kind].said, loose))
    borne = {i for one in r.relations if r.bearer and list(one.objects) == r.bearer for i in one.subjects}
    if kind in ("between", "around") and set(objects) <= borne:
        relate(r, "on", subjects, r.bearer, "on", loose=True)


def relate_as(r: Reading, how: RelationWords, about: list[int], others: list[int], phrase: str) -> None:
    """Relate things by a phrase that was said; what it says besides the relation describes them."""
    described, said = phrase.removesuffix(how.words).strip(), how.words
    if described == phrase.strip():
        described, said = "", phrase
    if described:
        describe(r, about, described)
    if how.manner == "flanking" and sum(r.things[i].count for i in about) == 1:
        r.things[about[0]].count = 2
    if set(r.spread) & set(others):
        for index in about:
            r.things[index].count *= sum(r.things[i].count for i in r.spread)
        r.spread = []
    if how.manner in ("inverse", "flanking"):
        about, others, said = others, about, KINDS[how.kind].said
    relate(r, how.kind, about, others, said)


def _forget_with(r: Reading, things: list[int]) -> None:
    """ "a car with a banana on top of it": the second relation says it better than "with"."""
    owned = {i for i in things if r.things[i].owner is not None}
    for at, relation in enumerate(r.relations):
        if relation.loose:
            subjects = tuple(i for i in relation.subjects if i not in owned)
            objects = tuple(i for i in relation.objects if i not in owned)
            r.relations[at] = replace(relation, subjects=subjects, objects=objects)


def describe(r: Reading, about: list[int], text: str) -> None:
    """Add words that belong to things, or to the whole picture where there are none."""
    if not text:
        return
    for index in about:
        if text not in r.things[index].doing:
            r.things[index].doing.append(text)
    if not about:
        r.clauses.append(text)


def put(r: Reading, about: list[int], where: PlaceWords) -> None:
    """Place things on the canvas where nothing placed them before; scenery in the background is words."""
    r.rows_used |= where.is_row
    if where.across:
        at = (r.placed.column, r.placed.row)
        opposite = Place(*(None if one is None or not one.is_integer() else 1 - one for one in at))
        where = replace(where, place=opposite)
    r.placed = where.place if where.place != ANYWHERE else r.placed
    if where.spots and len(about) == 1:
        _one_by_one(r, about[0], where)
        return
    spots = where.spots if len(where.spots) == len(about) else (where.place,) * len(about)  # "a cat and a dog on …"
    for index, spot in zip(about, spots, strict=True):
        draft = r.things[index]
        if where.depth < 0 and draft.noun.sort in ("surface", "landscape", "place"):
            item = draft.item()
            set_scene(r, [], f"with {item.plural or item.phrase()} in the background")
            draft.count = 0
            continue
        if where.depth:
            draft.depth = "foreground" if where.depth > 0 else "background"
        column, row = draft.place.column, draft.place.row  # "in the sky on the left": each says what is left open
        draft.place = Place(spot.column if column is None else column, spot.row if row is None else row)


def _one_by_one(r: Reading, index: int, where: PlaceWords) -> None:
    """ "a lamp in each corner", "four trees, one in each corner", "on the left and right": each at its own place."""
    draft = r.things[index]
    if r.segment.after == ":":  # "four balls, one in each corner: …"
        return
    new = [replace(draft, count=1, place=place, note="", limit="exact") for place in where.spots]
    r.things.drafts[index] = new[0]
    for part in new[1:]:
        also_related(r, index, r.things.append(part))


def also_related(r: Reading, whole: int, part: int) -> None:
    """What was said of an item holds for what was taken out of it as well."""
    for at, relation in enumerate(r.relations):
        if whole in relation.subjects:
            r.relations[at] = replace(relation, subjects=(*relation.subjects, part))
        elif whole in relation.objects:
            r.relations[at] = replace(relation, objects=(*relation.objects, part))


def set_scene(r: Reading, about: list[int], text: str) -> None:
    """Note where things are, in words."""
    r.settings.append(Setting(tuple(about), text))


def note_text(r: Reading, text: str, about: list[int]) -> None:
    """Note a text that is to be read, on a thing or on its own."""
    if all(known.words != text for known in r.texts):
        r.texts.append(Text(text, about[-1] if about else None))
