"""The numbers of the contract between planner and generator, each said once.

A test holds the JSON Schema of plans (`prompts/plan.schema.json`) to them.
"""

from __future__ import annotations

from numbers import Integral
from typing import Final

from planner.errors import PlanError

# The canvas. FLUX and its kind see an image as a grid of tokens of 16 × 16 pixels, so no size or box is finer.
TOKEN_PX: Final = 16
MIN_CANVAS_PX: Final = 2 * TOKEN_PX
MIN_BOX_TOKENS: Final = 2  # wide and high; smaller boxes are painted, but show nothing

# How much a good plan holds.
MAX_CELLS: Final = 16
MAX_OBJECTS: Final = 16
MAX_NOTES: Final = 32
MAX_SENTENCE_CHARACTERS: Final = 4000
MAX_CELL_PROMPT_CHARACTERS: Final = 2000
MAX_OBJECT_PROMPT_CHARACTERS: Final = 500
MAX_NOTE_CHARACTERS: Final = 1000
MAX_IMAGE_WEIGHT: Final = 3.0  # as far as PuLID's own interface goes

# How much a document may hold to be read at all: ten good plans' worth, so that a wrong one can be drawn and discussed.
MAX_FILE_BYTES: Final = 4 << 20
MAX_DEPTH: Final = 32  # of lists and objects in each other
MAX_TEXT_CHARACTERS: Final = 20_000  # of one prompt, note or path
MAX_PATH_CHARACTERS: Final = 4096  # as most file systems have it
MAX_DOCUMENT_CELLS: Final = 10 * MAX_CELLS
MAX_DOCUMENT_OBJECTS: Final = 10 * MAX_OBJECTS
MAX_DOCUMENT_NOTES: Final = 10 * MAX_NOTES
MAX_GALLERY_ENTRIES: Final = 1000
MAX_DOCUMENT_CHARACTERS: Final = 100_000  # of all prompts and notes together

# How exact a good plan is.
MAX_IOU: Final = 0.1  # of two boxes that are not asked to touch
CELL_TOLERANCE: Final = 0.02  # of the canvas: so far a box may reach beyond its cell
ROUNDING: Final = 1e-6  # of the canvas: so far rounded decimals may reach beyond an edge

# How long a reply of a language model may be, in its own tokens.
MAX_REPLY_TOKENS: Final = 8192


def check_canvas(width: int, height: int) -> None:
    """Raise `PlanError` for a canvas that no plan can be made for.

    width, height: px; whole tokens, at least two.
    """
    for name, size in (("width", width), ("height", height)):
        whole = isinstance(size, Integral) and not isinstance(size, bool)
        if not whole or size < MIN_CANVAS_PX or size % TOKEN_PX:
            least = f"a multiple of {TOKEN_PX} and at least {MIN_CANVAS_PX} pixels"
            raise PlanError(f"{name} must be {least}, got {size if whole else repr(size)}")
