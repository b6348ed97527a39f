"""Commands, the options that all of them have, and options made from a record's fields, which say what they are for."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from generator.options import Option, options
from generator.settings import Adapters, LoadOptions, RenderSettings
from planner.errors import RagplanError

RECORDS = (RenderSettings, LoadOptions, Adapters)


def add_command(subparsers: Any, name: str, run: Callable[..., int | None], text: str) -> argparse.ArgumentParser:
    """Add a command and return its parser.

    run: does the command; gets the namespace, and returns an exit code or None.
    text: its help, in the list of commands and in its own.
    """
    added: argparse.ArgumentParser = subparsers.add_parser(name, help=text, description=text)
    added.set_defaults(run=run)
    return added


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command."""
    parser.set_defaults(parser=parser)
    group = parser.add_argument_group("what is said")
    group.add_argument("--json", action="store_true", help="print the result as JSON")
    group.add_argument("--quiet", action="store_true", help="no progress bar and no notes")
    group.add_argument("--debug", action="store_true", help="all notes, and a traceback for an error")


def add_options(parser: argparse._ActionsContainer, record: type[Any], *names: str) -> None:
    """Add the options of some of a record's fields, in this order; of all of them where none is named.

    What is not given is not in the namespace, so that `given_options` can tell it from what is.
    """
    known = options(record)
    for name in names or known:
        about = known[name]
        given: dict[str, Any] = {"dest": name, "help": about.help, "default": argparse.SUPPRESS}
        if about.read is bool:
            given["action"] = "store_true"
        else:
            given |= {"type": reader(about.read), "metavar": about.metavar, "choices": about.choices or None}
        if about.several:
            given["action"] = "append"
        parser.add_argument(flag_of(name, about), **given)


def given_options(arguments: argparse.Namespace, record: type[Any]) -> dict[str, Any]:
    """Return what the command line gives of a record, by the fields' names."""
    found = vars(arguments)
    return {name: found[name] for name in options(record) if found.get(name, argparse.SUPPRESS) != argparse.SUPPRESS}


def reader(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a reader whose errors of ours are wrong usage."""

    def value(text: str) -> Any:
        try:
            return read(text)
        except RagplanError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        except ValueError as error:
            kind = "a whole number" if read is int else "a number" if read is float else f"a {read.__name__}"
            raise argparse.ArgumentTypeError(f"{text!r} is not {kind}") from error

    return value


def flag_of(name: str, about: Option) -> str:
    """Return the option of a field."""
    return about.flag or f"--{name.replace('_', '-')}"
