"""The backend for OpenAI and every server that speaks its protocol, more or less, through the official SDK.

What a server can do is found out by asking. Read `backend.py` first; `connection.py` knows keys, URLs and limits of
time and size, `dialect.py` what a server understands (`strict_schema.py` is the strictest form of a schema),
`answers.py` reads what it says, `failures.py` what it refuses, `errors.py` has our own errors.
"""

from planner.backends.openai.backend import DEFAULT_LLM, OpenAIBackend

__all__ = ["DEFAULT_LLM", "OpenAIBackend"]
