"""Freezing what was read into a scene; one scene at several times becomes as many panels, side by side."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from planner.english.parsing.nouns import is_unknown_plural
from planner.english.parsing.panels import without_list, without_times
from planner.english.reading.announcing import end_list
from planner.english.reading.state import Reading, describe
from planner.english.reading.things import Draft
from planner.lexicon import words
from planner.lexicon.kinds import known_kind_of
from planner.scene.scene import ANYWHERE, Comparison, Item, Order, Panel, Relation, Scene, ordinal

_ONLY: Final = re.compile(
    r"\b(\w+) only in the ((?:first|second|third|fourth|last)(?:(?:,|,? and)(?: the)? \w+)*)", re.I
)
_SIDE: Final = r"(?<!her )(?<!his )(?<!its )\b(?:front|side|back|rear|top|three-quarter|3/4|profile)\b"
_VIEWS: Final = re.compile(rf"{_SIDE}(?:(?: view)?(?:,? and|,) {_SIDE})+ views?\b", re.IGNORECASE)
_PLACES: Final = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}


def end_sentence(r: Reading, *, last: bool = True) -> None:
    """The end of a sentence, or of a part of it before a semicolon (not `last`): what was put off is settled."""
    end_list(r, last=last)
    if r.order is not None and len(r.order[1]) > 1:
        how, things = r.order
        inner = {i for relation in r.relations if relation.kind == "between" for i in relation.subjects}
        kept = [i for i in things if r.things[i].count > 0 and i not in inner]
        r.orders.append(Order(how.axis, tuple(reversed(kept) if how.reverse else kept)))
    r.order, r.leading, r.sharers, r.fragments = None, None, [], []
    r.before = r.listed or r.before
    r.listed, r.host, r.holder, r.bearer, r.opened = [], [], [], [], None
    r.first = len(r.things) if last else r.first
    r.purpose = r.purpose and not last


def freeze(r: Reading, sentence: str) -> Scene:
    """Freeze what was read; things of which nothing is left are dropped."""
    _drop_unsure(r)
    _on_their_own(r)
    background = _background(r)
    kept = [i for i in range(len(r.things)) if r.things[i].count > 0]
    new = {old: position for position, old in enumerate(kept)}
    relations = [*(relation for relation in r.relations if not _far_apart(r, relation)), *_depth_relations(r, kept)]
    comparisons = [
        Comparison(new[a], new[b]) if not str(how).startswith(("small", "short", "tin")) else Comparison(new[b], new[a])
        for a, how, b in r.compared
        if a in new and b in new
    ]
    scene = Scene(
        sentence=sentence,
        items=tuple(r.things[old].item() for old in kept),
        relations=tuple(_renumber(relation, new) for relation in relations if _is_whole(relation, new)),
        orders=tuple(Order(o.axis, tuple(new[i] for i in o.items if i in new)) for o in r.orders),
        background=background,
        style=", ".join(dict.fromkeys(r.styles)),
        absent=tuple(dict.fromkeys(r.absent)),
        notes=(*(r.things[old].note for old in kept if r.things[old].note), *r.notes, *_unsure(r)),
        comparisons=tuple(comparisons),
        texts=tuple(replace(text, item=new.get(text.item) if text.item is not None else None) for text in r.texts),
        clauses=tuple(dict.fromkeys(r.clauses)),
    )
    scene = replace(scene, items=_seen_from(scene))
    return at_times(scene, r.times) if r.times else scene


def _on_their_own(r: Reading) -> None:
    """ "on the desk is a fish in a bowl": it is the bowl that stands on the desk."""
    for at, relation in enumerate(r.relations):
        if relation.kind != "on" or len(relation.subjects) != 1:
            continue
        boxes = [one.objects for one in r.relations if one.kind == "inside" and relation.subjects == one.subjects]
        held = boxes and all(r.things[i].noun.key in words.OPEN_CONTAINERS for i in boxes[0])
        stand = boxes and any(set(boxes[0]) & set(one.subjects) for one in r.relations)
        if held and not stand and not set(boxes[0]) & set(relation.objects):
            r.relations[at] = replace(relation, subjects=boxes[0])


def _seen_from(scene: Scene) -> tuple[Item, ...]:
    """ "turnaround of a golem: front, side and back view": the first thing once for each side that it is seen from."""
    views = _VIEWS.search(scene.sentence)
    if views is None or not scene.items or scene.items[0].count > 1:
        return scene.items
    count = len(re.findall(_SIDE, views.group(), re.IGNORECASE))
    return (replace(scene.items[0], count=count, formation="x", place=ANYWHERE), *scene.items[1:])


def _drop_unsure(r: Reading) -> None:
    """A bare word of no known kind of which nothing is said is no thing for sure: it stays a word of the prompt."""
    for index, draft in enumerate(r.things.drafts):
        guessed = draft.noun.plural and draft.noun.count is None and is_unknown_plural(draft.noun.head.lower())
        if (draft.count == 1 or guessed) and not _is_sure(r, index, draft):
            draft.count = 0
            r.clauses.append(draft.item().description)


def _is_sure(r: Reading, index: int, draft: Draft) -> bool:
    noun = draft.noun
    grouped = bool(noun.tail) and noun.key in words.GROUPS  # "stack of books"
    ordered = not noun.tail and any(index in order.items for order in r.orders)
    said = (
        grouped
        or ordered
        or noun.determiner
        or noun.count is not None
        or (noun.plural and not is_unknown_plural(noun.head.lower()))
        or noun.proper
        or draft.fixed
        or draft.place != ANYWHERE
        or any(text.startswith(("on ", "at ", "against ")) for text in draft.doing)
    )
    if said or draft.depth or draft.adjectives or known_kind_of(noun.key) is not None:
        return True
    if any(word.lower() in words.COLOURS | set(words.SIZES) for word in noun.modifiers):
        return True
    others = [(*one.subjects, *(() if one.loose else one.objects)) for one in r.relations]
    return any(index in told for told in others if len(told) > 1 or not draft.noun.plural)


def _far_apart(r: Reading, relation: Relation) -> bool:
    """ "a bench on the right facing the pond in the middle": the places say where they are."""
    if relation.kind != "next_to":
        return False
    places = [{r.things[i].place for i in side} for side in (relation.subjects, relation.objects)]
    return bool(places[0] and places[1]) and ANYWHERE not in places[0] | places[1] and not places[0] & places[1]


def _unsure(r: Reading) -> list[str]:
    """Say which parts of the sentence are in the prompts as they stand, because no thing in them is sure."""
    said = "; ".join(f'"{clause}"' for clause in dict.fromkeys(r.clauses) if len(clause.split()) > 2)
    why = "no thing in it is sure to be one, so it has no box; a language model would plan it (--backend openai)"
    return [f"Only in the prompt: {said} ({why})"] if said else []


def _depth_relations(r: Reading, kept: list[int]) -> list[Relation]:
    """What stands in the background is behind the first of the others, what is in the foreground before it."""
    depths = {i: r.things[i].depth for i in kept}
    far = [i for i in kept if depths[i] == "background"]
    bearing = [
        i for one in r.relations if one.kind in ("on", "inside") and set(one.subjects) & set(far) for i in one.objects
    ]
    near = [i for i in kept if depths[i] != "background" and i not in bearing]
    front = [i for i in kept if depths[i] == "foreground"]
    found = []
    if near and far:
        found.append(Relation("behind", tuple(far), (near[0],), "in the background of"))
    if front and (others := [i for i in near if i not in front]):
        found.append(Relation("in_front_of", tuple(front), (others[0],), "in the foreground of"))
    return found


def _background(r: Reading) -> str:
    """One place for the whole picture, or each thing's own where the sentence names several."""
    shelves = _shelves(r) if r.rows_used else []
    places = list(dict.fromkeys(setting.text for setting in r.settings))
    everywhere = [setting.text for setting in r.settings if not setting.things]
    whole = places if len(places) == 1 else list(dict.fromkeys(everywhere))
    for setting in r.settings:
        if setting.text not in whole:
            describe(r, list(setting.things), setting.text)
    return " ".join([*shelves, *whole])


def _shelves(r: Reading) -> list[str]:
    """A bookshelf of which the rows are spoken of is the background of what stands in it."""
    texts = list[str]()
    for draft in r.things.drafts:
        row = draft.noun.key == "row" and not draft.noun.tail and bool(texts)  # "a rack, two rows"
        if (draft.noun.key in words.SHELVES or row) and draft.place == ANYWHERE and draft.count:
            if not texts or draft.count == 1:  # "a bookcase with three shelves"
                texts.append("on " + draft.item().prompt)
            draft.count = 0
    return texts


def _is_whole(relation: Relation, new: dict[int, int]) -> bool:
    return any(i in new for i in relation.subjects) and any(i in new for i in relation.objects)


def _renumber(relation: Relation, new: dict[int, int]) -> Relation:
    return replace(
        relation,
        subjects=tuple(new[i] for i in relation.subjects if i in new),
        objects=tuple(new[i] for i in relation.objects if i in new),
    )


def at_times(scene: Scene, times: list[str]) -> Scene:
    """Give every time a panel of its own in which all things of the scene stand, but for those said to be in some."""
    count, chosen = len(times), _chosen(scene)
    width = 1 / count
    plain = without_list(scene.background)
    panels = tuple(Panel(f"{time} {plain}".strip(), x=at * width, width=width) for at, time in enumerate(times))
    items, relations = list[Item](), list[Relation]()
    for at in range(count):
        new = {i: len(items) + k for k, i in enumerate(_in_panel(scene, at, times, chosen))}
        items += [_at_time(scene.items[i], at) for i in new]
        for relation in scene.relations:
            if _is_whole(relation, new):
                relations.append(_renumber(relation, new))
    texts = tuple(replace(text, item=None) for text in scene.texts)
    return replace(
        scene, items=tuple(items), relations=tuple(relations), orders=(), comparisons=(), panels=panels, texts=texts,
        background="",
    )  # fmt: skip


def _at_time(item: Item, at: int) -> Item:
    place = ANYWHERE if _own_panel(item) is not None else item.place
    return replace(item, panel=at, doing=without_times(item.doing), place=place)


def _own_panel(item: Item) -> int | None:
    """The panel of which alone an item was told; None for what is in all of them."""
    number = ordinal(item.place.column)
    return None if number is None else number - 1


def _chosen(scene: Scene) -> dict[str, list[int]]:
    """ "a camel only in the second and the fourth": the panels of what is not in all."""
    found = {}
    for noun, said in _ONLY.findall(scene.sentence):
        found[noun.lower()] = [_PLACES[word] for word in re.findall(r"\w+", said.lower()) if word in _PLACES]
    return found


def _in_panel(scene: Scene, at: int, times: list[str], chosen: dict[str, list[int]]) -> list[int]:
    kept, last = [], len(times) - 1
    told = without_list(scene.sentence.lower()).replace("in fall", "in autumn")
    for index, item in enumerate(scene.items):
        own = _own_panel(item)
        doing = item.doing.replace("in fall", "in autumn")
        said = [i for i, time in enumerate(times) if f"in {time}" in doing and f"in {time}" in told]
        panels = [own] if own is not None else chosen.get(item.name.split()[-1]) or said
        if not panels or at in panels or (at == last and -1 in panels):
            kept.append(index)
    return kept
