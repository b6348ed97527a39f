"""What a sentence says, without coordinates (`scene.py`), and how that becomes rows, cells and boxes (`arrange.py`).

`composition.py` says what stands beside, on and around what, as a tree (`tree.py`); `root_places.py` and `panels.py`
where its parts go on the canvas. `folding.py` says in words what would be a box too many. `sizes.py` knows how large
things are drawn beside each other, `boxes.py`, `overlaps.py` and `rects.py` where their boxes lie; `mending.py` moves
what is not where it should be, `cells.py` cuts cells between the boxes then. `describing.py` writes the cells' prompts.
"""
