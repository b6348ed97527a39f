"""What the command line says: results on standard output, notes, progress and errors on standard error."""

from __future__ import annotations

import argparse
import json
import logging
import re
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from generator.cli.options import RECORDS, flag_of
from generator.loading.packages import ran_out_of_memory
from generator.options import options
from planner.errors import RagplanError
from planner.loop.redaction import masked

log = logging.getLogger("ragplan")

REPORT = "https://github.com/ragplan/ragplan/issues"
FLAGS = {  # of what is called otherwise inside
    **{name: flag_of(name, about) for record in RECORDS for name, about in options(record).items()},
    "num_inference_steps": "--steps",
    "height": "--size: height",
    "width": "--size: width",
    "repaint.hard_binding_steps": "--binding-steps",
    "repaint.seed": "--seed",
    "max_attempts": "--attempts",
    "timeout_s": "--timeout",
}


def configure_logging(arguments: argparse.Namespace) -> None:
    """Send the library's notes to standard error, as much of them as was asked for."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("ragplan: %(message)s"))
    log.handlers[:] = [handler]
    log.propagate = False
    log.setLevel(logging.DEBUG if arguments.debug else logging.ERROR if arguments.quiet else logging.INFO)


def say_error(error: Exception, known: Collection[str]) -> None:
    """Print in one line what went wrong. known: the long options of the command, by which settings are called."""
    print(f"ragplan: {one_line(error, known)}", file=sys.stderr)


def one_line(error: Exception, known: Collection[str] = ()) -> str:
    """Say in one line what went wrong, and what helps if that is known."""
    if isinstance(error, RagplanError | OSError):
        text = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
        said = with_flags(text, known)
    elif ran_out_of_memory(error):
        said = (
            "the memory is full: take a smaller --size, --offload model or --quantize int8 where a model is large; "
            "--dry-run says what fits"
        )
    else:
        said = (
            f"{type(error).__name__}: {masked(str(error))} (not foreseen: --debug shows where it comes from; please "
            f"report that at {REPORT})"
        )
    return " ".join(said.split())


def with_flags(text: str, known: Collection[str]) -> str:
    """Call a setting that a message begins with as the command line does: "num_inference_steps must …" is --steps."""
    name = re.match(r"[a-z_.]+(?=\W)", text)
    if name is None or "must" not in text:
        return text
    flag = FLAGS.get(name[0], "--" + name[0].replace("_", "-"))
    return flag + text[name.end() :] if flag.partition(":")[0] in known else text


def report(arguments: argparse.Namespace, path: Path, result: dict[str, Any]) -> None:
    """Print where the result is, or all of it as JSON."""
    print(json.dumps(result, ensure_ascii=False) if arguments.json else path)


def printable(text: str) -> str:
    """Return text with what would move the cursor, or hide what is said, written out: \\x1b, \\u202e."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)
