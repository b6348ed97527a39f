"""The command line's part that edits by words, `ragplan edit`: what changes, and what that means for a picture."""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

from generator.cli.painting import add_loading_options, size
from generator.painting.sources import read_source
from generator.recipe import Recipe
from generator.regions.repaint import Repaint
from generator.settings import repaint_binding_steps
from planner.checks import check_plan
from planner.editing import Edited, edit_by_words
from planner.plan import Plan

log = logging.getLogger("ragplan")


def add_edit_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `ragplan edit`."""
    parser.add_argument(
        "plan", type=Path, help="a plan (.json, or - for standard input), or a picture of ragplan's (.png)"
    )
    parser.add_argument("sentence", help='what changes: "move the penguin up", "add a hat", "make the ball blue", …')
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write the new plan or picture")
    parser.add_argument(
        "--size", type=size, metavar="WIDTHxHEIGHT", help="a plan's canvas in px (default: the model's own)"
    )
    parser.add_argument(
        "--anew", action="store_true", help="paint the whole picture anew, also where one region would be enough"
    )
    add_loading_options(parser)


def edited_plan(arguments: argparse.Namespace) -> Plan:
    """Return a plan's file as the sentence changes it. Raises `PlanError` as `planner.editing.edit_by_words`."""
    recipe = read_source(arguments.plan)
    width, height = arguments.size or (recipe.settings.width, recipe.settings.height)
    return _edit(recipe, arguments.sentence, width, height).plan


def edited_recipe(recipe: Recipe, arguments: argparse.Namespace) -> Recipe:
    """Return a picture's recipe as the sentence changes it: with one region more to be painted anew, or of a new plan.

    Where one place changes it is repainted and everything else stays; else the whole picture is painted anew with its
    own seed. Raises `PlanError` as `planner.editing.edit_by_words`.
    """
    settings = recipe.settings
    edited = _edit(recipe, arguments.sentence, settings.width, settings.height)
    if edited.region is None or edited.index is None or arguments.anew:
        log.info("the whole picture is painted anew, with its own seed")
        return Recipe(edited.plan, settings)
    plan, index = edited.plan, edited.index
    log.info("one place changes: only that is painted anew")
    repaint = Repaint(
        plan.prompt,
        plan.objects[index].prompt,
        tuple(cell.prompt for cell in plan.cells),
        repaint_binding_steps(settings),
        mask=edited.region,
        number=index,
    )
    return recipe.repainted(repaint)


def write_plan(plan: Plan, arguments: argparse.Namespace) -> None:
    """Print a plan, or write it where -o says."""
    if arguments.output is None:
        print(json.dumps(plan.to_dict(), indent=2, ensure_ascii=False))
        return
    plan.save(arguments.output)
    print(json.dumps({"plan": str(arguments.output)}) if arguments.json else arguments.output)


def _edit(recipe: Recipe, sentence: str, width: int, height: int) -> Edited:
    """Edit what a recipe shows, and tell what is worse than before."""
    before = recipe.shown
    edited = edit_by_words(before, sentence, width=width, height=height)
    for note in edited.notes:
        log.warning("%s", note)
    known = {(each.code, each.path) for each in check_plan(before, width=width, height=height)}
    for each in check_plan(edited.plan, width=width, height=height):
        if (each.code, each.path) not in known:
            log.warning("%s: %s", each.path, each.message)
    return edited
