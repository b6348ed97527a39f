"""A sentence that changes one thing in a picture → the plan of the new picture, by the loop that plans.

The reply (`prompts/repaint/schema.json`) has the number of the object that changes, its new prompt, the new picture's
prompt and one for each cell. It is checked here; what a model does not put right is repaired by substitution.

| code | what is wrong | severity |
|---|---|---|
| `repaint_other_object` | the sentence names another object than the one that changes | error |
| `repaint_nothing_new` | the object is what it was | error |
| `repaint_not_named` | the whole prompt, or that of the object's cell, does not name the new thing | error |
| `repaint_old_named` | the whole prompt still names the old thing, of which there is no other | warning |
| `prompt_has_break`, `prompt_names_place` | as in `planner.checks` | error, warning |
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from planner.checks import claims
from planner.checks.names import speaks_of
from planner.checks.repair import Repaired
from planner.complaints import Complaint
from planner.errors import PlanError
from planner.plan import ObjectBox, Plan
from planner.plan.rag import BREAK
from planner.tasks.backend import Original
from planner.tasks.changes import read_change
from planner.tasks.rewriting import NewPrompts, add_object, replace_object
from planner.tasks.which_object import named_objects

SCHEMA = Path(__file__).parent.parent.parent / "prompts" / "repaint" / "schema.json"
NEW = -1  # the number, in a reply, of a thing that replaces none


def schema_for(original: Original) -> dict[str, Any]:
    """Return the schema of replies about a picture: as many cells as it has, numbers that its objects have."""
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    count = len(original.plan.cells)
    schema["properties"]["cells"] |= {"minItems": count, "maxItems": count}
    lowest, highest = 0 if original.region is None else NEW, len(original.plan.objects) - 1
    if original.changed is not None:
        lowest = highest = original.changed
    schema["properties"]["object"] |= {"minimum": lowest, "maximum": highest}
    return schema


def describe(original: Original | None) -> str:
    """Say what a picture shows and where it changes, a line each; nothing where there is none."""
    if original is None:
        return ""
    plan, region = original.plan, original.region
    lines = [f"Picture: {plan.prompt}"]
    lines += [f"Cell {number}: {cell.prompt}" for number, cell in enumerate(plan.cells)]
    lines += [
        f"Object {number}, in cell {plan.owner_cell(number)}: {item.name}" for number, item in enumerate(plan.objects)
    ]
    if region is not None:
        lines.append(f"Region: x {region.x:g}, y {region.y:g}, width {region.width:g}, height {region.height:g}")
    if original.changed is not None:
        lines.append(f"Object {original.changed} becomes what the sentence names.")
    return "\n".join(lines)


def changed_index(data: Mapping[str, Any], original: Original) -> int:
    """Return the number that the changed object of a reply has in the new plan."""
    return len(original.plan.objects) if data["object"] == NEW else int(data["object"])


def read_plan(data: Mapping[str, Any], original: Original) -> Plan:
    """Return the plan of the new picture after a reply."""
    prompts = NewPrompts(data["prompt"], data["object_prompt"], tuple(data["cells"]))
    return with_prompts(original, changed_index(data, original), prompts)


def with_prompts(original: Original, index: int, prompts: NewPrompts) -> Plan:
    """Return a picture's plan with other prompts; its object `index`, one past the last is new, is the changed one."""
    plan, cells = original.plan, iter(prompts.cells)
    objects = list(plan.objects)
    if index == len(objects):
        if original.region is None:
            raise PlanError("a thing that replaces no object needs a region")
        objects.append(ObjectBox(prompts.object_prompt, original.region))
    else:
        objects[index] = replace(objects[index], prompt=prompts.object_prompt)
    rows = tuple(
        replace(row, cells=tuple(replace(cell, prompt=next(cells)) for cell in row.cells)) for row in plan.rows
    )
    return replace(plan, prompt=prompts.prompt, rows=rows, objects=tuple(objects), notes=())


def check(plan: Plan, index: int, original: Original, sentence: str) -> list[Complaint]:
    """Return what is wrong with the plan of a changed picture, of which object `index` is the changed one."""
    new = plan.objects[index].prompt
    cells = [cell.prompt for cell in plan.cells]
    owner = plan.owner_cell(index)
    found = [*_wrong_object(index, original, sentence), *_nothing_new(new, index, original)]
    for path, text in (("prompt", plan.prompt), (f"cells[{owner}]", cells[owner])):
        if not speaks_of(text, new):
            found.append(Complaint("repaint_not_named", path, f'It must name "{new}".'))
    found += [
        Complaint("prompt_has_break", f"cells[{number}]", f"Write the prompt without the word {BREAK}.")
        for number, text in enumerate(cells)
        if BREAK in text
    ]
    return [*found, *_old_named(plan, index, original), *_place_named(new)]


def repair(plan: Plan, index: int, original: Original) -> Repaired:
    """Write the prompts of a changed picture by substitution, with its object as it was answered."""
    prompts = substituted(original, index, plan.objects[index].prompt)
    return Repaired(with_prompts(original, index, prompts), ("the prompts are written by substitution",))


def substituted(original: Original, index: int, new: str) -> NewPrompts:
    """Return the prompts with object `index`, one past the last adds one, replaced by the words of `new`."""
    if index < len(original.plan.objects):
        return replace_object(original.plan, index, new)
    if original.region is None:
        raise PlanError("a thing that replaces no object needs a region")
    return add_object(original.plan, original.region, new)


def _wrong_object(index: int, original: Original, sentence: str) -> list[Complaint]:
    """Hold the number to the words of "the apple becomes a cube", where these name an object and it was not given."""
    old = read_change(sentence).old
    named = named_objects(original.plan, old) if old is not None and original.changed is None else []
    if not named or index in named:
        return []
    listed = " or ".join(map(str, named))
    return [Complaint("repaint_other_object", "object", f'The sentence changes "{old}", which is object {listed}.')]


def _nothing_new(new: str, index: int, original: Original) -> list[Complaint]:
    """A region or object that was named may show the same thing once more; else there would be no change at all."""
    objects = original.plan.objects
    asked = original.region is not None or original.changed is not None
    if asked or new.strip().lower() != objects[index].prompt.lower():
        return []
    message = f'Object {index} is "{new}" already; name what it becomes.'
    return [Complaint("repaint_nothing_new", "object_prompt", message)]


def _old_named(plan: Plan, index: int, original: Original) -> list[Complaint]:
    if index >= len(original.plan.objects):
        return []
    old = original.plan.objects[index].prompt
    if not old or not speaks_of(plan.prompt, old) or any(speaks_of(i.prompt, old) for i in plan.objects):
        return []
    return [
        Complaint("repaint_old_named", "prompt", f'It still names "{old}", which is not there any more.', "warning")
    ]


def _place_named(new: str) -> list[Complaint]:
    if not (place := claims.place_words(new)):
        return []
    message = f'Name only the thing, without "{place}": its region says where it is.'
    return [Complaint("prompt_names_place", "object_prompt", message, "warning")]
