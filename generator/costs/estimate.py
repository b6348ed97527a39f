"""What a picture will cost, computed before anything is loaded: passes, FLOPs, memory. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from generator.adapters.references import lora_marks
from generator.costs.adapters import image_flops, need_second_stream, with_adapters
from generator.costs.control import ControlCosts
from generator.families.detecting import checkpoint_of, profile_of
from generator.families.profiles.model_size import ModelSize
from generator.families.profiles.profile import Profile
from generator.families.suiting import asked, check_suits, regional_of
from generator.regions.call import Call, check_batch
from generator.regions.geometry import bounding_rect
from generator.regions.repaint import Repaint
from generator.settings import RenderSettings
from planner.plan import Plan

VAE_TENSORS = 3  # of the picture's size, alive at one time in the decoder's last block
BITS = {None: 0, "nf4": 4, "int8": 8, "fp8": 8}


@dataclass(frozen=True)
class Estimate:
    """What one picture costs, or some that are painted as one batch.

    control_passes: of the ControlNet, None without one. streams: (text streams, image streams in the single-stream
    blocks). Memory is that of the device in bytes: weights, and beside them first the box features of one step and the
    largest block's activations, then what decoding one picture takes. looking_bytes: what whoever looks at it takes.
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
    looking_bytes: float = 0.0

    @property
    def memory_bytes(self) -> float:
        """What is taken at most at one time: pictures are decoded, one after the other, when features are gone.

        Whoever looks at them does so between two pictures, beside the weights.
        """
        painting = self.features_bytes + self.activations_bytes
        return self.weights_bytes + max(painting, self.decoding_bytes, self.looking_bytes)

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
        looking = f", then {units(self.looking_bytes, 1024)}B to look at it" if self.looking_bytes else ""
        stock = "a stock picture's" if self.pictures == 1 else "stock pictures'"
        return [
            *batch,
            f"size: {self.width}×{self.height} px, {self.image_tokens} image tokens, {self.text_tokens} text tokens"
            f"{regions}",
            f"steps: {self.steps}, passes of the transformer: {self.passes}{control}",
            f"streams: {texts} text, {images} image",
            f"FLOPs: {units(self.flops, 1000)}FLOP, {self.flops / self.stock_flops:.2f} times {stock}",
            f"memory: about {memory} (weights {weights}, box features {features}, activations {activations}; at the "
            f"end {decoding} to decode a picture{looking})",
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
    """Compute what painting a plan costs, or several as one batch.

    repaint: what is painted anew, one after the other if they are several.
    bits: of a number that is computed with.
    images: of each plan, in the same batch.

    Raises `RenderError` or `PlanError` for what cannot be painted, as painting would.
    """
    repaints = [repaint] if isinstance(repaint, Repaint) else list(repaint or ())
    given = [plan] if isinstance(plan, Plan) else plan
    costs = _Costs.of([asked(settings.model, each, repaints=len(repaints)) for each in given], settings)
    work = _Work.of(costs, settings.steps, repaints)
    request, size, count = costs.request, costs.size, len(costs.requests) * images
    return Estimate(
        pictures=count,
        width=settings.width,
        height=settings.height,
        steps=settings.steps,
        passes=work.passes,
        control_passes=work.control_passes,
        image_tokens=costs.image,
        text_tokens=request.max_sequence_length,
        region_text_tokens=request.region_max_sequence_length,
        streams=costs.streams,
        flops=work.flops * images,
        stock_flops=count * settings.steps * costs.plain,
        weights_bytes=weights_bytes(costs.loaded, settings.quantize, bits, offload, costs.profile.quantized),
        features_bytes=costs.recorded(chained=bool(repaints)) * images * size.channels * bits / 8,
        activations_bytes=count * costs.activations * bits / 8,
        decoding_bytes=VAE_TENSORS * size.vae_channels * settings.width * settings.height * bits / 8,
    )


@dataclass(frozen=True)
class _Costs:
    """What the passes of some plans, painted as one batch, cost on a model.

    passes: of each step, two with guidance.
    """

    requests: Sequence[Call]
    profile: Profile
    size: ModelSize
    control: ControlCosts | None
    passes: int

    @classmethod
    def of(cls, plans: Sequence[Plan], settings: RenderSettings) -> _Costs:
        check_suits(settings.model, regional=regional_of(vars(settings)))
        profile, checkpoint = profile_of(settings.model), checkpoint_of(settings.model)
        size = with_adapters(profile.size(checkpoint), plans[0])
        own = {"longest_text": profile.longest_text, "sizes": profile.sizes, **settings.options()}
        requests = [Call.of(each, settings.width, size.text_tokens, marks=lora_marks(each), **own) for each in plans]
        check_batch(requests)
        passes = 2 if profile.guided(checkpoint, settings.guidance_scale) else 1
        return cls(requests, profile, size, ControlCosts.of(settings), passes)

    @property
    def request(self) -> Call:
        return self.requests[0]

    @cached_property
    def cells(self) -> list[int]:
        """How many image tokens each text stream refines; cells of one prompt, δ and marks are one."""
        found: dict[tuple[Any, ...], int] = {}
        request, strict = self.request, bool(self.request.cells)
        prompts = zip(*([cell.prompt for cell in each.plan.cells] for each in self.requests), strict=strict)
        parts = zip(prompts, request.strengths, request.cell_marks, request.cells, strict=strict)
        for *key, rect in parts:
            found[tuple(key)] = found.get(tuple(key), 0) + rect.count
        return list(found.values())

    @property
    def streams(self) -> tuple[int, int]:
        """How many text streams, and image streams in the single-stream blocks."""
        if not self.cells:
            return 1, 1
        doubled = (self.request.mixed and self.size.two_streams) or any(map(need_second_stream, self.requests))
        return len(self.cells) + self.request.mixed, 1 + doubled

    @property
    def texts(self) -> int:
        """How many text tokens the longest pass has."""
        text, region = self.request.max_sequence_length, self.request.region_max_sequence_length
        return len(self.cells) * region + self.request.mixed * text if self.cells else text

    @property
    def image(self) -> int:
        """How many image tokens a picture has."""
        return self.size.each * self.request.grid.count

    @property
    def loaded(self) -> ModelSize:
        """The model's size with the parameters of the ControlNet."""
        control = self.control.size.parameters if self.control else {}
        return replace(self.size, parameters={**self.size.parameters, **control})

    @property
    def activations(self) -> float:
        """How many numbers the largest block, and beside it the ControlNet, has in memory for one picture."""
        own = (self.texts + self.streams[1] * self.image) * self.size.block_tensors * self.size.channels
        control = self.control
        return own + (control.kept(self.image, self.streams[1]) * control.size.channels if control else 0)

    @property
    def plain(self) -> float:
        """FLOPs of a step of the stock model."""
        return self.passes * self.size.plain_flops(self.request.grid.count, self.request.max_sequence_length)

    def step(self, number: int) -> float:
        """Return the FLOPs of a step of one picture; the pass of the negative prompt has no cells."""
        request = self.request
        if not self.cells or number not in request.refined_steps:
            return self.plain
        text, region = request.max_sequence_length, request.region_max_sequence_length
        refined = self.size.region_flops(self.cells, region, text, mixed=request.mixed)
        return refined + self.plain * (self.passes - 1) / self.passes

    def alone(self, tokens: int) -> float:
        """Return the FLOPs of a step of something that is painted alone."""
        return self.passes * self.size.plain_flops(tokens, self.request.region_max_sequence_length)

    def boxes(self) -> float:
        """Return the FLOPs of all boxes, and of what reference pictures add."""
        region = self.request.region_max_sequence_length
        bound = sum(box.steps * self.alone(box.rect.count) for each in self.requests for box in each.boxes)
        return bound + sum(image_flops(self.size, each, region, self.passes) for each in self.requests)

    def box_batches(self) -> int:
        """Return how many passes the boxes take: those of one size, number of steps and LoRA go as one."""
        return sum(
            steps
            for steps, *_ in {
                (box.steps, box.rect.width, box.rect.height, each.plan.objects[box.number].lora)
                for each in self.requests
                for box in each.boxes
            }
        )

    def recorded(self, *, chained: bool) -> float:
        """Return how many tokens' features are kept: those of hard binding, and of the picture that is repainted.

        Of a chain of repaints, too, it is one picture: what one pass has read is gone when the next one is recorded.
        """
        bound = sum(box.rect.count for each in self.requests for box in each.boxes if box.steps)
        kept = self.request.grid.count if chained else 0
        return self.size.each * (bound + kept) * self.passes * self.places

    @property
    def places(self) -> int:
        """After how many modules hard binding keeps what it carries over."""
        size, request = self.size, self.request
        refined = len(request.refined_steps) if self.cells else 0
        first_only = size.two_streams and not request.mixed and refined == request.num_inference_steps
        return 1 + size.image_blocks + size.double_blocks + (0 if first_only else size.single_blocks)


@dataclass(frozen=True)
class _Work:
    """What is computed for one picture of each plan.

    passes: of the transformer. control_passes: of the ControlNet, None without one.
    """

    flops: float
    passes: int
    control_passes: int | None

    @classmethod
    def of(cls, costs: _Costs, steps: int, repaints: Sequence[Repaint]) -> _Work:
        """Count the passes of painting and of each repaint. Raises `RenderError` for a repaint that cannot be."""
        request, control = costs.request, costs.control
        pictures = [costs.step(number) for number in range(steps)]
        controlled = list(control.steps) if control else []
        flops, passes = (
            len(costs.requests) * sum(pictures) + costs.boxes(),
            costs.passes * (steps + costs.box_batches()),
        )
        for each in repaints:
            each.check(request)
            alone, start = bounding_rect(each.tokens(request.grid), request.grid).count, each.hard_binding_steps
            flops += start * costs.alone(alone) + sum(pictures[start:])
            passes += costs.passes * steps
            controlled += [step for step in (control.steps if control else ()) if step >= start]
        if control is None:
            return cls(flops, passes, None)
        of_control = control.flops(costs.image, request.max_sequence_length)
        return cls(flops + len(costs.requests) * len(controlled) * of_control, passes, len(controlled))


def weights_bytes(
    size: ModelSize, quantize: str | None, bits: int, offload: str | None, quantized: Sequence[str]
) -> float:
    """Return how much of the device's memory the weights take at most at one time.

    quantized: the parts that `quantize` makes smaller.
    """
    small = BITS[quantize] or bits
    parts = {part: count * (small if part in quantized else bits) / 8 for part, count in size.parameters.items()}
    if offload is None:
        return sum(parts.values())
    if offload == "model":
        return max(parts.values())
    largest = bits if "controlnet" in parts else small
    return 2 * size.block_parameters * size.channels**2 * largest / 8  # the largest block, and the next one on its way


def units(value: float, base: int) -> str:
    """Write a number with the prefix of its size: 34 G, or of 1024 3.2 Gi."""
    names = ["", "k", "M", "G", "T", "P"] if base == 1000 else ["", "Ki", "Mi", "Gi", "Ti", "Pi"]
    level = 0
    while value >= base and level < len(names) - 1:
        value, level = value / base, level + 1
    return f"{value:.3g} {names[level]}"
