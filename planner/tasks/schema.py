"""The JSON Schema of plan documents, `prompts/plan.schema.json`: types, ranges and counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SCHEMA_PATH = Path(__file__).parent.parent.parent / "prompts" / "plan.schema.json"


def plan_schema() -> dict[str, Any]:
    """Return a fresh copy of the schema (draft 2020-12), for a validator or to send to an LLM."""
    schema: dict[str, Any] = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    return schema
