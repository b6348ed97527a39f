"""What the command line makes of its words: one line for what is wrong, and what was meant perhaps."""

import re
import subprocess
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from generator.cli import reporting
from generator.cli.main import main
from generator.cli.parser import build_parser

COMMANDS = sorted(build_parser()[1])


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["a dog", "--size", "big"],
            "ragplan: --size: must be WIDTHxHEIGHT in px, each a whole number in 16..8192, such as 256x256; got 'big'",
        ),
        (["a dog", "--binding-steps", "few"], "must be a number of steps, from 0 up, or none; got 'few'"),
        (["a dog", "--steps", "many"], "ragplan: --steps: 'many' is not a whole number"),
        (["a", "dog"], "quote a sentence of several words"),
        (["show", "me", "a", "dog"], "quote"),
        (["genrate"], "did you mean the command 'generate'? To paint the word itself: ragplan create genrate"),
        (["genrate", "plan.json"], "did you mean the command 'generate'"),
        (["Backend"], "did you mean the command 'backends'"),
        (["plan.json"], "ragplan generate plan.json paints it"),
        (["a dog", "--stpes", "3"], "there is no option --stpes here (did you mean --steps?)"),
        (["a dog", "--stpes=3"], "did you mean --steps?"),
        (["generate", "plan.json", "--style", "watercolor"], "style words belong to the plan"),
        (["a dog", "--guidance-scale", "3"], "the guidance scale is --guidance SCALE"),
        (["plan", "a dog", "--refinement", "1"], "it is one of ragplan create, generate, repaint"),
        (["eval", "plans", "suite.jsonl", "--limmit", "3"], "did you mean --limit?); see ragplan eval plans --help"),
        (["eval"], "see ragplan eval --help"),
        (["draw"], "the following arguments are required: plan; see ragplan draw --help"),
        (["--seed", "1"], "required: sentence"),
    ],
)
def test_wrong_usage_is_one_line_and_exits_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1
    assert re.fullmatch(r"ragplan: .*; see ragplan.* --help\n", said.err)
    assert said.out == ""


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"]])
def test_no_words_at_all_are_a_question_for_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert not caught.value.code
    said = capsys.readouterr().out
    assert all(command in said for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_usage_of_a_command_begins_with_its_name(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert capsys.readouterr().out.startswith(f"usage: ragplan {command} ")


@pytest.mark.parametrize("word", ["dog", "cat", "car", "sunflower", "landscape"])
def test_a_lone_word_that_is_no_slip_is_a_sentence(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = build_and_parse([word])
    assert arguments == ("create", word)


def build_and_parse(words: list[str]) -> tuple[str, str]:
    from generator.cli.parser import parse_words

    arguments = parse_words(*build_parser(), words)
    return arguments.parser.prog.split()[-1], arguments.sentence


class FakeOutOfMemoryError(RuntimeError):
    """Stands for torch's, which only a GPU raises."""


FakeOutOfMemoryError.__name__ = "OutOfMemoryError"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KeyError("nobody thought of it"), "KeyError: 'nobody thought of it' (not foreseen: --debug shows where"),
        (RuntimeError("with\nlines"), "RuntimeError: with lines (not foreseen"),
        (FakeOutOfMemoryError("CUDA out of memory"), "the memory is full: take"),
        (MemoryError(), "the memory is full"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried"), "the memory is full"),
        (RecursionError("too deep"), "RecursionError"),
    ],
)
def test_whatever_goes_wrong_is_one_line_and_exits_1(
    error: Exception, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("generator.cli.commands.read_recipe", raising(error))
    assert main(["show", "out.png"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"ragplan: {message}")
    assert said.count("\n") == 1
    with pytest.raises(type(error)):
        main(["show", "out.png", "--debug"])


def raising(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_a_setting_is_called_by_its_flag_where_the_command_has_it() -> None:
    text = "num_inference_steps must be a whole number from 1 up, got 0"
    assert reporting.with_flags(text, ["--steps"]) == "--steps must be a whole number from 1 up, got 0"
    assert reporting.with_flags(text, ["--json"]) == text
    assert reporting.with_flags("step_cache must be 0", ["--step-cache"]) == "--step-cache must be 0"


def test_the_shell_completes_commands_and_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out + (
        '\nCOMP_WORDS=(ragplan generate --refi) COMP_CWORD=2\n_shtab_ragplan\necho "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "--refinement"


@pytest.mark.parametrize("command", ["create", "generate", "plan"])
def test_what_is_used_most_stands_first_in_the_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    first, *groups = re.split(r"\n(?=[a-z][^\n]*:\n)", capsys.readouterr().out.partition("\noptions:")[2])
    common = re.findall(r"^  (?:-\w \w+, )?(--[a-z-]+)", first, re.MULTILINE)
    assert {"--model", "--size", "--output"} <= set(common)
    assert len(common) <= 12
    assert groups[-1].startswith("what is said:")
    for rare in ("--controlnet", "--max-tokens", "--json", "--offload"):
        assert rare not in first


def test_a_sentence_can_come_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("a dog\nand a cat\n"))
    assert main(["plan", "-"]) == 0
    assert '"prompt": "a dog and a cat"' in capsys.readouterr().out
