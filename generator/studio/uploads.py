"""Pictures that a page gives for an object: checked, written anew as PNG, known by an id that this server made."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from pathlib import Path

from generator.pictures import read_picture
from planner.errors import RenderError

MOST_BYTES = 32 * 2**20
MOST_PIXELS = 64_000_000
MOST_KEPT = 64


class Uploads(OrderedDict[str, Path]):
    """Uploaded pictures' files by their ids; the oldest of more than 64 goes."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def add(self, content: bytes) -> str:
        """Keep a picture and return its id. Raises `RenderError` for what is none, or too large."""
        name = secrets.token_hex(8)
        raw, path = self._folder / f"{name}.part", self._folder / f"{name}.png"
        raw.write_bytes(content)
        try:
            image = read_picture(raw, "the upload")
        finally:
            raw.unlink()
        if image.width * image.height > MOST_PIXELS:
            raise RenderError(f"the upload has {image.width} × {image.height} pixels, {MOST_PIXELS} are allowed")
        image.save(path)
        self[name] = path
        while len(self) > MOST_KEPT:
            self.popitem(last=False)[1].unlink(missing_ok=True)
        return name
