"""`paint_many`: thousands of prompts into a folder, from Python. No torch at import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path

from generator.batch.engine import Run, RunOptions
from generator.batch.ledger import Ledger, Outcome
from generator.batch.local_seats import OwnSeat, WorkerSeat
from generator.batch.planning import Planning, Plans
from generator.batch.prompts import BadLine, Source, numbered
from generator.batch.seats import Seat, SeatOptions
from generator.settings import RenderSettings
from planner import Planner
from planner.errors import RenderError


def paint_many(
    prompts: Iterable[Source],
    folder: Path | str,
    settings: RenderSettings | None = None,
    *,
    planner: Plans | None = None,
    seats: Sequence[Seat] | None = None,
    options: RunOptions | None = None,
    shard: str = "",
) -> Iterator[Outcome | BadLine]:
    """Plan and paint prompts into a folder, and yield what came of each picture as it is ready.

    Called again with the same folder it goes on where it stopped, whatever stopped it.

    prompts: sentences, mappings with the keys of a JSON line (`prompts.py`), plans, or what `read_prompts` yields.
    folder: gets the pictures, `results.jsonl`, and nothing twice.
    settings: of every picture whose prompt does not say otherwise; None: the embedded model's own.
    planner: shared by all planning threads; None: the one that `Planner()` chooses.
    seats: who paints, `seats_for(…)`; None: this process.
    options: how many plan at once, batches, what is done about failed and changed prompts; None: `RunOptions()`.
    shard: names this run's ledger where several runs share a folder, "2-of-8".
    Raises `RenderError` where another run has the folder, or where nothing more can be written.
    """
    if isinstance(prompts, str | bytes | PathLike):
        raise RenderError(f"prompts are several, such as [{str(prompts)!r:.60}]; read_prompts reads a file's lines")
    chosen = settings or RenderSettings.for_model("embedded")
    with Ledger(Path(folder), shard) as ledger:
        run = Run(
            ledger,
            chosen,
            Planning(planner or Planner(), chosen.with_files_from(Path())),
            seats or [OwnSeat(SeatOptions())],
            options or RunOptions(),
        )
        yield from run.outcomes(numbered(prompts))


def seats_for(painters: int, options: SeatOptions, devices: Sequence[str] = ()) -> list[Seat]:
    """Return seats on this machine: this process for one painter, else a process for each, on the devices in turn.

    painters: how many, 1 or more.
    options: of each of them.
    devices: "cuda:0", "cuda:1", …; empty: that of the options.
    """
    if painters == 1:
        return [OwnSeat(options)]
    places = [options.on(name) for name in devices] or [options]
    return [WorkerSeat(places[i % len(places)]) for i in range(painters)]
