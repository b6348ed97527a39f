"""Plan files as people have them: fences, marks, encodings, standard input, odd paths; limits; nothing half written."""

import errno
import io
import json
import os
import sys
from pathlib import Path

import pytest

from generator.cli.main import main
from planner import Box, Cell, ObjectBox, Plan, PlanError, Row, read_gallery
from planner.plan import limits
from planner.plan.document import parse_json, read_json

PLAN = Plan("a kite", (Row(1, (Cell(1, "a kite in the wind"),)),), (ObjectBox("a kite", Box(0.1, 0.1, 0.5, 0.5)),))
JSON = json.dumps(PLAN.to_dict(), indent=2)
SET = {
    "prompt": "a kite",
    "HB_prompt_list": ["a kite"],
    **{f"HB_{axis}_{kind}_list": [0.25] for axis in "mn" for kind in ("offset", "scale")},
    "HB_replace": 2,
    "SR_prompt": "a kite",
    "SR_hw_split_ratio": "1",
}


@pytest.mark.parametrize(
    "source",
    [
        JSON.encode(),
        b"\xef\xbb\xbf" + JSON.encode(),
        JSON.encode("utf-16"),  # PowerShell 5: `ragplan plan … > plan.json`
        JSON.encode("utf-16-be"),
        f"```json\n{JSON}\n```\n".encode(),
        f"\n~~~\r\n{JSON}\n~~~".encode(),
        JSON.replace("\n", "\r\n").encode(),
    ],
)
def test_a_plan_is_read_however_it_was_saved(tmp_path: Path, source: bytes) -> None:
    (tmp_path / "plan.json").write_bytes(source)
    assert Plan.load(tmp_path / "plan.json") == PLAN


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"", "an empty file"),
        (b" \n", "an empty file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
        (b"PK\x03\x04\0\xff", "a ZIP archive"),
        (b"<html></html>", "HTML or XML"),
        (b"\xff\xfe\xfa", "no text in UTF-8"),
        (b'{"prompt": "\xe9"}', "no text in UTF-8"),
        (b'{"version": 1, // mine\n "prompt": "x"}', "line 1 has a comment"),
        (b'{\n# mine\n"prompt": "x"}', "has a comment"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" * 40 + b"]" * 40, "nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "digits"),
        (b'{"version": 1, "version": 1}', "occurs twice"),
        (b'{"\x1b[2J": 1}', "Invalid control character"),
        (b'{"version": 1, "\\u001b[2J": 1, "prompt": "x", "rows": []}', r"unknown key '\x1b[2J'"),
        (b'"a plan"', "must be an object"),
        (b"[]", "must be an object"),
        (b'{"version": NaN, "prompt": "x", "rows": []}', "version must be 1 or 2, got nan"),
    ],
)
def test_what_is_no_plan_is_named_in_one_line(tmp_path: Path, source: bytes, said: str) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(source)
    with pytest.raises(PlanError) as caught:
        Plan.load(path)
    message = str(caught.value)
    assert said in message
    assert str(path) in message
    assert "\n" not in message
    assert "\x1b" not in message
    assert len(message) < 500


def test_a_file_without_end_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(b" " * (limits.MAX_FILE_BYTES + 1))
    with pytest.raises(PlanError, match="longer than the 4 MiB"):
        Plan.load(path)
    with pytest.raises(PlanError, match="no file to read from"):
        Plan.load(tmp_path)
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(PlanError, match="no file to read from"):
        Plan.load(tmp_path / "pipe.json")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rows": [{"height": 1, "cells": [{"width": 1, "prompt": "x"}] * 200}] * 200}, "at most 160"),
        ({"rows": [{"height": 1, "cells": [{"width": 1, "prompt": "x"}] * 20}] * 20}, "at most 160 cells"),
        ({"objects": [JSON] * 1000}, "at most 160"),
        ({"notes": ["x"] * 1000}, "at most 320"),
        ({"notes": ["x" * 19_000] * 6}, "at most 100000 characters"),
        ({"prompt": "x" * 1_000_000}, "at most 20000 characters"),
        ({"prompt": "a \x1b[2J kite"}, "without control characters"),
        ({"prompt": "a \u202e kite"}, "without control characters"),
        ({"notes": ["a\0b"]}, "without control characters"),
        ({"prompt": "a \ud800 kite"}, "without lone surrogates"),
    ],
)
def test_a_document_holds_no_more_than_can_be_drawn_and_painted(change: dict, said: str) -> None:
    with pytest.raises(PlanError) as caught:
        Plan.from_dict(PLAN.to_dict() | change)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("path", ["~nosuchuser/x.png", "x" * 5000, "a/" * 3000, "circle/x.png", " "])
@pytest.mark.parametrize("key", ["image", "lora"])
def test_paths_that_cannot_be_followed(tmp_path: Path, path: str, key: str) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    value = {"kind": "redux", "path": path} if key == "image" else [path]
    item = {**PLAN.to_dict()["objects"][0], key: value}
    (tmp_path / "plan.json").write_text(json.dumps(PLAN.to_dict() | {"version": 2, "objects": [item]}))
    with pytest.raises(PlanError, match=r"cannot be followed|at most 4096 characters|must be (the name of|file)"):
        Plan.load(tmp_path / "plan.json")


def test_a_plan_with_a_name_that_no_file_can_have() -> None:
    with pytest.raises(PlanError, match="null"):
        Plan.load("a\0b.json")


def test_a_plan_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.json"
    PLAN.save(path)

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match=r"No space left on device.*plan\.json"):
        Plan("another", PLAN.rows).save(path)
    assert Plan.load(path) == PLAN
    assert [file.name for file in tmp_path.iterdir()] == ["plan.json"]


def test_one_parameter_set_is_a_gallery_of_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "set.json"
    path.write_text(json.dumps(SET))
    assert [entry.plan.prompt for entry in read_gallery(path)] == ["a kite"]
    assert main(["draw", str(path), "-o", str(tmp_path / "set.png")]) == 0
    assert main(["draw", str(path), "--idx", "1", "-o", str(tmp_path / "set.png")]) == 1
    assert "gallery of 1 parameter sets, there is no 1" in capsys.readouterr().err


@pytest.mark.parametrize("source", [JSON.encode(), json.dumps([SET]).encode(), JSON.encode("utf-16")])
@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_a_plan_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, source: bytes
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(source)))
    monkeypatch.chdir(tmp_path)
    assert main(["draw", name, "-o", "drawing.png"]) == 0, capsys.readouterr().err
    assert Path("drawing.png").is_file()


def test_parsing_keeps_to_the_document() -> None:
    assert parse_json('{"a": [1, 2.5, "x", null, true]}') == {"a": [1, 2.5, "x", None, True]}


def test_numbers_of_numpy_are_numbers() -> None:
    numpy = pytest.importorskip("numpy")
    plan = Plan("a kite", (Row(numpy.float32(1), (Cell(numpy.int64(2), "a kite"),)),), ())
    assert plan == Plan("a kite", (Row(1.0, (Cell(2.0, "a kite"),)),), ())
    json.dumps(plan.to_dict())
    item = ObjectBox("a kite", Box(*numpy.array([0.1, 0.2, 0.3, 0.4])), hard_binding_steps=numpy.int32(3))
    json.dumps(item.to_dict())
    assert type(item.hard_binding_steps) is int


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Plan("x", ("row",)), r"rows\[0\] must be of the class Row"),
        (lambda: Plan("x", (Row(1, (1,)),)), r"cells\[0\] must be of the class Cell"),
        (lambda: ObjectBox("x", (0, 0, 1, 1)), "box must be of the class Box"),
        (lambda: ObjectBox("x", Box(0, 0, 1, 1), "x.png"), "image must be of the class ImagePrompt"),
        (lambda: ObjectBox("x", Box(0, 0, 1, 1), lora=("x.safetensors:nan",)), r"lora\[0\]"),
        (lambda: Box(10**5000, 0, 1, 1), "x must be a finite number"),
    ],
)
def test_parts_refuse_what_they_cannot_be_made_of(make, said) -> None:
    with pytest.raises(PlanError, match=said):
        make()


def test_a_file_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[1]")
    assert read_json(tmp_path / "list.json") == [1]


def test_a_lora_of_the_hub_may_have_any_name(tmp_path: Path) -> None:
    name = f"owner/name/{'x' * 300}.safetensors"
    item = ObjectBox("a kite", Box(0, 0, 1, 1), lora=(name,))
    Plan("a kite", PLAN.rows, (item,)).save(tmp_path / "plan.json")
    assert Plan.load(tmp_path / "plan.json").objects[0].lora == (name,)
