"""The history: a folder of PNG files, each with its recipe, that survives a restart because it is nothing else.

A picture's id is its file's name: when it was made, to the microsecond. No id reaches the disk that does not look so.
"""

from __future__ import annotations

import io
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image

from generator.recipe import Result, read_recipe
from planner.errors import RagplanError, RenderError

NAME = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")  # hexadecimal were the first ones
THUMBNAIL_PX = 192


@dataclass(frozen=True)
class Kept:
    """A picture of the history. id: its name; prompt: what it shows; made_at: seconds since 1970; width, height: px."""

    id: str
    prompt: str
    made_at: float
    width: int
    height: int


class Album:
    """Keeps pictures in a folder.

    folder: made if it is missing.
    most: pictures that are kept; the oldest go first.
    most_mb: of disk that they may take, in megabytes.
    """

    def __init__(self, folder: Path, most: int = 1000, most_mb: int = 2000) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._most, self._most_mb = folder, most, most_mb
        self._lock = threading.Lock()
        self._read: dict[str, Kept] = {}

    def add(self, result: Result) -> str:
        """Keep a picture and return its id."""
        with self._lock:
            now = datetime.now(UTC)
            while (path := self.folder / f"{now:%Y%m%d-%H%M%S-%f}.png").exists():
                now += timedelta(microseconds=1)
            result.save(path)
            self._shrink()
        return path.stem

    def path(self, name: str) -> Path:
        """Return a picture's file. Raises `RenderError` for an id that no picture has."""
        path = self.folder / f"{name}.png"
        if not NAME.fullmatch(name) or not path.is_file():
            raise RenderError(f"there is no picture {name!r}")
        return path

    def open(self, name: str) -> Result:
        """Read a picture. Raises `RenderError` as `path`."""
        return Result.open(self.path(name))

    def delete(self, name: str) -> None:
        """Delete a picture. Raises `RenderError` as `path`."""
        self._remove(self.path(name))

    def thumbnail(self, name: str) -> bytes:
        """Return a small JPEG of a picture. Raises `RenderError` as `path`."""
        with Image.open(self.path(name)) as image:
            image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
            file = io.BytesIO()
            image.convert("RGB").save(file, "JPEG", quality=80)
            return file.getvalue()

    def listed(self, most: int = 200) -> list[Kept]:
        """Return the newest pictures, the newest first; files that are no pictures of ours are passed over."""
        found: list[Kept] = []
        for path in reversed(self._files()):
            if len(found) == most:
                break
            try:
                found.append(self._kept(path))
            except RagplanError:
                continue
        return found

    def _kept(self, path: Path) -> Kept:
        if path.stem not in self._read:
            recipe = read_recipe(path)
            size = (recipe.settings.width, recipe.settings.height)
            self._read[path.stem] = Kept(path.stem, recipe.shown.prompt, path.stat().st_mtime, *size)
        return self._read[path.stem]

    def _files(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("*.png") if NAME.fullmatch(path.stem))

    def _shrink(self) -> None:
        files = self._files()
        size = sum(path.stat().st_size for path in files)
        while files and (len(files) > self._most or size > self._most_mb * 1e6):
            size -= files[0].stat().st_size
            self._remove(files.pop(0))

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._read.pop(path.stem, None)
