"""The loop: look at a picture, do something about what is wrong, look again, keep the best."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from generator.mending.choosing import Choosing, Replan, never
from generator.mending.mends import Mend, RepaintParts
from generator.mending.rounds import Mended, MendLimits, OnRound, Round, unheard
from generator.painting.painter import Painter
from generator.progress import OnProgress, Progress, ignore
from generator.recipe import Result, check_result
from generator.review import get_reviewer
from generator.review.base import Reviewer
from generator.review.findings import MAX_WORDS, Review, Reviewed
from generator.weights.libraries import ran_out_of_memory
from planner.errors import RagplanError
from planner.loop.redaction import masked, on_one_line
from planner.loop.transport import Deadline, LateError, within

log = logging.getLogger("ragplan")

USUAL = MendLimits()


def mend(
    painter: Painter,
    before: Result,
    reviewer: str | Reviewer,
    *,
    limits: MendLimits = USUAL,
    replan: Replan = never,
    on_progress: OnProgress = ignore,
    on_round: OnRound = unheard,
) -> Mended:
    """Look at a picture and mend what is wrong with it, until all is right or the limits are reached.

    painter: with its model the picture is painted.
    before: the picture, one that was repainted before, too.
    reviewer: a name, "detector", "vlm:MODEL" or "sprites", or any object with `name` and `review`.
    limits: how long at most.
    replan: asks the planner for a better plan where an object fails again and again.
    on_progress: called with the stages "review", "mend" and "paint"; what it raises stops the work.
    on_round: called with every round when it is over, its picture in it.

    The best picture so far is kept whatever happens: a mend that makes nothing better, or breaks an object that was
    right, is undone; where the reviewer fails, or after Ctrl-C, it is returned with what is known of it.
    Raises `BackendError` for a reviewer that there is not.
    """
    check_result(before)
    return _Loop(painter, get_reviewer(reviewer), limits, Choosing(before.recipe, replan), on_progress, on_round).run(
        before
    )


def review_picture(result: Result, reviewer: str | Reviewer, *, on_progress: OnProgress = ignore) -> Review:
    """Look at a picture once. Raises `BackendError` where the reviewer cannot."""
    check_result(result)
    return look(get_reviewer(reviewer), result, Deadline(None), on_progress)


def look(reviewer: Reviewer, result: Result, deadline: Deadline, on_progress: OnProgress) -> Review:
    """Let a reviewer look at a picture, no longer than there is time. Raises `LateError` and what a reviewer raises."""
    on_progress(Progress("review", reviewer.name))
    start, plan = time.monotonic(), result.plan
    seconds = None if deadline.seconds is None else deadline.left_s
    found = within(seconds, lambda: reviewer.review(result.image.convert("RGB"), plan))
    if not isinstance(found, Review):
        raise TypeError(f"it returned a {type(found).__name__} in place of a Review")
    review = replace(found.check(plan), seconds=time.monotonic() - start)
    on_progress(Progress("review", reviewer.name, 1))
    return review


class _Loop:
    """What is known while a picture is mended."""

    def __init__(
        self,
        painter: Painter,
        reviewer: Reviewer,
        limits: MendLimits,
        choosing: Choosing,
        on_progress: OnProgress,
        on_round: OnRound,
    ) -> None:
        self.painter, self.reviewer, self.limits, self.choosing = painter, reviewer, limits, choosing
        self.on_progress, self.on_round = on_progress, on_round
        self.deadline = Deadline(limits.seconds)
        self.rounds: list[Round] = []
        self.best: Round | None = None

    def run(self, first: Result) -> Mended:
        """Mend until there is a reason to stop."""
        interrupted = False
        try:
            stopped = self._stopped(first)
        except LateError:
            stopped = f"{self.limits.seconds:g} seconds are over"
        except KeyboardInterrupt:
            stopped, interrupted = "interrupted", True
        return Mended(self._result(first, stopped), tuple(self.rounds), stopped, interrupted)

    def _stopped(self, first: Result) -> str:
        """Go round and round; return why it ended."""
        self._finish(self._looked(0, "the first picture", first))
        while self.best is not None and self.best.review is not None:
            last = self.rounds[-1]
            if last.result is not None and last.review is None:
                return last.trouble
            if self.best.review.is_right:
                return "all is right"
            if len(self.rounds) > self.limits.rounds:
                return f"{self.limits.rounds} rounds are over"
            number = len(self.rounds)
            self._finish(self._mended(number, self.choosing.next(self.best, number)))
        return self.rounds[-1].trouble

    def _mended(self, number: int, chosen: Mend) -> Round:
        """Do something to the best picture, and look at what comes of it."""
        if self.deadline.passed:
            raise LateError
        assert self.best is not None
        assert self.best.result is not None
        start = time.monotonic()
        self.on_progress(Progress("mend", chosen.words))
        try:
            recipe = chosen.applied(self.choosing.first, self.best.result.recipe)
            painted = self.painter.paint(recipe, on_progress=self._until_late)
        except (RagplanError, RuntimeError, MemoryError) as error:
            if not (isinstance(error, RagplanError) or ran_out_of_memory(error)):
                raise
            return Round(number, chosen.words, None, None, trouble=_why(error), seconds=time.monotonic() - start)
        self.on_progress(Progress("mend", chosen.words, 1))
        looked = self._looked(number, chosen.words, painted, local=isinstance(chosen, RepaintParts))
        return replace(looked, seconds=time.monotonic() - start)

    def _looked(self, number: int, what: str, result: Result, *, local: bool = False) -> Round:
        """Look at a picture, and tell whether it is better than the best so far; local: only parts of it are new."""
        start = time.monotonic()
        try:
            review = look(self.reviewer, result, self.deadline, self.on_progress)
        except LateError:
            raise
        except Exception as error:  # of any reviewer: no picture is lost for it
            log.debug("the reviewer %s failed", self.reviewer.name, exc_info=True)
            trouble = f"not reviewed: {self.reviewer.name}: {_why(error)}"
            return Round(number, what, result, None, kept=not self.rounds, trouble=trouble[:MAX_WORDS])
        trouble = self._worse(review, local)
        return Round(number, what, result, review, kept=not trouble, trouble=trouble, seconds=time.monotonic() - start)

    def _worse(self, review: Review, local: bool) -> str:
        """Say why a picture is not better than the best so far; empty where it is."""
        if self.best is None or self.best.review is None or self.best.result is None:
            return ""
        broken = [number for number in review.wrong if number not in self.best.review.wrong]
        if local and broken:
            names = [self.best.result.plan.objects[number].name for number in broken]
            return f"it broke {', '.join(names)}"[:MAX_WORDS]
        return "no better than before" if review.score <= self.best.review.score else ""

    def _finish(self, finished: Round) -> None:
        self.rounds.append(finished)
        if finished.kept:
            self.best = finished
        self.choosing.seen(finished)
        self.on_round(finished)

    def _until_late(self, progress: Progress) -> None:
        """Tell a step of the painting. Raises `LateError` where the time is up."""
        if self.deadline.passed:
            raise LateError
        self.on_progress(progress)

    def _result(self, first: Result, stopped: str) -> Result:
        """Return the best picture, with what was seen and done in its recipe."""
        best = self.best.result if self.best and self.best.result else first
        review = self.best.review if self.best else None
        if review is None:
            return best
        tried = tuple(each.tried for each in self.rounds)
        return replace(best, recipe=replace(best.recipe, reviewed=Reviewed(review, tried, stopped[:MAX_WORDS])))


def _why(error: BaseException) -> str:
    """Say in one line what went wrong."""
    known = isinstance(error, RagplanError)
    said = on_one_line(masked(str(error)))
    return (said if known else f"{type(error).__name__}: {said}")[:MAX_WORDS]
