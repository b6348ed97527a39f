"""The command line.

In order: `main.py` (runs one command), `parser.py` (all commands and their options, and a bare sentence), `usage.py`
(what is said of a wrong command line), `commands.py` (what the commands do), `reporting.py` (what is said where),
`bar.py` (the terminal's bar), `options.py` (commands and options made from fields), then a group of options each and
what they mean: `planning.py`, `painting.py`, `pictures.py`, `repainting.py`, `editing.py`,
`batch.py`, `studio.py`, `looking.py`, `evaluation.py`; `running.py` paints, `dry_run.py` does not.
"""

from generator.cli.main import main

__all__ = ["main"]
