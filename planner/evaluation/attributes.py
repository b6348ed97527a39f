"""Rules about attributes: T2I-CompBench's binding, the colours of GenEval and LMD."""

from __future__ import annotations

from collections.abc import Iterable

from planner.evaluation import naming
from planner.evaluation.cases import Case, Thing
from planner.evaluation.judging import Picture, Seen, Verdict

GENEVAL_COLORS = frozenset("red orange yellow green blue purple pink brown black white".split())  # noqa: SIM905


def compbench_binding(case: Case, picture: Picture) -> Verdict:
    """Right where every attribute stands with its own object and with no other.

    Each thing is one word after its attributes ("black motorcycle"). An object whose prompt has the word must have
    all its attributes; a thing without an object may be in a cell's prompt, right after its attributes. No object may
    have an attribute of things that it is none of. The first score is all or nothing, as the product of
    T2I-CompBench's probabilities; the second is the share of bound things.
    """
    bound = [_is_bound(thing, picture) for thing in case.things]
    strangers = [fault for item in picture.objects for fault in _strange(item, case.things)]
    faults = [
        f"{thing.name!r} without {' and '.join(thing.attributes)}"
        for thing, holds in zip(case.things, bound, strict=True)
        if not holds
    ]
    scores = {"bound": float(all(bound) and not strangers), "things bound": sum(bound) / len(bound)}
    return Verdict(scores, (*faults, *strangers))


def _is_bound(thing: Thing, picture: Picture) -> bool:
    own = [item for item in picture.objects if thing.name in naming.words_of(item.prompt)]
    if own:
        return all(has_words(item.prompt, thing.attributes) for item in own)
    wanted = set(naming.words_of(" ".join(thing.attributes)))
    for prompt in picture.cells:
        words = naming.words_of(prompt)
        for place, word in enumerate(words):
            if word == thing.name and wanted <= set(words[max(place - 2 - len(wanted), 0) : place]):
                return True
    return False


def _strange(item: Seen, things: Iterable[Thing]) -> list[str]:
    """Name the attributes of a case's things that an object has although it is none of these things."""
    words = set(naming.words_of(item.prompt))
    own = {word for thing in things if thing.name in words for word in thing.attributes}
    others = {word for thing in things if thing.name not in words for word in thing.attributes}
    return [f"{item.prompt!r} is {word}" for word in sorted(others - own) if word in words]


def has_words(prompt: str, words: Iterable[str]) -> bool:
    """Tell whether a prompt has all of the words (or phrases), whole."""
    return all(naming.says(prompt, word) for word in words)


def geneval_color(prompt: str) -> str:
    """Return the colour that a prompt gives its object: GenEval's colours only; "" for none or several."""
    found = [word for word in naming.words_of(prompt) if word in GENEVAL_COLORS]
    return found[0] if len(set(found)) == 1 else ""
