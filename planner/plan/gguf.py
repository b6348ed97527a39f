"""The head of a GGUF file, looked at before a library reads it: theirs believe every number in it.

Models that plan and models that paint come in such files, so it stands where both halves may look. No `gguf` package.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO, Final

_SIZES: Final = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}  # bytes of the fixed types
_STRING, _ARRAY = 8, 9
_MOST_ENTRIES: Final = 1_000_000


def check_gguf(path: Path) -> None:
    """Raise `ValueError` for a file that is no GGUF, or whose head promises more than the file holds."""
    size = path.stat().st_size
    with path.open("rb") as file:
        try:
            if file.read(4) != b"GGUF":
                raise ValueError("it does not begin as a GGUF file")
            _, tensors, entries = struct.unpack("<IQQ", file.read(20))
            if max(tensors, entries) > _MOST_ENTRIES:
                raise ValueError(f"it promises {max(tensors, entries)} entries")
            for _ in range(entries):
                _skip(file, _STRING, size)
                _skip(file, _number(file, "<I"), size)
        except ValueError as error:
            raise ValueError(f"the file is no whole GGUF: {error}") from None
        except struct.error:
            raise ValueError("the file is no whole GGUF: it ends within its head") from None


def _skip(file: BinaryIO, kind: int, size: int) -> None:
    if kind == _ARRAY:
        inner, count = _number(file, "<I"), _number(file, "<Q")
        if count > size or inner not in {*_SIZES, _STRING}:
            raise ValueError(f"it has an array of {count} entries")
        if inner == _STRING:
            for _ in range(count):
                _skip(file, _STRING, size)
            return
        length = count * _SIZES[inner]
    elif kind == _STRING:
        length = _number(file, "<Q")
    elif kind in _SIZES:
        length = _SIZES[kind]
    else:
        raise ValueError(f"it has an entry of the unknown type {kind}")
    if length > size - file.tell():
        raise ValueError(f"an entry of {length} bytes goes beyond its end")
    file.seek(length, 1)


def _number(file: BinaryIO, form: str) -> int:
    (value,) = struct.unpack(form, file.read(struct.calcsize(form)))
    return int(value)
