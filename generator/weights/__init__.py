"""What weights need to be loaded: where they are, where they go, in how many bits, and which packages.

In order: `hub.py` (models and files by name, on this disk or fetched), `downloads.py` (what is fetched, told in bytes),
`configs.py` (values that cannot be meant), `devices.py` (where to, in which numbers), `quantizing.py` (fewer bits),
`packages.py` (what must be installed), `libraries.py` (kept silent, imported quickly, out of memory).
"""
