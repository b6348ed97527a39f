"""The offline backend: reads English by rules and lays it out by rules. No model, no key, always the same plan."""

import json
from typing import Any

from planner.english.parsing.languages import require_english
from planner.english.sentence import read_sentence
from planner.scene.arrange import arrange
from planner.tasks.backend import Capabilities, Original, Reply, Request
from planner.tasks.rewriting import rewrite


class RulesBackend:
    """English by rules: no model, no key, the same plan every time.

    `planner.english.sentence` reads and `planner.scene.arrange` lays out; complaints change nothing.
    """

    name = "rules"
    capabilities = Capabilities(instant=True, reads_english=True)

    def complete(self, request: Request) -> Reply:
        """Give the plan of the request's sentence as JSON, or the prompts of the picture that it changes.

        Raises `PlanError` for an empty sentence, another language than English, a canvas that is not a multiple of
        16 pixels, or one on which the things do not fit, and where the picture has nothing that the sentence changes.
        """
        if request.original is not None:
            return Reply(json.dumps(_changed(request.original, request.sentence), ensure_ascii=False), model="rules")
        require_english(request.sentence, "the rules planner")
        plan = arrange(read_sentence(request.sentence), width=request.width, height=request.height)
        return Reply(json.dumps(plan.to_dict(), ensure_ascii=False), model="rules")


def _changed(original: Original, sentence: str) -> dict[str, Any]:
    """Write the prompts of a changed picture by substitution."""
    rewritten = rewrite(original.plan, sentence, region=original.region, changed=original.changed)
    prompts = rewritten.prompts
    return {
        "object": -1 if rewritten.index is None else rewritten.index,
        "object_prompt": prompts.object_prompt,
        "prompt": prompts.prompt,
        "cells": list(prompts.cells),
    }
