"""What acts on a pass beside the plan: reference pictures (Redux, IP-Adapter, PuLID), ControlNets, objects' LoRAs.

In order: `checkpoint.py` (files of weights and of what was made of pictures), `lora_files.py` (LoRAs), `loaders.py`
(what `pipe.load_ip_adapter`, `pipe.load_pulid` and the like put into a pipeline); `references.py`, `embeds.py`
(what one picture becomes), `encoding.py` (all pictures of a plan), `redux.py`, `ip_adapter.py`, `pulid.py` and
`faces.py` (one adapter each), `control_request.py`; then what acts on passes, effects (`generator.regions.effect`):
`control.py` (ControlNets), `placed_images.py` (pictures, each in its box), `lora.py` (LoRAs of objects);
`conditions.py` makes all that a plan has.
"""
