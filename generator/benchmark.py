"""Measure what regions cost, against diffusers' own pipeline in the same run.

    python -m generator.benchmark --config small

Random weights of a chosen size. For every number of cells K, refinement strength δ and number of binding steps: the
median time of a picture and its ratio to a plain picture of the stock `FluxPipeline`, measured in pairs that take
turns, so that a machine that slows down slows both. Beside it two computed ratios (`generator.estimate`): the floor,
the operations that the plan needs, and the naive cost, those of the release, which repeats the whole image for every
cell. Text encoders and VAE take no part: prompts are random embeddings, pictures end as latents. Peak memory is the
GPU's for the case; without a GPU it is the whole process', up to then.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

import torch
from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel

from generator.estimate import ModelSize
from generator.geometry import TOKEN_PX
from generator.pipeline import RegionalFluxPipeline
from planner.plan import Box, Cell, ObjectBox, Plan, Row

CELLS = (1, 2, 4, 8, 16)
STRENGTHS = (0.0, 0.5, 1.0)
BINDINGS = (0, 2)


@dataclass(frozen=True)
class Config:
    """A model's and a picture's size. side_px: of a square picture; text_tokens: of every prompt."""

    double_blocks: int
    single_blocks: int
    heads: int
    head_channels: int
    axes: tuple[int, int, int]
    side_px: int
    text_tokens: int
    steps: int
    text_channels: int = 64
    pooled_channels: int = 32

    @property
    def image_tokens(self) -> int:
        """How many tokens the picture has."""
        return (self.side_px // TOKEN_PX) ** 2

    @property
    def size(self) -> ModelSize:
        """The model's size, for counting operations."""
        return ModelSize(self.double_blocks, self.single_blocks, self.heads * self.head_channels, self.text_tokens, {})


CONFIGS = {
    "tiny": Config(1, 2, 2, 16, (4, 6, 6), 128, 8, 2),
    "small": Config(2, 4, 8, 64, (16, 24, 24), 512, 128, 4),
    "flux-dev": Config(19, 38, 24, 128, (16, 56, 56), 1024, 512, 20, 4096, 768),
}


@dataclass(frozen=True)
class Case:
    """One line of the table: K cells, strength δ, binding steps."""

    cells: int
    strength: float
    binding_steps: int


@dataclass(frozen=True)
class Result:
    """A case and what was measured: medians over pairs; floor and naive are computed ratios to the stock picture."""

    case: Case
    seconds: float
    stock_seconds: float
    ratio: float
    floor: float
    naive: float
    peak_gib: float
    pairs: int

    def row(self) -> str:
        """Return the table's line."""
        case = self.case
        return (
            f"| {case.cells} | {case.strength:g} | {case.binding_steps} | {self.stock_seconds:.3f} | "
            f"{self.seconds:.3f} | **{self.ratio:.2f}** | {self.floor:.2f} | {self.naive:.2f} | {self.peak_gib:.2f} |"
        )


HEADER = (
    "| cells K | δ | binding steps | stock s | ours s | ratio | floor (computed) | naive (computed) | peak GiB |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


class RandomPrompts(RegionalFluxPipeline):
    """The pipeline without text encoders and VAE: a prompt's embedding is random, drawn from its words."""

    config_size: Config

    def encode_prompt(self, prompt: str, max_sequence_length: int = 512, **_: Any) -> tuple[torch.Tensor, ...]:
        """Return embeddings (1, tokens, channels), the pooled vector and position ids of a prompt."""
        weights = next(self.transformer.parameters())
        drawn = torch.Generator().manual_seed(sum(map(ord, prompt)))
        sizes = ((1, max_sequence_length, self.config_size.text_channels), (1, self.config_size.pooled_channels))
        embeds, pooled = (torch.randn(size, generator=drawn).to(weights) for size in sizes)
        return embeds, pooled, torch.zeros(max_sequence_length, 3, device=weights.device, dtype=weights.dtype)


def build(config: Config, device: torch.device, dtype: torch.dtype) -> RandomPrompts:
    """Return a pipeline of that size with random weights."""
    torch.manual_seed(0)
    with torch.device(device):
        transformer = FluxTransformer2DModel(
            num_layers=config.double_blocks,
            num_single_layers=config.single_blocks,
            num_attention_heads=config.heads,
            attention_head_dim=config.head_channels,
            joint_attention_dim=config.text_channels,
            pooled_projection_dim=config.pooled_channels,
            axes_dims_rope=config.axes,
            guidance_embeds=True,
        ).to(dtype)
    parts = dict.fromkeys(("vae", "text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2"))
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True)
    pipe = RandomPrompts(scheduler=scheduler, transformer=transformer.eval(), **parts)
    pipe.config_size = config
    pipe.set_progress_bar_config(disable=True)
    return pipe


def plan_of(cells: int) -> Plan:
    """Return a plan of that many cells of one size, each with an object that fills three quarters of its sides."""
    columns = 2 ** math.ceil(math.log2(cells) / 2)
    rows = cells // columns
    width, height = 1 / columns, 1 / rows
    grid = [(x, y) for y in range(rows) for x in range(columns)]
    return Plan(
        "the picture",
        tuple(Row(1, tuple(Cell(1, f"cell {x} {y}") for x in range(columns))) for y in range(rows)),
        tuple(ObjectBox(f"object {x} {y}", Box(x * width, y * height, 0.75 * width, 0.75 * height)) for x, y in grid),
    )


def floor(config: Config, case: Case) -> float:
    """Return the operations that a case needs, in multiples of the stock picture's."""
    size, image, text = config.size, config.image_tokens, config.text_tokens
    stock = size.plain_flops(image, text)
    own = size.region_flops([image // case.cells] * case.cells, text, text, case.strength)
    columns = 2 ** math.ceil(math.log2(case.cells) / 2)
    side = config.side_px // TOKEN_PX
    box = int(0.75 * side / columns) * int(0.75 * side * columns / case.cells)
    return own / stock + case.binding_steps / config.steps * case.cells * size.plain_flops(box, text) / stock


def naive(config: Config, case: Case) -> float:
    """Return the same for the release's way; its box passes are the same."""
    size, image, text = config.size, config.image_tokens, config.text_tokens
    bound = floor(config, case) - floor(config, Case(case.cells, case.strength, 0))
    return size.naive_flops(case.cells, image, text) / size.plain_flops(image, text) + bound


def measure(pipe: RandomPrompts, config: Config, case: Case, pairs: int) -> Result:
    """Paint stock and regional pictures in turns, once without measuring, and return the medians."""
    plan = plan_of(case.cells)
    arguments = {
        "height": config.side_px,
        "width": config.side_px,
        "num_inference_steps": config.steps,
        "max_sequence_length": config.text_tokens,
        "output_type": "latent",
    }
    stock = FluxPipeline(**pipe.components)
    stock.set_progress_bar_config(disable=True)
    embeds, pooled, _ = pipe.encode_prompt(plan.prompt, config.text_tokens)
    inputs = {"prompt_embeds": embeds, "pooled_prompt_embeds": pooled}
    binding = case.binding_steps or None

    def plain() -> None:
        stock(**inputs, **arguments, generator=torch.Generator().manual_seed(0))

    def regional() -> None:
        own = {"hard_binding_steps": binding, "refinement_strength": case.strength}
        pipe(plan, **arguments, **own, generator=torch.Generator().manual_seed(0))  # type: ignore[arg-type]

    plain()
    regional()
    times = [(seconds(plain), seconds(regional)) for _ in range(pairs)]
    return Result(
        case,
        statistics.median(own for _, own in times),
        statistics.median(other for other, _ in times),
        statistics.median(own / other for other, own in times),
        floor(config, case),
        naive(config, case),
        peak_gib(regional),
        pairs,
    )


def seconds(work: Callable[[], None]) -> float:
    """Return how long something takes, the device's work included."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def peak_gib(work: Callable[[], None]) -> float:
    """Return the most memory that something takes: of the GPU, or where there is none of the whole process so far."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
        work()
        return float(torch.cuda.max_memory_allocated()) / 2**30
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def run(config: Config, cases: Sequence[Case], pairs: int, *, compiled: bool = False) -> Iterator[Result]:
    """Measure the cases in turn, on the GPU in bfloat16 where there is one, else on the CPU in float32."""
    on_gpu = torch.cuda.is_available()
    pipe = build(config, torch.device("cuda" if on_gpu else "cpu"), torch.bfloat16 if on_gpu else torch.float32)
    if compiled:
        pipe.transformer.compile_repeated_blocks(fullgraph=True)
    for case in cases:
        yield measure(pipe, config, case, pairs)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m generator.benchmark", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--config", choices=list(CONFIGS), default="small", help="size of the model (default small)")
    parser.add_argument("--cells", type=int, nargs="+", choices=CELLS, default=CELLS, metavar="K")
    parser.add_argument("--strengths", type=float, nargs="+", default=STRENGTHS, metavar="DELTA")
    parser.add_argument("--binding", type=int, nargs="+", default=BINDINGS, metavar="STEPS")
    parser.add_argument("--pairs", type=int, default=5, help="measured pairs a case (default 5)")
    parser.add_argument("--threads", type=int, help="of torch (default: its own choice)")
    parser.add_argument("--compile", action="store_true", help="compile the transformer's blocks")
    parser.add_argument("--json", action="store_true", help="a JSON line a case instead of a table")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    arguments = parse(argv)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    config = CONFIGS[arguments.config]
    cases = [Case(*values) for values in product(arguments.cells, arguments.strengths, arguments.binding)]
    if not arguments.json:
        device = (
            torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {torch.get_num_threads()} threads"
        )
        print(
            f"{arguments.config}: {config.image_tokens} image and {config.text_tokens} text tokens, "
            f"{config.steps} steps, {device}, torch {torch.__version__}, median of {arguments.pairs} pairs\n\n{HEADER}"
        )
    for result in run(config, cases, arguments.pairs, compiled=arguments.compile):
        print(json.dumps(asdict(result)) if arguments.json else result.row(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
