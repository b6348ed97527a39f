"""The command line as argparse knows it: every command with its options, and a bare sentence, which is `create`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from generator.cli import commands as run
from generator.cli.batch import add_batch_options, run_batch
from generator.cli.editing import add_edit_options
from generator.cli.evaluation import add_eval_command
from generator.cli.looking import (
    OWN_REVIEWER,
    add_looking_commands,
    add_picture_argument,
    add_review_options,
    add_reviewer_option,
    run_review,
)
from generator.cli.options import add_command, add_common_options
from generator.cli.painting import (
    add_idx_option,
    add_loading_options,
    add_model_options,
    add_painting_options,
    size,
)
from generator.cli.pictures import add_convert_command
from generator.cli.planning import add_backend_options, add_planning_commands, add_planning_options
from generator.cli.repainting import add_repaint_options
from generator.cli.running import run_compare, run_mend
from generator.cli.studio import add_studio_commands
from generator.cli.usage import Parser, explain_rest, refuse_other_s, refuse_slip
from planner.formats import FORMATS

SHELLS = ("bash", "zsh", "tcsh")
SENTENCE = "what is to be seen, in quotes; - reads it from standard input"
PLAN_FILE = "a plan (.json), a picture that ragplan made (.png), or a gallery of the RAG-Diffusion release (.json)"


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line; without a command's name in front, the first word is the sentence to paint."""
    return parse_words(*build_parser(), words)


def parse_words(parser: Parser, commands: Mapping[str, Parser], words: Sequence[str]) -> argparse.Namespace:
    """Read the words of a command line; without a command in front, the first one is the sentence to paint.

    Prints help for no words at all, and exits: with 0 after help, with 2 for wrong usage.
    """
    if not words or list(words) == ["help"]:
        parser.print_help()
        parser.exit()
    first = words[0]
    if first not in commands and first not in ("-h", "--help", "--version"):
        refuse_slip(parser, list(commands), first)
        words = ["create", *words]
    if words[0] in commands:
        refuse_other_s(words[1:], commands[words[0]], commands)
    arguments, rest = parser.parse_known_args(words)
    if rest:
        own: Parser = arguments.parser
        own.error(explain_rest(rest, own, commands))
    return arguments


def build_parser() -> tuple[Parser, dict[str, Parser]]:
    """Return the parser, and those of its commands by their names."""
    parser = Parser(
        prog="ragplan",
        usage='ragplan "SENTENCE" [-o out.png] [options]\n       ragplan COMMAND …',
        description="One sentence in, the picture you meant out.",
        epilog='"ragplan COMMAND --help" lists a command\'s options; those of "create" are the sentence\'s.',
    )
    parser.add_argument("--version", action="version", version=f"ragplan {version('ragplan')}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, prog="ragplan")
    for add in (_add_create, _add_plan, _add_draw, _add_export, _add_generate):
        add_common_options(add(commands))  # the last ones: what a command does comes first
    for add in (_add_show, _add_repaint, _add_review, _add_mend, _add_compare):
        add_common_options(add(commands))
    add_planning_commands(commands)
    add_convert_command(commands)
    for add in (_add_edit, _add_batch):
        add_common_options(add(commands))
    add_studio_commands(commands)
    add_looking_commands(commands)
    add_eval_command(commands)
    add_common_options(_add_completion(commands, parser))
    return parser, dict(commands.choices)


def _add_create(commands: Any) -> argparse.ArgumentParser:
    text = "plan a sentence and paint it (the word create can be left out)"
    create = add_command(commands, "create", run.run_create, text)
    create.add_argument("sentence", help=SENTENCE)
    create.add_argument("--save-plan", type=Path, metavar="FILE", help="write the plan too, as JSON")
    add_painting_options(create)
    add_review_options(create)
    add_planning_options(create)
    return create


def _add_plan(commands: Any) -> argparse.ArgumentParser:
    plan = add_command(commands, "plan", run.run_plan, "plan a sentence and print the plan, or write it with -o")
    plan.add_argument("sentence", help=SENTENCE)
    plan.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write the plan (JSON)")
    add_model_options(plan)
    add_planning_options(plan)
    return plan


def _add_draw(commands: Any) -> argparse.ArgumentParser:
    draw = add_command(commands, "draw", run.run_draw, "draw a plan: grid, boxes and prompts")
    draw.add_argument("plan", type=Path, help=PLAN_FILE)
    add_idx_option(draw)
    draw.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write the drawing (.png)")
    draw.add_argument("--size", type=size, metavar="WIDTHxHEIGHT", default=None, help="size in px (default 768x768)")
    return draw


def _add_export(commands: Any) -> argparse.ArgumentParser:
    text = "write a plan as another program does, or read what one wrote"
    export = add_command(commands, "export", run.run_export, text)
    export.add_argument("plan", type=Path, help=f"{PLAN_FILE}; with --from, another program's text")
    add_idx_option(export)
    listed = "; ".join(f"{name}: {each.about}" for name, each in FORMATS.items())
    export.add_argument("--to", choices=FORMATS, metavar="FORMAT", help=listed)
    text = "what the file is; without --to it becomes a plan"
    export.add_argument("--from", choices=FORMATS, dest="of", metavar="FORMAT", help=text)
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write it")
    return export


def _add_generate(commands: Any) -> argparse.ArgumentParser:
    text = "paint a plan, or a picture that ragplan made once more"
    paint = add_command(commands, "generate", run.run_generate, text)
    paint.add_argument("plan", type=Path, nargs="+", help=f"{PLAN_FILE}; of several, -o is a folder")
    paint.add_argument("--images", type=int, default=1, metavar="N", help="pictures of each, seeds counting up")
    paint.add_argument("--resume", action="store_true", help="paint only what the folder of -o does not have yet")
    paint.add_argument("--batch", action="store_true", help="paint all at once: plans with the same cells and settings")
    add_idx_option(paint)
    add_painting_options(paint)
    add_review_options(paint)
    return paint


def _add_show(commands: Any) -> argparse.ArgumentParser:
    show = add_command(commands, "show", run.run_show, "print what a picture was made from")
    show.add_argument("picture", type=Path)
    return show


def _add_repaint(commands: Any) -> argparse.ArgumentParser:
    text = "paint one region of a picture anew, everything else as it is"
    repaint = add_command(commands, "repaint", run.run_repaint, text)
    add_repaint_options(repaint)
    return repaint


def _add_review(commands: Any) -> argparse.ArgumentParser:
    review = add_command(commands, "review", run_review, "look at a picture: what of its plan is there")
    add_picture_argument(review)
    add_reviewer_option(review, OWN_REVIEWER)
    return review


def _add_mend(commands: Any) -> argparse.ArgumentParser:
    mend = add_command(commands, "mend", run_mend, "look at a picture, and paint anew what is wrong with it")
    add_picture_argument(mend)
    mend.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write the best picture (.png)")
    add_review_options(mend, OWN_REVIEWER)
    add_loading_options(mend)
    add_backend_options(mend.add_argument_group("who plans again where an object fails again and again"))
    return mend


def _add_compare(commands: Any) -> argparse.ArgumentParser:
    text = "paint one plan with several models, side by side on one sheet"
    compare = add_command(commands, "compare", run_compare, text)
    compare.add_argument("plan", type=Path, metavar="FILE", help="a plan, or a picture that carries one")
    compare.add_argument("--model", action="append", required=True, metavar="MODEL", help="once for each model")
    compare.add_argument("--seed", type=int, default=0, help="of every picture (default 0)")
    compare.add_argument(
        "--size", type=size, metavar="WIDTHxHEIGHT", help="of every picture (default: each model's own)"
    )
    add_idx_option(compare)
    compare.add_argument("-o", "--output", type=Path, default=Path("comparison.png"), metavar="FILE", help="the sheet")
    add_loading_options(compare)
    return compare


def _add_edit(commands: Any) -> argparse.ArgumentParser:
    edit = add_command(commands, "edit", run.run_edit, "change a plan or a picture by words: boxes, too")
    add_edit_options(edit)
    return edit


def _add_batch(commands: Any) -> argparse.ArgumentParser:
    text = "paint a file of prompts into a folder; again: what is missing"
    batch = add_command(commands, "batch", run_batch, text)
    add_batch_options(batch)
    return batch


def _add_completion(commands: Any, parser: Parser) -> argparse.ArgumentParser:
    text = "print what a shell needs to complete commands and options"
    completion = add_command(commands, "completion", partial(run.run_completion, parser), text)
    completion.add_argument("shell", choices=SHELLS, help="bash: ragplan completion bash >> ~/.bashrc")
    return completion
