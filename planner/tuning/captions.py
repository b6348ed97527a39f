"""Sentences with the scenes that they describe, made up at random: what the small local model is trained on.

Each template knows what it says, so no parser and no other model labels anything. Vocabulary and templates are our own;
no benchmark's sentence is among them.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from planner.english import forms
from planner.scene import NUMBER_WORDS
from planner.scene_words import LONGEST_COPY

VOCABULARY = Path(__file__).parent / "vocabulary.json"
UNSAID: Final = {"": 3, "some ": 3, "several ": 4, "a few ": 3, "many ": 5, "a couple of ": 2, "a pair of ": 2}
_GROUPS: Final = ("a group of", "a bunch of", "a row of", "a crowd of", "a pile of", "a herd of", "a large group of")
_SIDES: Final = {
    "left of": ("to the left of", "on the left of", "left of", "on the left side of", "to the left side of"),
    "right of": ("to the right of", "on the right of", "right of", "on the right side of", "to the right side of"),
    "above": ("above", "over", "up above", "floating above", "hovering over"),
    "below": ("below", "beneath", "on the bottom of"),
    "on": ("on", "on top of", "on the top of", "atop"),
    "under": ("under", "underneath"),
    "in front of": ("in front of", "right in front of"),
    "behind": ("behind",),
    "inside": ("inside", "in", "inside of"),
    "next to": ("next to", "beside", "near", "by", "close to", "on the side of", "on side of", "right next to"),
}


@dataclass(frozen=True)
class Caption:
    """A sentence, and the reply to it under `prompts/scene/schema.json`."""

    sentence: str
    reply: Mapping[str, Any]


@dataclass(frozen=True)
class _Thing:
    """`phrase` is how the sentence says it ("two red apples"), `name` how the reply does ("red apple")."""

    phrase: str
    name: str
    count: int = 1
    size: str = "normal"


@dataclass
class _Said:
    """A piece of a sentence, and what it says."""

    text: str
    things: list[_Thing]
    relations: list[tuple[_Thing, str, _Thing]] = field(default_factory=list)
    positions: dict[str, str] = field(default_factory=dict)  # by name
    background: str = ""


def make_captions(count: int, seed: int) -> list[Caption]:
    """Make up `count` different sentences with their scenes, always the same for a seed."""
    writer = _Writer(random.Random(seed))
    made: dict[str, Caption] = {}
    while len(made) < count:
        caption = writer.caption()
        made.setdefault(caption.sentence, caption)
    return list(made.values())


@cache
def _vocabulary() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(VOCABULARY.read_text(encoding="utf-8"))
    return loaded


class _Writer:
    """Writes one caption after another."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.words = _vocabulary()
        self.templates: dict[Callable[[], _Said], int] = {
            self.listed: 18,
            self.related: 22,
            self.doing: 20,
            self.chained: 14,
            self.holding: 8,
            self.filled: 6,
            self.laden: 6,
            self.owned: 4,
            self.furnished: 7,
            self.joint: 7,
            self.seated: 5,
            self.mounted: 2,
            self.both: 2,
            self.placed: 7,
            self.ordered: 4,
            self.compared: 7,
            self.each: 4,
            self.accompanied: 7,
            self.denied: 3,
            self.between: 3,
        }

    def caption(self) -> Caption:
        """Write one."""
        while True:
            said = self.dice.choices(list(self.templates), list(self.templates.values()))[0]()
            names = [thing.name for thing in said.things]
            if len(set(names)) == len(names) and all(len(name.split()) <= LONGEST_COPY for name in names):
                return Caption(self.finished(said), _reply(said))

    # Words

    def word(self, *kinds: str) -> str:
        return str(self.dice.choice(self.words[self.dice.choice(kinds)]))

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def thing(self, *kinds: str, most: int = 6, many: float = 0.3) -> _Thing:
        """A thing of one of the kinds (lists of the vocabulary), often one, sometimes counted or in the plural."""
        noun = self.word(*(kinds or _THINGS))
        before, size = self.qualities()
        name = f"{before}{noun}"
        if not self.chance(many) or most < 2:
            article = self.dice.choices(("a", "the", "one"), (8, 1.5, 1.2))[0]
            return _Thing(forms.with_article(name) if article == "a" else f"{article} {name}", name, 1, size)
        several = f"{before}{forms.plural_phrase(noun)}"
        if self.chance(0.72):
            count = self.dice.randint(2, most)
            return _Thing(f"{NUMBER_WORDS[count] if self.chance(0.95) else count} {several}", name, count, size)
        if self.chance(0.08) and most > 5:
            dozen, count = self.dice.choice((("a dozen", 12), ("half a dozen", 6)))
            return _Thing(f"{dozen} {several}", name, count, size)
        if self.chance(0.2) and " of " not in noun:
            return _Thing(f"{self.dice.choice(_GROUPS)} {several}", name, 4, size)
        said, count = self.dice.choice(list(UNSAID.items()))
        return _Thing(f"{said}{several}", name, count, size)

    def qualities(self) -> tuple[str, str]:
        """Adjectives with a space behind, and the size that they say."""
        size, said = "normal", ""
        if self.chance(0.12):
            said, size = self.dice.choice(list(self.words["sizes"].items()))
        kinds = [kind for kind in ("looks", "colours", "materials") if self.chance(0.13)]
        both = " and ".join(self.dice.sample(self.words["colours"], 2)) if self.chance(0.03) else ""
        words = [said, *(self.word(kind) for kind in kinds if not both), both]
        return "".join(f"{word} " for word in words if word), size

    def group(self, first: int, last: int) -> list[_Thing]:
        return [self.thing(most=8, many=0.42) for _ in range(self.dice.randint(first, last))]

    def pose(self, subject: _Thing) -> str:
        """What a thing does: "is sitting", "parked"; empty about as often."""
        noun = subject.name
        kind = next((kind for kind in ("animal", "person", "vehicle") if _is(noun, self.words[_PLURAL[kind]])), "thing")
        verb = self.word(f"{kind}_poses")
        if verb.endswith("s") and subject.count > 1:
            verb = verb[:-2] if verb in ("poses",) else verb[:-1]
        copula = f"{'are' if subject.count > 1 else 'is'} " if verb.endswith(("ing", "ed")) and self.chance(0.4) else ""
        return f"{copula}{verb}"

    def side(self) -> tuple[str, str]:
        kind = self.dice.choices(list(_SIDES), (3, 3, 2, 2, 4, 2, 3, 3, 1.5, 5))[0]
        return kind, self.dice.choice(_SIDES[kind])

    # Templates

    def listed(self) -> _Said:
        """Things side by side: "a dog, two cats and a red car"."""
        things = self.group(1, self.dice.choice((2, 3, 4, 5)))
        return _Said(self.joined(things), things)

    def related(self) -> _Said:
        """Two things and a place: "a hat on the left of a dog"."""
        kind, words = self.side()
        one, other = self.thing(many=0.12), self.thing(many=0.12)
        copula = f" {self.dice.choice(('is', 'was'))}" if one.count == 1 and self.chance(0.15) else ""
        return _Said(f"{one.phrase}{copula} {words} {other.phrase}", [one, other], [(one, kind, other)])

    def doing(self) -> _Said:
        """A thing that does something somewhere: "a cat is lying on top of a suitcase"."""
        kind, words = self.side()
        one = self.thing("animals", "people", "vehicles", "things", "food", many=0.25)
        other = self.thing(*_GROUNDS.get(kind, _THINGS), many=0.12)
        if self.chance(0.12) and one.count == 1:
            text = f"{words} {other.phrase} {self.dice.choice(('is', 'stands', 'sits', 'lies'))} {one.phrase}"
            return _Said(text, [other, one], [(one, kind, other)])
        return _Said(f"{one.phrase} {self.pose(one)} {words} {other.phrase}", [one, other], [(one, kind, other)])

    def chained(self) -> _Said:
        """Three things: "a cat sleeping on a couch next to a lamp", "a boy on a bench and beside a dog"."""
        kind, words = self.side()
        one = self.thing(many=0.15)
        other = self.thing(*_GROUNDS.get(kind, _THINGS), many=0.12)
        text = f"{one.phrase} {self.pose(one) + ' ' if self.chance(0.55) else ''}{words} {other.phrase}"
        if self.chance(0.12):
            sides = [self.counted("things", most=3)] if self.chance(0.5) else [self.thing(most=1), self.thing(most=1)]
            links = [(one, "between", side) for side in sides]
            return _Said(f"{text} between {self.joined(sides)}", [one, other, *sides], [(one, kind, other), *links])
        (kind_2, words_2), third = self.side(), self.thing(many=0.15)
        link, source = self.dice.choice(((" ", other), (" and ", one), (" with ", other)))
        if link == " with ":  # "a cat on a couch with a lamp behind it"
            text = f"{text} with {third.phrase} {words_2} {'them' if other.count > 1 else 'it'}"
            return _Said(text, [one, other, third], [(one, kind, other), (third, kind_2, other)])
        text = f"{text}{link}{words_2} {third.phrase}"
        return _Said(text, [one, other, third], [(one, kind, other), (source, kind_2, third)])

    def holding(self) -> _Said:
        """A person with something: "two women holding umbrellas", "a man in a suit riding a horse"."""
        person = self.thing("people", many=0.15, most=3)
        kind = self.dice.choice(("holding", "wearing", "riding"))
        things = {"holding": "holdable", "wearing": "clothes", "riding": "ridable"}[kind]
        item = self.thing(things, many=0.1, most=3)
        verb = {"holding": ("holding", "carrying"), "wearing": ("wearing", "in"), "riding": ("riding", "riding on")}[
            kind
        ]
        be = f"{'are' if person.count > 1 else 'is'} " if self.chance(0.3) else ""
        said = _Said(
            f"{person.phrase} {be}{self.dice.choice(verb)} {item.phrase}", [person, item], [(person, kind, item)]
        )
        if self.chance(0.35):
            relation, words = self.side()
            third = self.thing(many=0.1)
            said.text += f" {words} {third.phrase}"
            said.things.append(third)
            said.relations.append((person, relation, third))
        return said

    def filled(self) -> _Said:
        """Something with things in it: "a bowl filled with five oranges", "a plate with a sandwich"."""
        holder = self.thing("containers", many=0.1)
        inside = self.thing("food", "things", many=0.6, most=8)
        words = self.dice.choice(("filled with", "full of", "with", "containing", "that holds"))
        flat = holder.name.split()[-1] in ("plate", "tray")
        return _Said(
            f"{holder.phrase} {words} {inside.phrase}", [holder, inside], [(inside, "on" if flat else "inside", holder)]
        )

    def laden(self) -> _Said:
        """Something with several things on or in it: "a table with a laptop and two books on it"."""
        kind, holders, kinds = self.dice.choice(
            (
                ("on", "furniture", ("food", "things", "portions", "containers")),
                ("inside", "containers", ("food", "things")),
                ("inside", "vehicles", ("people", "animals")),
            )
        )
        holder = self.thing(holders, many=0.05)
        items = [self.thing(*kinds, most=8, many=0.45) for _ in range(self.dice.randint(1, 3))]
        listed, it = self.joined(items), "them" if holder.count > 1 else "it"
        on = (f"topped with {listed}", f"covered with {listed}", f"with {listed} on top", f"with {listed} on {it}")
        inside = (f"with {listed} in {it}", f"holding {listed}", f"with {listed} inside", f"filled with {listed}")
        text = f"{holder.phrase} {self.dice.choice(on if kind == 'on' else inside)}"
        return _Said(text, [holder, *items], [(item, kind, holder) for item in items])

    def furnished(self) -> _Said:
        """A place with things in it: "a living room with two sofas, a coffee table and a television"."""
        place = f"{self.word('looks')} {self.word('rooms')}" if self.chance(0.3) else self.word("rooms")
        things = [
            self.thing("furniture", "things", "outdoors", "people", "animals", many=0.4)
            for _ in range(self.dice.randint(1, 4))
        ]
        where = forms.with_article(place)
        words = self.dice.choice(("with", "with", "filled with", "that has", "containing"))
        return _Said(f"{where} {words} {self.joined(things)}", things, background=where)

    def joint(self) -> _Said:
        """Two things that do the same: "a man and a woman ride on an elephant", "a dog and two cats lying on a bed"."""
        things = [self.thing("people", "animals", "things", many=0.3) for _ in range(2)]
        kind, words = self.side()
        other = self.thing(*_GROUNDS.get(kind, _THINGS), many=0.12)
        verb = self.dice.choice(("are ", "", "")) + self.dice.choice(
            ("sitting", "standing", "lying", "together", "side by side")
        )
        pose = (
            ""
            if self.chance(0.4)
            else f"{self.dice.choice((verb, verb, 'sit', 'stand', 'lie', 'rest', 'walk', 'ride'))} "
        )
        return _Said(
            f"{self.joined(things)} {pose}{words} {other.phrase}",
            [*things, other],
            [(thing, kind, other) for thing in things],
        )

    def seated(self) -> _Said:
        """Somebody at a table with things on it: "a woman is sitting at a desk with a laptop and two phones"."""
        person, table = self.thing("people", "people", "animals", many=0.3), self.thing("tables", many=0)
        verb = self.dice.choice(("sitting", "seated", "eating", "standing", "waiting", "sits", "working"))
        verb = "sit" if verb == "sits" and person.count > 1 else verb
        be = f"{'are' if person.count > 1 else 'is'} " if verb not in ("sit", "sits") and self.chance(0.4) else ""
        text = f"{person.phrase} {be}{verb} at {table.phrase}"
        items = [
            self.thing("food", "things", "portions", "containers", many=0.4) for _ in range(self.dice.randint(0, 3))
        ]
        if items:
            text = f"{text} with {self.joined(items)}"
        return _Said(
            text, [person, table, *items], [(person, "next to", table), *((item, "on", table) for item in items)]
        )

    def mounted(self) -> _Said:
        """As many as there are riders: "two police officers on horses next to a car", "three women on bicycles"."""
        riders, noun = self.counted("people"), self.word("ridable")
        mounts = _Thing(forms.plural_phrase(noun), noun, riders.count)
        text = f"{riders.phrase} {self.dice.choice(('on', 'riding', 'riding on', 'on the backs of'))} {mounts.phrase}"
        said = _Said(text, [riders, mounts], [(riders, "on" if " riding " not in text else "riding", mounts)])
        if self.chance(0.4):
            kind, words = self.side()
            third = self.thing(many=0.1)
            said.text = f"{text} {words} {third.phrase}"
            said.things.append(third)
            said.relations.append((riders, kind, third))
        return said

    def both(self) -> _Said:
        """Two without a number: "both cats are black and the dog is white"."""
        one, other = self.word("animals", "things"), self.word("animals", "things")
        colour, colour_2 = self.word("colours"), self.word("colours")
        pair = _Thing(f"both {forms.plural_phrase(one)}", one, 2)
        rest = self.dice.choice((f"the {other} is {colour_2}", f"there is {forms.with_article(other)}"))
        return _Said(f"{pair.phrase} are {colour} and {rest}", [pair, _Thing(rest, other)])

    def owned(self) -> _Said:
        """Somebody with something of theirs: "a man with his dog", "a woman standing next to her bike"."""
        person, item = self.thing("people", most=3, many=0.1), self.thing("animals", "vehicles", "things", many=0)
        whose = "their" if person.count > 1 else self.dice.choice(("his", "her"))
        own = f"{whose} {item.name}"
        if self.chance(0.3):
            return _Said(
                f"{person.phrase} {self.dice.choice(('with', 'and', 'using', 'washing'))} {own}", [person, item]
            )
        kind, words = self.side()
        return _Said(f"{person.phrase} {self.pose(person)} {words} {own}", [person, item], [(person, kind, item)])

    def placed(self) -> _Said:
        """Things at places of the picture: "a small elephant on the left and a huge rabbit on the right"."""
        places = self.dice.choice(_PLACEMENTS)
        things = [self.thing(many=0.15) for _ in places]
        parts = [
            f"{thing.phrase} {self.dice.choice(_SPOTS[place])}"
            if self.chance(0.85)
            else f"{_SPOTS[place][0]} {thing.phrase}"
            for thing, place in zip(things, places, strict=True)
        ]
        named = {thing.name: place for thing, place in zip(things, places, strict=True)}
        return _Said(self.enumerated(parts), things, positions=named)

    def ordered(self) -> _Said:
        """Things in a line: "from left to right: a lamp, a violin and a green bottle"."""
        things = [self.thing(most=1) for _ in range(self.dice.randint(2, 5))]
        words, kind = self.dice.choice(
            (("left to right", "left of"), ("right to left", "right of"), ("top to bottom", "above"))
        )
        listed = self.joined(things, words=("and", "then", "and then"))
        text = f"from {words}: {listed}" if self.chance(0.6) else f"{listed} from {words}"
        return _Said(text, things, [(a, kind, b) for a, b in itertools.pairwise(things)])

    def compared(self) -> _Said:
        """Numbers said through other numbers: "four cats and fewer dogs", "two chairs and as many lamps"."""
        kinds = self.dice.sample(("animals", "vehicles", "food", "things", "furniture"), 2)
        one, noun = self.counted(kinds[0]), self.word(kinds[1])
        many, than = forms.plural_phrase(noun), f" than {one.phrase.split(' ', 1)[1]}"
        words, count = self.dice.choice(
            (
                (f"fewer {many}", one.count - 1),
                (f"fewer {many}{than}", one.count - 1),
                (f"more {many}{than}", one.count + 1),
                (f"more {many}", one.count + 1),
                (f"one more {noun}{than}", one.count + 1),
                (f"as many {many}", one.count),
                (f"the same number of {many}", one.count),
                (f"twice as many {many}", 2 * one.count),
                (f"more than {NUMBER_WORDS[one.count]} {many}", one.count + 1),
            )
        )
        other = _Thing(words, noun, count)
        joint = self.dice.choice((" and ", ", and ", ", with ", " with ", " but "))
        return _Said(f"{one.phrase}{joint}{words}", [one, other])

    def each(self) -> _Said:
        """Things for every one: "three plates with two eggs each", "each dog has a ball"."""
        holders = self.counted(self.dice.choice(("containers", "furniture", "people", "animals")), most=4)
        single, noun = holders.name, self.word("food", "things")
        number = self.dice.randint(1, 3)
        part = forms.with_article(noun) if number == 1 else f"{NUMBER_WORDS[number]} {forms.plural_phrase(noun)}"
        item = _Thing(part, noun, min(16, number * holders.count))
        text = self.dice.choice(
            (
                f"{holders.phrase} with {part} each",
                f"{holders.phrase}, each with {part}",
                f"{holders.phrase} with {part} on each of them",
                f"{holders.phrase} and {part} for every {single}",
                f"{holders.phrase} with {forms.plural_phrase(noun)}, {NUMBER_WORDS[number]} each",
                f"{holders.phrase} with {forms.plural_phrase(noun)}, {part} each",
            )
        )
        return _Said(text, [holders, item])

    def accompanied(self) -> _Said:
        """One thing with another, by a verb that is no place: "a horse pulling a carriage", "a boy and his dog"."""
        one, other = self.thing("animals", "people", many=0.25, most=4), self.thing(many=0.25)
        verb = self.dice.choice(
            ("pulling", "chasing", "looking at", "watching", "eating", "playing with", "and", "with")
        )
        be = f"{'are' if one.count > 1 else 'is'} " if verb.endswith("ing") and self.chance(0.4) else ""
        return _Said(f"{one.phrase} {be}{verb} {other.phrase}", [one, other])

    def denied(self) -> _Said:
        """Something that is not there: "a man without a hat", "two chairs but no table"."""
        one, other = self.thing(many=0.3), self.word(*_THINGS)
        single, many = forms.with_article(other), forms.plural_phrase(other)
        if one.count > 1 and self.chance(0.3):
            return _Said(f"{one.phrase}, none of them with {single}", [one])
        words = (f"without {single}", f"without {many}", f"but no {many}", f"with no {other}")
        return _Said(f"{one.phrase} {self.dice.choice(words)}", [one])

    def between(self) -> _Said:
        """A thing in the middle of others: "a house between two trees", "a cat sitting between a dog and a bird"."""
        one = self.thing(many=0.1)
        others = [self.counted("things", most=2)] if self.chance(0.4) else [self.thing(most=1), self.thing(most=1)]
        pose = f"{self.pose(one)} " if self.chance(0.4) else ""
        text = f"{one.phrase} {pose}{self.dice.choice(('between', 'in between'))} {self.joined(others)}"
        return _Said(text, [one, *others], [(one, "between", other) for other in others])

    def counted(self, kind: str, most: int = 6) -> _Thing:
        noun, count = self.word(kind), self.dice.randint(2, most)
        return _Thing(f"{NUMBER_WORDS[count]} {forms.plural_phrase(noun)}", noun, count)

    # Sentences

    def joined(self, things: Sequence[_Thing], words: Sequence[str] = ("and",)) -> str:
        return self.enumerated([thing.phrase for thing in things], words)

    def enumerated(self, parts: Sequence[str], words: Sequence[str] = ("and",)) -> str:
        if len(parts) < 2:
            return "".join(parts)
        comma = "," if len(parts) > 2 and self.chance(0.3) else ""
        return f"{', '.join(parts[:-1])}{comma} {self.dice.choice(words)} {parts[-1]}"

    def finished(self, said: _Said) -> str:
        """Put around it what pictures' sentences have: a place, a style, "a picture of", case and a full stop."""
        text = said.text
        if not said.background and self.chance(0.22):
            said.background = self.word("places")
            text = f"{said.background}, {text}" if self.chance(0.1) else f"{text} {said.background}"
        elif self.chance(0.12):
            text = f"{text} {self.word('tails')}"
        if self.chance(0.1) and text.startswith(said.things[0].phrase) and " is " not in text and " are " not in text:
            prefix = self.word("prefixes")
            if prefix == "There is" and said.things[0].count > 1:
                prefix = "There are"
            text = f"{prefix} {text}"
        if self.chance(0.07):
            text = f"{text}, {self.word('styles')}"
        text = text[0].upper() + text[1:] if self.chance(0.6) else text
        return f"{text}." if self.chance(0.5) else text


_PLURAL: Final = {"animal": "animals", "person": "people", "vehicle": "vehicles"}
_THINGS: Final = ("animals", "people", "vehicles", "furniture", "containers", "food", "things", "outdoors", "portions")
_GROUNDS: Final = {
    "on": ("furniture", "containers", "outdoors", "things"),
    "under": ("furniture", "outdoors", "vehicles"),
    "inside": ("containers", "vehicles"),
}
_SPOTS: Final = {
    "left": ("on the left", "on the left side", "at the left", "to the left"),
    "right": ("on the right", "on the right side", "at the right", "to the right"),
    "top": ("at the top", "on top", "at the top of the picture"),
    "bottom": ("at the bottom", "on the bottom", "at the bottom of the picture"),
    "center": ("in the middle", "in the center", "in the centre"),
    "top left": ("in the top left corner", "at the top left", "in the upper left"),
    "top right": ("in the top right corner", "at the top right", "in the upper right"),
    "bottom left": ("in the bottom left corner", "at the bottom left", "in the lower left"),
    "bottom right": ("in the bottom right corner", "at the bottom right", "in the lower right"),
}
_PLACEMENTS: Final = (
    ("left", "right"), ("right", "left"), ("top", "bottom"), ("bottom", "top"), ("left", "center", "right"),
    ("top left", "bottom right"), ("top right", "bottom left"), ("left",), ("right",), ("center",),
    ("top left", "top right", "bottom left", "bottom right"), ("top left", "top right", "bottom"),
)  # fmt: skip


def _is(name: str, nouns: Sequence[str]) -> bool:
    return any(name == noun or name.endswith(f" {noun}") for noun in nouns)


def _reply(said: _Said) -> dict[str, Any]:
    objects = [
        {
            "name": thing.name,
            "count": thing.count,
            "size": thing.size,
            "position": said.positions.get(thing.name, "anywhere"),
        }
        for thing in said.things[:8]
    ]
    relations = [
        {"subject": one.name, "relation": kind, "object": other.name} for one, kind, other in said.relations[:6]
    ]
    return {"objects": objects, "relations": relations, "background": said.background}
