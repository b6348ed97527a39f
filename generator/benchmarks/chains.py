"""Measure what repainting costs: one region anew, then another, and another, against the picture alone.

    python -m generator.benchmarks.chains

Random weights of the small size, four cells, δ = 1. Pictures with 0, 1, 2 and 3 repaints are painted in turns; the
ratios are medians. Computed: a pass more in each step for each repaint, of which the first ones are those of the new
object alone, which is smaller.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch

from generator.benchmarks.cases import CONFIGS, plan_of
from generator.benchmarks.regions import seconds
from generator.benchmarks.subjects import RandomFlux1, build
from generator.regions.repaint import Repaint
from planner.plan import Box, Plan

REPAINTS = tuple(
    Repaint("the new picture", "a new thing", tuple("abcd"), 1, seed, mask=Box(x, y, 0.375, 0.375))
    for seed, (x, y) in enumerate([(0.0, 0.0), (0.25, 0.25), (0.5, 0.5)])
)


def paint(pipe: RandomFlux1, plan: Plan, repaints: int) -> None:
    """Paint the picture, and so many new ones."""
    config = pipe.config_size
    given: Any = {
        "height": config.side_px,
        "width": config.side_px,
        "max_sequence_length": config.text_tokens,
        "num_inference_steps": config.steps,
        "hard_binding_steps": None,
        "output_type": "latent",
        "generator": torch.Generator().manual_seed(0),
    }
    if repaints:
        pipe.repaint(plan, REPAINTS[:repaints], **given)
    else:
        pipe(plan, **given)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m generator.benchmarks.chains", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--config", choices=list(CONFIGS), default="small", help="size of the model (default small)")
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds (default 5)")
    parser.add_argument("--threads", type=int, default=1, help="of torch (default 1)")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    subject = build("flux1", CONFIGS[arguments.config], torch.device("cpu"), torch.float32)
    pipe: Any = subject.pipe
    plan = plan_of(4)
    counts = range(len(REPAINTS) + 1)
    for count in counts:
        paint(pipe, plan, count)
    works = [partial(paint, pipe, plan, count) for count in counts]
    rounds = [[seconds(work) for work in works] for _ in range(arguments.rounds)]
    print("| repaints | times the picture alone |\n|---|---|")
    for count in counts[1:]:
        print(f"| {count} | {statistics.median(times[count] / times[0] for times in rounds):.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
