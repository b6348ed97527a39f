"""Things while a sentence is being read: what is known of each so far, and which mention means which thing."""

from dataclasses import dataclass, field, replace
from typing import Final

from planner.english import forms, words
from planner.english.elements import Noun
from planner.plan.limits import MAX_OBJECTS
from planner.scene.scene import ANYWHERE, Axis, Item, Place, Size

# "apples" without a number: the fewest that make a plural.
BARE_PLURAL: Final = 2


@dataclass
class Draft:
    """One item in the making; `count` falls when "one of them" is spoken of by itself."""

    noun: Noun
    count: int
    place: Place = ANYWHERE
    depth: int = 0
    doing: list[str] = field(default_factory=list)
    adjectives: list[str] = field(default_factory=list)
    formation: Axis | None = None
    owner: int | None = None  # the thing that this one came "with"
    note: str = ""
    part: bool = False  # split off a counted item
    spent: bool = False  # a counted item all of which was spoken of one by one

    def item(self) -> Item:
        """Freeze the draft."""
        noun = self.noun
        own = [word for word in noun.modifiers if word.lower() not in words.NOBODYS]
        modifiers = " ".join([*self.adjectives, *own])
        description = f"{modifiers} {_singular_as_written(noun)}{noun.tail}".strip()
        head = noun.head if noun.plural or self.count == 1 else forms.plural(noun.head)
        plural = f"{modifiers} {head}{noun.tail}".strip()
        article = not _goes_without_article(noun)
        if noun.head.lower() in words.PAIR_NOUNS and self.count == 1:
            description = f"pair of {plural}"
        elif self.count > MAX_OBJECTS:
            description, article = f"{self.count} {plural}", False
        return Item(
            name=_name(noun),
            description=description,
            count=1 if self.count > MAX_OBJECTS else self.count,
            plural=plural if noun.plural or self.count > 1 else "",
            doing=" ".join(self.doing),
            size=_size([*self.adjectives, *noun.modifiers]),
            place=self.place,
            formation=self.formation,
            article=article,
        )


@dataclass
class Drafts:
    """All things spoken of so far, by index."""

    drafts: list[Draft] = field(default_factory=list)

    def __getitem__(self, index: int) -> Draft:
        return self.drafts[index]

    def __len__(self) -> int:
        return len(self.drafts)

    def mention(self, noun: Noun) -> int:
        """Find the thing that a noun phrase means, or begin a new one."""
        if noun.determiner in words.DEFINITE | words.SHARED and (known := self._known(noun)) is not None:
            return known
        if (noun.count == 1 and not noun.plural) or noun.determiner == "other":
            whole = self._whole_of(noun)
            if whole is not None:
                return self.split(whole, 1, noun.modifiers)
        count, note = _count(noun)
        self.drafts.append(Draft(noun, count, note=note))
        return len(self.drafts) - 1

    def split(self, index: int, number: int, adjectives: tuple[str, ...] = ()) -> int:
        """Take `number` things out of a counted item: "two cats, one on the left …"."""
        draft = self.drafts[index]
        new = [word for word in adjectives if word not in draft.noun.modifiers]
        if draft.count <= number:
            draft.adjectives += new
            draft.spent = True
            return index
        draft.count -= number
        described = [*draft.adjectives, *new]
        part = replace(draft, count=number, doing=[], adjectives=described, place=Place(), note="", part=True)
        self.drafts.append(part)
        return len(self.drafts) - 1

    def more_of(self, index: int, number: int) -> int:
        """Begin things of a kind named before: "another under it"."""
        noun = replace(self.drafts[index].noun, count=number)
        self.drafts.append(Draft(noun, number, part=True))
        return len(self.drafts) - 1

    def restate(self, part: int) -> list[int]:
        """Say the number of what `part` was split off again, by the part's; returns that."""
        whole = next(i for i, draft in enumerate(self.drafts) if draft.noun == self.drafts[part].noun)
        self.drafts[whole].count, self.drafts[part].count = self.drafts[part].count, 0
        return [whole]

    def last_counted(self) -> int | None:
        """The latest item of which there was more than one and some are not yet spoken of by themselves."""
        return next((i for i in reversed(range(len(self.drafts))) if self._is_whole(self.drafts[i])), None)

    @staticmethod
    def _is_whole(draft: Draft) -> bool:
        return (draft.noun.count or draft.count) > 1 and not draft.part and not draft.spent and draft.count > 0

    def _known(self, noun: Noun) -> int | None:
        for index in reversed(range(len(self.drafts))):
            draft = self.drafts[index]
            described = {word.lower() for word in (*draft.noun.modifiers, *draft.adjectives)}
            same = draft.noun.key == noun.key or (noun.key in described and not noun.modifiers)
            if same and {word.lower() for word in noun.modifiers} <= described:
                return index
        return None

    def _whole_of(self, noun: Noun) -> int | None:
        for index in reversed(range(len(self.drafts))):
            draft = self.drafts[index]
            if draft.noun.key == noun.key and self._is_whole(draft) and draft.noun.determiner not in ("a", "an"):
                return index
        return None


def _count(noun: Noun) -> tuple[int, str]:
    """How many things a noun phrase names, and a note where that was guessed."""
    pair = noun.head.lower() in words.PAIR_NOUNS
    if pair and (noun.count is None or noun.vague or (noun.count == 2 and noun.key in words.ALWAYS_PLURAL)):
        return 1, ""
    if noun.vague not in ("", "pair") and noun.count:
        return noun.count, f'"{noun.vague} {noun.head}" is taken as {noun.count}'
    if noun.count is not None:
        return noun.count, ""
    uncounted = noun.key in words.MASS or noun.determiner in ("a", "an", "each", "every")
    if noun.plural and not uncounted:
        return BARE_PLURAL, f'"{noun.head}" without a number is taken as {BARE_PLURAL}'
    return 1, ""


def _singular_as_written(noun: Noun) -> str:
    return noun.head if noun.key == noun.head.lower() else noun.key


def _name(noun: Noun) -> str:
    """The head with the nouns that make a compound with it: "old red fire hydrant" → "fire hydrant"."""
    compound = [noun.key]
    for word in reversed(noun.modifiers):
        low = word.lower()
        if low == "and" or low in words.ADJECTIVES or low.endswith(("ed", "y", "ly", "ful", "ous", "ing")):
            break
        compound.insert(0, low)
    return " ".join(compound)


def _size(modifiers: list[str]) -> Size:
    return next((words.SIZES[low] for word in reversed(modifiers) if (low := word.lower()) in words.SIZES), "normal")


def _goes_without_article(noun: Noun) -> bool:
    if noun.determiner in ("a", "an", "another") or noun.count is not None:
        return False
    proper = noun.head[:1].isupper() and not noun.determiner
    return noun.key in words.MASS or (proper and not noun.plural)
