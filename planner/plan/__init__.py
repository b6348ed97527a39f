"""The contract between planner and generator: what a plan is, read and written. Imports errors and nothing else of
ours.

In order: `limits.py` (16 px a token and all other numbers), `box.py` and `parts.py` (what a plan is made of),
`plan.py` (the plan), `document.py` (strict reading of JSON, used by all of them), `exchange.py` and `rag.py` (to and
from the release's parameters), `gallery.py` (its files), `files.py` (any file: whole or not at all, and under a name
that nobody else has).
"""

from planner.plan.box import Box
from planner.plan.parts import Cell, ImageKind, ImagePrompt, ObjectBox, Row
from planner.plan.plan import Plan

__all__ = ["Box", "Cell", "ImageKind", "ImagePrompt", "ObjectBox", "Plan", "Row"]
