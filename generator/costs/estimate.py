"""What a picture will cost, computed before anything is loaded: passes, FLOPs, memory. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from generator.adapters.references import lora_marks
from generator.costs.adapters import image_flops, need_second_stream, with_adapters
from generator.costs.control import ControlCosts
from generator.costs.model_size import ModelSize
from generator.regions.call import Call, check_batch
from generator.regions.geometry import bounding_rect
from generator.regions.masking import Repaint
from generator.settings import RenderSettings
from planner.plan import Plan

BLOCK_TENSORS = 17  # (tokens, channels), alive at one time in a single-stream block; as torch's MemTracker counts them
VAE_TENSORS = 3  # of the picture's size, alive at one time in the decoder's last block
BITS = {None: 0, "nf4": 4, "int8": 8, "fp8": 8}


@dataclass(frozen=True)
class Estimate:
    """What one picture costs, or some that are painted as one batch.

    control_passes: of the ControlNet, None without one. streams: (text streams, image streams in the single-stream
    blocks).
    """

    pictures: int

    width: int
    height: int
    steps: int
    passes: int
    control_passes: int | None
    image_tokens: int
    text_tokens: int
    region_text_tokens: int
    streams: tuple[int, int]
    flops: float
    stock_flops: float
    weights_bytes: float
    features_bytes: float
    activations_bytes: float
    decoding_bytes: float

    @property
    def memory_bytes(self) -> float:
        """What is taken at most at one time: pictures are decoded, one after the other, when features are gone."""
        return self.weights_bytes + max(self.features_bytes + self.activations_bytes, self.decoding_bytes)

    def to_dict(self) -> dict[str, Any]:
        """Return the estimate as plain JSON values."""
        return {**vars(self), "streams": list(self.streams), "memory_bytes": self.memory_bytes}

    def lines(self) -> list[str]:
        """Say it in lines for people."""
        texts, images = self.streams
        regions = f" ({self.region_text_tokens} a region)" if self.region_text_tokens != self.text_tokens else ""
        weights, features, activations, decoding, memory = (
            f"{units(value, 1024)}B"
            for value in (
                self.weights_bytes,
                self.features_bytes,
                self.activations_bytes,
                self.decoding_bytes,
                self.memory_bytes,
            )
        )
        control = "" if self.control_passes is None else f", of the ControlNet: {self.control_passes}"
        batch = [f"pictures: {self.pictures} in one batch"] if self.pictures > 1 else []
        stock = "a stock picture's" if self.pictures == 1 else "stock pictures'"
        return [
            *batch,
            f"size: {self.width}×{self.height} px, {self.image_tokens} image tokens, {self.text_tokens} text tokens"
            f"{regions}",
            f"steps: {self.steps}, passes of the transformer: {self.passes}{control}",
            f"streams: {texts} text, {images} image",
            f"FLOPs: {units(self.flops, 1000)}FLOP, {self.flops / self.stock_flops:.2f} times {stock}",
            f"memory: about {memory} (weights {weights}, box features {features}, activations {activations}; at the "
            f"end {decoding} to decode a picture)",
        ]


def estimate(
    plan: Plan | Sequence[Plan],
    settings: RenderSettings,
    *,
    repaint: Repaint | Sequence[Repaint] | None = None,
    bits: int = 16,
    offload: str | None = None,
    images: int = 1,
) -> Estimate:
    """Compute what painting a plan costs, or several as one batch. bits: of a number that is computed with.

    images: of each plan, in the same batch. repaint: what is painted anew, one after the other if they are several.

    Memory is that of the device in bytes: weights, and beside them first the box features of one step and the largest
    block's activations, then what decoding one picture takes.
    Raises `RenderError` or `PlanError` for what cannot be painted, as painting would.
    """
    plans = [plan] if isinstance(plan, Plan) else list(plan)
    size, control = with_adapters(ModelSize.of(settings.model), plans[0]), ControlCosts.of(settings)
    repaints = [repaint] if isinstance(repaint, Repaint) else list(repaint or ())
    requests = [
        Call.of(each, settings.width, size.text_tokens, marks=lora_marks(each), **settings.options()) for each in plans
    ]
    check_batch(requests)
    request, count = requests[0], len(plans) * images
    text, region_text = request.max_sequence_length, request.region_max_sequence_length
    image, mixed = request.grid.count, request.mixed
    cells: dict[tuple[Any, ...], int] = {}
    prompts = zip(*([cell.prompt for cell in each.cells] for each in plans), strict=bool(request.cells))
    for *key, rect in zip(prompts, request.strengths, request.cell_marks, request.cells, strict=bool(request.cells)):
        cells[tuple(key)] = cells.get(tuple(key), 0) + rect.count
    plain, refined = size.plain_flops(image, text), 0.0
    if cells:
        refined = size.region_flops(list(cells.values()), region_text, text, mixed=mixed)
    refined_steps = request.refined_steps if cells else range(0)
    pictures = [refined if step in refined_steps else plain for step in range(settings.steps)]
    flops = len(plans) * sum(pictures)
    boxes = [(box, each.plan.objects[box.number]) for each in requests for box in each.boxes]
    flops += sum(box.steps * size.plain_flops(box.rect.count, region_text) for box, _ in boxes)
    batches = {(box.steps, box.rect.width, box.rect.height, item.lora) for box, item in boxes}
    passes = settings.steps + sum(steps for steps, *_ in batches)
    flops += sum(image_flops(size, each, region_text) for each in requests)
    recorded = sum(box.rect.count for box, _ in boxes if box.steps)
    controlled = list(control.steps) if control else []
    for each in repaints:
        each.check(request)
        alone = bounding_rect(each.tokens(request.grid), request.grid).count
        start = each.hard_binding_steps
        flops += start * size.plain_flops(alone, region_text) + sum(pictures[start:])
        passes += settings.steps
        controlled += [step for step in (control.steps if control else ()) if step >= start]
    doubled = mixed or any(map(need_second_stream, requests))
    streams = (len(cells) + mixed, 1 + doubled) if cells else (1, 1)
    texts = len(cells) * region_text + mixed * text if cells else text
    one_stream_only = not mixed and len(refined_steps) == settings.steps
    places = 1 + size.double_blocks + (0 if one_stream_only else size.single_blocks)
    kept = image if repaints else 0  # of a chain, too: what one pass has read is gone when the next one is recorded
    activations = (texts + streams[1] * image) * BLOCK_TENSORS * size.channels
    if control:
        flops += len(plans) * len(controlled) * control.flops(image, text)
        activations += control.kept(image, streams[1]) * control.size.channels
        size = replace(size, parameters={**size.parameters, **control.size.parameters})
    return Estimate(
        count,
        settings.width,
        settings.height,
        settings.steps,
        passes,
        len(controlled) if control else None,
        image,
        text,
        region_text,
        streams,
        flops * images,
        count * settings.steps * plain,
        weights_bytes(size, settings.quantize, bits, offload),
        (recorded + kept) * images * places * size.channels * bits / 8,
        count * activations * bits / 8,
        VAE_TENSORS * size.vae_channels * settings.width * settings.height * bits / 8,
    )


def weights_bytes(size: ModelSize, quantize: str | None, bits: int, offload: str | None) -> float:
    """Return how much of the device's memory the weights take at most at one time."""
    small = BITS[quantize] or bits
    parts = {
        part: count * (small if part in ("transformer", "text_encoder_2") else bits) / 8
        for part, count in size.parameters.items()
    }
    if offload is None:
        return sum(parts.values())
    if offload == "model":
        return max(parts.values())
    largest = bits if "controlnet" in parts else small
    return 2 * 36 * size.channels**2 * largest / 8  # a double-stream block, and the next one on its way


def units(value: float, base: int) -> str:
    """Write a number with the prefix of its size: 34 G, or of 1024 3.2 Gi."""
    names = ["", "k", "M", "G", "T", "P"] if base == 1000 else ["", "Ki", "Mi", "Gi", "Ti", "Pi"]
    level = 0
    while value >= base and level < len(names) - 1:
        value, level = value / base, level + 1
    return f"{value:.3g} {names[level]}"
