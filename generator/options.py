"""What a setting may hold, said once beside its field: help, range, choices, and how text becomes its value. No torch.

`option` makes a dataclass field that knows all this; the command line's options, the checks and what a picture's recipe
leaves out are made from it (`options`).
"""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from numbers import Real
from pathlib import Path
from typing import Any

from planner.errors import RenderError
from planner.plan.document import CONTROLS
from planner.plan.parts import names_hub_file, split_scale


class SettingError(RenderError):
    """A setting is not what it must be. name: the field's, for which the command line says its option; text: why."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name} {text}")
        self.name, self.text = name, text


def check_integer(name: str, value: object, low: int, high: int | None) -> int:
    """Return a whole number in low..high (None: no upper bound), NumPy's too. Raises `SettingError` for others."""
    try:
        number = low - 1 if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = low - 1
    if number < low or (high is not None and number > high):
        allowed = f"from {low} up" if high is None else f"in {low}..{high}"
        raise SettingError(name, f"must be a whole number {allowed}, got {_shown(value)}")
    return number


def check_number(name: str, value: object, low: float, high: float) -> float:
    """Return a finite number in low..high, NumPy's as a float. Raises `SettingError` for others."""
    try:
        number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    except OverflowError:  # a whole number beyond all floats
        number = math.nan
    if not (math.isfinite(number) and low <= number <= high):
        allowed = f"in {low:g}..{high:g}" if high < math.inf else f"from {low:g} up"
        raise SettingError(name, f"must be a number {allowed}, got {_shown(value)}")
    return value if isinstance(value, int) else number


def check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise `SettingError` for a value that is neither None nor one of the choices."""
    if value is not None and value not in choices:
        raise SettingError(name, f"must be one of {', '.join(choices)}, or left out; got {_shown(value)}")


@dataclass(frozen=True)
class Option:
    """What a field is for and what it may hold.

    help: for the command line.
    flag: its option there; empty: made from the field's name.
    read: makes a value of the option's text; bool: the option has no text.
    metavar: what the option's text is called.
    low, high: the range of a number, without an end where high is None; a whole number unless `read` is float.
    choices: the only texts that are allowed.
    several: whether the option can be given more than once, and the field holds all.
    optional: whether None is a value.
    unsaid: whether a recipe leaves the field out where it has its default.
    """

    help: str
    flag: str = ""
    read: Callable[[str], Any] = str
    metavar: str | None = None
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    several: bool = False
    optional: bool = False
    unsaid: bool = False

    def checked(self, name: str, value: Any) -> Any:
        """Return a field's value as it is kept. Raises `SettingError` for one that it may not hold."""
        if (value is None and self.optional) or self.read is bool:
            return value
        if self.choices:
            check_choice(name, value, self.choices)
        if self.low is not None and self.read is float:
            return check_number(name, value, self.low, math.inf if self.high is None else self.high)
        if self.low is not None:
            return check_integer(name, value, self.low, self.high)
        if self.several:
            return tuple(_text(name, one) for one in (value if isinstance(value, list | tuple) else [value]))
        return _text(name, value)


def option(default: Any, help: str, **facts: Any) -> Any:
    """Return a dataclass field with its default and its `Option`; "{default}" in the help stands for the default."""
    about = Option(help.format(default=default), **{"optional": default is None, **facts})
    return field(default=default, metadata={"option": about})


def options(record: Any) -> dict[str, Option]:
    """Return the options of a record, or of its class, by the fields' names in their order."""
    return {each.name: each.metadata["option"] for each in fields(record) if "option" in each.metadata}


def check_fields(record: Any) -> None:
    """Check a frozen record by its options; numbers and lists are kept in the form that JSON has for them."""
    for name, about in options(record).items():
        object.__setattr__(record, name, about.checked(name, getattr(record, name)))


def _text(name: str, value: object) -> str:
    text = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(text, str) or not text or CONTROLS.search(text):
        raise SettingError(name, f"must be a name or a path, got {_shown(value)}")
    return text


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


@dataclass(frozen=True)
class LoraFile:
    """A LoRA and how strongly it acts: 1 as it was trained, 0 not at all."""

    file: str
    scale: float = 1.0

    @classmethod
    def parse(cls, text: str) -> LoraFile:
        """Read file[:scale], a folder or hub id with the file's name behind it ("owner/name/file.safetensors") too."""
        return cls(*split_scale(text))

    def source(self) -> tuple[str, str]:
        """Return the folder or hub id and the file's name in it, as diffusers wants them.

        Raises `RenderError` where there is no such file and the name cannot be one on the hub.
        """
        path = Path(self.file).expanduser()
        if path.is_file():
            return str(path.parent), path.name
        if names_hub_file(self.file):
            owner, name, file = self.file.split("/", 2)
            return f"{owner}/{name}", file
        raise RenderError(
            f"there is no LoRA file {self.file!r}; give a .safetensors file or owner/name/FILE.safetensors of the hub, "
            "with :SCALE behind it if you like"
        )
