"""A plan's parts from and to the RAG-Diffusion release's parameters; split ratios and prompts joined by BREAK.

A split ratio (`SR_hw_split_ratio`) with `;` has a row per part, each `height,width,width,…`, and a part of
one number is a height with one full-width cell. Without any `;` all numbers are the widths of a single row. A
number may be a fraction such as `1/3`. Nothing is normalised here.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from planner.errors import PlanError
from planner.plan import document
from planner.plan.box import Box
from planner.plan.limits import MAX_IMAGE_WEIGHT
from planner.plan.parts import Cell, ImageKind, ImagePrompt, ObjectBox, Row

log = logging.getLogger("ragplan")

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


def read_rows(prompts: str, ratio: str) -> tuple[Row, ...]:
    """Read `SR_prompt` and `SR_hw_split_ratio`."""
    parts = parse_split_ratio(document.text(ratio, "SR_hw_split_ratio"))
    texts = split_prompts(document.text(prompts, "SR_prompt"))
    cell_count = sum(len(widths) for _, widths in parts)
    if len(texts) != cell_count:
        raise PlanError(f"SR_prompt has {len(texts)} prompts but SR_hw_split_ratio {ratio!r} has {cell_count} cells")
    remaining = iter(texts)
    return tuple(Row(height, tuple(Cell(width, next(remaining)) for width in widths)) for height, widths in parts)


def read_images(
    redux: Sequence[str] | None,
    faces: Sequence[str] | None,
    weights: Sequence[float] | None,
    identity: ImageKind,
) -> dict[str, list[ImagePrompt]]:
    """Read `Redux_list`, or `id_images_path` with `id_weights`: one image per object, under the key's name."""
    if redux is not None and faces is not None:
        raise PlanError("Redux_list and id_images_path cannot both be there: an object has one image")
    if redux is not None:
        paths = document.each(redux, "Redux_list")
        return {"Redux_list": [ImagePrompt("redux", document.text(*path)) for path in paths]}
    if faces is None:
        return {}
    paths = document.each(faces, "id_images_path")
    scales = document.each([1.0] * len(paths) if weights is None else weights, "id_weights")
    if len(scales) != len(paths):
        raise PlanError(f"id_weights has {len(scales)} numbers but id_images_path {len(paths)} paths")
    texts = [document.text(*path) for path in paths]
    numbers = [document.number(*scale, minimum=0, maximum=MAX_IMAGE_WEIGHT) for scale in scales]
    return {"id_images_path": [ImagePrompt(identity, *pair) for pair in zip(texts, numbers, strict=True)]}


def read_objects(
    prompts: Sequence[str] | None, boxes: Mapping[str, Sequence[float]], images: Mapping[str, Sequence[ImagePrompt]]
) -> tuple[ObjectBox, ...]:
    """Read the HB lists; without prompts the objects are images only, which Redux allows."""
    if prompts is None and "Redux_list" not in images:
        raise PlanError("missing HB_prompt_list, which only objects of a Redux_list can be without")
    lists = {name: document.items(values, name) for name, values in boxes.items()}
    lists |= images
    texts = [""] * len(lists["HB_m_offset_list"]) if prompts is None else document.items(prompts, "HB_prompt_list")
    lengths = {name: len(values) for name, values in {"HB_prompt_list": texts, **lists}.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise PlanError(f"the HB lists must have equal lengths, got {listed}")
    own: Sequence[ImagePrompt | None] = next(iter(images.values()), [None] * len(texts))
    objects = []
    for index, (prompt, image) in enumerate(zip(texts, own, strict=True)):
        sides = [document.number(values[index], f"{name}[{index}]") for name, values in boxes.items()]
        objects.append(ObjectBox(document.text(prompt, f"HB_prompt_list[{index}]"), Box(*sides), image))
    return tuple(objects)


def write_parameters(
    prompt: str, rows: Sequence[Row], objects: Sequence[ObjectBox], new_keys: Sequence[str]
) -> RagParameters:
    """Write a plan's parts; a note in the log names those of `new_keys` that the release has no word for."""
    images = _write_images(objects)
    lost = [key for key in new_keys if not (images and key.endswith(".image"))]
    if lost:
        log.warning("left out, as RAG-Diffusion has no word for it: %s", ", ".join(lost))
    boxes = [item.box for item in objects]
    return {
        "prompt": prompt,
        "HB_prompt_list": [item.prompt for item in objects],
        "HB_m_offset_list": [box.x for box in boxes],
        "HB_n_offset_list": [box.y for box in boxes],
        "HB_m_scale_list": [box.width for box in boxes],
        "HB_n_scale_list": [box.height for box in boxes],
        "SR_prompt": join_prompts([cell.prompt for row in rows for cell in row.cells]),
        "SR_hw_split_ratio": format_split_ratio([(row.height, [cell.width for cell in row.cells]) for row in rows]),
        **images,
    }


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


def _write_images(objects: Sequence[ObjectBox]) -> RagImages:
    """Write the images where every object has one, all of one kind, those of Redux of weight 1; else nothing."""
    images = [item.image for item in objects if item.image]
    kinds = {image.kind for image in images}
    if len(images) != len(objects) or len(kinds) != 1:
        return {}
    paths = [image.path for image in images]
    if kinds != {"redux"}:
        return {"id_images_path": paths, "id_weights": [image.weight for image in images]}
    return {"Redux_list": paths} if all(image.weight == 1 for image in images) else {}
