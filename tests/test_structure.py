"""Who imports whom, what is public, and what is not used at all."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("planner", "generator", "prompts")
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
WITH_TORCH = {ROOT / "planner" / name for name in ("backends/local_model.py", "tuning/train.py")}
MAY_IMPORT = {"prompts": {"prompts"}, "planner": {"planner", "prompts"}, "generator": {"generator", "planner"}}


def imported(path: Path) -> set[str]:
    """Name the modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            found.add(node.module or "")
    return found


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_arrows(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = {module.split(".")[0] for module in imported(path)} & set(PACKAGES)
    assert ours <= MAY_IMPORT[package]


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if "planner" in path.parts and path not in WITH_TORCH], ids=name
)
def test_planner_knows_no_torch(path: Path) -> None:
    assert not {module.split(".")[0] for module in imported(path)} & {"torch", "diffusers", "transformers"}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_eval_exec_pickle_or_print(path: Path) -> None:
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    names = {call.id for call in calls if isinstance(call, ast.Name)}
    assert not names & {"eval", "exec", "compile", "__import__"}
    assert not {"pickle", "marshal", "shelve"} & imported(path)
    if "cli" not in path.parts and "__main__" not in path.read_text():
        assert "print" not in names


@pytest.mark.parametrize("statement", ["import planner", "import generator", "from generator.cli.commands import main"])
def test_light_imports(statement: str) -> None:
    code = f"{statement}; import sys; print(sorted({{'torch', 'transformers', 'diffusers'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("package", ["planner", "generator", "planner.backends"])
def test_all_is_what_there_is(package: str) -> None:
    module = __import__(package, fromlist=["__all__"])
    assert list(module.__all__) == sorted(module.__all__)
    for public in module.__all__:
        assert getattr(module, public) is not None
