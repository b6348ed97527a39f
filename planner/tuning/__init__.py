"""How the adapter for the small local model was made: sentences with known scenes, and the training.

In order: `phrases.py` (things and their words), `templates.py` (sentences made of them), `captions.py` (as many as
are wanted, at random, with the scenes that they describe), `train.py`.
"""
