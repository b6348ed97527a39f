"""English, read from a dependency parse: what things a sentence names, how many, where, and how they relate.

`sentence.py` is the door. In order: `parsing/` (from text to parsed segments), `reading/` (from these to a scene),
`rules.py` (ties the knot: the four rules that files of `reading/` need before they come, because nouns have clauses).
"""
