"""What a backend can be asked for, and how its answer becomes a plan.

| task | the reply | for |
|---|---|---|
| `plan` | a plan document of version 1 | programs, plans that a person wrote |
| `layout` | inventory, relations, cells, boxes | language models |
| `scene` | things, counts, rough places in words | small language models; `planner.scene.arrange` lays it out |
| `repaint` | the prompts of a picture in which one thing changes | every backend, where there is a picture already |
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from planner.backends.base import Backend, Capabilities, Original, Request
from planner.checks import check_plan, claims
from planner.checks.repair import Repaired, repair
from planner.complaints import Complaint
from planner.errors import BackendError
from planner.plan import Plan
from planner.scene.arrange import arrange
from planner.tasks import layout
from planner.tasks import repaint as repainting
from planner.tasks.scene import read_scene

FOLDER = Path(__file__).parent.parent.parent / "prompts"


@dataclass(frozen=True)
class Draft:
    """A plan as it was answered, with what the answer says must hold (None: it says nothing).

    `changed` is the number of the object that a sentence about a picture changes.
    """

    plan: Plan
    counts: Mapping[str, int] | None = None
    relations: tuple[claims.Relation, ...] | None = None
    complaints: tuple[Complaint, ...] = ()
    changed: int | None = None


def _check_layout(draft: Draft, request: Request) -> list[Complaint]:
    return check_plan(
        draft.plan,
        width=request.width,
        height=request.height,
        sentence=request.sentence,
        counts=draft.counts,
        relations=draft.relations,
    )


def _mend_layout(draft: Draft, request: Request) -> Repaired:
    def check(plan: Plan) -> list[Complaint]:
        return _check_layout(replace(draft, plan=plan), request)

    return repair(draft.plan, check, width=request.width, height=request.height)


@dataclass(frozen=True)
class Task:
    """A kind of question: the schema of its replies, and how one that is valid becomes a draft.

    `read` raises `PlanError` where the reply is no plan all the same. `check` says what is wrong with a draft, `mend`
    makes a plan of it in which as much as is safe is put right.
    """

    name: str
    schema: Mapping[str, Any]
    read: Callable[[Mapping[str, Any], Request], Draft]
    check: Callable[[Draft, Request], list[Complaint]] = _check_layout
    mend: Callable[[Draft, Request], Repaired] = _mend_layout

    @property
    def fingerprint(self) -> str:
        """A short hash of the schema, for the cache."""
        return hashlib.sha256(json.dumps(self.schema, sort_keys=True).encode()).hexdigest()[:16]


def task_of(backend: Backend, original: Original | None = None) -> Task:
    """Return what a backend wants to be asked for; about an `original` all are asked the same.

    Raises `BackendError` for a task that there is not.
    """
    if original is not None:
        return Task("repaint", repainting.schema_for(original), _read_repaint, _check_repaint, _mend_repaint)
    name = Capabilities.of(backend).task
    if name not in TASKS:
        message = f"backend {backend.name!r} has the task {name!r}; known: {', '.join(TASKS)}"
        raise BackendError(message, provider=backend.name)
    return get_task(name)


@cache
def get_task(name: str) -> Task:
    """Return a task by its name in `TASKS`."""
    schema: dict[str, Any] = json.loads((FOLDER / name / "schema.json").read_text(encoding="utf-8"))
    return Task(name, schema, TASKS[name])


def _read_plan(data: Mapping[str, Any], request: Request) -> Draft:
    return Draft(Plan.from_dict(data))


def _read_layout(data: Mapping[str, Any], request: Request) -> Draft:
    plan = layout.read_plan(data)
    return Draft(plan, layout.counts(data), layout.relations(data), tuple(layout.warnings(data, plan)))


def _read_scene(data: Mapping[str, Any], request: Request) -> Draft:
    return Draft(arrange(read_scene(data, request.sentence), width=request.width, height=request.height))


def _read_repaint(data: Mapping[str, Any], request: Request) -> Draft:
    assert request.original is not None
    changed = repainting.changed_index(data, request.original)
    return Draft(repainting.read_plan(data, request.original), changed=changed)


def _check_repaint(draft: Draft, request: Request) -> list[Complaint]:
    assert request.original is not None
    assert draft.changed is not None
    return repainting.check(draft.plan, draft.changed, request.original, request.sentence)


def _mend_repaint(draft: Draft, request: Request) -> Repaired:
    assert request.original is not None
    assert draft.changed is not None
    return repainting.mend(draft.plan, draft.changed, request.original)


TASKS: dict[str, Callable[[Mapping[str, Any], Request], Draft]] = {
    "plan": _read_plan,
    "layout": _read_layout,
    "scene": _read_scene,
}
