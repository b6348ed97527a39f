"""How libraries behave: what they print, how long imports take, how they run out of memory. No torch at import."""

from __future__ import annotations

import gc
import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

log = logging.getLogger("ragplan")


@contextmanager
def without_collecting() -> Iterator[None]:
    """Let the garbage collector rest while libraries are imported, a fifth of which time it takes.

    Afterwards all of it counts as old, which is looked at least often. Nothing is kept that the collector would free.
    """
    collecting = gc.isenabled() and not gc.get_freeze_count()  # whoever froze something has plans of his own
    if not collecting:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.unfreeze()
        gc.enable()


@contextmanager
def logged_output() -> Iterator[None]:
    """Log what is printed meanwhile, for --debug: standard output is for results."""
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            yield
    finally:
        for line in printed.getvalue().splitlines():
            log.debug("%s", line)


@contextmanager
def silent_libraries(silent: bool = True) -> Iterator[None]:
    """Keep the libraries' own loading bars and remarks off standard error for a while; downloads are told all the same.

    The hub's bars, which say how many bytes of a first use's many are there, go with transformers' own. silent: False
    leaves everything as it is.
    """
    if not silent:
        yield
        return
    from diffusers.utils import logging as diffusers_logging
    from huggingface_hub.utils.tqdm import enable_progress_bars
    from transformers.utils import logging as transformers_logging

    libraries = (diffusers_logging, transformers_logging)
    before = [(library.get_verbosity(), library.is_progress_bar_enabled()) for library in libraries]
    for library in libraries:
        library.disable_progress_bar()
        library.set_verbosity_error()
    enable_progress_bars()
    try:
        yield
    finally:
        for library, (verbosity, bars) in zip(libraries, before, strict=True):
            library.set_verbosity(verbosity)
            if bars:
                library.enable_progress_bar()


def ran_out_of_memory(error: BaseException) -> bool:
    """Tell whether there was not enough memory, on the device or the CPU; torch is not imported for that."""
    if isinstance(error, MemoryError) or "OutOfMemoryError" in (kind.__name__ for kind in type(error).__mro__):
        return True
    return isinstance(error, RuntimeError) and re.search(r"not enough memory|out of memory", str(error)) is not None
