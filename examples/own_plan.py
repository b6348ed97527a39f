"""A plan written by hand: checked, drawn as a layout, and painted."""

from generator import RenderSettings, generate
from planner import Box, Cell, ObjectBox, Plan, Row
from planner.checks import check_plan
from planner.drawing import draw_plan

plan = Plan(
    prompt="an owl over a house and a tree",
    rows=(
        Row(1, (Cell(1, "an owl in the evening sky"),)),
        Row(1, (Cell(1, "a small house with a red roof"), Cell(1, "a round green tree"))),
    ),
    objects=(
        ObjectBox("an owl", Box(0.3125, 0.03125, 0.4375, 0.4375)),
        ObjectBox("a house", Box(0.03125, 0.53125, 0.4375, 0.4375)),
        ObjectBox("a tree", Box(0.53125, 0.53125, 0.4375, 0.4375)),
    ),
)
settings = RenderSettings.for_model("embedded", seed=2)
for complaint in check_plan(plan, width=settings.width, height=settings.height):
    print(complaint.severity, complaint.path, complaint.message)
draw_plan(plan, width=512, height=512).save("own_plan_layout.png")
generate(plan, settings).save("own_plan.png")
print("own_plan_layout.png", "own_plan.png")
