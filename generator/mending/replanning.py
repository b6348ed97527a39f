"""The planner asked again, with what is wrong with the picture as complaints about its plan."""

from __future__ import annotations

import logging

from generator.mending.choosing import Replan
from generator.mending.mends import Mend, NewPlan
from generator.recipe import Recipe
from generator.review.findings import Review
from planner import Planner
from planner.complaints import Complaint
from planner.errors import BackendError, PlanError
from planner.plan import Plan

log = logging.getLogger("ragplan")


def by(planner: Planner, first: Recipe) -> Replan:
    """Return what asks a planner for a better plan of a picture; None where it has none, or no other one."""

    def replan(review: Review) -> Mend | None:
        size = {"width": first.settings.width, "height": first.settings.height}
        try:
            found = planner.plan_again(first.plan, complaints(review, first.plan), **size)
        except (BackendError, PlanError) as error:
            log.info("no better plan: %s", error)
            return None
        same = (found.plan.rows, found.plan.objects) == (first.plan.rows, first.plan.objects)
        return None if same else NewPlan(found.plan, found.backend)

    return replan


def complaints(review: Review, plan: Plan) -> tuple[Complaint, ...]:
    """Return what is wrong with the picture as complaints about the plan's objects."""
    return tuple(
        Complaint(
            "picture_wrong",
            f"objects[{finding.number}]",
            f'In the painted picture "{plan.objects[finding.number].name}" is {finding.verdict}; '
            "give it a larger box, more room around it, or a plainer prompt.",
        )
        for finding in review.findings
        if not finding.is_right
    )
