"""Plan in a process beside this one, which loads torch meanwhile: on two cores a first picture is there sooner.

To load torch, diffusers and transformers takes longer than to plan by rules, and about as long as a server takes to
answer. Threads would take turns at it; processes do not.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

from generator.painting.painter import load_libraries
from planner.plan import Plan


def plan_beside(make: Callable[[], Plan], *, quiet: bool = True) -> Plan:
    """Return a plan, which a copy of this process makes and tells of; here torch is loaded until the plan is there.

    make: makes the plan. Its errors are raised here. It is called here, instead, where a copy would be no gain or no
        good: with torch loaded already, beside other threads, on one core, and where the system is not Linux; and
        where the copy ended without a word.
    quiet: whether the libraries' own remarks stay off standard error.
    """
    if not _worth_it():
        return make()
    forking = multiprocessing.get_context("fork")
    here, there = forking.Pipe(duplex=False)
    copy = forking.Process(target=_answer, args=(make, there), daemon=True)
    copy.start()
    there.close()
    try:
        with suppress(Exception):  # the painter loads them, too, and says what is wrong
            load_libraries(quiet=quiet, enough=here.poll)
        answer: Plan | Exception = here.recv()
        copy.join()
    except EOFError:
        return make()
    finally:
        copy.terminate()
    if isinstance(answer, Exception):
        raise answer
    return answer


def _worth_it() -> bool:
    cores = os.cpu_count() or 1
    return sys.platform == "linux" and cores > 1 and "torch" not in sys.modules and threading.active_count() == 1


def _answer(make: Callable[[], Plan], there: Connection) -> None:
    """Send the plan, or the error; after Ctrl-C nothing, since this one's parent has heard it, too."""
    try:
        there.send(make())
    except Exception as error:
        there.send(error)
    except KeyboardInterrupt:
        there.close()
