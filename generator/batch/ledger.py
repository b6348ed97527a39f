"""What a folder of pictures has already: `results.jsonl`, one line a picture, written by one process. No torch.

A line is written after its picture has its name. A process that is killed in between leaves a picture without a line,
which the next one finds by its name; a line that is cut off is dropped and its picture looked for likewise.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal

from generator.pictures import made_folder
from planner.errors import RenderError
from planner.plan.files import remove_temporary

log = logging.getLogger("ragplan")

RESULTS = "results.jsonl"
Status = Literal["painted", "kept", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What came of one picture.

    id: of its prompt.
    seed: of the picture.
    status: "painted" now, "kept" from an earlier run, or "failed".
    path: where the picture is; None where it failed.
    digest: of what was asked for (`Prompt.digest`).
    prompt: the sentence.
    plan: as plain JSON values; None where it failed before there was one, and for kept pictures, which carry it.
    backend: who planned; empty for a plan that was given.
    attempts: how often it was tried to be painted.
    seconds: of painting and saving.
    error: why it failed; empty where it did not.
    """

    id: str
    seed: int
    status: Status
    path: Path | None = None
    digest: str = ""
    prompt: str = ""
    plan: dict[str, Any] | None = None
    backend: str = ""
    attempts: int = 0
    seconds: float = 0.0
    error: str = ""

    @property
    def ok(self) -> bool:
        """Whether the picture is there."""
        return self.status != "failed"

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as plain JSON values; the picture is named without its folder."""
        return {**vars(self), "path": self.path.name if self.path else None, "seconds": round(self.seconds, 3)}


class Ledger:
    """The results of a folder: what is there, and the one writer of what comes.

    Used as a context manager, which holds the folder's lock: two runs into one ledger would make pictures twice.
    """

    def __init__(self, folder: Path, shard: str = "") -> None:
        """Take the folder.

        folder: made if it is missing.
        shard: names the ledger of one of several runs that share the folder, "2-of-8"; empty: the only one.
        """
        self.folder = folder
        self.path = folder / (f"results-{shard}.jsonl" if shard else RESULTS)
        self._known: dict[tuple[str, int], tuple[str, bool]] = {}
        self._file: IO[bytes] | None = None
        self._lock: IO[bytes] | None = None

    def __enter__(self) -> Ledger:
        made_folder(self.folder)
        self._lock = (self.folder / f".{self.path.name}.lock").open("wb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise RenderError(f"another run writes {str(self.path)!r}; wait for it, or give another folder") from error
        if self.path.name == RESULTS:  # of several runs that share a folder none knows what the others are writing
            remove_temporary(self.folder)
        self._file = self.path.open("a+b")
        whole = 0
        for line, end in self._lines():
            whole = end
            self._remember(line)
        self._file.truncate(whole)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for file in (self._file, self._lock):
            if file is not None:
                file.close()

    def add(self, outcome: Outcome) -> None:
        """Write an outcome's line; it is in the file when this returns."""
        assert self._file is not None
        line = json.dumps(outcome.to_dict(), ensure_ascii=True) + "\n"
        self._file.write(line.encode("ascii"))
        self._file.flush()
        self._known[outcome.id, outcome.seed] = (outcome.digest, outcome.ok)

    def known(self, name: str, seed: int) -> tuple[str, bool] | None:
        """Return the digest of what a picture was asked for and whether it was made; None if nothing is known."""
        return self._known.get((name, seed))

    def sync(self) -> None:
        """Have the lines on the disk itself, so that they survive a loss of power."""
        assert self._file is not None
        os.fsync(self._file.fileno())

    def _lines(self) -> Iterator[tuple[bytes, int]]:
        assert self._file is not None
        self._file.seek(0)
        end = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                log.warning("%s: the last line was cut off; its picture is looked for by name", self.path)
                return
            end += len(line)
            yield line, end

    def _remember(self, line: bytes) -> None:
        try:
            data = json.loads(line)
            self._known[data["id"], data["seed"]] = (data["digest"], data["status"] != "failed")
        except (ValueError, KeyError, TypeError, RecursionError):
            log.warning("%s: a line that is no result is passed over", self.path)
