"""Planners and painters as Ray actors: on this machine, or on all of a cluster (`pip install ray`).

Ray gives the actors their places and GPUs and starts them again where their node has died; what was being painted is
given to the next one by the engine, as with processes of this machine.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from generator.batch.seats import Finished, PainterDiedError, PaintJob, SeatOptions
from planner.errors import RenderError
from planner.plan.files import whole_file


@dataclass(frozen=True)
class RayOptions:
    """What Ray is asked for.

    address: of a cluster, "auto" for the one that this machine belongs to; None: Ray is started here.
    gpus_per_painter: 1, a share such as 0.5, or 0 for painters on CPUs.
    cpus_per_painter: of each painter.
    collect: whether pictures come back to the driver; False: the folder is shared by all machines.
    """

    address: str | None = None
    gpus_per_painter: float = 0
    cpus_per_painter: float = 1
    collect: bool = False


class RaySeat:
    """Paints in an actor."""

    def __init__(self, options: SeatOptions, ray_options: RayOptions) -> None:
        self._options, self._ray_options = options, ray_options
        self._actor: Any = None

    def paint(self, jobs: Sequence[PaintJob]) -> list[Finished]:
        """Paint and save. Raises `PainterDiedError` where the actor or its node has died."""
        import ray

        if self._actor is None:
            self._actor = self._started()
        try:
            answers = ray.get(self._actor.paint.remote([asdict(job) for job in jobs], self._ray_options.collect))
        except (ray.exceptions.RayActorError, ray.exceptions.RayTaskError) as error:
            self._actor = None
            raise PainterDiedError(f"a painter of Ray ended: {str(error).splitlines()[0]}") from error
        return [_kept(job, Finished(**answer), picture) for job, (answer, picture) in zip(jobs, answers, strict=True)]

    def close(self) -> None:
        """Let the actor go."""
        import ray

        if self._actor is not None and ray.is_initialized():
            ray.kill(self._actor)
        self._actor = None

    def _started(self) -> Any:
        import ray

        wanted = {"num_cpus": self._ray_options.cpus_per_painter, "num_gpus": self._ray_options.gpus_per_painter}
        threads = {"OMP_NUM_THREADS": str(self._options.threads)} if self._options.threads else {}
        actor = ray.remote(**wanted, runtime_env={"env_vars": threads})(Painting)
        return actor.remote(asdict(self._options))


class Painting:
    """The actor that paints."""

    def __init__(self, options: dict[str, Any]) -> None:
        from generator.batch.worker import Easel

        self._easel = Easel(SeatOptions(**options))

    def paint(self, jobs: list[dict[str, Any]], collect: bool) -> list[tuple[dict[str, Any], bytes]]:
        """Paint jobs where they belong, or to have their pictures carried to the driver."""
        wanted = [PaintJob(**job) for job in jobs]
        if not collect:
            return [(asdict(painted), b"") for painted in self._easel.paint(wanted)]
        with tempfile.TemporaryDirectory() as folder:
            here = [replace(job, path=str(Path(folder) / Path(job.path).name)) for job in wanted]
            painted = self._easel.paint(here)
            return [
                (asdict(one), b"" if one.error else Path(job.path).read_bytes())
                for one, job in zip(painted, here, strict=True)
            ]


def _kept(job: PaintJob, painted: Finished, picture: bytes) -> Finished:
    if not picture:
        return painted
    try:
        with whole_file(Path(job.path)) as temporary:
            temporary.write_bytes(picture)
    except OSError as error:
        return replace(painted, error=f"cannot write {job.path!r}: {error}", fatal=True)
    return painted


def ray_seats(painters: int, options: SeatOptions, ray_options: RayOptions) -> list[RaySeat]:
    """Join or start Ray and return that many seats. Raises `RenderError` where Ray is missing or cannot be reached."""
    try:
        import ray
    except ImportError as error:
        raise RenderError("the engine ray needs the package ray: pip install ray") from error
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        ray.init(address=ray_options.address, include_dashboard=False, log_to_driver=False, ignore_reinit_error=True)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise RenderError(f"Ray cannot be reached at {ray_options.address!r}: {error}") from error
    return [RaySeat(options, ray_options) for _ in range(painters)]
