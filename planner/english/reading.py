"""Reading a sentence: what is known so far, where in the sentence the reader is, and how things become related."""

from dataclasses import dataclass, field, replace
from typing import Final

from planner.english.drafts import Drafts
from planner.english.elements import Comparison, Element, Value
from planner.english.phrases import OrderWords, PlaceWords, RelationWords
from planner.english.relations import KINDS
from planner.scene.scene import ANYWHERE, Order, Relation

CONTACT: Final = frozenset({"on", "inside", "under", "wearing", "riding", "holding"})
SIDES: Final = frozenset({"left_of", "right_of", "above", "below", "between"})


@dataclass
class Pending:
    """A relation that waits for its object ("next to …")."""

    words: RelationWords
    subjects: list[int]
    start: int
    source: str = "relation"  # or "with", "verb", "aside", "dressed"


@dataclass
class Reading:
    """The reader's memory. Things are indices into `drafts`."""

    text: str
    elements: list[Element]
    drafts: Drafts = field(default_factory=Drafts)
    relations: list[Relation] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    settings: list[tuple[tuple[int, ...], str, bool]] = field(default_factory=list)  # things, text, is a place
    absent: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)

    # Where in the sentence we are.
    index: int = 0
    group: list[int] = field(default_factory=list)  # the list of things just named
    subjects: list[int] = field(default_factory=list)  # what the clause is about
    listed: list[int] = field(default_factory=list)  # every thing named as subject since the last full stop
    antecedents: list[int] = field(default_factory=list)  # what "it" means in a new clause
    host: list[int] = field(default_factory=list)  # whose left "its left" is
    separator: str = "start"
    closed: bool = True  # the group has got its place or relation: the next thing begins a new one
    touching: bool = False  # the clause's last relation was one of contact
    pending: Pending | None = None
    inverted: tuple[RelationWords, list[int]] | None = None  # "on the table is …"
    extending: tuple[int, str] | None = None  # the relation whose list may go on, and which side of it
    leading: PlaceWords | None = None
    order: tuple[OrderWords, list[int]] | None = None
    summary: tuple[int, int] | None = None  # "three animals: …": (thing, number of things before the list)
    negative: bool = False
    dressed: bool = False  # "filled with apples": a list of what a thing is full of may go on
    rows_used: bool = False
    sharing: bool = False  # "each of …": the next thing is the one among which is shared
    sharers: list[int] = field(default_factory=list)  # "…, each with": whatever they get, each of them gets
    compared: tuple[int, Comparison] | None = None  # "as many cups": waits for "as saucers"

    def _peek(self, offset: int = 1) -> Value | None:
        at = self.index + offset
        return self.elements[at].value if at < len(self.elements) else None

    def _relate(self, how: RelationWords, subjects: list[int], objects: list[int]) -> None:
        subjects = [index for index in subjects if index not in objects]
        if how.words != "with":
            related = [i for i in subjects if how.kind != "next_to" or self.drafts[i].owner in objects]
            self._forget_with(related)
        if how.manner == "flanking" and sum(self.drafts[index].count for index in subjects) == 1:
            self.drafts[subjects[0]].count = 2
        if how.manner in ("inverse", "flanking"):
            subjects, objects = objects, subjects
        if not subjects or not objects:
            return
        said = how.words
        if how.manner in ("inverse", "flanking") or said == "with" or how.own_object:
            said = KINDS[how.kind].said
        self.relations.append(Relation(how.kind, tuple(subjects), tuple(objects), said, how.words == "with"))
        goes_on = how.kind not in CONTACT - {"wearing", "holding"} or how.words == "with"
        side = "subjects" if how.manner == "inverse" else "objects"
        self.extending = (len(self.relations) - 1, side) if goes_on else None

    def _forget_with(self, things: list[int]) -> None:
        """ "a car with a banana on top of it": the second relation says it better than "with"."""
        for index in things:
            owner = self.drafts[index].owner
            for at, relation in enumerate(self.relations):
                if relation.loose and index in relation.subjects + relation.objects and owner is not None:
                    rest_subjects = tuple(i for i in relation.subjects if i != index)
                    rest_objects = tuple(i for i in relation.objects if i != index)
                    self.relations[at] = replace(relation, subjects=rest_subjects, objects=rest_objects)

    def _extend(self, index: int) -> None:
        """Add a thing to the list of the last relation: "next to a cup and a plate", "with a cup and a plate"."""
        at, side = self.extending or (0, "objects")
        relation = self.relations[at]
        if side == "subjects":
            self.relations[at] = replace(relation, subjects=(*relation.subjects, index))
        else:
            self.relations[at] = replace(relation, objects=(*relation.objects, index))
        if relation.loose and self.group:
            self.drafts[index].owner = self.drafts[self.group[-1]].owner
        self.group = [*self.group, index]

    def _antecedent(self, of: list[int]) -> list[int]:
        """What "it" means when said of the things `of`."""
        for index in reversed(of):
            owner = self.drafts[index].owner
            if owner is not None:
                return [owner]
        if of and self.host and not set(of) & set(self.host):
            return self.host
        candidates = [i for i in (self.subjects or self.antecedents or self.listed) if i not in of]
        if not candidates:
            candidates = [i for i in range(len(self.drafts)) if i not in of][-1:]
        return candidates

    def _about(self) -> list[int]:
        """What a relation in the middle of a clause says something about."""
        if self.separator in ("and", "comma") or self.touching:
            return self.subjects or self.group
        return self.group or self.subjects

    def _has_place(self, index: int) -> bool:
        return self.drafts[index].place != ANYWHERE

    def _add_order(self, how: OrderWords, things: list[int]) -> None:
        if len(things) > 1:
            self.orders.append(Order(how.axis, tuple(reversed(things) if how.reverse else things)))

    def _describe(self, about: list[int], text: str) -> None:
        for index in about:
            self.drafts[index].doing.append(text)
