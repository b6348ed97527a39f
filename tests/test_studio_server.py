"""`ragplan studio` as a process: killed, ended, asked by fifty at once. Run by `make test-studio`."""

import io
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from PIL import Image
from studio_process import PATIENCE_S, Started

from generator.cli.studio import free_port
from generator.embedded.catalogue import read_prompt
from generator.embedded.recogniser import reads_as
from generator.recipe import read_recipe

FEW_STEPS = {"steps": 4, "hard_binding_steps": 2}
SMALL = {"width": 64, "height": 64, "steps": 2, "hard_binding_steps": 1}


@pytest.mark.browser
def test_pictures_survive_a_server_that_is_killed(tmp_path: Path) -> None:
    with Started(tmp_path) as first:
        assert first.end_of(first.begin(first.plan("a cup"), settings=FEW_STEPS))["kind"] == "done"
        first.begin(first.plan("a hat"), settings=FEW_STEPS)
    with Started(tmp_path) as again:
        found = again.http.get("api/pictures").json()
        assert [one["prompt"] for one in found][-1] == "a cup"
        for one in found:
            again.http.get(f"api/pictures/{one['id']}.png").raise_for_status()


@pytest.mark.browser
def test_ctrl_c_keeps_what_is_finished_and_frees_the_port(tmp_path: Path) -> None:
    with Started(tmp_path) as server:
        assert server.end_of(server.begin(server.plan("a cup"), settings=FEW_STEPS))["kind"] == "done"
        server.begin(server.plan("a hat"), settings=FEW_STEPS)
        server.process.send_signal(signal.SIGINT)
        server.process.wait(PATIENCE_S)
        assert read_recipe(min(tmp_path.glob("*.png"))).plan.prompt == "a cup"
        free_port("127.0.0.1", server.port).close()


@pytest.mark.browser
def test_memory_stays_flat_while_fifty_clients_queue_cancel_and_leave(tmp_path: Path) -> None:
    def ask(number: int) -> None:
        job = server.begin(plan, settings={**SMALL, "seed": number})
        if number % 5 == 1:
            server.http.delete(f"api/jobs/{job}")
        if number % 5 == 2:
            return  # leaves; its picture is painted all the same
        end = server.end_of(job)
        if end["kind"] == "done" and number % 5 == 3:
            again = {"picture": end["pictures"][0], "words": "a hat", "tokens": [0, 1, 4, 5]}
            server.http.post("api/repaint", json=again)

    memory = []
    with Started(tmp_path) as server, ThreadPoolExecutor(50) as clients:
        plan = server.plan("a cup")
        for jobs in (50, 200):
            list(clients.map(ask, range(jobs)))
            assert server.end_of(server.begin(plan, settings=SMALL))["kind"] == "done"
            memory.append(psutil.Process(server.process.pid).memory_info().rss / 2**20)
    print(f"{memory[0]:.0f} MiB after a fifth of 250 jobs, {memory[1]:.0f} MiB after all")
    assert memory[1] - memory[0] <= 64


@pytest.mark.browser
def test_things_are_painted_where_they_were_dragged_to(tmp_path: Path) -> None:
    """Ten seeds; the recogniser finds each thing in the box to which it was moved, nine times at least."""
    with Started(tmp_path) as server:
        plan = server.plan("a dog on the left and a red balloon on the right")
        for number, (x, y) in enumerate(((0.5, 0.5), (0.0, 0.0))):
            box = {**plan["objects"][number]["box"], "x": x, "y": y, "width": 0.4375, "height": 0.4375}
            asked = {"plan": plan, "kind": "move", "number": number, "box": box}
            plan = server.http.post("api/edit", json=asked).json()["plan"]
        names = server.end_of(server.begin(plan, settings={"seed": 0}, images=10))["pictures"]
        pictures = [Image.open(io.BytesIO(server.http.get(f"api/pictures/{name}.png").content)) for name in names]
    found = []
    for item in plan["objects"]:
        x, y, width, height = (round(item["box"][name] * 256) for name in ("x", "y", "width", "height"))
        sprite = read_prompt(item["prompt"])
        assert sprite is not None
        found.append(sum(reads_as(picture, (x, y, width, height), sprite) for picture in pictures))
    print(f"found in {found} of 10 pictures")
    assert min(found) >= 9
