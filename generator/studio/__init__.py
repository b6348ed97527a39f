"""The page in the browser, and the same server as an API. Nothing here paints or plans by itself.

In order: `jobs.py` (a queue, a worker; no web), `events.py`, `album.py` (the history on disk), `uploads.py`,
`work.py` (what the worker does), `shared.py` (what the routes share), `requests.py` (what may be asked for),
`guard.py` (who may ask), `answers.py` (what is answered), `api.py` and `openai_api.py` (the routes), `openapi.py`
(their document), `server.py` (the application), `measure.py` (how quick the page is); `page/` is what the browser
gets, as it is.
"""

from generator.studio.server import create_app

__all__ = ["create_app"]
