"""Measure the studio's page in a headless Chromium, against a server of this machine.

    python -m generator.studio.measure

Prints what a first visit loads and how long it takes, how long after Enter a plan by rules is shown on a warm server,
and how many frames a second are drawn while a box is dragged on a canvas of sixteen. Needs playwright and a Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from generator.studio.server import create_app

SIXTEEN = "sixteen red balls"
FRAMES = "new Promise((done) => { let count = 0; const start = performance.now(); const step = (now) => { count += 1; "
FRAMES += "if (now - start < 3000) requestAnimationFrame(step); else done(count / (now - start) * 1000); }; "
FRAMES += "requestAnimationFrame(step); })"


@contextmanager
def served() -> Iterator[str]:
    """Run a studio and give its address."""
    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as listener, tempfile.TemporaryDirectory() as folder:
        app = create_app(folder=Path(folder), planners=("rules",))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        thread.join(20)


def until(page: Any, condition: str) -> None:
    """Wait until a condition holds on the page."""
    while not page.evaluate(condition):
        page.wait_for_timeout(5)


def visit(browser: Any, address: str) -> tuple[float, float]:
    """Return the seconds until a first visit is ready, and the kilobytes that it loaded."""
    page = browser.new_context().new_page()
    start = time.perf_counter()
    page.goto(address)
    until(page, "document.querySelector('#backend').options.length > 0")
    seconds = time.perf_counter() - start
    loaded = "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
    size: float = page.evaluate(f"{loaded}.reduce((sum, one) => sum + one.transferSize, 0)")
    page.context.close()
    return seconds, size / 1000


def plan(page: Any, sentence: str) -> float:
    """Return the seconds from Enter until the boxes are there."""
    page.fill("#sentence", sentence)
    page.evaluate("document.querySelector('#status').textContent = ''")
    start = time.perf_counter()
    page.press("#sentence", "Enter")
    until(page, "document.querySelector('#status').textContent.startsWith('planned')")
    return time.perf_counter() - start


def drag(page: Any) -> float:
    """Return the frames a second while a box is dragged to and fro for three seconds."""
    where = page.locator(".box").first.bounding_box()
    x, y = where["x"] + where["width"] / 2, where["y"] + where["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(f"window.frames_seen = {FRAMES}; 0")
    end = time.perf_counter() + 3
    while time.perf_counter() < end:
        for shift in (20, -20, 0):
            page.mouse.move(x + shift, y + shift / 2)
    page.mouse.up()
    frames: float = page.evaluate("window.frames_seen")
    return frames


def main() -> None:
    """Measure all and print it."""
    argparse.ArgumentParser(prog="python -m generator.studio.measure", description=__doc__).parse_args()
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with served() as address, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        visits = [visit(browser, address) for _ in range(5)]
        print(f"first visit: {median(one[0] for one in visits):.2f} s, {visits[0][1]:.0f} kB")
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(address)
        until(page, "document.querySelector('#backend').options.length > 0")
        plan(page, "a cat")  # warms the reader
        times = [plan(page, f"a dog on the left and {colour} ball on the right") for colour in ("a red", "a blue")]
        print(f"a plan by rules after Enter: {median(times):.2f} s")
        plan(page, SIXTEEN)
        until(page, "document.querySelectorAll('.box').length >= 16")
        print(f"dragging one of {page.locator('.box').count()} boxes: {drag(page):.0f} frames/s")
        browser.close()


if __name__ == "__main__":
    main()
