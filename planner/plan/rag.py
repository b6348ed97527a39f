"""The string formats of the RAG-Diffusion release's parameters: split ratios and prompts joined by BREAK.

A split ratio (`SR_hw_split_ratio`) with `;` has a row per part, each `height,width,width,…`, and a part of
one number is a height with one full-width cell. Without any `;` all numbers are the widths of a single row. A
number may be a fraction such as `1/3`. Nothing is normalised here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NotRequired, TypedDict

from planner.errors import PlanError

BREAK = "BREAK"
_DECIMAL = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBER = re.compile(rf"({_DECIMAL})(?:\s*/\s*({_DECIMAL}))?", re.ASCII)


class RagImages(TypedDict, total=False):
    """The images of a plan's objects, one for each: of Redux, or of IP-Adapter and PuLID with their weights."""

    Redux_list: list[str]
    id_images_path: list[str]
    id_weights: list[float]


class RagParameters(RagImages):
    """A plan in the release's names: m and n are x and y, offset the corner, scale the size."""

    prompt: str
    HB_prompt_list: list[str]
    HB_m_offset_list: list[float]
    HB_n_offset_list: list[float]
    HB_m_scale_list: list[float]
    HB_n_scale_list: list[float]
    SR_prompt: str
    SR_hw_split_ratio: str


class RagInput(TypedDict):
    """What `Plan.from_rag` reads, under the release's names.

    prompt: what the whole image shows.
    HB_m_offset_list, HB_n_offset_list: the boxes' left and top edges, fractions of the canvas.
    HB_m_scale_list, HB_n_scale_list: the boxes' widths and heights, fractions of the canvas.
    SR_prompt: the cells' prompts, joined by BREAK.
    SR_hw_split_ratio: rows and cells.
    HB_prompt_list: a prompt for each object; may be absent only with `Redux_list`.
    Redux_list: an image for each object, in place of words.
    id_images_path: a face for each object.
    id_weights: how strongly each face acts, 0 to 3.
    """

    prompt: str
    HB_m_offset_list: Sequence[float]
    HB_n_offset_list: Sequence[float]
    HB_m_scale_list: Sequence[float]
    HB_n_scale_list: Sequence[float]
    SR_prompt: str
    SR_hw_split_ratio: str
    HB_prompt_list: NotRequired[Sequence[str] | None]
    Redux_list: NotRequired[Sequence[str] | None]
    id_images_path: NotRequired[Sequence[str] | None]
    id_weights: NotRequired[Sequence[float] | None]


IMAGE_KEYS = tuple(RagImages.__annotations__)
OPTIONAL_KEYS = ("HB_prompt_list", *IMAGE_KEYS)  # absent where objects are images only, or words only
BOX_KEYS = ("HB_m_offset_list", "HB_n_offset_list", "HB_m_scale_list", "HB_n_scale_list")  # x, y, width, height
REQUIRED_KEYS = ("prompt", *BOX_KEYS, "SR_prompt", "SR_hw_split_ratio")


def parse_split_ratio(ratio: str) -> list[tuple[float, list[float]]]:
    """Read a split ratio as (height, widths) per row; a lone row has height 1.

    Raises `PlanError` for anything that is not a number or a fraction.
    """
    parts = [[_parse_number(word, ratio) for word in part.split(",")] for part in ratio.split(";")]
    if len(parts) == 1:
        return [(1.0, parts[0])]
    return [(numbers[0], numbers[1:] or [1.0]) for numbers in parts]


def format_split_ratio(rows: Sequence[tuple[float, Sequence[float]]]) -> str:
    """Write rows so that `parse_split_ratio` reads the same numbers; a lone row's height is not written."""
    if len(rows) == 1:
        return ",".join(_format_number(width) for width in rows[0][1])
    return ";".join(_format_row(height, widths) for height, widths in rows)


def split_prompts(prompts: str) -> list[str]:
    """Split `SR_prompt` at every BREAK, as the release does, without the space around."""
    return [prompt.strip() for prompt in prompts.split(BREAK)]


def join_prompts(prompts: Sequence[str]) -> str:
    """Join cell prompts with BREAK; a prompt that holds the word itself cannot be written."""
    for index, prompt in enumerate(prompts):
        if BREAK in prompt:
            raise PlanError(f"the prompt of cell {index} contains {BREAK}, which separates cells: {prompt!r}")
    return f" {BREAK} ".join(prompts)


def _parse_number(word: str, ratio: str) -> float:
    match = _NUMBER.fullmatch(word.strip())
    if match is None:
        raise PlanError(f"{word.strip()!r} in the split ratio {ratio!r} is not a number or a fraction")
    numerator, denominator = float(match[1]), float(match[2] or 1)
    if denominator == 0:
        raise PlanError(f"{word.strip()!r} in the split ratio {ratio!r} divides by zero")
    result = numerator / denominator
    if not math.isfinite(result):
        raise PlanError(f"{word.strip()!r} in the split ratio {ratio!r} is not a finite number")
    return result


def _format_row(height: float, widths: Sequence[float]) -> str:
    if list(widths) == [1.0]:
        return _format_number(height)
    return ",".join(_format_number(number) for number in (height, *widths))


def _format_number(number: float) -> str:
    return repr(number).removesuffix(".0")
