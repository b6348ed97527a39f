"""A composition's tree: things, and which stands beside, above or over which. No coordinates."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from planner.scene.scene import Axis

OverlapKind = Literal["in_front_of", "inside", "enclosed", "ring", "holding", "wearing", "riding", "under"]


@dataclass(frozen=True)
class Leaf:
    """`count` things of item number `item`; `in_row`: they stand on something, so not above each other."""

    item: int
    count: int
    in_row: bool = False


@dataclass(frozen=True)
class Gap:
    """Room left free, so that something else stands at the side."""


@dataclass(frozen=True)
class PanelNode:
    """Panel number `panel` of the scene with what stands in it, if anything; `width` and `height` as it says."""

    panel: int
    width: float
    height: float
    inner: "Node | None" = None


@dataclass(frozen=True)
class Line:
    """Parts from left to right ("x") or from top to bottom ("y"); `touching`: each rests on the next.

    `placed`: the sentence says where on the canvas its parts are, so that none may take most of it. `wraps`: its parts
    have nothing to do with each other and may stand in several rows.
    """

    axis: Axis
    parts: "tuple[Node, ...]"
    touching: bool = False
    placed: bool = False
    wraps: bool = False


@dataclass(frozen=True)
class Overlap:
    """Two parts that share their room, `first` in front ("ring": around `second`)."""

    kind: OverlapKind
    first: "Node"
    second: "Node"


Node = Leaf | Gap | PanelNode | Line | Overlap


def leaves(node: Node) -> Iterator[Leaf]:
    """Go through the things of a tree from left to right and top to bottom."""
    if isinstance(node, Leaf):
        yield node
    else:
        for part in parts_of(node):
            yield from leaves(part)


def items_of(node: Node) -> frozenset[int]:
    """The numbers of the items in a tree."""
    return frozenset(leaf.item for leaf in leaves(node))


def exchange(node: Node, old: Node, new: Node) -> Node:
    """Give the tree with `old` (found by identity) replaced."""
    if node is old:
        return new
    if isinstance(node, Line):
        parts = tuple(exchange(part, old, new) for part in node.parts)
        return node if all(a is b for a, b in zip(parts, node.parts, strict=True)) else replace(node, parts=parts)
    if isinstance(node, Overlap):
        first, second = exchange(node.first, old, new), exchange(node.second, old, new)
        same = first is node.first and second is node.second
        return node if same else replace(node, first=first, second=second)
    return node


def path_to(node: Node, items: frozenset[int]) -> list[Node]:
    """The way from the root down to the smallest part that holds all the items."""
    path = [node]
    while True:
        inner = [part for part in parts_of(path[-1]) if items <= items_of(part)]
        if not inner:
            return path
        path.append(inner[0])


def parts_of(node: Node) -> tuple[Node, ...]:
    """Give what a tree is made of, one step down."""
    if isinstance(node, Line):
        return node.parts
    if isinstance(node, PanelNode):
        return () if node.inner is None else (node.inner,)
    return (node.first, node.second) if isinstance(node, Overlap) else ()
