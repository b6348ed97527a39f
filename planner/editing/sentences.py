"""A sentence that changes a plan: "move the penguin up", "add a hat", "remove the dog", "make the ball blue".

Read by simple forms, none of which asks a model. What becomes what ("the ball becomes a cube") is read as repainting
reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from planner.checks.names import without_article
from planner.editing import boxes, edits
from planner.editing.boxes import DIRECTIONS, STEP, CanvasTokens
from planner.editing.cutting import with_cells_cut
from planner.editing.new_things import SIDE, counted, free_beside, placed
from planner.editing.texts import introduced
from planner.errors import PlanError
from planner.lexicon import forms
from planner.lexicon.words import NUMBERS
from planner.plan import Box, Plan
from planner.plan.limits import check_canvas
from planner.tasks.changes import Change, read_change
from planner.tasks.which_object import named_object, named_objects

FORMS: Final = (
    '"add a hat on the left", "remove the dog", "move the penguin up", "make the ball blue", "make the cat bigger", '
    '"swap the dog and the cat", "the ball becomes a cube"'
)
STEPS: Final = {
    "higher": "up",
    "upwards": "up",
    "upward": "up",
    "lower": "down",
    "downwards": "down",
    "downward": "down",
}
SIZES: Final = {
    "bigger": 1.4, "larger": 1.4, "big": 1.4, "large": 1.4, "taller": 1.4, "huge": 2.0, "smaller": 0.7, "small": 0.7,
    "little": 0.7, "tiny": 0.5,
}  # fmt: skip
TIMES: Final = {"twice": 2.0, "double": 2.0, "half": 0.5, "halve": 0.5, "two": 2.0, "three": 3.0, "four": 4.0}


@dataclass(frozen=True)
class Edited:
    """A plan after an edit.

    region: the box outside which nothing changes, so that repainting it is enough; None where the whole picture has to
    be painted anew. index: the object that changed there. notes: what else there is to say, such as that a thing
    stands over another now.
    """

    plan: Plan
    region: Box | None = None
    index: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Asked:
    """An edit's plan and canvas, and the words that the form found."""

    plan: Plan
    width: int
    height: int
    words: re.Match[str]

    @property
    def tokens(self) -> CanvasTokens:
        return CanvasTokens.of(self.width, self.height)

    @property
    def index(self) -> int:
        return named_object(self.plan, self.words["thing"])

    def moved(self, index: int, box: Box) -> Plan:
        return edits.move_object(self.plan, index, box, width=self.width, height=self.height)


def edit_by_words(plan: Plan, sentence: str, *, width: int, height: int) -> Edited:
    """Return a plan as a sentence changes it.

    width, height: the canvas in px.
    Raises `PlanError` for a sentence of no known form, for a thing that the plan does not have, and where there is no
    room.
    """
    check_canvas(width, height)
    text = re.sub(r"^(?:please|now|can you|could you)\s+", "", " ".join(sentence.split()).rstrip(".!? "), flags=re.I)
    for pattern, edit in _FORMS:
        if found := pattern.fullmatch(text):
            edited = edit(_Asked(plan, width, height, found))
            if edited.region is not None:  # what is painted anew there keeps the cells around it
                return edited
            notes = (*edited.notes, *_overlaps(plan, edited.plan))
            return replace(edited, plan=with_cells_cut(edited.plan, width=width, height=height), notes=notes)
    if not text:
        raise PlanError(f"the sentence is empty; known are {FORMS}")
    change = read_change(text)
    if change.old is None:
        raise PlanError(f"{sentence!r} is no edit that is known; known are {FORMS}")
    index = named_object(plan, change.old)
    return _renamed(plan, index, change.prompt(plan.objects[index].prompt))


def _renamed(plan: Plan, index: int, prompt: str) -> Edited:
    return Edited(edits.rename_object(plan, index, prompt), plan.objects[index].box, index)


def _add(asked: _Asked) -> Edited:
    plan, (count, words) = asked.plan, counted(asked.words["new"])
    for _ in range(count):
        plan = _with_one(plan, placed(plan, words, asked.tokens), asked)
    return Edited(plan) if count > 1 else Edited(plan, plan.objects[-1].box, len(plan.objects) - 1)


def _give(asked: _Asked) -> Edited:
    """Put a new thing on one that is there: "give the dog a hat"."""
    target, name = asked.plan.objects[asked.index], introduced(asked.words["new"])
    box = boxes.resting_on(target.box, asked.tokens)
    plan = _with_one(asked.plan, (name, box, f"{name} on the {without_article(target.prompt)}"), asked)
    return Edited(plan, box, len(plan.objects) - 1)


def _with_one(plan: Plan, placed: tuple[str, Box, str], asked: _Asked) -> Plan:
    name, box, said = placed
    return edits.add_object(plan, name, box, width=asked.width, height=asked.height, said=said)


def _remove(asked: _Asked) -> Edited:
    thing = re.sub(r"^(?:both|all)\s+(?:the\s+|of the\s+)?", "", asked.words["thing"], flags=re.IGNORECASE)
    several = thing != asked.words["thing"] or forms.is_plural(without_article(thing).split()[-1])
    numbers = named_objects(asked.plan, thing) if several else []
    plan = asked.plan
    for index in sorted(numbers or [named_object(plan, thing)], reverse=True):
        plan = edits.remove_object(plan, index)
    return Edited(plan)


def _step(asked: _Asked) -> Edited:
    word = asked.words["direction"].lower()
    share = STEP / 2 if asked.words["little"] else STEP
    index, direction, tokens = asked.index, STEPS.get(word, word), asked.tokens
    box = boxes.shifted(asked.plan, index, direction, tokens, share)
    met = boxes.stopped_by(asked.plan, index, box, direction, tokens, share)
    others = " and ".join(_called(asked.plan, number) for number in met)
    notes = (f"{_called(asked.plan, index)} moves only as far as {others} leaves it room",) if met else ()
    return Edited(asked.moved(index, box), notes=notes)


def _overlaps(before: Plan, after: Plan) -> list[str]:
    """Say which things stand over others now, after an edit of where they are."""
    if len(before.objects) != len(after.objects):
        return []
    found = boxes.newly_over(before, after)
    return [
        f"{_called(after, index)} now overlaps {_called(after, number)}, by {share:.0%} of the smaller one"
        for index, number, share in found
    ]


def _called(plan: Plan, index: int) -> str:
    return f"object {index} ({plan.objects[index].name!r})"


def _to_place(asked: _Asked) -> Edited:
    column, row = boxes.spot(asked.words["place"])
    if column is None and row is None:
        raise PlanError(f"{asked.words['place']!r} is no place that is known, such as 'to the top left corner'")
    index = asked.index
    return Edited(asked.moved(index, boxes.at_edge(asked.plan.objects[index].box, column, row)))


def _to_side(asked: _Asked) -> Edited:
    """Move a thing to a free place at a side of another; where there is none, the two change places if that does it."""
    index, target, side = asked.index, named_object(asked.plan, asked.words["target"]), asked.words["side"].lower()
    if index == target:
        raise PlanError(f"{asked.words[0]!r} moves an object to a side of itself")
    box = asked.plan.objects[index].box
    others = replace(asked.plan, objects=tuple(o for i, o in enumerate(asked.plan.objects) if i != index))
    try:
        free = free_beside(others, target - (target > index), side, asked.tokens, (box.width, box.height))
    except PlanError:
        swapped = _swap(asked)
        now, other = (swapped.plan.objects[i].box for i in (index, target))
        if not _stands(now, other, side):
            raise
        return swapped
    return Edited(asked.moved(index, free))


def _stands(box: Box, other: Box, side: str) -> bool:
    """Tell whether a box stands on a side of another, by their centres; next to each other they always are."""
    direction = boxes.direction_of(side)
    if direction is None:
        return True
    across, down = DIRECTIONS[direction]
    return across * (box.center[0] - other.center[0]) + down * (box.center[1] - other.center[1]) > 0


def _resize(asked: _Asked) -> Edited:
    index = asked.index
    return Edited(asked.moved(index, boxes.scaled(asked.plan.objects[index].box, _factor(asked), asked.tokens)))


def _factor(asked: _Asked) -> float:
    """Return how many times as wide a thing becomes."""
    words = {name: (word or "").lower() for name, word in asked.words.groupdict().items()}
    if times := words.get("times"):
        factor = TIMES[times.split()[0]]
        return 1 / factor if SIZES.get(words.get("way", ""), 1.4) < 1 < factor else factor
    factor = SIZES[words["size"]] if words.get("size") else 1.4 if words["verb"] == "enlarge" else 0.7
    return (1 + factor) / 2 if words.get("little") else factor


def _recolour(asked: _Asked) -> Edited:
    """Give a thing another colour, or a word that it has not yet."""
    index, word = asked.index, asked.words["how"]
    prompt = asked.plan.objects[index].prompt
    return _renamed(asked.plan, index, Change(word, manner="before").prompt(prompt))


def _swap(asked: _Asked) -> Edited:
    first, second = asked.index, named_object(asked.plan, asked.words["target"])
    one, other = (asked.plan.objects[i].box for i in (first, second))
    plan = asked.moved(first, _centered(one, other.center))
    return Edited(replace(asked, plan=plan).moved(second, _centered(other, one.center)))


def _centered(box: Box, point: tuple[float, float]) -> Box:
    x, y = point[0] - box.width / 2, point[1] - box.height / 2
    return replace(box, x=max(0.0, min(x, 1 - box.width)), y=max(0.0, min(y, 1 - box.height)))


def _restyle(asked: _Asked) -> Edited:
    """Say something of the whole picture, "make it snow", in the whole prompt and in every cell's."""
    plan, words = asked.plan, asked.words["style"]
    rows = tuple(
        replace(row, cells=tuple(replace(cell, prompt=f"{cell.prompt}, {words}") for cell in row.cells))
        for row in plan.rows
    )
    return Edited(replace(plan, prompt=f"{plan.prompt}, {words}", rows=rows, notes=()))


def _becomes(asked: _Asked) -> Edited:
    return _renamed(asked.plan, asked.index, asked.words["new"])


def _form(pattern: str, edit: Callable[[_Asked], Edited]) -> tuple[re.Pattern[str], Callable[[_Asked], Edited]]:
    return re.compile(pattern, re.IGNORECASE), edit


_MOVE: Final = r"(?:move|shift|put|place|bring|push|pull|drag|set)"
_NEW: Final = rf"a|an|another|some|{'|'.join(word for word, count in NUMBERS.items() if count > 1)}"
_DIRECTION: Final = "|".join([*DIRECTIONS, *STEPS])
_LITTLE: Final = "(?:a (?:(?:little|tiny) )?bit|a little|slightly|somewhat)"
_FORMS: Final = (
    _form(r"(?:add|insert|draw|also paint)\s+(?P<new>.+)", _add),
    _form(rf"(?:put|place|set)\s+(?P<new>(?:{_NEW})\s+.+)", _add),
    _form(rf"give\s+(?P<thing>.+?)\s+(?P<new>(?:{_NEW})\s+.+)", _give),
    _form(
        r"(?:remove|delete|erase|drop|take away|take out|get rid of|leave out|without|no)\s+(?P<thing>.+?)"
        r"(?:\s+from\s+.+)?",
        _remove,
    ),
    _form(
        rf"{_MOVE}\s+(?P<thing>(?:(?! to the ).)+?)\s+(?P<little>(?:a (?:little |bit )+|slightly ))?"
        rf"(?:further )?(?:to the )?(?P<direction>{_DIRECTION})(?:\s+(?:a (?:little|bit)|slightly))?",
        _step,
    ),
    _form(rf"{_MOVE}\s+(?P<thing>.+?)\s+{SIDE}\s+(?P<target>.+)", _to_side),
    _form(rf"{_MOVE}\s+(?P<thing>.+?)\s+(?P<place>(?:to|into|in|at|on) the .+)", _to_place),
    _form(r"(?:swap|exchange)\s+(?P<thing>.+?)\s+and\s+(?P<target>.+)", _swap),
    _form(
        r"make\s+(?P<thing>(?!it\b).+?)\s+(?P<times>twice|double|half|(?:two|three|four) times)\s+"
        r"(?:as (?P<way>big|large|small|little)(?: as .+)?|(?:the|its|their) size)",
        _resize,
    ),
    _form(r"(?P<times>double|halve)\s+(?:the size of\s+)?(?P<thing>.+)", _resize),
    _form(
        rf"(?:make|paint|draw)\s+(?P<thing>(?!it\b).+?)\s+(?P<little>{_LITTLE} )?(?:(?:much|a lot|far|even) )?"
        rf"(?P<size>{'|'.join(SIZES)})",
        _resize,
    ),
    _form(rf"(?P<verb>enlarge|shrink)\s+(?P<thing>.+?)(?:\s+(?P<little>{_LITTLE}))?", _resize),
    _form(r"make\s+it\s+(?P<style>.+)", _restyle),
    _form(rf"make\s+(?P<thing>.+?)\s+(?P<new>(?:{_NEW})\s+.+)", _becomes),
    _form(r"(?:make|paint|colou?r|dye)\s+(?P<thing>.+?)\s+(?P<how>[\w-]+)", _recolour),
)
