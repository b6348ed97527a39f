"""The command line: `commands.py` has the commands, the others a group of options each and what they mean."""

from generator.cli.commands import main

__all__ = ["main"]
