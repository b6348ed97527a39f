"""All formats by name, and the two calls that use them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from planner.errors import PlanError
from planner.formats import flux3, gligen, ideogram4, lmd, omost, rag
from planner.plan import document
from planner.plan.plan import Plan


@dataclass(frozen=True)
class PlanFormat:
    """Another program's way to write a plan.

    about: what it is, and its order of a box's four numbers.
    write: plan → text; warns of what the format has no word for.
    read: text → plan; raises `PlanError` for anything else.
    """

    about: str
    write: Callable[[Plan], str]
    read: Callable[[str], Plan]


FORMATS = {
    "rag": PlanFormat("RAG-Diffusion's parameters, JSON; fractions, offset and scale", rag.write, rag.read),
    "ideogram4": PlanFormat("Ideogram 4's caption, JSON; y, x, y, x in 0..1000", ideogram4.write, ideogram4.read),
    "flux3": PlanFormat("FLUX.3's caption and table; top, left, bottom, right in 0..1000", flux3.write, flux3.read),
    "gligen": PlanFormat("GLIGEN's arguments in diffusers, JSON; x, y, x, y in 0..1", gligen.write, gligen.read),
    "lmd": PlanFormat("LLM-grounded Diffusion's layout; x, y, width, height of 512 px", lmd.write, lmd.read),
    "omost": PlanFormat("Omost's canvas, Python calls; 729 places", omost.write, omost.read),
}


def export_plan(plan: Plan, to: str) -> str:
    """Return a plan as another program writes it.

    plan: what to write.
    to: a name of `FORMATS`.

    What the format has no word for is named in a warning of the log "ragplan". Raises `PlanError` for an unknown
    format, and for a plan that the format cannot say, with path and value.
    """
    return _format(to).write(plan)


def import_plan(text: str, of: str) -> Plan:
    """Read a plan that another program wrote; formats without cells give a plan of one cell.

    text: what it wrote.
    of: a name of `FORMATS`.

    Raises `PlanError` for an unknown format, and for a text that is not of it, with path and value.
    """
    document.instance(text, str, "the text")
    return _format(of).read(text.replace("\r\n", "\n"))


def recognised_plan(text: str) -> tuple[str, Plan] | None:
    """Tell which format a text is of, and read it; None for a text of none, or without any object."""
    for name in FORMATS:
        with suppress(PlanError):  # which says that it is not of this one
            plan = import_plan(text, name)
            if plan.objects:
                return name, plan
    return None


def _format(name: str) -> PlanFormat:
    if name not in FORMATS:
        document.wrong("the format", f"one of {', '.join(FORMATS)}", name)
    return FORMATS[name]
