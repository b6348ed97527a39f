"""Plans in the words of other programs, written and read: `export_plan(plan, "ideogram4")`, `import_plan(text, "lmd")`.

Boxes stand in each format's own order and unit; what a format has no word for is said in a warning of the log, what it
cannot say at all is a `PlanError`. A plan's notes are for people and are left out everywhere.

In order: `shared.py` (what formats share: corners, the background, what is left out), one file a format, `rag.py`,
`ideogram4.py`, `flux3.py`, `gligen.py`, `lmd.py`, `omost.py`, and `registry.py` (all of them, by name).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.lazy import lazy_names

if TYPE_CHECKING:
    from planner.formats.registry import FORMATS, PlanFormat, export_plan, import_plan, recognised_plan

__all__ = ["FORMATS", "PlanFormat", "export_plan", "import_plan", "recognised_plan"]

__getattr__, __dir__ = lazy_names(
    __name__, {"planner.formats.registry": ("FORMATS", "PlanFormat", "export_plan", "import_plan", "recognised_plan")}
)
