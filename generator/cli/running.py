"""The command line's part that paints: shows progress, writes pictures."""

from __future__ import annotations

import argparse
import logging
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from generator.cli.dry_run import print_estimates
from generator.cli.looking import chosen_reviewer, look_and_mend, ready_reviewer, reviewer_of
from generator.cli.painting import load_options
from generator.cli.reporting import SOME_FAILED, report, telling
from generator.costs.full_memory import full_memory_told
from generator.mending.rounds import Mended
from generator.painting.batch import generate_many, generate_together, missing
from generator.painting.checks import check_painting
from generator.painting.comparing import compare, comparison_sheet
from generator.painting.painter import Painter
from generator.painting.sources import read_source
from generator.pictures import check_folder, check_target, free_name, made_folder
from generator.recipe import Recipe, Result
from generator.review.base import check_ready
from planner.errors import RenderError

log = logging.getLogger("ragplan")


def paint(recipe: Recipe, target: Path, arguments: argparse.Namespace) -> None:
    """Paint a picture, or a region of one anew, and write it."""
    if arguments.dry_run:
        print_estimates([recipe], [recipe], arguments)
        return
    loading = load_options(arguments)
    reviewer = ready_reviewer(arguments)
    painter = Painter(loading=loading, quiet=not arguments.debug)
    with telling(arguments) as bar, full_memory_told([recipe], loading):
        result = painter.paint(recipe, on_progress=bar)
        mended = look_and_mend(painter, result, reviewer, arguments, bar, target) if reviewer else None
    save_mended(mended, target, arguments) if mended else save(result, target, arguments)


def run_mend(arguments: argparse.Namespace) -> None:
    """Look at a picture that is there, mend it, and write the best one."""
    before = Result.open(arguments.picture)
    target = check_target(arguments.output or free_name(before.plan.prompt))
    loading = load_options(arguments)
    check_painting(before.settings, loading)
    reviewer = chosen_reviewer(arguments, before.settings)
    if arguments.dry_run:
        print_estimates([before.recipe], [before.recipe], arguments)
        return
    check_ready(reviewer)
    painter = Painter(loading=loading, quiet=not arguments.debug)
    with telling(arguments) as bar, full_memory_told([before.recipe], loading):
        mended = look_and_mend(painter, before, reviewer, arguments, bar, target)
    save_mended(mended, target, arguments)


def run_compare(arguments: argparse.Namespace) -> int:
    """Paint a plan with several models, write each picture and a sheet of all. Returns 3 where one is missing."""
    plan, target = read_source(arguments.plan, arguments.idx).shown, check_target(arguments.output)
    size = {} if arguments.size is None else dict(zip(("width", "height"), arguments.size, strict=True))
    given, made = {"seed": arguments.seed, **size}, []
    loading, quiet = load_options(arguments), not arguments.debug
    with telling(arguments) as bar:
        for one in compare(plan, arguments.model, loading=loading, quiet=quiet, on_progress=bar, **given):
            made.append(one)
            if one.result is None:
                log.error("%s: %s", one.model, one.error)
            else:
                save(one.result, target.with_name(f"{target.stem}-{len(made)}-{one.name}.png"), arguments)
    comparison_sheet(made).save(target)
    report(arguments, target, {"sheet": str(target)})
    return SOME_FAILED if any(one.result is None for one in made) else 0


def paint_many(recipes: Sequence[Recipe], arguments: argparse.Namespace) -> None:
    """Paint --images pictures of each recipe into a folder under new names; each is written as soon as it is there.

    With --batch they are painted together and then written, with --resume only those that the folder lacks.
    """
    loading, quiet = load_options(arguments), not arguments.debug
    if reviewer_of(arguments) is not None:
        raise RenderError("--review looks at one picture; mend each of several with: ragplan mend PICTURE")
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
    with telling(arguments) as bar:
        if arguments.batch:
            results = generate_together(recipes, images=arguments.images, loading=loading, quiet=quiet, on_progress=bar)
        else:
            results = generate_many(jobs, loading=loading, quiet=quiet, on_progress=bar)
        check_folder(made_folder(folder))
        for stem, result in zip(stems, results, strict=True):
            save(result, folder / f"{stem}.png", arguments, numbered=True)


def save_mended(mended: Mended, target: Path, arguments: argparse.Namespace) -> None:
    """Write the best picture and say where it is; after Ctrl-C, go on with that."""
    save(mended.result, target, arguments, mending=mended.to_dict())
    if mended.interrupted:
        raise KeyboardInterrupt


def save(result: Result, target: Path, arguments: argparse.Namespace, *, numbered: bool = False, **told: Any) -> None:
    """Write a picture and say where it is; only a name that was given is overwritten, and none of several."""
    path = result.save(target, overwrite=arguments.output is not None and not numbered)
    recipe = result.recipe.to_dict()
    del recipe["versions"]
    report(arguments, path, {"image": str(path), **recipe, **told})
    log.info("seed %s; make it again with: ragplan generate %s", result.settings.seed, shlex.quote(str(path)))
