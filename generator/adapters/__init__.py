"""What acts on a pass beside the plan: reference pictures (Redux, IP-Adapter, PuLID), ControlNets, objects' LoRAs.

In order: `checkpoint.py`, `loaders.py` (weights), `references.py`, `embeds.py`, `encoding.py`,
`prompts.py`, `conditioning.py` (pictures, whatever the adapter), `redux.py`, `ip_adapter.py` and `ip_attention.py`,
`pulid.py` and `faces.py` (one adapter each), `control.py` and `control_request.py` (ControlNets), `lora.py`.
"""
