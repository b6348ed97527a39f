"""One sentence → one picture, with the plan beside it."""

from pathlib import Path

from generator import plan_and_generate
from generator.recipe import save_picture

result = plan_and_generate("a cat above a blue car and a tree", seed=4)
for item in result.plan.objects:
    print(item.prompt, item.box)
print(save_picture(result.image, Path("one_sentence.png"), result.plan, result.settings))
