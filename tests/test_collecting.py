"""The garbage collector rests while libraries are imported, and only then."""

import gc
import weakref

import pytest

from generator.weights.libraries import without_collecting


class Ring:
    """Garbage that only the collector frees."""

    def __init__(self) -> None:
        self.itself = self


def test_the_collector_rests_for_a_block_and_frees_what_became_garbage() -> None:
    with without_collecting():
        assert not gc.isenabled()
        seen = weakref.ref(Ring())
        assert seen() is not None
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert seen() is None


def test_it_collects_again_after_an_error() -> None:
    with pytest.raises(KeyError), without_collecting():
        raise KeyError("a")
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with without_collecting():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
