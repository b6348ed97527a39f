"""The command line's part that looks and does not paint: `ragplan check` and `ragplan models`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from generator.cli.options import add_command, add_common_options
from generator.cli.painting import add_idx_option, size
from generator.families.known import Listed, known_models
from generator.painting.sources import read_source
from generator.settings import default_model
from planner.checks import can_generate, check_plan
from planner.complaints import Complaint
from planner.errors import PlanError


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
    return check_plan(source.plan, width=width, height=height)


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
    print("  With all: hard binding, soft refinement, repainting, several pictures at once, --quantize and --offload.")


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
