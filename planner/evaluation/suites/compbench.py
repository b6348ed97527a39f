"""T2I-CompBench's prompts → cases. The prompts carry no labels: what they ask for is read from their words.

- spatial and 3d_spatial: "a A on the left of a B"; sentences of another form are left unlabelled.
- numeracy: every number word with the noun after it. "a" counts with nouns that stand in the plural elsewhere in the
  file (T2I-CompBench has a list of its nouns for this).
- color, shape, texture: every word of the file's category with the next word, "black motorcycle"; a sentence in which
  such a word stands before no noun ("the wall is white") is left unlabelled.

An unlabelled case is planned and its boxes are looked at; nothing is said about right or wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from planner.evaluation.suites.cases import SuiteCase, SuiteRelation, SuiteThing
from planner.lexicon import forms
from planner.lexicon.words import NUMBERS

CATEGORIES = ("3d_spatial", "non_spatial", "complex", "spatial", "numeracy", "color", "shape", "texture")
FLAT = {
    "on the left of": "left", "on the right of": "right", "on the top of": "top", "on top of": "top",
    "on the bottom of": "bottom", "on side of": "next to", "next to": "next to", "near": "next to",
}  # fmt: skip
DEPTH = {"in front of": "in front of", "behind": "behind", "hidden by": "behind"}
COUNTED = ("one", "two", "three", "four", "five", "six", "seven", "eight")
COLORS = frozenset(
    "red orange yellow green blue purple pink brown black white gray grey beige golden gold silver turquoise teal "  # noqa: SIM905
    "maroon navy cream tan violet magenta cyan".split()
)
SHAPES = frozenset(
    "round circular square rectangular triangular oval oblong diamond pentagonal hexagonal octagonal cubic cylindrical "  # noqa: SIM905
    "conical pyramidal spherical teardrop crescent big small tall short large tiny long".split()
)
TEXTURES = frozenset(
    "rubber plastic metallic metal wooden fabric leather fluffy glass furry woolen silky velvet".split()  # noqa: SIM905
)
VOCABULARIES = {"color": COLORS, "shape": SHAPES, "texture": TEXTURES}
# Words after which a phrase is over: what stands behind an attribute must not be one of them.
NOT_NOUNS = frozenset(
    "and or of on in at with to from by for near is are was were has have had the a an its it that which while as but "  # noqa: SIM905
    "then than into over under behind beside against up down out off".split()
)


def category(stem: str) -> str | None:
    """Return the category that a file's name without ending has in it, or None."""
    return next((name for name in CATEGORIES if name in stem), None)


def read(name: str, prompts: Sequence[str]) -> list[SuiteCase]:
    """Read the prompts of one category."""
    nouns = _plural_nouns(prompts) if name == "numeracy" else frozenset()
    cases = []
    for number, prompt in enumerate(prompts, start=1):
        if name in ("spatial", "3d_spatial"):
            case = _related(prompt, str(number), name, FLAT if name == "spatial" else DEPTH)
        elif name == "numeracy":
            case = _counted(prompt, str(number), nouns)
        elif name in VOCABULARIES:
            case = _bound(prompt, str(number), name, VOCABULARIES[name])
        else:
            case = None
        cases.append(case or SuiteCase(str(number), prompt, f"{name}, unlabelled", "none"))
    return cases


def _related(prompt: str, key: str, name: str, relations: dict[str, str]) -> SuiteCase | None:
    middle = "|".join(sorted(relations, key=len, reverse=True))
    found = re.fullmatch(rf"(?:an?|the) ([\w -]+?) ({middle}) (?:an?|the) ([\w -]+)", prompt.lower().rstrip("."))
    if found is None:
        return None
    things = (SuiteThing(found[1], None), SuiteThing(found[3], None))
    rule = "compbench-spatial" if name == "spatial" else "compbench-3d"
    return SuiteCase(key, prompt, name, rule, things, (SuiteRelation(0, relations[found[2]], 1),))


def _plural_nouns(prompts: Sequence[str]) -> frozenset[str]:
    """Return in the singular what is counted in the plural anywhere."""
    found = (noun for prompt in prompts for number, noun in _numbers(prompt) if number > 1)
    return frozenset(found)


def _counted(prompt: str, key: str, nouns: frozenset[str]) -> SuiteCase | None:
    counts: dict[str, int] = {}
    for number, noun in _numbers(prompt):
        if number > 1 or noun in nouns:
            counts[noun] = counts.get(noun, 0) + number
    if not counts:
        return None
    return SuiteCase(key, prompt, "numeracy", "compbench-numeracy", tuple(SuiteThing(*item) for item in counts.items()))


def _numbers(prompt: str) -> list[tuple[int, str]]:
    """Return the prompt's numbers with their nouns in the singular: of two words where the second is the plural."""
    words = re.findall(r"[^\W\d_]+|[,.;]", prompt.lower())
    found = []
    for place, word in enumerate(words):
        if word not in COUNTED and word not in ("a", "an"):
            continue
        number = NUMBERS.get(word, 1)
        noun = _noun(words[place + 1 : place + 4], many=number > 1)
        if noun:
            found.append((number, noun))
    return found


def _noun(words: Sequence[str], *, many: bool) -> str:
    run = []
    for word in words:
        if word in NOT_NOUNS or not word.isalpha():
            break
        run.append(word)
        if many and forms.is_plural(word):
            return " ".join([*run[:-1], forms.singular(word)])
    # What has no plural form ("sheep"), and "a": the first word.
    return forms.singular(run[0]) if run else ""


def _bound(prompt: str, key: str, name: str, vocabulary: frozenset[str]) -> SuiteCase | None:
    words = re.findall(r"(?:[^\W\d_]|['\u2019])+|[,.;]", prompt.lower())
    things: list[SuiteThing] = []
    waiting: list[str] = []
    for word, following in zip([*words, "."], [*words[1:], ".", "."], strict=True):
        if word in vocabulary:
            waiting.append(word)
        elif waiting and not (word == "and" and following in vocabulary):  # "a brown and white dog"
            noun = word
            if word in NOT_NOUNS or not word[0].isalpha():
                if len(waiting) == 1:
                    return None
                noun = waiting.pop()  # "a red orange"
            things.append(SuiteThing(forms.singular(noun), None, 1, tuple(dict.fromkeys(waiting))))
            waiting = []
    return SuiteCase(key, prompt, name, "compbench-binding", tuple(things)) if things else None
