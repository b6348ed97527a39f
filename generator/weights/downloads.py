"""Fetch what a model is made of from the Hugging Face hub before it is loaded, and tell how many bytes are there.

diffusers would fetch the same files while it loads, but tells nobody but the terminal. What is missed here it still
fetches, and what cannot be fetched it says. No torch.
"""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import hf_hub_download, snapshot_download
from huggingface_hub.errors import EntryNotFoundError
from tqdm import tqdm

from generator.families.profiles.checkpoint import INDEXES
from generator.options import LoraFile
from generator.progress import OnProgress, Progress
from generator.weights.hub import HUB_FILE, HUB_ID, LOAD_ERRORS, check_reached

log = logging.getLogger("ragplan")

KINDS = ("*.json", "*.txt", "*.model", "*.safetensors")  # of files that a part is loaded from
REWRITERS = "prompt_"  # what parts begin with that rewrite prompts, which nobody here lets do that
VARIANTS = ["*.fp16*", "*.bf16*", "*.fp8*"]  # the same weights once more, which nobody asks for


def fetch(weights: Mapping[str, Any], on_progress: OnProgress) -> None:
    """Fetch the files of a model's parts that are named on the hub and are not on this disk.

    weights: arguments of `load_pipeline`: model, controlnet, lora, ip_adapter, pulid.
    on_progress: called with the bytes that are there, in the hub's threads, one at a time; what it raises stops all.

    Raises `RenderError` where nothing of it is here and the hub cannot be reached.
    """
    for name in _names(weights):
        check_reached(name)
        telling = _Telling(name, on_progress)
        try:
            _fetch(name, telling)
        except LOAD_ERRORS as error:
            if telling.stopped is not None:
                raise telling.stopped from None
            log.debug("%s is not fetched beforehand: %s", name, error)  # loading says it better


def _names(weights: Mapping[str, Any]) -> Iterable[str]:
    """Yield what may be on the hub: owner/name, or owner/name/FILE."""
    named = [weights.get(key) or "" for key in ("model", "controlnet", "ip_adapter", "pulid")]
    for name in [*named, *(LoraFile.parse(text).file for text in weights.get("lora", ()))]:
        on_hub = HUB_ID.fullmatch(name) or HUB_FILE.fullmatch(name)
        if on_hub and not Path(name).expanduser().exists():
            yield name


def _fetch(name: str, telling: _Telling) -> None:
    if not HUB_ID.fullmatch(name):
        found = HUB_FILE.fullmatch(name)
        assert found is not None
        telling.total = _missing([hf_hub_download(*found.groups(), dry_run=True)])
        if telling.total:
            hf_hub_download(*found.groups(), tqdm_class=telling.bar())
        return
    options = {"allow_patterns": _patterns(name), "ignore_patterns": VARIANTS, "tqdm_class": telling.bar()}
    telling.total = _missing(snapshot_download(name, **options, dry_run=True))
    if telling.total:
        snapshot_download(name, **options)


def _patterns(name: str) -> list[str]:
    """Return which files a pipeline is loaded from, or a model that is alone in its folder."""
    for file in INDEXES:
        try:
            index = json.loads(Path(hf_hub_download(name, file)).read_text(encoding="utf-8"))
        except EntryNotFoundError:
            continue
        parts = [part for part, kind in index.items() if isinstance(kind, list) and kind[0] is not None]
        return [file, *(f"{part}/{kind}" for part in parts if not part.startswith(REWRITERS) for kind in KINDS)]
    return list(KINDS)


def _missing(files: Iterable[Any]) -> int:
    """Return how many bytes of what a dry run found are not on this disk."""
    return sum(file.file_size or 0 for file in files if file.will_download)


class _Telling:
    """Tells how much of one download is there. stopped: what the listener raised."""

    def __init__(self, name: str, on_progress: OnProgress) -> None:
        self.name, self.on_progress, self.total = name, on_progress, 0
        self.stopped: BaseException | None = None
        self.done = 0
        self._one = threading.Lock()  # the hub fetches several files at a time

    def tell(self, done: int) -> None:
        """Tell that so many bytes are there; the hub counts them twice, as they come and as they are written."""
        with self._one:
            if done <= self.done or self.stopped is not None:
                return
            self.done = min(done, self.total)
            try:
                self.on_progress(Progress("download", self.name, self.done, self.total, "bytes"))
            except BaseException as error:
                self.stopped = error
                raise

    def bar(self) -> Any:
        """Return the class that the hub makes its bars of: it draws nothing, and tells the bytes."""
        tell = self.tell

        class Bar(tqdm):  # type: ignore[type-arg]  # generic in its stubs only
            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **{**options, "file": io.StringIO()})

            def display(self, *_: Any, **__: Any) -> None:
                """Draw nothing."""

            def update(self, n: float | None = 1) -> bool | None:
                updated = super().update(n)
                if self.unit == "B":
                    tell(int(self.n))
                return updated

        return Bar
