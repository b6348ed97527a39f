"""A language model's layout reply → Plan, with what the reply itself says must hold.

The reply lists what is in the picture and how it relates before it says where (`prompts/layout/schema.json`): counting
first and placing afterwards makes fewer mistakes. The inventory's counts and the relations are then checked against
the boxes. On top of `planner.checks` there are warnings of this module's own:

| code | what could be better |
|---|---|
| `relation_unknown_name` | a relation names what is not in the inventory |
| `cell_prompt_short` | a cell's prompt has fewer than eight words |
| `cell_misses_object` | a cell's prompt does not name an object whose box it owns |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from planner.checks import claims
from planner.checks.names import speaks_of
from planner.complaints import Complaint
from planner.plan import Plan

FEWEST_WORDS = 8


def read_plan(data: Mapping[str, Any]) -> Plan:
    """Take the plan out of a layout reply. Raises `PlanError` where it is none."""
    parts = {name: data[name] for name in ("prompt", "rows", "objects") if name in data}
    return Plan.from_dict({"version": 1, **parts})


def counts(data: Mapping[str, Any]) -> dict[str, int]:
    """Return how often each boxed thing, and each thing that must not be there, is counted.

    Things of one name are told apart by their attributes ("red apple") where those are single words; otherwise they
    are counted together.
    """
    found: dict[str, int] = {}
    items = [item for item in data["inventory"] if item["boxed"] or item["count"] == 0]
    names = Counter(item["name"].lower() for item in items)
    plain = {item["name"].lower() for item in items if not _told_apart(item)}
    for item in items:
        name = item["name"].lower()
        if names[name] > 1 and name not in plain:
            name = f"{' '.join(item['attributes']).lower()} {name}"
        found[name] = found.get(name, 0) + item["count"]
    return found


def relations(data: Mapping[str, Any]) -> tuple[claims.NamedRelation, ...]:
    """Return the reply's relations as (subject, relation, object)."""
    return tuple((item["subject"], item["relation"], item["object"]) for item in data["relations"])


def warnings(data: Mapping[str, Any], plan: Plan) -> list[Complaint]:
    """Return what could be better about a layout reply beyond what every plan is checked for.

    Raises `PlanError` for sizes that are not positive or too large.
    """
    return [*_unknown_names(data), *_short_prompts(plan), *_missing_objects(plan)]


def _told_apart(item: Mapping[str, Any]) -> bool:
    return bool(item["attributes"]) and all(" " not in word for word in item["attributes"])


def _unknown_names(data: Mapping[str, Any]) -> list[Complaint]:
    known = {item["name"].lower() for item in data["inventory"]}
    known |= {f"{' '.join(item['attributes'])} {item['name']}".lower() for item in data["inventory"]}
    return [
        Complaint(
            "relation_unknown_name",
            f"relations[{number}].{side}",
            f'"{item[side]}" is not in the inventory; use a name from there.',
            "warning",
        )
        for number, item in enumerate(data["relations"])
        for side in ("subject", "object")
        if item[side].lower() not in known
    ]


def _short_prompts(plan: Plan) -> list[Complaint]:
    found = []
    for row, place, prompt in _cells(plan):
        words = len(prompt.split())
        if words < FEWEST_WORDS:
            message = f"The prompt has {words} words; describe the cell in at least {FEWEST_WORDS}."
            path = f"rows[{row}].cells[{place}].prompt"
            found.append(Complaint("cell_prompt_short", path, message, "warning"))
    return found


def _missing_objects(plan: Plan) -> list[Complaint]:
    cells = _cells(plan)
    found = []
    for index, item in enumerate(plan.objects):
        row, place, prompt = cells[plan.owner_cell(index)]
        if not speaks_of(prompt, item.prompt):
            message = f'The prompt does not name "{item.prompt}", whose box is in this cell; describe it too.'
            path = f"rows[{row}].cells[{place}].prompt"
            found.append(Complaint("cell_misses_object", path, message, "warning"))
    return found


def _cells(plan: Plan) -> list[tuple[int, int, str]]:
    """Every cell in reading order: its row, its place in it, its prompt."""
    return [(row, place, cell.prompt) for row, line in enumerate(plan.rows) for place, cell in enumerate(line.cells)]
