"""The routes in OpenAPI's form: `GET /api/openapi.json`. Names and words come from the routes and `requests.BODIES`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from starlette.routing import BaseRoute, Route

from generator.studio.requests import (
    BODIES,
    MOST_IMAGES,
    MOST_ROUNDS,
    MOST_SIDE_PX,
    MOST_STEPS,
    ROUNDS,
    SETTINGS,
    UPLOAD,
    Keys,
)  # fmt: skip

TEXT, WHOLE, FILE = {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "string", "format": "binary"}
COUNT = {"type": "integer", "minimum": 1, "maximum": MOST_IMAGES, "default": 1}
SIDE = {"type": "integer", "minimum": 32, "maximum": MOST_SIDE_PX, "multipleOf": 16}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
BOX = {
    "type": "object",
    "description": "In fractions of the canvas.",
    "properties": dict.fromkeys(("x", "y", "width", "height"), SHARE),
}
PLAN = {"type": "object", "description": f'A plan; reference pictures only as "{UPLOAD}ID", from /api/uploads.'}
VALUES: dict[str, dict[str, Any]] = {
    "width": SIDE,
    "height": SIDE,
    "steps": {"type": "integer", "minimum": 1, "maximum": MOST_STEPS},
    "guidance_scale": {"type": "number", "minimum": 0},
    "hard_binding_steps": {"type": ["integer", "null"], "minimum": 0},
    "refinement_strength": SHARE,
    "seed": {"type": ["integer", "null"], "minimum": 0, "maximum": 2**64 - 1},
}
KEYS: dict[str, dict[str, Any]] = {
    "sentence": TEXT,
    "prompt": TEXT,
    "words": TEXT | {"description": 'What changes: "the ball becomes a cube", or what a region becomes.'},
    "backend": TEXT | {"description": "Who plans: a name of /api/backends."},
    "style": TEXT | {"description": "Words for every prompt."},
    "model": TEXT | {"description": "A name of /api/models."},
    "settings": {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: VALUES[name] for name in SETTINGS},
    },
    "plan": PLAN,
    "kind": TEXT | {"enum": ["add", "move", "rename", "remove", "words"]},
    "number": WHOLE | {"description": "An object's, from 0."},
    "box": BOX,
    "tokens": {"type": "array", "items": WHOLE, "description": "Brushed squares of 16 px, numbered by rows."},
    "picture": TEXT | {"description": "An id of /api/pictures."},
    "image": FILE | {"description": "A PNG that ragplan painted: its recipe is what is changed."},
    "mask": FILE | {"description": "A picture: where it is transparent is painted anew."},
    "images": COUNT,
    "rounds": WHOLE | {"minimum": 1, "maximum": MOST_ROUNDS, "default": ROUNDS},
    "n": COUNT,
    "seed": WHOLE,
    "size": TEXT | {"description": "WIDTHxHEIGHT in px, or auto.", "examples": ["256x256"]},
    "response_format": TEXT | {"enum": ["b64_json", "url"], "default": "b64_json"},
}
FAULTS = {
    "401": "the API key is missing or wrong",
    "403": "another site asks, or a change without key or token",
    "422": "the request cannot be done; the message says why",
    "429": "the queue is full",
    "502": "the planner's server did not answer",
}


def document(routes: Iterable[BaseRoute]) -> dict[str, Any]:
    """Return the document of an application's routes."""
    paths: dict[str, Any] = {}
    for route in routes:
        if isinstance(route, Route) and route.path.startswith(("/api/", "/v1/")):
            path = re.sub(r":\w+}", "}", route.path)
            for method in sorted((route.methods or set()) - {"HEAD"}):
                paths.setdefault(path, {})[method.lower()] = _operation(route, path)
    return {
        "openapi": "3.1.0",
        "info": {"title": "ragplan", "version": version("ragplan"), "description": "One sentence in, a picture out."},
        "paths": paths,
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "security": [{"key": []}, {}],
    }


def _operation(route: Route, path: str) -> dict[str, Any]:
    answers = {"200": {"description": "done"}} | {code: {"description": why} for code, why in FAULTS.items()}
    names = re.findall(r"{(\w+)}", path)
    found = {
        "summary": (inspect.getdoc(route.endpoint) or "").splitlines()[0],
        "parameters": [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in names],
        "responses": answers,
    }
    if path in BODIES:
        keys = BODIES[path]
        media = "multipart/form-data" if "image" in keys.required else "application/json"
        found["requestBody"] = {"required": True, "content": {media: {"schema": _schema(keys)}}}
    return found


def _schema(keys: Keys) -> dict[str, Any]:
    known: dict[str, Any] = {name: KEYS[name] for name in (*keys.required, *keys.optional)}
    properties = known | {name: {} for name in keys.ignored}
    return {
        "type": "object",
        "required": list(keys.required),
        "properties": properties,
        "additionalProperties": False,
    }
