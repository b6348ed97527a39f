"""From text to parsed segments.

`other_tools.py` and `languages.py` look at the whole request; `phrases.py` (fixed expressions of place), `amounts.py`
(numbers in several words), `expanding.py` (lists that leave the noun out) and `pieces.py` (words and signs) cut it into
segments, in which one word stands for each fixed expression; `parser.py` is spaCy, `tagging.py` and
`hidden_verbs.py` mend its mistakes, `nouns.py` reads noun phrases.
"""
