"""A package's public names, loaded on use (PEP 562), so that to import the package costs nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Any


def lazy_names(
    package: str,
    names: Mapping[str, Sequence[str]],
    around: Callable[[str], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the `__getattr__` and `__dir__` of a package.

    package: its `__name__`.
    names: the public names by the modules that define them.
    around: makes what a module, by its name, is loaded in.
    """
    homes = {name: module for module, own in names.items() for name in own}

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        with around(homes[name]):
            value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)  # the next time it is found at once
        return value

    return load, lambda: sorted({*vars(sys.modules[package]), *homes})
