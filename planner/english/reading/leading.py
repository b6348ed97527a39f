"""The subject of a clause, the place that leads it, and the list that goes on with what its things stand beside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.english.parsing.phrases import OrderWords, RelationWords
from planner.english.parsing.places import PlaceWords, place_of
from planner.english.reading.mentioning import is_closed
from planner.english.reading.referring import split
from planner.english.reading.state import Reading, put, relate_as
from planner.lexicon import words
from planner.lexicon.kinds import seat_depth
from planner.lexicon.relations import KINDS
from planner.scene.scene import ANYWHERE, Order

if TYPE_CHECKING:
    from spacy.tokens import Doc


def lead(r: Reading, things: list[int]) -> list[int]:
    """Make things the subject: they stand at the place that leads the clause. Returns them.

    What stands at another place already is there once more: "on the left a house, on the right the same house".
    """
    if not things:
        return things
    if r.leading is not None and not r.leading.depth:
        things = [r.things.again(i, r.leading.place) for i in things]
    r.subject = things
    for index in things:
        if index not in r.listed:
            r.listed.append(index)
        if r.order is not None and index not in r.order[1]:
            r.order[1].append(index)
    if r.leading is not None:
        put(r, things, r.leading)
    if r.opened is not None:
        how, hosts = r.opened
        groups = {r.things[i].group for i in things} - {None}  # "in the left one a dog, the right one is empty"
        hosts = [i for i in hosts if i not in things and r.things[i].group not in groups]
        relate_as(r, how, things, hosts, KINDS[how.kind].said)
    return things


def at_place(r: Reading, where: PlaceWords) -> None:
    """Let a place lead what comes next, with the one right before it: "in the foreground, on the left, …"."""
    if _at_one_of_several(r, where):
        return
    r.leading = r.leading.also(where) if r.leading is not None and follows_place(r) else where
    r.led = len(r.things)
    if r.pictures:
        r.panel = r.leading if r.leading.place != ANYWHERE else None


def _at_one_of_several(r: Reading, where: PlaceWords) -> bool:
    """ "five chairs; in the middle one sits a walrus": what comes next is in one of several things named before."""
    hollow, keys = words.CONTAINERS | words.SUPPORTS | words.HOLLOW, [draft.noun.key for draft in r.things.drafts]
    whole = r.things.last_counted([i for i, key in enumerate(keys) if key not in hollow and seat_depth(key) < 0.1])
    if whole is None or r.pictures or not where.words.endswith(" one"):
        return False
    part = split(r, whole, 1, ())
    put(r, [part], where)
    r.leading, r.opened = None, (RelationWords("on" if where.words.startswith("on") else "inside", "in"), [part])
    return True


def follows_place(r: Reading) -> bool:
    """Tell whether nothing was named since a place was said that leads."""
    return r.leading is not None and r.led == len(r.things)


def order(r: Reading, how: OrderWords, things: list[int]) -> None:
    """ "from left to right", "in a row", "side by side": of one kind of thing, or of the list."""
    if r.segment.after == ":":
        r.order = (how, [])
        return
    if len(things) == 1 and r.things[things[0]].count > 1:
        r.things[things[0]].formation = how.axis
        return
    line = things if len(things) > 1 else r.listed
    if len(line) > 1:
        r.orders.append(Order(how.axis, tuple(reversed(line) if how.reverse else line)))


def respectively(r: Reading) -> None:
    """ "a red ball and a blue ball on the left and right respectively": each its own place."""
    said = " ".join(piece.source.lower() for piece in r.segment.pieces).split()
    if "respectively" not in said:
        return
    sides = [side for word in said if (side := place_of(word)) is not None]
    for index, side in zip(r.listed[-len(sides) :], sides, strict=False):
        r.things[index].place = side
        r.things[index].doing = [text for text in r.things[index].doing if "respectively" not in text]


def enumerate_objects(r: Reading, doc: Doc, things: list[int], *, new: int) -> None:
    """ "a boy, a cat and a dog above a fish, a cup and a mouse": the second list is of what the first is above.

    things: what the segment named. new: how many relations it told.
    """
    going_on, r.enumerated = r.enumerated, None
    told = any(piece.value is not None for piece in r.segment.pieces) or any(t.pos_ in ("VERB", "AUX") for t in doc)
    if going_on is not None and things and not told:
        at, more = going_on[0], [*going_on[1], *things]
        if any(token.lower_ == "and" for token in doc):
            r.relations[at] = replace(r.relations[at], objects=(*r.relations[at].objects, *more))
        else:
            r.enumerated = at, more
    elif new == 1 and r.segment.after == "," and _ends_with_object(r, doc):
        r.enumerated = len(r.relations) - 1, []


def _ends_with_object(r: Reading, doc: Doc) -> bool:
    """Tell whether a segment is a list of several things with "and", a side, and one thing there."""
    sides = [token for token in doc if r.side(token) is not None]
    if len(sides) != 1 or len(r.relations[-1].subjects) < 2:
        return False
    return is_closed(doc[: sides[0].i]) and not any(token.pos_ in ("VERB", "AUX") for token in doc)
