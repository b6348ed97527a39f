"""A model's words, our boxes: lay out anew what a reply lists, where its own boxes are wrong to the end.

Small models know what is in a picture and not where. What a reply lists becomes a scene, which is put right by the
sentence (`correcting.py`), and `planner.scene.arrange` lays it out with the reply's prompts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, product
from typing import Final

from planner.checks import claims
from planner.checks.names import Name, named_in, objects_named, read_name, without_article
from planner.lexicon import forms, words
from planner.lexicon.relations import wording_of
from planner.plan import Cell, Plan
from planner.scene.arrange import arrange
from planner.scene.scene import Item, Relation, Scene
from planner.tasks.correcting import Corrected, corrected

LAID_OUT: Final = "the boxes were laid out anew from what the reply lists"


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
    """A plan that was laid out anew, its words, how its things relate, and a sentence that says what was done."""

    plan: Plan
    words: Scene
    relations: tuple[claims.NamedRelation, ...]
    told: str


def rearranged(
    scene: Scene, stated: Scene | None, cells: Sequence[Cell] = (), *, width: int, height: int, extras: bool = True
) -> Rearranged | None:
    """Lay out a reply's scene on a canvas in pixels; None where the reply has nothing to do with the sentence.

    scene: what the reply lists.
    stated: what the sentence states; None where it is not read.
    cells: the reply's own cells; a new one that shows just what one of them names gets its prompt.
    extras: whether what the reader has not read as a thing may be one.
    Raises `PlanError` where there is no room.
    """
    told = [cell.prompt for cell in cells]
    right = Corrected(scene) if stated is None else corrected(scene, stated, told, extras=extras)
    if right is None:
        return None
    names = [item.description for item in right.scene.items]
    relations = tuple(
        (names[first], relation.kind.replace("_", " "), names[second])
        for relation in right.scene.relations
        for first, second in product(relation.subjects, relation.objects)
        if relation.kind != "between"
    )
    done = f"{LAID_OUT}; {right.things}" if right.things else LAID_OUT
    plan = _told_as_before(arrange(right.scene, width=width, height=height), cells)
    return Rearranged(plan, right.scene, relations, done)


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
        own = objects_named(plan, name)
        boxed |= set(own)
        prompts = [plan.objects[index].prompt for index in own][:number]
        prompts += [prompts[-1] if prompts else forms.with_article(name)] * (number - len(prompts))
        if prompts:
            found[name] = Counter(prompts)
    rest = Counter(item.prompt for index, item in enumerate(plan.objects) if index not in boxed)
    return found | {prompt: Counter({prompt: often}) for prompt, often in rest.items()}


def _item(prompt: str, often: int) -> Item:
    described = without_article(prompt)
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
