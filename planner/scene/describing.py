"""What is said of a cell: everything in it, how it relates, where it is and in which style."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from planner.plan.limits import MAX_CELL_PROMPT_CHARACTERS
from planner.scene.scene import Scene
from planner.scene.tree import Node, PanelNode, leaves, parts_of

EMPTY: Final = "plain background"


@dataclass(frozen=True)
class Describer:
    """Writes the prompts of a scene's cells."""

    scene: Scene

    def describe(self, node: Node) -> str:
        """Say everything that is in a part of the composition."""
        counts: dict[int, int] = {}
        for leaf in leaves(node):
            counts[leaf.item] = counts.get(leaf.item, 0) + leaf.count
        panels = [self.scene.panels[index].words for index in _panels(node)]
        said = [*(words for words in panels if words), *([self._sentences(counts)] if counts else [])]
        around = ", ".join(part for part in (self.scene.background, *self.scene.clauses) if part)
        text = ", ".join(said)
        text = f"{text} {around}".strip() if counts else text or around or EMPTY
        return brief(", ".join(part for part in (text, self.scene.style) if part), MAX_CELL_PROMPT_CHARACTERS)

    def _sentences(self, counts: dict[int, int]) -> str:
        told: set[int] = set()
        texts: list[str] = []
        for relation in self.scene.relations:
            subjects = [i for i in relation.subjects if i in counts]
            objects = [i for i in relation.objects if i in counts]
            if not subjects or not objects or (told >= {*subjects, *objects}):
                continue
            tail = f"{relation.words} {self._list(objects, counts, told)}"
            if set(subjects) <= told and texts:
                texts[-1] += f", {tail}"
            else:
                texts.append(f"{self._list(subjects, counts, told)} {tail}")
            told |= {*subjects, *objects}
        rest = [i for i in counts if i not in told]
        if rest:
            texts.append(self._list(rest, counts, told))
        return _joined(texts)

    def _list(self, indices: list[int], counts: dict[int, int], told: set[int]) -> str:
        items = self.scene.items
        return _joined([f"the {items[i].name}" if i in told else items[i].phrase(counts[i]) for i in indices])


def _panels(node: Node) -> Iterable[int]:
    if isinstance(node, PanelNode):
        yield node.panel
    for part in parts_of(node):
        yield from _panels(part)


def _joined(texts: list[str]) -> str:
    return " and ".join([*([", ".join(texts[:-1])] if len(texts) > 1 else []), *texts[-1:]])


def brief(prompt: str, longest: int) -> str:
    """Cut a prompt at a word's end (the text encoders read far less), without the release's separator BREAK."""
    prompt = prompt.replace("BREAK", "break")
    if len(prompt) <= longest:
        return prompt
    cut = prompt[: longest - 1]
    return (cut.rpartition(" ")[0] or cut) + "…"
