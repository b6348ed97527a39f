"""The small FLUX that ships with ragplan: what it draws, its pictures, how it was trained and how it is measured.

`weights/` is a `FluxPipeline` folder as `save_pretrained` writes it (FLUX.1's architecture at 1/1,500 of its size),
`sprites.png` the pictures it learned from (Fluent Emoji, MIT, see NOTICE). Read in this order: `catalogue` (names and
colours), `render_sprites` (SVG → sprites.png), `pictures` (captions and pictures to learn from), `autoencoder` and
`train` (the two trainings), `recogniser` and `measure` (what the trained model draws right).
"""
