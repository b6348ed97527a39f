"""Fixtures that several test files share. Torch is imported only by those that need it, not for the planner's tests."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from generator.pipeline import RegionalFluxPipeline

FUZZ = bool(os.environ.get("FUZZ"))
"""Whether `make fuzz` looks for odd values that no run has tried: without it the same examples are drawn each time."""
# No test is a measurement of the machine: beside other work drawing an example may take any time.
settings.register_profile("ragplan", deadline=None, derandomize=not FUZZ, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ragplan")

LONGEST = ("test_readme.py", "test_documents.py", "test_rules_plans.py", "test_sprite_reader.py", "test_oracle.py")
"""Files that take a minute or more. They are begun first: the last one begun is what all other processes wait for."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest files first; pytest-xdist hands files out in this order (`--no-loadscope-reorder`)."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(autouse=True)
def fresh_log() -> None:
    """Give every test the library's log as it is at first: the command sets it up for the whole process."""
    log = logging.getLogger("ragplan")
    log.handlers.clear()
    log.propagate = True
    log.setLevel(logging.NOTSET)


@pytest.fixture
def pipe() -> RegionalFluxPipeline:
    """A tiny random pipeline with guidance embeddings, as FLUX.1-dev has them."""
    from tiny_flux import tiny_pipeline

    return tiny_pipeline(guidance_embeds=True)
