"""English, read without a model: what things a sentence names, how many, where, and how they relate.

In order: `words.py` and `verb_words.py` (word lists), `forms.py` (plural, participle), `relations.py` (the one table of
relation words), `phrases.py` (fixed expressions of place), `tokens.py`, `elements.py`, `chunks.py`, `noun_phrases.py`,
`quantities.py`, `verbs.py` (from text to elements), then the reader, floor by floor: `drafts.py`, `reading.py`,
`sharing.py`, `placing.py`, `naming.py`, `connecting.py`, `sentence.py`.
"""
