"""Things while a sentence is being read: what is known of each so far, and which mention means which thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from planner.english.parsing.nouns import Noun
from planner.lexicon import forms, words
from planner.lexicon.kinds import is_one_of, is_person
from planner.plan.limits import MAX_OBJECTS
from planner.scene.scene import ANYWHERE, Depth, Formation, Item, Limit, Place

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
        description = f"{modifiers} {noun.head if noun.key == noun.head.lower() else noun.key}{noun.tail}".strip()
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
        told = [word.lower() for word in (*self.adjectives, *noun.modifiers)]
        return Item(
            name=_name(noun),
            description=description,
            count=1 if self.count > MAX_OBJECTS else self.count,
            plural=plural if noun.plural or self.count > 1 else "",
            doing=" ".join(self.doing),
            size=next((words.SIZES[low] for low in reversed(told) if low in words.SIZES), "normal"),
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
            if one and self.is_whole(known) and whole.plural:
                return self.split(known, 1, tuple(word for word in noun.modifiers if not words.is_choice(word)))
            return known
        if noun.determiner == "the" and noun.key in words.ROLES and (several := self.last_counted()) is not None:
            return self.split(several, 1)
        if known is not None and noun.determiner in ("other", "another"):
            return self.more_of(known, noun)
        draft = self.drafts[known] if known is not None else None
        if draft is not None and draft.limit == "least" and draft.noun.count is None and (noun.count or 0) > 1:
            draft.count, draft.limit, draft.note = noun.count or 1, "exact", ""
            return known or 0
        if noun.count == 1 and (several := self._whole_of(noun)) is not None:
            return self.split(several, 1, noun.modifiers)
        return self.add(noun)

    def add(self, noun: Noun) -> int:
        """Begin a new thing."""
        count, note, limit = _count(noun)
        return self.append(Draft(noun, count, note=note, limit=limit))

    def append(self, draft: Draft) -> int:
        """Take in a new thing; returns its index."""
        self.drafts.append(draft)
        return len(self.drafts) - 1

    def again(self, index: int, place: Place) -> int:
        """Find a thing at a place; what stands at another one is there once more."""
        draft = self.drafts[index]
        if draft.place in (ANYWHERE, place) or place == ANYWHERE or not draft.count:
            return index
        return self.append(replace(draft, place=place, doing=[], note="", adjectives=list(draft.adjectives)))

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
        part = replace(draft, count=number, doing=[*draft.doing], note="", part=True, denied=[*draft.denied])
        part.adjectives = [*draft.adjectives, *new]
        return self.append(part)

    def more_of(self, index: int, noun: Noun) -> int:
        """Begin things of a kind named before: "another cat", "two others"."""
        kind = self.drafts[index].noun
        number = noun.count or (BARE_PLURAL if noun.plural else 1)
        kept = tuple(word for word in kind.modifiers if word.lower() not in words.ADJECTIVES)
        modifiers = noun.modifiers or (kept if noun.key != kind.key else ())
        return self.append(Draft(replace(kind, count=number, modifiers=modifiers), number))

    def last_counted(self, but: Sequence[int] = ()) -> int | None:
        """The latest item of which there was more than one and some are not yet spoken of by themselves."""
        whole = [i for i in reversed(range(len(self.drafts))) if self.is_whole(i) and i not in but]
        return next((i for i in whole if self.drafts[i].owner is None), next(iter(whole), None))

    def is_whole(self, index: int) -> bool:
        """Tell whether single things can be taken out of an item."""
        draft = self.drafts[index]
        return not draft.part and (draft.count > 1 or (draft.group == index and draft.count > 0))

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
            said = described | set(draft.noun.tail.split())
            same = draft.noun.key == noun.key or (noun.key in said and not noun.modifiers)
            same = same or (definite and (_ends_so(draft.noun.key, noun.key) or is_one_of(draft.noun.key, noun.key)))
            if same and {word.lower() for word in noun.modifiers if not words.is_choice(word)} <= described:
                return index
        return None

    def _whole_of(self, noun: Noun) -> int | None:
        for index in reversed(range(len(self.drafts))):
            key = self.drafts[index].noun.key
            if self.is_whole(index) and (key == noun.key or is_one_of(key, noun.key)):
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


def _name(noun: Noun) -> str:
    """The head with the nouns that make a compound with it: "old red fire hydrant" → "fire hydrant"."""
    compound = [noun.key]
    for word in reversed(noun.modifiers):
        low = word.lower()
        if low == "and" or low in words.ADJECTIVES or low.endswith(("ed", "y", "ly", "ful", "ous", "ing", "'s", "-")):
            break
        compound.insert(0, low)
    return " ".join(compound)


def _goes_without_article(noun: Noun) -> bool:
    if noun.determiner in ("a", "an", "another") or noun.count is not None:
        return False
    return noun.key in words.MASS or (noun.proper and not noun.determiner and not noun.plural)
