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
from functools import cache, partial
from pathlib import Path
from typing import Any

from planner.checks import check_plan, claims
from planner.checks.repair import repair
from planner.complaints import Complaint, has_errors
from planner.errors import BackendError, PlanError
from planner.plan import Cell, Plan
from planner.scene.arrange import arrange
from planner.scene.scene import Scene
from planner.tasks import layout
from planner.tasks import repaint as repainting
from planner.tasks.backend import Backend, Capabilities, Original, Request
from planner.tasks.correcting import corrected
from planner.tasks.rearranging import rearranged, scene_of
from planner.tasks.scene import only_names, read_scene
from planner.tasks.sentences import read_stated

FOLDER = Path(__file__).parent.parent.parent / "prompts"


@dataclass(frozen=True)
class PlanDraft:
    """A plan as it was answered, with what the answer says must hold (None: it says nothing).

    plan: the plan, with all its faults.
    counts: how many of each thing the answer lists.
    relations: how the answer says that they relate.
    complaints: what is wrong beyond the plan itself.
    changed: the number of the object that a sentence about a picture changes.
    words: what the answer lists, as a scene that can be laid out without its boxes.
    cells: the cells as the answer tells them; empty: it tells none.
    """

    plan: Plan
    counts: Mapping[str, int] | None = None
    relations: tuple[claims.NamedRelation, ...] | None = None
    complaints: tuple[Complaint, ...] = ()
    changed: int | None = None
    words: Scene | None = None
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class RepairedDraft:
    """A draft in which as much as is safe is put right, and what was changed, a sentence each."""

    draft: PlanDraft
    repairs: tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """A kind of question: the schema of its replies, and how one that is valid becomes a draft.

    read: raises `PlanError` where the reply is no plan all the same.
    faults: says what is wrong with a draft.
    repair: makes a draft in which as much as is safe is put right.
    in_words: whether replies have no boxes: they are put right at once, asking again would bring no better boxes.
    tolerant: leaves out of a reply, before the schema is asked, what the sentence can put back, and says so.
    """

    name: str
    schema: Mapping[str, Any]
    read: Callable[[Mapping[str, Any], Request], PlanDraft]
    faults: Callable[[PlanDraft, Request], list[Complaint]]
    repair: Callable[[PlanDraft, Request], RepairedDraft]
    in_words: bool = False
    tolerant: Callable[[Any, Request], tuple[Any, tuple[str, ...]]] = lambda data, request: (data, ())

    @property
    def fingerprint(self) -> str:
        """A short hash of the schema, for the cache."""
        return hashlib.sha256(json.dumps(self.schema, sort_keys=True).encode()).hexdigest()[:16]


def task_of(backend: Backend, original: Original | None = None) -> Task:
    """Return what a backend wants to be asked for; about an `original` all are asked the same.

    The plan of a backend that reads the sentence itself, as we do, is not held against it once more.

    Raises `BackendError` for a task that there is not.
    """
    if original is not None:
        return Task("repaint", repainting.schema_for(original), _read_repaint, _repaint_faults, _repair_repaint)
    name = Capabilities.of(backend).task
    if name not in TASKS:
        message = f"backend {backend.name!r} has the task {name!r}; known: {', '.join(TASKS)}"
        raise BackendError(message, provider=backend.name)
    return get_task(name, trusted=Capabilities.of(backend).reads_english)


@cache
def get_task(name: str, *, trusted: bool = False) -> Task:
    """Return a task by its name in `TASKS`.

    trusted: its plans are not held against the sentence.
    """
    schema: dict[str, Any] = json.loads((FOLDER / name / "schema.json").read_text(encoding="utf-8"))
    in_words = name == "scene"
    faults = _plan_faults if trusted else _scene_faults if in_words else _faults
    task = Task(name, schema, TASKS[name], faults, partial(_repair, faults=faults), in_words)
    return replace(task, tolerant=partial(_tolerant_of_names, schema=schema)) if in_words else task


def _tolerant_of_names(data: Any, request: Request, schema: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
    """Leave out what is no name, where the sentence is read: it says what must be there all the same."""
    return (data, ()) if read_stated(request.sentence) is None else only_names(data, schema)


def _faults(draft: PlanDraft, request: Request) -> list[Complaint]:
    return _plan_faults(draft, request, read_stated(request.sentence))


def _scene_faults(draft: PlanDraft, request: Request) -> list[Complaint]:
    """Say as well where a reply's words are not the sentence's, down to what nobody named: its boxes are ours."""
    stated = read_stated(request.sentence)
    right = corrected(draft.words, stated) if draft.words and stated else None
    wrong = right.changes if right else ""
    told = (
        [Complaint("sentence_words", "", f"The reply does not list what the sentence says: {wrong}.")] if wrong else []
    )
    return [*_plan_faults(draft, request, stated), *told]


def _plan_faults(draft: PlanDraft, request: Request, stated: Scene | None = None) -> list[Complaint]:
    return check_plan(
        draft.plan,
        width=request.width,
        height=request.height,
        sentence=request.sentence,
        counts=draft.counts,
        relations=draft.relations,
        scene=stated,
    )


def _repair(
    draft: PlanDraft, request: Request, faults: Callable[[PlanDraft, Request], list[Complaint]]
) -> RepairedDraft:
    """Change boxes a little; where that is not enough, lay out anew what the answer lists."""

    def wrong(plan: Plan) -> list[Complaint]:
        return faults(replace(draft, plan=plan), request)

    repaired = repair(draft.plan, wrong, width=request.width, height=request.height)
    small = RepairedDraft(replace(draft, plan=repaired.plan), repaired.repairs)
    if draft.words is None or not has_errors(wrong(repaired.plan)):
        return small
    anew = (_laid_out_anew(draft, request, extras=extras) for extras in (True, False))
    return next((again for again in anew if again and not has_errors(faults(again.draft, request))), small)


def _laid_out_anew(draft: PlanDraft, request: Request, *, extras: bool) -> RepairedDraft | None:
    """Lay out what an answer lists, put right by the sentence; None where that cannot be done."""
    assert draft.words is not None
    stated = read_stated(request.sentence)
    try:
        again = rearranged(draft.words, stated, draft.cells, extras=extras, width=request.width, height=request.height)
    except PlanError:  # no room: what is wrong with the answer's own boxes says more
        return None
    if again is None:
        return None
    plan = replace(again.plan, prompt=draft.plan.prompt)
    right = replace(draft, plan=plan, counts=None, relations=again.relations, complaints=(), words=again.words)
    return RepairedDraft(right, (again.told,))


def _read_plan(data: Mapping[str, Any], request: Request) -> PlanDraft:
    plan = Plan.from_dict(data)
    return PlanDraft(plan, words=scene_of(plan, request.sentence), cells=tuple(plan.cells))


def _read_layout(data: Mapping[str, Any], request: Request) -> PlanDraft:
    plan, counts, relations = layout.read_plan(data), layout.counts(data), layout.relations(data)
    words = scene_of(plan, request.sentence, counts, relations)
    return PlanDraft(plan, counts, relations, tuple(layout.warnings(data, plan)), words=words, cells=tuple(plan.cells))


def _read_scene(data: Mapping[str, Any], request: Request) -> PlanDraft:
    scene = read_scene(data, request.sentence)
    return PlanDraft(arrange(scene, width=request.width, height=request.height), words=scene)


def _read_repaint(data: Mapping[str, Any], request: Request) -> PlanDraft:
    assert request.original is not None
    changed = repainting.changed_index(data, request.original)
    return PlanDraft(repainting.read_plan(data, request.original), changed=changed)


def _repaint_faults(draft: PlanDraft, request: Request) -> list[Complaint]:
    assert request.original is not None
    assert draft.changed is not None
    return repainting.check(draft.plan, draft.changed, request.original, request.sentence)


def _repair_repaint(draft: PlanDraft, request: Request) -> RepairedDraft:
    assert request.original is not None
    assert draft.changed is not None
    repaired = repainting.repair(draft.plan, draft.changed, request.original)
    return RepairedDraft(replace(draft, plan=repaired.plan), repaired.repairs)


TASKS: dict[str, Callable[[Mapping[str, Any], Request], PlanDraft]] = {
    "plan": _read_plan,
    "layout": _read_layout,
    "scene": _read_scene,
}
