"""What a backend can be asked for, and how its answer becomes a plan.

| task | the reply | for |
|---|---|---|
| `plan` | a plan document of version 1 | programs, plans that a person wrote |
| `layout` | inventory, relations, cells, boxes | language models |
| `scene` | things, counts, rough places in words | small language models; `planner.arrange` lays it out |
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from planner import layout, stated
from planner.arrange import arrange
from planner.backends.base import Backend, Request
from planner.complaints import Complaint
from planner.errors import BackendError
from planner.plan import Plan
from planner.scene_reply import read_scene

FOLDER = Path(__file__).parent.parent / "prompts"


@dataclass(frozen=True)
class Draft:
    """A plan as it was answered, with what the answer says must hold (None: it says nothing)."""

    plan: Plan
    counts: Mapping[str, int] | None = None
    relations: tuple[stated.Relation, ...] | None = None
    complaints: tuple[Complaint, ...] = ()


@dataclass(frozen=True)
class Task:
    """A kind of question: the schema of its replies, and how one that is valid becomes a draft.

    `read` raises `PlanError` where the reply is no plan all the same.
    """

    name: str
    schema: Mapping[str, Any]
    read: Callable[[Mapping[str, Any], Request], Draft]

    @property
    def fingerprint(self) -> str:
        """A short hash of the schema, for the cache."""
        return hashlib.sha256(json.dumps(self.schema, sort_keys=True).encode()).hexdigest()[:16]


def task_of(backend: Backend) -> Task:
    """Return what a backend wants to be asked for. Raises `BackendError` for a task that there is not."""
    name = getattr(backend, "task", "plan")
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


TASKS: dict[str, Callable[[Mapping[str, Any], Request], Draft]] = {
    "plan": _read_plan,
    "layout": _read_layout,
    "scene": _read_scene,
}
