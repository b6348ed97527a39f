"""Where the two parts of an overlap lie: in front, inside, held, worn, ridden.

A template puts the two parts, each of its own size, into one rectangle; `boxes.py` scales it into its room. Without a
word of contact in the sentence boxes cover less than a tenth of each other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from planner.lexicon.kinds import Worn, is_flat, is_open, is_raised, seat_depth, worn_part
from planner.scene.rects import Rect, Size, bounds
from planner.scene.scene import Item
from planner.scene.tree import Overlap, items_of

MOST_COVERED: Final = 0.095  # of two boxes' area, where the sentence has no word of contact
PULLED_OUT: Final = 0.08  # the same before boxes end between two tokens
MOST_HIDDEN: Final = 0.55  # of what stands behind
NARROW: Final = 0.7  # of the other's width: what is narrower stands before its middle
FILLED: Final = 0.62  # of a container's sides, by what is in it
IN_SEAT: Final = 0.3  # from which depth on what is in a thing sits in it
SUNK: Final = 0.68  # of what is in something open; with less it is not seen to be in it (`mending.py`)
HELD: Final = 0.55  # of the holder's sides, by what is held


@dataclass(frozen=True)
class Joined:
    """Two parts in their places, and the size of both together."""

    first: Rect
    second: Rect
    size: Size

    def parts_in(self, room: Rect) -> tuple[Rect, Rect]:
        """Give the two parts' rectangles where both together fill `room`."""
        wide, high = self.size.width, self.size.height
        first, second = (
            room.part(part.x / wide, part.y / high, part.width / wide, part.height / high)
            for part in (self.first, self.second)
        )
        return first, second


def joined(overlap: Overlap, items: Sequence[Item], sizes: tuple[Size, Size], *, deep: bool) -> Joined:
    """Put the two parts of an overlap together; `sizes` are those of each alone.

    `deep`: the sentence says in words of contact that one may cover the other.
    """
    names = [[items[index].name for index in sorted(items_of(part))] for part in (overlap.first, overlap.second)]
    front, back = _TEMPLATES[overlap.kind](*sizes, names[0], names[1])
    if not deep and front.iou(back) > PULLED_OUT:
        front = _pulled_out(front, back, overlap.kind)
    whole = bounds([front, back])
    return Joined(front.moved(-whole.x, -whole.y), back.moved(-whole.x, -whole.y), Size(whole.width, whole.height))


def _pulled_out(front: Rect, back: Rect, kind: str) -> Rect:
    """Move what is in front aside (upwards where it stands on or in something) until it covers little."""
    upwards = kind in ("inside", "riding", "wearing")
    for step in range(1, 21):
        share = step / 20
        x, y = (0.0, back.y - front.bottom) if upwards else (back.right - front.x, 0.0)
        moved = front.moved(x * share, y * share)
        if moved.iou(back) <= PULLED_OUT:
            return moved
    return moved


def _in_front_of(first: Size, second: Size, fronts: list[str], backs: list[str]) -> tuple[Rect, Rect]:
    """The front stands lower; what is much narrower stands before (or behind) the other's middle."""
    back = Rect(0, 0, second.width, second.height)
    lower = 0.15 * min(first.height, second.height)
    top = second.height + lower - first.height
    if first.width > second.width:
        top = max(top, 0.5 * second.height)
    narrow = min(first.width, second.width) < NARROW * max(first.width, second.width)
    middle = 0.55 if len(backs) == 1 else 0.34  # not before what stands before the other already
    aside = middle * second.width - 0.5 * first.width
    if not narrow:
        aside = second.width - 0.35 * min(first.width, second.width)
    front = Rect(aside, top, first.width, first.height)
    if front.shared(back) > MOST_HIDDEN * back.area:
        front = Rect(second.width - 0.3 * min(first.width, second.width), top, first.width, first.height)
    return front, back


def _inside(first: Size, second: Size, fronts: list[str], backs: list[str]) -> tuple[Rect, Rect]:
    """In something open the upper half sticks out, on a seat or in water likewise; in anything else all is inside."""
    if all(seat_depth(name) >= IN_SEAT for name in backs) and not all(is_open(name) for name in backs):
        return _riding(first, second.over(first.width / NARROW, 0.0), fronts, backs)
    if all(is_open(name) for name in backs):
        wide = 1.1 if second.width >= second.height else 0.8  # beyond a vase flowers reach, beyond a boat nobody
        back = second.over(wide * first.width, 0.6 * first.height)
        sunk = min(max(SUNK * first.height, 0.35 * back.height), 0.9 * back.height)
        x, y = (back.width - first.width) / 2, sunk - first.height
        return Rect(x, y, first.width, first.height), Rect(0, 0, back.width, back.height)
    return _enclosed(first, second, fronts, backs)


def _enclosed(first: Size, second: Size, fronts: list[str], backs: list[str]) -> tuple[Rect, Rect]:
    back = second.over(first.width / FILLED, first.height / FILLED)
    x, y = (back.width - first.width) / 2, 0.48 * back.height - 0.5 * first.height
    return Rect(x, y, first.width, first.height), Rect(0, 0, back.width, back.height)


def _under(first: Size, second: Size, fronts: list[str], backs: list[str]) -> tuple[Rect, Rect]:
    """Between the legs or below the branches, a little before them."""
    back = second.over(first.width / FILLED, first.height / FILLED)
    x, y = (back.width - first.width) / 2, back.height - 0.9 * first.height
    return Rect(x, y, first.width, first.height), Rect(0, 0, back.width, back.height)


def _holding(first: Size, second: Size, fronts: list[str], backs: list[str]) -> tuple[Rect, Rect]:
    """At the right hand, half beside the holder; a sign before the body, an umbrella or a balloon over the head."""
    back = Rect(0, 0, second.width, second.height)
    held = first.within(1.2 * second.width, HELD * second.height)
    if any(is_raised(name) for name in fronts):
        top = max(-0.6 * held.height, 0.3 * second.height - held.height)
        return Rect(0.45 * second.width, top, held.width, held.height), back
    across = 0.55 if any(is_flat(name) for name in fronts) else 0.95
    x, y = across * second.width - 0.5 * held.width, 0.48 * second.height - 0.5 * held.height
    return Rect(x, y, held.width, held.height), back


def _wearing(first: Size, second: Size, fronts: list[str], backs: list[str]) -> tuple[Rect, Rect]:
    """Clothes take their place on the wearer, whatever their own size."""
    left, top, width, height = _ON_BODY[worn_part(fronts[0]) or "body"]
    wide, high = second.width, second.height
    return Rect(left * wide, top * high, width * wide, height * high), Rect(0, 0, wide, high)


def _riding(first: Size, second: Size, fronts: list[str], backs: list[str]) -> tuple[Rect, Rect]:
    depth = max(seat_depth(name) for name in backs)
    x, y = (second.width - first.width) / 2, depth * second.height - first.height
    return Rect(x, y, first.width, first.height), Rect(0, 0, second.width, second.height)


# Where worn things are on the wearer: left, top, width, height in parts of the wearer's box.
_ON_BODY: Final[dict[Worn, tuple[float, float, float, float]]] = {
    "head": (0.2, -0.12, 0.6, 0.24), "eyes": (0.25, 0.06, 0.5, 0.13), "neck": (0.2, 0.19, 0.6, 0.2),
    "torso": (0.05, 0.2, 0.9, 0.35), "body": (0.05, 0.2, 0.9, 0.55), "legs": (0.1, 0.52, 0.8, 0.36),
    "feet": (0.1, 0.84, 0.8, 0.16),
}  # fmt: skip
_Template = Callable[[Size, Size, list[str], list[str]], tuple[Rect, Rect]]
_TEMPLATES: Final[dict[str, _Template]] = {
    "in_front_of": _in_front_of, "inside": _inside, "enclosed": _enclosed, "ring": _enclosed, "holding": _holding,
    "wearing": _wearing, "riding": _riding, "under": _under,
}  # fmt: skip
