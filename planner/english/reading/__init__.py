"""From parsed segments to a scene. In order, each file needing only those before it:

- what is known: `things.py` (things and which mention means which), `state.py` (the reader's memory);
- which thing: `referring.py` ("it", "the other one"), `mentioning.py` (noun phrases), `leading.py` (subjects),
  `announcing.py` (nouns that are the sum of a list);
- what hangs on a thing: `settings.py` (scenery, words), `belonging.py` ("with", "has"), `targets.py` (nouns after
  prepositions), `attaching.py` (prepositions);
- nouns: `lettering.py` (texts), `pictures.py` (no things), `fragments.py` (a noun phrase and all that hangs on it);
- verbs: `objects.py` (their objects), `requests.py` ("draw …"), `predicates.py` ("is red"), `clauses.py`;
- the whole: `scenes.py` (freezing, several times), `segments.py` (segments that their form tells).
"""
