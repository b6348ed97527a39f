"""What is known of English words, as data: whoever reads, writes, lays out or checks asks here.

`words.py` and `verb_words.py` are word lists of closed classes, `forms.py` makes and undoes plurals and participles,
`relations.py` is the one table of relation words, `kinds.py` knows how large things are and how they stand.
"""
