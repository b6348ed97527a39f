"""The small FLUX that ships with ragplan: what it draws, its pictures, how it was trained and how it is measured.

`weights/` is a `FluxPipeline` folder as `save_pretrained` writes it (FLUX.1's architecture at 1/1,500 of its size),
`sprites.png` the pictures it learned from (Fluent Emoji, MIT, see NOTICE). Read in this order: `catalogue.py`,
`colours.py` and `grounds.py` (what there is, by name), `card.py` (what stands for everything else), `wording.py` (what
the model is told of a plan), `drawings.py` and `render_sprites.py` (SVG → sprites.png), `pictures.py` and `scenes.py`
(pictures to learn from, and what is said of them), `text.py` (the text encoders), `autoencoder.py`, `train.py`
and `cpu.py` (the two trainings), `sprite_reader.py` (looks at pictures while they are mended),
`recogniser.py`, `measure.py`, `measure_repaint.py` and `evaluation_images.py` (what the trained model draws right),
`sheet.py` (to be looked at).
"""
