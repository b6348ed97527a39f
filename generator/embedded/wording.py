"""What the embedded model is told of a plan: that a thing is unknown to it, and on which ground a thing stands.

Hard binding paints an object by its own words alone, and these do not tell where the scene is.
"""

from __future__ import annotations

from dataclasses import replace

from generator.embedded.catalogue import read_prompt, without_style
from generator.embedded.grounds import PHRASES, PLAIN, ground_of
from planner.plan import Plan

UNKNOWN_WORDS = "an unknown thing"
"""Neither noun is a word of the model's: it learned to draw the card for such."""


def worded(plan: Plan) -> Plan:
    """Return the plan as the model is told it: each object in words that it knows, on the ground of the sentence."""
    ground = ground_of(plan.prompt)
    return replace(plan, objects=tuple(replace(item, prompt=told(item.prompt, ground)) for item in plan.objects))


def told(prompt: str, ground: str) -> str:
    """Say an object: "a xylophone" in the snow → "an unknown thing in the snow"; "a cat, watercolor" → "a cat"."""
    known = without_style(prompt) if read_prompt(prompt) is not None else UNKNOWN_WORDS
    if ground == PLAIN or ground_of(prompt) != PLAIN:
        return known
    return f"{known} {PHRASES[ground][0]}"
