"""What a sentence states, for holding replies against it; nothing where the reader cannot be sure of the language."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from planner.english.parsing.languages import require_english
from planner.english.sentence import read_sentence
from planner.errors import PlanError
from planner.scene.scene import Scene
from planner.tasks.grammar import is_english

KEPT = 16  # sentences; a reply, its repairs and the next reply are about the same one


@lru_cache(maxsize=KEPT)
def read_stated(sentence: str) -> Scene | None:
    """Read an English sentence; None for another language, in which nothing is sure."""
    plain = unicodedata.normalize("NFKD", sentence).encode("ascii", "ignore").decode()  # "café", curly quotes
    try:
        require_english(sentence)
    except PlanError:
        return None
    return read_sentence(sentence) if is_english(plain) else None
