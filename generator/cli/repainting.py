"""The command line's part that paints a region of a picture anew: options → a `Repaint`. No torch."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from generator.cli.painting import add_idx_option, add_loading_options, add_picture_options, given_settings
from generator.cli.pictures import add_image_options
from generator.cli.planning import add_backend_options, planner_of, tell_planner
from generator.painting.painter import plan_repaint
from generator.painting.sources import read_source
from generator.recipe import Recipe
from generator.regions.masking import TokenMask, mask_tokens, read_mask
from generator.regions.repaint import Repaint
from generator.settings import repaint_binding_steps
from planner.errors import PlanError, RenderError
from planner.plan import Box

WHITE_KEPT = "black (0..128) is painted anew, white is kept"


def add_repaint_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `ragplan repaint`."""
    parser.add_argument(
        "picture",
        type=Path,
        help="a picture that ragplan made (.png), or a gallery of the RAG-Diffusion release (.json)",
    )
    add_idx_option(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write the new picture (.png)")
    _add_region_options(parser)
    _add_prompt_options(parser)
    _add_change_options(parser)
    add_loading_options(parser)
    add_backend_options(parser.add_argument_group("who writes the new prompts"))
    add_image_options(parser)
    gallery = parser.add_argument_group("the picture of a gallery", "A picture that ragplan made keeps its own.")
    gallery.add_argument(
        "--picture-seed", type=int, dest="seed", default=argparse.SUPPRESS, metavar="SEED", help="of the picture itself"
    )
    add_picture_options(gallery)


def _add_region_options(parser: argparse.ArgumentParser) -> None:
    """Add what says where it is painted anew."""
    region = parser.add_mutually_exclusive_group()
    region.add_argument(
        "--mask", type=Path, metavar="FILE", help=f"a picture of what to paint anew: {WHITE_KEPT}, unlike most tools"
    )
    region.add_argument("--box", type=box, metavar="X,Y,W,H", help="paint this box anew, in fractions of the picture")
    region.add_argument(
        "--object", nargs=2, metavar=("N", "WORDS"), help='make object N another thing: 2 "a blue ball"'
    )
    parser.add_argument("--invert-mask", action="store_true", help="paint the mask's white anew and keep its black")


def _add_prompt_options(parser: argparse.ArgumentParser) -> None:
    """Add what says what the new picture shows."""
    parser.add_argument(
        "--prompt",
        metavar="WORDS",
        help='what the region shows ("a blue ball"), or what becomes what ("the ball becomes a cube"), '
        "which needs no region: it is the box of the object that it names",
    )
    parser.add_argument("--whole-prompt", metavar="WORDS", help="the whole new picture (default: derived)")
    parser.add_argument(
        "--cell-prompt",
        nargs=2,
        action="append",
        default=[],
        metavar=("N", "WORDS"),
        help="cell N of the new picture (default: derived); can be given for several cells",
    )


def _add_change_options(parser: argparse.ArgumentParser) -> None:
    """Add what says how the region is painted."""
    parser.add_argument(
        "--seed",
        type=int,
        dest="repaint_seed",
        metavar="SEED",
        help="of the region's own noise (default 0, or the gallery's)",
    )
    parser.add_argument(
        "--binding-steps",
        type=int,
        dest="repaint_binding_steps",
        metavar="N",
        help="paint the new thing alone in the first N steps (default: as the picture's objects, or the gallery's)",
    )
    parser.add_argument(
        "--single-stream",
        action=argparse.BooleanOptionalAction,
        help="keep the rest in the single-stream blocks too (an effect only at refinement below 1)",
    )
    parser.add_argument(
        "--no-blend",
        dest="blend",
        action="store_false",
        help="leave the pixels next to the region as the decoder makes them; else they are the old picture's",
    )


def box(text: str) -> Box:
    """Read X,Y,W,H."""
    try:
        x, y, width, height = (float(part) for part in text.split(","))
        return Box(x, y, width, height)
    except (ValueError, PlanError) as error:
        allowed = "X,Y,W,H in fractions of the picture, 0..1, such as 0.6,0.2,0.3,0.5"
        raise argparse.ArgumentTypeError(f"must be {allowed}; got {text!r}") from error


def source_of(arguments: argparse.Namespace) -> tuple[Recipe, Repaint | None]:
    """Return the picture's recipe, and what a gallery wants painted anew in it; only a gallery's settings can change.

    Raises `RenderError` for a plan, which is no picture yet, and where a picture's settings would be changed.
    """
    path, given = arguments.picture, given_settings(arguments)
    recipe = read_source(path, arguments.idx, arguments.model, repainted=True)
    if recipe.kind == "plan":
        raise RenderError(f"{str(path)!r} is a plan; paint it first: ragplan generate")
    if recipe.kind == "picture":
        if given or arguments.model is not None:
            names = ", ".join(given) or "model"
            raise RenderError(f"{str(path)!r} is painted already and keeps its own {names}")
        return recipe, None
    wanted = recipe.repaints[-1] if recipe.repaints else None
    return Recipe(recipe.plan, recipe.settings.changed(**given)), wanted


def repaint_of(arguments: argparse.Namespace, recipe: Recipe, wanted: Repaint | None) -> Repaint:
    """Return what the options say, the rest taken from the gallery and derived from what the picture shows now.

    Raises `RenderError` or `PlanError`, before any model is loaded, for what cannot be painted.
    """
    if arguments.invert_mask and arguments.mask is None:
        raise RenderError("--invert-mask is for --mask FILE, which was not given")
    if arguments.object and arguments.prompt is not None:
        raise RenderError("--object N WORDS says what the region shows; leave --prompt out")
    region = None if arguments.object else _region(arguments, wanted, recipe)
    if arguments.object or arguments.prompt is not None:
        repaint = _planned(arguments, recipe, region)
    elif wanted is not None and region is not None:
        repaint = replace(wanted, mask=region)
    else:
        raise RenderError('say what to paint: --prompt "a blue ball", or --object N "a blue ball"')
    return replace(
        _overridden(arguments, repaint),
        hard_binding_steps=_first(
            arguments.repaint_binding_steps,
            wanted and wanted.hard_binding_steps,
            repaint_binding_steps(recipe.settings),
        ),
        seed=_first(arguments.repaint_seed, wanted and wanted.seed, 0),
        single_stream=_first(arguments.single_stream, wanted and wanted.single_stream, False),
        blend=arguments.blend,
    )


def _first(*values: Any) -> Any:
    """Return the first value that is one."""
    return next(value for value in values if value is not None)


def describe_repaints(recipe: Recipe) -> list[str]:
    """Say in lines what of a picture was painted anew, and what it shows now; none where nothing was."""
    lines = []
    for number, repaint in enumerate(recipe.repaints, 1):
        name = "repaint" if len(recipe.repaints) == 1 else f"repaint {number}"
        mask = repaint.mask
        if isinstance(mask, TokenMask):
            where = f"{len(mask.tokens)} of {mask.grid.count} tokens"
        else:
            where = describe_box(repaint.region)
        how = f"seed {repaint.seed}, {repaint.hard_binding_steps} binding steps"
        lines += [f"{name}: {repaint.object_prompt}  {where}  {how}", f"{name} prompt: {repaint.prompt}"]
        lines += [f"{name} cell {i}: {prompt}" for i, prompt in enumerate(repaint.cell_prompts)]
    if recipe.repaints:
        shown = enumerate(recipe.shown.objects)
        lines += [f"now object {i}: {item.name}  {describe_box(item.box)}" for i, item in shown]
    return lines


def describe_box(box: Box) -> str:
    """Say where a box is."""
    return f"x={box.x:g} y={box.y:g} width={box.width:g} height={box.height:g}"


def _planned(arguments: argparse.Namespace, recipe: Recipe, region: Box | TokenMask | None) -> Repaint:
    """Let the planner write the prompts; where no region is given it is the box of the object that changes."""
    number, sentence = None, arguments.prompt
    if arguments.object:
        number, sentence = (
            _number("--object", arguments.object[0], "object", len(recipe.shown.objects)),
            arguments.object[1],
        )
    repaint, found = plan_repaint(planner_of(arguments), recipe, sentence, region=region, number=number)
    tell_planner(found)
    return repaint


def _region(arguments: argparse.Namespace, wanted: Repaint | None, recipe: Recipe) -> Box | TokenMask | None:
    """Read the box or mask, else the gallery's mask, if any."""
    grid = recipe.grid
    if arguments.box is not None:
        mask_tokens(arguments.box, grid)
        given: Box = arguments.box
        return given
    if arguments.mask is not None:
        return read_mask(arguments.mask, grid, invert=arguments.invert_mask)
    return wanted.mask if wanted and isinstance(wanted.mask, Box | TokenMask) else None


def _overridden(arguments: argparse.Namespace, repaint: Repaint) -> Repaint:
    """Put the prompts that were given in the place of the derived ones."""
    cells = list(repaint.cell_prompts)
    for number, words in arguments.cell_prompt:
        cells[_number("--cell-prompt", number, "cell", len(cells))] = words
    return replace(repaint, prompt=arguments.whole_prompt or repaint.prompt, cell_prompts=tuple(cells))


def _number(option: str, text: str, what: str, count: int) -> int:
    """Read the number of an object or a cell, of which there are so many."""
    listed = f"the plan's {what}s are 0..{count - 1}" if count else f"the plan has no {what}s"
    if not text.isdecimal():
        raise RenderError(f"{option} needs a number first; {listed}, as `ragplan show` prints them; got {text!r}")
    if int(text) >= count:
        raise RenderError(f"there is no {what} {text}; {listed}")
    return int(text)
