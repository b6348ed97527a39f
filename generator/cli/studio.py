"""The commands `ragplan studio` and `ragplan serve`: the page in the browser, and the same server as an API alone."""

from __future__ import annotations

import argparse
import logging
import os
import socket
import threading
import time
import webbrowser
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.cli.options import add_command, add_common_options
from generator.cli.painting import add_loading_options, load_options
from generator.settings import default_model
from planner.errors import RenderError

if TYPE_CHECKING:
    from generator.studio.shared import Studio

log = logging.getLogger("ragplan")

PORT, PORTS_TRIED = 7860, 20
KEY_VARIABLE = "RAGPLAN_API_KEY"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def add_studio_commands(commands: Any) -> None:
    """Add the commands `studio` and `serve`."""
    for name, page, text in (
        ("studio", True, "open a page: see the layout, move it, paint it, change it"),
        ("serve", False, "serve pictures to programs: OpenAI's images API, and ragplan's own"),
    ):
        added = add_command(commands, name, partial(run_server, page=page), text)
        add_common_options(added)
        add_server_options(added)


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of both commands."""
    parser.add_argument(
        "--model", action="append", metavar="MODEL", help="to paint with; of several the page can choose"
    )
    parser.add_argument("--backend", action="append", metavar="NAME", help="who plans; several: the page can choose")
    parser.add_argument("--gallery", type=Path, metavar="DIR", help="where pictures are kept (default: with your data)")
    parser.add_argument("--port", type=int, help=f"default {PORT}, or the next that is free")
    parser.add_argument("--host", default="127.0.0.1", help="another address than this machine's own needs a key")
    parser.add_argument("--api-key", metavar="KEY", help=f"asked of every request (default: ${KEY_VARIABLE})")
    parser.add_argument(
        "--review", metavar="NAME", help="who looks at pictures: detector, vlm:MODEL (embedded: sprites)"
    )
    parser.add_argument("--no-open", action="store_true", help="do not open the browser")
    add_loading_options(parser)


def run_server(arguments: argparse.Namespace, *, page: bool) -> None:
    """Serve until Ctrl-C. Raises `RenderError` where a package, the port or the key is missing."""
    try:
        import uvicorn

        from generator.studio.server import application
    except ImportError as error:
        raise RenderError(f"this command needs packages that are not installed ({error.name}): {INSTALL}") from error
    key = arguments.api_key or os.environ.get(KEY_VARIABLE)
    if arguments.host not in LOOPBACK and not key:
        raise RenderError(f"--host {arguments.host} lets others in; give a key with --api-key or ${KEY_VARIABLE}")
    app = application(studio_of(arguments, key, page), LOOPBACK if arguments.host in LOOPBACK else ("*",))
    listener = free_port(arguments.host, arguments.port)
    address = f"http://{arguments.host}:{listener.getsockname()[1]}/" + (f"?key={key}" if key and page else "")
    log.info("%s (Ctrl-C ends it)", "the page: " + address if page else "the API: " + address + "v1")
    if page and not arguments.no_open:
        threading.Thread(target=_open_later, args=(address,), daemon=True).start()
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3))
    server.run(sockets=[listener])


def studio_of(arguments: argparse.Namespace, key: str | None, page: bool) -> Studio:
    """Return what a server has. Raises `RagplanError` for a model, planner or reviewer that cannot be had."""
    from generator.review import get_reviewer
    from generator.studio.server import make_studio

    studio = make_studio(
        arguments.model or [default_model()],
        arguments.gallery or _gallery(),
        load_options(arguments),
        arguments.backend or ["auto", "rules"],
    )
    studio.api_key, studio.page = key, page
    if arguments.review:
        studio.reviewer = get_reviewer(arguments.review)
    return studio


INSTALL = "pip install starlette uvicorn python-multipart"


def free_port(host: str, port: int | None) -> socket.socket:
    """Return a listening socket on a port, or on the first that is free from 7860 on. Raises `RenderError`."""
    tried = [port] if port is not None else range(PORT, PORT + PORTS_TRIED)
    for one in tried:
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, one))
            listener.listen(128)
            return listener
        except (OSError, OverflowError) as error:
            listener.close()
            reason = error
    raise RenderError(f"cannot listen on {host}, port {port or f'{PORT} to {PORT + PORTS_TRIED - 1}'}: {reason}")


def _gallery() -> Path:
    from platformdirs import user_data_path

    return user_data_path("ragplan") / "studio"


def _open_later(address: str) -> None:
    time.sleep(0.5)
    webbrowser.open(address)
