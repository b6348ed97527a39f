"""Runs, suites and prompt folders as they are after a crash, a full disk or another program: one line, nothing lost."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from planner import Box, Cell, ObjectBox, Plan, PlanError, Row
from planner.evaluation.outcomes import PlanOutcome
from planner.evaluation.reports.compare import compare
from planner.evaluation.reports.report import as_text
from planner.evaluation.runs import DAMAGED, PLANS, RUN, SCORES, Setup, prepare, read_records, run
from planner.evaluation.suites.cases import SuiteCase, SuiteThing
from planner.evaluation.suites.suites import read_suite
from planner.loop.prompting import load_prompts

SETUP = Setup("s.jsonl", "own", "0", "rules", None, 1024, 1024, 3, None, None)
KITE = ObjectBox("a kite", Box(0.2, 0.2, 0.5, 0.5))
CASES = [SuiteCase(str(i), f"prompt {i}", "all", "own", (SuiteThing("kite"),)) for i in range(3)]


def answer(sentence: str) -> PlanOutcome:
    plan = Plan("grüne Drachen \u2028 and \u2029", (Row(1, (Cell(1, sentence),)),), (KITE,))
    return PlanOutcome(plan, replies=("a reply with \u0085 and \u2028 in it",))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A finished run of three prompts."""
    prepare(tmp_path / "run", SETUP, resume=False)
    run(CASES, answer, tmp_path / "run", setup=SETUP)
    return tmp_path / "run"


def go_on(out: Path) -> list[str]:
    """Go on with a run, and return the sentences that were asked."""
    asked = []

    def ask(sentence: str) -> PlanOutcome:
        asked.append(sentence)
        return answer(sentence)

    prepare(out, SETUP, resume=True)
    assert len(run(CASES, ask, out, setup=SETUP)) == len(CASES)
    assert len(read_records(out)) == len(CASES)
    return asked


def test_what_unicode_takes_for_a_line_s_end_ends_no_record(out: Path) -> None:
    assert go_on(out) == []
    assert read_records(out)[0].outcome == answer("prompt 0")
    assert not (out / DAMAGED).exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: line[: line.index("ü".encode()) + 1],  # the disk was full in the middle of a letter
        lambda line: b"{}",
        lambda line: b"[" * 100_000,
        lambda line: line.replace(b'"rows"', b'"columns"'),
        lambda line: line.replace(b'"case"', b'"place"'),
        lambda line: b"\xff\xfe\0",
        lambda line: b"null",
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_line_that_cannot_be_read_is_set_aside_and_asked_again(out: Path, damage, place: int) -> None:
    lines = (out / PLANS).read_bytes().split(b"\n")[:-1]
    lines[place] = damage(lines[place])
    (out / PLANS).write_bytes(b"\n".join(lines) + (b"" if place == 2 else b"\n"))
    assert go_on(out) == [f"prompt {place}"]
    assert (out / DAMAGED).read_bytes() == lines[place] + b"\n"


@pytest.mark.parametrize("torn", [b"", b'{"suite": "s', b"[]", b"\xff", b"[" * 100_000, b"{}", None])
def test_a_run_whose_setup_is_torn_goes_on_where_its_lines_tell_that_it_is_the_same(out: Path, torn: bytes) -> None:
    (out / RUN).unlink()
    if torn is not None:
        (out / RUN).write_bytes(torn)
    with pytest.raises(PlanError, match="cannot be told from this one"):
        prepare(out, replace(SETUP, backend="openai"), resume=True)
    with pytest.raises(PlanError, match="--resume"):
        prepare(out, SETUP, resume=False)
    assert go_on(out) == []


def test_a_run_without_setup_and_of_older_lines_is_another(out: Path) -> None:
    (out / RUN).unlink()
    lines = [json.loads(line) for line in (out / PLANS).read_text(encoding="utf-8").split("\n") if line]
    (out / PLANS).write_text("".join(json.dumps({**line, "run": None}) + "\n" for line in lines))
    with pytest.raises(PlanError, match="cannot be told"):
        prepare(out, SETUP, resume=True)


def test_half_a_surrogate_pair_in_a_reply_is_written_and_read(tmp_path: Path) -> None:
    from planner.evaluation.outcomes import _asked
    from planner.tasks.backend import Reply

    attempt = type("Attempt", (), {"reply": Reply("half \ud83d")})()
    outcome = PlanOutcome(None, "no plan", **_asked([attempt]))
    run(CASES[:1], lambda sentence: outcome, tmp_path)
    assert read_records(tmp_path)[0].outcome.replies == ("half \ufffd",)


@pytest.mark.parametrize("name", [RUN, SCORES])
@pytest.mark.parametrize("torn", [b"", b"{", b"[]\n", b'{"id": 1}\n', b"\xff\n", b"[" * 100_000])
def test_comparing_damaged_runs_is_one_line(out: Path, name: str, torn: bytes) -> None:
    (out / SCORES).write_text('{"id": "0", "prompt": "x", "scores": {"a": 1}}\n')
    (out / name).write_bytes(torn)
    with pytest.raises(PlanError) as caught:
        compare(out, out)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a.jsonl", b"[" * 100_000),
        ("a.jsonl", b'{"prompt": 5, "objects": []}'),
        ("a.jsonl", b'{"prompt": "x", "objects": 5}'),
        ("a.jsonl", b'{"prompt": "x", "objects": [5]}'),
        ("a.jsonl", b'{"tag": "x", "prompt": "y", "include": [], "exclude": 5}'),
        ("a.jsonl", b'{"tag": "x", "prompt": "y", "include": [], "exclude": [5]}'),
        ("a.jsonl", b'{"tag": "x", "prompt": "y", "include": [5]}'),
        ("a.jsonl", b'{"tag": "x", "prompt": "y", "include": [{"class": "a", "count": "1"}]}'),
        ("a.jsonl", b'{"tag": "x", "prompt": "y", "include": [{"class": "a", "count": 1, "position": 3}]}'),
        ("a.json", b'[{"prompt": "x", "id": 1, "obj1": [], "obj2": ["b"], "relation": "left"}]'),
        ("a.json", b'[{"prompt": "x", "id": 1, "obj1": [["a"]], "obj2": ["b"], "relation": "left"}]'),
        ("a.json", b'[{"prompt": "x", "id": 1, "obj1": ["a"], "obj2": ["b"], "relation": ["left"]}]'),
        ("a.json", b'[{"prompt": "x", "id": 1, "num_object": [["a"]]}]'),
        ("a.json", b"[" * 100_000),
        ("a.txt", b"\xff\xfe\xfa"),
        ("a.txt", b"\0" * 10),
        ("a.md", b"x"),
    ],
)
def test_odd_suites_are_one_line(tmp_path: Path, name: str, source: bytes) -> None:
    (tmp_path / name).write_bytes(source)
    with pytest.raises(PlanError) as caught:
        read_suite(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_line_of_a_suite_may_hold_what_unicode_takes_for_a_line_s_end(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"prompt": "a kite \u2028 a drum \u2029", "objects": []}\n', encoding="utf-8")
    assert len(read_suite(tmp_path / "a.jsonl").cases) == 1


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("user.txt", b"\xff$sentence"),
        ("system.txt", b"\xe9"),
        ("examples.json", b"\xff"),
        ("examples.json", b'[{"sentence": "x", "reply": 5}]'),
        ("examples.json", b'[{"sentence": "x", "reply": null}]'),
        ("examples.json", b"null"),
        ("examples.json", b"[" * 100_000),
        ("user.txt", b"$nonsense"),
    ],
)
def test_odd_prompt_folders_are_one_line(tmp_path: Path, name: str, source: bytes) -> None:
    (tmp_path / name).write_bytes(source)
    with pytest.raises(PlanError) as caught:
        load_prompts("layout", tmp_path)
    assert str(tmp_path / name) in str(caught.value)


def test_a_report_takes_no_prompt_for_marks() -> None:
    assert as_text("a | b\n# c <b>d</b> \x1b[2J *e*") == r"a \| b # c \<b\>d\</b\> �\[2J \*e\*"
    assert as_text("a red kite, 50 % & more") == "a red kite, 50 % & more"
