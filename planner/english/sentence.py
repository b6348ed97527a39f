"""English sentence → Scene, by a hand-written grammar.

In `english/`, `chunks.py` cuts the sentence into noun phrases, expressions of place, verbs and connecting words. Then
these are put together from left to right: `placing.py`, `naming.py` and `connecting.py` say what the reader does at
each of them, `reading.py` is its memory, `drafts.py` knows which mention means which thing.

Why no NLP library. Compared on the 378 natural captions of NSR-1K's spatial training split, counting those in which the
two labelled things stand in two different noun phrases: spaCy 3.8.18 with en_core_web_sm 3.8.0 reads 360 (95.2 %; it
takes "a zebra standing" and "a black fire | hydrant" for things), this grammar 376 (99.5 %, it was developed on them).
spaCy needs 230 MB beside its model, which comes as a package only as somebody's re-upload; relations, counts and
places would have to be read from its trees by rules all the same. The word forms are compared in `english/forms.py`.
"""

from dataclasses import replace

from planner.english import words
from planner.english.chunks import scan
from planner.english.connecting import Connecting
from planner.english.elements import Noun
from planner.english.phrases import OrderWords, PlaceWords, RelationWords
from planner.english.tokens import normalise
from planner.scene.scene import ANYWHERE, Order, Relation, Scene


def read_sentence(sentence: str) -> Scene:
    """Find the things of an English sentence, how many, where, and how they relate. Never fails.

    A sentence in which nothing is found gives a scene without items.
    """
    text = normalise(sentence)
    reader = _Reader(text, scan(text))
    reader.read()
    return reader.scene(sentence)


class _Reader(Connecting):
    """Reads a sentence from left to right and freezes what it found."""

    def read(self) -> None:
        for index, element in enumerate(self.elements):
            self.index = index
            value = element.value
            if isinstance(value, Noun):
                self._noun(value, element)
            elif isinstance(value, RelationWords):
                self._relation(value, element)
            elif isinstance(value, PlaceWords):
                self._place(value)
            elif isinstance(value, OrderWords):
                self._order(value)
            else:
                self._word(value, element)
        self._stop()

    def scene(self, sentence: str) -> Scene:
        """Freeze what was read; things of which nothing is left (counted out one by one) are dropped."""
        background = self._background()
        kept = [i for i, draft in enumerate(self.drafts.drafts) if draft.count > 0]
        new = {old: position for position, old in enumerate(kept)}
        items = tuple(self.drafts[old].item() for old in kept)
        relations = [*self.relations, *self._depth_relations(kept)]
        return Scene(
            sentence=sentence,
            items=items,
            relations=tuple(_renumber(relation, new) for relation in relations if _is_whole(relation, new)),
            orders=tuple(Order(o.axis, tuple(new[i] for i in o.items if i in new)) for o in self.orders),
            background=background,
            style=", ".join(dict.fromkeys(self.styles)),
            absent=tuple(dict.fromkeys(self.absent)),
            notes=tuple(note for old in kept if (note := self.drafts[old].note)),
        )

    def _background(self) -> str:
        """One place for the whole picture, or each thing's own where the sentence names several."""
        shelves = self._shelves() if self.rows_used else []
        places = list(dict.fromkeys(text for _, text, place in self.settings if place))
        everywhere = [text for things, text, place in self.settings if place and not things]
        whole = places if len(places) == 1 else list(dict.fromkeys(everywhere))
        for things, text, _ in self.settings:
            if text not in whole:
                self._describe(list(things), text)
        return " ".join([*shelves, *whole])

    def _shelves(self) -> list[str]:
        """A bookshelf of which the rows are spoken of is the background of what stands in it."""
        texts = []
        for draft in self.drafts.drafts:
            if draft.noun.key in words.SHELVES and draft.place == ANYWHERE:
                texts.append("on " + draft.item().prompt)
                draft.count = 0
        return texts

    def _depth_relations(self, kept: list[int]) -> list[Relation]:
        near = [i for i in kept if self.drafts[i].depth >= 0]
        far = [i for i in kept if self.drafts[i].depth < 0]
        front = [i for i in kept if self.drafts[i].depth > 0]
        found = []
        if near and far:
            found.append(Relation("behind", tuple(far), (near[0],), "in the background of"))
        if front and (rest := [i for i in near if i not in front]):
            found.append(Relation("in_front_of", tuple(front), (rest[0],), "in the foreground of"))
        return found


def _is_whole(relation: Relation, new: dict[int, int]) -> bool:
    return any(i in new for i in relation.subjects) and any(i in new for i in relation.objects)


def _renumber(relation: Relation, new: dict[int, int]) -> Relation:
    return replace(
        relation,
        subjects=tuple(new[i] for i in relation.subjects if i in new),
        objects=tuple(new[i] for i in relation.objects if i in new),
    )
