"""One plan on several models: a picture of each, and all of them on one sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from generator.painting.failures import one_line
from generator.painting.painter import Painter
from generator.pictures import empty_sheet
from generator.progress import OnProgress, ignore
from generator.recipe import Result
from generator.settings import LoadOptions
from generator.weights.libraries import ran_out_of_memory
from planner.errors import RagplanError
from planner.plan import Plan

TILE_PX, LABEL_PX, GAP_PX = 512, 40, 12


@dataclass(frozen=True)
class Compared:
    """What one model made of a plan.

    model: its name, folder or hub id.
    result: the picture; None where there is none.
    error: why there is none.
    """

    model: str
    result: Result | None = None
    error: str = ""

    @property
    def name(self) -> str:
        """The model's name without what a file name cannot have."""
        return re.sub(r"[^\w.-]+", "-", self.model.rstrip("/").rsplit("/", 1)[-1]) or "model"


def compare(
    plan: Plan,
    models: Sequence[str],
    *,
    loading: LoadOptions | None = None,
    quiet: bool = True,
    on_progress: OnProgress = ignore,
    **settings: Any,
) -> Iterator[Compared]:
    """Paint a plan with several models, one loaded after the other, and yield what each made of it.

    settings: of all pictures, fields of `RenderSettings`; what is not given is each model's own.
    A model that cannot paint it is yielded with its error; the others go on.
    """
    for model in models:
        try:
            result = Painter(model, loading=loading, quiet=quiet).paint(plan, on_progress=on_progress, **settings)
        except (RagplanError, RuntimeError, MemoryError) as error:
            if not (isinstance(error, RagplanError) or ran_out_of_memory(error)):
                raise
            yield Compared(model, error=one_line(error))
        else:
            yield Compared(model, result)


def comparison_sheet(compared: Sequence[Compared]) -> Image.Image:
    """Return one picture of all: side by side, up to four in a row, each under its model's name."""
    sheet, places = empty_sheet(len(compared), 4, TILE_PX, LABEL_PX, GAP_PX)
    for one, (left, top) in zip(compared, places, strict=True):
        _draw(sheet, one, left, top)
    return sheet


def _draw(sheet: Image.Image, one: Compared, left: int, top: int) -> None:
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=20)
    draw.text((left, top), one.model[-45:], fill="black", font=font)
    if one.result is None:
        words = "\n".join(re.findall(r".{1,46}(?:\s|$)", one.error))
        draw.multiline_text((left, top + LABEL_PX), words, fill="#b00020", font=font)
        return
    image = one.result.image.convert("RGB")
    scale = TILE_PX / max(image.size)
    small = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    sheet.paste(small, (left, top + LABEL_PX))
