"""A planning backend of one's own: any object with a name and `complete(request) -> Reply`."""

import json

from planner import plan_layout
from planner.backends import Reply, Request


class Centred:
    """Puts the whole sentence into one box in the middle."""

    name = "centred"

    def complete(self, request: Request) -> Reply:
        """Answer with a plan as JSON, as a language model would."""
        box = {"x": 0.25, "y": 0.25, "width": 0.5, "height": 0.5}
        plan = {
            "version": 1,
            "prompt": request.sentence,
            "rows": [{"height": 1, "cells": [{"width": 1, "prompt": request.sentence}]}],
            "objects": [{"prompt": request.sentence, "box": box}],
        }
        return Reply(json.dumps(plan))


print(json.dumps(plan_layout("a red balloon", Centred()).to_dict(), indent=2))
