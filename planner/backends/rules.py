"""The offline backend: reads English by rules and lays it out by rules. No model, no key, always the same plan."""

import json

from planner.arrange import arrange
from planner.backends.base import Reply, Request
from planner.sentence import read_sentence


class RulesBackend:
    """English by rules: no model, no key, the same plan every time.

    `planner.sentence` reads and `planner.arrange` lays out; complaints change nothing.
    """

    name = "rules"

    def complete(self, request: Request) -> Reply:
        """Give the plan of the request's sentence as JSON.

        Raises `PlanError` for an empty sentence, a canvas that is not a multiple of 16 pixels, or one on which
        the things do not fit.
        """
        plan = arrange(read_sentence(request.sentence), width=request.width, height=request.height)
        return Reply(json.dumps(plan.to_dict(), ensure_ascii=False), model="rules")
