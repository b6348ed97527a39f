"""Who imports whom, what is public, what the maps say, and what is not used at all."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("planner", "generator", "prompts")
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
FOLDERS = sorted({path.parent for path in SOURCES if path.parent != ROOT / "prompts"})
WITH_TORCH = {ROOT / "planner" / name for name in ("backends/local_model.py", "tuning/train.py")}

# Which room of the planner may import which others; itself it may always.
GROUND = {"planner.errors", "planner.complaints", "planner.lazy", "planner.plan"}
LANGUAGE = {"planner.lexicon", "planner.scene", "planner.english"}
WORK = {"planner.tasks", "planner.loop", "planner.backends"}  # each may import those before it
DOOR = {"planner", "planner.planner", "planner.drawing", "planner.checks"}
MAY_IMPORT = {
    "planner.complaints": set[str](),
    "planner.errors": {"planner.complaints"},
    "planner.lazy": set[str](),
    "planner.plan": {"planner.errors", "planner.lazy"},
    "planner.drawing": GROUND,
    "planner.formats": GROUND,
    "planner.lexicon": GROUND,
    "planner.scene": GROUND | {"planner.lexicon"},
    "planner.english": GROUND | {"planner.lexicon", "planner.scene"},
    "planner.checks": GROUND | LANGUAGE,
    "planner.tasks": GROUND | LANGUAGE | {"planner.checks", "prompts"},
    "planner.loop": GROUND | LANGUAGE | {"planner.checks", "planner.tasks", "prompts"},
    "planner.backends": GROUND | LANGUAGE | {"planner.checks", "planner.tasks", "planner.loop", "prompts"},
    "planner.planner": GROUND | LANGUAGE | WORK | {"planner.checks"},
    "planner.editing": GROUND | LANGUAGE | {"planner.checks", "planner.tasks"},
    "planner.evaluation": GROUND | LANGUAGE | WORK | DOOR,
    "planner.tuning": GROUND | LANGUAGE | WORK | DOOR,
}
# Who in the generator asks the planner for plans; all others know the contract only: what a plan is.
PLANNING = {
    *("generator.agent", "generator.painting", "generator.review", "generator.mending"),
    *("generator.cli", "generator.embedded", "generator.studio"),
}
CONTRACT = ("planner.plan", "planner.errors", "planner.lazy")
# The generator's rooms from the top; each may import those beside it and below it. All others are the ground.
FLOORS = (
    {"generator.cli", "generator.studio"},
    {
        *("generator.agent", "generator.batch", "generator.painting", "generator.mending"),
        *("generator.benchmarks", "generator.embedded"),
    },
)
WIDEST = {"planner": 6, "generator": 9}  # files on a ground floor; 20 in any other folder
TWICE = {"Place", "Text"}  # class names that two rooms may both have
MOST_ARGUMENTS = 8
MOST_POSITIONS = 6  # arguments of a call that stand without their names
LONG_FUNCTION = 40  # lines


def imports(path: Path) -> Iterator[str]:
    """Name the modules that a file imports, wherever in it; a module taken out of a package by its own name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if file_of(whole) else node.module or ""


def file_of(module: str) -> Path | None:
    """Return the file of one of our modules or packages."""
    at = ROOT / module.replace(".", "/")
    return next((path for path in (at.with_suffix(".py"), at / "__init__.py") if path.is_file()), None)


def room(module: str) -> str:
    """Return the room that a module is in: `planner.plan` for `planner.plan.box`."""
    return ".".join(module.split(".")[:2])


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def packages_of(path: Path) -> set[str]:
    return {module.split(".")[0] for module in imports(path)}


@pytest.mark.parametrize("path", [path for path in SOURCES if "planner" in path.parts], ids=name)
def test_rooms_of_the_planner(path: Path) -> None:
    own = room(module_of(path))
    others = {room(module) for module in imports(path) if module.split(".")[0] in PACKAGES} - {own}
    if own != "planner":  # the names of `planner` itself are loaded on use, from everywhere
        assert others <= MAY_IMPORT[own]
    assert not any(other.startswith("generator") for other in others)


@pytest.mark.parametrize("path", [path for path in SOURCES if "generator" in path.parts], ids=name)
def test_what_the_generator_knows_of_the_planner(path: Path) -> None:
    known = {module for module in imports(path) if module.split(".")[0] == "planner"}
    if room(module_of(path)) not in PLANNING:
        writing = ("planner.formats",) if room(module_of(path)) == "generator.families" else ()
        assert {module for module in known if not module.startswith(CONTRACT + writing)} <= {"planner"}
    assert "prompts" not in packages_of(path)


@pytest.mark.parametrize("path", [path for path in SOURCES if "generator" in path.parts], ids=name)
def test_floors_of_the_generator(path: Path) -> None:
    own = room(module_of(path))
    above = FLOORS[: next((at for at, rooms in enumerate(FLOORS) if own in rooms), len(FLOORS))]
    known = {room(module) for module in imports(path)}
    if own != "generator":  # its names are loaded on use
        assert not known & set().union(*above)


def closure(graph: dict[str, set[str]], start: str) -> set[str]:
    """Return what can be reached from a node."""
    found: set[str] = set()
    ahead = [start]
    while ahead:
        new = graph.get(ahead.pop(), set()) - found
        found |= new
        ahead += new
    return found


def rings(place: Callable[[str], str]) -> set[frozenset[str]]:
    """Return the places that need each other, in a circle of any length.

    place: where a module is, itself or its room. The names of `planner` and `generator` are loaded on use, for all.
    """
    graph: dict[str, set[str]] = {}
    for path in SOURCES:
        own = place(module_of(path))
        others = {place(module) for module in imports(path) if module.split(".")[0] in PACKAGES}
        graph.setdefault(own, set()).update(others - {own, *PACKAGES})
    reached = {node: closure(graph, node) for node in graph}
    circles = {
        node: frozenset(other for other in seen if node in reached.get(other, ())) for node, seen in reached.items()
    }
    return {circle for circle in circles.values() if len(circle) > 1}


def folder_of(module: str) -> str:
    """Return the package that a module lies in; a module of a ground floor is a room of its own."""
    path = file_of(module)
    assert path is not None, module
    package = module_of(path.parent / "__init__.py")
    return module if package in PACKAGES else package


def test_no_files_need_each_other() -> None:
    assert rings(str) == set()


def test_no_rooms_need_each_other() -> None:
    assert rings(folder_of) == set()


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield all functions of ours, each as "file: name"."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name(path)}: {node.name}", node


def argument_count(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's parameters; `*rest` and `**named` are one each, `self` and `cls` none."""
    known = node.args
    named = [*known.posonlyargs, *known.args, *known.kwonlyargs, *filter(None, (known.vararg, known.kwarg))]
    return sum(argument.arg not in ("self", "cls") for argument in named)


def test_no_function_has_many_arguments() -> None:
    counted = {where: argument_count(node) for where, node in functions()}
    assert {where: count for where, count in counted.items() if count > MOST_ARGUMENTS} == {}


def test_long_calls_name_their_arguments() -> None:
    """Calls of functions and classes of ours; `word_set` takes any number of lists."""
    calls = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) > MOST_POSITIONS:
                calls.add(f"{name(path)}: {node.func.id}")
    assert {call for call in calls if not call.endswith(": word_set")} == set()


def test_no_function_is_long() -> None:
    lengths = {where: (node.end_lineno or 0) - node.lineno + 1 for where, node in functions()}
    assert {where: lines for where, lines in lengths.items() if lines > LONG_FUNCTION} == {}


def test_the_contract_can_be_imported_alone() -> None:
    code = "import planner.plan, sys; print(*(name for name in sys.modules if name.startswith('planner')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {room(module) for module in done.stdout.split()} == {"planner", "planner.lazy", "planner.plan"}


def test_a_box_costs_few_modules() -> None:
    code = (
        "from planner.plan import Box; import sys; print(*(name for name in sys.modules if name.startswith('planner')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert len(done.stdout.split()) <= 8, done.stdout


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if "planner" in path.parts and path not in WITH_TORCH], ids=name
)
def test_planner_knows_no_torch(path: Path) -> None:
    assert not packages_of(path) & {"torch", "diffusers", "transformers"}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_eval_exec_pickle_or_print(path: Path) -> None:
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    names = {call.id for call in calls if isinstance(call, ast.Name)}
    assert not names & {"eval", "exec", "compile", "__import__"}
    assert not {"pickle", "marshal", "shelve"} & packages_of(path)
    if "cli" not in path.parts and "__main__" not in path.read_text():
        assert "print" not in names


@pytest.mark.parametrize("statement", ["import planner", "import generator", "from generator.cli import main"])
def test_light_imports(statement: str) -> None:
    code = f"{statement}; import sys; print(sorted({{'torch', 'transformers', 'diffusers'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def public_names(path: Path, where: str) -> set[str]:
    """Return the public names that a package's file defines, or takes out of modules whose names begin with `where`."""
    tree = ast.parse(path.read_text())
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in ast.walk(tree):  # also what only type checkers see
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(where):
            taken = [each for each in node.names if not file_of(f"{node.module}.{each.name}")]
            found |= {each.asname or each.name for each in taken}
    return {name for name in found if not name.startswith("_")} - {"lazy_names"}


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path.name == "__init__.py" and "\n__all__" in path.read_text()], ids=name
)
def test_all_is_what_there_is(path: Path) -> None:
    module = import_module(module_of(path))
    assert list(module.__all__) == sorted(module.__all__)
    assert public_names(path, f"{module_of(path)}.") <= set(module.__all__)
    assert set(module.__all__) <= public_names(path, module_of(path).split(".")[0])
    for public in module.__all__:
        assert getattr(module, public) is not None


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_package_s_docstring_is_its_map(folder: Path) -> None:
    """Every file and folder of a package stands in its docstring, `file.py` or `folder/`, and no other does."""
    said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    files = {path.name for path in folder.glob("*.py")} - {"__init__.py", "__main__.py"}
    files |= {f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}
    named = set(re.findall(r"(?<![\w/.])[a-z]\w*(?:\.py|/)(?!\w)", said)) - {"__main__.py"}
    there = files | {f"{path.name}/" for path in folder.iterdir() if path.is_dir()}
    assert named - there == set(), f"{name(folder)} has no such files"
    assert files - named == set(), f"not in the docstring of {name(folder)}/__init__.py"


@pytest.mark.parametrize(
    "path", [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=name
)
def test_files_that_the_documents_name_exist(path: Path) -> None:
    named = re.findall(r"(?<![\w/.-])(?:planner|generator|prompts|tests|docs)/[\w./-]*\w/?", path.read_text())
    assert [file for file in named if not (ROOT / file).exists()] == []


def test_every_room_stands_in_the_map_of_contributing() -> None:
    said = (ROOT / "CONTRIBUTING.md").read_text()
    rooms = [f"`{name(folder)}/`" for folder in FOLDERS if len(folder.relative_to(ROOT).parts) == 2]
    assert [room for room in rooms if room not in said] == []


def test_no_folder_is_a_corridor() -> None:
    width = Counter(name(path.parent) for path in SOURCES)
    assert {folder: count for folder, count in width.items() if count > WIDEST.get(folder, 20)} == {}


def test_class_names_have_one_owner() -> None:
    names = Counter(
        node.name
        for path in SOURCES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert {name for name, count in names.items() if count > 1} <= TWICE


MODELS = re.compile(r"flux|single_transformer|x_embedder|t5|clip|pulid|redux|controlnet|ip_adapter|lora", re.IGNORECASE)


@pytest.mark.parametrize("path", sorted((ROOT / "generator" / "regions").glob("*.py")), ids=name)
def test_the_algorithm_names_no_model_and_no_adapter(path: Path) -> None:
    assert MODELS.findall(path.read_text()) == []


def test_few_modules_name_a_family() -> None:
    rooms = ("families", "adapters", "embedded", "benchmarks", "costs")
    code = [path for path in (ROOT / "generator").rglob("*.py") if path.relative_to(ROOT).parts[1] not in rooms]
    naming = {name(path) for path in code if re.search(r"\bfrom diffusers.*Flux|families\.flux1", path.read_text())}
    assert naming <= {"generator/__init__.py", "generator/pipeline.py", "generator/painting/loading.py"}
