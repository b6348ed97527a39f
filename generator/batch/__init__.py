"""Thousands of prompts → a folder of pictures, which goes on where it stopped.

In order: `prompts.py` (what is asked for), `ledger.py` (what is there), `planning.py` (who plans), `seats.py`
(what is painted at a seat), `local_seats.py` with `worker.py` (who paints on this machine), `ray_actors.py` (both, on a
cluster), `engine.py` (puts them side by side), `sheet.py` (a page of what was made), `many.py` (`paint_many`).
"""

from generator.batch.engine import RunOptions
from generator.batch.ledger import Outcome
from generator.batch.many import paint_many
from generator.batch.prompts import BadLine, Prompt, read_prompts

__all__ = ["BadLine", "Outcome", "Prompt", "RunOptions", "paint_many", "read_prompts"]
