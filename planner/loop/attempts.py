"""One question to a backend and what came of it: the reply as text, as data, as a plan, with what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from planner.complaints import Complaint, against_schema
from planner.errors import PlanError
from planner.loop.box_forms import read_boxes
from planner.loop.coercion import coerce, unwrap
from planner.loop.replies import parse_reply
from planner.plan import Plan
from planner.plan.limits import MAX_NOTE_CHARACTERS, MAX_NOTES
from planner.tasks.backend import Reply, Request
from planner.tasks.tasks import PlanDraft, Task


@dataclass(frozen=True)
class Attempt:
    """One request with its reply.

    draft: the plan with what the reply says must hold, None where the reply is no plan.
    complaints: everything that is wrong with the reply, errors and warnings.
    leniencies: the codes of what was forgiven in its form (`planner.loop.replies`, `planner.loop.coercion`).
    repairs: what was changed in reading it beyond its form, in sentences.
    """

    backend: str
    request: Request
    reply: Reply
    draft: PlanDraft | None = None
    complaints: tuple[Complaint, ...] = ()
    leniencies: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()

    @property
    def plan(self) -> Plan | None:
        """The plan that the reply holds, with all its faults, or None."""
        return self.draft.plan if self.draft else None

    @property
    def errors(self) -> tuple[Complaint, ...]:
        """The complaints that keep the plan from being accepted."""
        return tuple(complaint for complaint in self.complaints if complaint.severity == "error")

    @property
    def warnings(self) -> tuple[Complaint, ...]:
        """The complaints with which the plan is accepted."""
        return tuple(complaint for complaint in self.complaints if complaint.severity == "warning")


def examine(backend: str, task: Task, request: Request, reply: Reply) -> Attempt:
    """Look at a reply, whatever it is; raises nothing."""
    if reply.finish_reason != "stop":
        return Attempt(backend, request, reply, None, (unfinished(reply),))
    parsed = parse_reply(reply.text, task.schema.get("required", ()))
    if parsed.complaint is not None:
        return Attempt(backend, request, reply, None, (parsed.complaint,), parsed.leniencies)
    unwrapped, codes = unwrap(parsed.data, task.schema)
    boxes = read_boxes(unwrapped, width=request.width, height=request.height)
    coerced_data, coerced = coerce(boxes.data, task.schema)
    data, left_out = task.tolerant(coerced_data, request)
    read = Attempt(
        backend,
        request,
        reply,
        leniencies=(*parsed.leniencies, *codes, *boxes.leniencies, *coerced),
        repairs=(*boxes.repairs, *left_out),
    )
    try:
        if complaints := against_schema(data, task.schema):
            return replace(read, complaints=complaints)
        draft = task.read(data, request)
        return replace(read, draft=draft, complaints=(*task.faults(draft, request), *draft.complaints))
    except PlanError as error:
        return replace(read, complaints=(Complaint("not_a_plan", "", f"{error}."),))


def with_remarks(plan: Plan, repairs: Sequence[str], warnings: Sequence[Complaint]) -> Plan:
    """Return a plan whose notes tell what was changed to make it and what could be better."""
    told = [f"Repaired: {change}." for change in repairs] + [f"Warning: {complaint}" for complaint in warnings]
    notes = dict.fromkeys([*plan.notes, *(note[:MAX_NOTE_CHARACTERS] for note in told)])
    return replace(plan, notes=tuple(notes)[:MAX_NOTES])


def unfinished(reply: Reply) -> Complaint:
    """Say why a reply that did not end by itself is no answer."""
    if reply.finish_reason == "length":
        return Complaint("reply_truncated", "", "The reply was cut off before its end; answer more briefly.")
    said = f": {reply.text[:200]!r}" if reply.text else ""
    return Complaint("reply_refused", "", f"The model refused to answer{said}.")
