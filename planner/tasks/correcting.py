"""A reply's words put right by its sentence: what our reader of English has read stands, the rest is the model's.

The reader's scene is kept with its numbers, places and relations; what it lists and the reply does not is added. Of the
reply stay its prompts, where they say as much as the sentence, its numbers where the sentence says none, and the things
that the sentence names and the reader took for scenery or was not sure of. What it has read as something else (style,
letters, a part of another thing, what must not be seen) is no thing, and neither is what nobody named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, product
from typing import Final

from planner.checks import claims
from planner.checks.names import Name, named_in, read_name
from planner.checks.sureness import mentions, plain_words, stated_kinds
from planner.lexicon import forms
from planner.scene.scene import Item, Order, Relation, Scene

_TURNED: Final = {"right_of": ("left_of", True), "below": ("above", True), "behind": ("in_front_of", True)}
MOST_TOLD: Final = 6  # things that a sentence about the changes lists


@dataclass(frozen=True)
class Corrected:
    """A reply's scene as the sentence has it.

    things: what was added and what was left out, in words; empty: nothing.
    moved: whether places or relations were changed.
    """

    scene: Scene
    things: str = ""
    moved: bool = False

    @property
    def changes(self) -> str:
        """What was changed, in words; empty: nothing."""
        return self.things or ("places and relations are the sentence's" if self.moved else "")


def corrected(reply: Scene, stated: Scene, told: Sequence[str] = (), *, extras: bool = True) -> Corrected | None:
    """Put right what a reply lists; None where that is another sentence's picture: nothing of it is in the sentence.

    reply: what the reply lists.
    stated: what the sentence states, as `planner.tasks.sentences.read_stated` reads it.
    told: what the reply says in other words, the prompts of its cells; a reply may name all things there and list none.
    extras: whether things stay that the reader took for scenery or was not sure of.
    """
    merging = _Merging(reply, stated)
    if stated.items and not any(merging.kin) and not merging.is_about_it(told):
        return None
    own = merging.stated_items()
    extra = merging.extra_items() if extras else []
    scene = replace(
        stated,
        items=tuple(merging.items),
        relations=(*_renumbered(stated.relations, own), *_with_extras(reply.relations, merging.places, set(extra))),
        orders=tuple(Order(order.axis, _all(order.items, own)) for order in stated.orders),
        comparisons=tuple(
            replace(each, larger=own[each.larger][0], smaller=own[each.smaller][0])
            for each in stated.comparisons
            if own[each.larger] and own[each.smaller]
        ),
        texts=tuple(
            replace(text, item=None if text.item is None else next(iter(own[text.item]), None)) for text in stated.texts
        ),
        background=stated.background or reply.background,
        notes=reply.notes,
    )
    return Corrected(scene, _things(reply, scene), _where(reply) != _where(scene))


@dataclass
class _Merging:
    """The items of a sentence and of a reply, on their way to one list.

    kin: for each stated item the reply's items that it may be.
    places: for each of the reply's items where it is in the new list.
    done: the stated items that are in it.
    """

    reply: Scene
    stated: Scene
    items: list[Item] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = [read_name(item.description) for item in self.reply.items]
        self.wanted = [read_name(item.description) for item in self.stated.items]
        self.left = [item.count for item in self.reply.items]
        self.kin = [self._kin(name) for name in self.wanted]
        self.places: dict[int, list[int]] = {}
        self.done = set[int]()

    def is_about_it(self, told: Sequence[str]) -> bool:
        """Tell whether the sentence has anything in it that the reply lists, or the reply's words one of its things."""
        listed = any(name.nouns and named_in(self.stated.sentence, name) for name in self.names)
        return listed or any(name.nouns and named_in(text, name) for text in told for name in self.wanted)

    def _kin(self, wanted: Name) -> list[int]:
        """The reply's items that go by a stated noun, those of its colours first."""
        found = [i for i, name in enumerate(self.names) if wanted.shares_noun(name)]
        return sorted(found, key=lambda i: not wanted.colours <= self.names[i].colours)

    def stated_items(self) -> list[tuple[int, ...]]:
        """List what is stated; return where each of the stated items is in the list."""
        counted = {i for kind in stated_kinds(self.stated) if kind.exact for i in kind.items}
        own = dict[int, tuple[int, ...]]()
        for i in sorted(range(len(self.wanted)), key=self._colourless):
            own[i] = tuple(self._taken(i, exact=i in counted))
            self.done.add(i)
        return [own[i] for i in range(len(self.wanted))]

    def _colourless(self, i: int) -> bool:
        """Tell whether an item chooses last among the reply's: what has a colour is not to lose its own."""
        return not self.wanted[i].colours

    def _taken(self, i: int, *, exact: bool) -> list[int]:
        """Add a stated item under the reply's prompts; more than one where the reply has several for it."""
        item, found = self.stated.items[i], list[int]()
        wanted = item.count if exact else self._number(i)
        for j in self.kin[i]:
            if count := min(self.left[j], wanted - sum(self.items[at].count for at in found)):
                self.left[j] -= count
                found.append(self._add(replace(_worded(item, self.reply.items[j]), count=count), j))
        lacking = wanted - sum(self.items[at].count for at in found)
        if not found:
            return [self._add(replace(item, count=wanted))]
        self.items[found[0]] = replace(self.items[found[0]], count=self.items[found[0]].count + lacking)
        return found

    def _number(self, i: int) -> int:
        """How many of a thing there are of which the sentence does not say it: as many as the reply lists.

        What the other stated items of its noun need is theirs.
        """
        item = self.stated.items[i]
        others = [k for k, kin in enumerate(self.kin) if k != i and k not in self.done and set(kin) & set(self.kin[i])]
        theirs = sum(self.stated.items[k].count for k in others)
        listed = sum(self.left[j] for j in self.kin[i]) - theirs
        if item.limit == "least":
            return max(item.count, listed)
        return min(item.count, listed) if item.limit == "most" and listed > 0 else item.count

    def _add(self, item: Item, source: int | None = None) -> int:
        at = len(self.items)
        self.items.append(item)
        if source is not None:
            self.places.setdefault(source, []).append(at)
        return at

    def extra_items(self) -> list[int]:
        """List what the sentence names and the reader says nothing of; return where that is in the list."""
        known = {j for kin in self.kin for j in kin}
        read = _words_for_else(self.stated)
        low = plain_words(self.stated.sentence)
        found = []
        for j, item in enumerate(self.reply.items):
            name = self.names[j]
            if j in known or not name.nouns or any(name.shares_noun(other) for other in self.wanted):
                continue
            unsure = any(named_in(clause, name) for clause in self.stated.clauses)
            if (
                (unsure or mentions(item, low))
                and not _measures(item, low)
                and not any(named_in(s, name) for s in read)
            ):
                found.append(self._add(item, j))
        return found


def _worded(item: Item, listed: Item) -> Item:
    """Give a stated item the reply's description where that says as much, and nothing of its place."""
    said, theirs = read_name(item.description), read_name(listed.description)
    if not said.words <= theirs.words or theirs.words & set(item.denied) or claims.place_words(listed.description):
        return item
    doing = "" if {forms.singular(word) for word in item.doing.split()} & theirs.words else item.doing
    return replace(item, description=listed.description, plural=listed.plural, article=listed.article, doing=doing)


def _measures(item: Item, low: str) -> bool:
    """Tell whether a thing's name says no more than how much there is of another: halves of "two halves of an egg"."""
    return any(f" {word} of " in low for word in (item.description.lower(), item.plural.lower()))


def _words_for_else(stated: Scene) -> list[str]:
    """What the reader has read as something else than things: their attributes, style, letters, what is not there.

    Scenery may be a thing all the same, and what somebody does may be done with one.
    """
    texts = [*(text.words for text in stated.texts), *(panel.words for panel in stated.panels)]
    words = [*(item.description for item in stated.items), stated.style, *stated.absent, *texts]
    return [text for text in words if text]


def _renumbered(relations: Iterable[Relation], own: Sequence[Sequence[int]]) -> list[Relation]:
    new = [replace(each, subjects=_all(each.subjects, own), objects=_all(each.objects, own)) for each in relations]
    return [each for each in new if each.subjects and each.objects]


def _with_extras(relations: Iterable[Relation], places: dict[int, list[int]], extra: set[int]) -> list[Relation]:
    """The reply's relations that have to do with a thing of which the reader says nothing."""
    found = []
    for relation in relations:
        ends = [tuple(at for i in side for at in places.get(i, ())) for side in (relation.subjects, relation.objects)]
        if all(ends) and extra & {*ends[0], *ends[1]}:
            found.append(replace(relation, subjects=ends[0], objects=ends[1]))
    return found


def _all(items: Iterable[int], own: Sequence[Sequence[int]]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(at for i in items for at in own[i]))


def _things(before: Scene, after: Scene) -> str:
    """Say what was added and what was left out."""
    old, new = (Counter[str](), Counter[str]())
    for scene, counter in ((before, old), (after, new)):
        for item in scene.items:
            counter[item.description.lower()] += item.count
    added, gone = (_listed(more) for more in (new - old, old - new))
    parts = [f"added {added}"] if added else []
    parts += [f"left out {gone}"] if gone else []
    return "; ".join(parts)


def _listed(things: Counter[str]) -> str:
    names = [f"{count} {name}" if count > 1 else name for name, count in things.items()]
    return ", ".join([*names[:MOST_TOLD], *(["…"] if len(names) > MOST_TOLD else [])])


def _where(scene: Scene) -> tuple[object, ...]:
    """Places, relations and orders, pair by pair, by what things are called."""
    called = [item.description.lower() for item in scene.items]
    pairs = set[tuple[str, str, str]]()
    for each in scene.relations:
        kind, turned = _TURNED.get(each.kind, (each.kind, False))
        ends = [(called[a], called[b]) for a, b in product(each.subjects, each.objects)]
        pairs |= {(kind, b, a) if turned else (kind, a, b) for a, b in ends}
    for order in scene.orders:
        kind = "left_of" if order.axis == "x" else "above"
        pairs |= {(kind, called[a], called[b]) for a, b in pairwise(order.items)}
    return pairs, {(item.description.lower(), item.place) for item in scene.items}
