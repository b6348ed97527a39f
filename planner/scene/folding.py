"""A scene's items made fit to be laid out.

Fewer boxes where there would be too many: what somebody only has, holds or wears can be said in words. Clothes on
their wearer. Two halves of several things that one of them stands between. A place for what is in something that
has one, and one support for a thing and what it is in.
"""

from dataclasses import replace
from typing import Final

from planner.lexicon import words
from planner.lexicon.kinds import is_being, is_feature, is_limb, is_person, worn_part
from planner.scene.scene import ANYWHERE, Order, Place, Relation, Scene

COMFORTABLE: Final = 9  # boxes; with more of them the least is said in words
_HAD: Final = frozenset({"holding", "wearing"})
_MIDDLE: Final = 0.5  # of a row


def folded(scene: Scene) -> tuple[Scene, list[str]]:
    """Say things in words until a picture is not crowded: (the scene, notes that say which)."""
    gone: list[int] = []
    items = list(scene.items)
    for index in _spare(scene):
        if sum(item.count for i, item in enumerate(items) if i not in gone) <= COMFORTABLE:
            break
        relation = next(r for r in scene.relations if index in r.objects)
        owner = relation.subjects[-1]
        words = f"{relation.words or 'with'} {items[index].phrase()}"
        items[owner] = replace(items[owner], doing=f"{items[owner].doing} {words}".strip())
        gone.append(index)
    if not gone:
        return scene, []
    names = ", ".join(scene.items[i].description for i in gone)
    return without(replace(scene, items=tuple(items)), gone), [f"Said in words, without a box of its own: {names}."]


def _spare(scene: Scene) -> list[int]:
    """The items that are had by one other and of which nothing else is said, the last first."""
    told = [i for r in scene.relations for i in (*r.subjects, *r.objects)]
    told += [i for order in scene.orders for i in order.items]
    had = {
        i
        for r in scene.relations
        if (r.loose and r.kind == "next_to") or r.kind in _HAD
        for i in r.objects
        if len(r.subjects) == 1
    }
    few = {i for i in had if scene.items[i].count == 1 or scene.items[i].limit == "least"}
    return [i for i in sorted(few, reverse=True) if told.count(i) == 1 and scene.items[i].place == ANYWHERE]


def without(scene: Scene, gone: list[int]) -> Scene:
    """Give a scene without some of its items; what speaks of them only goes with them."""
    new = {old: at for at, old in enumerate(i for i in range(len(scene.items)) if i not in gone)}

    def kept(items: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(new[i] for i in items if i in new)

    relations = [replace(r, subjects=kept(r.subjects), objects=kept(r.objects)) for r in scene.relations]
    return replace(
        scene,
        items=tuple(scene.items[old] for old in new),
        relations=tuple(r for r in relations if r.subjects and r.objects),
        orders=tuple(replace(order, items=kept(order.items)) for order in scene.orders),
        comparisons=tuple(
            replace(c, larger=new[c.larger], smaller=new[c.smaller])
            for c in scene.comparisons
            if c.larger in new and c.smaller in new
        ),
        texts=tuple(replace(t, item=new.get(t.item) if t.item is not None else None) for t in scene.texts),
    )


def embodied(scene: Scene) -> Scene:
    """Say in words what is a part of somebody's body: freckles, "a monster with six arms".

    What is said of such a part is said of who has it: goggles on a forehead are on a head.
    """
    owners: dict[int, int] = {}
    items = list(scene.items)
    for index, item in enumerate(items):
        owner = _owner(scene, index) if is_feature(item.name) or is_limb(item.name) else None
        if owner is not None:
            owners[index] = owner
            items[owner] = replace(items[owner], doing=f"{items[owner].doing} with {item.phrase()}".strip())

    def whose(side: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(dict.fromkeys(owners.get(i, i) for i in side))

    moved = (replace(r, subjects=whose(r.subjects), objects=whose(r.objects)) for r in scene.relations)
    relations = tuple(r for r in moved if not set(r.subjects) & set(r.objects))
    return without(replace(scene, items=tuple(items), relations=relations), sorted(owners))


def _owner(scene: Scene, index: int) -> int | None:
    """Who has a part of a body: by what is said of it, or as the only one there."""
    on = [i for each in scene.relations if each.kind == "on" and index in each.subjects for i in each.objects]
    had = [i for each in scene.relations if each.loose and index in each.objects for i in each.subjects]
    beings = _beings(scene, index)
    alive = [i for i in (*on, *had) if i in beings]
    if not on and not had and is_feature(scene.items[index].name):
        alive = _persons(scene, index)
    return alive[0] if len(alive) == 1 else None


def _beings(scene: Scene, near: int) -> list[int]:
    """The persons and animals in the panel of a thing."""
    panel = scene.items[near].panel
    return [i for i, item in enumerate(scene.items) if item.panel == panel and (item.is_bare or is_being(item.name))]


def _persons(scene: Scene, near: int) -> list[int]:
    """Those of them whose clothes and features are spoken of: the persons, otherwise the animals."""
    beings = _beings(scene, near)
    return [i for i in beings if scene.items[i].is_bare or is_person(scene.items[i].name)] or beings


def dressed(scene: Scene) -> Scene:
    """Put clothes on who is "with" them, or is the only one there: "a girl, black kimono, straw hat".

    One thing for each part of the body; what is for a part that is covered already stays beside.
    """
    relations = list(scene.relations)
    covered = {
        (r.subjects, worn_part(scene.items[i].name)) for r in relations if r.kind == "wearing" for i in r.objects
    }
    for index, item in enumerate(scene.items):
        part, said = worn_part(item.name), _said_to_have(scene, index)
        if part is None or said is None or item.place != ANYWHERE or (said.subjects, part) in covered:
            continue
        covered.add((said.subjects, part))
        relations = [each for each in relations if each is not said]
        relations.append(replace(said, kind="wearing", loose=False, words=said.words or "wearing"))
    return replace(scene, relations=tuple(relations))


def _said_to_have(scene: Scene, index: int) -> Relation | None:
    """What no more than "with", or being the only one there, makes a thing that of one person or animal."""
    had = [each for each in scene.relations if index in each.objects]
    told = {each.kind for each in scene.relations if index in each.subjects and not each.loose}
    said = had[0] if had else Relation("next_to", tuple(_persons(scene, index)), (index,), loose=not told)
    beings, count = _beings(scene, index), scene.items[index].count
    owners = [i for i in said.subjects if i in beings and scene.items[i].count == count]
    only = len(had) < 2 and len(owners) == len(said.subjects) == 1 and said.objects == (index,)
    return said if only and said.loose and told <= {"next_to"} else None


def with_containers(scene: Scene) -> Scene:
    """Stand what a thing is in where the thing is said to stand: "on the desk a fish in a bowl"."""
    around = dict(_contained(scene))
    standing = {i for r in scene.relations if r.kind == "on" for i in r.subjects}

    def outer(index: int, support: tuple[int, ...]) -> int:
        container = around.get(index, index)
        holds = scene.items[container].name.split()[-1] in words.CONTAINERS  # not "owls in nightcaps on a branch"
        return container if holds and container not in standing and container not in support else index

    relations = (
        replace(r, subjects=tuple(dict.fromkeys(outer(i, r.objects) for i in r.subjects))) if r.kind == "on" else r
        for r in scene.relations
    )
    return replace(scene, relations=tuple(relations))


def flanked(scene: Scene) -> Scene:
    """Stand half of several things on each side of the one of them that is in the middle.

    "Five penguins in a row, the middle one in a red hat": four and one of a group become two, one and two, in order.
    """
    items, relations, orders = list(scene.items), scene.relations, list(scene.orders)
    for middle, item in enumerate(scene.items):
        others = [i for i, other in enumerate(scene.items) if i != middle and other.group == item.group is not None]
        inner = item.count == 1 and item.place.column == _MIDDLE and item.panel is None
        axis = items[others[0]].formation or "x" if inner and len(others) == 1 else ""
        if axis not in ("x", "y") or items[others[0]].count % 2:
            continue
        first, last = others[0], len(items)
        half = replace(items[first], count=items[first].count // 2, place=ANYWHERE)
        items[first], items[middle] = half, replace(item, place=ANYWHERE)
        items.append(half)
        orders.append(Order(axis, (first, middle, last)))
        relations = tuple(
            replace(each, subjects=_with(each.subjects, first, last), objects=_with(each.objects, first, last))
            for each in relations
        )
    return replace(scene, items=tuple(items), relations=relations, orders=tuple(orders))


def headed(scene: Scene) -> Scene:
    """Put letters that are no more than "on top" of somebody at the top of the picture: the title of a poster."""
    letters = {text.item for text in scene.texts if text.item is not None and scene.items[text.item].name == "word"}
    titles = {
        r.subjects[0]: r
        for r in scene.relations
        if r.kind == "on" and r.words == "on" and len(r.subjects) == 1 and letters >= {*r.subjects}
        if all(i in _beings(scene, i) for i in r.objects)
    }
    items = [replace(item, place=Place(row=0.0)) if i in titles else item for i, item in enumerate(scene.items)]
    kept = tuple(r for r in scene.relations if r not in titles.values())
    return replace(scene, items=tuple(items), relations=kept) if titles else scene


def housed(scene: Scene) -> Scene:
    """Let what is in something stand where that is said to be: a stove in a kitchen on the left is on the left."""
    items = list(scene.items)
    for index, container in 2 * _contained(scene):  # twice, for what is in something that is in something else
        where = items[container].place
        if where.is_edge and items[index].place == ANYWHERE and items[index].depth is None:
            items[index] = replace(items[index], place=where)
    return replace(scene, items=tuple(items))


def _contained(scene: Scene) -> list[tuple[int, int]]:
    """What is in one other thing, and in which, in the order said."""
    inside = (r for r in scene.relations if r.kind == "inside" and len(r.objects) == 1)
    return [(index, relation.objects[0]) for relation in inside for index in relation.subjects]


def _with(items: tuple[int, ...], present: int, new: int) -> tuple[int, ...]:
    return (*items, new) if present in items else items
