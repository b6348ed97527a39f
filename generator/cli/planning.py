"""The command line's part that plans: its options, `ragplan backends` and `ragplan cache`."""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path
from typing import Any

from generator.cli.options import add_command, add_common_options
from generator.settings import RenderSettings
from generator.weights.libraries import without_collecting
from planner.backends import describe_backends
from planner.loop.cache import PlanCache
from planner.plan import Plan
from planner.plan.limits import MAX_REPLY_TOKENS
from planner.planner import Planner, PlanningResult

log = logging.getLogger("ragplan")


def add_backend_options(parser: argparse._ActionsContainer) -> None:
    """Add the options that say who plans."""
    parser.add_argument(
        "--backend",
        default="auto",
        metavar="NAME[,NAME]",
        help='who plans, and who does where that fails; "ragplan backends" lists them (default: auto)',
    )
    add_asking_options(parser)
    parser.add_argument("--prompts", type=Path, metavar="DIR", help="a folder with prompts of your own")


def add_asking_options(parser: argparse._ActionsContainer) -> None:
    """Add the options that say which language model is asked, how often, and how long it may take and write."""
    parser.add_argument("--llm", metavar="NAME", help="the language model that plans (default: $RAGPLAN_LLM)")
    parser.add_argument("--attempts", type=int, default=3, metavar="N", help="how often it is asked (default 3)")
    parser.add_argument("--timeout", type=float, default=60, metavar="SECONDS", help="time for a plan (default 60)")
    parser.add_argument(
        "--max-tokens",
        type=int,
        default=MAX_REPLY_TOKENS,
        metavar="N",
        help=f"longest reply (default {MAX_REPLY_TOKENS})",
    )
    parser.add_argument(
        "--llm-option",
        type=llm_option,
        action="append",
        default=[],
        metavar="KEY=JSON",
        help="one more key of every request to a server, such as enable_thinking=false; null leaves one of ours out",
    )


def llm_option(text: str) -> tuple[str, Any]:
    """Read KEY=JSON."""

    def refuse(name: str) -> None:
        raise ValueError(f"JSON has no {name}")

    key, equals, value = text.partition("=")
    try:
        if not (key and equals):
            raise ValueError("no key, or no value")
        return key, json.loads(value, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=JSON, such as top_k=20 or mode='\"fast\"'") from error


def add_planning_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of commands that plan a sentence."""
    parser.add_argument("--style", metavar="WORDS", help='style words for every prompt, such as "watercolor"')
    group = parser.add_argument_group("how it is planned")
    add_backend_options(group)
    add_task_option(group)
    group.add_argument("--no-cache", action="store_true", help="neither use plans from earlier runs nor keep this one")


def add_task_option(parser: argparse._ActionsContainer) -> None:
    """Add the option that says what a language model is asked for."""
    text = "what it is asked for: a layout with boxes, or a scene in words (default: by the model's size)"
    parser.add_argument("--task", choices=("layout", "scene"), help=text)


def add_planning_commands(commands: Any) -> None:
    """Add the commands `backends` and `cache`."""
    text = "list who can plan, and what each still needs"
    add_common_options(add_command(commands, "backends", run_backends, text))
    cache = add_command(commands, "cache", run_cache, "the plans that are kept from earlier runs")
    cache.add_argument("action", choices=["clear", "where"], help="delete them all, or print their folder")
    add_common_options(cache)


def planner_of(arguments: argparse.Namespace, cache: PlanCache | None = None) -> Planner:
    """Return the planner that a command's options name: not every command has a task or prompts of its own."""
    given = vars(arguments)
    return Planner(
        arguments.backend,
        max_attempts=arguments.attempts,
        timeout_s=arguments.timeout,
        max_tokens=arguments.max_tokens,
        cache=cache,
        llm=arguments.llm,
        task=given.get("task"),
        prompts=given.get("prompts"),
        extra_body=dict(arguments.llm_option),
    )


def make_plan(arguments: argparse.Namespace, settings: RenderSettings) -> Plan:
    """Plan the sentence for the settings' canvas and pass on what the planner notes."""
    planner = planner_of(arguments, None if arguments.no_cache else PlanCache())
    size = {"width": settings.width, "height": settings.height}
    with without_collecting():  # the English reader imports spaCy
        result = planner.plan(arguments.sentence, **size, style=arguments.style)
    tell_planner(result)
    return result.plan


def tell_planner(result: PlanningResult) -> None:
    """Say who planned, for how much, and what the plan's notes say: what was assumed, repaired or could be better."""
    if result.from_cache:
        log.info("the plan is from the cache (%s); --no-cache asks again", result.model or result.backend)
    elif result.backend != "rules":
        log.info("planned by %s (%s), %d tokens", result.backend, result.model, result.usage.total)
    for note in result.plan.notes:
        log.info("%s", note)


def run_backends(arguments: argparse.Namespace) -> None:
    """Print every backend and what it needs."""
    found = describe_backends()
    if arguments.json:
        print(json.dumps([{"name": b.name, "summary": b.summary, "needs": b.needs} for b in found]))
        return
    width = max(len(backend.name) for backend in found)
    for backend in found:
        print(f"{backend.name:<{width}}  {backend.summary}")
        if backend.needs:
            print(f"{'':<{width}}  needs {backend.needs}")


def run_cache(arguments: argparse.Namespace) -> None:
    """Delete the kept plans, or say where they are."""
    cache = PlanCache()
    if arguments.action == "where":
        print(json.dumps({"folder": str(cache.folder)}) if arguments.json else cache.folder)
        return
    count = cache.clear()
    print(json.dumps({"deleted": count}) if arguments.json else f"{count} plans deleted")
