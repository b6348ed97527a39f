"""The words that a model is asked with: templates and examples from `prompts/`, filled in.

Each task has a folder: `system.txt`, `user.txt`, `examples.json` (where it has any) and `schema.json`; `again.txt`
beside them asks for a correction. Templates hold $placeholders and no logic: $sentence, $width, $height, $schema,
$examples, $complaints, and $picture for what a picture that changes shows. Examples go where the system prompt has
$examples, otherwise they become turns of the chat, which small models follow better. An own folder may hold any of
these files; the others are ours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from planner.complaints import Complaint
from planner.errors import PlanError
from planner.loop.thinking import without_thinking
from planner.plan import document
from planner.tasks.backend import Message, Request
from planner.tasks.repaint import describe

FOLDER = Path(__file__).parent.parent.parent / "prompts"
PLACEHOLDERS = {
    "system.txt": ("width", "height", "schema", "examples"),
    "user.txt": ("sentence", "width", "height", "picture"),
    "again.txt": ("complaints",),
}
MOST_REPEATED = 6000  # characters of a wrong reply that are shown again
MOST_COMPLAINTS = 20


@dataclass(frozen=True)
class Example:
    """A sentence for a canvas in pixels with the reply that it should get."""

    sentence: str
    width: int
    height: int
    reply: Mapping[str, Any]


@dataclass(frozen=True)
class Prompts:
    """The templates and examples of one task; `fingerprint` changes with any of them."""

    system: str
    user: str
    again: str
    examples: tuple[Example, ...] = ()

    @property
    def fingerprint(self) -> str:
        """A short hash of everything here, for the cache."""
        parts = [self.system, self.user, self.again, *(repr(example) for example in self.examples)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    def first(self, request: Request) -> tuple[Message, ...]:
        """Return the messages that ask for a sentence's plan for the first time."""
        in_system = "examples" in Template(self.system).get_identifiers()
        turns = [] if in_system else [turn for example in self.examples for turn in self._turns(example)]
        return (
            Message("system", self._system(request)),
            *turns,
            self._user(request.sentence, request.width, request.height, describe(request.original)),
        )

    def next(self, request: Request, reply: str, complaints: Sequence[Complaint]) -> tuple[Message, ...]:
        """Return the messages that ask again: the first ones, the last reply (not its thinking), what is wrong with it.

        They do not grow with the number of attempts.
        """
        reply = without_thinking(reply).rest
        shown = reply if len(reply) <= MOST_REPEATED else reply[:MOST_REPEATED] + " …"
        listed = numbered(complaints)
        question = Message("user", Template(self.again).substitute(complaints=listed).strip())
        return (*self.first(request), Message("assistant", shown or "(nothing)"), question)

    def _system(self, request: Request) -> str:
        filled = Template(self.system).substitute(
            width=request.width,
            height=request.height,
            schema=json.dumps(request.schema, ensure_ascii=False, separators=(",", ":")),
            examples="\n\n".join(map(self._shown, self.examples)),
        )
        return filled.strip()

    def _user(self, sentence: str, width: int, height: int, picture: str = "") -> Message:
        filled = Template(self.user).substitute(sentence=sentence, width=width, height=height, picture=picture)
        return Message("user", filled.strip())

    def _turns(self, example: Example) -> tuple[Message, Message]:
        asked = self._user(example.sentence, example.width, example.height)
        return asked, Message("assistant", json.dumps(example.reply, ensure_ascii=False))

    def _shown(self, example: Example) -> str:
        asked, answered = self._turns(example)
        return f"{asked.content}\nAnswer: {answered.content}"


def numbered(complaints: Sequence[Complaint]) -> str:
    """List complaints one a line, errors first, each with its place in the document."""
    ordered = sorted(complaints, key=lambda complaint: complaint.severity != "error")
    lines = [
        f"{number}. {f'{item.path}: ' if item.path else ''}{item.message}"
        for number, item in enumerate(ordered[:MOST_COMPLAINTS], 1)
    ]
    if len(ordered) > MOST_COMPLAINTS:
        lines.append(f"… and {len(ordered) - MOST_COMPLAINTS} more of these")
    return "\n".join(lines)


@cache
def load_prompts(task: str, folder: Path | None = None) -> Prompts:
    """Read the prompts of a task; files in `folder` (own prompts) or its subfolder `task` go before ours.

    Raises `PlanError` where `folder` has no prompt file at all, or a template an unknown placeholder.
    """
    if folder is not None and not any(_candidates(folder, task, name) for name in (*PLACEHOLDERS, "examples.json")):
        raise PlanError(f"{folder} holds no prompts; give system.txt, user.txt, again.txt or examples.json")
    texts = {name: _template(task, name, folder) for name in PLACEHOLDERS}
    source = _find(task, "examples.json", folder)
    examples = _examples(source) if source else ()
    return Prompts(texts["system.txt"], texts["user.txt"], texts["again.txt"], examples)


def _template(task: str, name: str, folder: Path | None) -> str:
    path = _find(task, name, folder)
    if path is None:
        raise PlanError(f"there is no template {name} for the task {task!r}")
    text = document.read_text(path)
    template = Template(text)
    known = PLACEHOLDERS[name]
    unknown = [f"${word}" for word in template.get_identifiers() if word not in known]
    if unknown or not template.is_valid():
        what = f"unknown placeholder {', '.join(unknown)}" if unknown else "a lone $ (write $$ for a dollar sign)"
        raise PlanError(f"{path}: {what}; known: {', '.join(f'${word}' for word in known)}")
    return text


def _find(task: str, name: str, folder: Path | None) -> Path | None:
    own = _candidates(folder, task, name) if folder is not None else []
    return next(iter([*own, *_candidates(FOLDER, task, name)]), None)


def _candidates(folder: Path, task: str, name: str) -> list[Path]:
    return [path for path in (folder / task / name, folder / name) if path.is_file()]


def _examples(path: Path) -> tuple[Example, ...]:
    try:
        found = document.items(document.read_json(path), "examples")
        return tuple(_example(item, f"examples[{number}]") for number, item in enumerate(found))
    except PlanError as error:
        raise PlanError(f"{path}: {error}") from error


def _example(value: object, path: str) -> Example:
    known = document.fields(value, path, required=("sentence", "reply"), optional=("width", "height"))
    if not isinstance(known["reply"], Mapping):
        document.wrong(f"{path}.reply", "an object", known["reply"])
    return Example(
        document.text(known["sentence"], f"{path}.sentence"),
        document.integer(known.get("width", 1024), f"{path}.width", minimum=32),
        document.integer(known.get("height", 1024), f"{path}.height", minimum=32),
        known["reply"],
    )
