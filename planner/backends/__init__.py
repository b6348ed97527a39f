"""Who is asked for plans. What a backend is stands in `planner/tasks/backend.py`; its names are given here, too.

In order: `registry.py` (backends by name, those of other packages too, and chains of them), `rules.py`, `openai/` (any
server with its protocol), `local.py` (asks a model on this machine), `local_model.py` (that model, held to the schema
token by token), `local_source.py` (where it is loaded from), `scripted.py` (given answers, for tests).
"""

from planner.backends.registry import BackendInfo, backend_names, describe_backends, get_backend, get_backends
from planner.tasks.backend import Backend, Capabilities, Message, Original, Reply, Request, Usage

__all__ = [
    "Backend",
    "BackendInfo",
    "Capabilities",
    "Message",
    "Original",
    "Reply",
    "Request",
    "Usage",
    "backend_names",
    "describe_backends",
    "get_backend",
    "get_backends",
]
