"""The command line: `main.py` has the commands, the others a group of options each and what they mean."""

from generator.cli.main import main

__all__ = ["main"]
