"""Rules about attributes: T2I-CompBench's binding, the colours of GenEval and LMD."""

from __future__ import annotations

from collections.abc import Iterable

from planner.evaluation.rules import naming
from planner.evaluation.rules.judging import Layout, Seen, Verdict
from planner.evaluation.suites.cases import SuiteCase, SuiteThing

GENEVAL_COLORS = frozenset("red orange yellow green blue purple pink brown black white".split())  # noqa: SIM905


def compbench_binding(case: SuiteCase, layout: Layout) -> Verdict:
    """Right where every attribute stands with its own object and with no other.

    Each thing is the word after its attributes ("black motorcycle", "black motorcycle helmet"). Some object must have
    the word and the attributes; a thing of whose word there is no object may be in a cell's prompt, the attributes
    right before the word. What an object has of the sentence's attributes must all belong to one thing whose word it
    has. The first score is all or nothing, as the product of T2I-CompBench's probabilities; the second is the share
    of bound things.
    """
    bound = [_is_bound(thing, layout) for thing in case.things]
    known = {word for thing in case.things for word in thing.attributes}
    strangers = [fault for item in layout.objects if (fault := _stranger(item, case.things, known))]
    faults = [
        f"{thing.name!r} without {' and '.join(thing.attributes)}"
        for thing, holds in zip(case.things, bound, strict=True)
        if not holds
    ]
    scores = {"bound": float(all(bound) and not strangers), "things bound": sum(bound) / len(bound)}
    return Verdict(scores, (*faults, *strangers))


def _is_bound(thing: SuiteThing, layout: Layout) -> bool:
    own = [item for item in layout.objects if thing.name in naming.words_of(item.prompt)]
    if own:
        return any(has_words(item.prompt, thing.attributes) for item in own)
    wanted = set(thing.attributes)
    for prompt in layout.cells:
        words = naming.words_of(prompt)
        for place, word in enumerate(words):
            if word == thing.name and wanted <= set(words[max(place - 2 - len(wanted), 0) : place]):
                return True
    return False


def _stranger(item: Seen, things: Iterable[SuiteThing], known: set[str]) -> str:
    """Say which of the attributes an object has that do not belong to it, or that it lacks its own; empty if none."""
    words = set(naming.words_of(item.prompt))
    worn = words & known
    own = [set(thing.attributes) for thing in things if thing.name in words]
    if own and worn not in own and not any(worn < attributes for attributes in own):
        return f"{item.prompt!r} is {' and '.join(sorted(worn))}"
    if own and not any(attributes <= worn for attributes in own):
        return f"{item.prompt!r} lacks {' or '.join(sorted(' and '.join(sorted(a)) for a in own))}"
    return f"{item.prompt!r} is {' and '.join(sorted(worn))}" if worn and not own else ""


def has_words(prompt: str, words: Iterable[str]) -> bool:
    """Tell whether a prompt has all of the words (or phrases), whole."""
    return all(naming.says(prompt, word) for word in words)


def geneval_color(prompt: str) -> str:
    """Return the colour that a prompt gives its object: GenEval's colours only; "" for none or several."""
    found = [word for word in naming.words_of(prompt) if word in GENEVAL_COLORS]
    return found[0] if len(set(found)) == 1 else ""
