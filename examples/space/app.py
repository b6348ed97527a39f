"""The studio as a hosted demo: its page and routes on `gradio.Server`, for hosts that run Gradio apps.

    pip install -r requirements.txt && python app.py

The page is at /; painting is also one function of Gradio's API, `gradio_client.Client(URL).predict("a cat", "/paint")`.
"""

import os
from pathlib import Path

import gradio
from fastapi.responses import RedirectResponse

from generator.studio.album import Album
from generator.studio.server import application
from generator.studio.shared import Studio
from generator.studio.uploads import Uploads
from generator.studio.work import Painters
from planner import Planner

MODEL = os.environ.get("RAGPLAN_MODEL", "embedded")
FOLDER = Path(os.environ.get("RAGPLAN_GALLERY", "pictures"))

painters = Painters((MODEL,))
studio = Studio(painters, Album(FOLDER), Uploads(FOLDER / "uploads"), {"rules": Planner("rules")})
server = gradio.Server(title="ragplan")
server.mount("/studio", application(studio, hosts=("*",), frames=("https://huggingface.co",)))


@server.get("/")
def home() -> RedirectResponse:
    """The page."""
    return RedirectResponse("studio/")


@server.api(name="paint")
def paint(sentence: str) -> str:
    """Plan and paint a sentence; returns the path of a PNG with its recipe."""
    result = painters.get().paint(sentence)
    return str(result.save(FOLDER / "api.png", overwrite=False))


if __name__ == "__main__":
    server.launch(server_name="0.0.0.0", server_port=int(os.environ.get("PORT", "7860")))
