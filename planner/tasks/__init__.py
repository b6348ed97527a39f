"""What a model may be asked, each with a prompt, a JSON Schema and a reader of replies: `tasks.py` lists them,
`schema.py` has that of plans. `backend.py` says what whoever is asked must be: a request, a reply, capabilities.

`layout.py`: inventory, then cells and boxes. `scene.py`: words and counts for a small model, with `grammar.py` and
`copying.py` for what its tokens may say. `repaint.py`: new prompts of a picture that changes, with `changes.py`,
`rewriting.py` for those that no model writes; `which_object.py` says which object of a plan words or a region mean.
`sentences.py` reads what a reply is held against, `correcting.py` puts its words right, `rearranging.py` lays out anew
what a reply lists.
"""
