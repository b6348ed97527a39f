"""Fixtures that several test files share. Torch is imported only by those that need it, not for the planner's tests."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from generator.pipeline import RegionalFluxPipeline


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Undo what the command does to the library's log, which stays for the whole process."""
    log = logging.getLogger("ragplan")
    handlers, level, propagate = log.handlers[:], log.level, log.propagate
    yield
    log.handlers[:], log.propagate = handlers, propagate
    log.setLevel(level)


@pytest.fixture
def pipe() -> RegionalFluxPipeline:
    """A tiny random pipeline with guidance embeddings, as FLUX.1-dev has them."""
    from tiny_flux import tiny_pipeline

    return tiny_pipeline(guidance_embeds=True)
