"""Hold a plan against its sentence: what the sentence states for sure, whoever made the plan and whatever he lists.

A reply may agree with itself and still not be what was asked for. What the reader of English is sure of
(`planner.checks.sureness`) is an error:

| code | what is wrong | |
|---|---|---|
| `sentence_missing` | a thing of the sentence is not in the plan, or has words and no box | error |
| `sentence_count` | there are more or fewer of a thing than the sentence says | error |
| `sentence_relation` | a thing is on the wrong side of another | error |
| `sentence_place` | a thing is on the wrong side of the canvas | error |
| `sentence_absent` | a thing is there that must not be seen | error |
| `unnamed_thing` | a thing has a box that nobody asked for | warning |

Scenery and clothes need no box, and a plan for a long text, of more than `MOST_WORDS` words, may leave things out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise, product
from typing import Final

from planner.checks.names import Name, named_in, read_name
from planner.checks.sureness import StatedKind, mentions, plain_words, stated_kinds
from planner.complaints import Complaint
from planner.lexicon import forms, words
from planner.lexicon.relations import KINDS, wording_of
from planner.plan import Plan
from planner.plan.box import Box
from planner.plan.limits import MAX_OBJECTS
from planner.scene.scene import Item, Relation, Scene

FEW_WORDS: Final = 16  # of such a sentence all things have boxes; in a longer one words may do for what there is one of
MOST_WORDS: Final = 40
SLACK: Final = 0.02  # of the canvas: so far centres may lie on the wrong side
_MIDDLE: Final = (0.2, 0.8)  # where the centre of a thing "in the middle" is at least
_SCENERY: Final = (
    words.PLACES | words.SURFACES | words.LANDSCAPE | words.TIMES | words.ABSTRACT | words.PARTS | words.CLOTHES
    | words.PICTURES | words.STYLE_NOUNS | words.MASS
)  # fmt: skip
_GENERAL: Final = words.word_set(  # what a plan names by its kinds: "pets" are a cat and a dog
    "animal pet creature fruit vegetable vehicle toy food drink instrument furniture tool object item thing person "
    "people friend family couple crowd player musician worker insect flower plant tree building weapon jewel dessert "
    "snack shape"
)
_DIRECTED: Final = frozenset({"left_of", "right_of", "above", "below"})
_CARRYING: Final = frozenset({"holding", "wearing", "riding"})
_BORNE: Final = frozenset({"on", "inside", "under", "holding", "wearing", "riding", "around"})


def check_sentence(plan: Plan, scene: Scene) -> list[Complaint]:
    """Return where a plan contradicts what its sentence states.

    plan: the plan, whoever made it.
    scene: what the reader of English reads in the sentence.
    """
    held = _Held(plan, scene)
    found = [*held.absent(), *held.counts(), *held.relations(), *held.places()]
    return found if len(scene.sentence.split()) > MOST_WORDS else [*found, *held.missing(), *held.unnamed()]


class _Held:
    """A plan and a scene, with the objects that each item of the scene is."""

    def __init__(self, plan: Plan, scene: Scene) -> None:
        self.plan, self.scene = plan, scene
        self.low = plain_words(scene.sentence)
        self.items = [read_name(item.description) for item in scene.items]
        self.prompts = [read_name(item.prompt) for item in plan.objects]
        self.kinds = [(kind, self._objects(kind)) for kind in stated_kinds(scene)]

    def _objects(self, kind: StatedKind) -> tuple[int, ...]:
        names = [self.items[i] for i in kind.items]
        return tuple(i for i, prompt in enumerate(self.prompts) if any(name.shares_noun(prompt) for name in names))

    def absent(self) -> Iterator[Complaint]:
        """Things that must not be seen and are."""
        for said in self.scene.absent:
            name = read_name(said)
            if len(said.split()) > 3 or any(name.shares_noun(item) for item in self.items):
                continue
            for index, prompt in enumerate(self.prompts):
                if name.stands_for(prompt):
                    message = f'The sentence says that there is no "{said}"; leave "{self._called(index)}" out.'
                    yield Complaint("sentence_absent", f"objects[{index}]", message)
        for kind, objects in self.kinds:
            for item, index in product((self.scene.items[i] for i in kind.items), objects):
                if len(kind.items) == 1 and (denied := set(item.denied) & self.prompts[index].words):
                    message = f'The sentence says that "{item.description}" is not {" or ".join(sorted(denied))}.'
                    yield Complaint("sentence_absent", f"objects[{index}].prompt", message)

    def missing(self) -> Iterator[Complaint]:
        """Things of the sentence that no object is."""
        for kind, objects in self.kinds:
            if objects or not kind.sure:
                continue
            item, name = self.scene.items[kind.items[0]], self.items[kind.items[0]]
            texts = [*(cell.prompt for cell in self.plan.cells), *(thing.prompt for thing in self.plan.objects)]
            described = any(named_in(text, name) for text in texts)
            if self._is_missed(kind, item, described):
                what = "has no box" if described else "is nowhere in the picture"
                message = f'The sentence names "{item.description}", which {what}; give it a box and name it.'
                yield Complaint("sentence_missing", "objects", message)

    def _is_missed(self, kind: StatedKind, item: Item, described: bool) -> bool:
        """Tell whether a thing needs a box: scenery, clothes and what bears another thing need only words."""
        noun = item.name.lower().split()[-1]
        if noun in _GENERAL and self._strangers():
            return False
        scenic = noun in _SCENERY or noun.endswith(words.QUALITY_ENDINGS)
        placed = item.place.column is not None or item.place.row is not None
        several = kind.exact and kind.wanted > 1
        stated = placed or several or self._relates(kind)
        short = len(self.scene.sentence.split()) <= FEW_WORDS
        if not described:
            return stated or not (scenic or (not short and self._is_detail(kind)))
        boxed = short or several or not self.plan.objects
        return boxed and stated and not scenic and not self._relates(kind, _BORNE)

    def _is_detail(self, kind: StatedKind) -> bool:
        """Tell whether a thing is only said with another one: what somebody wears, holds or has."""
        return any(
            (relation.loose or relation.kind in _CARRYING) and set(kind.items) & set(relation.objects)
            for relation in self.scene.relations
        )

    def _relates(self, kind: StatedKind, kinds: Collection[str] = _DIRECTED) -> bool:
        """Tell whether the sentence has a thing of this kind in a relation of certain kinds, or in a row."""
        ends = [{*relation.subjects, *relation.objects} for relation in self.scene.relations if relation.kind in kinds]
        rows = [set(order.items) for order in self.scene.orders] if kinds is _DIRECTED else []
        return any(set(kind.items) & end for end in [*ends, *rows])

    def counts(self) -> Iterator[Complaint]:
        """Things of which the plan shows another number than the sentence says."""
        if sum(item.count for item in self.scene.items) > MAX_OBJECTS:
            return
        for kind, objects in self.kinds:
            item, shown = self.scene.items[kind.items[0]], len(objects)
            most = len(kind.items) == 1 and item.limit == "most" and shown > item.count
            if most or (kind.exact and shown and shown != kind.wanted):
                limit = "at most " if most else ""
                message = f'The sentence says {limit}{kind.wanted} of "{item.name}" but the objects show {shown}.'
                yield Complaint("sentence_count", "objects", message)

    def relations(self) -> Iterator[Complaint]:
        """Pairs of things that stand the wrong way round."""
        for words_said, before, after, axis in self._directions():
            for first, second in product(self._objects_of(before), self._objects_of(after)):
                here, there = (self.plan.objects[index].box.center[axis] for index in (first, second))
                if here > there + SLACK and first != second:
                    yield self._turned(first, second, words_said)
        for relation in self.scene.relations:
            for first, second in product(self._objects_of(relation.subjects), self._objects_of(relation.objects)):
                upper, lower = self.plan.objects[first].box, self.plan.objects[second].box
                if first != second and _upside_down(relation, upper, lower):
                    yield self._turned(first, second, relation.words or KINDS[relation.kind].said)

    def _directions(self) -> Iterator[tuple[str, tuple[int, ...], tuple[int, ...], int]]:
        """Every stated direction: its words, the items that come first along the axis, those that follow, the axis."""
        for relation in self.scene.relations:
            wording = wording_of(relation.words) if relation.words else None
            kind = KINDS[relation.kind]
            if kind.axis is None or relation.kind == "under" or relation.loose or (wording and wording.contact):
                continue
            pair = (relation.subjects, relation.objects)
            first, second = pair if kind.subject_first else pair[::-1]
            yield relation.words or kind.said, first, second, "xy".index(kind.axis)
        for order in self.scene.orders:
            said = "to the left of" if order.axis == "x" else "above"
            for before, after in pairwise(order.items):
                yield said, (before,), (after,), "xy".index(order.axis)

    def _objects_of(self, items: Sequence[int]) -> list[int]:
        """The objects that are surely these items: none where another item goes by the same noun and looks."""
        found = set[int]()
        for i in items:
            rivals = [other for other in range(len(self.items)) if other not in items and self._alike(i, other)]
            if not rivals and mentions(self.scene.items[i], self.low):
                found |= {index for index, prompt in enumerate(self.prompts) if self._is_only(i, prompt)}
        return sorted(found)

    def _alike(self, first: int, second: int) -> bool:
        mine, theirs = self.items[first], self.items[second]
        return mine.shares_noun(theirs) and (mine.colours == theirs.colours or not mine.colours or not theirs.colours)

    def _is_only(self, item: int, prompt: Name) -> bool:
        """Tell whether an object is this item and no other one of the same noun: by its colour where there are two."""
        if not any(other != item and name.shares_noun(self.items[item]) for other, name in enumerate(self.items)):
            return self.items[item].shares_noun(prompt)
        return self.items[item].stands_for(prompt)

    def places(self) -> Iterator[Complaint]:
        """Things on another side of the canvas than the sentence says."""
        carried = {i for relation in self.scene.relations if relation.kind in _CARRYING for i in relation.objects}
        for i, item in enumerate(self.scene.items):
            if item.panel is not None or i in carried:  # what is carried is where its bearer is
                continue
            for index in self._objects_of((i,)):
                for axis, side in enumerate((item.place.column, self._row(item))):
                    if side is not None and (words_said := _misplaced(self.plan.objects[index].box, axis, side)):
                        message = f'The sentence has "{item.description}" {words_said}; move the box there.'
                        yield Complaint("sentence_place", f"objects[{index}].box", message)

    def _row(self, item: Item) -> float | None:
        """The stated row; rows of a shelf or a building are not the canvas'."""
        shelved = words.SHELVES | {"floor", "storey", "story", "tier", "shelve"}
        return None if shelved & {forms.singular(word) for word in self.low.split()} else item.place.row

    def unnamed(self) -> Iterator[Complaint]:
        """Objects of which the sentence says nothing; none where it names no object at all, in whatever language."""
        nouns = {noun for name in self.items for noun in name.nouns}
        found = self._strangers()
        for index in found if len(found) < len(self.prompts) and not nouns & _GENERAL else ():
            message = f'Nobody asked for "{self._called(index)}"; leave out what the sentence does not name.'
            yield Complaint("unnamed_thing", f"objects[{index}]", message, "warning")

    def _strangers(self) -> list[int]:
        """The objects that are no item of the sentence, and that no word of it names."""
        return [
            index
            for index, prompt in enumerate(self.prompts)
            if not any(name.shares_noun(prompt) or prompt.shares_noun(name) for name in self.items)
            and not named_in(self.scene.sentence, prompt)
        ]

    def _turned(self, first: int, second: int, words_said: str) -> Complaint:
        message = (
            f'The sentence has "{self._called(first)}" {words_said} objects[{second}] ("{self._called(second)}"), '
            "but the boxes are the other way round; exchange or move them."
        )
        return Complaint("sentence_relation", f"objects[{first}].box", message)

    def _called(self, index: int) -> str:
        return self.plan.objects[index].name


def _upside_down(relation: Relation, subject: Box, target: Box) -> bool:
    """Tell whether what is on another thing is wholly below it, or what is under it wholly above."""
    if relation.loose or relation.kind not in ("on", "under"):
        return False
    over, below = (subject, target) if relation.kind == "on" else (target, subject)
    return over.center[1] > below.bottom


def _misplaced(box: Box, axis: int, side: float) -> str:
    """Say where a box should be along an axis if it is not there."""
    centre = box.center[axis]
    names = (("on the left", "in the middle", "on the right"), ("at the top", "in the middle", "at the bottom"))[axis]
    if side == 0 and centre > 0.5 + SLACK:
        return names[0]
    if side == 1 and centre < 0.5 - SLACK:
        return names[2]
    return names[1] if side == 0.5 and not _MIDDLE[0] <= centre <= _MIDDLE[1] else ""
