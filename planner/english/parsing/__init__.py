"""From text to parsed segments.

`other_tools.py`, `languages.py`, `panels.py` and `tellings.py` (several pictures in one) look at the whole request,
`rewording.py` says it in one way of writing; `places.py` (places on the canvas), `phrases.py` (other fixed expressions
of place), `amounts.py` (numbers in several words), `expanding.py` (lists that leave the noun out) and `pieces.py`
(words and signs) cut it into segments, in which one word stands for each fixed expression; `parser.py` is spaCy,
`tagging.py`, `hidden_verbs.py` and `heads.py` mend its mistakes, `nouns.py` reads noun phrases.
"""
