"""Runs that stop and go on, their reports, and comparisons: through the command itself where there is one."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from llm_server import completion, serve

from generator.cli.main import main
from generator.cli.parser import parse
from planner.backends import Reply, Usage
from planner.backends.scripted import ScriptedBackend
from planner.errors import BackendError, PlanError
from planner.evaluation.outcomes import PlanOutcome, asker
from planner.evaluation.reports import compare, page, report
from planner.evaluation.reports.svg import draw_svg
from planner.evaluation.runs import PLANS, Record, Setup, choose, prepare, read_records, run
from planner.evaluation.suites.cases import Suite, SuiteCase, SuiteThing
from planner.evaluation.suites.suites import read_suite
from planner.evaluation.summary import Share, score, summarise
from planner.plan import Box, Cell, ObjectBox, Plan, Row
from planner.planner import Planner

OWNS = [
    {"prompt": "two owls left of a fox", "kind": "pairs", "objects": [{"name": "owl", "count": 2}, {"name": "fox"}],
     "relations": [{"subject": "owl", "relation": "left of", "object": "fox"}]},
    {"prompt": "three owls", "kind": "alone", "objects": [{"name": "owl", "count": 3}]},
    {"prompt": "a fox & a <b>lamp</b>", "kind": "alone", "objects": [{"name": "fox"}, {"name": "kettle", "count": 7}]},
]  # fmt: skip
SETUP = Setup("s.jsonl", "own", "0", "rules", None, 1024, 1024, 3, None, None)
FACTS = {"suite": "s.jsonl", "format": "own", "backend": "rules", "width": 1024, "height": 1024, "version": "0"}


def plan_of(*objects: tuple[str, Box]) -> Plan:
    return Plan("a scene", (Row(1, (Cell(1, "a scene"),)),), tuple(ObjectBox(*item) for item in objects))


def cases(count: int) -> list[SuiteCase]:
    return [SuiteCase(str(i), f"prompt {i}", "all", "own", (SuiteThing("owl"),)) for i in range(count)]


def record(case: SuiteCase, plan: Plan | None, **rest: object) -> Record:
    return Record(case, PlanOutcome(plan, **rest))  # type: ignore[arg-type]


OWL = plan_of(("an owl", Box(0.2, 0.2, 0.5, 0.5)))


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in OWNS))
    return path


# Asking --------------------------------------------------------------------------------------------------------------


def test_an_outcome_keeps_replies_attempts_and_tokens() -> None:
    good = json.dumps(OWL.to_dict())
    backend = ScriptedBackend([Reply("no JSON", usage=Usage(10, 2)), Reply(good, usage=Usage(20, 3))])
    outcome = asker(Planner(backend), width=1024, height=1024)("an owl")
    assert outcome.plan == OWL
    assert outcome.replies == ("no JSON", good)
    assert (outcome.attempts, outcome.prompt_tokens, outcome.reply_tokens) == (2, 30, 5)
    assert outcome.seconds > 0
    assert (outcome.backend, outcome.model) == ("scripted", "")
    assert PlanOutcome.from_dict(json.loads(json.dumps(outcome.to_dict()))) == outcome


def test_a_sentence_without_a_plan_is_an_outcome_too() -> None:
    outcome = asker(Planner(ScriptedBackend(["no", "never"]), max_attempts=2), width=1024, height=1024)("an owl")
    assert outcome.plan is None
    assert outcome.replies == ("no", "never")
    assert "no acceptable plan" in outcome.error
    assert PlanOutcome.from_dict(outcome.to_dict()) == outcome


# Runs ----------------------------------------------------------------------------------------------------------------


def test_a_stopped_run_goes_on_and_asks_nothing_twice(tmp_path: Path) -> None:
    asked: list[str] = []

    def ask(sentence: str) -> PlanOutcome:
        asked.append(sentence)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return PlanOutcome(OWL)

    with pytest.raises(KeyboardInterrupt):
        run(cases(4), ask, tmp_path)
    with (tmp_path / PLANS).open("a") as file:
        file.write('{"case": {"id": "2", "pro')  # stopped in the middle of a line
    records = run(cases(4), ask, tmp_path)
    assert asked == ["prompt 0", "prompt 1", "prompt 2", "prompt 2", "prompt 3"]
    assert [item.case.id for item in records] == ["0", "1", "2", "3"]
    assert run(cases(4), ask, tmp_path) == records == read_records(tmp_path)
    assert len(asked) == 5


def test_prompts_that_nobody_answered_are_asked_again(tmp_path: Path) -> None:
    silent = {"prompt 1"}

    def ask(sentence: str) -> PlanOutcome:
        if sentence in silent:
            raise BackendError("busy", provider="test")
        return PlanOutcome(OWL)

    assert [item.case.id for item in run(cases(3), ask, tmp_path)] == ["0", "2"]
    silent.clear()
    assert [item.case.id for item in run(cases(3), ask, tmp_path)] == ["0", "1", "2"]


def test_a_backend_that_stays_silent_stops_the_run(tmp_path: Path) -> None:
    asked = []

    def ask(sentence: str) -> PlanOutcome:
        asked.append(sentence)
        raise BackendError("nobody there", provider="test", retryable=True)

    with pytest.raises(BackendError, match="nobody there"):
        run(cases(9), ask, tmp_path)
    assert len(asked) == 3


def test_a_backend_that_cannot_work_stops_the_run_at_once(tmp_path: Path) -> None:
    asked = []

    def ask(sentence: str) -> PlanOutcome:
        asked.append(sentence)
        raise BackendError("no such backend", provider="test")

    with pytest.raises(BackendError, match="no such backend"):
        run(cases(9), ask, tmp_path)
    assert len(asked) == 1


def test_a_folder_is_not_mixed_up(tmp_path: Path) -> None:
    out = tmp_path / "run"
    prepare(out, SETUP, resume=False)
    prepare(out, SETUP, resume=False)  # nothing is in it yet
    run(cases(1), lambda sentence: PlanOutcome(OWL), out)
    with pytest.raises(PlanError, match="--resume"):
        prepare(out, SETUP, resume=False)
    prepare(out, Setup(**{**SETUP.__dict__, "limit": 9}), resume=True)
    with pytest.raises(PlanError, match="backend 'rules'"):
        prepare(out, Setup(**{**SETUP.__dict__, "backend": "local"}), resume=True)


def test_a_run_from_before_max_tokens_could_be_set_goes_on(tmp_path: Path) -> None:
    prepare(tmp_path, SETUP, resume=False)
    run(cases(1), lambda sentence: PlanOutcome(OWL), tmp_path)
    older = json.loads((tmp_path / "run.json").read_text())
    del older["max_tokens"]
    (tmp_path / "run.json").write_text(json.dumps(older))
    prepare(tmp_path, SETUP, resume=True)
    with pytest.raises(PlanError, match="max_tokens 8192"):
        prepare(tmp_path, replace(SETUP, max_tokens=99), resume=True)


def test_a_servers_options_are_part_of_the_run(
    suite: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["eval", "plans", str(suite), "--backend", "openai", "--llm", "m", "--out", "run", "--attempts", "1"]
    options = ["--llm-option", "top_k=5", "--llm-option", 'api_key="zx81-secret-9"']
    with serve(completion("no plan")) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        assert main([*command, *options]) == 0
        kept = Path("run", "run.json").read_text()
        assert "api_key, top_k (" in kept
        assert "zx81" not in kept
        asked = len(server.requests)
        assert main([*command, *options, "--resume"]) == 0
        capsys.readouterr()
        assert main([*command, "--llm-option", "top_k=6", "--resume"]) == 1
        assert main([*command, "--resume"]) == 1
    said = capsys.readouterr().err
    assert said.count("has a run with llm_options 'api_key, top_k (") == 2
    assert len(server.requests) == asked


def test_a_larger_limit_takes_the_same_prompts_and_more() -> None:
    suite = Suite("s", "own", tuple(cases(20)))
    five, nine = choose(suite, 5, 3), choose(suite, 9, 3)
    assert nine[:5] == five != list(suite.cases[:5])
    assert choose(suite, 2, None) == list(suite.cases[:2])
    assert len(choose(suite, None, 3)) == 20
    with pytest.raises(PlanError, match="at least 1, got 0"):
        choose(suite, 0, None)


# Numbers -------------------------------------------------------------------------------------------------------------


def test_wilson_interval() -> None:
    share = Share.of([1.0] * 8 + [0.0] * 2)
    assert (share.mean, share.count) == (0.8, 10)
    assert (share.low, share.high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
    assert Share.of([1.0] * 10).high == 1


def test_summary() -> None:
    owl, both = (
        SuiteCase("1", "an owl", "a", "own", (SuiteThing("owl"),)),
        SuiteCase("2", "owls", "b", "own", (SuiteThing("owl", 2),)),
    )
    off = plan_of(("an owl", Box(0.9, 0.2, 0.5, 0.5)))
    records = [
        record(owl, OWL, seconds=1.0, attempts=1),
        record(both, off, seconds=2.0, attempts=3, repairs=("moved",), prompt_tokens=30),
        record(both, None, seconds=6.0, attempts=2, error="no"),
    ]
    total = summarise([score(item, width=1024, height=1024) for item in records])
    assert {kind: row["all"].mean for kind, row in total.shares.items()} == {
        "a": 1,
        "b": 0,
        "all": pytest.approx(1 / 3),
    }
    assert (total.prompts, total.failed, total.repaired, total.attempts, total.tokens) == (3, 1, 1, 2, 10)
    assert (total.seconds, total.median_seconds) == (3, 2)
    assert (total.validity.boxes, total.validity.off_canvas) == (2, 1)


# Reports -------------------------------------------------------------------------------------------------------------


def test_the_page_draws_what_is_wrong_and_needs_nothing_else() -> None:
    case = SuiteCase("7", "an owl & a <script>", "all", "own", (SuiteThing("owl", 2),))
    scored = [score(record(case, OWL, replies=("<reply>",)), width=1024, height=512)]
    text = page.page({**FACTS, "height": 512}, summarise(scored), scored)
    assert "an owl &amp; a &lt;script&gt;" in text
    assert "&lt;reply&gt;" in text
    assert "1 of &#x27;owl&#x27; instead of 2" in text
    assert "<script" not in text
    assert not re.search(r"https?://|src=|@import", text)
    drawing = ElementTree.fromstring(re.findall(r"<svg.*?</svg>", text)[0])
    assert drawing.get("viewBox") == "-2 -2 404 204"


def test_svg_has_a_box_for_each_object_also_off_the_canvas() -> None:
    drawing = ElementTree.fromstring(
        draw_svg(
            plan_of(("an owl", Box(-0.1, 0, 0.5, 0.5)), ("a fox", Box(0.5, 0.5, 0.25, 0.5))), width=512, height=512
        )
    )
    assert drawing.get("viewBox") == "-24 -24 448 448"
    boxes = [r for r in drawing.iter("rect") if r.get("fill-opacity")]
    assert [(r.get("x"), r.get("width")) for r in boxes] == [("-40.0", "200.0"), ("200.0", "100.0")]
    assert [text.text for text in drawing.iter("text")] == ["owl", "fox"]


def test_a_plan_with_impossible_cells_is_drawn_all_the_same() -> None:
    broken = Plan("a scene", (Row(-1, (Cell(1, "all"),)),), (ObjectBox("an owl", Box(0, 0, 0.5, 0.5)),))
    assert "owl" in draw_svg(broken, width=512, height=512)


def test_markdown_says_what_is_wrong() -> None:
    case = SuiteCase("7", "two owls", "all", "own", (SuiteThing("owl", 2),))
    scored = [score(record(case, OWL), width=1024, height=1024), score(record(case, None), width=1024, height=1024)]
    text = report.markdown(FACTS, summarise(scored), scored)
    assert "| all | 2 | 0.0% (0%–66%) |" in text
    assert "- two owls: 1 of 'owl' instead of 2" in text
    assert "- two owls: there is no plan" in text
    assert "| plans that failed | 1 |" in text


# Comparing -----------------------------------------------------------------------------------------------------------


def write_run(out: Path, scores: list[float], invalid: int = 0) -> Path:
    prepare(out, SETUP, resume=False)
    lines = [
        {"id": str(i), "prompt": f"prompt {i}", "scores": {"all": value}, "failed": False,
         "validity": {"off_canvas": int(i < invalid), "undersized": 0, "identical": 0, "empty": 0}}
        for i, value in enumerate(scores)
    ]  # fmt: skip
    (out / "scores.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return out


def test_compare_is_paired_and_sees_a_clear_difference(tmp_path: Path) -> None:
    a = write_run(tmp_path / "a", [0.0] * 30 + [1.0] * 30, invalid=6)
    b = write_run(tmp_path / "b", [1.0] * 59 + [0.0])
    first, valid = compare.compare(a, b)
    assert (first.name, first.count, first.mean_a) == ("all", 60, 0.5)
    assert first.mean == pytest.approx(29 / 60)
    assert first.low < first.mean < first.high
    # The normal approximation's interval, for comparison.
    gains = [1.0] * 30 + [0.0] * 29 + [-1.0]
    spread = (sum((gain - first.mean) ** 2 for gain in gains) / 60 / 60) ** 0.5
    assert first.low == pytest.approx(first.mean - 1.96 * spread, abs=0.02)
    assert first.high == pytest.approx(first.mean + 1.96 * spread, abs=0.02)
    assert first.is_clear
    assert first.better == tuple(f"prompt {i}" for i in range(30))
    assert first.worse == ("prompt 59",)
    assert (valid.name, valid.mean_a, valid.mean_b) == ("valid", 0.9, 1)
    assert compare.compare(a, b) == [first, valid]


def test_compare_does_not_claim_what_may_be_chance(tmp_path: Path) -> None:
    a = write_run(tmp_path / "a", [0.0, 1.0] * 10)
    b = write_run(tmp_path / "b", [1.0] + [0.0, 1.0] * 9 + [1.0])
    (first, valid) = compare.compare(a, b)
    assert not first.is_clear
    assert "may be 0" in compare.table(a, b, [first, valid])


def test_compare_refuses_what_cannot_be_compared(tmp_path: Path) -> None:
    a = write_run(tmp_path / "a", [1.0])
    with pytest.raises(PlanError, match="is no run"):
        compare.compare(a, tmp_path / "nothing")
    b = write_run(tmp_path / "b", [1.0])
    (b / "scores.jsonl").write_text((b / "scores.jsonl").read_text().replace("prompt 0", "another"))
    with pytest.raises(PlanError, match="share no prompt"):
        compare.compare(a, b)
    (b / "scores.jsonl").unlink()
    with pytest.raises(PlanError, match="no scores yet"):
        compare.compare(a, b)


# The command ---------------------------------------------------------------------------------------------------------


def test_eval_plans_and_compare(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "plans", str(suite), "--backend", "rules", "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert "| all | 3 | 66.7%" in printed
    out = Path("out/eval/mine.jsonl-rules")
    assert printed.rstrip().endswith(str(out / "report.html"))
    assert {path.name for path in out.iterdir()} == {
        "run.json",
        "plans.jsonl",
        "scores.jsonl",
        "report.md",
        "report.html",
    }
    lines = [json.loads(line) for line in (out / "plans.jsonl").read_text().splitlines()]
    assert [line["case"]["prompt"] for line in lines] == [line["prompt"] for line in OWNS]
    assert Plan.from_dict(json.loads(lines[0]["replies"][0])).objects == Plan.from_dict(lines[0]["plan"]).objects
    page = (out / "report.html").read_text()
    assert "a fox &amp; a &lt;b&gt;lamp" in page
    assert "</i> 3 × an owl" in page

    assert main(["eval", "plans", str(suite), "--quiet", "--out", "other", "--limit", "2", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["summary"]["prompts"] == 2
    assert result["setup"]["limit"] == 2
    assert main(["eval", "plans", str(suite), "--quiet", "--out", "other", "--resume"]) == 0
    capsys.readouterr()
    assert main(["eval", "compare", str(out), "other"]) == 0
    assert "| all | 3 | 66.7% | 66.7% | +0.0% |" in capsys.readouterr().out
    assert main(["eval", "compare", str(out), "other", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["name"] == "all"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["eval", "plans", "missing.txt"], "missing.txt"),
        (["eval", "plans", "mine.jsonl", "--limit", "0"], "at least 1"),
        (["eval", "plans", "mine.jsonl", "--format", "lines"], "unknown suite format"),
        (["eval", "plans", "mine.jsonl", "--backend", "ruls"], "did you mean"),
        (["eval", "plans", "mine.jsonl", "--attempts", "0"], "at least 1"),
        (["eval", "compare", "a", "b"], "is no run"),
        (["eval", "images", "--combinations", "0"], "at least 1"),
    ],
)
def test_eval_errors_are_one_line(
    arguments: list[str], message: str, suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--quiet"]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert len(said.splitlines()) == 1


def test_a_second_run_into_a_folder_needs_resume(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "plans", str(suite), "--quiet", "--out", "run"]) == 0
    assert main(["eval", "plans", str(suite), "--quiet", "--out", "run"]) == 1
    assert "--resume" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("sentence", "relation"),
    [
        ("an owl on the left and a fox on the right", "left, right"),
        ("an owl to the left of a fox", "left, right"),
        ("an owl above a fox and a lamp", "above, below"),
        ("an owl at the top and a fox at the bottom", "above, below"),
        ("an owl at the top left, a fox at the top right and a lamp at the bottom", "corners"),
        ("from left to right an owl a fox and a lamp", "from left to right"),
        ("an owl between a fox and a lamp", "between"),
        ("an owl next to a fox", "next to"),
        ("an owl, a fox and a lamp", "and"),
    ],
)
def test_pictures_are_told_apart_by_relation(sentence: str, relation: str) -> None:
    from generator.embedded.evaluation_images import relation_of, relation_table

    assert relation_of(sentence) == relation
    key = f"2 objects 0 {{}}: {sentence}"
    results = [
        {"key": key.format("plain"), "way": "plain", "box": [True, False]},
        {"key": key.format("both"), "way": "both", "box": [True, True]},
        {"key": "single an owl 64", "way": "plain", "box": [False]},
    ]
    assert f"| {relation} | 1 | 50% | – | – | 100% |" in relation_table(results)


DOCS = (Path(__file__).parent.parent / "docs/evaluation.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", re.findall(r"^ragplan .*", DOCS, re.MULTILINE))
def test_commands_in_the_docs_are_understood(command: str) -> None:
    assert callable(parse(shlex.split(command, comments=True)[1:]).run)


def test_the_line_in_the_docs_is_read_as_one_s_own(tmp_path: Path) -> None:
    (block,) = re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL)
    (tmp_path / "mine.jsonl").write_text(json.dumps(json.loads(block)))
    (case,) = read_suite(tmp_path / "mine.jsonl").cases
    assert (len(case.things), len(case.relations)) == (3, 1)


@pytest.mark.slow
def test_eval_images_paints_and_recognises(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["eval", "images", "--combinations", "1", "--no-singles", "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "| objects in their box (cell; anywhere) | 2 | 3 | 4 | 6 |" in printed
    assert "| relation | objects | plain | soft refinement | hard binding | both |" in printed
    assert "alone on" not in printed
    painted = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.png")}
    assert len(painted) == 16  # two, three, four and six objects, each in four ways
    assert main(arguments) == 0
    assert capsys.readouterr().out == printed
    assert {path: path.stat().st_mtime_ns for path in painted} == painted
