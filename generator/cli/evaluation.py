"""`ragplan eval`: measure plans, compare two runs, measure what the embedded model paints."""

from __future__ import annotations

import argparse
import json
import logging
import re
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from generator.cli.options import add_command, add_common_options
from generator.cli.painting import size
from generator.cli.planning import add_asking_options, add_task_option, planner_of
from planner.errors import RagplanError

log = logging.getLogger("ragplan")


def add_eval_command(subparsers: Any) -> None:
    """Add `eval` with its own commands to the parser of `ragplan`."""
    text = "measure plans and pictures: plans, compare, images"
    parser = subparsers.add_parser("eval", help=text, description=text, prog="ragplan eval")
    commands = parser.add_subparsers(metavar="WHAT", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        added = add_command(commands, name, run, text)
        add_common_options(added)
        return added

    plans = command("plans", run_plans, "plan a suite of prompts and score the plans")
    plans.add_argument("suite", type=Path, help="your copy of a benchmark's prompts, or prompts of your own")
    plans.add_argument("--format", default="auto", help="how to read it (default: told from the file; see the docs)")
    plans.add_argument("--backend", default="rules", help="who plans (default: rules)")
    plans.add_argument("--limit", type=int, metavar="N", help="only the first N prompts")
    plans.add_argument("--seed", type=int, metavar="S", help="take the prompts in an order drawn with this seed")
    plans.add_argument("--size", type=size, metavar="WIDTHxHEIGHT", default=(1024, 1024), help="default 1024x1024")
    plans.add_argument("--out", type=Path, metavar="DIR", help="the run's folder (default out/eval/SUITE-BACKEND)")
    plans.add_argument("--resume", action="store_true", help="go on with the run in the folder")
    asking = plans.add_argument_group("how it is planned")
    add_asking_options(asking)
    add_task_option(asking)

    compare = command("compare", run_compare, "compare two runs over one suite, prompt by prompt")
    compare.add_argument("a", type=Path, help="a run's folder")
    compare.add_argument("b", type=Path, help="another run's folder")
    compare.add_argument("--seed", type=int, default=0, help="of the interval's draws (default 0)")

    images = command("images", run_images, "paint with the embedded model and count what is recognised in its place")
    images.add_argument("--out", type=Path, metavar="DIR", default=Path("out/measure"), help="default out/measure")
    images.add_argument("--combinations", type=int, default=34, help="for each number of objects (default 34)")
    images.add_argument("--no-singles", action="store_true", help="leave out every picture alone, at five sizes")


def run_plans(arguments: argparse.Namespace) -> None:
    """Run a suite, write the run's folder, print the table."""
    from planner.evaluation import outcomes, runs
    from planner.evaluation.reports.run_files import write_run_files
    from planner.evaluation.suites import suites

    suite = suites.read_suite(arguments.suite, arguments.format)
    cases = runs.choose(suite, arguments.limit, arguments.seed)
    width, height = arguments.size
    options = {name: getattr(arguments, name) for name in ("llm", "task", "attempts", "max_tokens", "limit", "seed")}
    setup = runs.Setup.of(
        suite,
        arguments.suite,
        arguments.backend,
        extra_body=dict(arguments.llm_option),
        width=width,
        height=height,
        **options,
    )
    planner = planner_of(arguments)
    out = arguments.out or Path("out/eval") / re.sub(r"[^\w.-]+", "-", f"{suite.name}-{arguments.backend}")
    runs.prepare(out, setup, resume=arguments.resume)
    if not arguments.debug:
        log.setLevel(logging.WARNING)  # a run's folder keeps what was repaired
    ask = outcomes.asker(planner, width=width, height=height)
    records = runs.run(cases, ask, out, None if arguments.quiet else show_progress, setup=setup)
    if not records:
        raise RagplanError(f"none of the {len(cases)} prompts was answered; --resume asks them again")
    summary, text = write_run_files(setup, records, out)
    if len(records) < len(cases):
        print(f"ragplan: {len(cases) - len(records)} prompts were not answered; --resume asks them", file=sys.stderr)
    if arguments.json:
        result = {"out": str(out), "setup": asdict(setup), "summary": asdict(summary)}
        print(json.dumps(result, ensure_ascii=False))
        return
    print(text.split("\n## ")[0].rstrip())
    print(f"\n{out / 'report.html'}")


def run_compare(arguments: argparse.Namespace) -> None:
    """Print how two runs differ."""
    from planner.evaluation.reports import compare

    differences = compare.compare(arguments.a, arguments.b, seed=arguments.seed)
    if arguments.json:
        print(json.dumps([asdict(item) for item in differences], ensure_ascii=False))
        return
    print(compare.table(arguments.a, arguments.b, differences))


def run_images(arguments: argparse.Namespace) -> None:
    """Paint and recognise, in four ways; a stopped run goes on where it was."""
    if arguments.combinations < 1:
        raise RagplanError(f"--combinations must be at least 1, got {arguments.combinations}")
    from generator.embedded import measure
    from generator.embedded.evaluation_images import relation_table

    singles = [] if arguments.no_singles else list(measure.single_cases())
    cases = [*singles, *measure.scene_cases(arguments.combinations)]
    measure.run(cases, arguments.out, "share-0-of-1")
    results = [result for result in measure.results_in(arguments.out) if result["key"] in {case.key for case in cases}]
    if arguments.json:
        print(json.dumps(results, ensure_ascii=False))
        return
    singles_table, _, scenes_table = measure.table(results).partition("\n\n")
    tables = [scenes_table, relation_table(results)]
    print("\n\n".join(tables if arguments.no_singles else [singles_table, *tables]))


def show_progress(done: int, total: int) -> None:
    """Say on a terminal how far a run is."""
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r{done}/{total}", end=end, file=sys.stderr, flush=True)
