"""What the command line says: results on standard output, notes, progress and errors on standard error."""

from __future__ import annotations

import argparse
import json
import logging
import re
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from generator.cli.bar import Bar
from generator.cli.options import RECORDS, flag_of
from generator.options import options
from generator.painting.failures import one_line
from generator.progress import OnProgress, ignore

log = logging.getLogger("ragplan")

SOME_FAILED = 3  # the exit code where some of several pictures are missing

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


@contextmanager
def telling(arguments: argparse.Namespace) -> Iterator[OnProgress]:
    """Give a listener that shows on standard error what happens; --quiet listens to nothing."""
    if arguments.quiet:
        yield ignore
        return
    with Bar() as bar:
        yield bar


def say_error(error: Exception, known: Collection[str]) -> None:
    """Print in one line what went wrong. known: the long options of the command, by which settings are called."""
    print(f"ragplan: {with_flags(one_line(error), known)}", file=sys.stderr)


def with_flags(text: str, known: Collection[str]) -> str:
    """Call a setting that a message begins with as the command line does: "num_inference_steps must …" is --steps."""
    name = re.match(r"[a-z_.]+(?=\W)", text)
    if name is None or "must" not in text:
        return text
    flag = FLAGS.get(name[0], "--" + name[0].replace("_", "-"))
    return flag + text[name.end() :] if flag.partition(":")[0] in known else text


def report(arguments: argparse.Namespace, path: Path, result: dict[str, Any]) -> None:
    """Print where the result is, or all of it as JSON."""
    print(json.dumps(result, ensure_ascii=False) if arguments.json else path, flush=True)  # at once, in a pipe too


def printable(text: str) -> str:
    """Return text with what would move the cursor, or hide what is said, written out: \\x1b, \\u202e."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)
