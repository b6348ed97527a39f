"""What the terminal shows of the events of making a picture."""

import io
from argparse import Namespace
from pathlib import Path

import pytest

from generator.cli.bar import Bar
from generator.cli.reporting import report
from generator.progress import Progress


def test_stages_are_named_in_their_order_and_counted_ones_have_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar() as bar:
        bar(Progress("plan", "a dog"))
        bar(Progress("plan", "a dog", 1))
        for done in (0, 500_000_000, 2_000_000_000):
            bar(Progress("download", "FLUX.1-dev", done, 2_000_000_000, "bytes"))
        bar(Progress("load", "FLUX.1-dev"))
        for step in range(4):
            bar(Progress("paint", "a dog", step, 3, "steps"))
    said = capsys.readouterr().err
    assert said.index("downloading: ") < said.index("ragplan: loading FLUX.1-dev") < said.index("painting: ")
    assert "2.00G/2.00G" in said
    assert "3/3" in said


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar(quiet=True) as bar:
        bar(Progress("load", "FLUX.1-dev"))
        bar(Progress("paint", "a dog", 1, 3, "steps"))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("as_json", [False, True])
def test_where_a_picture_is_goes_into_a_pipe_at_once(as_json: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(pipe))
    report(Namespace(json=as_json), Path("a.png"), {"path": "a.png"})
    assert b"a.png" in pipe.getvalue()
