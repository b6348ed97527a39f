"""A model's words, our boxes: lay out anew what a reply lists, where its own boxes are wrong to the end.

Small models know what is in a picture and not where. What a reply lists becomes a scene; what the sentence states for
sure is put right in it (numbers, sides, what is missing or must not be there), and `planner.scene.arrange` lays it out
with the reply's prompts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, product
from typing import Final

from planner.checks import claims
from planner.checks.names import Name, named_in, read_name
from planner.checks.sureness import StatedKind, stated_kinds
from planner.lexicon import forms, words
from planner.lexicon.relations import wording_of
from planner.plan import Cell, Plan
from planner.scene.arrange import arrange
from planner.scene.scene import Item, Order, Relation, Scene

LAID_OUT: Final = "the boxes were laid out anew from what the reply lists"
CORRECTED: Final = "what the reply lists was corrected by the sentence and laid out anew"


def scene_of(
    plan: Plan,
    sentence: str,
    counts: Mapping[str, int] | None = None,
    relations: Sequence[claims.NamedRelation] = (),
) -> Scene:
    """Bring a reply to the scene that its words describe.

    plan: the reply's plan; its objects' prompts are kept.
    sentence: what was asked for.
    counts: how many of each thing the reply lists; None: as many as it has objects.
    relations: how the reply says that they relate.
    """
    items, owners = list[Item](), list[str]()
    for name, prompts in _listed(plan, counts).items():
        items += [_item(prompt, often) for prompt, often in prompts.items()]
        owners += [name] * len(prompts)
    found = [_relation(relation, owners) for relation in relations]
    return Scene(sentence, tuple(items), tuple(relation for relation in found if relation))


@dataclass(frozen=True)
class Rearranged:
    """A plan that was laid out anew, how its things relate, and a sentence that says what was done."""

    plan: Plan
    relations: tuple[claims.NamedRelation, ...]
    told: str


def rearranged(
    scene: Scene, stated: Scene | None, cells: Sequence[Cell] = (), *, width: int, height: int
) -> Rearranged | None:
    """Lay out a reply's scene on a canvas in pixels; None where the reply has nothing to do with the sentence.

    scene: what the reply lists.
    stated: what the sentence states; None where it is not read.
    cells: the reply's own cells; a new one that shows just what one of them names gets its prompt.
    Raises `PlanError` where there is no room.
    """
    corrected = scene if stated is None else _corrected(scene, stated)
    if corrected is None or not corrected.items:
        return None
    told = LAID_OUT if _same_things(corrected, scene) else CORRECTED
    names = [item.description for item in corrected.items]
    relations = tuple(
        (names[first], relation.words or relation.kind, names[second])
        for relation in corrected.relations
        for first, second in product(relation.subjects, relation.objects)
        if relation.kind != "between"
    )
    return Rearranged(_told_as_before(arrange(corrected, width=width, height=height), cells), relations, told)


def _told_as_before(plan: Plan, cells: Sequence[Cell]) -> Plan:
    """Give the new cells the reply's own prompts, where one names all things of a cell and none of another's."""
    owned: dict[int, list[Name]] = {}
    for index, item in enumerate(plan.objects):
        owned.setdefault(plan.owner_cell(index), []).append(read_name(item.prompt))
    prompts = dict[int, str]()
    for number, names in owned.items():
        others = [name for other, them in owned.items() if other != number for name in them]
        foreign = [name for name in others if not any(name.shares_noun(own) for own in names)]
        for cell in cells:
            if all(named_in(cell.prompt, n) for n in names) and not any(named_in(cell.prompt, n) for n in foreign):
                prompts.setdefault(number, cell.prompt)
    numbers = count()
    rows = [
        replace(row, cells=tuple(replace(cell, prompt=prompts.get(next(numbers), cell.prompt)) for cell in row.cells))
        for row in plan.rows
    ]
    return replace(plan, rows=tuple(rows))


def _listed(plan: Plan, counts: Mapping[str, int] | None) -> dict[str, Counter[str]]:
    """Each listed thing with its prompts, as often as it is counted, and what has a box and is not listed."""
    found = dict[str, Counter[str]]()
    boxed = set[int]()
    for name, number in (counts or {}).items():
        own = claims.find(plan, name)
        boxed |= set(own)
        prompts = [plan.objects[index].prompt for index in own][:number]
        prompts += [prompts[-1] if prompts else forms.with_article(name)] * (number - len(prompts))
        if prompts:
            found[name] = Counter(prompts)
    rest = Counter(item.prompt for index, item in enumerate(plan.objects) if index not in boxed)
    return found | {prompt: Counter({prompt: often}) for prompt, often in rest.items()}


def _item(prompt: str, often: int) -> Item:
    described = claims.without_article(prompt)
    article = described != prompt or not forms.is_plural(described.split()[-1].lower())
    sizes = [words.SIZES[word] for word in described.lower().split() if word in words.SIZES]
    noun = min(read_name(prompt).nouns or {described}, key=lambda noun: (noun not in described.lower(), noun))
    return Item(
        noun, described, often, forms.plural_phrase(described), size=sizes[0] if sizes else "normal", article=article
    )


def _relation(relation: claims.NamedRelation, owners: Sequence[str]) -> Relation | None:
    subject, said, target = relation
    wording = wording_of(said)
    ends = [tuple(i for i, name in enumerate(owners) if name == end.lower()) for end in (subject, target)]
    if wording is None or wording.manner in ("order", "vague") or not all(ends) or set(ends[0]) & set(ends[1]):
        return None
    first, second = ends[::-1] if wording.manner == "inverse" else ends
    return Relation(wording.kind, first, second, said)


def _corrected(scene: Scene, stated: Scene) -> Scene | None:
    """Put right in a reply's scene what the sentence states; None where less than half of that is in the reply."""
    names = [read_name(item.description) for item in scene.items]
    wanted = [read_name(item.description) for item in stated.items]
    own = [_matching(name, names) for name in wanted]
    if stated.items and sum(map(bool, own)) * 2 < len(stated.items):
        return None
    items = list(scene.items)
    for kind in stated_kinds(stated):
        _count(kind, own, items, names)
        for i in kind.items if kind.sure else ():
            if not own[i]:
                own[i] = [len(items)]
                items.append(stated.items[i])
    for i, matches in enumerate(own):
        for match in matches:
            items[match] = replace(items[match], place=stated.items[i].place)
    kept = [i for i, item in enumerate(items) if item.count and not _is_absent(item, stated)]
    whole = replace(scene, items=tuple(items), relations=_relations(scene, stated, own), orders=_orders(stated, own))
    told = replace(whole, background=scene.background or stated.background, style=stated.style, clauses=stated.clauses)
    return _only(told, kept)


def _matching(name: Name, names: Sequence[Name]) -> list[int]:
    """The numbers of a reply's things that a stated one is: those of its colours where there are any."""
    found = [i for i, other in enumerate(names) if name.shares_noun(other)]
    return [i for i in found if name.colours <= names[i].colours] or found


def _count(kind: StatedKind, own: Sequence[Sequence[int]], items: list[Item], names: Sequence[Name]) -> None:
    """Bring the counts of the things of one noun to the number that the sentence says.

    What is too many goes from the end, what is too few is added to the first, whose colours are the sentence's.
    """
    first = [match for i in kind.items for match in own[i]]
    others = [i for i, name in enumerate(names) if any(names[match].shares_noun(name) for match in first)]
    matches = list(dict.fromkeys([*first, *others]))
    if not kind.exact or not matches:
        return
    excess = sum(items[match].count for match in matches) - kind.wanted
    for match in reversed(matches):
        fewer = min(max(excess, 0), items[match].count)
        items[match] = replace(items[match], count=items[match].count - fewer)
        excess -= fewer
    if excess < 0:
        items[matches[0]] = replace(items[matches[0]], count=items[matches[0]].count - excess)


def _is_absent(item: Item, stated: Scene) -> bool:
    name = read_name(item.description)
    if any(read_name(other.description).shares_noun(name) for other in stated.items):
        return False
    return any(read_name(said).shares_noun(name) for said in stated.absent)


def _relations(scene: Scene, stated: Scene, own: Sequence[Sequence[int]]) -> tuple[Relation, ...]:
    """What the sentence says about places and contact, and what the reply says of other pairs."""
    said = [
        replace(relation, subjects=_all(relation.subjects, own), objects=_all(relation.objects, own))
        for relation in stated.relations
    ]
    said = [relation for relation in said if relation.subjects and relation.objects]
    known = {frozenset({a, b}) for relation in said for a in relation.subjects for b in relation.objects}
    known |= {frozenset(_all(order.items, own)) for order in stated.orders}
    others = [
        relation
        for relation in scene.relations
        if not any({*relation.subjects, *relation.objects} <= pair for pair in known)
    ]
    return (*said, *others)


def _orders(stated: Scene, own: Sequence[Sequence[int]]) -> tuple[Order, ...]:
    return tuple(Order(order.axis, _all(order.items, own)) for order in stated.orders)


def _all(items: Iterable[int], own: Sequence[Sequence[int]]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(match for i in items for match in own[i]))


def _only(scene: Scene, kept: Sequence[int]) -> Scene:
    """Leave some items of a scene, with what still relates them."""
    new = {old: index for index, old in enumerate(kept)}

    def renumbered(items: Iterable[int]) -> tuple[int, ...]:
        return tuple(new[i] for i in items if i in new)

    relations = [
        replace(relation, subjects=renumbered(relation.subjects), objects=renumbered(relation.objects))
        for relation in scene.relations
    ]
    return replace(
        scene,
        items=tuple(scene.items[i] for i in kept),
        relations=tuple(relation for relation in relations if relation.subjects and relation.objects),
        orders=tuple(Order(order.axis, renumbered(order.items)) for order in scene.orders),
    )


def _same_things(first: Scene, second: Scene) -> bool:
    return Counter({item.description: item.count for item in first.items}) == Counter(
        {item.description: item.count for item in second.items}
    )
