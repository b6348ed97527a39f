"""The edits of a plan: an object is added, moved, renamed or removed, and prompts keep naming what is there.

Each returns another plan. What an edit does not touch stays as it is: pictures, LoRAs, own binding steps, own
strengths of cells; but for the planner's notes, which were about the plan before. A plan that could be painted can be
painted afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from planner.checks.checks import check_plan
from planner.checks.names import speaks_of
from planner.editing.texts import EMPTY, NOTHING_NAMED, described, is_contradicted, without_place, without_thing
from planner.english.sentence import read_sentence
from planner.errors import PlanError
from planner.plan import Box, ObjectBox, Plan
from planner.plan.document import is_blank
from planner.plan.limits import MAX_OBJECTS
from planner.tasks.rewriting import add_phrase, replace_object
from planner.tasks.which_object import check_object


def add_object(plan: Plan, prompt: str, box: Box, *, width: int, height: int, said: str | None = None) -> Plan:
    """Add an object as the last one, painted in front of the others.

    prompt: a short prompt that names it, "a red ball".
    box: where it goes, in fractions of the canvas.
    width, height: the canvas in px.
    said: how the whole prompt names it, "a red ball on the left"; None: by its prompt.
    Raises `PlanError` for an empty prompt, a box that cannot be painted, and where there are 16 objects already.
    """
    if len(plan.objects) >= MAX_OBJECTS:
        raise PlanError(f"the plan has {len(plan.objects)} objects already, {MAX_OBJECTS} are allowed")
    item = ObjectBox(_words(prompt), box)
    added = replace(plan, objects=(*plan.objects, item), notes=())
    _check_box(added, len(plan.objects), width, height)
    texts = [cell.prompt for cell in plan.cells]
    owner = added.owner_cell(len(plan.objects))
    texts[owner] = _with_thing(texts[owner], item.prompt)
    return _with_texts(added, _with_thing(plan.prompt, said or item.prompt), texts)


def move_object(plan: Plan, index: int, box: Box, *, width: int, height: int) -> Plan:
    """Give object `index` another box, at another place or of another size; the rest as for `add_object`.

    The cell in which its centre lies says it then. Where the whole prompt says otherwise where it stands, that is left
    out. Raises `PlanError` for a number that no object has, and for a box that cannot be painted.
    """
    check_object(plan, index)
    item = plan.objects[index]
    before, moved = plan.owner_cell(index), _with_object(plan, index, replace(item, box=box))
    _check_box(moved, index, width, height)
    after, texts = moved.owner_cell(index), [cell.prompt for cell in plan.cells]
    if after != before and not is_blank(item.prompt):
        texts[before] = _without(texts[before], item.prompt, _owned(moved, before), plan)
        texts[after] = _with_thing(texts[after], item.prompt)
    prompt = plan.prompt
    if is_contradicted(moved, prompt):
        prompt = without_place(prompt, item.prompt)
    if is_contradicted(moved, prompt):
        prompt = described([other.prompt for other in plan.objects], read_sentence(prompt))
    return _with_texts(moved, prompt, texts)


def rename_object(plan: Plan, index: int, prompt: str) -> Plan:
    """Make object `index` another thing, "a blue ball", in its box; a reference picture of it stays.

    Raises `PlanError` for a number that no object has, and for an empty prompt.
    """
    check_object(plan, index)
    texts = replace_object(plan, index, _words(prompt))
    renamed = _with_object(plan, index, replace(plan.objects[index], prompt=texts.object_prompt))
    return _with_texts(renamed, texts.prompt, texts.cells)


def remove_object(plan: Plan, index: int) -> Plan:
    """Take object `index` out; those behind it move up by one number. Raises `PlanError` as `rename_object`."""
    check_object(plan, index)
    item, owner = plan.objects[index], plan.owner_cell(index)
    left = replace(plan, objects=(*plan.objects[:index], *plan.objects[index + 1 :]), notes=())
    texts = [cell.prompt for cell in plan.cells]
    texts[owner] = _without(texts[owner], item.prompt, _owned(left, owner), plan)
    others = [other.prompt for other in left.objects]
    return _with_texts(left, _without(plan.prompt, item.prompt, others, plan), texts)


def _words(prompt: str) -> str:
    """Return a prompt with single spaces, which must not be empty."""
    words = " ".join(prompt.split())
    if is_blank(words):
        raise PlanError(NOTHING_NAMED)
    return words


def _check_box(plan: Plan, index: int, width: int, height: int) -> None:
    path = f"objects[{index}].box"
    for complaint in check_plan(plan, width=width, height=height):
        if complaint.blocking and complaint.path == path:
            raise PlanError(f"the box of object {index} ({plan.objects[index].name!r}): {complaint.message}")


def _with_object(plan: Plan, index: int, item: ObjectBox) -> Plan:
    return replace(plan, objects=(*plan.objects[:index], item, *plan.objects[index + 1 :]), notes=())


def _with_texts(plan: Plan, prompt: str, cells: Sequence[str]) -> Plan:
    texts = iter(cells)
    rows = tuple(replace(row, cells=tuple(replace(c, prompt=next(texts)) for c in row.cells)) for row in plan.rows)
    return replace(plan, prompt=prompt, rows=rows)


def _owned(plan: Plan, cell: int) -> list[str]:
    return [item.prompt for index, item in enumerate(plan.objects) if plan.owner_cell(index) == cell]


def _with_thing(text: str, thing: str) -> str:
    """Name a thing in a text: beside what it names, or in place of a background that was only a stopgap."""
    return thing if is_blank(text) or text.strip() == EMPTY else add_phrase(text, thing)


def _without(text: str, thing: str, others: Sequence[str], plan: Plan) -> str:
    """Name a thing no more; a text that named nothing else says the background."""
    if not speaks_of(text, thing) and not is_blank(thing):
        return text
    if others or is_blank(thing):
        return without_thing(text, thing, others)
    left = without_thing(text, thing, ())
    scene = read_sentence(plan.prompt)
    return described((), scene) if left == EMPTY and scene.background else left
