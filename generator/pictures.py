"""Pictures on disk: opened only where they are what they seem, written as PNG with a text, and where to. No torch.

What is opened is a regular file of one of six formats, and of a sane size. Several go on an empty sheet.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from planner.errors import RenderError
from planner.plan.files import new_file, numbered, whole_file

CHUNK = "ragplan"  # the text chunk of a PNG that has the recipe
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")  # nothing that starts another program, as EPS does


@contextmanager
def opened(path: str | Path, what: str) -> Iterator[Image.Image]:
    """Open a picture; its pixels are read on use.

    what: what to call it in an error, with its path.
    Raises `RenderError` for what is no regular file of one of FORMATS, is damaged, or far too large, also for what goes
    wrong in the block.
    """
    try:
        file = Path(path).expanduser()
        if not file.is_file():
            raise RenderError(f"{what} is not there" if not file.exists() else f"{what} is not a file")
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as picture:
                yield picture
    except RenderError:
        raise
    except UnidentifiedImageError as error:
        raise RenderError(f"{what} is not a picture ({', '.join(FORMATS)})") from error
    except Exception as error:  # Pillow raises whatever it comes across in a damaged file
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise RenderError(f"{what} cannot be read ({reason})") from error


def read_picture(path: str | Path, what: str, mode: str = "RGB") -> Image.Image:
    """Read a picture upright and in a mode, "RGB" or "L". Raises `RenderError` as `opened`."""
    with opened(path, what) as picture:
        return ImageOps.exif_transpose(picture).convert(mode)


def write_png(image: Image.Image, path: str | Path, text: str, *, overwrite: bool = True) -> Path:
    """Write a picture as a PNG that carries a text, whole or not at all, and return where it is.

    overwrite: False takes the first of a.png, a-2.png, a-3.png, … that is free when the picture is complete.
    Where it cannot be written the finished picture is kept in the temporary folder and `RenderError` says where.
    """
    target, chunk = Path(path), PngImagePlugin.PngInfo()
    chunk.add_itxt(CHUNK, text)
    try:
        check_target(target)
        if overwrite:
            with whole_file(target) as temporary:
                image.save(temporary, format="PNG", pnginfo=chunk)
            return target
        with new_file(numbered(target.parent, target.stem, target.suffix)) as (temporary, written):
            image.save(temporary, format="PNG", pnginfo=chunk)
        return written[0]
    except (OSError, RenderError) as error:
        kept = Path(tempfile.mkdtemp(prefix="ragplan-")) / "picture.png"
        image.save(kept, format="PNG", pnginfo=chunk)
        raise RenderError(f"cannot write {str(path)!r} ({error}); the picture is kept in {str(kept)!r}") from error


def read_png_text(path: str | Path) -> str:
    """Return the text that a picture carries. Raises `RenderError` as `opened`, and where there is none."""
    with opened(path, f"{str(path)!r}") as image:
        text = image.info.get(CHUNK)
    if not isinstance(text, str):
        raise RenderError(f"{str(path)!r} carries no plan; only .png pictures that ragplan wrote do")
    return text


def check_target(path: Path) -> Path:
    """Raise `RenderError`, before any work is done, for a file name that cannot take the picture."""
    if path.suffix.lower() != ".png":
        raise RenderError(f"cannot write {str(path)!r}: pictures are .png files, which carry their plan and settings")
    return check_file(path)


def check_file(path: Path) -> Path:
    """Raise `RenderError`, before any work is done, for a file that cannot be written."""
    check_folder(path.parent, path.name)
    if path.is_dir():
        raise RenderError(f"cannot write {str(path)!r}: it is a folder")
    return path


def check_folder(folder: Path, name: str = "ragplan.png") -> None:
    """Raise `RenderError`, before any work is done, for a folder that a file of this name cannot be written to."""
    wanted = repr(str(folder / name))
    try:
        if not folder.is_dir():
            raise RenderError(f"cannot write {wanted}: there is no folder {str(folder)!r}")
        probe = folder / f".{name[1:]}"  # as long as the name that is wanted
        if len(name) == 1 or os.path.lexists(probe):
            probe = folder / f".{secrets.token_hex(8)}"
        probe.touch(exist_ok=False)
        probe.unlink()
    except (OSError, ValueError) as error:
        raise RenderError(f"cannot write {wanted}: {getattr(error, 'strerror', None) or error}") from error


def made_folder(folder: Path) -> Path:
    """Return a folder for several pictures, made where it is not there. Raises `RenderError` for a file."""
    if folder.exists() and not folder.is_dir():
        raise RenderError(f"several pictures need a folder to go to; {str(folder)!r} is a file")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def free_name(sentence: str) -> Path:
    """Return a file name made from the sentence; `Recipe.save` numbers it where it is taken: a-dog.png, a-dog-2.png."""
    words = re.findall(r"\w+", sentence.lower())
    return Path(("-".join(words)[:48].strip("-") or "picture") + ".png")


def empty_sheet(
    count: int, most_across: int, tile_px: int, label_px: int, gap_px: int
) -> tuple[Image.Image, list[tuple[int, int]]]:
    """Return a white sheet for so many square pictures, each under its label, and where in px each label begins.

    count: how many pictures, 1 or more.
    most_across: how many stand in a row.
    tile_px: side of a picture.
    label_px: height of the label above it.
    gap_px: between the pictures, and around them.
    """
    across = min(most_across, count)
    step, line = tile_px + gap_px, tile_px + label_px + gap_px
    sheet = Image.new("RGB", (across * step + gap_px, -(-count // across) * line + gap_px), "white")
    return sheet, [(gap_px + number % across * step, gap_px + number // across * line) for number in range(count)]
