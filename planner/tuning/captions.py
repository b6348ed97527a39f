"""Sentences with the scenes that they describe, made up at random: what the small local model is trained on.

Each template knows what it says, so no parser and no other model labels anything. Vocabulary and templates are our own;
no benchmark's sentence is among them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from planner.tasks.copying import LONGEST_NAME
from planner.tuning.phrases import Said
from planner.tuning.templates import Templates


@dataclass(frozen=True)
class Caption:
    """A sentence, and the reply to it under `prompts/scene/schema.json`."""

    sentence: str
    reply: Mapping[str, Any]


def make_captions(count: int, seed: int) -> list[Caption]:
    """Make up `count` different sentences with their scenes, always the same for a seed."""
    writer = _Writer(random.Random(seed))
    made: dict[str, Caption] = {}
    while len(made) < count:
        caption = writer.caption()
        made.setdefault(caption.sentence, caption)
    return list(made.values())


class _Writer(Templates):
    """Writes one caption after another."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__(dice)
        self.templates: dict[Callable[[], Said], int] = {
            self.listed: 18,
            self.related: 22,
            self.doing: 20,
            self.chained: 14,
            self.holding: 8,
            self.filled: 6,
            self.laden: 6,
            self.owned: 4,
            self.furnished: 7,
            self.joint: 7,
            self.seated: 5,
            self.mounted: 2,
            self.both: 2,
            self.placed: 7,
            self.ordered: 4,
            self.compared: 7,
            self.each: 4,
            self.accompanied: 5,
            self.acting: 24,
            self.denied: 3,
            self.between: 3,
        }

    def caption(self) -> Caption:
        """Write one."""
        while True:
            said = self.dice.choices(list(self.templates), list(self.templates.values()))[0]()
            names = [thing.name for thing in said.things]
            if len(set(names)) == len(names) and all(len(name.split()) <= LONGEST_NAME for name in names):
                return Caption(self.finished(said), _reply(said))

    def finished(self, said: Said) -> str:
        """Put around it what pictures' sentences have: a place, a style, "a picture of", case and a full stop."""
        text = said.text
        if not said.background and self.chance(0.22):
            said.background = self.word("places")
            text = f"{said.background}, {text}" if self.chance(0.1) else f"{text} {said.background}"
        elif self.chance(0.12):
            text = f"{text} {self.word('tails')}"
        if self.chance(0.1) and text.startswith(said.things[0].phrase) and " is " not in text and " are " not in text:
            prefix = self.word("prefixes")
            if prefix == "There is" and said.things[0].count > 1:
                prefix = "There are"
            text = f"{prefix} {text}"
        if self.chance(0.07):
            text = f"{text}, {self.word('styles')}"
        text = text[0].upper() + text[1:] if self.chance(0.6) else text
        return f"{text}." if self.chance(0.5) else text


def _reply(said: Said) -> dict[str, Any]:
    objects = [
        {
            "name": thing.name,
            "count": thing.count,
            "size": thing.size,
            "position": said.positions.get(thing.name, "anywhere"),
        }
        for thing in said.things[:8]
    ]
    relations = [
        {"subject": one.name, "relation": kind, "object": other.name} for one, kind, other in said.relations[:6]
    ]
    return {"objects": objects, "relations": relations, "background": said.background}
