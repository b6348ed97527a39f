"""What a sentence says: things, how many, how they relate, where they stand. No coordinates yet.

A scene is what `sentence.py` reads from English and what `arrange.py` turns into rows, cells and boxes. A
small language model can fill one as well: every field is words and counts, nothing is a coordinate.
Items are named by their index in `Scene.items`.
"""

from dataclasses import dataclass
from typing import Final, Literal

from planner.english import forms

RelationKind = Literal[
    "left_of", "right_of", "above", "below", "on", "under", "next_to", "between", "in_front_of", "behind",
    "inside", "around", "holding", "wearing", "riding",
]  # fmt: skip
Size = Literal["tiny", "small", "normal", "large", "huge"]
Axis = Literal["x", "y"]

NUMBER_WORDS: Final = tuple(
    "no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Place:
    """A stated position on the canvas; None where the sentence leaves an axis open.

    `column`: 0 the left edge, 0.5 the middle, 1 the right edge. `row`: 0 the top, 0.5 the middle, 1 the bottom;
    numbered rows ("second shelf") are 0.01, 0.02, … so that they sort between "top" and "bottom".
    """

    column: float | None = None
    row: float | None = None

    @property
    def is_center(self) -> bool:
        """True for "in the middle", which says nothing about an axis that nothing else uses."""
        return self.column == 0.5 and self.row == 0.5


ANYWHERE: Final = Place()


@dataclass(frozen=True)
class Item:
    """Things of one kind: "three red apples" is one item with count 3.

    `name` is the singular head noun with its compound ("fire hydrant"), `description` the singular phrase
    without article ("old red fire hydrant"), `plural` the phrase as said for more than one ("red apples"),
    `doing` what follows the noun without a box of its own ("sitting on the grass").
    """

    name: str
    description: str
    count: int = 1
    plural: str = ""
    doing: str = ""
    size: Size = "normal"
    place: Place = ANYWHERE
    formation: Axis | None = None
    article: bool = True

    @property
    def prompt(self) -> str:
        """The short prompt of one of the things: "a red apple"."""
        return forms.with_article(self.description) if self.article else self.description

    def phrase(self, count: int | None = None) -> str:
        """Name the things with their number and what they do: "three red apples lying on the grass"."""
        count = self.count if count is None else count
        if count == 1:
            noun = self.prompt
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
class Scene:
    """Everything a sentence says about its picture.

    `background` ("on the beach") and `style` ("in watercolor style") go into prompts and get no box; `absent`
    names what must not be there; `notes` says in sentences what was assumed or left out.
    """

    sentence: str
    items: tuple[Item, ...] = ()
    relations: tuple[Relation, ...] = ()
    orders: tuple[Order, ...] = ()
    background: str = ""
    style: str = ""
    absent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
