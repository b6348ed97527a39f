"""`ragplan studio` as a process of its own, and a client of it."""

import contextlib
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from generator.cli.studio import free_port

PATIENCE_S = 120


class Started:
    """`ragplan studio` as a process of its own, and a client of it."""

    def __init__(self, folder: Path) -> None:
        with free_port("127.0.0.1", 0) as probe:
            self.port: int = probe.getsockname()[1]
        options = f"studio --no-open --port {self.port} --backend rules --gallery".split()
        command = [sys.executable, "-m", "generator.cli", *options, str(folder)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}/", timeout=PATIENCE_S)
        token = re.search(r'name="ragplan-token" content="([^"]+)"', self._page())
        assert token
        self.http.headers["x-ragplan-token"] = token[1]

    def __enter__(self) -> "Started":
        return self

    def __exit__(self, *_: object) -> None:
        """Kill the process."""
        self.process.kill()
        self.process.wait()
        self.http.close()

    def _page(self) -> str:
        for _ in range(600):
            with contextlib.suppress(httpx.TransportError):
                return self.http.get("").text
            time.sleep(0.2)
        raise AssertionError("the server does not answer")

    def plan(self, sentence: str) -> dict[str, Any]:
        found: dict[str, Any] = self.http.post("api/plan", json={"sentence": sentence}).json()["plan"]
        return found

    def begin(self, plan: dict[str, Any], **asked: Any) -> str:
        """Have a plan painted, as soon as the queue takes it, and return the job."""
        while (answer := self.http.post("api/generate", json={"plan": plan, **asked})).status_code == 429:
            time.sleep(0.2)
        job: str = answer.json()["job"]
        return job

    def end_of(self, job: str) -> dict[str, Any]:
        """Wait for a job's last event and return it."""
        lines = self.http.get(f"api/jobs/{job}/events").text.splitlines()
        end: dict[str, Any] = json.loads([line for line in lines if line.startswith("data: ")][-1][6:])
        return end
