"""The prompts of LMD's benchmark (LLM-grounded Diffusion) → cases: negation, numeracy, attribution, spatial.

A realistic photo of a scene without dogs
A realistic photo of a scene with three cups
A realistic photo of a scene with a red car and a blue bowl
A realistic photo of a scene with a cat on the left and a chair on the right
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from planner.errors import PlanError
from planner.evaluation.suites.cases import SuiteCase, SuiteRelation, SuiteThing
from planner.lexicon import forms
from planner.lexicon.words import NUMBERS

_SIDE = "left|right|top|bottom"
_FORMS = {
    "negation": re.compile(r"without (?P<noun>[\w -]+)"),
    "spatial": re.compile(
        rf"with an? (?P<noun>[\w -]+?) on the (?P<side>{_SIDE}) and an? (?P<other>[\w -]+?) on the (?P<there>{_SIDE})"
    ),
    "attribution": re.compile(r"with an? (?P<first>\w+) (?P<noun>[\w -]+?) and an? (?P<second>\w+) (?P<other>[\w -]+)"),
    "numeracy": re.compile(r"with (?P<number>[a-z]+|\d+) (?P<noun>[\w -]+)"),
}


def is_prompt(prompt: str) -> bool:
    """Tell whether a line is one of LMD's prompts."""
    return prompt.startswith("A realistic photo of a scene with") and _match(prompt) is not None


def read(prompts: Sequence[str]) -> list[SuiteCase]:
    """Read prompts. Raises `PlanError` for one that is of none of the four kinds."""
    return [_case(prompt, number) for number, prompt in enumerate(prompts, start=1)]


def _match(prompt: str) -> tuple[str, re.Match[str]] | None:
    text = prompt.rstrip(". ")
    for kind, pattern in _FORMS.items():
        found = re.search(rf"\b{pattern.pattern}$", text)
        if found:
            return kind, found
    return None


def _case(prompt: str, number: int) -> SuiteCase:
    matched = _match(prompt)
    if matched is None:
        raise PlanError(f"line {number} is of none of LMD's kinds ({', '.join(_FORMS)}): {prompt!r}")
    kind, found = matched
    noun = found["noun"]
    things: tuple[SuiteThing, ...]
    relations: tuple[SuiteRelation, ...] = ()
    if kind == "negation":
        things = (SuiteThing(_singular(noun), 0),)
    elif kind == "numeracy":
        things = (SuiteThing(_singular(noun), _number(found["number"], number)),)
    elif kind == "attribution":
        pairs = ((noun, found["first"]), (found["other"], found["second"]))
        things = tuple(SuiteThing(name, None, 1, (word,)) for name, word in pairs)
    else:
        things = (SuiteThing(noun, None), SuiteThing(found["other"], None))
        relations = (SuiteRelation(0, found["side"], 1),)
    return SuiteCase(str(number), prompt, kind, "lmd", things, relations)


def _singular(noun: str) -> str:
    *others, last = noun.split()
    return " ".join([*others, forms.singular(last)])


def _number(word: str, line: int) -> int:
    if word.isdecimal():
        return int(word)
    if word not in NUMBERS:
        raise PlanError(f"line {line}: {word!r} is no number")
    return NUMBERS[word]
