"""A family that differs from FLUX.1 where today's models do, and its tiny transformer and pipeline.

No pooled vector and no guidance inside; one kind of block, in which image and text are joined, the image first; the
transformer makes positions itself, from the picture's shape; guidance takes two passes. Nothing of the generator but
this file knows it: it is what a new family has to bring.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar

import torch
from diffusers import ConfigMixin, DiffusionPipeline, FlowMatchEulerDiscreteScheduler, ModelMixin
from diffusers.configuration_utils import register_to_config
from diffusers.hooks import ModelHook
from diffusers.image_processor import VaeImageProcessor
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from generator.families.profiles.checkpoint import Checkpoint
from generator.families.profiles.model_size import ModelSize
from generator.families.profiles.profile import Defaults, Profile, Works
from generator.regions.call import Call
from generator.regions.family import Family, Noise, first
from generator.regions.geometry import Sizes, TokenGrid
from generator.regions.packing import RegionLayout
from generator.regions.passes import Pass
from generator.regions.pipeline import RegionalPipeline
from generator.regions.text import Text
from generator.regions.transfer import Place, View, hooked

CHANNELS, WIDTH = 6, 8
LAYOUT: ContextVar[RegionLayout | None] = ContextVar("layout", default=None)


class Positions(nn.Module):
    """Where each image token is, row by row: what its query and key are multiplied by, (tokens, width)."""

    def forward(self, shape: tuple[int, int]) -> torch.Tensor:
        rows, columns = shape
        ys, xs = torch.arange(rows).repeat_interleave(columns), torch.arange(columns).repeat(rows)
        return torch.cos(ys[:, None] * torch.linspace(0.1, 1, WIDTH) + xs[:, None] * torch.linspace(1, 0.2, WIDTH))


class ToyProcessor:
    """The stock attention: everything attends to everything."""

    def __call__(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        return scaled_dot_product_attention(query, key, value)


class RegionalToyProcessor(ToyProcessor):
    """The stock one, or by the layout of this thread's pass: the image, then the base's text, then the cells'."""

    def __call__(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        layout = LAYOUT.get()
        if layout is None:
            return super().__call__(query, key, value)
        count = layout.image_tokens
        (images, q), (k_image, k), (v_image, v) = (_parts(part, layout) for part in (query, key, value))
        cells = [*images.split(layout.cell_tokens, dim=1)]
        own = [images, *cells] if layout.mixed else cells
        outputs = [
            super(RegionalToyProcessor, self).__call__(
                torch.cat([image, q[i]], 1), torch.cat([k_image, k[i]], 1), torch.cat([v_image, v[i]], 1)
            )
            for i, image in enumerate(own)
        ]
        seen = [output[:, : image.shape[1]] for output, image in zip(outputs, own, strict=True)]
        stitched = torch.cat(seen[layout.mixed :], 1)
        if layout.mixed:
            weights = [torch.full((n, 1), δ) for n, δ in zip(layout.cell_tokens, layout.strengths, strict=True)]
            stitched = torch.lerp(seen[0], stitched, torch.cat(weights).expand(count, WIDTH))
        texts = [output[:, image.shape[1] :] for output, image in zip(outputs, own, strict=True)]
        return torch.cat([stitched, *texts], 1)


def _parts(values: torch.Tensor, layout: RegionLayout) -> tuple[torch.Tensor, Sequence[torch.Tensor]]:
    image, text = values.tensor_split([layout.image_tokens], dim=1)
    return image, text.split(layout.text_tokens, dim=1)


class ToyBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.out, self.time = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(1, WIDTH)
        self.processor: Any = ToyProcessor()

    def forward(self, joined: torch.Tensor, positions: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        count = len(positions)
        query, key, value = self.qkv(joined + self.time(time)[:, None]).chunk(3, dim=-1)
        query, key = (torch.cat([x[:, :count] * positions, x[:, count:]], 1) for x in (query, key))
        return joined + torch.tanh(self.out(self.processor(query, key, value)))


class ToyTransformer(ModelMixin, ConfigMixin):  # type: ignore[misc]
    @register_to_config
    def __init__(self, depth: int = 3) -> None:
        super().__init__()
        self.embed, self.text, self.out = nn.Linear(CHANNELS, WIDTH), nn.Linear(5, WIDTH), nn.Linear(WIDTH, CHANNELS)
        self.positions = Positions()
        self.blocks = nn.ModuleList(ToyBlock() for _ in range(depth))

    def forward(self, image: torch.Tensor, text: torch.Tensor, time: torch.Tensor, shape: tuple[int, int]) -> Any:
        joined, positions = torch.cat([self.embed(image), self.text(text)], 1), self.positions(shape)
        for block in self.blocks:
            joined = block(joined, positions, time)
        return self.out(joined[:, : image.shape[1]])


class ToyPipeline(DiffusionPipeline):  # type: ignore[misc]
    """A stock pipeline of its own; prompts are random embeddings of different lengths, drawn from their words."""

    def __init__(self, scheduler: Any, transformer: Any) -> None:
        super().__init__()
        self.register_modules(scheduler=scheduler, transformer=transformer)

    def encode_prompt(self, prompt: str) -> torch.Tensor:
        seed = int(hashlib.sha256(prompt.encode()).hexdigest()[:8], 16)
        return torch.randn(1, 2 + len(prompt) % 5, 5, generator=torch.Generator().manual_seed(seed))

    @property
    def interrupt(self) -> bool:
        return bool(self._interrupt)


class Reordered(ModelHook):  # type: ignore[misc]
    """Sort the positions that a transformer makes as the image tokens of a pass are."""

    def __init__(self, one: Pass) -> None:
        super().__init__()
        self.one = one

    def post_forward(self, module: nn.Module, output: torch.Tensor) -> torch.Tensor:
        return self.one.pack(output)


class ToyProfile(Profile):
    name = "Toy"
    stock = ("ToyPipeline",)
    module = "toy_family"
    pipeline = "RegionalToyPipeline"
    longest_text = 16
    sizes = Sizes(token_px=8, multiple_px=16, smallest_px=32, largest_px=256)
    quantized = ("transformer",)

    def defaults(self, checkpoint: Checkpoint) -> Defaults:
        return Defaults(3, 4.0, 1, "made up", 32)

    def works(self, checkpoint: Checkpoint) -> Works:
        return Works(negative_prompt=True, lora=False)

    def size(self, checkpoint: Checkpoint) -> ModelSize:
        depth = checkpoint.config("transformer").get("depth", 3)
        return ModelSize(0, depth, WIDTH, self.longest_text, checkpoint.parameters({"transformer": 0.0}), 3)

    def guided(self, checkpoint: Checkpoint, guidance_scale: float) -> bool:
        return guidance_scale > 1


TOY = ToyProfile()


class Toy:
    name, longest_text, sizes = TOY.name, TOY.longest_text, TOY.sizes
    two_streams = False

    def side_px(self, pipe: Any) -> int:
        return 32

    def text_tokens(self, pipe: Any) -> int:
        return self.longest_text

    def check(self, pipe: Any, call: Call) -> None:
        pass

    def negative(self, pipe: Any, call: Call) -> str | None:
        return call.negative_prompt or "" if call.guidance_scale > 1 else None

    def guide(self, call: Call, positive: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
        return negative + call.guidance_scale * (positive - negative)

    def encode(self, pipe: Any, prompt: str, tokens: int, call: Call) -> Text:
        return Text(pipe.encode_prompt(prompt)[:, :tokens])

    def timesteps(self, pipe: Any, call: Call) -> torch.Tensor:
        pipe.scheduler.set_timesteps(call.num_inference_steps)
        timesteps: torch.Tensor = pipe.scheduler.timesteps
        return timesteps

    def noise(self, pipe: Any, wanted: Noise) -> tuple[torch.Tensor, None]:
        if wanted.latents is not None:
            return wanted.latents, None
        generator = wanted.generators
        assert not isinstance(generator, list)
        return torch.randn(wanted.images, wanted.grid.count, CHANNELS, generator=generator), None

    @contextmanager
    def attention(self, transformer: Any, call: Call) -> Iterator[None]:
        stock = [block.processor for block in transformer.blocks]
        try:
            for block in transformer.blocks:
                block.processor = RegionalToyProcessor()
            yield
        finally:
            for block, processor in zip(transformer.blocks, stock, strict=True):
                block.processor = processor

    def places(self, transformer: Any) -> Sequence[tuple[nn.Module, Place, View]]:
        return [(module, Place(i), first) for i, module in enumerate((transformer.embed, *transformer.blocks))]

    def predict(
        self, transformer: Any, one: Pass, timestep: torch.Tensor, call: Call, given: Mapping[str, Any]
    ) -> torch.Tensor:
        canvas, token = one.canvas, LAYOUT.set(one.layout())
        text = torch.cat([text.embeds for text in one.texts()], 1)
        time = timestep.expand(len(canvas.latents))[:, None] / 1000
        try:
            with hooked({transformer.positions: Reordered(one)} if one.regions else {}, "toy_positions"):
                velocity: torch.Tensor = transformer(
                    one.pack(canvas.latents), text, time, (canvas.grid.height, canvas.grid.width), **given
                )
        finally:
            LAYOUT.reset(token)
        return velocity

    def unpack(self, pipe: Any, latents: torch.Tensor, grid: TokenGrid) -> torch.Tensor:
        return latents.unflatten(1, (grid.height, grid.width)).permute(0, 3, 1, 2)

    def decode(self, pipe: Any, latents: torch.Tensor, output_type: str) -> Any:
        larger = torch.nn.functional.interpolate(latents[:, :3], scale_factor=float(TOY.sizes.token_px))
        return VaeImageProcessor().postprocess(larger, output_type=output_type)


class RegionalToyPipeline(RegionalPipeline, ToyPipeline):
    family: ClassVar[Family] = Toy()


def toy_pipeline() -> RegionalToyPipeline:
    torch.manual_seed(0)
    transformer = ToyTransformer().eval()
    for parameter in transformer.parameters():
        nn.init.normal_(parameter, std=0.7)
    pipe = RegionalToyPipeline(FlowMatchEulerDiscreteScheduler(), transformer)
    pipe.set_progress_bar_config(disable=True)
    return pipe
