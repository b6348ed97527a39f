"""Measure thousands of pictures: two painters against one, and the driver alone.

    python -m generator.benchmarks.batch --pictures 60
    python -m generator.benchmarks.batch --prompts 100000

The first paints sentences with the embedded model, by turns with one painting process and with two, each with one
thread, and prints the ratio of pictures a second; the models are loaded before the clock starts. The second paints
nothing: it counts outcomes a second, the memory of the driver after 1,000 outcomes and at the end, and what it takes to
find that everything is there.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from generator.batch.engine import RunOptions
from generator.batch.local_seats import WorkerSeat
from generator.batch.many import paint_many
from generator.batch.prompts import Source
from generator.batch.ray_actors import RayOptions, ray_seats
from generator.batch.seats import Finished, PaintJob, Seat, SeatOptions
from generator.settings import RenderSettings
from planner import Plan, Planner, plan_layout

SENTENCES = ("a cat on the left and a red ball on the right", "a cup and a hat above a house", "an owl above a tree")
STEPS = 4


class Nothing:
    """Paints nothing: leaves an empty file where a picture would be."""

    def open(self) -> None:
        """Do nothing."""

    def paint(self, jobs: Sequence[PaintJob]) -> list[Finished]:
        """Make empty files."""
        for job in jobs:
            Path(job.path).touch()
        return [Finished() for _ in jobs]

    def close(self) -> None:
        """Do nothing."""


class SamePlan:
    """Plans every sentence alike, at once."""

    def __init__(self, plan: Plan) -> None:
        self._result = Planner("rules").plan(plan.prompt, width=256, height=256)

    def plan(self, sentence: str, *, width: int, height: int) -> Any:
        """Return the plan."""
        return self._result


def measure_painters(pictures: int, pairs: int, seats_of: Callable[[int], list[Seat]]) -> tuple[float, float]:
    """Return pictures a second with two painters over those with one, and the driver's share of the time."""
    ratios, shares = [], []
    plans = [plan_layout(sentence, "rules", width=256, height=256) for sentence in SENTENCES]
    for _ in range(pairs):
        rates = []
        for painters in (1, 2):
            seats = seats_of(painters)
            _painted(plans, seats, 2 * painters)  # loads the models
            start, own = time.monotonic(), time.process_time()
            _painted(plans, seats, pictures)
            seconds = time.monotonic() - start
            rates.append(pictures / seconds)
            shares.append((time.process_time() - own) / (seconds * painters))
            for seat in seats:
                seat.close()
        ratios.append(rates[1] / rates[0])
        print(f"1 painter {rates[0]:.2f} pictures/s, 2 painters {rates[1]:.2f}, ratio {ratios[-1]:.2f}")
    return median(ratios), median(shares)


class Held:
    """A seat that outlives a run: its model stays loaded."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def open(self) -> None:
        """Open the seat."""
        self._seat.open()

    def paint(self, jobs: Sequence[PaintJob]) -> list[Finished]:
        """Paint with the seat."""
        return self._seat.paint(jobs)

    def close(self) -> None:
        """Keep the model."""


def _painted(plans: Sequence[Plan], seats: Sequence[Seat], pictures: int) -> None:
    settings = RenderSettings.for_model("embedded", steps=STEPS)
    prompts: Iterable[Source] = (
        {"plan": plans[i % len(plans)].to_dict(), "id": f"p{i}", "seed": i} for i in range(pictures)
    )
    with tempfile.TemporaryDirectory() as folder:
        for one in paint_many(prompts, folder, settings, seats=[Held(seat) for seat in seats]):
            assert getattr(one, "ok", False), one


def measure_driver(prompts: int) -> None:
    """Print outcomes a second, memory, and the time of a run that finds everything there."""
    plan = plan_layout(SENTENCES[0], "rules", width=256, height=256)
    with tempfile.TemporaryDirectory() as folder:
        for word in ("painted", "found"):
            start, early = time.monotonic(), 0.0
            sentences = (f"picture number {i}" for i in range(prompts))
            run = paint_many(sentences, folder, planner=SamePlan(plan), seats=[Nothing()], options=RunOptions())
            for count, _ in enumerate(run, start=1):
                if count == min(1000, prompts):
                    early = _memory_mb()
            seconds = time.monotonic() - start
            print(
                f"{prompts} {word} in {seconds:.1f} s, {prompts / seconds:.0f}/s; memory {early:.0f} MB after 1000, "
                f"{_memory_mb():.0f} MB at the end"
            )


def _memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m generator.benchmarks.batch", description="Measure many pictures.")
    parser.add_argument("--pictures", type=int, default=0, help="of each run with one and two painters")
    parser.add_argument("--pairs", type=int, default=3, help="how often both are run (default 3)")
    parser.add_argument("--engine", choices=("local", "ray"), default="local", help="who runs the painters")
    parser.add_argument("--prompts", type=int, default=0, help="of the run that paints nothing")
    asked = parser.parse_args()
    options = SeatOptions({"device": "cpu"}, threads=1)

    def seats_of(painters: int) -> list[Seat]:
        if asked.engine == "ray":
            return [*ray_seats(painters, options, RayOptions())]
        return [WorkerSeat(options) for _ in range(painters)]

    if asked.pictures:
        ratio, share = measure_painters(asked.pictures, asked.pairs, seats_of)
        print(f"{asked.engine}: two painters paint {ratio:.2f} times as much as one; the driver takes {share:.1%}")
    if asked.prompts:
        measure_driver(asked.prompts)


if __name__ == "__main__":
    main()
