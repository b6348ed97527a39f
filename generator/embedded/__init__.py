"""The small FLUX that ships with ragplan: what it draws, its pictures, how it was trained and how it is measured.

`weights/` is a `FluxPipeline` folder as `save_pretrained` writes it (FLUX.1's architecture at 1/1,500 of its size),
`sprites.png` the pictures it learned from (Fluent Emoji, MIT, see NOTICE). Read in this order: `catalogue.py`
(names and colours), `card.py` (what stands for everything else), `render_sprites.py` (SVG → sprites.png), `pictures.py`
and `scenes.py` (pictures to learn from, and what is said of them), `text.py` (the text encoders), `autoencoder.py` and
`train.py` (the two trainings), `sprite_reader.py` (looks at pictures while they are mended), `recogniser.py`,
`measure.py`, `measure_repaint.py` and `evaluation_images.py` (what the trained model draws right).
"""
