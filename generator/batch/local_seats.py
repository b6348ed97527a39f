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
import threading
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from generator.batch.seats import Finished, PainterDiedError, PaintJob, SeatOptions


class OwnSeat:
    """Paints in this process, with a model that is loaded at the first job."""

    def __init__(self, options: SeatOptions) -> None:
        self._options = options
        self._easel: Any = None
        self._painting = threading.Lock()

    def open(self) -> None:
        """Make the painter, which has no model yet."""
        from generator.batch.worker import Easel

        if self._easel is None:
            self._easel = Easel(self._options)

    def paint(self, jobs: Sequence[PaintJob]) -> list[Finished]:
        """Paint and save. Raises `PainterDiedError` where another thread closes the seat meanwhile."""
        with self._painting:
            self.open()
            painted: list[Finished] = self._easel.paint(jobs)
            return painted

    def close(self) -> None:
        """Let go of the model; a picture that another thread paints is given up at its next step, and waited for.

        A process that ends while a thread of it is inside torch does so with an abort.
        """
        easel, self._easel = self._easel, None
        if easel is not None:
            easel.stop()
        with self._painting:
            pass


class WorkerSeat:
    """Paints in a process of its own, which loads the model at the first job."""

    def __init__(self, options: SeatOptions) -> None:
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self._leaving = threading.Lock()

    def open(self) -> None:
        """Start the process, if there is none that lives."""
        self._living()

    def _living(self) -> subprocess.Popen[str]:
        process = self._process
        if process is None or process.poll() is not None:
            self.close()
            process = self._process = self._started()
        return process

    def _started(self) -> subprocess.Popen[str]:
        threads = {"OMP_NUM_THREADS": str(self._options.threads)} if self._options.threads else {}
        return subprocess.Popen(
            [sys.executable, "-m", "generator.batch.worker", json.dumps(asdict(self._options))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **threads},
            text=True,
            encoding="utf-8",
        )

    def paint(self, jobs: Sequence[PaintJob]) -> list[Finished]:
        """Paint and save. Raises `PainterDiedError` where the process ended before it answered."""
        process, answer = self._living(), ""
        assert process.stdin
        assert process.stdout
        with contextlib.suppress(OSError, ValueError):  # a pipe that broke or was closed: there is no answer
            process.stdin.write(json.dumps({"jobs": [asdict(job) for job in jobs]}) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        if not answer.endswith("\n"):
            self.close()
            raise PainterDiedError(f"the painting process ended with code {process.returncode}")
        return [Finished(**item) for item in json.loads(answer)["painted"]]

    def close(self) -> None:
        """End the process, also while another thread waits for its answer."""
        with self._leaving:  # one thread alone waits for its end, and only for that of this process
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
