"""A file of prompts, read line by line: JSON lines, CSV or plain text. Bad lines are told, and stop nothing. No torch.

    {"prompt": "a red apple", "id": "apple", "seed": 7, "images": 4, "size": "512x512", "steps": 20, "plan": {…}}

Only "prompt" (or "plan") is needed. Every other key is a setting of `RenderSettings`, "style", or one of those above. A
CSV file has these names in its first line; a text file has a prompt a line. Empty lines are left out. Relative paths in
a line's plan and settings are read from the file's folder.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from generator.seeds import SEEDS, seed_of_picture
from generator.settings import RenderSettings
from planner.errors import RagplanError, RenderError
from planner.plan import Plan
from planner.plan.document import is_blank

MOST_IMAGES = 10_000
FORMS = ("jsonl", "csv", "txt")
OWN_KEYS = frozenset({"prompt", "id", "seed", "images", "size", "style", "plan"})
SETTINGS = {item.name: item for item in fields(RenderSettings)}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Prompt:
    """One line of a file: a sentence or a plan, and the pictures that are wanted of it.

    id: names the pictures' files; letters, digits, ".", "_" and "-".
    sentence: what is planned; a plan's own prompt where a plan is given.
    seed: of the first picture, 0..2⁶⁴−1; the others count up.
    images: how many pictures, 1..10,000.
    settings: fields of `RenderSettings` in which it differs from the run's.
    plan: what is painted; None: the sentence is planned.
    style: style words for every prompt of the plan.
    folder: from which relative paths in plan and settings are read.
    """

    id: str
    sentence: str
    seed: int
    images: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)
    plan: Plan | None = None
    style: str | None = None
    folder: Path = Path()

    @cached_property
    def digest(self) -> str:
        """Twelve letters that change with what is asked for, but not with the id or the number of pictures."""
        asked = [self.sentence, self.style, dict(self.settings), self.plan.to_dict() if self.plan else None]
        return digest(asked)

    @property
    def seeds(self) -> list[int]:
        """The seeds of its pictures."""
        return [seed_of_picture(self.seed, number) for number in range(self.images)]


@dataclass(frozen=True)
class BadLine:
    """A line that is no prompt. number: from 1. why: for people."""

    number: int
    why: str


Source = str | Mapping[str, Any] | Plan | Prompt | BadLine


def read_prompts(
    lines: IO[str], form: str, *, folder: Path = Path(), seed: int | None = None, style: str | None = None
) -> Iterator[Prompt | BadLine]:
    """Read prompts one by one, as they are asked for.

    A line without an id gets one from its words and its content, so that it keeps it when lines are added before it;
    the second line with the same content gets "-2" behind it. A second use of an id that was given is a bad line.

    form: "jsonl", "csv" or "txt".
    folder: from which relative paths in the lines are read; the file's.
    seed, style: of prompts that have none of their own; without a seed each has one that its id decides.
    """
    given = {name: value for name, value in (("seed", seed), ("style", style)) if value is not None}
    rows = ((number, {**given, **row} if isinstance(row, Mapping) else row) for number, row in _rows(lines, form))
    return (replace(one, folder=folder) if isinstance(one, Prompt) else one for one in _read(rows))


def form_of(path: Path) -> str:
    """Tell a file's form by its ending. Raises `RenderError` for any but .jsonl, .csv and .txt."""
    form = path.suffix.lower().lstrip(".")
    if form not in FORMS:
        raise RenderError(f"{str(path)!r} is not a file of prompts; its name ends in .jsonl, .csv or .txt")
    return form


def share_of(prompts: Iterable[Prompt | BadLine], number: int, shares: int) -> Iterator[Prompt | BadLine]:
    """Yield the prompts of one of several runs; which they are depends on their ids alone. Bad lines are the first's.

    number: which run, 1..shares.
    """
    for one in prompts:
        mine = 1 if isinstance(one, BadLine) else int(digest(one.id), 16) % shares + 1
        if mine == number:
            yield one


def as_prompt(item: str | Mapping[str, Any] | Plan | Prompt) -> Prompt:
    """Make a prompt of a sentence, of a line's keys and values, or of a plan.

    Raises `RenderError` for a key or a value that is none, `PlanError` for a plan that is none.
    """
    if isinstance(item, Prompt):
        return item
    if isinstance(item, Plan):
        return _prompt({"plan": item.to_dict()})
    return _prompt({"prompt": item} if isinstance(item, str) else item)


def _rows(lines: IO[str], form: str) -> Iterator[tuple[int, Any]]:
    if form == "csv":
        reader = csv.DictReader(lines)
        for row in reader:
            cells = {key: _cell(value) for key, value in row.items() if value not in (None, "")}
            yield reader.line_num, cells
        return
    for number, line in enumerate(lines, start=1):
        text = line.strip().removeprefix("\ufeff")
        if text:
            yield number, {"prompt": text} if form == "txt" else _object(text)


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        return error


def _cell(text: Any) -> Any:
    """Read a number, a list or an object where a CSV cell is one; everything else is text."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return text


def _prompt(values: Any) -> Prompt:
    if isinstance(values, Exception):
        raise RenderError(f"this is not JSON: {values}")
    if not isinstance(values, Mapping):
        raise RenderError(f"a line is an object of keys and values, got {type(values).__name__}")
    unknown = sorted(str(key) for key in values if key not in OWN_KEYS | SETTINGS.keys())
    if unknown:
        raise RenderError(f"unknown key {unknown[0]!r}; keys are {', '.join(sorted(OWN_KEYS | SETTINGS.keys()))}")
    plan = Plan.from_dict(values["plan"]) if values.get("plan") is not None else None
    sentence = values.get("prompt", plan.prompt if plan else None)
    if not isinstance(sentence, str) or is_blank(sentence):
        raise RenderError(f"prompt must be a sentence, got {sentence!r}")
    settings = {key: values[key] for key in values if key in SETTINGS and key not in OWN_KEYS} | _size(values)
    draft = Prompt(
        "",
        sentence,
        seed=0,
        images=_count(values.get("images", 1)),
        settings=settings,
        plan=plan,
        style=values.get("style"),
    )
    name = _id(values["id"]) if "id" in values else f"{_slug(sentence)}-{draft.digest}"
    seed = _seed(values["seed"]) if "seed" in values else int(digest(name), 16) % 2**32
    return Prompt(name, sentence, seed=seed, images=draft.images, settings=settings, plan=plan, style=draft.style)


def _numbered(prompt: Prompt, named: bool, seen: dict[str, int]) -> Prompt:
    times = seen[prompt.id] = seen.get(prompt.id, 0) + 1
    if times == 1:
        return prompt
    if named:
        raise RenderError(f"the id {prompt.id!r} was used before")
    return replace(prompt, id=f"{prompt.id}-{times}", seed=seed_of_picture(prompt.seed, (times - 1) * prompt.images))


def _size(values: Mapping[str, Any]) -> dict[str, int]:
    if "size" not in values:
        return {}
    match = re.fullmatch(r"(\d{1,6})x(\d{1,6})", str(values["size"]).lower())
    if not match:
        raise RenderError(f"size must be WIDTHxHEIGHT in px, such as 512x512, got {values['size']!r}")
    return {"width": int(match[1]), "height": int(match[2])}


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_IMAGES:
        raise RenderError(f"images must be a number from 1 to {MOST_IMAGES}, got {value!r}")
    return value


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < SEEDS:
        raise RenderError(f"seed must be a number from 0 to 2^64-1, got {value!r}")
    return value


def _id(value: Any) -> str:
    name = str(value)
    if not NAME.fullmatch(name):
        raise RenderError(f"id must be letters, digits, '.', '_' and '-', at most 100, got {name!r}")
    return name


def _slug(sentence: str) -> str:
    words = re.findall(r"[a-z0-9]+", sentence.lower())
    return "-".join(words)[:40].strip("-") or "picture"


def digest(values: Any) -> str:
    """Return twelve hexadecimal letters that stand for plain JSON values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode("ascii")).hexdigest()[:12]


def name_of(prompt: Prompt, seed: int) -> str:
    """Name a picture's file by its prompt's id and its seed."""
    return f"{prompt.id}-{seed}.png"


def numbered(prompts: Iterable[Source]) -> Iterator[Prompt | BadLine]:
    """Make prompts of what a program gives, as `read_prompts` does of lines."""
    return _read(enumerate(prompts, start=1))


def _read(items: Iterable[tuple[int, Any]]) -> Iterator[Prompt | BadLine]:
    seen: dict[str, int] = {}
    for number, item in items:
        if isinstance(item, BadLine):
            yield item
            continue
        try:
            named = isinstance(item, Prompt) or (isinstance(item, Mapping) and "id" in item)
            yield _numbered(as_prompt(item), named, seen)
        except (RagplanError, ValueError, TypeError) as error:
            yield BadLine(number, str(error))
