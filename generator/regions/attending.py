"""What a family's attention processors need besides `packing`: sequences that begin with the image, or have no image.

A processor projects and turns query, key and value as the stock one does, and hands them to one of the functions here
with the layout of the pass, and with what attends (diffusers' dispatch, with the processor's backend).

Tensors: (batch, tokens, heads, head channels); query, key and value are overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from generator.regions.packing import RegionLayout
from planner.errors import RenderError

# Plain attention of query, key and value.
Attend = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def standing_in(processor: Any, ours: Mapping[type[Any], Callable[[], Any]]) -> Any:
    """Return our processor with the attention backend of diffusers' own one that it stands in for.

    ours: what makes one, by the class that it stands in for. Raises `RenderError` for processors of other classes.
    """
    if type(processor) not in ours:
        known = " or ".join(kind.__name__ for kind in ours)
        raise RenderError(f"cells need diffusers' {known}, found {type(processor).__name__}; set refinement_strength=0")
    own = ours[type(processor)]()
    own._attention_backend, own._parallel_config = processor._attention_backend, processor._parallel_config
    return own


@contextmanager
def processors(own: Mapping[torch.nn.Module, Any]) -> Iterator[None]:
    """Set the processors of attention modules; on leaving, also by an exception, they have those they had."""
    stock = {module: module.processor for module in own}
    try:
        for module, processor in own.items():
            module.set_processor(processor)  # type: ignore[operator]
        yield
    finally:
        for module, processor in stock.items():
            module.set_processor(processor)  # type: ignore[operator]


def attend_image_first(
    layout: RegionLayout, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, attend: Attend
) -> torch.Tensor:
    """Attend in a sequence [image | padding | base | text K | … | text 1]: the image's padding is the last cell's.

    It is the mirror image of the other: before text k attends it is moved to just behind its image tokens, over what
    the texts before it were done with; so the last cell is first.
    """
    texts = list(reversed(layout.text_tokens[layout.mixed :]))
    image = query.shape[1] - sum(layout.text_tokens)
    cells = list(reversed(_spans([*layout.cell_tokens[:-1], image - sum(layout.cell_tokens[:-1])])))
    attended = [(layout.text_tokens[0], slice(0, image))] if layout.mixed else []
    attended += zip(texts, cells, strict=True)
    outputs, start = [], image
    for count, rows in attended:
        text, start = slice(start, start + count), start + count
        whole = slice(0, image)
        parts = zip((query, key, value), (rows, whole, whole), strict=True)
        outputs.append(attend(*(_behind(values, text, seen) for values, seen in parts)))
    images = [output[:, : rows.stop - rows.start] for output, (_, rows) in zip(outputs, attended, strict=True)]
    behind = [output[:, rows.stop - rows.start :] for output, (_, rows) in zip(outputs, attended, strict=True)]
    if not layout.mixed:
        return torch.cat([*reversed(images), *behind], dim=1)
    joined = torch.cat([images[0], *behind], dim=1)
    for part, rows, strength in zip(images[1:], cells, reversed(layout.strengths), strict=True):
        joined[:, rows].lerp_(part, strength)
    return joined


def attend_alone(
    lengths: Sequence[int], query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, attend: Attend
) -> torch.Tensor:
    """Attend in a sequence of texts, of so many tokens each, that must not see each other."""
    parts = zip(*(values.split_with_sizes(list(lengths), dim=1) for values in (query, key, value)), strict=True)
    return torch.cat([attend(*part) for part in parts], dim=1)


def _spans(counts: Sequence[int]) -> list[slice]:
    ends = [sum(counts[: number + 1]) for number in range(len(counts))]
    return [slice(end - count, end) for end, count in zip(ends, counts, strict=True)]


def _behind(values: torch.Tensor, text: slice, image: slice) -> torch.Tensor:
    """Return image tokens and a text of a sequence as one view of it, after moving the text to behind the image."""
    count = text.stop - text.start
    if text.start != image.stop:
        moved = values[:, text]
        values[:, image.stop : image.stop + count] = moved if text.start >= image.stop + count else moved.clone()
    return values[:, image.start : image.stop + count]
