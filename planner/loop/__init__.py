"""Ask, read, check, ask again: `asking.py` goes from backend to backend, `attempts.py` reads one reply.

`prompting.py` writes the messages, `thinking.py` takes a model's thinking out of its reply, `strict_json.py`,
`replies.py` and `coercion.py` read JSON, also as models write it, `box_forms.py` boxes as they write them,
`transport.py` waits and tries again, `cache.py` keeps plans, `redaction.py` masks keys and shortens texts.
"""
