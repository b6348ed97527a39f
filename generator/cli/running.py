"""The command line's part that paints: shows progress, writes pictures, says what helps where the memory is full."""

from __future__ import annotations

import argparse
import logging
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from generator.agent import generate
from generator.cli.bar import Bar
from generator.cli.dry_run import full_memory, print_estimates
from generator.cli.painting import load_options
from generator.cli.reporting import report
from generator.painting.batch import generate_many, generate_together, missing
from generator.pictures import check_folder
from generator.progress import OnProgress, ignore
from generator.recipe import Recipe, Result
from generator.settings import LoadOptions
from generator.weights.packages import ran_out_of_memory
from planner.errors import RenderError

log = logging.getLogger("ragplan")


def paint(recipe: Recipe, target: Path, arguments: argparse.Namespace) -> None:
    """Paint a picture, or a region of one anew, and write it."""
    if arguments.dry_run:
        print_estimates([recipe], [recipe], arguments)
        return
    loading = load_options(arguments)
    with telling(arguments) as bar, full_memory_told([recipe], loading):
        result = generate(recipe, loading=loading, quiet=not arguments.debug, on_progress=bar)
    save(result, target, arguments, overwrite=arguments.output is not None)


def paint_many(recipes: Sequence[Recipe], arguments: argparse.Namespace) -> None:
    """Paint --images pictures of each recipe into a folder under new names; each is written as soon as it is there.

    With --batch they are painted together and then written, with --resume only those that the folder lacks.
    """
    loading, quiet = load_options(arguments), not arguments.debug
    stems = [path.stem for path in arguments.plan for _ in range(arguments.images)]
    jobs = [recipe.one(number) for recipe in recipes for number in range(arguments.images)]
    if arguments.dry_run:
        print_estimates(recipes, jobs, arguments)
        return
    folder = arguments.output or Path()
    if folder.suffix:
        raise RenderError(f"{len(jobs)} pictures need a folder to go to; got {str(folder)!r}")
    if arguments.resume:
        if arguments.batch:
            raise RenderError("--resume paints what is missing one by one; leave --batch out")
        open_jobs = missing(jobs, folder)
        log.info("%d of %d pictures are there already", len(jobs) - len(open_jobs), len(jobs))
        stems, jobs = [stems[number] for number in open_jobs], [jobs[number] for number in open_jobs]
    images = arguments.images if arguments.batch else 1
    with telling(arguments) as bar, full_memory_told(recipes if arguments.batch else jobs[:1], loading, images):
        if arguments.batch:
            results = generate_together(recipes, images=images, loading=loading, quiet=quiet, on_progress=bar)
        else:
            results = generate_many(jobs, loading=loading, quiet=quiet, on_progress=bar)
        folder.mkdir(parents=True, exist_ok=True)
        check_folder(folder)
        for stem, result in zip(stems, results, strict=True):
            save(result, folder / f"{stem}.png", arguments, overwrite=False)


@contextmanager
def telling(arguments: argparse.Namespace) -> Iterator[OnProgress]:
    """Give a listener that shows on standard error what happens; --quiet listens to nothing."""
    if arguments.quiet:
        yield ignore
        return
    with Bar() as bar:
        yield bar


@contextmanager
def full_memory_told(recipes: Sequence[Recipe], loading: LoadOptions, images: int = 1) -> Iterator[None]:
    """Say with which flags it would fit where the memory runs out in the block."""
    try:
        yield
    except Exception as error:
        if not ran_out_of_memory(error):
            raise
        raise full_memory(recipes, loading, error, images) from error


def save(result: Result, target: Path, arguments: argparse.Namespace, *, overwrite: bool) -> None:
    """Write a picture and say where it is; only a name that was given is overwritten."""
    path = result.save(target, overwrite=overwrite)
    recipe = result.recipe.to_dict()
    del recipe["versions"]
    report(arguments, path, {"image": str(path), **recipe})
    log.info("seed %s; make it again with: ragplan generate %s", result.settings.seed, shlex.quote(str(path)))
