"""From a checkpoint to a pipeline on a device.

In order: `pipelines.py` (`load_pipeline`), `quantizing.py` (fewer bits), `devices.py` (where to), `hub.py` (files
that are fetched), `packages.py` (what must be installed, and what libraries print).
"""
