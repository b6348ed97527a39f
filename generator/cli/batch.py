"""The command `ragplan batch`: a file of prompts → a folder of pictures. The same command again goes on."""

from __future__ import annotations

import argparse
import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from generator.batch.engine import RunOptions
from generator.batch.ledger import Outcome
from generator.batch.many import paint_many, seats_for
from generator.batch.prompts import FORMS, BadLine, form_of, read_prompts, share_of
from generator.batch.ray_actors import RayOptions, RayPlanner, ray_seats
from generator.batch.seats import Seat, SeatOptions
from generator.batch.sheet import write_sheet
from generator.cli.painting import add_painting_options, load_options, settings_of
from generator.cli.planning import add_planning_options, planner_of
from generator.cli.reporting import SOME_FAILED
from planner.errors import RenderError
from planner.loop.cache import PlanCache

log = logging.getLogger("ragplan")


def add_batch_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `ragplan batch`."""
    parser.add_argument("file", metavar="PROMPTS", help="a file of prompts: .jsonl, .csv or .txt; - for standard input")
    parser.add_argument("--format", choices=FORMS, help="of the prompts (default: by the file's name; - is jsonl)")
    again = parser.add_argument_group("going on", "The same command again goes on where it stopped.")
    again.add_argument("--resume", action="store_true", help="the same, for those who look for it")
    again.add_argument("--retry-failed", action="store_true", help="try again what failed before")
    again.add_argument("--replace-changed", action="store_true", help="paint anew what asks for something else now")
    work = parser.add_argument_group("who works")
    work.add_argument("--planners", type=int, default=4, metavar="N", help="prompts planned at once (default 4)")
    work.add_argument("--painters", type=int, metavar="N", help="painting processes (default: one for each GPU, or 1)")
    work.add_argument("--batch", type=int, default=1, metavar="N", help="equal canvases painted together (default 1)")
    work.add_argument("--shard", metavar="I/N", help="one of N shares of the prompts: several machines, one folder")
    work.add_argument("--engine", choices=("local", "ray"), default="local", help="who runs the painters")
    work.add_argument("--address", metavar="HOST:PORT", help="of a Ray cluster; auto: the one this machine belongs to")
    work.add_argument("--gpus-per-painter", type=float, metavar="X", help="of Ray's painters, 0.5 too (default 1 or 0)")
    work.add_argument("--cpus-per-planner", type=float, default=0, metavar="X", help="of Ray's planners (default 0)")
    work.add_argument("--collect", action="store_true", help="fetch Ray's pictures here: the folder is not shared")
    add_planning_options(parser)
    add_painting_options(parser)


def run_batch(arguments: argparse.Namespace) -> int:
    """Paint a file's prompts into a folder. Returns 3 where a picture is missing at the end."""
    if arguments.output is None:
        raise RenderError("say with -o which folder the pictures go to")
    number, shares = read_shard(arguments.shard)
    options, settings = run_options(arguments), settings_of(arguments)
    seats, planner = seats_of(arguments), planner_of(arguments, None if arguments.no_cache else PlanCache())
    on_ray = arguments.engine == "ray"
    given = {"folder": Path(arguments.file).parent, "seed": settings.seed, "style": arguments.style}
    with opened(arguments) as (lines, form):
        found = paint_many(
            share_of(read_prompts(lines, form, **given), number, shares),
            arguments.output,
            settings,
            planner=RayPlanner(planner, options.planners, ray_options(arguments)) if on_ray else planner,
            seats=seats,
            options=options,
            shard="" if shares == 1 else f"{number}-of-{shares}",
        )
        there, missing = tell(found, arguments, pictures_of(lines, form) if shares == 1 else None)
    log.info("%d pictures, %d missing; all on a page: %s", there, missing, write_sheet(arguments.output))
    return SOME_FAILED if missing else 0


def run_options(arguments: argparse.Namespace) -> RunOptions:
    """Return how the run goes. Raises `RenderError` for numbers that are too small."""
    least = {"planners": 1, "painters": 1, "batch": 1, "gpus_per_painter": 0, "cpus_per_planner": 0}
    for name, low in least.items():
        given = getattr(arguments, name)
        if given is not None and not given >= low:  # no number (nan) is not, either
            raise RenderError(f"--{name.replace('_', '-')} must be {low} or more, got {given:g}")
    return RunOptions(arguments.planners, arguments.batch, arguments.retry_failed, arguments.replace_changed)


def seats_of(arguments: argparse.Namespace) -> list[Seat]:
    """Return who paints: on the CPU each painter has its share of the cores."""
    loading = load_options(arguments)
    options = SeatOptions(loading.arguments())
    gpus = _gpus() if loading.device in (None, "cuda") else 0
    painters = arguments.painters or max(1, gpus)
    if not gpus and painters > 1:
        options = replace(options, threads=max(1, (_cores() or 1) // painters))
    if arguments.engine == "ray":
        return [*ray_seats(painters, options, ray_options(arguments))]
    return seats_for(painters, options, [f"cuda:{i}" for i in range(gpus)] if painters > 1 else [])


def ray_options(arguments: argparse.Namespace) -> RayOptions:
    """Return what Ray is asked for: a GPU for each painter where there are any, unless it is said otherwise."""
    share = arguments.gpus_per_painter
    if share is None:
        share = float(arguments.device in (None, "cuda") and _gpus() > 0)
    return RayOptions(arguments.address, share, cpus_per_planner=arguments.cpus_per_planner, collect=arguments.collect)


def tell(
    found: Iterable[Outcome | BadLine], arguments: argparse.Namespace, total: int | None = None
) -> tuple[int, int]:
    """Say what came of each picture as it comes; return how many are there and how many are missing."""
    there = missing = 0
    for one in _with_bar(found, total, arguments.quiet):
        if isinstance(one, BadLine):
            log.error("line %d: %s", one.number, one.why)
        elif not one.ok:
            log.error("%s, seed %d: %s", one.id, one.seed, one.error)
        if isinstance(one, Outcome) and arguments.json:
            print(json.dumps(one.to_dict(), ensure_ascii=False), flush=True)
        elif isinstance(one, Outcome) and one.status == "painted":
            print(one.path, flush=True)
        ok = isinstance(one, Outcome) and one.ok
        there, missing = there + ok, missing + (not ok)
    return there, missing


@contextmanager
def opened(arguments: argparse.Namespace) -> Iterator[tuple[IO[str], str]]:
    """Open the file of prompts, and say what form it has. Raises `RenderError` where there is none."""
    if arguments.file == "-":
        yield sys.stdin, arguments.format or "jsonl"
        return
    path = Path(arguments.file)
    form = arguments.format or form_of(path)
    if not path.is_file():
        raise RenderError(f"there is no file {arguments.file!r}")
    with path.open(encoding="utf-8-sig", errors="replace", newline="" if form == "csv" else "\n") as lines:
        yield lines, form


def read_shard(text: str | None) -> tuple[int, int]:
    """Read I/N, 1 ≤ I ≤ N. Raises `RenderError` for anything else."""
    match = re.fullmatch(r"(\d{1,5})/(\d{1,5})", text or "1/1")
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise RenderError(f"--shard must be I/N with I from 1 to N, such as 3/16, got {text!r}")
    return int(match[1]), int(match[2])


def pictures_of(lines: IO[str], form: str) -> int | None:
    """Count the pictures that a file asks for, bad lines too, and go back to its start; None for a stream."""
    if not lines.seekable():
        return None
    total = sum(getattr(one, "images", 1) for one in read_prompts(lines, form))
    lines.seek(0)
    return total


def _with_bar(found: Iterable[Outcome | BadLine], total: int | None, quiet: bool) -> Iterator[Outcome | BadLine]:
    from tqdm import tqdm

    yield from tqdm(found, desc="painting", unit=" pictures", total=total, disable=quiet, file=sys.stderr)


def _gpus() -> int:
    import torch

    return torch.cuda.device_count()


def _cores() -> int | None:
    import os

    return os.cpu_count()
