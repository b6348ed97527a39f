"""Plans that were paid for once: a folder of readable JSON files, one a question.

A file's name is the hash of everything that its plan depends on. Files are written whole or not at all, so several
processes may use one folder; what cannot be read or does not hold any more is as good as absent.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from planner.checks import check_plan
from planner.errors import PlanError
from planner.plan import Plan, document
from planner.plan.files import write_whole
from planner.tasks.sentences import read_stated

log = logging.getLogger("ragplan")


@dataclass(frozen=True)
class CachedPlan:
    """A plan from the cache, who made it, and what was repaired then."""

    plan: Plan
    backend: str
    model: str
    repairs: tuple[str, ...] = ()


class PlanCache:
    """Keep valid plans in `folder` (default: the user's cache folder for ragplan)."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder if folder is not None else platformdirs.user_cache_path("ragplan") / "plans"

    def load(self, key: Mapping[str, Any]) -> CachedPlan | None:
        """Return the plan that was kept under a key, or None."""
        path = self._path(key)
        try:
            entry = document.parse_json(path.read_text(encoding="utf-8"))
            if entry["key"] != json.loads(_canonical(key)):
                raise PlanError("the key is another one")
            found = CachedPlan(
                Plan.from_dict(entry["plan"]),
                document.text(entry["backend"], "backend"),
                document.text(entry["model"], "model"),
                tuple(document.text(item, "repairs") for item in document.items(entry["repairs"], "repairs")),
            )
            _refuse_faulty(found.plan, key)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, PlanError) as error:
            log.debug("the cache entry %s is not usable: %s", path, error)
            return None
        return found

    def save(self, key: Mapping[str, Any], found: CachedPlan) -> None:
        """Keep a plan; a folder that cannot be written is told in the log and changes nothing."""
        entry = {
            "key": key,
            "backend": found.backend,
            "model": found.model,
            "repairs": list(found.repairs),
            "plan": found.plan.to_dict(),
        }
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._path(key), json.dumps(entry, indent=2, ensure_ascii=False))
        except OSError as error:
            log.warning("the plan is not kept for next time: %s", error)

    def clear(self) -> int:
        """Delete every plan and return how many there were."""
        count = 0
        for path in self.folder.glob("*.json"):
            with contextlib.suppress(FileNotFoundError):  # another process was quicker
                path.unlink()
                count += 1
        return count

    def _path(self, key: Mapping[str, Any]) -> Path:
        return self.folder / f"{hashlib.sha256(_canonical(key).encode()).hexdigest()}.json"


def _canonical(key: Mapping[str, Any]) -> str:
    return json.dumps(key, sort_keys=True, ensure_ascii=True)


def _refuse_faulty(plan: Plan, key: Mapping[str, Any]) -> None:
    """Refuse a plan with errors: someone edited the file, or the checks have become stricter.

    What a reply said about overlaps is not known any more, so boxes in each other's way are let pass.
    """
    size = {"width": key["width"], "height": key["height"]}
    found = check_plan(plan, **size, sentence=key["sentence"], scene=read_stated(key["sentence"]))
    errors = [
        item for item in found if item.severity == "error" and item.code not in ("boxes_overlap", "box_outside_cell")
    ]
    if errors:
        raise PlanError(f"the plan has an error: {errors[0]}")
