"""The layout plan: the one contract between the planner and the generator.

A plan divides the canvas into rows of cells, each with a detailed prompt, and places objects, each with a
short prompt and a box. Boxes are (x, y, width, height) in fractions of the canvas from its top left corner;
row heights and cell widths are relative, kept as given and normalised on use. Rows run from top to bottom,
cells from left to right; objects and cells are numbered from 0, cells in reading order.

The classes hold any finite numbers, so that a wrong plan can be drawn and talked about; whether it is a good
one is the business of `planner.checks`.
"""

# ruff: noqa: N803 - from_rag takes the release's own parameter names

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from planner import document, rag
from planner.box import Box
from planner.errors import PlanError

__all__ = ["VERSION", "Box", "Cell", "ObjectBox", "Plan", "Row"]

VERSION = 1
TIE = 1e-9  # a box centre this close to the edge between two cells lies in both


@dataclass(frozen=True)
class ObjectBox:
    """A thing to draw: a short prompt that names it ("a red ball") and the box it goes into."""

    prompt: str
    box: Box

    def __post_init__(self) -> None:
        document.text(self.prompt, "prompt")


@dataclass(frozen=True)
class Cell:
    """A part of a row: its relative width and the detailed prompt of what is seen there."""

    width: float
    prompt: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", document.number(self.width, "width"))
        document.text(self.prompt, "prompt")


@dataclass(frozen=True)
class Row:
    """A row of cells across the whole canvas, with its relative height (of no effect where it is alone)."""

    height: float
    cells: tuple[Cell, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "height", document.number(self.height, "height"))
        object.__setattr__(self, "cells", tuple(self.cells))


@dataclass(frozen=True)
class Plan:
    """A sentence (`prompt`) laid out on the canvas.

    `notes` is what the planner has to say about the plan, in sentences; it does not change the picture.
    """

    prompt: str
    rows: tuple[Row, ...]
    objects: tuple[ObjectBox, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        document.text(self.prompt, "prompt")
        for name in ("rows", "objects", "notes"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for index, note in enumerate(self.notes):
            document.text(note, f"notes[{index}]")

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells in reading order."""
        return tuple(cell for row in self.rows for cell in row.cells)

    def row_edges(self) -> list[float]:
        """Return where rows begin and end, from the top of the canvas, 0, to its bottom, 1.

        Raises `PlanError` where a height is not positive, or where there are no rows.
        """
        return _edges([row.height for row in self.rows], "rows", "height")

    def cell_edges(self, row: int) -> list[float]:
        """Return where the cells of a row begin and end, from 0 to 1. Raises `PlanError` as `row_edges`."""
        return _edges([cell.width for cell in self.rows[row].cells], f"rows[{row}].cells", "width")

    def cell_boxes(self) -> tuple[Box, ...]:
        """Return the cells' boxes in reading order; together they cover the canvas.

        Raises `PlanError` where a height or width is not positive, or where there are no cells.
        """
        return tuple(
            Box(left, top, right - left, bottom - top)
            for row, (top, bottom) in enumerate(pairwise(self.row_edges()))
            for left, right in pairwise(self.cell_edges(row))
        )

    def owner_cell(self, index: int) -> int:
        """Return the number of the cell that holds the centre of object `index`, the first one in a tie.

        For a centre off the canvas it is the nearest cell. Raises as `cell_boxes`.
        """
        x, y = self.objects[index].box.center
        distances = [box.distance(x, y) for box in self.cell_boxes()]
        nearest = min(distances)
        return next(cell for cell, distance in enumerate(distances) if distance <= nearest + TIE)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as a JSON document; objects and notes are left out where there are none."""
        result: dict[str, Any] = {
            "version": VERSION,
            "prompt": self.prompt,
            "rows": [
                {
                    "height": row.height,
                    "cells": [{"width": cell.width, "prompt": cell.prompt} for cell in row.cells],
                }
                for row in self.rows
            ],
        }
        if self.objects:
            result["objects"] = [{"prompt": item.prompt, "box": item.box.to_dict()} for item in self.objects]
        if self.notes:
            result["notes"] = list(self.notes)
        return result

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Plan:
        """Read a plan document.

        Raises `PlanError` with path and value for unknown or missing keys, wrong types (numbers as strings
        too), NaN, infinities and other versions. Ranges are left to `check_plan`.
        """
        if isinstance(data, Mapping) and data.get("version") != VERSION:
            document.wrong("version", str(VERSION), data.get("version"))
        known = document.fields(data, "", required=("version", "prompt", "rows"), optional=("objects", "notes"))
        document.integer(known["version"], "version")
        return cls(
            prompt=document.text(known["prompt"], "prompt"),
            rows=tuple(_read_row(*row) for row in _each(known["rows"], "rows")),
            objects=tuple(_read_object(*item) for item in _each(known.get("objects", ()), "objects")),
            notes=tuple(document.text(*note) for note in _each(known.get("notes", ()), "notes")),
        )

    def save(self, path: str | Path) -> None:
        """Write the plan as indented JSON in UTF-8. Raises `OSError` where it cannot be written."""
        source = json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
        Path(path).write_text(source + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Plan:
        """Read a plan from a JSON file.

        Raises `OSError` where the file cannot be read, `PlanError` with the file's name where it is no plan.
        """
        try:
            return cls.from_dict(document.parse_json(Path(path).read_text(encoding="utf-8-sig")))
        except UnicodeDecodeError as error:
            raise PlanError(f"{path}: this is not JSON in UTF-8: {error}") from error
        except PlanError as error:
            raise PlanError(f"{path}: {error}") from error

    @classmethod
    def from_rag(
        cls,
        *,
        prompt: str,
        HB_prompt_list: Sequence[str],
        HB_m_offset_list: Sequence[float],
        HB_n_offset_list: Sequence[float],
        HB_m_scale_list: Sequence[float],
        HB_n_scale_list: Sequence[float],
        SR_prompt: str,
        SR_hw_split_ratio: str,
    ) -> Plan:
        """Read a parameter set of the RAG-Diffusion release; every number stays as it is.

        Raises `PlanError` where the lists differ in length, or the number of prompts from that of the cells.
        """
        boxes = {
            "HB_m_offset_list": HB_m_offset_list,
            "HB_n_offset_list": HB_n_offset_list,
            "HB_m_scale_list": HB_m_scale_list,
            "HB_n_scale_list": HB_n_scale_list,
        }
        return cls(prompt, _rag_rows(SR_prompt, SR_hw_split_ratio), _rag_objects(HB_prompt_list, boxes))

    def to_rag(self) -> rag.RagParameters:
        """Return the plan in the release's parameters, from which `from_rag` reads the same plan back.

        What the release has no word for is left out: notes, the height of a lone row (it has no effect there
        either) and space around cell prompts. A plan without objects gets empty lists, for use with
        `HB_replace=-1`. Raises `PlanError` for a cell prompt that contains BREAK, and as `cell_boxes`.
        """
        self.cell_boxes()
        boxes = [item.box for item in self.objects]
        return {
            "prompt": self.prompt,
            "HB_prompt_list": [item.prompt for item in self.objects],
            "HB_m_offset_list": [box.x for box in boxes],
            "HB_n_offset_list": [box.y for box in boxes],
            "HB_m_scale_list": [box.width for box in boxes],
            "HB_n_scale_list": [box.height for box in boxes],
            "SR_prompt": rag.join_prompts([cell.prompt for cell in self.cells]),
            "SR_hw_split_ratio": rag.format_split_ratio(
                [(row.height, [cell.width for cell in row.cells]) for row in self.rows]
            ),
        }


def _edges(sizes: Sequence[float], path: str, name: str) -> list[float]:
    """Return the edges of consecutive parts, from exactly 0 to exactly 1."""
    if not sizes:
        document.wrong(path, "a list of at least one", [])
    for index, size in enumerate(sizes):
        if size <= 0:
            document.wrong(f"{path}[{index}].{name}", "positive", size)
    *_, total = accumulate(sizes)  # not sum(), which adds differently from Python 3.12 on
    document.number(total, f"the sum of {path}.{name}")
    return [0.0, *accumulate(size / total for size in sizes[:-1]), 1.0]


def _each(value: object, path: str) -> list[tuple[Any, str]]:
    return [(item, f"{path}[{index}]") for index, item in enumerate(document.items(value, path))]


def _read_row(value: object, path: str) -> Row:
    known = document.fields(value, path, required=("height", "cells"))
    cells = tuple(_read_cell(*cell) for cell in _each(known["cells"], f"{path}.cells"))
    return Row(document.number(known["height"], f"{path}.height"), cells)


def _read_cell(value: object, path: str) -> Cell:
    known = document.fields(value, path, required=("width", "prompt"))
    return Cell(document.number(known["width"], f"{path}.width"), document.text(known["prompt"], f"{path}.prompt"))


def _read_object(value: object, path: str) -> ObjectBox:
    known = document.fields(value, path, required=("prompt", "box"))
    sides = document.fields(known["box"], f"{path}.box", required=("x", "y", "width", "height"))
    box = Box(**{name: document.number(side, f"{path}.box.{name}") for name, side in sides.items()})
    return ObjectBox(document.text(known["prompt"], f"{path}.prompt"), box)


def _rag_rows(prompts: str, ratio: str) -> tuple[Row, ...]:
    parts = rag.parse_split_ratio(document.text(ratio, "SR_hw_split_ratio"))
    texts = rag.split_prompts(document.text(prompts, "SR_prompt"))
    cell_count = sum(len(widths) for _, widths in parts)
    if len(texts) != cell_count:
        raise PlanError(f"SR_prompt has {len(texts)} prompts but SR_hw_split_ratio {ratio!r} has {cell_count} cells")
    remaining = iter(texts)
    return tuple(Row(height, tuple(Cell(width, next(remaining)) for width in widths)) for height, widths in parts)


def _rag_objects(prompts: Sequence[str], boxes: Mapping[str, Sequence[float]]) -> tuple[ObjectBox, ...]:
    lengths = {name: len(document.items(values, name)) for name, values in boxes.items()}
    lengths = {"HB_prompt_list": len(document.items(prompts, "HB_prompt_list")), **lengths}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise PlanError(f"the HB lists must have equal lengths, got {listed}")
    objects = []
    for index, prompt in enumerate(prompts):
        sides = [document.number(values[index], f"{name}[{index}]") for name, values in boxes.items()]
        objects.append(ObjectBox(document.text(prompt, f"HB_prompt_list[{index}]"), Box(*sides)))
    return tuple(objects)
