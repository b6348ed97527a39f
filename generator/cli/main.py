"""The `ragplan` command: reads the command line, runs one command, and says in one line what went wrong.

Nothing here imports torch before a picture is painted. Standard output carries results (paths, plans, JSON); progress,
notes and errors go to standard error. Exit codes: 0 done, 1 an error in one line, 2 wrong usage, 3 some of a batch's
pictures failed, 130 interrupted.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence

from generator.cli.parser import parse
from generator.cli.reporting import configure_logging, say_error


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    # Before torch is loaded: on a processor that others use, too, its threads spin for one that cannot run.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    atexit.register(gc.freeze)  # at the end all memory is given back at once; to look through it first takes a second
    arguments = parse(list(sys.argv[1:] if argv is None else argv))
    configure_logging(arguments)
    try:
        if getattr(arguments, "sentence", None) == "-":
            arguments.sentence = " ".join(sys.stdin.read().split())
        return arguments.run(arguments) or 0
    except KeyboardInterrupt:
        print("ragplan: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stdout = None  # whoever read the output has seen enough
        return 1
    except Exception as error:  # the last net: whatever it is, the user gets one line
        if arguments.debug:
            raise
        say_error(error, arguments.parser.options)
        return 1
