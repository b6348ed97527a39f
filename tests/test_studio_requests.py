"""Requests that are not what they should be, and what must never be told: the studio's server answers in words."""

import copy
import gc
import io
import json
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from generator.cli import main
from generator.studio import create_app
from generator.studio.album import Album
from generator.studio.jobs import Job, Jobs
from generator.studio.work import PREVIEW_EVERY
from planner import plan_layout

SMALL = {"width": 64, "height": 64, "steps": 1, "hard_binding_steps": 0, "seed": 1}
PLAN = plan_layout("a cup", "rules", width=64, height=64).to_dict()
ODD = (None, True, -1, 1.5, 10**30, "", "x", "\x1b[2J", [], [1], [True], {}, {"x": []}, "9" * 5000)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    app = create_app(folder=tmp_path_factory.mktemp("studio") / "album", planners=("rules",))
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        client.headers["x-ragplan-token"] = app.state.studio.token
        yield client


def ends(client: TestClient, job: str) -> dict[str, Any]:
    lines = client.get(f"/api/jobs/{job}/events").text.splitlines()
    end: dict[str, Any] = json.loads([line for line in lines if line.startswith("data: ")][-1][6:])
    return end


def painted(client: TestClient, **settings: Any) -> str:
    asked = {"plan": PLAN, "settings": {**SMALL, **settings}}
    name: str = ends(client, client.post("/api/generate", json=asked).json()["job"])["pictures"][0]
    return name


def good_requests(picture: str) -> dict[str, dict[str, Any]]:
    box = {"x": 0.25, "y": 0.25, "width": 0.5, "height": 0.5}
    return {
        "/api/plan": {"sentence": "a cup", "backend": "rules", "style": "x", "settings": SMALL, "model": "embedded"},
        "/api/check": {"plan": PLAN, "settings": SMALL, "model": "embedded"},
        "/api/edit": {"plan": PLAN, "kind": "move", "number": 0, "box": box, "prompt": "a", "words": "b"},
        "/api/estimate": {"plan": PLAN, "settings": SMALL},
        "/api/generate": {"plan": PLAN, "settings": SMALL, "images": 1, "model": "embedded"},
        "/api/repaint": {"picture": picture, "words": "a hat", "tokens": [0], "box": box, "number": 0, "seed": 1},
        "/api/mend": {"picture": picture, "rounds": 1},
        "/v1/images/generations": {
            "prompt": "a cup",
            "n": 1,
            "size": "64x64",
            "response_format": "url",
            "model": "gpt-image-1",
            "style": "x",
            "backend": "rules",
            "settings": SMALL,
            "seed": 1,
            "plan": PLAN,
        },
    }


@pytest.mark.parametrize("route", good_requests(""))
def test_an_odd_value_is_answered_in_words(route: str, client: TestClient) -> None:
    good = good_requests(painted(client))[route]
    for name in good:
        for odd in ODD:
            answer = client.post(route, json={**good, name: odd})
            assert answer.status_code in (200, 202, 422), (name, odd, answer.text)
            if answer.status_code == 422:
                assert "\x1b" not in answer.json()["error"]["message"]
            if answer.status_code == 202:
                assert "not foreseen" not in ends(client, answer.json()["job"]).get("error", ""), (name, odd)


def test_a_header_with_letters_that_no_token_has_is_refused(client: TestClient) -> None:
    headers = {"x-ragplan-token": "\xf6".encode("latin-1")}
    assert client.post("/api/plan", json={"sentence": "a cup"}, headers=headers).status_code == 403


def test_a_body_that_does_not_say_how_long_it_is_ends_where_it_is_too_large(client: TestClient) -> None:
    read = []

    def endless() -> Iterator[bytes]:
        for _ in range(60):
            read.append(1)
            yield bytes(2**20)

    assert client.post("/api/open", content=endless()).status_code == 413


def test_a_file_of_more_than_32_mb_is_refused(client: TestClient) -> None:
    for route in ("/api/open", "/api/uploads"):
        assert client.post(route, content=b"\x89PNG" + bytes(33 * 2**20)).status_code == 413


def test_no_answer_says_where_the_server_keeps_its_files(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    Image.new("RGB", (32, 32)).save(file, "PNG")
    for content in (file.getvalue(), file.getvalue()[:40], b"{", b"{}", b'[{"a": 1}]', b'{"version": 9}'):
        answer = client.post("/api/open", content=content)
        assert (answer.status_code, tempfile.gettempdir() in answer.text) == (422, False), answer.text

    def full(album: Album, result: object) -> str:
        raise OSError(28, "No space left on device", str(album.folder / "20260101-000000-abcdef.png"))

    monkeypatch.setattr(Album, "add", full)
    end = ends(client, client.post("/api/generate", json={"plan": PLAN, "settings": SMALL}).json()["job"])
    assert end["error"] == "20260101-000000-abcdef.png: No space left on device"


def test_no_key_is_in_any_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-planner-0123456789")
    app = create_app(folder=tmp_path, planners=("openai", "rules"), api_key="of-the-server-0123456789")
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=True) as client:
        client.headers["authorization"] = "Bearer of-the-server-0123456789"
        routes = ("/", "/api/models", "/api/backends", "/api/pictures", "/api/reviewers", "/api/openapi.json")
        assert all("0123456789" not in client.get(route).text for route in routes)


def test_a_planner_that_needs_a_key_says_so_and_rules_are_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    app = create_app(folder=tmp_path, planners=("openai", "rules"))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.headers["x-ragplan-token"] = app.state.studio.token
        needs = {one["name"]: one["needs"] for one in client.get("/api/backends").json()}
        assert needs["openai"]
        assert needs["rules"] == ""
        answer = client.post("/api/plan", json={"sentence": "a cup"})
        assert (answer.status_code, "OPENAI_API_KEY" in answer.json()["error"]["message"]) == (502, True)


def test_a_box_that_is_not_where_the_sentence_has_it_is_told_at_the_box(client: TestClient) -> None:
    size = {"width": 256, "height": 256}
    sentence = "a dog on the left and a red balloon on the right"
    plan = client.post("/api/plan", json={"sentence": sentence, "settings": size}).json()
    assert plan["complaints"] == []
    moved = copy.deepcopy(plan["plan"])
    first, second = moved["objects"]
    first["box"], second["box"] = second["box"], first["box"]
    found = client.post("/api/check", json={"plan": moved, "settings": size}).json()["complaints"]
    told = [one for one in found if one["code"].startswith("sentence_")]
    assert {one["path"].partition(".")[0] for one in told} == {"objects[0]", "objects[1]"}
    assert {one["severity"] for one in told} == {"warning"}
    # an edit changes the sentence with the box: nothing is left to say of it
    asked = {"plan": plan["plan"], "settings": size, "kind": "move", "number": 0, "box": first["box"]}
    edited = client.post("/api/edit", json=asked).json()
    assert not [one for one in edited["complaints"] if one["code"].startswith("sentence_")]


def test_a_parameter_set_of_the_release_is_opened(client: TestClient) -> None:
    plans = [plan_layout(words, "rules", width=256, height=256) for words in ("a dog and a cat", "a hat")]
    gallery = json.dumps([plan.to_rag() | {"HB_replace": 4} for plan in plans]).encode()
    for number, names in ((0, ["a dog", "a cat"]), (1, ["a hat"])):
        answer = client.post(f"/api/open?set={number}", content=gallery).json()
        assert [one["prompt"] for one in answer["plan"]["objects"]] == names
        assert answer["settings"]["hard_binding_steps"] == 4
        assert answer["sets"] == ["a dog and a cat", "a hat"]
    assert client.post("/api/open", content=gallery).json()["plan"]["prompt"] == "a dog and a cat"
    for wrong in ("2", "-1", "x", "9" * 5000, "²"):
        assert client.post(f"/api/open?set={wrong}", content=gallery).status_code == 422


def test_a_picture_of_the_page_is_painted_again_by_the_command(client: TestClient, tmp_path: Path) -> None:
    kept, again = tmp_path / "kept.png", tmp_path / "again.png"
    kept.write_bytes(client.get(f"/api/pictures/{painted(client, steps=2)}.png").content)
    assert main(["generate", str(kept), "-o", str(again), "--quiet"]) == 0
    assert Image.open(kept).tobytes() == Image.open(again).tobytes()


def test_a_picture_is_seen_while_it_is_painted(client: TestClient) -> None:
    asked = {"plan": PLAN, "settings": {**SMALL, "steps": 20}}
    job = client.post("/api/generate", json=asked).json()["job"]
    lines = client.get(f"/api/jobs/{job}/events").text.splitlines()
    told = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    steps = [one for one in told if one.get("unit") == "steps"]
    assert [one["done"] for one in steps] == sorted(one["done"] for one in steps)
    previews = [one["done"] for one in steps if one.get("preview")]
    assert previews == [*range(PREVIEW_EVERY, 20, PREVIEW_EVERY)]
    assert len(previews) >= 8


def test_a_job_that_is_over_keeps_nothing_of_its_work() -> None:
    class Picture:
        """What a repaint holds: the picture before."""

    def working_on(picture: Picture) -> Any:
        return lambda job: {"had": bool(picture)}

    jobs, seen = Jobs(), []
    for _ in range(3):
        picture = Picture()
        seen.append(weakref.ref(picture))
        last: Job = jobs.add(working_on(picture))
        if len(seen) == 2:
            jobs.cancel(last)
        del picture
    while not last.is_over:
        last.wait(len(last.events), 1)
    assert jobs.idle(10)
    gc.collect()
    assert [one() for one in seen] == [None] * 3
    jobs.close()


def test_a_full_memory_is_told_with_what_helps() -> None:
    def fails(job: Job) -> dict[str, Any]:
        raise MemoryError

    jobs = Jobs()
    job = jobs.add(fails)
    while not job.is_over:
        job.wait(len(job.events), 1)
    assert "--size" in job.events[-1]["error"]
    jobs.close()


def test_without_its_packages_the_command_says_what_to_type(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)
    assert main(["studio", "--no-open"]) == 1
    assert "pip install starlette uvicorn" in capsys.readouterr().err
