"""The layout plan: the one contract between the planner and the generator.

A plan divides the canvas into rows of cells, each with a detailed prompt, and places objects, each with a
short prompt and a box. Boxes are (x, y, width, height) in fractions of the canvas from its top left corner;
row heights and cell widths are relative, kept as given and normalised on use. Rows run from top to bottom,
cells from left to right; objects and cells are numbered from 0, cells in reading order.

The classes hold any finite boxes and sizes, so that a wrong plan can be drawn and talked about; whether it is a good
one is the business of `planner.checks`. A document is of version 2 where it has one of the keys that came with it:
`image`, `hard_binding_steps` and `lora` of an object, `refinement_strength` of a cell, `refinement_steps`; else of 1.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Unpack

from planner.errors import PlanError
from planner.plan import cells, document, rag
from planner.plan.box import Box
from planner.plan.files import write_whole
from planner.plan.limits import MAX_DOCUMENT_CELLS, MAX_DOCUMENT_CHARACTERS, MAX_DOCUMENT_NOTES, MAX_DOCUMENT_OBJECTS
from planner.plan.parts import Cell, ImageKind, ImagePrompt, ObjectBox, Row, names_hub_file

__all__ = ["VERSIONS", "Box", "Cell", "ImageKind", "ImagePrompt", "ObjectBox", "Plan", "Row"]

VERSIONS = (1, 2)


@dataclass(frozen=True)
class Plan:
    """A sentence (`prompt`) laid out on the canvas.

    prompt: what the image shows as a whole.
    rows: from top to bottom, their cells from left to right.
    objects: in the order in which they are painted.
    notes: what the planner has to say about the plan, in sentences; they do not change the image.
    refinement_steps: the first step that refines and the one after the last, from 0; None: all refine.

    Raises `PlanError` for a value of the wrong type, and for ten times as much as a good plan holds.
    """

    prompt: str
    rows: tuple[Row, ...]
    objects: tuple[ObjectBox, ...] = ()
    notes: tuple[str, ...] = ()
    refinement_steps: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        document.text(self.prompt, "prompt")
        for name in ("rows", "objects", "notes"):
            if not isinstance(getattr(self, name), Iterable):
                document.wrong(name, "a list", getattr(self, name))
            object.__setattr__(self, name, tuple(getattr(self, name)))
        document.instances(self.rows, Row, "rows")
        document.instances(self.objects, ObjectBox, "objects")
        for index, note in enumerate(self.notes):
            document.text(note, f"notes[{index}]")
        self._check_extent()
        if self.refinement_steps is not None:
            object.__setattr__(self, "refinement_steps", _read_steps(self.refinement_steps))

    def _check_extent(self) -> None:
        """Refuse far more than a plan needs, before anything is drawn or painted of it."""
        prompts = [cell.prompt for cell in self.cells] + [item.prompt for item in self.objects]
        extent = {
            "cells": (len(self.cells), MAX_DOCUMENT_CELLS),
            "objects": (len(self.objects), MAX_DOCUMENT_OBJECTS),
            "notes": (len(self.notes), MAX_DOCUMENT_NOTES),
            "characters": (sum(map(len, [self.prompt, *self.notes, *prompts])), MAX_DOCUMENT_CHARACTERS),
        }
        for name, (count, most) in extent.items():
            if count > most:
                raise PlanError(f"a plan may hold at most {most} {name}, this one has {count}")

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells in reading order."""
        return tuple(cell for row in self.rows for cell in row.cells)

    def row_edges(self) -> list[float]:
        """Return where rows begin and end, from the top of the canvas, 0, to its bottom, 1.

        Raises `PlanError` where a height is not positive, or where there are no rows.
        """
        return cells.row_edges(self.rows)

    def cell_edges(self, row: int) -> list[float]:
        """Return where the cells of a row begin and end, from 0 to 1. Raises `PlanError` as `row_edges`."""
        return cells.cell_edges(self.rows, row)

    def cell_boxes(self) -> tuple[Box, ...]:
        """Return the cells' boxes in reading order; together they cover the canvas.

        Raises `PlanError` where a height or width is not positive, or where there are no cells.
        """
        return cells.cell_boxes(self.rows)

    def owner_cell(self, index: int) -> int:
        """Return the number of the cell that holds the centre of object `index`, the first one in a tie.

        For a centre off the canvas it is the nearest cell. Raises as `cell_boxes`.
        """
        return cells.owner_cell(self.cell_boxes(), self.objects[index].box)

    @property
    def remarks(self) -> list[str]:
        """What the plan has beside prompts and places, in words."""
        if self.refinement_steps is None:
            return []
        first, end = self.refinement_steps
        return [f"refines in steps {first} to {end - 1}"]

    @property
    def new_keys(self) -> list[str]:
        """The paths of what version 1 of the documents has no key for."""
        found = ["refinement_steps"] if self.refinement_steps else []
        for index, item in enumerate(self.objects):
            given = {"image": item.image, "hard_binding_steps": item.hard_binding_steps, "lora": item.lora or None}
            found += [f"objects[{index}].{key}" for key, value in given.items() if value is not None]
        for number, row in enumerate(self.rows):
            own = [i for i, cell in enumerate(row.cells) if cell.refinement_strength is not None]
            found += [f"rows[{number}].cells[{i}].refinement_strength" for i in own]
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as a JSON document of the first version that can say it; what there is not is left out."""
        result: dict[str, Any] = {
            "version": 2 if self.new_keys else 1,
            "prompt": self.prompt,
            "rows": [row.to_dict() for row in self.rows],
        }
        if self.objects:
            result["objects"] = [item.to_dict() for item in self.objects]
        if self.notes:
            result["notes"] = list(self.notes)
        if self.refinement_steps:
            result["refinement_steps"] = list(self.refinement_steps)
        return result

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Plan:
        """Read a plan document of either version.

        data: the document as JSON values. Boxes and sizes may be any finite numbers; `check_plan` looks at them.

        Raises `PlanError` with path and value for unknown or missing keys, wrong types (numbers as strings too), NaN,
        infinities, other versions, values of the new keys out of their range, and for ten times as much as a good plan
        holds.
        """
        if isinstance(data, Mapping) and data.get("version") not in VERSIONS:
            document.wrong("version", " or ".join(map(str, VERSIONS)), data.get("version"))
        optional = ("objects", "notes", "refinement_steps")
        known = document.fields(data, "", required=("version", "prompt", "rows"), optional=optional)
        version = document.integer(known["version"], "version")
        steps = known.get("refinement_steps")
        rows = document.each(known["rows"], "rows", most=MAX_DOCUMENT_CELLS)
        objects = document.each(known.get("objects", ()), "objects", most=MAX_DOCUMENT_OBJECTS)
        notes = document.each(known.get("notes", ()), "notes", most=MAX_DOCUMENT_NOTES)
        plan = cls(
            prompt=document.text(known["prompt"], "prompt"),
            rows=tuple(Row.from_dict(*row) for row in rows),
            objects=tuple(ObjectBox.from_dict(*item) for item in objects),
            notes=tuple(document.text(*note) for note in notes),
            refinement_steps=_read_steps(steps) if "refinement_steps" in known else None,
        )
        if version == 1 and plan.new_keys:
            document.wrong("version", f"2 in a plan with {', '.join(plan.new_keys)}", version)
        return plan

    def anchored(self, folder: str | Path) -> Plan:
        """Return the plan with the paths of its images and LoRAs absolute; relative ones are read from `folder`.

        A LoRA that is named as on the hub (owner/name/FILE) stays so where `folder` has no such file.

        Raises `PlanError` for a path that cannot be followed.
        """

        def absolute(path: str) -> str:
            try:
                return str(Path(folder, Path(path).expanduser()).resolve())
            except (OSError, RuntimeError, ValueError) as error:  # nobody's home, links in a circle, far too long
                raise PlanError(f"the path {document.shown(path)} cannot be followed: {error}") from error

        def absolute_lora(file: str) -> str:
            local = absolute(file)
            return file if names_hub_file(file) and not os.path.isfile(local) else local  # noqa: PTH113 - never raises

        return self._with_paths(absolute, absolute_lora)

    def relative_to(self, folder: str | Path) -> Plan:
        """Return the plan with the paths of files that lie under `folder` relative to it, of others as `anchored`."""
        top = Path(folder).resolve()

        def relative(path: str) -> str:
            return str(Path(path).relative_to(top)) if top in Path(path).parents else path

        return self.anchored(".")._with_paths(relative, relative)

    def _with_paths(self, image_path: Callable[[str], str], lora_path: Callable[[str], str]) -> Plan:
        return replace(self, objects=tuple(item.with_paths(image_path, lora_path) for item in self.objects))

    def save(self, path: str | Path) -> None:
        """Write the plan as indented JSON in UTF-8, whole or not at all.

        path: where to; the paths of the plan's files are written as `relative_to` its folder.

        Raises `OSError` with the file's name where it cannot be written; what was there before stays then.
        """
        document_of = self.relative_to(Path(path).parent).to_dict()
        source = json.dumps(document_of, indent=2, ensure_ascii=False, allow_nan=False)
        write_whole(path, source + "\n")

    @classmethod
    def load(cls, path: str | Path) -> Plan:
        """Read a plan from a JSON file.

        path: the file, as of `planner.plan.document.read_text`; "-" is the standard input. Relative paths of images and
            LoRAs in the plan are relative to its folder.

        Raises `OSError` where the file cannot be read, `PlanError` with the file's name where it is no plan.
        """
        return cls.from_document(document.read_json(path), path)

    @classmethod
    def from_document(cls, data: Any, path: str | Path) -> Plan:
        """Read a plan from what `planner.plan.document.read_json` read of a file.

        data: the file's JSON value.
        path: the file's; relative paths in the plan are relative to its folder.

        Raises `PlanError` with the file's name where it is no plan.
        """
        try:
            return cls.from_dict(data).anchored(Path(path).parent)
        except PlanError as error:
            raise PlanError(f"{path}: {error}") from error

    @classmethod
    def from_rag(cls, *, identity: ImageKind = "ip_adapter", **parameters: Unpack[rag.RagInput]) -> Plan:
        """Read a parameter set of the RAG-Diffusion release; every number stays as it is.

        identity: what the faces are for, "ip_adapter" or "pulid": the release's keys do not tell.
        parameters: the release's own, as `planner.plan.rag.RagInput` has them.

        Raises `PlanError` where one is missing or not known, where the lists differ in length, or the number of prompts
        from that of the cells.
        """
        given = document.fields(parameters, "", required=rag.REQUIRED_KEYS, optional=rag.OPTIONAL_KEYS)
        redux, faces, weights = (given.get(key) for key in rag.IMAGE_KEYS)
        images = rag.read_images(redux, faces, weights, identity)
        boxes = {key: given[key] for key in rag.BOX_KEYS}
        objects = rag.read_objects(given.get("HB_prompt_list"), boxes, images)
        return cls(given["prompt"], rag.read_rows(given["SR_prompt"], given["SR_hw_split_ratio"]), objects)

    def to_rag(self) -> rag.RagParameters:
        """Return the plan in the release's parameters, from which `from_rag` reads the same plan back.

        Images become `Redux_list` or `id_images_path` where every object has one, all of one kind (`from_rag` must
        be told that it is PuLID's). What the release has no word for is left out: notes, the height of a lone row (it
        has no effect there either), space around cell prompts; and, with a note in the log that names them, other
        images, LoRAs, an object's own binding steps, a cell's own strength and the plan's refinement steps. A plan
        without objects gets empty lists, for use with `HB_replace=-1`. Raises `PlanError` for a cell prompt that
        contains BREAK, and as `cell_boxes`.
        """
        self.cell_boxes()
        return rag.write_parameters(self.prompt, self.rows, self.objects, self.new_keys)


def _read_steps(value: object) -> tuple[int, int]:
    """Read the first step and the one after the last."""
    steps = document.items(value, "refinement_steps")
    if len(steps) != 2:
        document.wrong("refinement_steps", "two whole numbers, the first step and the one after the last", value)
    first, last = (document.integer(step, f"refinement_steps[{i}]", minimum=0) for i, step in enumerate(steps))
    if first >= last:
        document.wrong("refinement_steps", f"two rising numbers, the second above {first}", list(steps))
    return first, last
