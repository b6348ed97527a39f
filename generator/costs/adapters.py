"""What reference pictures cost, computed: FLOPs and weights. An IP-Adapter is taken for InstantX'. No torch.

Counted as in `generator.families.profiles.model_size`: a multiplication and an addition are two operations. Sizes are
the published adapters'.
"""

from __future__ import annotations

import math
from dataclasses import replace

from generator.families.profiles.model_size import ModelSize
from generator.regions.call import Call
from generator.regions.geometry import object_rects
from planner.plan import Plan

REDUX_TOKENS = 512 + 729
IP_TOKENS, IP_CHANNELS = 128, 4096
NATIVE_TOKENS = 4096  # of a square of 1024 px, the most that a picture is shown as
FACE_TOKENS, FACE_CHANNELS, FACE_INNER = 32, 2048, 2048


def image_flops(size: ModelSize, request: Call, text: int, passes: int = 1) -> float:
    """Return the FLOPs that the pictures of a request's objects add to a picture.

    text: of a region's prompt. passes: of each step, two with guidance.
    """
    plan, steps = request.plan, request.num_inference_steps
    kinds = {number: item.image.kind for number, item in enumerate(plan.objects) if item.image}
    rects = object_rects(plan, request.grid) if kinds else ()
    flops = 0.0
    for box in request.boxes:
        kind, count = kinds.get(box.number), box.rect.count
        if kind == "redux":
            flops += box.steps * (size.plain_flops(count, REDUX_TOKENS) - size.plain_flops(count, text))
        elif kind == "ip_adapter":
            flops += box.steps * _ip_adapter(size, count, text)
        elif kind == "native":
            seen = native_tokens(request)
            flops += passes * box.steps * (size.plain_flops(count + seen, text) - size.plain_flops(count, text))
    for number, kind in kinds.items():
        if kind == "ip_adapter":
            flops += steps * _ip_adapter(size, _seen_by(request, number, rects[number].count), text)
        elif kind == "pulid":
            flops += steps * _pulid(size, rects[number].count)
        elif kind == "native":
            flops += len(request.refined_steps) * _native(size, request, number, text)
    if need_second_stream(request):
        refined = len(request.refined_steps)
        flops += refined * size.single_blocks * 24 * size.channels**2 * request.grid.count
    return flops


def need_second_stream(request: Call) -> bool:
    """Tell whether faces alone make two image streams necessary: they are in one of them, the cells in the other."""
    faces = any(item.image and item.image.kind == "pulid" for item in request.plan.objects)
    return faces and bool(request.cells) and not request.mixed


def with_adapters(size: ModelSize, plan: Plan) -> ModelSize:
    """Return the model's size with the weights of the adapters that a plan needs; Redux' own are freed before."""
    kinds = {item.image.kind for item in plan.objects if item.image}
    added = 0.0
    if "ip_adapter" in kinds:
        added += (size.double_blocks + size.single_blocks) * 2 * IP_CHANNELS * size.channels
    if "pulid" in kinds:
        added += _nets(size) * 2 * FACE_INNER * (size.channels + FACE_CHANNELS)
    transformer = size.parameters.get("transformer", 0) + added
    return replace(size, parameters={**size.parameters, "transformer": transformer}) if added else size


def native_tokens(request: Call) -> int:
    """Return as how many image tokens the model itself reads a picture: as many as the canvas has, or NATIVE_TOKENS."""
    return min(NATIVE_TOKENS, request.grid.count)


def _native(size: ModelSize, request: Call, number: int, text: int) -> float:
    """Return what an object's picture adds to a pass with cells: its tokens stand in its cell's text stream."""
    if not request.cells:
        return 0.0
    own, image = request.cells[request.plan.owner_cell(number)].count, request.grid.count
    seen = native_tokens(request)
    pairs = (text + own + seen) * (text + image + seen) - (text + own) * (text + image)
    return size.flops([seen] * 2, [pairs] * 2)


def _seen_by(request: Call, number: int, box: int) -> int:
    """Return how many image tokens see an object's picture: its box's in the base stream, and its cell's."""
    if not request.cells:
        return box
    cell = request.cells[request.plan.owner_cell(number)].count
    return cell + (box if request.mixed else 0)


def _ip_adapter(size: ModelSize, image: int, text: int) -> float:
    blocks = size.double_blocks + size.single_blocks
    projections = blocks * 4 * IP_TOKENS * IP_CHANNELS * size.channels
    return float(projections + 4 * size.channels * IP_TOKENS * (blocks * image + size.single_blocks * text))


def _pulid(size: ModelSize, image: int) -> float:
    seen = 4 * FACE_INNER * image * (size.channels + FACE_TOKENS)
    return float(_nets(size) * (seen + 4 * FACE_TOKENS * FACE_CHANNELS * FACE_INNER))


def _nets(size: ModelSize) -> int:
    return math.ceil(size.double_blocks / 2) + math.ceil(size.single_blocks / 4)
