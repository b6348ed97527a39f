"""The reviewer `detector`: an open-vocabulary detector counts and places what the plan's objects are called.

Each object has two phrases: all its words ("a red ball"), and its noun alone ("ball"). What the nouns find is matched
with the plan's boxes, all together (`matching.py`). A thing is as described where the whole phrase is at least about as
likely in its place as the noun alone; what is found and is no object of the plan is a stray.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL.Image import Image

from generator.review.base import check_weights
from generator.review.findings import MAX_STRAYS, Finding, Review, Stray
from generator.review.matching import assigned, is_in
from planner.checks.names import read_name
from planner.errors import BackendError
from planner.loop.redaction import on_one_line
from planner.plan import Box, Plan

if TYPE_CHECKING:
    from generator.review.owl import Owl, Scores

log = logging.getLogger("ragplan")

MODEL: Final = "google/owlv2-base-patch16-ensemble"
PARAMETERS: Final = {MODEL: 155e6, "google/owlv2-large-patch14-ensemble": 437e6}
BYTES: Final = 4  # of a parameter
WORKING_BYTES: Final = 0.6e9  # beside the weights, for one picture
THRESHOLD: Final = 0.2  # score from which on a thing is there
RATIO: Final = 0.7  # of the noun's score that the whole phrase must reach
SAME: Final = 0.5  # overlap over union from which on two boxes are of one thing
LONGEST_REASON: Final = 300  # characters of a library's error


class DetectorReviewer:
    """An open-vocabulary detector of transformers, OWLv2.

    model: a folder or a hub id.
    device: where it looks; None: CUDA where there is one. It is there only while it looks.
    threshold: the score from which on a thing is there, 0 to 1.
    """

    name = "detector"

    def __init__(self, model: str = MODEL, device: str | None = None, threshold: float = THRESHOLD) -> None:
        self.model, self.device, self.threshold = model, device, threshold

    @property
    def memory_bytes(self) -> float:
        """What it takes of the device's memory while it looks, at most."""
        files = Path(self.model).expanduser().glob("*.safetensors")
        weights = sum(file.stat().st_size for file in files) or BYTES * PARAMETERS.get(self.model, PARAMETERS[MODEL])
        return weights + WORKING_BYTES

    def check(self) -> None:
        """Raise `BackendError` where the model is neither here nor to be had."""
        check_weights(self.name, self.model)

    @cached_property
    def _owl(self) -> Owl:
        self.check()
        log.info("loading %s, which looks", self.model)
        try:
            from generator.review.owl import Owl

            return Owl(self.model, self.device)
        except BackendError:
            raise
        except Exception as error:  # of transformers and the hub: they raise anything
            why = on_one_line(str(error))[:LONGEST_REASON] or type(error).__name__
            hint = f"a folder or a hub id, such as --review detector:{MODEL}"
            raise BackendError(f"detector cannot load {self.model!r}: {why}", provider=self.name, hint=hint) from error

    def review(self, image: Image, plan: Plan) -> Review:
        """Look for the plan's objects. Raises `BackendError` where the model cannot be loaded."""
        start = time.monotonic()
        if not plan.objects:
            return Review(self.name)
        whole = [item.prompt.strip() or "a thing" for item in plan.objects]
        nouns = [noun_of(phrase) for phrase in whole]
        phrases = list(dict.fromkeys([*nouns, *whole]))
        boxes, scores = self._owl.scores(image, phrases)
        seen = things_of(boxes, scores[:, : len(set(nouns))], self.threshold)
        findings, strays = judged(plan, [boxes[each] for each in seen], scores[seen], phrases, (nouns, whole))
        return Review(self.name, findings, strays, time.monotonic() - start)


def noun_of(phrase: str) -> str:
    """Return what a phrase names, without what it says of it: "ball" of "a shiny red ball"; else the phrase itself."""
    name = read_name(phrase)
    words = [word for word in phrase.split() if read_name(word).nouns & name.nouns]
    return " ".join(words) or phrase


def things_of(boxes: Sequence[Box], scores: Scores, threshold: float) -> list[int]:
    """Return the numbers of the boxes that are things: likely enough, and not the same as a likelier one.

    scores: (boxes, nouns).
    """
    best = scores.max(axis=1) if len(boxes) else np.zeros(0)
    kept: list[int] = []
    for number in np.argsort(-best):
        if best[number] >= threshold and not any(boxes[number].iou(boxes[other]) > SAME for other in kept):
            kept.append(int(number))
    return kept


def judged(
    plan: Plan,
    things: Sequence[Box],
    scores: Scores,
    phrases: Sequence[str],
    named: tuple[Sequence[str], Sequence[str]],
) -> tuple[tuple[Finding, ...], tuple[Stray, ...]]:
    """Say which things are which objects, and what the others are.

    things, scores: where things are, and how likely each phrase is there (things, phrases).
    named: the objects' nouns and their whole phrases.
    """
    nouns, whole = ([phrases.index(phrase) for phrase in some] for some in named)
    kinds = sorted(set(nouns))
    which = scores[:, kinds].argmax(axis=1) if len(things) else np.zeros(0, dtype=int)
    likeness = np.zeros((len(plan.objects), len(things)))
    for number, noun in enumerate(nouns):
        for thing in range(len(things)):
            if kinds[which[thing]] == noun:
                likeness[number, thing] = max(scores[thing, noun], scores[thing, whole[number]])
    chosen = assigned(likeness, [item.box for item in plan.objects], things)
    findings = tuple(
        Finding(number, False, count=0, confidence=1.0)
        if thing is None
        else _finding(number, plan.objects[number].box, things[thing], _pair(scores[thing], nouns, whole, number))
        for number, thing in enumerate(chosen)
    )
    rest = [thing for thing in range(len(things)) if thing not in chosen]
    strays = tuple(
        Stray(phrases[kinds[which[thing]]], things[thing], min(float(scores[thing].max()), 1.0)) for thing in rest
    )
    return findings, strays[:MAX_STRAYS]


def _pair(scores: Any, nouns: Sequence[int], whole: Sequence[int], number: int) -> tuple[float, float]:
    """Return how likely an object's noun is in a place, and its whole phrase."""
    return float(scores[nouns[number]]), float(scores[whole[number]])


def _finding(number: int, box: Box, thing: Box, scores: tuple[float, float]) -> Finding:
    noun, whole = scores
    described = whole >= RATIO * noun
    words = "" if described else f"its words fit {whole:.2f}, its noun {noun:.2f}"
    placed, confidence = is_in(thing, box), min(max(noun, whole), 1.0)
    return Finding(
        number, seen=True, placed=placed, as_described=described, confidence=confidence, box=thing, words=words
    )
