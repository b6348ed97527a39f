"""What a browser may ask for: JSON documents → plans, settings, regions. Nothing in a request names a file.

A plan that comes over the web may have reference pictures only as "upload:ID", which this server gave out; files'
paths, LoRAs and settings that name files are refused before anything is opened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from starlette.requests import Request

from generator.options import check_integer
from generator.regions.masking import TokenMask
from generator.seeds import SEEDS
from generator.settings import RenderSettings
from planner.errors import RenderError
from planner.plan import Box, Plan
from planner.plan.parts import read_box

UPLOAD = "upload:"
SETTINGS = ("width", "height", "steps", "guidance_scale", "hard_binding_steps", "refinement_strength", "seed")
TEXTS = ("sentence", "prompt", "words", "backend", "style", "model", "kind", "picture", "response_format")
WHOLE = {"seed": SEEDS - 1, "number": None}  # the largest
MOST_SIDE_PX = 2048
MOST_STEPS = 200
MOST_IMAGES = 16
ROUNDS, MOST_ROUNDS = 4, 16


@dataclass(frozen=True)
class Keys:
    """What a request's JSON object must have, may have, and may have without any effect."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


OF_OPENAI = ("user", "quality", "background", "moderation", "output_format", "output_compression", "input_fidelity")
BODIES = {
    "/api/plan": Keys(("sentence",), ("backend", "style", "settings", "model")),
    "/api/check": Keys(("plan",), ("settings", "model")),
    "/api/edit": Keys(("plan", "kind"), ("settings", "model", "number", "prompt", "box", "words")),
    "/api/estimate": Keys(("plan",), ("settings", "model")),
    "/api/generate": Keys(("plan",), ("settings", "model", "images")),
    "/api/repaint": Keys(("picture", "words"), ("tokens", "box", "number", "seed", "images")),
    "/api/review": Keys(("picture",)),
    "/api/mend": Keys(("picture",), ("rounds",)),
    "/v1/images/generations": Keys(
        ("prompt",),
        ("n", "size", "response_format", "model", "seed", "plan", "style", "backend", "settings"),
        OF_OPENAI,
    ),
    "/v1/images/edits": Keys(("image", "prompt"), ("mask", "n", "size", "response_format", "model", "seed"), OF_OPENAI),
}


async def body(request: Request, route: str) -> dict[str, Any]:
    """Return a request's JSON object. Raises `RenderError` where it is none, or not what its route takes."""
    try:
        values = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise RenderError(f"the request is not JSON: {error}") from error
    known = fields(values, BODIES[route])
    for name, value in known.items():
        if value is not None and name in WHOLE:
            known[name] = check_integer(name, value, 0, WHOLE[name])
        elif value is not None and name in TEXTS and not isinstance(value, str):
            raise RenderError(f"{name} must be text, got {value!r:.60}")
    if not isinstance(known.get("settings") or {}, Mapping):
        raise RenderError(f"settings must be an object, got {known['settings']!r:.60}")
    return known


def fields(values: Any, keys: Keys) -> dict[str, Any]:
    """Return a request's values. Raises `RenderError` for what is missing, not known, or no object at all."""
    if not isinstance(values, Mapping):
        raise RenderError(f"the request must be a JSON object, got {type(values).__name__}")
    for name in keys.required:
        if name not in values:
            raise RenderError(f"the request lacks {name!r}")
    for name in values:
        if name not in (*keys.required, *keys.optional, *keys.ignored):
            raise RenderError(f"unknown key {name!r}; known are {', '.join((*keys.required, *keys.optional))}")
    return dict(values)


def read_plan(values: Any, uploads: Mapping[str, Path]) -> Plan:
    """Read a plan, its uploaded pictures as files. Raises `RagplanError` for one that names any other file."""
    plan = Plan.from_dict(values)
    objects = []
    for number, item in enumerate(plan.objects):
        if item.lora:
            raise RenderError(f"objects[{number}].lora: a page cannot name files; use the command line")
        if item.image is not None:
            name = item.image.path.removeprefix(UPLOAD)
            if not item.image.path.startswith(UPLOAD) or name not in uploads:
                raise RenderError(
                    f"objects[{number}].image.path must be an upload of this page, got {item.image.path!r}"
                )
            item = replace(item, image=replace(item.image, path=str(uploads[name])))
        objects.append(item)
    return replace(plan, objects=tuple(objects))


def read_count(value: Any, name: str, *, usual: int = 1, most: int = MOST_IMAGES) -> int:
    """Read a number from 1 on, how many pictures or rounds are wanted. Raises `RenderError` for any other.

    name: what the request calls it.
    usual: where nothing is said.
    most: that are allowed.
    """
    count = usual if value is None else value
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= most:
        raise RenderError(f"{name} must be a number from 1 to {most}, got {value!r}")
    return count


def read_settings(values: Any, base: RenderSettings) -> RenderSettings:
    """Return a model's settings, changed by a request's. Raises `RenderError` for what a page may not set."""
    known = fields(values or {}, Keys((), SETTINGS))
    given = {name: value for name, value in known.items() if value is not None or name == "hard_binding_steps"}
    for name, most in (("width", MOST_SIDE_PX), ("height", MOST_SIDE_PX), ("steps", MOST_STEPS)):
        value = given.get(name, 16)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise RenderError(f"{name} must be a number from 1 to {most}, got {value!r}")
    return base.changed(**given)


def read_region(values: Mapping[str, Any], settings: RenderSettings) -> Box | TokenMask | None:
    """Read what is painted anew: "tokens" that were brushed, numbered by rows, or a "box"; None for neither."""
    if values.get("tokens"):
        grid = settings.grid
        tokens = values["tokens"]
        if not isinstance(tokens, list) or not all(type(one) is int and 0 <= one < grid.count for one in tokens):
            raise RenderError(f"tokens must be a list of numbers from 0 to {grid.count - 1}")
        return TokenMask(tuple(sorted(set(tokens))), grid)
    return read_box(values["box"], "box") if values.get("box") else None
