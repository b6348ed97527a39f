"""The studio's server: who may ask, what may be asked for, jobs, history, OpenAI's API. Small pictures only."""

import base64
import io
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import uvicorn
from jsonschema import Draft202012Validator
from openai import APIStatusError, OpenAI
from PIL import Image
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from generator.cli import main
from generator.cli.studio import free_port
from generator.recipe import Recipe, Result, read_recipe
from generator.regions.masking import TokenMask
from generator.studio import api, create_app, openai_api
from generator.studio.album import Album
from generator.studio.jobs import CancelledError, Job, Jobs, QueueFullError
from generator.studio.requests import BODIES
from planner import plan_layout

SMALL = {"width": 64, "height": 64, "steps": 2, "hard_binding_steps": 1}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(folder=tmp_path / "album", planners=("rules",))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.headers["x-ragplan-token"] = app.state.studio.token
        yield client


def plan_of(sentence: str = "a cup") -> dict[str, Any]:
    return plan_layout(sentence, "rules", width=64, height=64).to_dict()


def events(client: TestClient, job: str, after: int | None = None) -> list[dict[str, Any]]:
    headers = {} if after is None else {"last-event-id": str(after)}
    text = client.get(f"/api/jobs/{job}/events", headers=headers).text
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def painted(client: TestClient, sentence: str = "a cup", **more: Any) -> str:
    asked = {"plan": plan_of(sentence), "settings": {**SMALL, "seed": 1}, **more}
    answer = client.post("/api/generate", json=asked)
    assert answer.status_code == 202, answer.text
    last = events(client, answer.json()["job"])[-1]
    assert last["kind"] == "done", last
    name: str = last["pictures"][-1]
    return name


class TestGuard:
    def test_the_page_carries_its_token_and_a_strict_policy(self, client: TestClient) -> None:
        page = client.get("/")
        assert client.headers["x-ragplan-token"] in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:7860", "", "[::zz]"])
    def test_another_host_is_refused(self, host: str, client: TestClient) -> None:
        assert client.get("/api/models", headers={"host": host}).status_code == 400

    @pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:1", "[::1]:7860"])
    def test_this_machine_s_names_are_answered(self, host: str, client: TestClient) -> None:
        assert client.get("/api/models", headers={"host": host}).status_code == 200

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1.evil.example"])
    def test_another_site_s_requests_are_refused(self, origin: str, client: TestClient) -> None:
        assert client.get("/api/models", headers={"origin": origin}).status_code == 403

    def test_a_change_needs_the_token(self, client: TestClient) -> None:
        del client.headers["x-ragplan-token"]
        refused = client.post("/api/plan", json={"sentence": "a cup"})
        assert refused.status_code == 403
        assert "a program sends 'Authorization: Bearer none'" in refused.json()["error"]["message"]
        headers = {"authorization": "Bearer none"}
        assert client.post("/api/plan", json={"sentence": "a cup"}, headers=headers).json()["plan"]["prompt"] == "a cup"
        assert client.delete("/api/pictures/20260101-000000-abcdef").status_code == 403

    def test_a_key_is_asked_of_everyone(self, tmp_path: Path) -> None:
        app = create_app(folder=tmp_path, planners=("rules",), api_key="s3cret", hosts=("*",))
        with TestClient(app, base_url="http://studio.example") as client:
            assert client.get("/api/models").status_code == 401
            assert client.get("/").status_code == 401
            assert client.get("/?key=wrong").status_code == 401
            assert client.get("/api/models", headers={"authorization": "Bearer s3cret"}).status_code == 200
            assert client.get("/?key=s3cret").status_code == 200  # the cookie is kept, the address is clean
            assert client.get("/api/models").status_code == 200

    def test_what_is_too_large_is_refused(self, client: TestClient) -> None:
        assert client.post("/api/open", content=b"x", headers={"content-length": str(10**9)}).status_code == 413


class TestPlans:
    def test_a_sentence_becomes_a_plan(self, client: TestClient) -> None:
        answer = client.post(
            "/api/plan", json={"sentence": "a dog and a cat", "settings": {"width": 256, "height": 256}}
        )
        assert [item["prompt"] for item in answer.json()["plan"]["objects"]] == ["a dog", "a cat"]
        assert answer.json()["complaints"] == []

    def test_an_edit_keeps_sentence_and_cells_in_step(self, client: TestClient) -> None:
        size = {"width": 256, "height": 256}
        plan = client.post("/api/plan", json={"sentence": "a dog and a cat", "settings": size}).json()["plan"]
        asked = {"plan": plan, "settings": size, "kind": "rename", "number": 1, "prompt": "a red ball"}
        edited = client.post("/api/edit", json=asked).json()["plan"]
        assert "red ball" in edited["prompt"]
        assert "cat" not in json.dumps(edited)

    def test_complaints_come_with_the_box_that_they_are_about(self, client: TestClient) -> None:
        plan = plan_of()
        plan["objects"][0]["box"] = {"x": 0.9, "y": 0, "width": 0.5, "height": 0.5}
        found = client.post("/api/check", json={"plan": plan, "settings": {"width": 64, "height": 64}}).json()[
            "complaints"
        ]
        assert "box_outside_canvas" in {one["code"] for one in found}
        assert found[0]["path"].startswith("objects[0]")

    def test_what_it_costs_is_said_before(self, client: TestClient) -> None:
        assert client.post("/api/estimate", json={"plan": plan_of(), "settings": SMALL}).json()["lines"]

    @pytest.mark.parametrize(
        ("path", "asked"),
        [
            ("plan", {"sentence": ""}),
            ("plan", {"sentence": 5}),
            ("plan", {}),
            ("plan", {"sentence": "a cup", "backend": "evil"}),
            ("plan", {"sentence": "a cup", "model": "owner/other"}),
            ("plan", {"sentence": "a cup", "settings": {"width": 10**9}}),
            ("plan", {"sentence": "a cup", "settings": {"lora": ["x"]}}),
            ("generate", {"plan": 5}),
            ("generate", {"plan": {"version": 1}}),
            ("generate", {"plan": None, "images": 1}),
            ("edit", {"plan": {}, "kind": "explode"}),
            ("repaint", {"picture": "../../etc/passwd", "words": "a hat"}),
            ("repaint", {"picture": "20260101-000000-abcdef", "words": "a hat"}),
        ],
    )
    def test_what_cannot_be_is_said_in_one_line(self, path: str, asked: Any, client: TestClient) -> None:
        answer = client.post(f"/api/{path}", json=asked)
        assert answer.status_code == 422
        message = answer.json()["error"]["message"]
        assert message
        assert "\n" not in message

    @pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff"])
    def test_what_is_no_json_is_said(self, body: bytes, client: TestClient) -> None:
        assert client.post("/api/plan", content=body).status_code == 422


class TestFiles:
    @pytest.mark.parametrize(
        "path", ["/etc/passwd", "../x.png", "upload:../../x", "upload:nothing", "file:///etc/passwd"]
    )
    def test_a_plan_that_names_a_file_opens_none(
        self, path: str, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plan = plan_of() | {"version": 2}
        plan["objects"][0]["image"] = {"kind": "redux", "path": path, "weight": 1}
        monkeypatch.setattr("generator.pictures.Image.open", None)  # nothing may be opened
        for name in ("generate", "check", "estimate"):
            assert client.post(f"/api/{name}", json={"plan": plan}).status_code == 422

    def test_a_plan_with_a_lora_is_refused(self, client: TestClient) -> None:
        plan = plan_of() | {"version": 2}
        plan["objects"][0]["lora"] = ["owner/name/file.safetensors"]
        assert "lora" in client.post("/api/generate", json={"plan": plan}).json()["error"]["message"]

    def test_an_upload_is_known_by_an_id(self, client: TestClient) -> None:
        file = io.BytesIO()
        Image.new("RGB", (32, 32), "red").save(file, "PNG")
        name = client.post("/api/uploads", content=file.getvalue()).json()["id"]
        plan = plan_of() | {"version": 2}
        plan["objects"][0]["image"] = {"kind": "redux", "path": f"upload:{name}", "weight": 1}
        assert client.post("/api/check", json={"plan": plan}).status_code == 200

    @pytest.mark.parametrize("content", [b"", b"not a picture", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\x89PNG\r\n\x1a\n"])
    def test_what_is_no_picture_is_refused(self, content: bytes, client: TestClient) -> None:
        assert client.post("/api/uploads", content=content).status_code == 422
        assert client.post("/api/open", content=content).status_code == 422

    def test_a_plan_s_file_is_opened(self, client: TestClient) -> None:
        answer = client.post("/api/open", content=json.dumps(plan_of("a hat")).encode())
        assert answer.json()["plan"]["objects"][0]["prompt"] == "a hat"

    @pytest.mark.parametrize(
        "name", ["..%2f..%2fetc%2fpasswd.png", "nothing.png", "a.b.png", "20260101-000000-abcdef.exe"]
    )
    def test_no_address_reaches_another_file(self, name: str, client: TestClient) -> None:
        assert client.get(f"/api/pictures/{name}").status_code in (404, 422)


class TestPainting:
    def test_a_picture_is_painted_kept_and_opened_again(self, client: TestClient, tmp_path: Path) -> None:
        name = painted(client)
        file = tmp_path / "down.png"
        file.write_bytes(client.get(f"/api/pictures/{name}.png").content)
        assert read_recipe(file).settings.seed == 1
        assert client.get(f"/api/pictures/{name}.jpg").headers["content-type"] == "image/jpeg"
        assert [one["id"] for one in client.get("/api/pictures").json()] == [name]
        opened = client.post("/api/open", content=file.read_bytes()).json()
        assert opened["plan"]["objects"][0]["prompt"] == "a cup"
        assert opened["settings"]["seed"] == 1
        assert client.delete(f"/api/pictures/{opened['picture']}").status_code == 204

    def test_events_are_read_on_where_the_connection_was_lost(self, client: TestClient) -> None:
        asked = {"plan": plan_of(), "settings": {**SMALL, "seed": 1}, "images": 2}
        job = client.post("/api/generate", json=asked).json()["job"]
        whole = [event for event in events(client, job) if event["kind"] != "waiting"]
        steps = [event["done"] for event in whole if event.get("unit") == "steps" and event["image"] == 1]
        assert steps == sorted(steps)
        assert len(whole[-1]["pictures"]) == 2
        assert events(client, job, after=2) == whole[3:]

    def test_a_region_is_painted_anew_again_and_again(self, client: TestClient) -> None:
        name = painted(client)
        for words, more in (("the cup becomes a hat", {}), ("a red ball", {"tokens": [0, 1, 4, 5]})):
            job = client.post("/api/repaint", json={"picture": name, "words": words, **more}).json()["job"]
            last = events(client, job)[-1]
            assert last["kind"] == "done", last
            name = last["pictures"][0]
        assert len(client.get(f"/api/pictures/{name}").json()["repaints"]) == 2

    def test_openai_s_client_paints(self, client: TestClient, tmp_path: Path) -> None:
        del client.headers["x-ragplan-token"]
        asked = {
            "prompt": "a cup",
            "n": 1,
            "size": "64x64",
            "seed": 3,
            "settings": {"steps": 2, "hard_binding_steps": 1},
        }
        answer = client.post("/v1/images/generations", json=asked, headers={"authorization": "Bearer none"}).json()
        file = tmp_path / "x.png"
        file.write_bytes(base64.b64decode(answer["data"][0]["b64_json"]))
        assert read_recipe(file).settings.seed == 3
        assert answer["data"][0]["revised_prompt"] == "a cup"

    def test_a_picture_is_looked_at_and_mended(self, client: TestClient) -> None:
        name = painted(client)
        assert client.get("/api/reviewers").json() == [{"name": "sprites"}]
        seen = events(client, client.post("/api/review", json={"picture": name}).json()["job"])[-1]
        assert (seen["kind"], seen["pictures"]) == ("done", [name])
        assert len(seen["review"]["findings"]) == 1
        assert {"verdict", "right", "box"} <= set(seen["review"]["findings"][0])
        told = events(client, client.post("/api/mend", json={"picture": name, "rounds": 1}).json()["job"])
        assert [one["number"] for one in told if one["kind"] == "round"] in ([0], [0, 1])
        assert told[-1]["review"]["score"] >= seen["review"]["score"]
        assert client.get(f"/api/pictures/{told[-1]['pictures'][0]}").json()["review"] is not None

    def test_where_nobody_can_look_it_is_said(self, client: TestClient) -> None:
        cast(Starlette, client.app).state.studio.reviewer = None
        assert client.get("/api/reviewers").json() == []
        answer = client.post("/api/review", json={"picture": painted(client)})
        assert (answer.status_code, "--review" in answer.text) == (422, True)

    def test_openai_s_edits_repaint_where_the_mask_is_transparent(self, client: TestClient, tmp_path: Path) -> None:
        png = client.get(f"/api/pictures/{painted(client)}.png").content
        mask = Image.new("RGBA", (64, 64), "white")
        mask.paste((0, 0, 0, 0), (0, 0, 16, 64))
        files = {"image": ("a.png", png, "image/png"), "mask": ("m.png", png_bytes(mask), "image/png")}
        asked = {"prompt": "a red ball", "n": "2", "seed": "7", "model": "gpt-image-1"}
        answer = client.post("/v1/images/edits", files=files, data=asked)
        assert answer.status_code == 200, answer.text
        found = [read_png(one["b64_json"], tmp_path).repaints[-1] for one in answer.json()["data"]]
        assert [one.seed for one in found] == [7, 8]
        assert all(isinstance(one.mask, TokenMask) and one.mask.tokens[0] == 0 for one in found)

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            ({"image": b"no picture"}, "not a picture"),
            ({"image": b""}, "not a picture"),
            ({"mask": b"\x89PNG"}, "the mask"),
            ({"size": "128x64"}, "the picture's own, 64x64"),
            ({"n": "x"}, "n must be a number"),
            ({"seed": "-1"}, "seed must be a number"),
            ({"sead": "1"}, "unknown key 'sead'"),
            ({"prompt": ""}, ""),
        ],
    )
    def test_an_edit_that_cannot_be_is_said(self, change: dict[str, Any], word: str, client: TestClient) -> None:
        sent: dict[str, Any] = {"image": client.get(f"/api/pictures/{painted(client)}.png").content, "prompt": "a hat"}
        sent |= change
        files = {name: (name, value, "image/png") for name, value in sent.items() if isinstance(value, bytes)}
        data = {name: value for name, value in sent.items() if isinstance(value, str)}
        answer = client.post("/v1/images/edits", files=files, data=data)
        assert answer.status_code in (422, 500), answer.text
        assert word in answer.json()["error"]["message"]

    def test_a_foreign_picture_cannot_be_edited(self, client: TestClient) -> None:
        files = {"image": ("a.png", png_bytes(Image.new("RGB", (64, 64))), "image/png")}
        answer = client.post("/v1/images/edits", files=files, data={"prompt": "a hat"})
        assert answer.status_code == 422

    @pytest.mark.parametrize(
        "asked",
        [{"prompt": ""}, {"prompt": "a cup", "n": 99}, {"prompt": "a cup", "size": "big"}, {}, {"prompt": "a", "x": 1}],
    )
    def test_openai_s_errors_have_their_form(self, asked: dict[str, Any], client: TestClient) -> None:
        answer = client.post("/v1/images/generations", json=asked)
        assert answer.status_code == 422
        assert answer.json()["error"]["message"]


class TestJobs:
    def test_each_gets_its_own_and_one_runs_at_a_time(self) -> None:
        running, most, lock = [0], [0], threading.Lock()

        def work(job: Job) -> dict[str, Any]:
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            job.tell("progress")
            with lock:
                running[0] -= 1
            return {"mine": job.id}

        jobs = Jobs()
        added = [jobs.add(work) for _ in range(20)]
        for job in added:
            while not job.is_over:
                job.wait(len(job.events), 1)
        assert [job.events[-1] for job in added] == [{"kind": "done", "mine": job.id} for job in added]
        assert most == [1]
        jobs.close()

    def test_waiting_and_running_ones_are_cancelled_and_the_next_one_runs(self) -> None:
        begun, go_on = threading.Event(), threading.Event()

        def long(job: Job) -> dict[str, Any]:
            begun.set()
            go_on.wait(10)
            job.tell("progress")
            return {}

        jobs = Jobs()
        first, second, third = jobs.add(long), jobs.add(long), jobs.add(lambda job: {"fine": True})
        begun.wait(10)
        jobs.cancel(second)
        assert second.state == "cancelled"
        assert jobs.place(third) == 0
        jobs.cancel(first)
        go_on.set()
        while not third.is_over:
            third.wait(len(third.events), 1)
        assert (first.state, third.state) == ("cancelled", "done")
        jobs.close()

    def test_a_cancelled_job_stops_at_its_next_event(self) -> None:
        job = Job("x", lambda job: {}, state="running")
        job.cancel()
        with pytest.raises(CancelledError):
            job.tell("progress")

    def test_an_error_is_told_and_the_next_one_runs(self) -> None:
        def fails(job: Job) -> dict[str, Any]:
            raise MemoryError("out of memory")

        jobs = Jobs()
        bad, good = jobs.add(fails), jobs.add(lambda job: {})
        while not good.is_over:
            good.wait(len(good.events), 1)
        assert bad.state == "failed"
        assert bad.events[-1]["error"]
        jobs.close()

    def test_the_queue_is_bounded(self) -> None:
        stop = threading.Event()
        jobs = Jobs(most_waiting=2)

        def waits(job: Job) -> dict[str, Any]:
            stop.wait(10)
            return {}

        first = jobs.add(waits)
        while first.state == "waiting":
            time.sleep(0.001)
        jobs.add(waits)
        jobs.add(waits)
        with pytest.raises(QueueFullError):
            jobs.add(waits)
        stop.set()
        jobs.close()


def test_the_album_survives_a_restart_and_keeps_within_its_bounds(client: TestClient, tmp_path: Path) -> None:
    name = painted(client)
    result = Result.open(tmp_path / "album" / f"{name}.png")
    album = Album(tmp_path / "album", most=2)
    (tmp_path / "album" / "20990101-000000-abcdef.png").write_bytes(b"not a picture")
    names = [album.add(result) for _ in range(3)]
    assert name not in [one.id for one in album.listed()]
    assert [one.id for one in Album(tmp_path / "album").listed()] == names[
        :-2:-1
    ]  # the file that is none is the newest


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = Path(__file__).parent.parent / "generator" / "studio" / "page"
    files = sorted(page.iterdir())
    assert sum(path.stat().st_size for path in files) <= 300_000
    for path in files:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text
        assert "https:" not in text
        assert "innerHTML" not in text
    scripts = [len(path.read_text().splitlines()) for path in files if path.suffix == ".js"]
    assert sum(scripts) <= 900
    assert max(scripts) <= 250


def test_it_mounts_in_another_application(tmp_path: Path) -> None:
    inner = create_app(folder=tmp_path, planners=("rules",))
    outer = Starlette(routes=[Mount("/studio", inner)])
    with TestClient(outer, base_url="http://127.0.0.1") as client:
        page = client.get("/studio/").text
        for name in re.findall(r'(?:src|href)="(page/[^"]+)"', page):
            assert client.get(f"/studio/{name}").status_code == 200
        answer = client.post(
            "/studio/api/plan", json={"sentence": "a cup"}, headers={"x-ragplan-token": inner.state.studio.token}
        )
        assert answer.json()["plan"]["objects"]


def test_openai_s_own_client_paints_through_a_real_server(tmp_path: Path) -> None:
    with serving(create_app(folder=tmp_path / "album", planners=("rules",), page=False, steps=2)) as address:
        client = OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        answer = client.images.generate(prompt="a cup", n=2, size=cast(Any, "64x64"), extra_body={"seed": 5})
        assert answer.data is not None
        assert [read_png(item.b64_json, tmp_path).settings.seed for item in answer.data] == [5, 6]
        with pytest.raises(APIStatusError, match="size must be"):
            client.images.generate(prompt="a cup", size=cast(Any, "large"))
        client.close()


def png_bytes(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_every_route_is_in_the_document(client: TestClient) -> None:
    found = client.get("/api/openapi.json").json()
    routes = {route.path.replace(":str}", "}") for route in [*api.ROUTES, *openai_api.ROUTES]}
    assert set(found["paths"]) == routes
    for path, keys in BODIES.items():
        (content,) = found["paths"][path]["post"]["requestBody"]["content"].values()
        Draft202012Validator.check_schema(content["schema"])
        assert set(content["schema"]["required"]) == set(keys.required)
    assert all(one["summary"] for methods in found["paths"].values() for one in methods.values())


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Run a real server on a free port for the length of a block, and give its address."""
    listener = free_port("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


def test_fifty_clients_queue_cancel_and_leave_and_none_gets_another_s_picture(tmp_path: Path) -> None:
    app = create_app(folder=tmp_path / "album", planners=("rules",), page=False)
    plan, small = plan_of(), {"width": 32, "height": 32, "steps": 1, "hard_binding_steps": 0}
    headers = {"x-ragplan-token": app.state.studio.token}
    ends: dict[int, dict[str, Any]] = {}

    def ask(seed: int) -> None:
        with httpx.Client(base_url=address, headers=headers, timeout=120) as http:
            asked = {"plan": plan, "settings": {**small, "seed": seed}}
            job = http.post("/api/generate", json=asked).json()["job"]
            if seed % 5 == 1:
                http.delete(f"/api/jobs/{job}")
            with http.stream("GET", f"/api/jobs/{job}/events") as stream:
                for line in stream.iter_lines():
                    if seed % 5 == 2:
                        return  # leaves; its picture is painted all the same
                    if line.startswith("data: "):
                        ends[seed] = json.loads(line[6:])

    with serving(app) as address:
        threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(240)
        jobs = app.state.studio.jobs
        assert jobs.idle(240)
    assert {end["kind"] for seed, end in ends.items() if seed % 5 != 1} == {"done"}
    assert {end["kind"] for seed, end in ends.items() if seed % 5 == 1} <= {"cancelled", "done"}
    made = {seed: end["pictures"] for seed, end in ends.items() if end["kind"] == "done"}
    for seed, (name,) in made.items():
        assert read_recipe(tmp_path / "album" / f"{name}.png").settings.seed == seed
    seeds = {read_recipe(path).settings.seed for path in (tmp_path / "album").glob("*.png")}
    assert seeds >= {seed for seed in range(50) if seed % 5 != 1}


def read_png(text: str | None, folder: Path) -> Recipe:
    file = folder / "read.png"
    file.write_bytes(base64.b64decode(text or ""))
    return read_recipe(file)


@pytest.mark.parametrize(
    ("options", "word"),
    [(["--host", "0.0.0.0"], "--api-key"), (["--port", "99999999"], "port"), (["--model", "nothing"], "nothing")],
)
def test_a_server_that_cannot_be_is_refused_in_one_line(
    options: list[str], word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAGPLAN_API_KEY", raising=False)
    assert main(["serve", "--gallery", str(tmp_path), *options]) == 1
    assert word in capsys.readouterr().err
