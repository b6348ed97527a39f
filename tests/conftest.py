"""Fixtures that several test files share. Torch is imported only by those that need it, not for the planner's tests."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from generator.pipeline import RegionalFluxPipeline

# No test is a measurement of the machine: beside other work drawing an example may take any time.
settings.register_profile("ragplan", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ragplan")


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
