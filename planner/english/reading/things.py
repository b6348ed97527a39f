"""Things while a sentence is being read: what is known of each so far, and which mention means which thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from planner.english.parsing.nouns import Noun
from planner.lexicon import forms, words
from planner.lexicon.kinds import is_one_of, is_person
from planner.plan.limits import MAX_OBJECTS
from planner.scene.scene import ANYWHERE, Depth, Formation, Item, Limit, Place, Size

# "apples" without a number: the fewest that make a plural.
BARE_PLURAL: Final = 2


@dataclass
class Draft:
    """One item in the making; `count` falls when "one of them" is spoken of by itself."""

    noun: Noun
    count: int
    place: Place = ANYWHERE
    depth: Depth | None = None
    doing: list[str] = field(default_factory=list)
    adjectives: list[str] = field(default_factory=list)
    formation: Formation | None = None
    lines: int = 0
    called: str = ""  # "a monster called Grum"
    owner: int | None = None  # the thing that this one came "with"
    note: str = ""
    limit: Limit = "exact"
    group: int | None = None
    person: str = ""  # "he" or "she", where it was said of it
    part: bool = False  # split off a counted item
    denied: list[str] = field(default_factory=list)
    fixed: str = ""  # the whole prompt of a thing without a name of its own

    def item(self) -> Item:
        """Freeze the draft."""
        noun = self.noun
        own = [word for word in noun.modifiers if word.lower() not in words.NOBODYS | {"same", "own", "very"}]
        modifiers = " ".join([*self.adjectives, *own])
        description = f"{modifiers} {_singular_as_written(noun)}{noun.tail}".strip()
        head = noun.head if noun.plural or self.count == 1 else forms.plural(noun.head)
        plural = f"{modifiers} {head}{noun.tail}".strip()
        article = not _goes_without_article(noun)
        if noun.head.lower() in words.PAIR_NOUNS and self.count == 1:
            description = f"pair of {plural}"
        elif self.count > MAX_OBJECTS:
            description, article = f"{self.count} {plural}", False
        if self.fixed:
            description, article = self.fixed, False
        elif noun.proper and noun.determiner == "the":
            description, article = f"the {description}", False
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
            lines=self.lines,
            limit=self.limit,
            depth=self.depth,
            group=self.group,
            denied=tuple(self.denied),
        )


@dataclass
class Things:
    """All things spoken of so far, by index."""

    drafts: list[Draft] = field(default_factory=list)

    def __getitem__(self, index: int) -> Draft:
        return self.drafts[index]

    def __len__(self) -> int:
        return len(self.drafts)

    def mention(self, noun: Noun, *, again: bool = True) -> int:
        """Find the thing that a noun phrase means, or begin a new one; `again`: it may be one named before."""
        if not again:
            return self.add(noun)
        known = self.known(noun)
        if known is not None and noun.determiner in words.DEFINITE | words.SHARED | {"both"}:
            whole = self.drafts[known].noun
            one = not noun.plural and noun.determiner not in ("both", "all", "each", "every")
            named = whole.key == noun.key or is_one_of(whole.key, noun.key)
            if one and self.is_whole(known) and named and whole.plural:
                return self.split(known, 1, tuple(word for word in noun.modifiers if not words.is_choice(word)))
            return known
        if noun.determiner == "the" and noun.key in words.ROLES and (several := self.last_counted()) is not None:
            return self.split(several, 1)
        if known is not None and noun.determiner in ("other", "another"):
            return self.more_of(known, noun)
        if known is not None and (noun.count or 0) > 1 and not noun.vague:
            draft = self.drafts[known]
            if draft.limit == "least" and draft.noun.count is None:
                draft.count, draft.limit, draft.note = noun.count or 1, "exact", ""
                return known
        if noun.count == 1 and not noun.plural and (several := self._whole_of(noun)) is not None:
            return self.split(several, 1, noun.modifiers)
        return self.add(noun)

    def add(self, noun: Noun) -> int:
        """Begin a new thing."""
        count, note, limit = _count(noun)
        self.drafts.append(Draft(noun, count, note=note, limit=limit))
        return len(self.drafts) - 1

    def split(self, index: int, number: int, adjectives: tuple[str, ...] = ()) -> int:
        """Take `number` things out of a counted item: "two cats, one on the left …"."""
        draft = self.drafts[index]
        if draft.group is None:
            draft.group = index
        new = [word for word in adjectives if word not in draft.noun.modifiers]
        if draft.count <= number:
            draft.adjectives += new
            draft.part = True
            return index
        draft.count -= number
        described = [*draft.adjectives, *new]
        part = replace(
            draft, count=number, doing=list(draft.doing), adjectives=described, note="", part=True,
            denied=list(draft.denied),
        )  # fmt: skip
        self.drafts.append(part)
        return len(self.drafts) - 1

    def more_of(self, index: int, noun: Noun) -> int:
        """Begin things of a kind named before: "another cat", "two others"."""
        kind = self.drafts[index].noun
        number = noun.count or (BARE_PLURAL if noun.plural else 1)
        kept = tuple(word for word in kind.modifiers if word.lower() not in words.ADJECTIVES)
        modifiers = noun.modifiers or (kept if noun.key != kind.key else ())
        self.drafts.append(Draft(replace(kind, count=number, modifiers=modifiers), number))
        return len(self.drafts) - 1

    def last_counted(self, but: Sequence[int] = ()) -> int | None:
        """The latest item of which there was more than one and some are not yet spoken of by themselves."""
        whole = [i for i in reversed(range(len(self.drafts))) if self.is_whole(i) and i not in but]
        return next((i for i in whole if self.drafts[i].owner is None), next(iter(whole), None))

    def is_whole(self, index: int) -> bool:
        """Tell whether single things can be taken out of an item."""
        draft = self.drafts[index]
        grouped = draft.group == index and draft.count > 0 and not draft.part
        return (draft.count > 1 and not draft.part) or grouped

    def known(self, noun: Noun) -> int | None:
        """The latest thing that a definite noun phrase can mean: the bench, of a workbench; the car, of a taxi."""
        whole = noun.determiner == "" and noun.modifiers in (("whole",), ("entire",))  # "our bread: whole loaf behind"
        definite = whole or (noun.determiner in ("the", "this", "that") and len(noun.key) > 2 and not noun.modifiers)
        for index in reversed(range(len(self.drafts))):
            draft = self.drafts[index]
            if draft.count == 0:
                continue
            called = (draft.called, forms.singular(draft.called))
            described = {word.lower() for word in (*draft.noun.modifiers, *draft.adjectives, *called)}
            same = draft.noun.key == noun.key or (noun.key in described and not noun.modifiers)
            same = same or (bool(draft.noun.tail) and noun.key in draft.noun.tail.split() and not noun.modifiers)
            same = same or (definite and (_ends_so(draft.noun.key, noun.key) or is_one_of(draft.noun.key, noun.key)))
            if same and {word.lower() for word in noun.modifiers if not words.is_choice(word)} <= described:
                return index
        return None

    def _whole_of(self, noun: Noun) -> int | None:
        for index in reversed(range(len(self.drafts))):
            draft = self.drafts[index]
            same = draft.noun.key == noun.key or is_one_of(draft.noun.key, noun.key)
            if same and self.is_whole(index) and draft.noun.determiner not in ("a", "an"):
                return index
        return None


def _ends_so(key: str, end: str) -> bool:
    """Tell whether a word is a compound of its end: "workbench", but not "woman" and "scarecrow"."""
    return key.endswith(end) and key != f"wo{end}" and is_person(key) == is_person(end)


def _count(noun: Noun) -> tuple[int, str, Limit]:
    """How many things a noun phrase names, a note where that was guessed, and how it is meant."""
    pair = noun.head.lower() in words.PAIR_NOUNS
    if pair and (noun.count is None or noun.vague or (noun.count == 2 and noun.key in words.ALWAYS_PLURAL)):
        return 1, "", "exact"
    if noun.vague not in ("", "pair") and noun.count:
        return noun.count, f'"{noun.vague} {noun.head}" is taken as {noun.count}', "least"
    if noun.count is not None:
        return noun.count, "", noun.limit
    uncounted = noun.key in words.MASS or noun.determiner in ("a", "an", "each", "every", "another")
    herd = noun.key in forms.UNCHANGING and not noun.determiner and not noun.proper  # "sheep grazing"
    if (noun.plural or herd) and not uncounted:
        return BARE_PLURAL, f'"{noun.head}" without a number is taken as {BARE_PLURAL}', "least"
    return 1, "", "exact"


def _singular_as_written(noun: Noun) -> str:
    return noun.head if noun.key == noun.head.lower() else noun.key


def _name(noun: Noun) -> str:
    """The head with the nouns that make a compound with it: "old red fire hydrant" → "fire hydrant"."""
    compound = [noun.key]
    for word in reversed(noun.modifiers):
        low = word.lower()
        if low == "and" or low in words.ADJECTIVES or low.endswith(("ed", "y", "ly", "ful", "ous", "ing", "'s", "-")):
            break
        compound.insert(0, low)
    return " ".join(compound)


def _size(modifiers: list[str]) -> Size:
    return next((words.SIZES[low] for word in reversed(modifiers) if (low := word.lower()) in words.SIZES), "normal")


def _goes_without_article(noun: Noun) -> bool:
    if noun.determiner in ("a", "an", "another") or noun.count is not None:
        return False
    return noun.key in words.MASS or (noun.proper and not noun.determiner and not noun.plural)
