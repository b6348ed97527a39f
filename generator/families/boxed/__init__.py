"""Models that take boxes themselves: a plan is written as their own prompt, and their stock pipeline paints it.

`pipeline.py` (what they share), `ideogram4.py`, `flux3.py`. Nothing of `generator.regions` acts on them: no hard
binding, no soft refinement, no repaints; what asks for these is refused before anything is loaded
(`generator.families.suiting`).

To add one, write the format of its prompt in `planner.formats`, a profile with its name as `prompt_format`, a module
here with a `BoxedPipeline`, and a line in `known.FAMILIES`.
"""
