"""What models send: a corpus of replies by fault (`tests/data/replies`), and random damage to valid ones."""

import functools
import json
import operator
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.backends import Reply, Request
from planner.backends.scripted import ScriptedBackend
from planner.checks import check_plan
from planner.complaints import has_errors
from planner.errors import PlanError
from planner.loop.attempts import Attempt, examine
from planner.loop.replies import parse_number, parse_reply
from planner.plan import Plan
from planner.planner import Planner
from planner.tasks.tasks import get_task

FOLDER = Path(__file__).parent / "data" / "replies"
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in sorted(FOLDER.glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))
]
SENTENCE = "a brown dog left of a striped cat"
CONTACT = {"boxes_overlap", "box_outside_cell"}  # what the reply's own relations may allow
VALID: dict[str, Any] = json.loads(json.loads((FOLDER / "wrapping.json").read_text(encoding="utf-8"))[0]["text"])


class Layout(ScriptedBackend):
    """A scripted backend that is asked for layouts."""

    task = "layout"


def look(text: str, finish_reason: Any = "stop") -> Attempt:
    task = get_task("layout")
    return examine("scripted", task, Request(SENTENCE, 512, 512, task.schema), Reply(text, finish_reason))


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 150


@pytest.mark.parametrize("case", CASES)
def test_corpus(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    attempt = look(case["text"], case.get("finish_reason", "stop"))
    if "tolerated" in case:
        assert attempt.errors == ()
        assert sorted(attempt.leniencies) == sorted(case["tolerated"])
    elif "complaint" in case:
        assert attempt.errors, attempt
        assert (attempt.errors[0].code, attempt.errors[0].path) == (case["complaint"], case["path"])
    reply = Reply(case["text"], case.get("finish_reason", "stop"))
    if "complaint" in case and "repaired" not in case:
        with pytest.raises(PlanError) as caught:
            Planner(Layout([reply])).plan(SENTENCE, width=512, height=512)
        assert len(caught.value.attempts) == 1
    else:
        result = Planner(Layout([reply])).plan(SENTENCE, width=512, height=512)
        draft = result.attempts[-1].draft
        assert draft is not None
        found = check_plan(result.plan, width=512, height=512, sentence=SENTENCE, relations=draft.relations)
        assert "complaint" in case or not has_errors(found)
        said = "\n".join(result.repairs)
        for repair in case.get("repaired", ()):
            assert repair in said
        assert bool(result.repairs) == ("repaired" in case)
    assert list(tmp_path.iterdir()) == [], "a reply was executed"


NOISE = st.sampled_from(
    [*"{}[]\"',:/\\*#%\n0123456789.eE+- abNaTF`<>", "```", "//", "/*", "*/", "null", "1/3", "</think>"]
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A valid reply with some pieces cut out, doubled or replaced."""
    text = json.dumps(VALID)
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        middle = draw(st.one_of(NOISE, st.just(""), st.just(text[start:end] * 2), st.text(max_size=6)))
        text = text[:start] + middle + text[end:]
    return text


@given(damaged())
@settings(max_examples=120, deadline=None)
def test_damaged_replies_become_a_plan_or_a_plan_error(text: str) -> None:
    try:
        plan = Planner(Layout([text])).plan(SENTENCE, width=512, height=512).plan
    except PlanError:
        return
    found = check_plan(plan, width=512, height=512, sentence=SENTENCE)
    assert {complaint.code for complaint in found if complaint.severity == "error"} <= CONTACT
    assert Plan.from_dict(plan.to_dict()) == plan


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to everything inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in places(part, (*path, key)))]


@given(st.sampled_from(places(VALID)[1:]), VALUES)
@settings(max_examples=120, deadline=None)
def test_any_value_anywhere_is_accepted_or_complained_about(path: tuple[Any, ...], value: Any) -> None:
    data = json.loads(json.dumps(VALID))
    target = data
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    attempt = look(json.dumps(data))
    assert attempt.errors or attempt.plan is not None


NUMBERS = [
    path for path in places(VALID) if path and isinstance(functools.reduce(operator.getitem, path, VALID), float | int)
]


@pytest.mark.parametrize("value", [1.7e308, -1.7e308, 3.5e305, 1e160, 5e-324])
@pytest.mark.parametrize("path", NUMBERS, ids=str)
def test_numbers_at_the_end_of_what_floats_hold_are_planned_or_complained_about(
    path: tuple[Any, ...], value: float
) -> None:
    data = json.loads(json.dumps(VALID))
    functools.reduce(operator.getitem, path[:-1], data)[path[-1]] = value
    attempt = look(json.dumps(data))
    assert attempt.errors or attempt.plan is not None
    try:
        plan = Planner(Layout([json.dumps(data)])).plan(SENTENCE, width=512, height=512).plan
    except PlanError:
        return
    assert Plan.from_dict(plan.to_dict()) == plan


@given(st.text(max_size=200) | st.text(alphabet="{}[]\"',:/*#\\ 1.ab", max_size=60))
@settings(max_examples=120, deadline=None)
def test_any_text_is_read_or_complained_about(text: str) -> None:
    parsed = parse_reply(text)
    assert parsed.complaint is None or parsed.data is None


def is_plain(value: Any) -> bool:
    """True for what JSON has and what stays as it is: line ends become blanks, and JSON in a string is read."""
    return "NaN" not in str(value) and not isinstance(value, str) and not re.search(r"\\[tnrxu]", repr(value))


@given(VALUES.filter(is_plain))
@settings(deadline=None)
def test_valid_json_is_read_as_it_is(value: Any) -> None:
    try:
        text = json.dumps(value, allow_nan=False)
    except ValueError:
        return
    parsed = parse_reply(text)
    if parsed.complaint is None:
        assert parsed.data == value
        assert parsed.leniencies == ()


@pytest.mark.parametrize(
    "text",
    [
        "{" + '"a' * 9000,
        "{" + "1" * 25_000,
        "{" + "'\\" * 9000,
        "{" + "1/" * 9000,
        "{}" * 9000,
        "{" + "/*" * 9000,
        '{"a":[' + "+1," * 7000,
        "{\u201c" + "a\u2018" * 9000,
        "{" + "\u201ca" * 9000,
    ],
    ids=lambda text: text[:6],
)
def test_no_reply_takes_long(text: str) -> None:
    start = time.process_time()
    parse_reply(text)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.3", 0.3), ("30%", 0.3), ("1/4", 0.25), (" -2 ", -2), (".5", 0.5), ("1e-2", 0.01)],
)
def test_numbers(text: str, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["", "x", "1/0", "1/2/3", "1e999", "0x10", "1 2", "٣", "--1", "1%%"])
def test_no_numbers(text: str) -> None:
    assert parse_number(text) is None
