"""Painting, looking, mending, looking again: until all is right, or so many rounds or seconds are over.

In order: `rounds.py` (what was done and what came of it), `mends.py` (what can be done), `choosing.py` (which of it
next), `replanning.py` (the planner asked for a better plan), `loop.py` (the loop).
"""

from generator.mending.loop import mend, review_picture
from generator.mending.rounds import Mended, MendLimits, OnRound, Round

__all__ = ["MendLimits", "Mended", "OnRound", "Round", "mend", "review_picture"]
