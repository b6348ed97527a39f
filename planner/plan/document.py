"""Read documents strictly: files as text and JSON, values of the right type, or a `PlanError` that says what is wrong.

A path in a document is written as in JavaScript, `objects[1].box.x`; the document itself is the empty path.
"""

from __future__ import annotations

import json
import math
import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Any, NoReturn

from planner.errors import PlanError
from planner.plan.limits import MAX_DEPTH, MAX_FILE_BYTES, MAX_TEXT_CHARACTERS

MAX_SHOWN_CHARACTERS = 60
STANDARD_INPUT = ("-", "/dev/stdin")
# What a terminal obeys: C0 but tab and line feed, delete, C1, and marks that turn the direction of writing around.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# Nothing is seen of them, although Unicode calls them letters or signs: fillers of Hangul, an empty Braille cell.
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Mn", "Me"})  # categories: spaces, controls, marks on a letter
_FENCED = re.compile(r"\s*(`{3,}|~{3,})[\w-]*[ \t]*\r?\n(.*)\n[ \t]*\1\s*", re.DOTALL)
# How files begin that are given for a plan now and then.
_SIGNATURES = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "packed with gzip",
    b"%PDF": "a PDF",
    b"<": "HTML or XML",
}


# Files ---------------------------------------------------------------------------------------------------------------


def read_text(path: str | Path, *, most_bytes: int = MAX_FILE_BYTES) -> str:
    """Read a text file.

    path: a regular file, or "-" for the standard input. UTF-8 with or without a byte order mark; UTF-16 and UTF-32, as
        Windows' tools write them.
    most_bytes: how long it may be.

    Raises `OSError` where it cannot be read, `PlanError` with the file's name where it is too long or no text.
    """
    source = _read_bytes(path, most_bytes)
    encoding = json.detect_encoding(source)
    try:
        return source.decode(encoding)
    except UnicodeDecodeError as error:
        raise PlanError(f"{path}: this is {_kind_of(source) or f'no text in UTF-8: {error}'}") from error


def read_json(path: str | Path) -> Any:
    """Read a file of one JSON document, also one in a Markdown code fence.

    path: as of `read_text`.

    Raises `OSError` where it cannot be read, `PlanError` with the file's name where it is not JSON, saying what it is.
    """
    text = read_text(path)
    try:
        return parse_json(fenced[2] if (fenced := _FENCED.fullmatch(text)) else text)
    except PlanError as error:
        kind = _kind_of(text.lstrip()[:8].encode("utf-8", "replace"))
        raise PlanError(f"{path}: {f'this is {kind}, not JSON' if kind else error}") from error


def parse_json(source: str) -> Any:
    """Parse one JSON document; duplicate keys are errors, everything else is left to the readers below."""
    try:
        value = json.loads(source, object_pairs_hook=_without_duplicates)
        _check_depth(value)
    except RecursionError:
        raise PlanError("the JSON is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise PlanError(f"this is not JSON: {_explained(source, error)}") from error
    except ValueError as error:
        raise PlanError(f"this is not JSON: {error}") from error
    return value


def _read_bytes(path: str | Path, most: int) -> bytes:
    if str(path) in STANDARD_INPUT:
        source = sys.stdin.buffer.read(most + 1)
    else:
        try:
            if Path(path).exists() and not Path(path).is_file():
                raise PlanError(f"{path}: this is no file to read from")
            with Path(path).open("rb") as stream:
                source = stream.read(most + 1)
        except ValueError as error:  # what a file can never be called
            raise PlanError(f"{str(path)!r}: {error}") from error
    if len(source) > most:
        raise PlanError(f"{path}: the file is longer than the {most >> 20} MiB that are read")
    return source


def _kind_of(source: bytes) -> str | None:
    if not source.strip():
        return "an empty file"
    return next((kind for start, kind in _SIGNATURES.items() if source.startswith(start)), None)


def _explained(source: str, error: json.JSONDecodeError) -> str:
    rest = source[error.pos :].lstrip()
    if source.lstrip().startswith("{") and rest.startswith(("//", "/*", "#")):
        return f"line {error.lineno} has a comment, and JSON has none; take it out"
    return str(error)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise PlanError(f"the key {shown(key)} occurs twice in one object")
        result[key] = value
    return result


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        inner = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list))
        level = [part for parts in inner for part in parts]
        if not level:
            return
    raise PlanError(f"the JSON is nested too deeply: more than {MAX_DEPTH} levels")


# Values --------------------------------------------------------------------------------------------------------------


def child(path: str, key: str) -> str:
    """Join a path and a key: `child("objects[1]", "box")` is `objects[1].box`."""
    return f"{path}.{key}" if path else key


def shown(value: object) -> str:
    """Return a value as Python writes it, on one line, without control characters and shortened to 60 characters."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of more digits than are written, a list that holds itself
        text = f"a {type(value).__name__}"
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[: MAX_SHOWN_CHARACTERS - 1] + "…"


def wrong(path: str, expected: str, value: object) -> NoReturn:
    """Raise the error that `path` must be `expected` but is `value` (shown shortened)."""
    raise PlanError(f"{path or 'the document'} must be {expected}, got {shown(value)}")


def number(value: object, path: str, *, minimum: float | None = None, maximum: float | None = None) -> float:
    """Return a finite number as a float; booleans and strings are not numbers.

    minimum, maximum: the range, ends included; None: no end.
    """
    limits = "" if minimum is None or maximum is None else f" from {minimum:g} to {maximum:g}"
    if isinstance(value, bool) or not isinstance(value, Real):
        wrong(path, f"a number{limits}", value)
    try:
        result = float(value)
    except OverflowError:
        raise PlanError(f"{path} must be a finite number, got an integer beyond 1e308") from None
    if not math.isfinite(result):
        wrong(path, "a finite number", value)
    if (minimum is not None and result < minimum) or (maximum is not None and result > maximum):
        wrong(path, f"a number{limits}", value)
    return result


def integer(value: object, path: str, *, minimum: int | None = None) -> int:
    """Return a whole number, at least `minimum`; 2.0 is not one."""
    limit = "" if minimum is None else f" of at least {minimum}"
    if isinstance(value, bool) or not isinstance(value, Integral) or (minimum is not None and int(value) < minimum):
        wrong(path, f"a whole number{limit}", value)
    return int(value)


def text(value: object, path: str, *, most: int = MAX_TEXT_CHARACTERS) -> str:
    """Return a string that can be written as UTF-8, printed and painted.

    It has at most `most` characters, no lone surrogates, and no control characters but tabs and line feeds.
    """
    if not isinstance(value, str):
        wrong(path, "a string", value)
    if len(value) > most:
        wrong(path, f"a string of at most {most} characters", f"{value[:20]}… ({len(value)} characters)")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        wrong(path, "Unicode text without lone surrogates", value)
    if found := CONTROLS.search(value):
        wrong(path, f"text without control characters such as {found[0]!a}", value)
    return value


def is_blank(words: str) -> bool:
    """Tell whether a text names nothing, as nothing of it is seen: spaces of any kind, zero-width marks, fillers."""
    return all(letter in _FILLERS or unicodedata.category(letter) in _UNSEEN for letter in words)


def items(value: object, path: str, *, most: int | None = None) -> Sequence[Any]:
    """Return a list or tuple, of at most `most` items."""
    if not isinstance(value, list | tuple):
        wrong(path, "a list", value)
    if most is not None and len(value) > most:
        raise PlanError(f"{path} must be a list of at most {most}, got {len(value)}")
    return value


def instances(values: Sequence[object], kind: type, path: str) -> None:
    """Check that a list has nothing but objects of one class in it."""
    for index, value in enumerate(values):
        instance(value, kind, f"{path}[{index}]")


def instance(value: object, kind: type, path: str) -> None:
    """Check that a value is an object of a class."""
    if not isinstance(value, kind):
        wrong(path, f"of the class {kind.__name__}", value)


def each(value: object, path: str, *, most: int | None = None) -> list[tuple[Any, str]]:
    """Return the items of a list, at most `most`, each with its own path."""
    return [(item, f"{path}[{index}]") for index, item in enumerate(items(value, path, most=most))]


def fields(value: object, path: str, *, required: Sequence[str], optional: Sequence[str] = ()) -> Mapping[str, Any]:
    """Return an object whose keys are known.

    required: the keys that it must have.
    optional: those that it may have; any other is an error.
    """
    if not isinstance(value, Mapping):
        wrong(path, "an object", value)
    known = (*required, *optional)
    for key in value:
        if key not in known:
            unknown = child(path, key if isinstance(key, str) and re.fullmatch(r"\w{1,40}", key) else shown(key))
            raise PlanError(f"unknown key {unknown} = {shown(value[key])}; known: {', '.join(known)}")
    missing = [child(path, key) for key in required if key not in value]
    if missing:
        raise PlanError(f"missing {', '.join(missing)}")
    return value
