"""The embedded model's pictures by the relation that their sentence states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from generator.embedded.measure import WAYS, share

# The first of these that the sentence has; what has none of them only lists its things.
RELATIONS = {
    "from left to right": ("from left to right",),
    "from top to bottom": ("from top to bottom",),
    "corners": (" at the top left", " at the bottom left"),
    "left, right": (" on the left", " to the left of", " to the right of", " on the right"),
    "above, below": (" above ", " below ", " on top of ", " under ", " at the top", " at the bottom"),
    "between": (" between ",),
    "next to": (" next to ",),
    "and": ("",),
}


def relation_of(sentence: str) -> str:
    """Name the relation that a sentence states."""
    return next(name for name, words in RELATIONS.items() if any(word in f"{sentence} " for word in words))


def relation_table(results: Sequence[dict[str, Any]]) -> str:
    """Return as Markdown what share of objects was recognised in their boxes, by relation and way of painting."""
    scenes = [result for result in results if not result["key"].startswith("single")]
    lines = [f"| relation | objects | {' | '.join(WAYS)} |", "|---" * (len(WAYS) + 2) + "|"]
    for name in RELATIONS:
        some = [result for result in scenes if relation_of(result["key"].partition(": ")[2]) == name]
        if some:
            objects = sum(len(result["box"]) for result in some) // len(WAYS)
            cells = [share([result for result in some if result["way"] == way], "box") for way in WAYS]
            lines.append(f"| {name} | {objects} | {' | '.join(cells)} |")
    return "\n".join(lines)
