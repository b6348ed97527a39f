"""The prompts that ship, and own ones."""

import json
from pathlib import Path

import pytest

from planner.backends import Message, Reply, Request
from planner.complaints import Complaint
from planner.errors import PlanError
from planner.loop.attempts import examine
from planner.loop.prompting import Example, load_prompts, numbered
from planner.tasks.tasks import TASKS, get_task

EXAMPLES = [(task, example) for task in ("layout", "scene") for example in load_prompts(task).examples]


@pytest.mark.parametrize(("task", "example"), EXAMPLES, ids=lambda value: getattr(value, "sentence", value))
def test_our_examples_have_no_fault_at_all(task: str, example: Example) -> None:
    request = Request(example.sentence, example.width, example.height)
    attempt = examine("example", get_task(task), request, Reply(json.dumps(example.reply)))
    assert attempt.complaints == ()
    assert attempt.leniencies == ()
    assert attempt.plan is not None


def test_the_layout_examples_cover_what_matters() -> None:
    replies = [example.reply for task, example in EXAMPLES if task == "layout"]
    assert any(len(reply["objects"]) == 1 for reply in replies)
    assert any(not reply["objects"] for reply in replies), "background only"
    assert any(item["count"] > 1 for reply in replies for item in reply["inventory"]), "counts"
    assert any(item["count"] == 0 for reply in replies for item in reply["inventory"]), "negation"
    used = {relation["relation"] for reply in replies for relation in reply["relations"]}
    assert {"left of", "above", "in front of", "on", "under"} <= used
    assert any(len(reply["rows"]) == 3 for reply in replies), "a body split in rows"
    assert any(len(reply["rows"][0]["cells"]) == 4 for reply in replies), "four things in order"
    assert any('"' in reply["prompt"] for reply in replies), "text on things"
    assert any(not example.sentence.isascii() for _, example in EXAMPLES), "another language"


@pytest.mark.parametrize("task", list(TASKS))
def test_every_task_has_its_prompts(task: str) -> None:
    prompts = load_prompts(task)
    request = Request("five $ and a ${sentence}", 640, 480, get_task(task).schema)
    messages = prompts.first(request)
    assert messages[0].role == "system"
    assert "five $ and a ${sentence}" in messages[-1].content
    assert not [message for message in messages[1:-1] if "$" in message.content]


def test_examples_are_turns_where_the_system_prompt_has_no_place_for_them() -> None:
    layout = load_prompts("layout").first(Request("a dog", 64, 64))
    scene = load_prompts("scene").first(Request("a dog", 64, 64))
    assert [message.role for message in layout] == ["system", "user"]
    assert [message.role for message in scene] == ["system", *["user", "assistant"] * 4, "user"]


def test_a_long_wrong_reply_is_not_sent_back_whole() -> None:
    messages = load_prompts("layout").next(Request("a dog", 64, 64), "x" * 50_000, [Complaint("c", "p", "Wrong.")])
    assert len(messages[-2].content) < 7000
    assert messages[-1] == Message(
        "user",
        "The answer has faults:\n1. p: Wrong.\nAnswer again with the whole corrected JSON object and nothing else.",
    )


def test_complaints_are_numbered_errors_first() -> None:
    listed = numbered([Complaint("a", "x", "Better so.", "warning"), Complaint("b", "", "Wrong.")])
    assert listed == "1. Wrong.\n2. x: Better so."
    many = numbered([Complaint("a", "x", "Wrong.")] * 30)
    assert many.endswith("20. x: Wrong.\n… and 10 more of these")


def test_own_files_go_before_ours(tmp_path: Path) -> None:
    (tmp_path / "layout").mkdir()
    (tmp_path / "layout" / "system.txt").write_text("Only this.")
    (tmp_path / "user.txt").write_text("$sentence!")
    own, ours = load_prompts("layout", tmp_path), load_prompts("layout")
    assert own.first(Request("a dog", 64, 64))[0] == Message("system", "Only this.")
    assert own.first(Request("a dog", 64, 64))[-1] == Message("user", "a dog!")
    assert own.again == ours.again
    assert own.fingerprint != ours.fingerprint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$sentence $subject $style", r"unknown placeholder \$subject, \$style; known: \$sentence, \$width, \$height"),
        ("$sentence for $5", r"a lone \$"),
    ],
)
def test_a_wrong_template_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "user.txt").write_text(text)
    with pytest.raises(PlanError, match=message):
        load_prompts("layout", tmp_path)


def test_a_folder_without_prompts(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="holds no prompts"):
        load_prompts("layout", tmp_path)


@pytest.mark.parametrize("text", ["[", "{}", '[{"sentence": "a"}]', '[{"sentence": "a", "reply": {}, "width": "x"}]'])
def test_wrong_examples_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "examples.json").write_text(text)
    with pytest.raises(PlanError, match=r"examples\.json"):
        load_prompts("layout", tmp_path)
