"""Files that are written whole or not at all, and names that no other process takes. Plans, pictures, reports."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

TEMPORARY = ".ragplan-"
WITHOUT_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


def remove_temporary(folder: Path) -> None:
    """Delete what processes left that were killed while they wrote a file of a folder. Nobody may be writing to it."""
    for path in folder.glob(f"{TEMPORARY}*"):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Give a temporary path to write to; it takes the name `path` only when the block ends well.

    Whatever had the name before is there until then, and stays where the block fails. A link is followed, not
    replaced. Raises `OSError` with the file's name where the folder cannot be written to, or the disk is full.
    """
    target = Path(os.path.realpath(path))
    with _temporary(target) as temporary:
        yield temporary
        temporary.replace(target)


def write_whole(path: str | Path, content: str | bytes) -> None:
    """Write a file, text as UTF-8, whole or not at all. Raises `OSError` as `whole_file`."""
    with whole_file(path) as temporary:
        temporary.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


@contextlib.contextmanager
def new_file(paths: Iterable[Path]) -> Iterator[tuple[Path, list[Path]]]:
    """Give a temporary path to write to, and a list that has the file's path once the block has ended well.

    paths: the names to try, all of one folder, such as `numbered` gives. The name is taken when the file is complete,
    so that nobody ever sees half of it, and no file that is there is replaced, however many processes write at once.
    """
    names = iter(paths)
    first = next(names)
    written: list[Path] = []
    with _temporary(first) as temporary:
        yield temporary, written
        written.append(_claim(temporary, first, names))


def numbered(folder: Path, stem: str, suffix: str) -> Iterator[Path]:
    """Yield the names of a file and of those after it, for ever: dog.png, dog-2.png, dog-3.png, …"""
    yield folder / f"{stem}{suffix}"
    for number in count(2):
        yield folder / f"{stem}-{number}{suffix}"


def _claim(finished: Path, first: Path, others: Iterator[Path]) -> Path:
    """Give a finished file the first name that is free."""
    name = first
    while True:
        try:
            _name(finished, name)
            return name
        except FileExistsError:
            name = next(others)


def _name(finished: Path, name: Path) -> None:
    """Give a file a name that is free, in one step. Raises `FileExistsError` where it is taken."""
    try:
        name.hardlink_to(finished)
    except OSError as error:
        if error.errno not in WITHOUT_LINKS:
            raise
        name.touch(exist_ok=False)  # where there are no links: ours from here on, empty for a moment
        finished.replace(name)


@contextlib.contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """Make an empty file beside the target, with a new file's usual rights, that is gone afterwards."""
    temporary = target.parent / f"{TEMPORARY}{secrets.token_hex(8)}{target.suffix[:16]}"
    try:
        temporary.touch(exist_ok=False)
        yield temporary
    except OSError as error:
        if error.filename is None or str(error.filename) == str(temporary):
            error.filename = str(target)
        raise
    finally:
        temporary.unlink(missing_ok=True)
