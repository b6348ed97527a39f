"""Sentence → Plan: ask a backend, parse the reply, check it.

One attempt is one `Attempt`: what was asked, what came back, what is wrong with it. Everything that a re-ask needs
is in it, so that a loop is this module's next step and no rewrite.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from planner import document
from planner.backends import Backend, Message, Reply, Request, get_backend
from planner.checks import check_plan
from planner.complaints import Complaint
from planner.errors import PlanError
from planner.plan import Plan

SCHEMA_PATH = Path(__file__).parent.parent / "prompts" / "plan.schema.json"
MOST_SCHEMA_COMPLAINTS = 20


@dataclass(frozen=True)
class Attempt:
    """One request with its reply; `plan` is None where the reply is none."""

    request: Request
    reply: Reply
    plan: Plan | None
    complaints: tuple[Complaint, ...] = ()

    @property
    def errors(self) -> tuple[Complaint, ...]:
        """The complaints that keep the plan from being accepted."""
        return tuple(complaint for complaint in self.complaints if complaint.severity == "error")


def plan_layout(sentence: str, backend: str | Backend = "rules", *, width: int = 1024, height: int = 1024) -> Plan:
    """Plan a sentence for a canvas of width × height pixels.

    `backend` is a name (`planner.backends.backend_names()`) or any object with `name` and `complete`. The plan has
    passed every check of severity "error".

    Raises `PlanError` with the attempt and its complaints where no acceptable plan came back, and for a sentence or
    a canvas that cannot be planned; `BackendError` where the backend is unknown or did not answer.
    """
    _check_request(sentence, width, height)
    chosen = get_backend(backend)
    request = Request(sentence, width, height, plan_schema(), (Message("user", sentence),))
    attempt = ask(chosen, request)
    if attempt.plan is None or attempt.errors:
        found = "; ".join(str(complaint) for complaint in attempt.errors)
        raise PlanError(
            f"{chosen.name} gave no acceptable plan: {found}", attempts=[attempt], complaints=attempt.complaints
        )
    return attempt.plan


def ask(backend: Backend, request: Request) -> Attempt:
    """Send one request and look at the reply. Raises what `backend.complete` raises."""
    reply = backend.complete(request)
    if reply.finish_reason != "stop":
        return Attempt(request, reply, None, (_unfinished(reply),))
    try:
        data = document.parse_json(reply.text)
    except PlanError as error:
        return Attempt(request, reply, None, (Complaint("not_json", "", f"The reply is not JSON: {error}."),))
    if complaints := _against_schema(data, request.schema):
        return Attempt(request, reply, None, complaints)
    try:
        plan = Plan.from_dict(data)
        found = check_plan(plan, width=request.width, height=request.height, sentence=request.sentence)
    except PlanError as error:
        return Attempt(request, reply, None, (Complaint("not_a_plan", "", f"{error}."),))
    return Attempt(request, reply, plan, tuple(found))


@cache
def plan_schema() -> dict[str, Any]:
    """Read the JSON Schema of a plan document (draft 2020-12)."""
    schema: dict[str, Any] = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    return schema


def _check_request(sentence: str, width: int, height: int) -> None:
    longest = plan_schema()["properties"]["prompt"]["maxLength"]
    if not sentence.strip():
        raise PlanError("the sentence is empty; say what is to be seen")
    if len(sentence) > longest:
        raise PlanError(f"the sentence has {len(sentence)} characters, at most {longest} are allowed")
    for name, size in (("width", width), ("height", height)):
        if size < 32 or size % 16:
            raise PlanError(f"{name} must be a multiple of 16 and at least 32 pixels, got {size}")


def _unfinished(reply: Reply) -> Complaint:
    if reply.finish_reason == "length":
        return Complaint("reply_truncated", "", "The reply was cut off before its end; answer more briefly.")
    return Complaint("reply_refused", "", f"The model refused to answer: {reply.text[:200]!r}.")


def _against_schema(data: Any, schema: Mapping[str, Any]) -> tuple[Complaint, ...]:
    """Everything that the schema has against a document, in the document's order."""
    from jsonschema import Draft202012Validator  # slow to import, and `--help` must be fast

    errors = sorted(Draft202012Validator(schema).iter_errors(data), key=lambda error: list(map(str, error.path)))
    return tuple(
        Complaint("schema", error.json_path.removeprefix("$").removeprefix("."), f"{error.message[:300]}.")
        for error in errors[:MOST_SCHEMA_COMPLAINTS]
    )
