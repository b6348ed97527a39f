"""The RAG-Diffusion release's parameters, as one JSON object; `planner.plan.rag` does the work."""

from __future__ import annotations

import json

from planner.plan import document
from planner.plan.plan import Plan
from planner.plan.rag import OPTIONAL_KEYS, REQUIRED_KEYS


def write(plan: Plan) -> str:
    """Write what `Plan.to_rag` returns."""
    return json.dumps(plan.to_rag(), indent=2, ensure_ascii=False)


def read(text: str) -> Plan:
    """Read one parameter set. Raises `PlanError` as `Plan.from_rag`."""
    known = document.fields(document.parse_json(text), "", required=REQUIRED_KEYS, optional=OPTIONAL_KEYS)
    return Plan.from_rag(**{key: known[key] for key in known})
