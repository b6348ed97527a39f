"""Freezing what was read into a scene; one scene at several times becomes as many panels, side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
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

_SIDE: Final = r"(?<!her )(?<!his )(?<!its )\b(?:front|side|back|rear|top|three-quarter|3/4|profile)\b"
_VIEWS: Final = re.compile(rf"{_SIDE}(?:(?: view)?(?:,? and|,) {_SIDE})+ views?\b", re.IGNORECASE)


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
        relations=_among(relations, new),
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


def _seen_from(scene: Scene) -> tuple[Item, ...]:
    """ "turnaround of a golem: front, side and back view": the first thing once for each side that it is seen from."""
    views = _VIEWS.search(scene.sentence)
    if views is None or not scene.items:
        return scene.items
    count = len(re.findall(_SIDE, views.group(), re.IGNORECASE))
    return (replace(scene.items[0], count=count, formation="x", place=ANYWHERE), *scene.items[1:])


def _drop_unsure(r: Reading) -> None:
    """What is no thing for sure stays a word of the prompt: bare words of no known kind, what no panel shows."""
    for index, draft in enumerate(r.things.drafts):
        guessed = draft.noun.plural and draft.noun.count is None and is_unknown_plural(draft.noun.head.lower())
        if (draft.count == 1 or guessed) and not _is_sure(r, index, draft):
            draft.count = 0
            r.clauses.append(draft.item().description)
    shown = [i for i, one in enumerate(r.things.drafts) if ordinal(one.place.column) or ordinal(one.place.row)]
    told = {i for one in r.relations for i in (*one.subjects, *one.objects)}
    for index, draft in enumerate(r.things.drafts[: shown[0]] if shown and not r.rows_used else []):
        if draft.place == ANYWHERE and draft.count and index not in told:  # "a bench in two panels: a man / a dog"
            draft.count = 0
            r.clauses.append(draft.item().phrase())


def _is_sure(r: Reading, index: int, draft: Draft) -> bool:
    noun = draft.noun
    said = (
        (noun.tail and noun.key in words.GROUPS)  # "stack of books"
        or (not noun.tail and any(index in order.items for order in r.orders))
        or noun.determiner
        or noun.count is not None
        or (noun.plural and not is_unknown_plural(noun.head.lower()))
        or noun.proper
        or draft.place != ANYWHERE
        or any(text.item == index for text in r.texts)
        or any(text.startswith(("on ", "at ", "against ")) for text in draft.doing)
    )
    described = draft.adjectives or any(
        word.lower() in words.BEHIND_NOUNS | set(words.SIZES) for word in noun.modifiers
    )
    if said or described or draft.person or draft.depth or known_kind_of(noun.key) is not None:
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
    far, front = ([i for i in kept if r.things[i].depth == depth] for depth in ("background", "foreground"))
    bearing = [one.objects for one in r.relations if one.kind in ("on", "inside") and set(one.subjects) & set(far)]
    near = [i for i in kept if not any(i in objects for objects in (far, *bearing))]
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


def _among(relations: Sequence[Relation], new: dict[int, int]) -> tuple[Relation, ...]:
    """The relations of which both sides are among some things, by the numbers that these have then."""
    found = []
    for one in relations:
        subjects, objects = (tuple(new[i] for i in side if i in new) for side in (one.subjects, one.objects))
        if subjects and objects:
            found.append(replace(one, subjects=subjects, objects=objects))
    return tuple(found)


def at_times(scene: Scene, times: list[str]) -> Scene:
    """Give every time a panel of its own in which all things of the scene stand, but for those said to be in some."""
    width, plain = 1 / len(times), without_list(scene.background)
    panels = tuple(Panel(f"{time} {plain}".strip(), x=at * width, width=width) for at, time in enumerate(times))
    items, relations = list[Item](), list[Relation]()
    for at in range(len(times)):
        new = {i: len(items) + k for k, i in enumerate(_in_panel(scene, at, times))}
        for item in (scene.items[i] for i in new):
            place = ANYWHERE if ordinal(item.place.column) else item.place
            items.append(replace(item, panel=at, doing=without_times(item.doing), place=place))
        relations += _among(scene.relations, new)
    texts = tuple(replace(text, item=None) for text in scene.texts)
    return replace(
        scene, items=tuple(items), relations=tuple(relations), orders=(), comparisons=(), panels=panels, texts=texts,
        background="",
    )  # fmt: skip


def _in_panel(scene: Scene, at: int, times: list[str]) -> list[int]:
    kept = []
    told = without_list(scene.sentence.lower()).replace("in fall", "in autumn")
    for index, item in enumerate(scene.items):
        own = ordinal(item.place.column)
        doing = item.doing.replace("in fall", "in autumn")
        said = [i for i, time in enumerate(times) if f"in {time}" in doing and f"in {time}" in told]
        panels = said if own is None else [own - 1]
        if not panels or at in panels:
            kept.append(index)
    return kept
