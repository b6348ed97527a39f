"""What a sentence says: things, how many, how they relate, where they stand. No coordinates yet.

A scene is what `sentence.py` reads from English and what `arrange.py` turns into rows, cells and boxes. A
small language model can fill one as well: every field is words and counts, nothing is a coordinate (a panel's
share of the canvas is said: "the left third"). What must be seen is an item; what is not sure to be a thing is
words: of an item (`doing`), of the whole picture (`background`, `clauses`, `style`) or of a panel.
Items are named by their index in `Scene.items`, panels by theirs in `Scene.panels`.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from planner.lexicon import forms, kinds
from planner.lexicon.relations import Axis as Axis  # also known from here
from planner.lexicon.relations import RelationKind as RelationKind

Size = Literal["tiny", "small", "normal", "large", "huge"]
Formation = Literal["x", "y", "grid", "circle"]
# How a count is meant: "four", "trees" (the fewest that make a plural), "no more than four".
Limit = Literal["exact", "least", "most"]
Depth = Literal["foreground", "middle", "background"]

_NO_STUFF: Final = (
    r"(?:on|in|at|by|with|and|or|but|for|to|from|of|under|over|above|beside|behind|near|that|which|[a-z]+ing)\b"
)
_MADE_OF: Final = re.compile(rf"(?:[a-z]+ing )?(?P<made>made of (?:(?!{_NO_STUFF})[\w-]+ ?){{1,3}})")

NUMBER_WORDS: Final = tuple(
    "no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Place:
    """A stated position on the canvas; None where the sentence leaves an axis open.

    `column`: 0 the left edge, 0.5 the middle, 1 the right edge. `row`: 0 the top, 0.5 the middle, 1 the bottom;
    numbered rows ("second shelf") and panels are 0.01, 0.02, … (`ordinal`), so that they sort between the edges.
    """

    column: float | None = None
    row: float | None = None

    @property
    def is_center(self) -> bool:
        """True for "in the middle", which says nothing about an axis that nothing else uses."""
        return self.column == 0.5 and self.row == 0.5

    @property
    def is_edge(self) -> bool:
        """True for a side or a corner of the canvas, and for no row or panel by its number."""
        numbered = ordinal(self.column) is not None or ordinal(self.row) is not None
        return not numbered and not {self.column, self.row}.isdisjoint((0.0, 1.0))


ANYWHERE: Final = Place()


def ordinal(position: float | None) -> int | None:
    """Return which row or panel a position on an axis counts, the first is 1; None for one that is no number."""
    return round(position * 100) if position is not None and 0 < position < 0.1 else None


@dataclass(frozen=True)
class Item:
    """Things of one kind: "three red apples" is one item with count 3.

    `name` is the singular head noun with its compound ("fire hydrant"), `description` the singular phrase
    without article ("old red fire hydrant"), `plural` the phrase as said for more than one ("red apples"),
    `doing` what follows the noun without a box of its own ("sitting on the grass").

    `limit` says how `count` is meant. `formation` is how several stand: in a line along "x" or "y", in a "grid" of
    `lines` rows (0: not said how many), in a "circle". `place` is in the whole canvas, or in panel number `panel`.
    `depth` is a stated "in the foreground", "in the background". Items of one `group` number were named together
    ("three cats, one of them black" is two items) and stand together. `denied` are attributes that the things must
    not have ("a cat that is not black").
    """

    name: str
    description: str
    count: int = 1
    plural: str = ""
    doing: str = ""
    size: Size = "normal"
    place: Place = ANYWHERE
    formation: Formation | None = None
    article: bool = True
    lines: int = 0
    limit: Limit = "exact"
    panel: int | None = None
    depth: Depth | None = None
    group: int | None = None
    denied: tuple[str, ...] = ()

    @property
    def prompt(self) -> str:
        """The short prompt of one of the things, with what it is made of: "a red apple", "a castle made of sand"."""
        made = _MADE_OF.match(self.doing)
        return f"{self._named} {made['made'].strip()}" if made else self._named

    @property
    def is_bare(self) -> bool:
        """Tell whether it is called by no more than a name, as persons are: "Nina"."""
        return not self.article and self.description[:1].isupper() and kinds.known_kind_of(self.name) is None

    @property
    def _named(self) -> str:
        return forms.with_article(self.description) if self.article else self.description

    def phrase(self, count: int | None = None) -> str:
        """Name the things with their number and what they do: "three red apples lying on the grass"."""
        count = self.count if count is None else count
        if count == 1:
            noun = self._named
        else:
            number = NUMBER_WORDS[count] if count < len(NUMBER_WORDS) else str(count)
            noun = f"{number} {self.plural or self.description}"
        return f"{noun} {self.doing}".strip()


@dataclass(frozen=True)
class Relation:
    """`subjects` stand in `kind` to `objects` ("between" has two objects, or one of count 2 or more).

    `words` is how the sentence says it ("on top of"), for the cell prompts; `loose`: it was said with no more
    than "with".
    """

    kind: RelationKind
    subjects: tuple[int, ...]
    objects: tuple[int, ...]
    words: str = ""
    loose: bool = False


@dataclass(frozen=True)
class Order:
    """Items in a line: along "x" from left to right, along "y" from top to bottom."""

    axis: Axis
    items: tuple[int, ...]


@dataclass(frozen=True)
class Comparison:
    """Item `larger` is bigger than item `smaller`, or, along "y", taller."""

    larger: int
    smaller: int
    axis: Axis | None = None


@dataclass(frozen=True)
class Panel:
    """A part of the canvas with a scene of its own: "the left half is a snowy forest", a frame of a comic.

    `words` is its scenery and its clauses ("a snowy forest"), for the prompts of its cells. The four numbers are
    its share of the canvas from the top left, in fractions. Items say by `Item.panel` that they stand in it.
    """

    words: str
    x: float = 0.0
    y: float = 0.0
    width: float = 1.0
    height: float = 1.0


@dataclass(frozen=True)
class Text:
    """Letters to be read in the picture, as written; on item number `item`, None where no thing bears them.

    `item` may be an item that is nothing but the letters (a headline). The item's words name them already.
    """

    words: str
    item: int | None = None


@dataclass(frozen=True)
class Scene:
    """Everything a sentence says about its picture.

    `background` ("on the beach") and `style` ("in watercolor style, 85mm, golden hour") go into prompts and get no
    box; `clauses` are parts of the sentence in which no thing is sure: prompt text as they stand. `absent`
    names what must not be there; `notes` says in sentences what was assumed or left out. What stands in no panel
    of a scene with panels belongs to the whole picture.
    """

    sentence: str
    items: tuple[Item, ...] = ()
    relations: tuple[Relation, ...] = ()
    orders: tuple[Order, ...] = ()
    background: str = ""
    style: str = ""
    absent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    panels: tuple[Panel, ...] = ()
    texts: tuple[Text, ...] = ()
    clauses: tuple[str, ...] = ()
