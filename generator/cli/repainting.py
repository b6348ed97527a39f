"""The command line's part that paints a region of a picture anew: options → a `Repaint`. No torch."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from generator.cli.loading import add_loading_options
from generator.cli.painting import add_idx_option, add_picture_options, given_settings
from generator.cli.pictures import add_image_options
from generator.cli.planning import add_backend_options, planner_of, tell_planner
from generator.regions.geometry import TokenGrid, bounding_rect
from generator.regions.masking import Repaint, TokenMask, mask_tokens, read_mask
from generator.settings import RenderSettings, repaint_binding_steps
from generator.sources import Source
from planner.errors import PlanError, RenderError
from planner.plan import Box, Plan
from planner.plan.gallery import GalleryRepaint
from planner.tasks.rewriting import NewPrompts

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
    region = parser.add_mutually_exclusive_group()
    region.add_argument(
        "--mask", type=Path, metavar="FILE", help=f"a picture of what to paint anew: {WHITE_KEPT}, unlike most tools"
    )
    region.add_argument("--box", type=box, metavar="X,Y,W,H", help="paint this box anew, in fractions of the picture")
    region.add_argument(
        "--object", nargs=2, metavar=("N", "WORDS"), help='make object N another thing: 2 "a blue ball"'
    )
    parser.add_argument("--invert-mask", action="store_true", help="paint the mask's white anew and keep its black")
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
    parser.add_argument("--seed", type=int, help="of the region's own noise (default 0, or the gallery's)")
    parser.add_argument(
        "--binding-steps",
        type=int,
        metavar="N",
        help="paint the new thing alone in the first N steps (default: as the picture's objects, or the gallery's)",
    )
    parser.add_argument(
        "--single-stream",
        action=argparse.BooleanOptionalAction,
        help="keep the rest in the single-stream blocks too (an effect only at refinement below 1)",
    )
    add_loading_options(parser)
    add_backend_options(parser.add_argument_group("who writes the new prompts"))
    add_image_options(parser)
    gallery = parser.add_argument_group("the picture of a gallery", "A picture that ragplan made keeps its own.")
    gallery.add_argument("--picture-seed", type=int, metavar="SEED", help="of the picture itself")
    add_picture_options(gallery)


def box(text: str) -> Box:
    """Read X,Y,W,H."""
    try:
        x, y, width, height = (float(part) for part in text.split(","))
        return Box(x, y, width, height)
    except (ValueError, PlanError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not X,Y,W,H in fractions, such as 0.6,0.2,0.3,0.5") from error


def picture_settings(arguments: argparse.Namespace, source: Source) -> RenderSettings:
    """Return the settings of the picture itself; only a gallery's can be changed.

    Raises `RenderError` for a plan, which is no picture yet, and where a picture's settings would be changed.
    """
    if source.settings is None:
        raise RenderError(f"{str(arguments.picture)!r} is a plan; paint it first: ragplan generate")
    given = given_settings(arguments)
    if arguments.picture_seed is not None:
        given["seed"] = arguments.picture_seed
    if arguments.idx is None and (given or arguments.model is not None):
        names = ", ".join(given) or "model"
        raise RenderError(f"{str(arguments.picture)!r} is painted already and keeps its own {names}")
    return source.settings.changed(**given)


def repaint_of(arguments: argparse.Namespace, source: Source, settings: RenderSettings) -> Repaint:
    """Return what the options say, the rest taken from the picture's recipe or the gallery and derived from its plan.

    Raises `RenderError` or `PlanError`, before any model is loaded, for what cannot be painted.
    """
    if source.repainted is not None:
        raise RenderError(
            f"{str(arguments.picture)!r} was repainted already; start from the picture that it was made from"
        )
    if arguments.invert_mask and arguments.mask is None:
        raise RenderError("--invert-mask is for --mask FILE, which was not given")
    mask, prompts = _mask_and_prompts(arguments, source, settings)
    wanted = source.wanted
    return Repaint(
        prompts.prompt,
        prompts.object_prompt,
        prompts.cells,
        _first(arguments.binding_steps, wanted and wanted.hard_binding_steps, repaint_binding_steps(settings)),
        _first(arguments.seed, wanted and wanted.seed, 0),
        _first(arguments.single_stream, wanted and wanted.single_stream, False),
        mask=mask,
    )


def _first(*values: Any) -> Any:
    """Return the first value that is one."""
    return next(value for value in values if value is not None)


def describe_repaint(repaint: Repaint | None) -> list[str]:
    """Say in lines what of a picture was painted anew; none where nothing was."""
    if repaint is None:
        return []
    mask = repaint.mask
    if isinstance(mask, Box):
        where = f"x={mask.x:g} y={mask.y:g} width={mask.width:g} height={mask.height:g}"
    else:
        where = f"{len(mask.tokens)} of {mask.grid.count} tokens" if isinstance(mask, TokenMask) else "a mask"
    cells = [f"repaint cell {i}: {prompt}" for i, prompt in enumerate(repaint.cell_prompts)]
    how = f"seed {repaint.seed}, {repaint.hard_binding_steps} binding steps"
    return [f"repaint: {repaint.object_prompt}  {where}  {how}", f"repaint prompt: {repaint.prompt}", *cells]


def _mask_and_prompts(
    arguments: argparse.Namespace, source: Source, settings: RenderSettings
) -> tuple[Box | TokenMask, NewPrompts]:
    """Find the region and the prompts of the new picture: what the planner makes of a sentence, or a gallery's own."""
    if arguments.object and arguments.prompt is not None:
        raise RenderError("--object N WORDS says what the region shows; leave --prompt out")
    wanted = source.wanted
    mask, region = (None, None) if arguments.object else _region(arguments, wanted, settings)
    if arguments.object or arguments.prompt is not None:
        box, prompts = _planned(arguments, source.plan, settings, region)
        return mask or box, _overridden(arguments, prompts)
    if wanted is None or mask is None:
        raise RenderError('say what to paint: --prompt "a blue ball", or --object N "a blue ball"')
    return mask, _overridden(arguments, NewPrompts(wanted.prompt, wanted.object_prompt, wanted.cell_prompts))


def _planned(
    arguments: argparse.Namespace, plan: Plan, settings: RenderSettings, region: Box | None
) -> tuple[Box, NewPrompts]:
    """Let the planner write the prompts; with them comes the box of the object that changes."""
    changed, sentence = None, arguments.prompt
    if arguments.object:
        changed, sentence = _number("--object", arguments.object[0]), arguments.object[1]
    size = {"width": settings.width, "height": settings.height}
    result = planner_of(arguments).change(plan, sentence, region=region, changed=changed, **size)
    tell_planner(result)
    assert result.changed is not None
    return result.plan.objects[result.changed].box, NewPrompts.of(result.plan, result.changed)


def _region(
    arguments: argparse.Namespace, wanted: GalleryRepaint | None, settings: RenderSettings
) -> tuple[Box | TokenMask | None, Box | None]:
    """Read the box or mask, else the gallery's mask, if any; with it comes the rectangle around it, in fractions."""
    grid = TokenGrid.from_pixels(settings.width, settings.height)
    if arguments.box is not None:
        mask_tokens(arguments.box, grid)
        return arguments.box, arguments.box
    path = arguments.mask or (Path(wanted.mask) if wanted else None)
    if path is None:
        return None, None
    mask = read_mask(path, grid, invert=arguments.invert_mask)
    rect = bounding_rect(mask.tokens, grid)
    sides = (rect.x / grid.width, rect.y / grid.height, rect.width / grid.width, rect.height / grid.height)
    return mask, Box(*sides)


def _overridden(arguments: argparse.Namespace, prompts: NewPrompts) -> NewPrompts:
    """Put the prompts that were given in the place of the derived ones."""
    cells = list(prompts.cells)
    for number, words in arguments.cell_prompt:
        index = _number("--cell-prompt", number)
        if index >= len(cells):
            raise RenderError(f"there is no cell {index}; the plan's cells are 0..{len(cells) - 1}")
        cells[index] = words
    return replace(prompts, prompt=arguments.whole_prompt or prompts.prompt, cells=tuple(cells))


def _number(option: str, text: str) -> int:
    if not text.isdecimal():
        raise RenderError(f"{option} needs a number first, as `ragplan show` prints them, got {text!r}")
    return int(text)
