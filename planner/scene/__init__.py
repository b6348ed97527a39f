"""What a sentence says, without coordinates (`scene.py`), and how that becomes rows, cells and boxes (`arrange.py`).

`composition.py` says what stands beside, on and around what, as a tree (`tree.py`); `root_places.py` and `panels.py`
where its parts go on the canvas. `sizes.py` knows how large things are drawn beside each other, `boxes.py`,
`overlaps.py` and `rects.py` where their boxes lie. `describing.py` writes the cells' prompts.
"""
