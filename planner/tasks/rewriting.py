"""What a plan's prompts say once one of its things has become another: by rules, always the same way.

The thing's own words are replaced in the plan's prompt and in the prompt of the cell that owns it. "Two red balls"
become "a red ball and a blue cube". Where a text does not name the thing, the new one is added to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from planner.checks.names import without_article
from planner.errors import PlanError
from planner.lexicon import forms
from planner.plan import Box, Plan
from planner.scene.scene import NUMBER_WORDS
from planner.tasks.changes import read_change
from planner.tasks.which_object import check_object, covered_object, named_object, named_objects

ARTICLE: Final = r"(?:(?P<article>a|an|the|one)\s+)?"


@dataclass(frozen=True)
class NewPrompts:
    """The prompts of a picture in which one region has changed; `cells` as many as the plan has, in reading order."""

    prompt: str
    object_prompt: str
    cells: tuple[str, ...]

    @classmethod
    def of(cls, plan: Plan, index: int) -> NewPrompts:
        """Return the prompts of a new picture's plan, of which object `index` is the changed one."""
        return cls(plan.prompt, plan.objects[index].prompt, tuple(cell.prompt for cell in plan.cells))


@dataclass(frozen=True)
class Rewritten:
    """The new prompts, and the number of the object that they replace, None where there is none."""

    prompts: NewPrompts
    index: int | None


def rewrite(plan: Plan, sentence: str, *, region: Box | None = None, changed: int | None = None) -> Rewritten:
    """Return a plan's prompts after "a blue ball" or "the ball becomes a cube" (`read_change`).

    The object that is replaced is number `changed`, which becomes all that the sentence names; else the one that the
    sentence names; else the one that fills the region (`covered_object`). In a region of a plan that has no such object
    the words are replaced in its texts, or the new thing is added to them. Raises `PlanError` where nothing says what
    is replaced.
    """
    if changed is not None:
        return Rewritten(replace_object(plan, changed, " ".join(sentence.split())), changed)
    change = read_change(sentence)
    if region is None:
        if change.old is None:
            raise PlanError(
                "say where to paint: by a region, by an object's number, or by what becomes what, such as "
                "'the ball becomes a cube'"
            )
        index: int | None = named_object(plan, change.old)
    elif change.old is None:
        index = covered_object(plan, region)
    elif not named_objects(plan, change.old) and _mentions(plan.prompt, change.old):
        return Rewritten(replace_words(plan, region, change.old, change.new), None)
    else:
        index = named_object(plan, change.old, region)
    if index is not None:
        return Rewritten(replace_object(plan, index, change.prompt(plan.objects[index].prompt)), index)
    assert region is not None
    return Rewritten(add_object(plan, region, change.new), None)


def replace_object(plan: Plan, index: int, new: str) -> NewPrompts:
    """Return the plan's prompts with object `index` replaced by `new` ("a blue ball").

    Raises `PlanError` for a number that no object has.
    """
    check_object(plan, index)
    old, owner = plan.objects[index].prompt, plan.owner_cell(index)
    twins = [i for i in range(index) if plan.objects[i].prompt == old]
    cells = [cell.prompt for cell in plan.cells]
    cells[owner] = replace_phrase(cells[owner], old, new, sum(plan.owner_cell(i) == owner for i in twins))
    return NewPrompts(replace_phrase(plan.prompt, old, new, len(twins)), new, tuple(cells))


def add_object(plan: Plan, region: Box, new: str) -> NewPrompts:
    """Return the plan's prompts with `new` added to them, where it replaces nothing: in the cell under the region."""
    return _in_region(plan, region, new, lambda text: add_phrase(text, new))


def replace_words(plan: Plan, region: Box, old: str, new: str) -> NewPrompts:
    """Return the plan's prompts with the words `old` replaced, in the whole prompt and in the cell under the region."""
    return _in_region(plan, region, new, lambda text: replace_phrase(text, old, new))


def _in_region(plan: Plan, region: Box, new: str, change: Callable[[str], str]) -> NewPrompts:
    x, y = region.center
    boxes = plan.cell_boxes()
    owner = min(range(len(boxes)), key=lambda cell: boxes[cell].distance(x, y))
    cells = [cell.prompt for cell in plan.cells]
    cells[owner] = change(cells[owner])
    return NewPrompts(change(plan.prompt), new, tuple(cells))


def replace_phrase(text: str, old: str, new: str, occurrence: int = 0) -> str:
    """Replace mention number `occurrence` (from 0) of a thing in a text, or the last one where there are fewer.

    Of a counted plural one is taken away; where the text does not name the thing, `new` is added.
    """
    bare = without_article(old)
    if not bare:  # a thing that is a picture only
        return add_phrase(text, new)
    words = r"\s+".join(map(re.escape, bare.split()))
    mentions = list(re.finditer(rf"\b{ARTICLE}{words}\b", text, re.IGNORECASE))
    if mentions:
        found = mentions[min(occurrence, len(mentions) - 1)]
        return text[: found.start()] + _in_its_place(found["article"], new) + text[found.end() :]
    return one_less(text, bare, new) or add_phrase(text, new)


def _mentions(text: str, words: str) -> bool:
    return re.search(rf"\b{re.escape(without_article(words))}\b", text, re.IGNORECASE) is not None


def _in_its_place(article: str | None, new: str) -> str:
    """Say the new thing with the article that the old one had."""
    if article is None:
        return without_article(new)
    return f"{article} {without_article(new)}" if article.lower() == "the" else new


def one_less(text: str, bare: str, new: str = "") -> str | None:
    """Take one out of "three red apples": "two red apples and a blue ball"; None where nothing is counted so.

    bare: the thing in the singular, without an article. new: what there is in its place, if anything.
    """
    *adjectives, noun = bare.lower().split()
    before = "".join(rf"{re.escape(word)}\s+" for word in adjectives)
    numbers = "|".join(NUMBER_WORDS[2:])
    for found in re.finditer(rf"\b(?P<number>{numbers}|\d+)\s+(?P<plural>{before}(?P<noun>[\w-]+))", text, re.I):
        number = found["number"].lower()
        count = int(number) if number.isdecimal() else NUMBER_WORDS.index(number)
        if forms.singular(found["noun"].lower()) != noun or count < 2:
            continue
        left = forms.with_article(bare) if count == 2 else f"{_number(count - 1)} {found['plural']}"
        joined = f"{left} and {new}" if new else left
        return f"{text[: found.start()]}{joined}{text[found.end() :]}"
    return None


def _number(count: int) -> str:
    return NUMBER_WORDS[count] if count < len(NUMBER_WORDS) else str(count)


def add_phrase(text: str, new: str) -> str:
    """Name one thing more in a text."""
    return f"{text.rstrip(' .')}, with {new}"
