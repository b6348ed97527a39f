"""From parsed segments to a scene.

`state.py` is the reader's memory, `things.py` the things in it. `segments.py` reads segments that their form tells;
for the others `fragments.py` reads noun phrases, `clauses.py` verbs and `attaching.py` prepositions, with
`mentioning.py` and `referring.py` (which thing is meant), `leading.py` (what a clause is about), `belonging.py`,
`settings.py`, `pictures.py`, `lettering.py` (kinds of nouns) and `predicates.py`, `objects.py`, `requests.py` (kinds
of verbs). `scenes.py` freezes it all, `moments.py` once for each of several times.
"""
