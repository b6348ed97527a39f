"""The parts of a plan from and to the RAG-Diffusion release's parameters; `planner.plan.rag` has the string formats."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from planner.errors import PlanError
from planner.plan import document, rag
from planner.plan.box import Box
from planner.plan.limits import MAX_IMAGE_WEIGHT
from planner.plan.parts import Cell, ImageKind, ImagePrompt, ObjectBox, Row

log = logging.getLogger("ragplan")


def read_rows(prompts: str, ratio: str) -> tuple[Row, ...]:
    """Read `SR_prompt` and `SR_hw_split_ratio`."""
    parts = rag.parse_split_ratio(document.text(ratio, "SR_hw_split_ratio"))
    texts = rag.split_prompts(document.text(prompts, "SR_prompt"))
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


def write(prompt: str, rows: Sequence[Row], objects: Sequence[ObjectBox], new_keys: Sequence[str]) -> rag.RagParameters:
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
        "SR_prompt": rag.join_prompts([cell.prompt for row in rows for cell in row.cells]),
        "SR_hw_split_ratio": rag.format_split_ratio([(row.height, [cell.width for cell in row.cells]) for row in rows]),
        **images,
    }


def _write_images(objects: Sequence[ObjectBox]) -> rag.RagImages:
    """Write the images where every object has one, all of one kind, those of Redux of weight 1; else nothing."""
    images = [item.image for item in objects if item.image]
    kinds = {image.kind for image in images}
    if len(images) != len(objects) or len(kinds) != 1:
        return {}
    paths = [image.path for image in images]
    if kinds != {"redux"}:
        return {"id_images_path": paths, "id_weights": [image.weight for image in images]}
    return {"Redux_list": paths} if all(image.weight == 1 for image in images) else {}
