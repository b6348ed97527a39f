"""The `ragplan` command: a sentence alone plans and paints it; `plan`, `draw`, `generate` and `show` are its parts.

Nothing here imports torch before a picture is painted. Standard output carries results (paths, plans, JSON); progress,
notes and errors go to standard error. Exit codes: 0 done, 1 an error in one line, 2 wrong usage, 3 some of a batch's
pictures failed, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import logging
import shlex
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from generator.cli.batch import add_batch_options, run_batch
from generator.cli.editing import add_edit_options, edited_plan, edited_recipe, write_plan
from generator.cli.evaluation import add_eval_command
from generator.cli.loading import load_options
from generator.cli.looking import add_looking_commands
from generator.cli.painting import add_idx_option, add_model_options, add_painting_options, settings_of, size
from generator.cli.parser import Parser, parse_words
from generator.cli.pictures import add_convert_command, images_of, pictured, with_adapters
from generator.cli.planning import add_planning_commands, add_planning_options, make_plan
from generator.cli.repainting import add_repaint_options, describe_box, describe_repaints, repaint_of, source_of
from generator.cli.reporting import configure_logging, printable, report, say_error
from generator.cli.running import paint, paint_many
from generator.cli.studio import add_studio_commands
from generator.options import check_integer
from generator.painting.checks import check_painting
from generator.pictures import check_folder, check_target, free_name
from generator.recipe import Recipe, read_recipe, read_source
from generator.settings import RenderSettings
from planner.plan.files import new_file, numbered, whole_file

log = logging.getLogger("ragplan")

SHELLS = ("bash", "zsh", "tcsh")
SENTENCE = "what is to be seen, in quotes; - reads it from standard input"
PLAN_FILE = "a plan (.json), a picture that ragplan made (.png), or a gallery of the RAG-Diffusion release (.json)"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = parse(list(sys.argv[1:] if argv is None else argv))
    configure_logging(arguments)
    try:
        if getattr(arguments, "sentence", None) == "-":
            arguments.sentence = " ".join(sys.stdin.read().split())
        return arguments.run(arguments) or 0
    except KeyboardInterrupt:
        print("ragplan: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stdout = None  # whoever read the output has seen enough
        return 1
    except Exception as error:  # the last net: whatever it is, the user gets one line
        if arguments.debug:
            raise
        say_error(error, arguments.parser.options)
        return 1


# Parsing -------------------------------------------------------------------------------------------------------------


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line; without a command's name in front, the first word is the sentence to paint."""
    return parse_words(*build_parser(), argv)


def build_parser() -> tuple[Parser, dict[str, Parser]]:
    """Return the parser, and those of its commands by their names."""
    parser = Parser(
        prog="ragplan",
        usage='ragplan "SENTENCE" [-o out.png] [options]\n       ragplan COMMAND …',
        description="One sentence in, the picture you meant out.",
        epilog='"ragplan COMMAND --help" lists a command\'s options; those of "create" are the sentence\'s.',
    )
    parser.add_argument("--version", action="version", version=f"ragplan {version('ragplan')}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True, prog="ragplan")

    def command(name: str, run: Callable[[argparse.Namespace], int | None], text: str) -> argparse.ArgumentParser:
        added = subparsers.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        ours.append(added)
        return added

    ours: list[argparse.ArgumentParser] = []

    create = command("create", run_create, "plan a sentence and paint it (the word create can be left out)")
    create.add_argument("sentence", help=SENTENCE)
    create.add_argument("--save-plan", type=Path, metavar="FILE", help="write the plan too, as JSON")
    add_painting_options(create)
    add_planning_options(create)

    plan = command("plan", run_plan, "plan a sentence and print the plan, or write it with -o")
    plan.add_argument("sentence", help=SENTENCE)
    plan.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write the plan (JSON)")
    add_model_options(plan)
    add_planning_options(plan)

    draw = command("draw", run_draw, "draw a plan: grid, boxes and prompts")
    draw.add_argument("plan", type=Path, help=PLAN_FILE)
    add_idx_option(draw)
    draw.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write the drawing (.png)")
    draw.add_argument("--size", type=size, metavar="WIDTHxHEIGHT", default=None, help="size in px (default 768x768)")

    paint = command("generate", run_generate, "paint a plan, or a picture that ragplan made once more")
    paint.add_argument("plan", type=Path, nargs="+", help=f"{PLAN_FILE}; of several, -o is a folder")
    paint.add_argument("--images", type=int, default=1, metavar="N", help="pictures of each, seeds counting up")
    paint.add_argument("--resume", action="store_true", help="paint only what the folder of -o does not have yet")
    paint.add_argument("--batch", action="store_true", help="paint all at once: plans with the same cells and settings")
    add_idx_option(paint)
    add_painting_options(paint)

    show = command("show", run_show, "print what a picture was made from")
    show.add_argument("picture", type=Path)

    add_repaint_options(command("repaint", run_repaint, "paint one region of a picture anew, everything else as it is"))
    add_planning_commands(subparsers, add_common_options)
    add_convert_command(subparsers, add_common_options)
    add_edit_options(command("edit", run_edit, "change a plan or a picture by words: boxes, too"))
    add_batch_options(command("batch", run_batch, "paint a file of prompts into a folder; again: what is missing"))
    add_studio_commands(subparsers, add_common_options)
    add_looking_commands(subparsers, add_common_options, size)
    add_eval_command(subparsers, add_common_options, size)

    completion = command("completion", run_completion, "print what a shell needs to complete commands and options")
    completion.add_argument("shell", choices=SHELLS, help="bash: ragplan completion bash >> ~/.bashrc")
    for added in ours:
        add_common_options(added)  # the last ones: what a command does comes first
    return parser, dict(subparsers.choices)


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command."""
    parser.set_defaults(parser=parser)
    group = parser.add_argument_group("what is said")
    group.add_argument("--json", action="store_true", help="print the result as JSON")
    group.add_argument("--quiet", action="store_true", help="no progress bar and no notes")
    group.add_argument("--debug", action="store_true", help="all notes, and a traceback for an error")


# Commands ------------------------------------------------------------------------------------------------------------


def run_create(arguments: argparse.Namespace) -> None:
    """Plan a sentence, then paint the plan; the plan is written before the painting starts."""
    settings = with_adapters(settings_of(arguments), arguments)
    target = check_target(arguments.output or free_name(arguments.sentence))
    if arguments.save_plan:
        check_folder(arguments.save_plan.parent, arguments.save_plan.name)
    images = images_of(arguments)
    check_painting(settings, load_options(arguments), images.values())
    recipe = pictured(Recipe(make_plan(arguments, settings), settings), arguments, images)
    if arguments.save_plan:
        recipe.plan.save(arguments.save_plan)
    paint(recipe, target, arguments)


def run_plan(arguments: argparse.Namespace) -> None:
    """Plan a sentence."""
    if arguments.output:
        check_folder(arguments.output.parent, arguments.output.name)
    plan = make_plan(arguments, settings_of(arguments))
    if arguments.output is None:
        print(json.dumps(plan.to_dict(), indent=2, ensure_ascii=False))
        return
    plan.save(arguments.output)
    report(arguments, arguments.output, {"plan": str(arguments.output), "notes": list(plan.notes)})


def run_draw(arguments: argparse.Namespace) -> None:
    """Draw a plan as a layout."""
    from planner.drawing import draw_plan

    recipe = read_source(arguments.plan, arguments.idx)
    width, height = arguments.size or drawing_size(recipe.settings)
    target = check_target(arguments.output or free_name(f"{arguments.plan.stem} layout"))
    drawing = draw_plan(recipe.shown, width=width, height=height)
    if arguments.output:
        with whole_file(target) as temporary:
            drawing.save(temporary, format="PNG")
    else:
        with new_file(numbered(target.parent, target.stem, target.suffix)) as (temporary, written):
            drawing.save(temporary, format="PNG")
        target = written[0]
    report(arguments, target, {"drawing": str(target)})


def run_generate(arguments: argparse.Namespace) -> None:
    """Paint a plan; a picture's or a gallery's own settings hold where the command line says nothing else."""
    check_integer("--images", arguments.images, 1, None)
    sources = [read_source(path, arguments.idx, arguments.model) for path in arguments.plan]
    images = images_of(arguments)
    recipes = [
        pictured(source.changed(settings=settings_of(arguments, source.settings)), arguments, images)
        for source in sources
    ]
    if len(recipes) * arguments.images > 1 or arguments.resume:
        paint_many(recipes, arguments)
        return
    paint(recipes[0], check_target(arguments.output or free_name(recipes[0].plan.prompt)), arguments)


def run_repaint(arguments: argparse.Namespace) -> None:
    """Paint one region of a picture anew; plan, seed and settings are the picture's own, or a gallery's."""
    recipe, wanted = source_of(arguments)
    check_target(arguments.output or Path("picture.png"))
    images = images_of(arguments)
    recipe = pictured(recipe, arguments, images)
    check_painting(recipe.settings, load_options(arguments), images.values())
    repaint = repaint_of(arguments, recipe, wanted)
    target = check_target(arguments.output or free_name(repaint.prompt))
    paint(recipe.repainted(repaint), target, arguments)


def run_edit(arguments: argparse.Namespace) -> None:
    """Change a plan by words, or paint a picture so that it shows the change: one region of it where that is enough."""
    if arguments.plan.suffix.lower() != ".png":
        write_plan(edited_plan(arguments), arguments)
        return
    recipe = read_recipe(arguments.plan)
    check_target(arguments.output or Path("picture.png"))
    check_painting(recipe.settings, load_options(arguments))
    edited = edited_recipe(recipe, arguments)
    paint(edited, check_target(arguments.output or free_name(edited.shown.prompt)), arguments)


def run_show(arguments: argparse.Namespace) -> None:
    """Print a picture's plan, settings and versions."""
    recipe = read_recipe(arguments.picture)
    if arguments.json:
        print(json.dumps(recipe.to_dict(), indent=2, ensure_ascii=False))
        return
    plan = recipe.plan
    lines = ["  ".join([f"cell {i}: {cell.prompt}", *cell.remarks]) for i, cell in enumerate(plan.cells)]
    for i, item in enumerate(plan.objects):
        lines.append("  ".join([f"object {i}: {item.name}", describe_box(item.box), *item.remarks]))
    lines += [*plan.remarks, *describe_repaints(recipe)]
    lines += [f"{name}: {value}" for name, value in [*recipe.settings.to_dict().items(), *recipe.versions.items()]]
    name = shlex.quote(str(arguments.picture))
    lines.append(f"make again with: ragplan generate {name} -o again.png")
    lines += (
        [f'repaint with: ragplan repaint {name} --object 0 "a blue ball" -o new.png'] if recipe.shown.objects else []
    )
    print(printable(plan.prompt), *(f"  {printable(line)}" for line in lines), sep="\n")


def run_completion(arguments: argparse.Namespace) -> None:
    """Print a shell's completion of this command line."""
    import shtab  # on use: it takes longer to load than all of the help

    parser, _ = build_parser()
    print(shtab.complete(parser, arguments.shell))


# Parts ---------------------------------------------------------------------------------------------------------------


def drawing_size(settings: RenderSettings) -> tuple[int, int]:
    """Scale the canvas so that its longer side is 768 px."""
    scale = 768 / max(settings.width, settings.height)
    return round(settings.width * scale), round(settings.height * scale)
