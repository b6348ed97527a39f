"""What the README and the examples say is run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from planner import Plan
from planner.checks import check_plan

ROOT = Path(__file__).parent.parent
NEED_WEIGHTS = ("gallery_redux.py", "gallery_ip_adapter.py", "gallery_pulid.py")  # tests/test_gallery_examples.py
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*.py") if path.name not in NEED_WEIGHTS)
PLANS = sorted((ROOT / "examples" / "plans").glob("*.json"))


def run(code: list[str], folder: Path) -> str:
    done = subprocess.run([sys.executable, *code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_run(path: Path, tmp_path: Path) -> None:
    assert run([str(path)], tmp_path)
    assert len(path.read_text().splitlines()) <= 40


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.name)
def test_example_plans_are_good(path: Path) -> None:
    assert not [found for found in check_plan(Plan.load(path), width=256, height=256) if found.severity == "error"]


def test_the_plan_in_the_docs_is_good() -> None:
    [found] = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "painting.md").read_text(), re.DOTALL)
    plan = Plan.from_dict(json.loads(found))
    assert plan.new_keys
    assert not [complaint for complaint in check_plan(plan, width=1024, height=1024) if complaint.severity == "error"]


def test_nothing_names_a_place_of_its_makers() -> None:
    private = re.compile(r"/work/|/root/|\.\./shared|pythonhosted|registry\.npm", re.IGNORECASE)
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    texts = [ROOT / name for name in listed.splitlines() if name.endswith((".py", ".md", ".toml", ".json", ".txt"))]
    assert texts
    for path in texts:
        if path != Path(__file__):
            assert not private.search(path.read_text()), os.fspath(path)
