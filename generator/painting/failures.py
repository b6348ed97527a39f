"""Why a picture was not made, in one line for people, whatever went wrong."""

from __future__ import annotations

from generator.weights.libraries import ran_out_of_memory
from planner.errors import RagplanError
from planner.loop.redaction import masked

REPORT = "https://github.com/ragplan/ragplan/issues"


def one_line(error: Exception) -> str:
    """Say in one line what went wrong, and what helps if that is known. Keys are masked."""
    if isinstance(error, RagplanError | OSError):
        said = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
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
