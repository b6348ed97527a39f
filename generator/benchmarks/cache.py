"""Measure diffusers' first-block cache on the embedded model: what it saves, and how far the picture moves.

    python -m generator.benchmarks.cache examples/plans/four-corners.json

Every threshold paints the same pictures as no cache does, at δ = 1 and with few binding steps, as steps that bind are
computed in full. The error is that of the packed latents, ‖with − without‖ / ‖without‖, its median over the seeds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from generator.benchmarks.regions import seconds
from generator.painting.loading import load_pipeline
from planner.plan import Plan

THRESHOLDS = (0.05, 0.1, 0.2, 0.4)
HEADER = "| threshold | times as fast | error |\n|---|---|---|"


@dataclass(frozen=True)
class Painted:
    """One picture's packed latents and the seconds that they took."""

    latents: torch.Tensor
    seconds: float

    def error(self, exact: Painted) -> float:
        """Return how far it is from the picture without cache."""
        return float((self.latents - exact.latents).norm() / exact.latents.norm())


def paint(pipe: Any, plan: Plan, seed: int, threshold: float | None, arguments: argparse.Namespace) -> Painted:
    """Paint one picture, with a cache if a threshold is given."""
    results: list[torch.Tensor] = []

    def work() -> None:
        output = pipe(
            plan,
            height=arguments.side,
            width=arguments.side,
            num_inference_steps=arguments.steps,
            hard_binding_steps=arguments.binding,
            step_cache=threshold,
            generator=torch.Generator().manual_seed(seed),
            output_type="latent",
        )
        results.append(output.images)

    took = seconds(work)
    return Painted(results[0], took)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m generator.benchmarks.cache", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("plan", type=Path)
    parser.add_argument("--thresholds", type=float, nargs="+", default=THRESHOLDS, metavar="X")
    parser.add_argument("--seeds", type=int, default=3, help="pictures for each threshold (default 3)")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--binding", type=int, default=2, metavar="STEPS")
    parser.add_argument("--side", type=int, default=128, metavar="PX", help="of the picture (default 128)")
    arguments = parser.parse_args(argv)
    plan, pipe = Plan.load(arguments.plan), load_pipeline("embedded", device="cpu")
    pipe.set_progress_bar_config(disable=True)
    paint(pipe, plan, 0, None, arguments)  # warms up
    ways = [None, *arguments.thresholds]
    rounds = [[paint(pipe, plan, seed, way, arguments) for way in ways] for seed in range(arguments.seeds)]
    print(HEADER)
    for number, threshold in enumerate(ways[1:], 1):
        ratio = statistics.median(painted[0].seconds / painted[number].seconds for painted in rounds)
        error = statistics.median(painted[number].error(painted[0]) for painted in rounds)
        print(f"| {threshold:g} | {ratio:.2f} | {error:.3f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
