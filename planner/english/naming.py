"""Reading noun phrases: a thing, a part of another thing, a place, a style, or something that is denied."""

from dataclasses import replace

from planner.english import words
from planner.english.elements import Element, Noun, Word
from planner.english.phrases import PlaceWords, RelationWords
from planner.english.placing import Placing
from planner.english.reading import CONTACT, SIDES, Pending
from planner.scene.scene import ANYWHERE, Place


class Naming(Placing):
    """What the reader does at a noun phrase."""

    def _noun(self, noun: Noun, element: Element) -> None:
        if noun.only_adjectives:
            resolved = self._elided(noun)
            if resolved is None:
                return
            noun = resolved
        if noun.key == "other" and noun.count and (known := self._named_before()) is not None:  # "two others"
            noun = replace(self.drafts[known].noun, count=noun.count or 1, determiner="")
        if noun.determiner in words.SHARED:
            noun = self._shared_with(noun)
        if self.negative or noun.count == 0:
            self.absent.append(" ".join([*noun.modifiers, noun.head]) + noun.tail)
            self.negative, self.pending = False, None
        elif self._is_style(noun):
            self._style(element)
        elif self._is_aside(noun, element) or self._is_background(noun, element):
            self.pending = None
            self.separator, self.closed, self.touching = "", True, True
        else:
            if self.separator == "than":
                noun = replace(noun, determiner=noun.determiner or "the")
            index = self.drafts.mention(self._lower_first(noun, element))
            self._compare(noun, index)
            self._thing(index)

    def _shared_with(self, noun: Noun) -> Noun:
        """ "on each plate": as many as there are plates; "in each hand": two, in one's hands."""
        if noun.key not in words.PAIRED:
            self.sharing = True
            return noun
        for index in self.group[-1:]:
            self.drafts[index].count *= 2
        return replace(noun, determiner="its")

    def _lower_first(self, noun: Noun, element: Element) -> Noun:
        """A capital at the start of a sentence is no name."""
        before = self._peek(-1) if self.index else None
        starts = self.index == 0 or (isinstance(before, Word) and before.kind == "stop")
        if not starts or not self.text[element.start].isupper():
            return noun
        if noun.modifiers:
            first = noun.modifiers[0]
            changed = first.lower() if first.istitle() else first
            return replace(noun, modifiers=(changed, *noun.modifiers[1:]))
        return replace(noun, head=noun.head.lower()) if noun.head.istitle() else noun

    def _elided(self, noun: Noun) -> Noun | None:
        """ "a red and a blue ball": the noun comes later; "two dogs, one black": it came before."""
        adjectives = (*noun.modifiers, noun.head)
        for element in self.elements[self.index + 1 :]:
            value = element.value
            if isinstance(value, Noun) and not value.only_adjectives:
                return replace(value, modifiers=adjectives, determiner=noun.determiner, count=noun.count or 1)
            if not isinstance(value, Noun) and not (isinstance(value, Word) and value.kind in ("and", "comma")):
                break
        if noun.determiner or noun.count or self.separator in ("and", "comma"):
            self._name_parts(noun, adjectives)
        return None

    def _name_parts(self, noun: Noun, adjectives: tuple[str, ...]) -> None:
        """Tell the things of a counted item apart: "one black" of two dogs, "red, blue and green" of three balls."""
        whole = self.drafts.last_counted()
        if whole is None:
            return
        single = [word for word in adjectives if word != "and"]
        listed = len(single) == self.drafts[whole].count or ("and" not in adjectives and len(single) > 1)
        if not noun.determiner and noun.count is None and listed:
            for word in single:
                self._thing(self.drafts.split(whole, 1, (word,)))
        else:
            self._thing(self.drafts.split(whole, noun.count or 1, adjectives))

    def _is_style(self, noun: Noun) -> bool:
        if noun.key in words.STYLE_NOUNS or noun.head.lower() in words.STYLE_NOUNS:
            return True
        trailing = self.separator == "comma" and not noun.determiner and noun.count is None
        return trailing and noun.key in words.PICTURES and not noun.plural

    def _style(self, element: Element) -> None:
        start = self.pending.start if self.pending else element.start
        self.styles.append(self.text[start : element.end])
        self.pending = None

    def _is_aside(self, noun: Noun, element: Element) -> bool:
        """A noun that is no thing of its own: part of another thing, an abstract word, what comes after "for"."""
        pending = self.pending
        if pending is None:
            if self.dressed and self.separator in ("and", "comma") and not noun.determiner and noun.count is None:
                self._describe(self.group, f"and {self.text[element.start : element.end]}")
                return True
            return self._is_abstract(noun)
        if self._is_described(noun, pending):
            self._describe(pending.subjects, self.text[pending.start : element.end])
            return True
        bare_part = _is_part(noun) and not (noun.determiner or noun.modifiers or noun.count)  # "hand in hand"
        return (bare_part and pending.words.manner == "weak") or self._is_abstract(noun)

    def _is_described(self, noun: Noun, pending: Pending) -> bool:
        """Tell whether the noun that `pending` waits for only describes the thing before it."""
        if pending.source == "dressed":
            self.dressed = not self._fills(pending, noun)
            return self.dressed
        if pending.source == "aside":
            return True
        if pending.source == "with":
            return _is_part(noun) and not noun.count
        own = noun.determiner in words.POSSESSIVES or (pending.source == "verb" and noun.count is None)
        return (_is_part(noun) and own) or (noun.key in words.CLOTHES and pending.words.kind == "inside")

    def _is_abstract(self, noun: Noun) -> bool:
        if noun.key in words.SPOTS and noun.modifiers:  # "a stove top"
            return False
        looked_at = self.pending is not None and self.pending.words.words in ("at", "into", "towards")
        quality = noun.key.endswith(words.QUALITY_ENDINGS) and noun.key not in words.NO_QUALITIES
        abstract = quality or noun.key in words.ABSTRACT
        return (noun.key == "camera" and looked_at) or (abstract and not (noun.count or 0) > 1)

    def _fills(self, pending: Pending, noun: Noun) -> bool:
        """ "a plate topped with a slice of cake": what can be counted is a thing of its own."""
        kind = words.FILLED.get(pending.words.words)
        if kind is None or not (noun.determiner in ("a", "an") or noun.count) or noun.key in words.PARTS:
            return False
        pending.words = RelationWords(kind, pending.words.words, "inverse")
        return True

    def _is_background(self, noun: Noun, element: Element) -> bool:
        pending, key, low = self.pending, noun.key, noun.head.lower()
        place = key in words.PLACES or low in words.PLACES
        surface = key in words.SURFACES or low in words.SURFACES or key in words.LANDSCAPE
        inside = pending is not None and pending.words.words in ("in", "into", "at", "on") and key in words.INDOORS
        if key in words.TIMES or low in words.TIMES or inside:
            place = True
        elif not place and not surface:
            return False
        if pending is not None and pending.source == "verb":
            return noun.count is None and self._set(pending, element, noun, place=False)
        if pending is None or pending.source != "relation":
            return place and noun.count is None and self._scene_setting(noun, element)
        scenic = not pending.subjects and self.settings  # "sunset over the ocean": there is nothing to relate
        weak = pending.words.manner == "weak" or pending.words.kind in ("on", "under", "inside")
        if key in words.LANDSCAPE and not weak and not scenic:
            return False
        return self._set(pending, element, noun, place=place)

    def _set(self, pending: Pending, element: Element, noun: Noun, *, place: bool) -> bool:
        """Note where things are; the side of a street and the sky are places on the canvas, too."""
        things = tuple(pending.subjects)
        self.settings.append((things, self.text[pending.start : element.end], place))
        sides = {"left_of": Place(column=0.0), "right_of": Place(column=1.0)}
        where = Place(row=0.0) if noun.key == "sky" else sides.get(pending.words.kind, ANYWHERE)
        for index in things:
            if self.drafts[index].place == ANYWHERE:
                self.drafts[index].place = where
        return True

    def _scene_setting(self, noun: Noun, element: Element) -> bool:
        """ "A kitchen with a stove": the place itself stands where a thing would."""
        after = self._peek()
        if noun.key in words.LANDSCAPE and (isinstance(after, RelationWords) and after.kind in SIDES | {"next_to"}):
            return False
        if self.inverted is not None:
            return False
        preposition = "on" if noun.key in ("street", "road", "beach", "highway", "sidewalk") else "in"
        start = self.pending.start if self.pending else element.start
        phrase = self.text[start : element.end]
        if not self.pending:
            phrase = f"{preposition} {phrase[0].lower()}{phrase[1:]}"
        self.settings.append(((), phrase, True))
        self.group, self.subjects, self.closed = [], [], True
        return True

    # A thing in its place in the sentence

    def _thing(self, index: int) -> None:
        self.dressed = False
        pending, self.pending = self.pending, None
        sharing, self.sharing = self.sharing, False
        if sharing and pending is None:
            self.sharers = [index]
        elif sharing and pending is not None:
            self._share_out(pending.subjects, [index])
        elif pending is not None and set(pending.subjects) & set(self.sharers):
            self._share_out([index], self.sharers)
        elif pending is not None:
            self._dependent(pending, index)
        if pending is not None:
            self._object(pending, index)
        elif self.extending is not None and self.separator in ("and", "comma", "than") and not self._is_new_subject():
            self._extend(index)
        else:
            self._subject(index)
        if self.order is not None and index not in self.order[1]:
            self.order[1].append(index)
        self.separator = ""

    def _object(self, pending: Pending, index: int) -> None:
        if not pending.subjects:
            self.inverted = (pending.words, [index])
            self.group, self.subjects, self.closed = [index], [], True
            self.antecedents = [index]
            return
        self._relate(pending.words, pending.subjects, [index])
        if pending.source == "with":
            self.drafts[index].owner = pending.subjects[-1]
        close = pending.words.kind in CONTACT or pending.words.manner == "weak" or pending.source == "verb"
        self.touching = close and pending.source != "with"
        self.group, self.closed = [index], True

    def _is_new_subject(self) -> bool:
        """After "and": a noun with its own place, relation or verb goes on with the sentence, not with a list."""
        offset = 1
        while isinstance(after := self._peek(offset), Word) and after.kind in ("adverb", "quote"):
            offset += 1
        if isinstance(after, Word):
            return after.kind in ("verb", "be", "have", "with", "that")
        return isinstance(after, (RelationWords, PlaceWords))

    def _subject(self, index: int) -> None:
        if self.closed or self.separator not in ("and", "comma", "than"):
            self.group = []
        self.group = [*self.group, index]
        self.subjects, self.closed, self.touching, self.extending = self.group, False, False, None
        self.antecedents = self.group
        if index not in self.listed:
            self.listed.append(index)
        if self.leading is not None:
            self._put([index], self.leading)
        if self.inverted is not None:
            how, objects = self.inverted
            self._relate(how, [index], objects)
            self.extending = None


def _is_part(noun: Noun) -> bool:
    return noun.key in words.PARTS or noun.head.lower() in words.PARTS
