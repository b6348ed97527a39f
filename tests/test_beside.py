"""A plan made in a process beside this one: the plan, its errors, and what happens where none comes back."""

import os
import subprocess
import sys
import textwrap

import pytest

import generator.painting.beside as beside
from planner.plan import Cell, Plan, Row

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere one process does all")

START = """
    import os, signal, sys
    os.cpu_count = lambda: 2
    from generator.painting.beside import plan_beside
    from planner.errors import BackendError, PlanError
    from planner.plan import Cell, Plan, Row

    def plan():
        return Plan(str(os.getpid()), (Row(1, (Cell(1, "a cat"),)),))
"""


def run(code: str) -> str:
    """Run code in a fresh Python, in which two cores are seen and torch is not loaded; return what it prints."""
    text = textwrap.dedent(START) + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


@only_linux
def test_a_copy_plans_and_this_process_loads_torch():
    printed = run("""
        made = plan_beside(plan)
        print(made.prompt != str(os.getpid()), made.cells[0].prompt, "torch" in sys.modules)
        print(plan_beside(plan).prompt == str(os.getpid()))
    """)
    assert printed == "True a cat True\nTrue\n"


@only_linux
def test_its_errors_are_raised_here_with_all_they_say():
    printed = run("""
        def fails():
            raise BackendError("no answer", provider="openai", hint="ask later")
        try:
            plan_beside(fails)
        except BackendError as error:
            print(error, error.provider)
    """)
    assert printed == "no answer (ask later) openai\n"


@only_linux
@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "raise KeyboardInterrupt", "sys.exit(3)"])
def test_a_copy_that_ends_without_a_word_is_made_up_for(end):
    printed = run(f"""
        first = os.getpid()
        def ends():
            if os.getpid() != first:
                {end}
            return plan()
        print(plan_beside(ends).prompt == str(first))
    """)
    assert printed == "True\n"


@only_linux
def test_libraries_that_do_not_load_cost_no_plan():
    printed = run("""
        import generator.painting.beside
        def fails(**_):
            raise ImportError("no diffusers")
        generator.painting.beside.load_libraries = fails
        print(plan_beside(plan).prompt != str(os.getpid()))
    """)
    assert printed == "True\n"


def test_with_torch_loaded_no_copy_is_made():
    import torch  # noqa: F401

    made = beside.plan_beside(lambda: Plan(str(os.getpid()), (Row(1, (Cell(1, "a cat"),)),)))
    assert made.prompt == str(os.getpid())
