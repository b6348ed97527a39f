"""From recipes to pictures with a model that is loaded: looked at before, painted, watched, one or many.

In order: `sources.py` (what a picture is painted from), `checks.py` (what is wrong before anything is loaded),
`loading.py` (`load_pipeline`: from a checkpoint to a pipeline on a device), `painter.py` (a loaded model), `beside.py`
(a plan made while the libraries load), `preview.py` (what a picture will look like, step by step), `batch.py` (several
pictures), `comparing.py` (one plan on several models), `failures.py` (why one was not made).
"""
