"""Sentences that change one thing of a picture: "the ball becomes a cube", "make the cat a corgi", "dog -> fox"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from planner.checks.names import without_article
from planner.errors import PlanError
from planner.lexicon import forms
from planner.lexicon.words import COLOURS
from planner.plan.document import is_blank

# How the new words stand to the thing: instead of it, before its name ("blue"), or after it ("with a hat").
Manner = Literal["instead", "before", "with"]

_REQUEST: Final = re.compile(
    r"^(?:please|now|can you|could you|i(?: would| do)?(?:'d)? (?:want|like|need|prefer)(?: to (?:see|have))?"
    r"|let there be|there should be|we want|give me|show(?: me)?|put)\s+",
    re.IGNORECASE,
)
_THE: Final = r"(?:the|all|both|this|that|his|her|their)\b.+?"
_CHANGES: Final[tuple[tuple[str, Manner], ...]] = (
    (r"(?:replace|swap|exchange|substitute)\s+(?P<old>.+?)\s+(?:with|by|for)\s+(?P<new>.+)", "instead"),
    (r"(?:change|make|turn|paint)\s+(?P<old>.+?)(?:'s|s')?\s+colou?r\s+(?:into|to)?\s*(?P<new>\w+)", "before"),
    (r"change\s+the\s+colou?r\s+of\s+(?P<old>.+?)\s+(?:into|to)\s+(?P<new>\w+)", "before"),
    (r"(?:turn|change|make|give)\s+(?P<old>.+?)(?:'s|s')\s+(?P<part>\w+)\s+(?:(?:into|to)\s+)?(?P<new>\w+)", "with"),
    (r"(?:turn|change|transform|make|convert)\s+(?P<old>.+?)\s+(?:into|to)\s+(?P<new>.+)", "instead"),
    (rf"make\s+(?P<old>{_THE})\s+(?P<new>(?:an?|another|some)\s+.+)", "instead"),
    (rf"(?:make|paint|colou?r|dye)\s+(?P<old>{_THE})\s+(?P<new>[\w-]+)", "before"),
    (rf"give\s+(?P<old>{_THE})\s+(?P<new>(?:an?|some)\s+.+)", "with"),
    (r"(?:add|put)\s+(?P<new>.+?)\s+(?:to|on)\s+(?P<old>.+)", "with"),
    (
        r"(?P<old>.+?)\s+(?:becomes?|turns?\s+into|changes?\s+(?:in)?to|is\s+now|(?:should|shall|must|ought\s+to)\s+be"
        r"(?:come)?|is\s+replaced\s+(?:with|by))\s+(?P<new>.+)",
        "instead",
    ),
    (r"(?P<new>.+?)\s+(?:instead|in\s+place)\s+of\s+(?P<old>.+)", "instead"),
    (r"(?P<old>.+?)\s*(?:->|=>|\u2192)\s*(?P<new>.+)", "instead"),
)
CHANGES: Final = tuple((re.compile(pattern, re.IGNORECASE), manner) for pattern, manner in _CHANGES)


@dataclass(frozen=True)
class Change:
    """What a sentence wants changed: `new` is what there shall be, `old` what it is named for now, if it is.

    `manner` says how `new` stands to the thing that is there.
    """

    new: str
    old: str | None = None
    manner: Manner = "instead"

    def __post_init__(self) -> None:
        if is_blank(self.new):
            raise PlanError("there is no prompt: say what the region shows, such as 'a blue ball'")

    def prompt(self, prompt: str) -> str:
        """Say what a thing of this prompt is afterwards: "a red ball" made blue is "a blue ball"."""
        if self.manner == "before":
            clash = self.new.lower() in COLOURS
            kept = [word for word in without_article(prompt).split() if not (clash and word.lower() in COLOURS)]
            return forms.with_article(" ".join([self.new, *kept]))
        if self.manner == "with":
            noun = self.new.split()[-1]
            there = re.search(rf"\b(?:an? )?(?:[\w-]+ )?{re.escape(noun)}\b", prompt)
            return prompt.replace(there[0], self.new) if there else f"{prompt} with {self.new}"
        return self.new


def read_change(sentence: str) -> Change:
    """Read a change; words that say no change are the new thing.

    Raises `PlanError` for an empty sentence, and for one that takes a thing away, which no repainting does.
    """
    text = " ".join(sentence.split()).rstrip(".! ")
    bare = _REQUEST.sub("", text) if not re.match(r"(?:give|put)\b.+\b(?:to|on|a)\b", text, re.IGNORECASE) else text
    if re.match(r"(?:remove|delete|erase|take away|get rid of)\b", bare, re.IGNORECASE):
        raise PlanError(f"{sentence!r} takes a thing away: edit the plan, or say what is seen in its place")
    for pattern, manner in CHANGES:
        if found := pattern.fullmatch(bare):
            new = found["new"]
            if "part" in found.groupdict():
                new = forms.with_article(f"{new} {found['part']}")
            return Change(new, found["old"], manner)
    return Change(bare if bare != text and re.match(r"(?:an?|the|some|two|three)\b", bare) else text)
