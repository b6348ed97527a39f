"""What a picture costs, computed without torch.

What a model and a pass of it cost stands with its family (`generator/families/model_size.py`). In order: `control.py`
and `adapters.py` (what acts beside it), `estimate.py` (all of a picture); then `machine.py` (what this computer has; it
asks torch), `fitting.py` (whether a picture fits it) and `full_memory.py` (what to say where it did not).
"""
