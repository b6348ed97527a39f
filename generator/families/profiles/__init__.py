"""What each family says of itself before anything is loaded: checkpoints, defaults, what works, costs. No torch.

`checkpoint.py` reads what a model's files say, `model_size.py` counts what a transformer and a pass of it cost,
`profile.py` says what a family must say; `flux1.py`, `flux2.py`, `z_image.py`, `qwen_image.py`, `qwen_image21.py`,
`krea2.py`, `ideogram4.py` and `flux3.py` say it.
"""
