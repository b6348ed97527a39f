"""The command line.

In order: `commands.py` (the commands), `parser.py` (what a command line means, and what is wrong with one),
`reporting.py` (what is said where), `bar.py` (the terminal's bar), `options.py` (options made from fields), then a
group of options each and what they mean: `planning.py`, `painting.py`, `pictures.py`, `loading.py`, `repainting.py`,
`editing.py`, `batch.py`, `studio.py`, `looking.py`, `evaluation.py`; `running.py` paints, `dry_run.py` does not.
"""

from generator.cli.commands import main

__all__ = ["main"]
