"""Each benchmark's rule on a plan's boxes and prompts.

In order: `judging.py` (what the rules look at and answer: a layout, a verdict), `naming.py` (which thing an object is,
by each suite's rule), `places.py` (where one box lies from another), `numbers.py` (too many, too few), `attributes.py`
and `relations.py` (the rules about them), `rules.py` (all rules by name).
"""
