"""The contract between planner and generator: what a plan is, read and written. Imports errors and nothing else of
ours. The names are loaded on use, so that `from planner.plan import Box` loads no more than a box needs.

In order: `limits.py` (16 px a token and all other numbers), `box.py` and `parts.py` (what a plan is made of),
`cells.py` (where cells are, and which owns an object), `plan.py` (the plan), `document.py` (strict reading of JSON,
used by all of them), `rag.py` (to and from the release's parameters), `gallery.py` (its files),
`files.py` (any file: whole or not at all, and under a name that nobody else has), `gguf.py` (a model file's head).
"""

from typing import TYPE_CHECKING

from planner.lazy import lazy_names

if TYPE_CHECKING:
    from planner.plan.box import Box
    from planner.plan.parts import Cell, ImageKind, ImagePrompt, ObjectBox, Row
    from planner.plan.plan import Plan

__all__ = ["Box", "Cell", "ImageKind", "ImagePrompt", "ObjectBox", "Plan", "Row"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "planner.plan.box": ("Box",),
        "planner.plan.parts": ("Cell", "ImageKind", "ImagePrompt", "ObjectBox", "Row"),
        "planner.plan.plan": ("Plan",),
    },
)
