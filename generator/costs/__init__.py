"""What a picture costs, computed without torch.

In order: `model_size.py` (a model and a pass of it), `control.py` and `adapters.py` (what acts beside it),
`estimate.py` (all of a picture); then `machine.py` (what this computer has; it asks torch) and `fitting.py` (whether a
picture fits it).
"""
