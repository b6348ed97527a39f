"""Packages that others install, which may be missing or not fit each other. No torch at import."""

from __future__ import annotations

import logging
from importlib import import_module
from importlib.util import find_spec

from planner.errors import RenderError

log = logging.getLogger("ragplan")


def missing(packages: tuple[str, ...]) -> list[str]:
    """Return the packages, by the names they are imported by, that are not installed; none of them is imported."""
    return [name for name in packages if find_spec(name) is None]


def check_torchvision() -> None:
    """Raise `RenderError` where torchvision is installed, but for another torch: no library could import it then."""
    if missing(("torchvision",)):
        return
    try:
        import_module("torchvision")
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        from generator.weights.hub import first_line  # not before: every command would load the hub's library

        reason = first_line(error)
        raise RenderError(
            f"the installed torchvision does not fit this torch ({reason}): pip brings one for CUDA where it is "
            "not told otherwise; uninstall it and install it from where torch came from (the same --index-url as for "
            "torch, the one for CPUs for a torch without CUDA)"
        ) from error
