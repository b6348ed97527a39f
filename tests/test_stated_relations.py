"""What a scene states of its things holds between their boxes, or a note says that it does not."""

from collections.abc import Callable
from random import Random

import pytest

from planner.lexicon.relations import KINDS, RelationKind
from planner.plan import Box, Plan
from planner.scene.arrange import arrange
from planner.scene.scene import Item, Relation, Scene

NOUNS = ("cat", "dog", "table", "chair", "tree", "car", "man", "woman", "ball", "lamp", "house", "bench", "cup", "bird")
STATED: tuple[RelationKind, ...] = (
    *("left_of", "right_of", "above", "below", "between"),
    *("next_to", "in_front_of", "behind", "on"),
)
SLACK = 0.06  # of the canvas

Pair = Callable[[Box, Box], bool]


def middle(box: Box) -> tuple[float, float]:
    return box.x + box.width / 2, box.y + box.height / 2


def gap(one: Box, other: Box) -> float:
    across = max(other.x - one.right, one.x - other.right, 0.0)
    return max(across, other.y - one.bottom, one.y - other.bottom)


def beside(one: Box, other: Box) -> bool:
    across, down = (abs(a - b) for a, b in zip(middle(one), middle(other), strict=True))
    return gap(one, other) <= 0.25 and across >= down / 2


PAIRS: dict[str, Pair] = {
    "left_of": lambda a, b: middle(a)[0] < middle(b)[0],
    "right_of": lambda a, b: middle(a)[0] > middle(b)[0],
    "above": lambda a, b: middle(a)[1] < middle(b)[1],
    "below": lambda a, b: middle(a)[1] > middle(b)[1],
    "next_to": beside,
    "in_front_of": lambda a, b: gap(a, b) <= 0.25,
    "behind": lambda a, b: gap(a, b) <= 0.25,
    "on": lambda a, b: gap(a, b) <= SLACK and b.x - SLACK <= middle(a)[0] <= b.right + SLACK,
}


def generated(rng: Random) -> Scene:
    """A scene in which every thing is related to one before it, so that nothing contradicts anything."""
    names = rng.sample(NOUNS, rng.randint(3, 5))
    items = tuple(Item(name, name, count=rng.choice([1, 1, 1, 2])) for name in names)
    relations = []
    for index in range(1, len(items)):
        kind = rng.choice(STATED)
        others = tuple(rng.sample(range(index), 2 if kind == "between" and index > 1 else 1))
        if kind == "between" and sum(items[i].count for i in others) < 2:
            kind = "next_to"
        relations.append(Relation(kind, (index,), others, KINDS[kind].said))
    said = "; ".join(f"{items[r.subjects[0]].name} {r.words} {items[r.objects[0]].name}" for r in relations)
    return Scene(said, items, tuple(relations))


def holds(relation: Relation, plan: Plan, scene: Scene) -> bool:
    subjects, objects = (
        [thing.box for thing in plan.objects if any(thing.prompt == scene.items[i].prompt for i in side)]
        for side in (relation.subjects, relation.objects)
    )
    if relation.kind == "between":
        inner, outer = [middle(box) for box in subjects], [middle(box) for box in objects]
        return any(
            all(min(o[axis] for o in outer) < point[axis] < max(o[axis] for o in outer) for point in inner)
            for axis in (0, 1)
        )
    every = all if relation.kind in ("left_of", "right_of", "above", "below") else any
    return all(every(PAIRS[relation.kind](one, other) for other in objects) for one in subjects)


@pytest.mark.parametrize("seed", range(40))
def test_every_stated_relation_holds_or_is_noted(seed: int) -> None:
    scene = generated(Random(seed))
    plan = arrange(scene, width=1024, height=1024)
    for relation in scene.relations:
        name = scene.items[relation.subjects[0]].description
        noted = any(note.startswith(f"No room was found for: {name} {relation.words}") for note in plan.notes)
        assert noted or holds(relation, plan, scene), (relation, plan.notes)


@pytest.mark.parametrize("kind", STATED)
def test_one_relation_alone_holds_without_a_note(kind: RelationKind) -> None:
    items = (Item("lamp", "lamp"), Item("table", "table", count=2 if kind == "between" else 1))
    relation = Relation(kind, (0,), (1,), KINDS[kind].said)
    scene = Scene(f"a lamp {relation.words} a table", items, (relation,))
    plan = arrange(scene, width=1024, height=1024)
    assert holds(relation, plan, scene)
    assert not any("No room" in note for note in plan.notes)


def test_what_is_between_two_things_on_another_stands_between_them_there() -> None:
    items = (Item("cat", "cat", count=2), Item("couch", "couch"), Item("cushion", "cushion"))
    relations = (Relation("on", (0,), (1,), "on"), Relation("between", (2,), (0,), "between"))
    scene = Scene("two cats on a couch with a cushion between them", items, relations)
    plan = arrange(scene, width=1024, height=1024)
    assert all(holds(relation, plan, scene) for relation in relations)
