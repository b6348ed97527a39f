"""What a sentence states, for holding replies against it; nothing where the reader cannot be sure of the language."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from functools import lru_cache

from planner.checks import check_plan
from planner.complaints import Complaint
from planner.english.parsing.languages import require_english
from planner.english.sentence import read_sentence
from planner.errors import PlanError
from planner.plan import Plan
from planner.plan.limits import MAX_SENTENCE_CHARACTERS
from planner.scene.scene import Scene
from planner.tasks.grammar import is_english

KEPT = 16  # sentences; a reply, its repairs and the next reply are about the same one


@lru_cache(maxsize=KEPT)
def read_stated(sentence: str) -> Scene | None:
    """Read an English sentence; None for another language or what is longer than a sentence: there nothing is sure."""
    if len(sentence) > MAX_SENTENCE_CHARACTERS:
        return None
    plain = unicodedata.normalize("NFKD", sentence).encode("ascii", "ignore").decode()  # "café", curly quotes
    try:
        require_english(sentence)
    except PlanError:
        return None
    return read_sentence(sentence) if is_english(plain) else None


def check_written(plan: Plan, *, width: int, height: int) -> list[Complaint]:
    """Return what is wrong with a plan that a person wrote or changed, as `check_plan` does.

    plan: is held against its own prompt, from which it may well differ: that is a warning, and no error.
    width, height: px, at least one token (16 px).

    Raises `PlanError` for a canvas under one token.
    """
    found = check_plan(plan, width=width, height=height, scene=read_stated(plan.prompt))
    return [replace(each, severity="warning") if each.code.startswith("sentence_") else each for each in found]
