"""Planners and painters as Ray actors: on this machine, or on all of a cluster (`pip install ray`).

Ray gives the actors their places and GPUs; they stand in the driver's folder where their machine has it, so that names
of models and files mean the same. What a dead one had is given to the next by the engine, as with processes of this
machine; a painter whose node is gone waits for a place, and has no picture meanwhile.
"""

from __future__ import annotations

import logging
import os
import queue
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from generator.batch.planning import Plans
from generator.batch.seats import Finished, PainterDiedError, PaintJob, SeatOptions
from planner.errors import BackendError, RagplanError, RenderError
from planner.plan.files import whole_file
from planner.planner import PlanningResult

log = logging.getLogger("ragplan")

MOST_STARTS = 3  # of an actor that dies before it says a word
PATIENCE_S = 60.0  # after which waiting for a place is told


@dataclass(frozen=True)
class RayOptions:
    """What Ray is asked for.

    address: of a cluster, "auto" for the one that this machine belongs to; None: Ray is started here.
    gpus_per_painter: 1, a share such as 0.5, or 0 for painters on CPUs.
    cpus_per_painter: of each painter.
    cpus_per_planner: of each planner; 0: planners reserve nothing, as they mostly wait for a server.
    collect: whether pictures come back to the driver; False: the folder is shared by all machines.
    """

    address: str | None = None
    gpus_per_painter: float = 0
    cpus_per_painter: float = 1
    cpus_per_planner: float = 0
    collect: bool = False


def join_ray(options: RayOptions) -> None:
    """Join a cluster, or start Ray here. Raises `RenderError` where Ray is missing or cannot be reached."""
    if options.address and _has_token():  # `ray start` asks for it, and a driver sends it only if that is said
        os.environ.setdefault("RAY_AUTH_MODE", "token")  # before the import, which reads it
    try:
        import ray
    except ImportError as error:
        raise RenderError("the engine ray needs the package ray: pip install ray") from error
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        address = options.address or "local"  # None would mean whatever cluster was started here last
        ray.init(address=address, include_dashboard=False, log_to_driver=False, ignore_reinit_error=True)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise RenderError(f"Ray cannot be reached at {options.address!r}: {error}") from error


def _has_token() -> bool:
    named = "RAY_AUTH_TOKEN" in os.environ or "RAY_AUTH_TOKEN_PATH" in os.environ
    return named or (Path.home() / ".ray" / "auth_token").is_file()


def ray_seats(painters: int, options: SeatOptions, ray_options: RayOptions) -> list[RaySeat]:
    """Join or start Ray and return that many seats. Raises `RenderError` where Ray is missing or cannot be reached."""
    join_ray(ray_options)
    return [RaySeat(options, ray_options) for _ in range(painters)]


class RaySeat:
    """Paints in an actor."""

    def __init__(self, options: SeatOptions, ray_options: RayOptions) -> None:
        self._options, self._ray_options = options, ray_options
        self._actor: Any = None

    def open(self) -> None:
        """Have an actor, where there was none or it died. Raises `RenderError` for one that cannot begin anywhere."""
        if self._actor is None:
            asked = self._ray_options
            threads = {"OMP_NUM_THREADS": str(self._options.threads)} if self._options.threads else {}
            wanted = {
                "num_cpus": asked.cpus_per_painter,
                "num_gpus": asked.gpus_per_painter,
                "runtime_env": {"env_vars": threads},
            }
            self._actor = _started(PaintingActor, wanted, asdict(self._options))

    def paint(self, jobs: Sequence[PaintJob]) -> list[Finished]:
        """Paint and save. Raises `PainterDiedError` where the actor or its node has died."""
        import ray

        self.open()
        sent = [asdict(replace(job, path=str(Path(job.path).absolute()))) for job in jobs]  # actors stand elsewhere
        try:
            answers = ray.get(self._actor.paint.remote(sent, self._ray_options.collect))
        except (ray.exceptions.RayActorError, ray.exceptions.RayTaskError) as error:
            self.close()
            raise PainterDiedError(f"a painter of Ray ended: {str(error).splitlines()[0]}") from error
        return [_kept(job, Finished(**answer), picture) for job, (answer, picture) in zip(jobs, answers, strict=True)]

    def close(self) -> None:
        """Let the actor go."""
        _end(self._actor)
        self._actor = None


class PaintingActor:
    """The actor that paints."""

    def __init__(self, folder: str, options: dict[str, Any]) -> None:
        from generator.batch.worker import Easel

        _stand_in(folder)
        self._easel = Easel(SeatOptions(**options))

    def begun(self) -> None:
        """Answer, which an actor can only where it has its place."""

    def paint(self, jobs: list[dict[str, Any]], collect: bool) -> list[tuple[dict[str, Any], bytes]]:
        """Paint jobs where they belong, or to have their pictures carried to the driver."""
        wanted = [PaintJob(**job) for job in jobs]
        if not collect:
            return [(asdict(painted), b"") for painted in self._easel.paint(wanted)]
        with tempfile.TemporaryDirectory() as folder:
            here = [
                replace(job, path=str(Path(folder) / Path(job.path).name), home=str(Path(job.path).parent))
                for job in wanted
            ]
            painted = self._easel.paint(here)
            return [
                (asdict(one), b"" if one.error else Path(job.path).read_bytes())
                for one, job in zip(painted, here, strict=True)
            ]


class RayPlanner:
    """Plans in actors, so that neither planning nor a language model in the process takes the driver's time.

    planner: goes to every actor; it must be one that can be pickled, as `planner.Planner` is.
    planners: how many actors; that many threads can plan at once.
    """

    def __init__(self, planner: Plans, planners: int, ray_options: RayOptions) -> None:
        join_ray(ray_options)
        self._planner, self._options = planner, ray_options
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(planners):
            self._idle.put(None)  # started by the first sentence that needs it

    def plan(self, sentence: str, *, width: int, height: int) -> PlanningResult:
        """Plan a sentence. Raises as the planner does, and `BackendError` where its actor died again and again."""
        import ray

        wanted = {"num_cpus": self._options.cpus_per_planner, "scheduling_strategy": "SPREAD"}
        actor, deaths = self._idle.get(), 0
        try:
            while deaths < MOST_STARTS:
                actor = actor or _started(PlanningActor, wanted, self._planner)
                try:
                    found = ray.get(actor.plan.remote(sentence, width, height))
                except ray.exceptions.RayActorError:
                    actor, deaths = None, deaths + 1
                    continue
                if isinstance(found, RagplanError):
                    raise found
                planned: PlanningResult = found
                return planned
            raise BackendError(f"the planning process died {deaths} times over this sentence", provider="ray")
        finally:
            self._idle.put(actor)


class PlanningActor:
    """The actor that plans."""

    def __init__(self, folder: str, planner: Plans) -> None:
        _stand_in(folder)
        self._planner = planner

    def begun(self) -> None:
        """Answer, which an actor can only where it has its place."""

    def plan(self, sentence: str, width: int, height: int) -> PlanningResult | RagplanError:
        """Plan a sentence; an error of ours is returned, as Ray would raise one of its own in its place."""
        try:
            return self._planner.plan(sentence, width=width, height=height)
        except RagplanError as error:
            return error


def _started(kind: type, wanted: dict[str, Any], argument: Any) -> Any:
    """Return an actor that has its place; waits for one as long as the cluster has none."""
    import ray

    why = ""
    for _ in range(MOST_STARTS):
        actor = ray.remote(**wanted)(kind).remote(str(Path.cwd()), argument)
        begun = actor.begun.remote()
        if not ray.wait([begun], timeout=PATIENCE_S)[0]:
            log.warning("the cluster has no place for %s that wants %s; waiting for one", kind.__name__, wanted)
        try:
            ray.get(begun)
        except (ray.exceptions.RayActorError, ray.exceptions.RayTaskError) as error:
            why = str(error).splitlines()[-1]
        else:
            return actor
    raise RenderError(f"an actor of Ray does not begin: {why}")


def _stand_in(folder: str) -> None:
    try:
        os.chdir(folder)
    except OSError as error:
        log.warning("%s; relative names of models and files are read from %s", error, Path.cwd())


def _end(actor: Any) -> None:
    import ray

    if actor is not None and ray.is_initialized():
        ray.kill(actor)


def _kept(job: PaintJob, painted: Finished, picture: bytes) -> Finished:
    if not picture:
        return painted
    try:
        with whole_file(Path(job.path)) as temporary:
            temporary.write_bytes(picture)
    except OSError as error:
        return replace(painted, error=f"cannot write {job.path!r}: {error}", fatal=True)
    return painted
