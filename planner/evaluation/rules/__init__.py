"""Each benchmark's rule on a plan's boxes: `rules.py` lists them, the others are what they are made of."""
