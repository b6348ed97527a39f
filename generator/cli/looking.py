"""The command line's part that looks: at plans (`check`), models (`models`) and pictures (`review`, `--review`)."""

from __future__ import annotations

import argparse
import json
import logging
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.cli.options import add_command, add_common_options
from generator.cli.painting import add_idx_option, size
from generator.cli.planning import planner_of
from generator.families.known import Listed, known_models
from generator.families.profiles.checkpoint import EMBEDDED
from generator.mending.rounds import Mended, MendLimits, OnRound, Round
from generator.painting.sources import read_source
from generator.progress import OnProgress
from generator.recipe import Recipe, Result
from generator.review import BUILT_IN, Review, Reviewed, Reviewer, get_reviewer
from generator.review.base import check_ready, memory_bytes
from generator.settings import RenderSettings, default_model
from planner.checks import can_generate
from planner.complaints import Complaint
from planner.errors import PlanError, RenderError
from planner.tasks.sentences import check_written

if TYPE_CHECKING:
    from generator.painting.painter import Painter

log = logging.getLogger("ragplan")

OWN_REVIEWER = "sprites for the embedded model, else detector"
NAMES = f"{', '.join(BUILT_IN)}, each with :MODEL behind it where it has one"


def add_looking_commands(commands: Any) -> None:
    """Add the commands `check` and `models`."""
    text = "say what is wrong with a plan, or a picture's; exit code 1 where it cannot be painted well"
    check = add_command(commands, "check", run_check, text)
    check.add_argument("plan", type=Path, nargs="+", help="plans (.json), - for standard input, or ragplan's pictures")
    add_idx_option(check)
    check.add_argument(
        "--size", type=size, metavar="WIDTHxHEIGHT", help="canvas in px (default: a picture's own, else 1024x1024)"
    )
    add_common_options(check)
    text = "list the models that can be painted with: size, licence, steps, and what is here"
    add_common_options(add_command(commands, "models", run_models, text))


def run_check(arguments: argparse.Namespace) -> None:
    """Print the complaints about each plan; raise `PlanError` where one of them is an error."""
    found = {str(path): _complaints(path, arguments) for path in arguments.plan}
    if arguments.json:
        print(json.dumps({path: [asdict(each) for each in complaints] for path, complaints in found.items()}))
    else:
        for path, complaints in found.items():
            print(f"{path}: {_verdict(complaints)}")
            for each in complaints:
                print(f"  {each.severity} {each.code}: {each.path}: {each.message}")
    wrong = [path for path, complaints in found.items() if any(each.severity == "error" for each in complaints)]
    if wrong:
        raise PlanError(f"{len(wrong)} of {len(found)} plans have errors: {', '.join(wrong)}")


def _complaints(path: Path, arguments: argparse.Namespace) -> list[Complaint]:
    source = read_source(path, arguments.idx)
    own = (1024, 1024) if source.kind == "plan" else (source.settings.width, source.settings.height)
    width, height = arguments.size or own
    return check_written(source.plan, width=width, height=height)


def _verdict(complaints: list[Complaint]) -> str:
    if not complaints:
        return "good"
    return "can be painted, but" if can_generate(complaints) else "cannot be painted"


def run_models(arguments: argparse.Namespace) -> None:
    """Print every known model, what it takes, and what works with it."""
    found = known_models()
    if arguments.json:
        print(json.dumps([listed.to_dict() for listed in found]))
        return
    chosen, width = default_model(), max(len(listed.model.name) for listed in found)
    for listed in found:
        mark = "*" if listed.model.name == chosen else " "
        facts = _facts(listed)
        print(f"{mark} {listed.model.name:<{width}}  {facts[0]}")
        for fact in facts[1:]:
            print(f"  {'':<{width}}  {fact}")
    print(
        "\n* is painted with where --model says nothing. A folder of one of these families does as well: --model FOLDER"
    )
    print(
        "  With all but those with boxes in their own prompt: hard binding, soft refinement, repainting, several\n"
        "  pictures at once, --offload. With all: --quantize."
    )


def _facts(listed: Listed) -> list[str]:
    """Return lines about a model: what it takes, what works with it, and what else there is to say."""
    model, defaults, works = (
        listed.model,
        listed.family.defaults(listed.checkpoint),
        listed.family.works(listed.checkpoint),
    )
    size = f"{model.download_bytes / 1e9:.0f} GB" if model.download_bytes else "ships with ragplan"
    gated = ["gated: accept its licence on the hub"] if model.gated else []
    here = "here" if model.is_here else "not here yet"
    first = "; ".join([here, size, model.licence, f"{defaults.steps} steps", *gated])
    return [first, f"{listed.family.name}: {works.said()}", *([model.note] if model.note else [])]


def add_review_options(parser: argparse.ArgumentParser, usual: str = "nobody looks") -> None:
    """Add the options of commands that may look at what they paint. usual: who looks where nobody is named."""
    group = parser.add_argument_group("looking and mending", "docs/agent.md says how to set up who looks.")
    add_reviewer_option(group, usual)
    group.add_argument(
        "--rounds", type=int, metavar="N", help="how often something is done about what is wrong (default 4)"
    )
    group.add_argument(
        "--seconds", type=float, metavar="S", help="after which nothing more is done about it (default: any time)"
    )
    group.add_argument("--keep-all", action="store_true", help="keep every picture that is tried, as NAME-round-N.png")


def add_reviewer_option(parser: argparse._ActionsContainer, usual: str) -> None:
    """Add the option that says who looks. usual: who does where nobody is named."""
    parser.add_argument("--review", metavar="NAME", help=f"who looks: {NAMES} (default: {usual})")


def add_picture_argument(parser: argparse.ArgumentParser) -> None:
    """Add the picture that is looked at."""
    parser.add_argument("picture", type=Path, help="a picture that ragplan made (.png)")


def reviewer_of(arguments: argparse.Namespace) -> Reviewer | None:
    """Return who looks; None where nobody was asked to.

    Raises `BackendError` for an unknown name, and `RenderError` for options that only mean something with one.
    """
    given = vars(arguments)
    name = given.get("review")
    if name is None:
        unused = [flag for flag in ("rounds", "seconds", "keep_all") if given.get(flag)]
        if unused:
            raise RenderError(f"--{unused[0].replace('_', '-')} needs somebody who looks: --review NAME")
        return None
    limits_of(arguments)
    return get_reviewer(name, device=given.get("device"))


def ready_reviewer(arguments: argparse.Namespace) -> Reviewer | None:
    """Return who looks, as `reviewer_of`. Raises `BackendError` for what it lacks, unless nothing will be painted."""
    reviewer = reviewer_of(arguments)
    if reviewer is not None and not arguments.dry_run:
        check_ready(reviewer)
    return reviewer


def chosen_reviewer(arguments: argparse.Namespace, settings: RenderSettings) -> Reviewer:
    """Return who looks at a picture that is there: who is named, else who knows its model's pictures best."""
    arguments.review = arguments.review or ("sprites" if settings.model == EMBEDDED else "detector")
    reviewer = reviewer_of(arguments)
    assert reviewer is not None
    return reviewer


def reviewing_bytes(arguments: argparse.Namespace) -> float:
    """Return what whoever looks takes of the device's memory; 0 where nobody does."""
    reviewer = reviewer_of(arguments)
    return memory_bytes(reviewer) if reviewer else 0.0


def limits_of(arguments: argparse.Namespace) -> MendLimits:
    """Return how long is mended. Raises `SettingError` for what is out of range."""
    given = {name: vars(arguments).get(name) for name in ("rounds", "seconds")}
    return MendLimits(**{name: value for name, value in given.items() if value is not None})


def look_and_mend(
    painter: Painter,
    result: Result,
    reviewer: Reviewer,
    arguments: argparse.Namespace,
    on_progress: OnProgress,
    target: Path,
) -> Mended:
    """Mend a picture, telling every round; with --keep-all each picture is written beside the target."""
    from generator.mending import mend
    from generator.mending.choosing import never
    from generator.mending.replanning import by

    replan = by(planner_of(arguments), result.recipe) if "backend" in arguments else never
    told = _teller(arguments, target)
    limits = limits_of(arguments)
    mended = mend(painter, result, reviewer, limits=limits, replan=replan, on_progress=on_progress, on_round=told)
    say = log.warning if mended.review is None else log.info
    say("%s", mended.stopped)
    return mended


def _teller(arguments: argparse.Namespace, target: Path) -> OnRound:
    def told(finished: Round) -> None:
        log.info("%s", f"round {finished.number}: {finished.what}" if finished.number else finished.what)
        for line in finished.lines():
            log.info("  %s", line)
        if arguments.keep_all and finished.result is not None:
            seen = Reviewed(finished.review, (finished.tried,)) if finished.review else None
            kept = replace(finished.result, recipe=replace(finished.result.recipe, reviewed=seen))
            named = target.with_stem(f"{target.stem}-round-{finished.number}")
            log.info("  %s", kept.save(named, overwrite=arguments.output is not None))

    return told


def run_review(arguments: argparse.Namespace) -> None:
    """Look at a picture and say what is seen."""
    from generator.mending import review_picture

    result = Result.open(arguments.picture)
    review = review_picture(result, chosen_reviewer(arguments, result.settings))
    if arguments.json:
        print(json.dumps({**review.to_dict(), "right": review.is_right}, ensure_ascii=False))
        return
    print(f"{arguments.picture}: {verdict(review)}, says {review.reviewer}", *review.lines(result.plan), sep="\n  ")


def describe_reviewed(recipe: Recipe) -> list[str]:
    """Say in lines what was seen in a picture, and what was tried; none where nobody looked."""
    if recipe.reviewed is None:
        return []
    review, tried = recipe.reviewed.review, recipe.reviewed.tried
    lines = [f"reviewed by {review.reviewer}: {verdict(review)}"]
    if len(review.findings) == len(recipe.shown.objects):  # else it is another picture's
        lines += [f"seen: {line}" for line in review.lines(recipe.shown)]
    for each in tried:
        score = "nothing came of it" if each.score is None else f"score {each.score:.2f}"
        lines.append(f"tried: {each.what}: {score}{'' if each.kept else ', not kept'}")
    return lines


def verdict(review: Review) -> str:
    """Say in a few words how a picture is."""
    return "all is right" if review.is_right else f"score {review.score:.2f}"
