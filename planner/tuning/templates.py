"""Templates of made-up sentences, each with what it says."""

from __future__ import annotations

import itertools
from typing import Final

from planner.lexicon import forms
from planner.scene.scene import NUMBER_WORDS
from planner.tuning.phrases import THINGS, Phrases, Said, SaidThing

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
_CARRIED: Final = (
    ("holding", "with"),
    ("holding", "holding"),
    ("wearing", "in"),
    ("wearing", "wearing"),
    ("riding", "on"),
)
_HELD: Final = {"holding": ("holdable",), "wearing": ("clothes",), "riding": ("ridable",)}
_JOINT_POSES: Final = (
    "sit", "stand", "lie", "rest", "walk", "ride", "sitting", "standing", "lying", "are sitting", "are standing",
    "are lying", "together", "side by side", "are together",
)  # fmt: skip
_PLACEMENTS: Final = (
    ("left", "right"), ("right", "left"), ("top", "bottom"), ("bottom", "top"), ("left", "center", "right"),
    ("top left", "bottom right"), ("top right", "bottom left"), ("left",), ("right",), ("center",),
    ("top left", "top right", "bottom left", "bottom right"), ("top left", "top right", "bottom"),
)  # fmt: skip


class Templates(Phrases):
    """One method for each way of saying something."""

    def listed(self) -> Said:
        """Things side by side: "a dog, two cats and a red car"."""
        things = self.group(1, self.dice.choice((2, 3, 4, 5)))
        return Said(self.joined(things), things)

    def related(self) -> Said:
        """Two things and a place: "a hat on the left of a dog"."""
        kind, words = self.side()
        one, other = self.thing(many=0.12), self.thing(many=0.12)
        copula = f" {self.dice.choice(('is', 'was'))}" if one.count == 1 and self.chance(0.15) else ""
        return Said(f"{one.phrase}{copula} {words} {other.phrase}", [one, other], [(one, kind, other)])

    def doing(self) -> Said:
        """A thing that does something somewhere: "a cat is lying on top of a suitcase"."""
        kind, words = self.side()
        one = self.thing("animals", "people", "vehicles", "things", "food", many=0.25)
        other = self.thing(*_GROUNDS.get(kind, THINGS), many=0.12)
        if self.chance(0.12) and one.count == 1:
            text = f"{words} {other.phrase} {self.dice.choice(('is', 'stands', 'sits', 'lies'))} {one.phrase}"
            return Said(text, [other, one], [(one, kind, other)])
        return Said(f"{one.phrase} {self.pose(one)} {words} {other.phrase}", [one, other], [(one, kind, other)])

    def chained(self) -> Said:
        """Three things: "a cat sleeping on a couch next to a lamp", "a boy on a bench and beside a dog"."""
        kind, words = self.side()
        one = self.thing(many=0.15)
        other = self.thing(*_GROUNDS.get(kind, THINGS), many=0.12)
        text = f"{one.phrase} {self.pose(one) + ' ' if self.chance(0.55) else ''}{words} {other.phrase}"
        if self.chance(0.12):
            sides = [self.counted("things", most=3)] if self.chance(0.5) else [self.thing(most=1), self.thing(most=1)]
            links = [(one, "between", side) for side in sides]
            return Said(f"{text} between {self.joined(sides)}", [one, other, *sides], [(one, kind, other), *links])
        (kind_2, words_2), third = self.side(), self.thing(many=0.15)
        link, source = self.dice.choice(((" ", other), (" and ", one), (" with ", other)))
        if link == " with ":  # "a cat on a couch with a lamp behind it"
            text = f"{text} with {third.phrase} {words_2} {'them' if other.count > 1 else 'it'}"
            return Said(text, [one, other, third], [(one, kind, other), (third, kind_2, other)])
        text = f"{text}{link}{words_2} {third.phrase}"
        return Said(text, [one, other, third], [(one, kind, other), (source, kind_2, third)])

    def between(self) -> Said:
        """A thing in the middle of others: "a house between two trees", "a cat sitting between a dog and a bird"."""
        one = self.thing(many=0.1)
        others = [self.counted("things", most=2)] if self.chance(0.4) else [self.thing(most=1), self.thing(most=1)]
        pose = f"{self.pose(one)} " if self.chance(0.4) else ""
        text = f"{one.phrase} {pose}{self.dice.choice(('between', 'in between'))} {self.joined(others)}"
        return Said(text, [one, *others], [(one, "between", other) for other in others])

    def joint(self) -> Said:
        """Two things that do the same: "a man and a woman ride on an elephant", "a dog and two cats lying on a bed"."""
        things = [self.thing("people", "animals", "things", many=0.3) for _ in range(2)]
        kind, words = self.side()
        other = self.thing(*_GROUNDS.get(kind, THINGS), many=0.12)
        pose = "" if self.chance(0.4) else f"{self.dice.choice(_JOINT_POSES)} "
        return Said(
            f"{self.joined(things)} {pose}{words} {other.phrase}",
            [*things, other],
            [(thing, kind, other) for thing in things],
        )

    def acting(self) -> Said:
        """Somebody who does something, with more around: "a girl on a couch reads a book beside two cats"."""
        one = self.thing("people", "people", "animals", many=0.2, most=4)
        things, relations, text = [one], list[tuple[SaidThing, str, SaidThing]](), one.phrase
        if self.chance(0.4):
            kind, words = self.dice.choice((*_CARRIED, self.side()))
            near = self.thing(*(_HELD.get(kind) or _GROUNDS.get(kind, THINGS)), many=0.1)
            things.append(near)
            relations.append((one, kind, near))
            text = f"{text} {words} {near.phrase}"
        verb = self.word("verbs")
        first, _, rest = verb.partition(" ")
        if self.chance(0.5):
            be = f"{'are' if one.count > 1 else 'is'} " if self.chance(0.5) else ""
            first = be + forms.participle(first)
        elif one.count == 1:
            first = forms.third_person(first)
        what = self.thing(many=0.25)
        things.append(what)
        text = f"{text} {first}{f' {rest}' if rest else ''} {what.phrase}"
        if self.chance(0.5):
            kind, words = self.side()
            where = self.thing(*_GROUNDS.get(kind, THINGS), many=0.15)
            things.append(where)
            relations.append((one, kind, where))
            text = f"{text} {words} {where.phrase}"
        if self.chance(0.3):
            more = self.thing(many=0.4)
            things.append(more)
            watching = f"while {more.phrase} {'watch' if more.count > 1 else 'watches'}"
            text = f"{text} {self.dice.choice((f'with {more.phrase}', f'and {more.phrase}', watching))}"
        return Said(text, things, relations)

    def accompanied(self) -> Said:
        """One thing with another, by a verb that is no place: "a horse pulling a carriage", "a boy and his dog"."""
        one, other = self.thing("animals", "people", many=0.25, most=4), self.thing(many=0.25)
        verb = self.dice.choice(
            ("pulling", "chasing", "looking at", "watching", "eating", "playing with", "and", "with")
        )
        be = f"{'are' if one.count > 1 else 'is'} " if verb.endswith("ing") and self.chance(0.4) else ""
        return Said(f"{one.phrase} {be}{verb} {other.phrase}", [one, other])

    def denied(self) -> Said:
        """Something that is not there: "a man without a hat", "two chairs but no table"."""
        one, other = self.thing(many=0.3), self.word(*THINGS)
        single, many = forms.with_article(other), forms.plural_phrase(other)
        if one.count > 1 and self.chance(0.3):
            return Said(f"{one.phrase}, none of them with {single}", [one])
        words = (f"without {single}", f"without {many}", f"but no {many}", f"with no {other}")
        return Said(f"{one.phrase} {self.dice.choice(words)}", [one])

    def both(self) -> Said:
        """Two without a number: "both cats are black and the dog is white"."""
        one, other = self.word("animals", "things"), self.word("animals", "things")
        colour, colour_2 = self.word("colours"), self.word("colours")
        pair = SaidThing(f"both {forms.plural_phrase(one)}", one, 2)
        rest = self.dice.choice((f"the {other} is {colour_2}", f"there is {forms.with_article(other)}"))
        return Said(f"{pair.phrase} are {colour} and {rest}", [pair, SaidThing(rest, other)])

    def holding(self) -> Said:
        """A person with something: "two women holding umbrellas", "a man in a suit riding a horse"."""
        person = self.thing("people", many=0.15, most=3)
        kind = self.dice.choice(("holding", "wearing", "riding"))
        things = {"holding": "holdable", "wearing": "clothes", "riding": "ridable"}[kind]
        item = self.thing(things, many=0.1, most=3)
        verb = {"holding": ("holding", "carrying"), "wearing": ("wearing", "in"), "riding": ("riding", "riding on")}[
            kind
        ]
        be = f"{'are' if person.count > 1 else 'is'} " if self.chance(0.3) else ""
        said = Said(
            f"{person.phrase} {be}{self.dice.choice(verb)} {item.phrase}", [person, item], [(person, kind, item)]
        )
        if self.chance(0.35):
            relation, words = self.side()
            third = self.thing(many=0.1)
            said.text += f" {words} {third.phrase}"
            said.things.append(third)
            said.relations.append((person, relation, third))
        return said

    def mounted(self) -> Said:
        """As many as there are riders: "two police officers on horses next to a car", "three women on bicycles"."""
        riders, noun = self.counted("people"), self.word("ridable")
        mounts = SaidThing(forms.plural_phrase(noun), noun, riders.count)
        text = f"{riders.phrase} {self.dice.choice(('on', 'riding', 'riding on', 'on the backs of'))} {mounts.phrase}"
        said = Said(text, [riders, mounts], [(riders, "on" if " riding " not in text else "riding", mounts)])
        if self.chance(0.4):
            kind, words = self.side()
            third = self.thing(many=0.1)
            said.text = f"{text} {words} {third.phrase}"
            said.things.append(third)
            said.relations.append((riders, kind, third))
        return said

    def owned(self) -> Said:
        """Somebody with something of theirs: "a man with his dog", "a woman standing next to her bike"."""
        person, item = self.thing("people", most=3, many=0.1), self.thing("animals", "vehicles", "things", many=0)
        whose = "their" if person.count > 1 else self.dice.choice(("his", "her"))
        own = f"{whose} {item.name}"
        if self.chance(0.3):
            return Said(
                f"{person.phrase} {self.dice.choice(('with', 'and', 'using', 'washing'))} {own}", [person, item]
            )
        kind, words = self.side()
        return Said(f"{person.phrase} {self.pose(person)} {words} {own}", [person, item], [(person, kind, item)])

    def seated(self) -> Said:
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
        return Said(
            text, [person, table, *items], [(person, "next to", table), *((item, "on", table) for item in items)]
        )

    def filled(self) -> Said:
        """Something with things in it: "a bowl filled with five oranges", "a plate with a sandwich"."""
        holder = self.thing("containers", many=0.1)
        inside = self.thing("food", "things", many=0.6, most=8)
        words = self.dice.choice(("filled with", "full of", "with", "containing", "that holds"))
        flat = holder.name.split()[-1] in ("plate", "tray")
        return Said(
            f"{holder.phrase} {words} {inside.phrase}", [holder, inside], [(inside, "on" if flat else "inside", holder)]
        )

    def laden(self) -> Said:
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
        return Said(text, [holder, *items], [(item, kind, holder) for item in items])

    def furnished(self) -> Said:
        """A place with things in it: "a living room with two sofas, a coffee table and a television"."""
        place = f"{self.word('looks')} {self.word('rooms')}" if self.chance(0.3) else self.word("rooms")
        things = [
            self.thing("furniture", "things", "outdoors", "people", "animals", many=0.4)
            for _ in range(self.dice.randint(1, 4))
        ]
        where = forms.with_article(place)
        words = self.dice.choice(("with", "with", "filled with", "that has", "containing"))
        return Said(f"{where} {words} {self.joined(things)}", things, background=where)

    def each(self) -> Said:
        """Things for every one: "three plates with two eggs each", "each dog has a ball"."""
        holders = self.counted(self.dice.choice(("containers", "furniture", "people", "animals")), most=4)
        single, noun = holders.name, self.word("food", "things")
        number = self.dice.randint(1, 3)
        part = forms.with_article(noun) if number == 1 else f"{NUMBER_WORDS[number]} {forms.plural_phrase(noun)}"
        item = SaidThing(part, noun, min(16, number * holders.count))
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
        return Said(text, [holders, item])

    def placed(self) -> Said:
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
        return Said(self.enumerated(parts), things, positions=named)

    def ordered(self) -> Said:
        """Things in a line: "from left to right: a lamp, a violin and a green bottle"."""
        things = [self.thing(most=1) for _ in range(self.dice.randint(2, 5))]
        words, kind = self.dice.choice(
            (("left to right", "left of"), ("right to left", "right of"), ("top to bottom", "above"))
        )
        listed = self.joined(things, words=("and", "then", "and then"))
        text = f"from {words}: {listed}" if self.chance(0.6) else f"{listed} from {words}"
        return Said(text, things, [(a, kind, b) for a, b in itertools.pairwise(things)])

    def compared(self) -> Said:
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
        other = SaidThing(words, noun, count)
        joint = self.dice.choice((" and ", ", and ", ", with ", " with ", " but "))
        return Said(f"{one.phrase}{joint}{words}", [one, other])
