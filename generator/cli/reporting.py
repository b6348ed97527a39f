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

from generator.packages import ran_out_of_memory
from planner.errors import RagplanError
from planner.loop.redaction import masked

log = logging.getLogger("ragplan")

REPORT = "https://github.com/ragplan/ragplan/issues"
FLAGS = {  # of what is called otherwise inside
    "num_inference_steps": "--steps",
    "steps": "--steps",
    "guidance_scale": "--guidance",
    "hard_binding_steps": "--binding-steps",
    "refinement_strength": "--refinement",
    "seed": "--seed",
    "device": "--device",
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


def say_error(error: Exception, options: Collection[str]) -> None:
    """Print in one line what went wrong. options: the long options of the command, by which settings are called."""
    print(f"ragplan: {one_line(error, options)}", file=sys.stderr)


def one_line(error: Exception, options: Collection[str] = ()) -> str:
    """Say in one line what went wrong, and what helps if that is known."""
    if isinstance(error, RagplanError | OSError):
        text = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
        hint = getattr(error, "hint", "")
        said = with_flags(text, options) + (f" ({hint})" if hint and hint not in text else "")
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


def with_flags(text: str, options: Collection[str]) -> str:
    """Call a setting that a message begins with as the command line does: "num_inference_steps must …" is --steps."""
    name = re.match(r"[a-z_.]+(?=\W)", text)
    if name is None or "must" not in text:
        return text
    flag = FLAGS.get(name[0], "--" + name[0].replace("_", "-"))
    return flag + text[name.end() :] if flag.partition(":")[0] in options else text


def report(arguments: argparse.Namespace, path: Path, result: dict[str, Any]) -> None:
    """Print where the result is, or all of it as JSON."""
    print(json.dumps(result, ensure_ascii=False) if arguments.json else path)


@contextmanager
def silent_libraries() -> Iterator[None]:
    """Keep the libraries' own loading bars and remarks off standard error for a while; downloads are told all the same.

    The hub's bars, which say how many bytes of a first use's many are there, go with transformers' own.
    """
    from diffusers.utils import logging as diffusers_logging
    from huggingface_hub.utils.tqdm import enable_progress_bars
    from transformers.utils import logging as transformers_logging

    libraries = (diffusers_logging, transformers_logging)
    before = [library.get_verbosity() for library in libraries]
    for library in libraries:
        library.disable_progress_bar()
        library.set_verbosity_error()
    enable_progress_bars()
    try:
        yield
    finally:
        for library, verbosity in zip(libraries, before, strict=True):
            library.enable_progress_bar()
            library.set_verbosity(verbosity)
