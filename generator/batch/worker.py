"""The process that paints for a driver: `python -m generator.batch.worker OPTIONS`, JSON lines in and out."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import IO

from generator.batch.seats import Finished, PainterDiedError, PaintJob, SeatOptions
from generator.painting.batch import check_recipe
from generator.painting.painter import Painter
from generator.progress import Progress
from generator.recipe import Recipe
from generator.settings import LoadOptions
from planner.errors import RagplanError

log = logging.getLogger("ragplan")


class Easel:
    """A painter that paints and saves jobs; its model comes with the first one."""

    def __init__(self, options: SeatOptions) -> None:
        self._painter = Painter(loading=LoadOptions(**options.loading))
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Have whatever is painted given up at its next step, with `PainterDiedError`."""
        self._stopped.set()

    def _go_on(self, _: Progress) -> None:
        if self._stopped.is_set():
            raise PainterDiedError("the run ended while it was painted")

    def paint(self, jobs: Sequence[PaintJob]) -> list[Finished]:
        """Paint jobs as one batch where there are several; where that fails, one by one, so that each has its word."""
        if len(jobs) > 1:
            try:
                return self._painted(jobs)
            except PainterDiedError:
                raise
            except RagplanError as error:
                log.debug("together: %s", error)  # said again below, by the job that it is about
        return [self._alone(job) for job in jobs]

    def _alone(self, job: PaintJob) -> Finished:
        try:
            return self._painted([job])[0]
        except PainterDiedError:
            raise
        except RagplanError as error:
            return Finished(error=str(error), fatal=isinstance(error.__cause__, OSError))
        except OSError as error:
            return Finished(error=f"cannot write {job.path!r}: {error}", fatal=True)

    def _painted(self, jobs: Sequence[PaintJob]) -> list[Finished]:
        start = time.monotonic()
        recipes = [Recipe.from_dict(job.recipe) for job in jobs]
        for recipe in recipes:
            check_recipe(recipe)
        painted = self._painter.together(recipes, on_progress=self._go_on)
        for job, recipe, image in zip(jobs, recipes, painted, strict=True):
            recipe.save(image, job.path, home=job.home or None)
        seconds = (time.monotonic() - start) / len(jobs)
        return [Finished(seconds) for _ in jobs]


def serve(options: SeatOptions, lines: Iterable[str], answers: IO[str]) -> None:
    """Answer each line of jobs with a line of what came of them, until there are no more lines."""
    easel = Easel(options)
    for line in lines:
        jobs = [PaintJob(**item) for item in json.loads(line)["jobs"]]
        answers.write(json.dumps({"painted": [asdict(item) for item in easel.paint(jobs)]}) + "\n")
        answers.flush()


def main() -> None:
    """Serve the driver; what libraries print goes to standard error, where it is in nobody's way."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(SeatOptions(**json.loads(sys.argv[1])), sys.stdin, answers)


if __name__ == "__main__":
    main()
