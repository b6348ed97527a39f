"""Thousands of pictures: what is read, what is kept, what is tried again. Painters are fakes but for the last tests."""

import io
import json
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from generator.batch.engine import RunOptions
from generator.batch.ledger import Ledger, Outcome
from generator.batch.local_seats import WorkerSeat
from generator.batch.many import paint_many
from generator.batch.prompts import BadLine, Prompt, read_prompts, share_of
from generator.batch.ray_actors import PaintingActor, PlanningActor
from generator.batch.seats import Finished, PainterDiedError, PaintJob, SeatOptions
from generator.batch.sheet import write_sheet
from generator.cli import main
from generator.recipe import Recipe, read_recipe
from generator.settings import RenderSettings
from planner import BackendError, Plan, PlanError, RenderError
from planner.backends import Capabilities, Reply, Request
from planner.loop.transport import Transport
from planner.planner import Planner, PlanningResult

SETTINGS = RenderSettings.for_model("embedded", width=64, height=64)
PLAN = Planner("rules").plan("a cup").plan


@dataclass
class FakeSeat:
    """Writes a file for each job; `deaths` says how often it dies first, `errors` what some sentences end in."""

    deaths: int = 0
    errors: dict[str, str] = field(default_factory=dict)
    fatal: bool = False
    had: list[list[PaintJob]] = field(default_factory=list)

    def open(self) -> None:
        pass

    def paint(self, jobs: Sequence[PaintJob]) -> list[Finished]:
        if self.deaths:
            self.deaths -= 1
            raise PainterDiedError("gone")
        self.had.append(list(jobs))
        return [self._one(job) for job in jobs]

    def _one(self, job: PaintJob) -> Finished:
        error = self.errors.get(job.recipe["plan"]["prompt"], "")
        if not error:
            with Path(job.path).open("xb") as file:  # fails where a picture is made twice
                file.write(b"picture")
        return Finished(error=error, fatal=self.fatal and bool(error))

    def close(self) -> None:
        pass

    @property
    def painted(self) -> list[str]:
        return [Path(job.path).name for jobs in self.had for job in jobs]


def run(folder: Path, prompts: Sequence[Any], *, seats: Sequence[FakeSeat], **rest: Any) -> list[Outcome | BadLine]:
    planner = rest.pop("planner", Planner("rules"))
    return list(paint_many(prompts, folder, SETTINGS, planner=planner, seats=seats, **rest))


def outcomes(found: Sequence[Outcome | BadLine]) -> dict[str, Outcome]:
    return {f"{one.id}-{one.seed}": one for one in found if isinstance(one, Outcome)}


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]


def read(text: str, form: str) -> list[Prompt | BadLine]:
    return list(read_prompts(io.StringIO(text), form))


class TestPrompts:
    def test_a_text_file_has_a_prompt_a_line(self) -> None:
        one, two = read("a red apple\n\n  a cup  \n", "txt")
        assert isinstance(one, Prompt)
        assert isinstance(two, Prompt)
        assert (one.sentence, two.sentence) == ("a red apple", "a cup")
        assert one.id.startswith("a-red-apple-")
        assert one.id != two.id
        assert one.seed != two.seed

    def test_json_lines_say_everything(self) -> None:
        (one,) = read(
            '{"prompt": "a cup", "id": "c.1", "seed": 5, "images": 3, "size": "64x128", "steps": 7}\n', "jsonl"
        )
        assert isinstance(one, Prompt)
        assert (one.id, list(one.seeds)) == ("c.1", [5, 6, 7])
        assert one.settings == {"steps": 7, "width": 64, "height": 128}

    def test_a_plan_of_its_own_is_the_sentence_too(self) -> None:
        plan = Planner("rules").plan("a dog and a cat", width=64, height=64).plan
        (one,) = read(json.dumps({"plan": plan.to_dict()}), "jsonl")
        assert isinstance(one, Prompt)
        assert (one.plan, one.sentence) == (plan, "a dog and a cat")

    def test_csv_has_names_in_its_first_line_and_numbers_are_numbers(self) -> None:
        one, two = read('prompt,seed,steps\n"a cat, a dog",4,\na cup,,9\n', "csv")
        assert isinstance(one, Prompt)
        assert isinstance(two, Prompt)
        assert (one.sentence, one.seed, dict(one.settings)) == ("a cat, a dog", 4, {})
        assert dict(two.settings) == {"steps": 9}

    def test_an_id_of_its_own_does_not_change_when_lines_are_added_before_it(self) -> None:
        (alone,), (_, after) = read("a cup\n", "txt"), read("a hat\na cup\n", "txt")
        assert alone == after

    def test_the_same_line_twice_is_two_pictures(self) -> None:
        one, two = read("a cup\na cup\n", "txt")
        assert isinstance(one, Prompt)
        assert isinstance(two, Prompt)
        assert (two.id, two.seed) == (f"{one.id}-2", one.seed + 1)

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("{", "not JSON"),
            ("[" * 100_000, "not JSON"),
            ("5", "object of keys"),
            ("{}", "prompt must be"),
            ('{"prompt": ""}', "prompt must be"),
            ('{"prompt": 5}', "prompt must be"),
            ('{"prompt": "a", "stpes": 5}', "unknown key 'stpes'"),
            ('{"prompt": "a", "seed": -1}', "seed must be"),
            ('{"prompt": "a", "seed": true}', "seed must be"),
            ('{"prompt": "a", "images": 0}', "images must be"),
            ('{"prompt": "a", "size": "big"}', "size must be"),
            ('{"prompt": "a", "id": "../a"}', "id must be"),
            ('{"prompt": "a", "id": ""}', "id must be"),
            ('{"plan": {"version": 9}}', "version"),
            ('{"plan": 5}', "must be an object"),
        ],
    )
    def test_a_bad_line_is_told_with_its_number_and_stops_nothing(self, line: str, why: str) -> None:
        before, bad, after = read(f'{{"prompt": "a"}}\n{line}\n{{"prompt": "b"}}\n', "jsonl")
        assert isinstance(before, Prompt)
        assert isinstance(after, Prompt)
        assert isinstance(bad, BadLine)
        assert bad.number == 2
        assert why in bad.why

    def test_an_id_that_was_used_is_a_bad_line(self) -> None:
        found = read('{"prompt": "a", "id": "x"}\n{"prompt": "b", "id": "x"}\n', "jsonl")
        assert isinstance(found[1], BadLine)
        assert "'x' was used" in found[1].why


class TestLedger:
    def test_a_line_that_was_cut_off_is_dropped(self, tmp_path: Path) -> None:
        with Ledger(tmp_path) as ledger:
            ledger.add(Outcome("a", 1, "painted", tmp_path / "a-1.png", "d"))
        with (tmp_path / "results.jsonl").open("ab") as file:
            file.write('{"id": "ü'.encode()[:-1])
        with Ledger(tmp_path) as ledger:
            assert ledger.known("a", 1) == ("d", True)
            ledger.add(Outcome("b", 2, "failed", None, "e", error="why"))
        with Ledger(tmp_path) as ledger:
            assert ledger.known("b", 2) == ("e", False)
        assert [line["id"] for line in lines(tmp_path)] == ["a", "b"]

    @pytest.mark.parametrize("odd", [b"[]\n", b"5\n", b"\xff\xfe\n", b'{"id": 5}\n', b"[" * 100_000 + b"\n"])
    def test_lines_that_are_none_are_passed_over(self, odd: bytes, tmp_path: Path) -> None:
        with Ledger(tmp_path) as ledger:
            ledger.add(Outcome("a", 1, "painted", tmp_path / "a-1.png", "d"))
        path = tmp_path / "results.jsonl"
        path.write_bytes(odd + path.read_bytes())
        with Ledger(tmp_path) as ledger:
            assert ledger.known("a", 1) == ("d", True)

    def test_two_runs_into_one_folder_are_refused(self, tmp_path: Path) -> None:
        with Ledger(tmp_path), pytest.raises(RenderError, match="another run"), Ledger(tmp_path):
            pass

    def test_shards_have_ledgers_of_their_own(self, tmp_path: Path) -> None:
        with Ledger(tmp_path, "1-of-2") as one, Ledger(tmp_path, "2-of-2") as two:
            one.add(Outcome("a", 1, "painted", tmp_path / "a-1.png"))
            assert two.known("a", 1) is None


class TestRun:
    def test_every_prompt_has_its_pictures_and_its_lines(self, tmp_path: Path) -> None:
        seat = FakeSeat()
        found = outcomes(
            run(tmp_path, ["a cup", {"prompt": "a hat", "id": "hat", "seed": 3, "images": 2}], seats=[seat])
        )
        assert len(found) == 3
        assert {one.status for one in found.values()} == {"painted"}
        assert {"hat-3.png", "hat-4.png"} < {path.name for path in tmp_path.glob("*.png")}
        assert {line["prompt"] for line in lines(tmp_path)} == {"a cup", "a hat"}
        assert all(Plan.from_dict(line["plan"]) for line in lines(tmp_path))

    def test_again_paints_nothing_twice(self, tmp_path: Path) -> None:
        run(tmp_path, ["a cup", "a hat"], seats=[FakeSeat()])
        again = FakeSeat()
        assert {one.status for one in outcomes(run(tmp_path, ["a cup", "a hat"], seats=[again])).values()} == {"kept"}
        assert again.painted == []

    def test_a_picture_whose_line_was_lost_is_not_painted_again(self, tmp_path: Path) -> None:
        run(tmp_path, ["a cup", "a hat"], seats=[FakeSeat()])
        path = tmp_path / "results.jsonl"
        path.write_text(path.read_text().splitlines(keepends=True)[0])
        again = FakeSeat()
        assert len(outcomes(run(tmp_path, ["a cup", "a hat"], seats=[again]))) == 2
        assert again.painted == []
        assert len(lines(tmp_path)) == 2

    def test_a_picture_that_was_deleted_is_painted_again(self, tmp_path: Path) -> None:
        run(tmp_path, ["a cup"], seats=[FakeSeat()])
        next(tmp_path.glob("*.png")).unlink()
        again = FakeSeat()
        run(tmp_path, ["a cup"], seats=[again])
        assert len(again.painted) == 1

    def test_a_painter_that_dies_is_given_the_picture_again(self, tmp_path: Path) -> None:
        (one,) = outcomes(run(tmp_path, ["a cup"], seats=[FakeSeat(deaths=2)])).values()
        assert (one.status, one.attempts) == ("painted", 3)

    def test_a_picture_that_kills_three_painters_fails(self, tmp_path: Path) -> None:
        seat = FakeSeat(deaths=3)
        found = outcomes(
            run(tmp_path, [{"prompt": "a cup", "id": "cup"}, {"prompt": "a hat", "id": "hat"}], seats=[seat])
        )
        assert {one.id: one.status for one in found.values()} in (
            {"cup": "failed", "hat": "painted"},
            {"cup": "painted", "hat": "failed"},
        )

    def test_a_failure_is_written_down_and_tried_again_when_asked(self, tmp_path: Path) -> None:
        (one,) = outcomes(run(tmp_path, ["a cup"], seats=[FakeSeat(errors={"a cup": "no"})])).values()
        assert (one.status, one.error) == ("failed", "no")
        (same,) = outcomes(run(tmp_path, ["a cup"], seats=[FakeSeat()])).values()
        assert same.status == "failed"
        assert "--retry-failed" in same.error
        (again,) = outcomes(
            run(tmp_path, ["a cup"], seats=[FakeSeat()], options=RunOptions(retry_failed=True))
        ).values()
        assert again.status == "painted"

    def test_another_prompt_under_an_old_id_is_said_not_kept(self, tmp_path: Path) -> None:
        run(tmp_path, [{"prompt": "a cup", "id": "x", "seed": 1}], seats=[FakeSeat()])
        changed = [{"prompt": "a hat", "id": "x", "seed": 1}]
        (one,) = outcomes(run(tmp_path, changed, seats=[FakeSeat()])).values()
        assert one.status == "failed"
        assert "--replace-changed" in one.error
        (tmp_path / "x-1.png").unlink()  # the fake never overwrites
        (new,) = outcomes(run(tmp_path, changed, seats=[FakeSeat()], options=RunOptions(replace_changed=True))).values()
        assert new.status == "painted"

    def test_a_full_disk_stops_the_run_and_it_goes_on_later(self, tmp_path: Path) -> None:
        prompts = ["a cup", "a hat"]
        with pytest.raises(RenderError, match="goes on where this one stopped"):
            run(tmp_path, prompts, seats=[FakeSeat(errors={"a hat": "no space left"}, fatal=True)])
        found = outcomes(run(tmp_path, prompts, seats=[FakeSeat()]))
        assert {one.status for one in found.values()} <= {"painted", "kept"}
        assert len(list(tmp_path.glob("*.png"))) == 2

    def test_equal_canvases_go_through_together(self, tmp_path: Path) -> None:
        seat, prompts = FakeSeat(), [{"prompt": "a cup", "id": "c", "images": 5}]
        assert len(outcomes(run(tmp_path, prompts, seats=[seat], options=RunOptions(batch=4)))) == 5
        assert sorted(len(jobs) for jobs in seat.had) == [1, 4]

    def test_other_settings_are_not_painted_together(self, tmp_path: Path) -> None:
        seat = FakeSeat()
        prompts = [{"prompt": "a cup", "steps": 3}, {"prompt": "a cup", "steps": 4}]
        run(tmp_path, prompts, seats=[seat], options=RunOptions(batch=4))
        assert [len(jobs) for jobs in seat.had] == [1, 1]

    def test_more_prompts_than_fit_in_the_queues(self, tmp_path: Path) -> None:
        seats = [FakeSeat() for _ in range(3)]
        found = outcomes(run(tmp_path, [f"a cup number {i}" for i in range(200)], seats=seats))
        assert len(found) == 200
        assert len({name for seat in seats for name in seat.painted}) == 200

    def test_bad_lines_come_with_the_outcomes(self, tmp_path: Path) -> None:
        found = run(tmp_path, ["a cup", {"prompt": "b", "colour": 1}], seats=[FakeSeat()])
        assert [one.number for one in found if isinstance(one, BadLine)] == [2]
        assert len(outcomes(found)) == 1


@dataclass
class FakePlanner:
    """Answers "not now" `busy` times, then plans; refuses sentences in `bad`."""

    busy: int = 0
    bad: tuple[str, ...] = ()
    asked: int = 0

    def plan(self, sentence: str, *, width: int, height: int) -> PlanningResult:
        self.asked += 1
        if self.busy:
            self.busy -= 1
            raise BackendError("too many requests", provider="fake", retryable=True, retry_after_s=0)
        if sentence in self.bad:
            raise PlanError("no plan")
        return Planner("rules").plan(sentence, width=width, height=height)


class TestPlanning:
    def test_a_busy_server_is_waited_for(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("generator.batch.planning.FIRST_PAUSE_S", 0.01)
        planner = FakePlanner(busy=3)
        (one,) = outcomes(run(tmp_path, ["a cup"], seats=[FakeSeat()], planner=planner)).values()
        assert one.status == "painted"
        assert planner.asked == 4

    def test_a_sentence_that_cannot_be_planned_fails_alone(self, tmp_path: Path) -> None:
        found = outcomes(run(tmp_path, ["a cup", "a hat"], seats=[FakeSeat()], planner=FakePlanner(bad=("a hat",))))
        assert sorted((one.status, one.error) for one in found.values()) == [("failed", "no plan"), ("painted", "")]

    def test_settings_that_are_none_fail_alone(self, tmp_path: Path) -> None:
        found = run(tmp_path, [{"prompt": "a cup", "seed_device": "tpu"}, "a hat"], seats=[FakeSeat()])
        assert sorted(one.status for one in outcomes(found).values()) == ["failed", "painted"]


def test_the_sheet_shows_what_was_painted_and_what_failed(tmp_path: Path) -> None:
    plan = Planner("rules").plan("a cup", width=64, height=64).plan.to_dict()
    prompts = [{"plan": plan, "prompt": "a <b>cup</b>"}, "a hat"]
    run(tmp_path, prompts, seats=[FakeSeat(errors={"a hat": "no"})])
    page = write_sheet(tmp_path).read_text()
    assert "a &lt;b&gt;cup&lt;/b&gt;" in page
    assert "1 painted, 1 failed" in page


@pytest.fixture
def worker() -> Iterator[WorkerSeat]:
    seat = WorkerSeat(SeatOptions({"device": "cpu"}, threads=1))
    yield seat
    seat.close()


def test_a_worker_paints_and_one_that_was_killed_is_started_again(worker: WorkerSeat, tmp_path: Path) -> None:
    settings = replace(SETTINGS, steps=1, seed=1, hard_binding_steps=0)
    plan = Planner("rules").plan("a cup", width=64, height=64).plan
    first, second = (
        PaintJob({"plan": plan.to_dict(), "settings": settings.to_dict()}, str(tmp_path / f"{n}.png")) for n in "ab"
    )
    assert worker.paint([first])[0].error == ""
    assert worker._process is not None
    worker._process.kill()
    with pytest.raises(PainterDiedError):
        worker.paint([second])
    assert worker.paint([second])[0].error == ""
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


class SilentWorker(WorkerSeat):
    """Its process takes a job, says so by a file, and never answers."""

    script = "import pathlib, sys, time; sys.stdin.readline(); pathlib.Path('taken').touch(); time.sleep(600)"

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", self.script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )


def test_a_worker_is_closed_while_another_thread_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    worker = SilentWorker(SeatOptions())
    with ThreadPoolExecutor() as pool:
        painting = pool.submit(worker.paint, [PaintJob({}, "a.png")])
        while not Path("taken").exists():
            assert not painting.done()
            time.sleep(0.01)
        worker.close()
        worker.open()
        with pytest.raises(PainterDiedError):
            painting.result(60)
    worker.close()


def test_a_worker_says_what_cannot_be_painted_or_written(worker: WorkerSeat, tmp_path: Path) -> None:
    plan = Planner("rules").plan("a cup", width=64, height=64).plan.to_dict()
    settings = {**replace(SETTINGS, seed=1).to_dict(), "steps": 0}
    assert "steps" in worker.paint([PaintJob({"plan": plan, "settings": settings}, str(tmp_path / "a.png"))])[0].error


def test_the_command_paints_a_file_and_then_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("prompts.jsonl").write_text('{"prompt": "a cup", "id": "cup", "seed": 3}\n{"prompt": 5}\n')
    command = ["batch", "prompts.jsonl", "-o", "out", "--steps", "1", "--size", "64x64", "--backend", "rules"]
    assert main(command) == 3
    told = capsys.readouterr()
    assert told.out == "out/cup-3.png\n"
    assert "line 2: prompt must be a sentence, got 5" in told.err
    assert read_recipe("out/cup-3.png").settings.seed == 3
    Path("prompts.jsonl").write_text('{"prompt": "a cup", "id": "cup", "seed": 3}\n')
    assert main(command) == 0
    assert capsys.readouterr().out == ""
    assert Path("out/sheet.html").exists()


def test_an_error_goes_through_a_pickle_with_all_it_says() -> None:
    sent = BackendError("busy", provider="openai", retryable=True, retry_after_s=2.0, hint="wait")
    back = pickle.loads(pickle.dumps(sent))
    assert (type(back), str(back), vars(back)) == (BackendError, str(sent), vars(sent))


@dataclass
class LateSeat(FakeSeat):
    """Has no place before another seat has painted everything."""

    place: threading.Event = field(default_factory=threading.Event)

    def open(self) -> None:
        self.place.wait()


def test_a_seat_that_waits_for_its_place_holds_no_picture(tmp_path: Path) -> None:
    late, seat = LateSeat(), FakeSeat()
    found = outcomes(run(tmp_path, ["a cup", "a hat", "a cat"], seats=[late, seat]))
    late.place.set()
    assert len(seat.painted) == len(found) == 3
    assert all(one.ok for one in found.values())


@dataclass
class EndedSeat(FakeSeat):
    """Paints a hat where the disk is full, as soon as another paints; that one's worker dies when it is closed."""

    other: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)
    there: bool = False

    def open(self) -> None:
        self.there = True

    def paint(self, jobs: Sequence[PaintJob]) -> list[Finished]:
        if jobs[0].recipe["plan"]["prompt"] == "a hat":
            self.other.wait()
            return [Finished(error="no space left", fatal=True)]
        self.other.set()
        self.closed.wait()
        raise PainterDiedError("closed")

    def close(self) -> None:
        self.there = False
        self.closed.set()


def test_a_seat_is_not_opened_again_when_its_run_has_ended(tmp_path: Path) -> None:
    painting = threading.Event()
    seats = [EndedSeat(other=painting), EndedSeat(other=painting)]
    with pytest.raises(RenderError, match="no space left"):
        run(tmp_path, ["a cup", "a hat"], seats=seats)
    for thread in threading.enumerate():
        if thread.name.startswith("seat "):
            thread.join(60)
            assert not thread.is_alive()
    assert not any(seat.there for seat in seats)


class ClosedSeat(FakeSeat):
    """Never has a place."""

    def open(self) -> None:
        raise RenderError("no such machine")


def test_a_run_without_a_place_ends_in_words(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="nobody can paint: no such machine"):
        run(tmp_path, ["a cup"], seats=[ClosedSeat()])


def test_shares_are_all_of_it_once(tmp_path: Path) -> None:
    prompts = read("".join(f"a cup number {i}\n" for i in range(50)), "txt")
    shares = [list(share_of(prompts, number, 3)) for number in (1, 2, 3)]
    assert sorted(one.id for share in shares for one in share if isinstance(one, Prompt)) == sorted(
        one.id for one in prompts if isinstance(one, Prompt)
    )
    assert all(shares)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["prompts.doc", "-o", "out"], "not a file of prompts"),
        (["nothing.txt", "-o", "out"], "there is no file"),
        (["prompts.txt"], "-o"),
        (["prompts.txt", "-o", "out", "--shard", "4/3"], "--shard"),
        (["prompts.txt", "-o", "out", "--painters", "0"], "--painters"),
        (["prompts.txt", "-o", "out", "--planners", "0"], "--planners"),
        (["prompts.txt", "-o", "out", "--batch", "0"], "--batch"),
    ],
)
def test_wrong_options_are_said_before_anything_is_done(
    options: list[str], word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("prompts.txt").write_text("a cup\n")
    assert main(["batch", *options]) == 1
    assert word in capsys.readouterr().err
    assert not Path("out").exists()


def test_threads_share_one_planner_with_one_chain_of_backends() -> None:
    gate, made = threading.Barrier(8), []

    class Slow(Planner):
        """Asked by all threads at once, before there are any backends."""

        def backends(self) -> None:
            gate.wait()
            made.append(self._get_backends())

    planner = Slow("rules")
    threads = [threading.Thread(target=planner.backends) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(one) == 1 and one is made[0] for one in made)


def test_a_chain_of_busy_servers_can_be_asked_again() -> None:
    class Busy:
        name, capabilities = "busy", Capabilities()

        def complete(self, request: Request) -> Reply:
            raise BackendError("429", provider=self.name, retryable=True, retry_after_s=3.0)

    with pytest.raises(BackendError, match="no backend gave a plan: 429; 429") as caught:
        Planner([Busy(), Busy()], transport=Transport(max_tries=1)).plan("a cup")
    assert (caught.value.retryable, caught.value.retry_after_s) == (True, 3.0)


def test_files_that_a_line_names_are_read_from_the_folder_of_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("lists/faces/a.png", "lists/hat.safetensors", "here.safetensors"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    image, box = {"kind": "pulid", "path": "faces/a.png"}, {"x": 0.25, "y": 0.25, "width": 0.5, "height": 0.5}
    plan = {
        **PLAN.to_dict(),
        "version": 2,
        "prompt": "a face",
        "objects": [{"prompt": "a face", "box": box, "image": image}],
    }
    line = json.dumps(
        {"plan": plan, "id": "a", "seed": 1, "lora": ["hat.safetensors:0.5", "owner/hats/hat.safetensors"]}
    )
    folder, seat = tmp_path / "lists", FakeSeat()
    prompts = list(read_prompts(io.StringIO(line + '\n{"prompt": "a hat"}'), "jsonl", folder=Path("lists")))
    settings = SETTINGS.changed(lora=["here.safetensors"])
    found = list(paint_many(prompts, "out", settings, planner=Planner("rules"), seats=[seat]))
    recipes = {jobs[0].recipe["plan"]["prompt"]: jobs[0].recipe for jobs in seat.had}
    assert recipes["a face"]["plan"]["objects"][0]["image"]["path"] == str(folder / "faces/a.png")
    assert recipes["a face"]["settings"]["lora"] == [f"{folder / 'hat.safetensors'}:0.5", "owner/hats/hat.safetensors"]
    assert recipes["a hat"]["settings"]["lora"] == [str(tmp_path / "here.safetensors")]
    assert {recipe["settings"]["model"] for recipe in recipes.values()} == {"embedded"}
    monkeypatch.chdir(folder)  # and the line asks for the same, wherever it is read
    again = list(read_prompts(io.StringIO(line), "jsonl", folder=Path()))
    kept = list(paint_many(again, "../out", settings, planner=Planner("rules"), seats=[seat]))
    assert [one.status for one in kept if isinstance(one, Outcome)] == ["kept"]
    assert all(one.ok for one in found if isinstance(one, Outcome))


def test_actors_stand_where_the_driver_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    there = tmp_path / "there"
    there.mkdir()
    PlanningActor(str(there), Planner("rules"))
    assert Path.cwd() == there
    PlanningActor(str(tmp_path / "missing"), Planner("rules"))
    assert Path.cwd() == there


def test_a_picture_that_is_carried_to_the_driver_names_files_from_where_it_will_lie(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()

    class FakeEasel:
        def paint(self, jobs: Sequence[PaintJob]) -> list[Finished]:
            settings = SETTINGS.changed(model=str(tmp_path / "model"))
            for job in jobs:
                Recipe(PLAN, settings).save(Image.new("RGB", (64, 64)), job.path, home=job.home)
            return [Finished() for _ in jobs]

    actor = PaintingActor(str(Path.cwd()), asdict(SeatOptions()))
    actor._easel = FakeEasel()  # type: ignore[assignment]
    path = tmp_path / "out" / "cup-1.png"
    ((_, picture),) = actor.paint([asdict(PaintJob({}, str(path)))], collect=True)
    path.parent.mkdir()
    path.write_bytes(picture)
    assert read_recipe(path).settings.model == str(tmp_path / "model")
