"""Seats of this machine: in this process, or in one of its own for each device. No torch here.

A worker speaks JSON lines: the driver writes {"jobs": […]} to its standard input and reads {"painted": […]} from its
standard output. A worker that dies is started again, and what it had is given to the new one.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from generator.batch.seats import Finished, PainterDiedError, PaintJob, SeatOptions


class OwnSeat:
    """Paints in this process, with a model that is loaded at the first job."""

    def __init__(self, options: SeatOptions) -> None:
        self._options = options
        self._easel: Any = None

    def open(self) -> None:
        """Make the painter, which has no model yet."""
        from generator.batch.worker import Easel

        if self._easel is None:
            self._easel = Easel(self._options)

    def paint(self, jobs: Sequence[PaintJob]) -> list[Finished]:
        """Paint and save."""
        self.open()
        painted: list[Finished] = self._easel.paint(jobs)
        return painted

    def close(self) -> None:
        """Let go of the model."""
        self._easel = None


class WorkerSeat:
    """Paints in a process of its own, which loads the model at the first job."""

    def __init__(self, options: SeatOptions) -> None:
        self._options = options
        self._process: subprocess.Popen[str] | None = None

    def open(self) -> None:
        """Start the process, if there is none that lives."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            threads = {"OMP_NUM_THREADS": str(self._options.threads)} if self._options.threads else {}
            self._process = subprocess.Popen(
                [sys.executable, "-m", "generator.batch.worker", json.dumps(asdict(self._options))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **threads},
                text=True,
                encoding="utf-8",
            )

    def paint(self, jobs: Sequence[PaintJob]) -> list[Finished]:
        """Paint and save. Raises `PainterDiedError` where the process ended before it answered."""
        self.open()
        process, answer = self._process, ""
        assert process
        assert process.stdin
        assert process.stdout
        with contextlib.suppress(OSError):  # a pipe that broke: there is no answer
            process.stdin.write(json.dumps({"jobs": [asdict(job) for job in jobs]}) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        if not answer.endswith("\n"):
            self.close()
            raise PainterDiedError(f"the painting process ended with code {process.returncode}")
        return [Finished(**item) for item in json.loads(answer)["painted"]]

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
