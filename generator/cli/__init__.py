"""The command line.

In order: `commands.py` (the commands), `usage.py` (what a command line means, and what is wrong with one),
`reporting.py` (what is said where), `options.py` (options made from fields), then a group of options each and what they
mean: `planning.py`, `painting.py`, `pictures.py`, `loading.py`, `repainting.py`, `looking.py`, `evaluation.py`;
`bar.py` is the terminal's bar.
"""

from generator.cli.commands import main

__all__ = ["main"]
