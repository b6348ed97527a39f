"""What each command does, from its options on. The plan or picture is written whole or not at all."""

from __future__ import annotations

import argparse
import json
import logging
import shlex
from pathlib import Path
from typing import Any

from generator.cli.editing import edited_plan, edited_recipe, write_plan
from generator.cli.looking import describe_reviewed, ready_reviewer
from generator.cli.painting import canvas_of, load_options, settings_of
from generator.cli.pictures import images_of, pictured, with_adapters
from generator.cli.planning import make_plan
from generator.cli.repainting import describe_box, describe_repaints, repaint_of, source_of
from generator.cli.reporting import printable, report
from generator.cli.running import paint, paint_many
from generator.families.detecting import checkpoint_of, profile_of
from generator.options import check_integer
from generator.painting.beside import plan_beside
from generator.painting.checks import check_painting
from generator.painting.sources import read_source
from generator.pictures import check_file, check_target, free_name
from generator.recipe import Recipe, read_recipe
from generator.settings import RenderSettings
from planner.plan.document import read_text
from planner.plan.files import new_file, numbered, whole_file, write_whole

log = logging.getLogger("ragplan")


def run_create(arguments: argparse.Namespace) -> None:
    """Plan a sentence, then paint the plan; the plan is written before the painting starts."""
    settings = with_adapters(settings_of(arguments), arguments)
    target = check_target(arguments.output or free_name(arguments.sentence))
    if arguments.save_plan:
        check_file(arguments.save_plan)
    images = images_of(arguments)
    check_painting(settings, load_options(arguments), images.values())
    ready_reviewer(arguments)
    if arguments.dry_run:
        plan = make_plan(arguments, settings)
    else:
        plan = plan_beside(lambda: make_plan(arguments, settings), quiet=not arguments.debug)
    recipe = pictured(Recipe(plan, settings), arguments, images)
    if arguments.save_plan:
        recipe.plan.save(arguments.save_plan)
    paint(recipe, target, arguments)


def run_plan(arguments: argparse.Namespace) -> None:
    """Plan a sentence."""
    if arguments.output:
        check_file(arguments.output)
    plan = make_plan(arguments, canvas_of(arguments))
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


def run_export(arguments: argparse.Namespace) -> None:
    """Write a plan as another program does, or read one that another program wrote, or both."""
    from planner.formats import export_plan, import_plan

    if not (arguments.to or arguments.of):
        arguments.parser.error("say what the plan is to become, --to FORMAT, or what it is, --from FORMAT")
    if arguments.output:
        check_file(arguments.output)
    source = arguments.plan
    plan = import_plan(read_text(source), arguments.of) if arguments.of else read_source(source, arguments.idx).shown
    if arguments.to is None:
        write_plan(plan, arguments)
        return
    text = export_plan(plan, arguments.to)
    if arguments.output is None:
        print(json.dumps({"format": arguments.to, "text": text}, ensure_ascii=False) if arguments.json else text)
        return
    write_whole(arguments.output, text + "\n")
    report(arguments, arguments.output, {"format": arguments.to, "file": str(arguments.output)})


def run_generate(arguments: argparse.Namespace) -> None:
    """Paint a plan; a picture's or a gallery's own settings hold where the command line says nothing else."""
    check_integer("--images", arguments.images, 1, None)
    sources = [read_source(path, arguments.idx, arguments.model) for path in arguments.plan]
    images = images_of(arguments, [source.plan for source in sources])
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
    images = images_of(arguments, [recipe.plan])
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
    lines += [*plan.remarks, *describe_repaints(recipe), *describe_reviewed(recipe)]
    lines += [f"{name}: {value}" for name, value in {**acting_settings(recipe.settings), **recipe.versions}.items()]
    name = shlex.quote(str(arguments.picture))
    lines.append(f"make again with: ragplan generate {name} -o again.png")
    lines += (
        [f'repaint with: ragplan repaint {name} --object 0 "a blue ball" -o new.png'] if recipe.shown.objects else []
    )
    print(printable(plan.prompt), *(f"  {printable(line)}" for line in lines), sep="\n")


def run_completion(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Print a shell's completion of a command line. parser: that of all commands."""
    import shtab  # on use: it takes longer to load than all of the help

    print(shtab.complete(parser, arguments.shell))


# Parts ---------------------------------------------------------------------------------------------------------------


def acting_settings(settings: RenderSettings) -> dict[str, Any]:
    """Return the settings that act on a picture by their names: without a guidance that its model does not have."""
    works = profile_of(settings.model).works(checkpoint_of(settings.model))
    return {name: value for name, value in settings.to_dict().items() if name != "guidance_scale" or works.guidance}


def drawing_size(settings: RenderSettings) -> tuple[int, int]:
    """Scale the canvas so that its longer side is 768 px."""
    scale = 768 / max(settings.width, settings.height)
    return round(settings.width * scale), round(settings.height * scale)
