"""Edits of a plan: one object added, moved, renamed or removed, by a call or by words.

`edits.py` has the edits, `cutting.py` the cells that follow them, `texts.py` what they do to prompts, `boxes.py` where
there is room and where a moved box goes, `new_things.py` reads "two hats on the penguin" (how many, where, how it is
said), `sentences.py` reads "move the penguin up". No model is asked.
"""

from planner.editing.edits import add_object, move_object, remove_object, rename_object
from planner.editing.sentences import Edited, edit_by_words

__all__ = ["Edited", "add_object", "edit_by_words", "move_object", "remove_object", "rename_object"]
