"""Panels: a picture of several scenes side by side or above each other, as one tree."""

from collections.abc import Sequence

from planner.scene.root_places import place_of, place_roots
from planner.scene.scene import Axis, Item, Panel, Place, Scene
from planner.scene.tree import Line, Node, PanelNode, items_of

TOLERANCE = 1e-3  # of the canvas, for edges that are the same
_Shared = tuple[Panel, Node]


def join_panels(scene: Scene, roots: list[Node]) -> Node:
    """Put every tree into the panel of its things, the panels as they share the canvas, and the rest around them."""
    homes = [_home(root, scene.items) for root in roots]
    nodes: list[_Shared] = []
    for index, panel in enumerate(scene.panels):
        own = [root for root, home in zip(roots, homes, strict=True) if home == index]
        inner = place_roots(own, scene.items) if own else None
        nodes.append((panel, PanelNode(index, panel.width, panel.height, inner)))
    outside = [root for root, home in zip(roots, homes, strict=True) if home is None]
    return _with_outside(_cut(nodes), outside, scene)


def _home(root: Node, items: tuple[Item, ...]) -> int | None:
    panels = (items[index].panel for index in sorted(items_of(root)))
    return next((panel for panel in panels if panel is not None), None)


def _cut(nodes: Sequence[_Shared]) -> Node:
    """Cut the canvas between panels, across or down, wherever no panel is in the way; overlapping ones make one row."""
    if len(nodes) == 1:
        return nodes[0][1]
    axes: tuple[Axis, Axis] = ("y", "x")
    for axis in axes:
        groups = _slices(nodes, axis)
        if len(groups) > 1:
            return Line(axis, tuple(_cut(group) for group in groups))
    return Line("x", tuple(node for _, node in nodes))


def _slices(nodes: Sequence[_Shared], axis: Axis) -> list[list[_Shared]]:
    groups: list[list[_Shared]] = []
    end = -1.0
    for panel, node in sorted(nodes, key=lambda pair: pair[0].y if axis == "y" else pair[0].x):
        start, size = (panel.y, panel.height) if axis == "y" else (panel.x, panel.width)
        if groups and start < end - TOLERANCE:
            groups[-1].append((panel, node))
        else:
            groups.append([(panel, node)])
        end = max(end, start + size)
    return groups


def _with_outside(grid: Node, outside: Sequence[Node], scene: Scene) -> Node:
    """What belongs to the whole picture stands above the panels, below them, or between those of one row."""
    above, within, below = list[Node](), list[tuple[float, Node]](), list[Node]()
    for root in outside:
        place = place_of(root, scene.items)
        if place.column is not None and (place.row is None or place.is_center) and _is_row(grid):
            within.append((place.column, root))
        elif place.row is not None and place != Place(0.5, 0.5) and place.row < 0.5:
            above.append(root)
        else:
            below.append(root)
    if within:
        grid = _inserted(grid, within, scene)
    rows = [*_as_row(above), grid, *_as_row(below)]
    return Line("y", tuple(rows)) if len(rows) > 1 else grid


def _is_row(grid: Node) -> bool:
    return isinstance(grid, Line) and grid.axis == "x"


def _inserted(grid: Node, within: Sequence[tuple[float, Node]], scene: Scene) -> Node:
    """Put things between the panels of a row, by the middle of each panel."""
    assert isinstance(grid, Line)
    middles = [(_middle(part, scene), 0, part) for part in grid.parts]
    ordered = sorted([*middles, *((column, 1, root) for column, root in within)], key=lambda entry: entry[:2])
    return Line("x", tuple(node for _, _, node in ordered))


def _middle(part: Node, scene: Scene) -> float:
    if not isinstance(part, PanelNode):
        return 0.5
    panel = scene.panels[part.panel]
    return panel.x + panel.width / 2


def _as_row(roots: Sequence[Node]) -> list[Node]:
    return [Line("x", tuple(roots)) if len(roots) > 1 else roots[0]] if roots else []
