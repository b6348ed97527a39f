"""Finding backends by name: built in, from other packages, unknown."""

from pathlib import Path

import pytest

from planner.backends import Backend, Capabilities, Reply, Request, backend_names, get_backend
from planner.backends.scripted import ScriptedBackend
from planner.errors import BackendError


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package with three backends, of which one works."""
    (tmp_path / "foreign_ragplan_backend.py").write_text(
        "from planner.backends import Reply\n"
        "class Echo:\n"
        "    name = 'echo'\n"
        "    def complete(self, request):\n"
        "        return Reply(request.sentence)\n"
        "class Broken:\n"
        "    def __init__(self):\n"
        "        raise RuntimeError('no key')\n"
    )
    info = tmp_path / "foreign_backend-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign-backend\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[ragplan.backends]\n"
        "echo = foreign_ragplan_backend:Echo\n"
        "broken = foreign_ragplan_backend:Broken\n"
        "missing = foreign_ragplan_backend:Missing\n"
        "number = builtins:int\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.parametrize("name", ["rules", "scripted"])
def test_built_in(name: str) -> None:
    backend = get_backend(name)
    assert backend.name == name
    assert isinstance(backend, Backend)


class Bare:
    """As little as a backend may be."""

    name = "bare"

    def complete(self, request: Request) -> Reply:
        return Reply(request.sentence)


class WithAttributes(Bare):
    task = "layout"
    remote = True


class WithCapabilities(Bare):
    task = "poem"  # what `capabilities` says goes before
    capabilities = Capabilities("scene", {"model": 1}, instant=True)


def test_what_a_backend_can_is_one_value_with_defaults() -> None:
    assert Capabilities.of(Bare()) == Capabilities()
    assert Capabilities.of(WithAttributes()) == Capabilities("layout", remote=True)
    assert Capabilities.of(WithCapabilities()) is WithCapabilities.capabilities


def test_a_backend_comes_back_as_it_is() -> None:
    backend = ScriptedBackend([Reply("{}")])
    assert get_backend(backend) is backend


@pytest.mark.usefixtures("foreign")
def test_other_packages_register_backends() -> None:
    names = backend_names()
    assert names[-4:] == ["broken", "echo", "missing", "number"]
    assert {"rules", "scripted"} <= set(names[:-4])
    assert get_backend("echo").complete(Request("a dog", 256, 256)) == Reply("a dog")


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize(
    ("name", "message"),
    [("broken", "does not start: no key"), ("missing", "cannot be imported"), ("number", "gives no backend")],
)
def test_a_backend_that_does_not_work_is_named(name: str, message: str) -> None:
    with pytest.raises(BackendError, match=message) as caught:
        get_backend(name)
    assert caught.value.provider == name


def test_unknown() -> None:
    with pytest.raises(BackendError, match="unknown backend 'ruels'") as caught:
        get_backend("ruels")
    assert caught.value.hint.startswith('did you mean "rules"?')


def test_a_hint_is_part_of_what_an_error_says() -> None:
    """In Python nobody prints it beside the message."""
    assert str(BackendError("no answer", provider="x", hint="start the server")) == "no answer (start the server)"
    assert str(BackendError("no answer", provider="x")) == "no answer"
