"""One sentence → one picture, with the plan beside it."""

from generator import plan_and_generate

result = plan_and_generate("a cat above a blue car and a tree", seed=4)
for item in result.plan.objects:
    print(item.prompt, item.box)
print(result.save("one_sentence.png"))
