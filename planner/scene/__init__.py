"""What a sentence says, without coordinates (`scene.py`), and how that becomes rows, cells and boxes (`arrange.py`).

`arrange.py` asks `tree.py` and `root_places.py` for what stands where, `composition.py` for what stands in, on and
around what, `boxes.py`, `rects.py` and `overlaps.py` for the geometry.
"""
