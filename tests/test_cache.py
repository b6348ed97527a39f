"""Kept plans: when one is used, what it depends on, damaged files, several processes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from planner.backends import Reply
from planner.backends.scripted import ScriptedBackend
from planner.errors import PlanError
from planner.loop.cache import CachedPlan, PlanCache
from planner.plan import Box, Cell, ObjectBox, Plan, Row
from planner.planner import Planner

PLAN = Plan("a dog", (Row(1, (Cell(1, "a dog on the grass"),)),), (ObjectBox("a dog", Box(0.2, 0.2, 0.5, 0.5)),))
TEXT = json.dumps(PLAN.to_dict())


class Model(ScriptedBackend):
    """A scripted backend whose plans may be kept."""

    def __init__(self, *replies: Reply | str, **identity: Any) -> None:
        super().__init__(replies)
        self.identity = {"llm": "one", **identity}


def test_the_second_time_nobody_is_asked(tmp_path: Path) -> None:
    cache = PlanCache(tmp_path)
    first = Planner(Model(Reply(TEXT, model="one-1")), cache=cache).plan("a dog")
    backend = Model()
    second = Planner(backend, cache=cache).plan("a dog")
    assert not first.from_cache
    assert second.from_cache
    assert second.plan == first.plan == PLAN
    assert (second.backend, second.model, second.attempts) == ("scripted", "one-1", ())
    assert backend.requests == []


def test_repairs_are_kept_too(tmp_path: Path) -> None:
    off = json.dumps(
        {**PLAN.to_dict(), "objects": [{"prompt": "a dog", "box": PLAN.objects[0].box.to_dict() | {"x": 0.7}}]}
    )
    cache = PlanCache(tmp_path)
    first = Planner(Model(off), cache=cache, max_attempts=1).plan("a dog")
    second = Planner(Model(), cache=cache).plan("a dog")
    assert first.repairs
    assert second.repairs == first.repairs
    assert second.plan == first.plan


@pytest.mark.parametrize("change", ["sentence", "width", "height", "identity", "prompts", "repair"])
def test_everything_that_matters_is_in_the_key(tmp_path: Path, change: str) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "user.txt").write_text("$sentence.")
    cache = PlanCache(tmp_path / "plans")
    Planner(Model(TEXT), cache=cache).plan("a dog")
    backend = Model(TEXT, **({"temperature": 1} if change == "identity" else {}))
    planner = Planner(
        backend, cache=cache, prompts=tmp_path / "own" if change == "prompts" else None, repair=change != "repair"
    )
    sizes = {name: 512 for name in ("width", "height") if name == change}
    assert not planner.plan("a brown dog" if change == "sentence" else "a dog", **sizes).from_cache
    assert len(backend.requests) == 1


def test_the_style_is_added_to_a_kept_plan(tmp_path: Path) -> None:
    cache = PlanCache(tmp_path)
    Planner(Model(TEXT), cache=cache).plan("a dog")
    assert Planner(Model(), cache=cache).plan("a dog", style="ink").plan.prompt == "a dog, ink"


def test_only_valid_plans_are_kept(tmp_path: Path) -> None:
    with pytest.raises(PlanError):
        Planner(Model("no"), cache=PlanCache(tmp_path)).plan("a dog")
    assert list(tmp_path.iterdir()) == []


def test_a_backend_without_an_identity_is_not_kept(tmp_path: Path) -> None:
    Planner("rules", cache=PlanCache(tmp_path)).plan("a dog")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[:100],
        lambda text: "[]",
        lambda text: "\x00\xff",
        lambda text: text.replace('"a dog on the grass"', "7"),
        lambda text: text.replace('"width": 0.5', '"width": 7'),
        lambda text: text.replace('"sentence": "a dog"', '"sentence": "a cow"'),
        lambda text: text.replace('"backend": "scripted",\n  "model"', '"backend": 3,\n  "model"'),
    ],
    ids=["empty", "cut", "list", "bytes", "wrong type", "faulty plan", "another key", "backend"],
)
def test_a_damaged_entry_is_ignored_and_rewritten(tmp_path: Path, damage: Any) -> None:
    cache = PlanCache(tmp_path)
    Planner(Model(TEXT), cache=cache).plan("a dog")
    (path,) = tmp_path.glob("*.json")
    good = path.read_text()
    path.write_text(damage(good))
    assert path.read_text() != good
    assert not Planner(Model(TEXT), cache=cache).plan("a dog").from_cache
    assert path.read_text() == good


def test_a_folder_that_cannot_be_written_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    result = Planner(Model(TEXT), cache=PlanCache(tmp_path / "file" / "plans")).plan("a dog")
    assert result.plan == PLAN
    assert "not kept for next time" in caplog.text


def test_clear(tmp_path: Path) -> None:
    cache = PlanCache(tmp_path / "plans")
    assert cache.clear() == 0
    for number in range(3):
        cache.save({"n": number}, CachedPlan(PLAN, "x", "y"))
    assert cache.clear() == 3
    assert list((tmp_path / "plans").iterdir()) == []


def test_several_processes_share_a_folder(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path[:0] = sys.argv[2:]\n"
        "from pathlib import Path\n"
        "from test_cache import PLAN\n"
        "from planner.loop.cache import CachedPlan, PlanCache\n"
        "key = {'sentence': 'a dog', 'width': 512, 'height': 512}\n"
        "cache = PlanCache(Path(sys.argv[1]))\n"
        "for _ in range(100):\n"
        "    cache.save(key, CachedPlan(PLAN, 'x', 'y'))\n"
        "    found = cache.load(key)\n"
        "    assert found and found.plan == PLAN\n"
    )
    here = Path(__file__).parent
    command = [sys.executable, "-c", code, str(tmp_path), str(here), str(here.parent)]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    assert [process.communicate()[1] for process in running] == [b""] * 3
    assert len(list(tmp_path.iterdir())) == 1
