"""Measure what regions cost, against diffusers' own pipeline in the same run.

    python -m generator.benchmarks.regions --config small --family flux2

Random weights of a chosen family and size. For every number of cells K, refinement strength δ and number of binding
steps: the median time of a picture and its ratio to a plain picture of the family's stock pipeline, measured in pairs
that take turns, so that a machine that slows down slows both. On the CPU seconds are the process's own, of all
threads. Beside them two computed ratios (`generator.costs.estimate`): the floor, the operations that the plan needs,
and the naive cost, that of the release, which repeats the whole image for every cell. With --naive the plain code that
the tests hold the pipeline against (`naive.py`) is measured too, on the CPU; in the single-stream blocks it spares some
of what the release repeats.

Text encoders and VAE take no part: prompts are random embeddings, pictures end as latents. Peak memory is the GPU's for
the case; without a GPU it is the whole process', up to then. What reference pictures cost is measured by
`python -m generator.benchmarks.adapters`.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

import torch

from generator.benchmarks import naive as plainly
from generator.benchmarks.cases import BINDINGS, CELLS, CONFIGS, STRENGTHS, Case, Config, floor, naive, plan_of
from generator.benchmarks.subjects import SUBJECTS, Subject, build
from planner.plan import Plan


@dataclass(frozen=True)
class Timing:
    """A case and what was measured: medians over pairs; floor and naive are computed ratios to the stock picture.

    naive_ratio: the naive way measured, None where it was not.
    """

    case: Case
    seconds: float
    stock_seconds: float
    ratio: float
    floor: float
    naive: float
    peak_gib: float
    pairs: int
    naive_ratio: float | None = None

    def row(self) -> str:
        """Return the table's line."""
        case, naively = self.case, "–" if self.naive_ratio is None else f"{self.naive_ratio:.2f}"
        return (
            f"| {case.cells} | {case.strength:g} | {case.binding_steps} | {self.stock_seconds:.3f} | "
            f"{self.seconds:.3f} | **{self.ratio:.2f}** | {self.floor:.2f} | {naively} | {self.naive:.2f} | "
            f"{self.peak_gib:.2f} |"
        )


HEADER = (
    "| cells K | δ | binding | stock s | ours s | ratio | floor, computed | naive | naive, computed | peak GiB |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


def measure(subject: Subject, case: Case, pairs: int, *, with_naive: bool = False) -> Timing:
    """Paint stock and regional pictures in turns, once without measuring, and return the medians."""
    config, plan = subject.config, plan_of(case.cells)
    arguments = {
        "height": config.side_px,
        "width": config.side_px,
        "num_inference_steps": config.steps,
        "guidance_scale": subject.guidance,
        "output_type": "latent",
    }
    inputs = subject.inputs(plan.prompt)
    own = {"hard_binding_steps": case.binding_steps or None, "refinement_strength": case.strength}

    def plain() -> None:
        subject.stock(**inputs, **arguments, generator=torch.Generator().manual_seed(0))

    def regional() -> None:
        given: dict[str, Any] = {**arguments, **own, "max_sequence_length": config.text_tokens}
        subject.pipe(plan, **given, generator=torch.Generator().manual_seed(0))

    ways = [plain, regional]
    if with_naive:
        ways.append(lambda: paint_naively(subject, plan, case))
    for way in ways:
        way()
    times = [[seconds(way) for way in ways] for _ in range(pairs)]
    stock_seconds, own_seconds, *_ = (statistics.median(column) for column in zip(*times, strict=True))
    _, ratio, *naive_ratio = (statistics.median(row[way] / row[0] for row in times) for way in range(len(ways)))
    return Timing(
        case=case,
        seconds=own_seconds,
        stock_seconds=stock_seconds,
        ratio=ratio,
        floor=floor(config, case),
        naive=naive(config, case),
        peak_gib=peak_gib(regional),
        pairs=pairs,
        naive_ratio=naive_ratio[0] if naive_ratio else None,
    )


def paint_naively(subject: Subject, plan: Plan, case: Case) -> None:
    """Paint by the plain code, with all that the release computes; FLUX.1's."""
    config, pipe = subject.config, subject.pipe
    call = plainly.PlainSettings(
        config.side_px, config.side_px, config.steps, case.binding_steps or None, case.strength
    )

    def encode(prompt: str) -> plainly.Prompt:
        embeds, pooled, _ = pipe.encode_prompt(prompt)
        return embeds, pooled

    plainly.paint(pipe, plan, call, encode)


def seconds(work: Callable[[], None]) -> float:
    """Return how long something takes on the GPU; on the CPU its own time, without that of other programs."""
    if not torch.cuda.is_available():
        start = time.process_time()
        work()
        return time.process_time() - start
    torch.cuda.synchronize()
    start = time.perf_counter()
    work()
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


def run(
    config: Config,
    cases: Sequence[Case],
    pairs: int,
    *,
    family: str = "flux1",
    compiled: bool = False,
    with_naive: bool = False,
) -> Iterator[Timing]:
    """Measure the cases in turn, on the GPU in bfloat16 where there is one, else on the CPU in float32."""
    on_gpu = torch.cuda.is_available()
    device, dtype = torch.device("cuda" if on_gpu else "cpu"), torch.bfloat16 if on_gpu else torch.float32
    subject = build(family, config, device, dtype)
    if compiled:
        subject.pipe.transformer.compile_repeated_blocks(fullgraph=True)
    for case in cases:
        yield measure(subject, case, pairs, with_naive=with_naive)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m generator.benchmarks.regions", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--config", choices=list(CONFIGS), default="small", help="size of the model (default small)")
    parser.add_argument("--family", choices=list(SUBJECTS), default="flux1", help="of the model (default flux1)")
    parser.add_argument("--cells", type=int, nargs="+", choices=CELLS, default=CELLS, metavar="K")
    parser.add_argument("--strengths", type=float, nargs="+", default=STRENGTHS, metavar="DELTA")
    parser.add_argument("--binding", type=int, nargs="+", default=BINDINGS, metavar="STEPS")
    parser.add_argument("--pairs", type=int, default=5, help="measured pairs a case (default 5)")
    parser.add_argument("--steps", type=int, help="of a picture (default: small 4, tiny 2, flux-dev 20)")
    parser.add_argument("--naive", action="store_true", help="measure the release's way too (CPU, FLUX.1)")
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
    if arguments.steps:
        config = replace(config, steps=arguments.steps)
    cases = [Case(*values) for values in product(arguments.cells, arguments.strengths, arguments.binding)]
    if not arguments.json:
        device = (
            torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {torch.get_num_threads()} threads"
        )
        print(
            f"{arguments.family}, {arguments.config}: {config.image_tokens} image and {config.text_tokens} text "
            f"tokens, {config.steps} steps, {device}, torch {torch.__version__}, median of {arguments.pairs} pairs"
            f"\n\n{HEADER}"
        )
    options = {"compiled": arguments.compile, "with_naive": arguments.naive and arguments.family == "flux1"}
    for result in run(config, cases, arguments.pairs, family=arguments.family, **options):
        print(json.dumps(asdict(result)) if arguments.json else result.row(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
