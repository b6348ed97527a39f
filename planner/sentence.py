"""English sentence → Scene, by a hand-written grammar.

`english/chunks.py` cuts the sentence into noun phrases, expressions of place, verbs and connecting words; here
these are put together from left to right: what stands in which relation to what, what belongs to the background,
which mention means a thing that is known already.

Why no NLP library (compared on the 378 natural captions of NSR-1K's spatial training split: share in which both
labelled objects come out as heads of two separate noun phrases): spaCy 3.8 with en_core_web_sm 3.8 85 %
(323; it reads "a zebra standing" and "a black fire | hydrant" as things), a perceptron tagger (denckring-en-pos
0.6) with a simple chunker 37 % (140), this grammar NUMBER. spaCy weighs 200 MB, its model reaches the package
index only as somebody's re-upload, and relations, counts and places would be ours to read from its trees all the same.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from planner.english import forms, words
from planner.english.chunks import Element, Noun, Word, normalise, scan
from planner.english.drafts import Drafts
from planner.english.phrases import OrderWords, PlaceWords, RelationWords
from planner.scene import Item, Order, Place, Relation, RelationKind, Scene

CONTACT: Final = frozenset({"on", "inside", "under", "wearing", "riding", "holding"})
SIDES: Final = frozenset({"left_of", "right_of", "above", "below", "between"})
VERB_RELATIONS: Final[dict[str, RelationKind]] = {
    "hold": "holding", "carry": "holding", "grab": "holding", "lift": "holding", "hug": "holding",
    "wear": "wearing", "ride": "riding", "drive": "next_to", "surround": "around", "hide": "in_front_of",
    "cover": "on", "overlook": "above", "contain": "around",
}  # fmt: skip
SAID: Final[dict[RelationKind, str]] = {
    "left_of": "to the left of", "right_of": "to the right of", "above": "above", "below": "below", "on": "on",
    "under": "under", "next_to": "next to", "between": "between", "in_front_of": "in front of",
    "behind": "behind", "inside": "in", "around": "around", "holding": "holding", "wearing": "wearing",
    "riding": "riding",
}  # fmt: skip
# Verbs that only say that something is there.
EMPTY_VERBS: Final = words.word_set(
    "locate place position situate put see show set make feature find arrange use get have take give say read"
)
PASSIVE_VERBS: Final = words.word_set(
    "hang hide seat set make build break write draw wind cut spread park mount attach place pile stack tie chain",
    "tether",
    "cover fill perch curl drape nestle suspend fold wrap scatter surround dress situate locate position paint mark",
    "decorate arrange lean tuck wedge plug load pack open close line fence enclose frame display cook bake grill slice",
)
PLAIN_PICTURE: Final = words.word_set("a an the this some picture image photo photograph view shot scene snapshot")


def read_sentence(sentence: str) -> Scene:
    """Find the things of an English sentence, how many, where, and how they relate. Never fails.

    A sentence in which nothing is found gives a scene without items.
    """
    text = normalise(sentence)
    reader = _Reader(text, scan(text))
    reader.read()
    return reader.scene(sentence)


@dataclass
class _Pending:
    """A relation that waits for its object ("next to …")."""

    words: RelationWords
    subjects: list[int]
    start: int
    source: str = "relation"  # or "with", "verb", "aside", "dressed"


@dataclass
class _Reader:
    text: str
    elements: list[Element]
    drafts: Drafts = field(default_factory=Drafts)
    relations: list[Relation] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    settings: list[tuple[tuple[int, ...], str, bool]] = field(default_factory=list)  # things, text, is a place
    absent: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    # Where in the sentence we are.
    index: int = 0
    group: list[int] = field(default_factory=list)  # the list of things just named
    subjects: list[int] = field(default_factory=list)  # what the clause is about
    listed: list[int] = field(default_factory=list)  # every thing named as subject since the last full stop
    antecedents: list[int] = field(default_factory=list)  # what "it" means in a new clause
    host: list[int] = field(default_factory=list)  # whose left "its left" is
    separator: str = "start"
    closed: bool = True  # the group has got its place or relation: the next thing begins a new one
    touching: bool = False  # the clause's last relation was one of contact
    pending: _Pending | None = None
    inverted: tuple[RelationWords, list[int]] | None = None  # "on the table is …"
    extending: tuple[int, str] | None = None  # the relation whose list may go on, and which side of it
    leading: PlaceWords | None = None
    order: tuple[OrderWords, list[int]] | None = None
    summary: tuple[int, int] | None = None  # "three animals: …": (thing, number of things before the list)
    negative: bool = False
    dressed: bool = False  # "filled with apples": a list of what a thing is full of may go on
    rows_used: bool = False

    def read(self) -> None:
        for index, element in enumerate(self.elements):
            self.index = index
            value = element.value
            if isinstance(value, Noun):
                self._noun(value, element)
            elif isinstance(value, RelationWords):
                self._relation(value, element)
            elif isinstance(value, PlaceWords):
                self._place(value)
            elif isinstance(value, OrderWords):
                self._order(value)
            else:
                self._word(value, element)
        self._stop()

    def _peek(self, offset: int = 1) -> Noun | Word | RelationWords | PlaceWords | OrderWords | None:
        at = self.index + offset
        return self.elements[at].value if at < len(self.elements) else None

    # Noun phrases

    def _noun(self, noun: Noun, element: Element) -> None:
        if noun.only_adjectives:
            resolved = self._elided(noun)
            if resolved is None:
                return
            noun = resolved
        if self.negative or noun.count == 0:
            self.absent.append(" ".join([*noun.modifiers, noun.head]) + noun.tail)
            self.negative, self.pending = False, None
        elif self._is_style(noun):
            self._style(element)
        elif self._is_aside(noun, element) or self._is_background(noun, element):
            self.pending = None
            self.separator, self.closed, self.touching = "", True, True
        else:
            self._thing(self.drafts.mention(self._lower_first(noun, element)))

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
        whole = self.drafts.last_counted()
        if whole is not None:
            self._thing(self.drafts.split(whole, noun.count or 1, adjectives))
        return None

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
        about = list(pending.subjects) if pending else self.group
        part = noun.key in words.PARTS or noun.head.lower() in words.PARTS
        clothes = noun.key in words.CLOTHES
        if pending and pending.source == "dressed":
            described = not self._fills(pending, noun)
            self.dressed = described
        elif pending and pending.source == "aside":
            described = True
        elif self.dressed and self.separator in ("and", "comma") and not noun.determiner and noun.count is None:
            self._describe(about, f"and {self.text[element.start : element.end]}")
            return True
        elif pending and pending.source == "with":
            described = part and not noun.count
        elif pending:
            own = noun.determiner in words.POSSESSIVES or (pending.source == "verb" and noun.count is None)
            described = (part and own) or (clothes and pending.words.kind == "inside")
        else:
            described = False
        idle = part and pending is not None and not noun.determiner and noun.count is None and not noun.modifiers
        if idle and pending is not None and pending.words.manner == "weak":
            return True
        if described:
            start = pending.start if pending else element.start
            self._describe(about, self.text[start : element.end])
            return True
        if noun.key in words.SPOTS and noun.modifiers:
            return False
        watched = noun.key == "camera" and pending is not None and pending.words.words in ("at", "into", "towards")
        return watched or (noun.key in words.ABSTRACT and not (noun.count or 0) > 1)

    def _fills(self, pending: _Pending, noun: Noun) -> bool:
        """ "a plate topped with a slice of cake": what can be counted is a thing of its own."""
        kind = words.FILLED.get(pending.words.words)
        if kind is None or not (noun.determiner in ("a", "an") or noun.count) or noun.key in words.PARTS:
            return False
        pending.words = RelationWords(kind, pending.words.words, "inverse")
        return True

    def _describe(self, about: list[int], text: str) -> None:
        for index in about:
            self.drafts[index].doing.append(text)

    def _is_background(self, noun: Noun, element: Element) -> bool:
        pending, key, low = self.pending, noun.key, noun.head.lower()
        place = key in words.PLACES or low in words.PLACES
        surface = key in words.SURFACES or low in words.SURFACES or key in words.LANDSCAPE
        inside = pending is not None and pending.words.manner == "weak" and key in words.INDOORS
        if key in words.TIMES or low in words.TIMES or inside:
            place = True
        elif not place and not surface:
            return False
        if pending is not None and pending.source == "verb":
            return place and self._set(pending, element, place=False)
        if pending is None or pending.source != "relation":
            return place and noun.count is None and self._scene_setting(noun, element)
        scenic = not pending.subjects and self.settings  # "sunset over the ocean": there is nothing to relate
        weak = pending.words.manner == "weak" or pending.words.kind in ("on", "under", "inside")
        if key in words.LANDSCAPE and not weak and not scenic:
            return False
        return self._set(pending, element, place)

    def _set(self, pending: _Pending, element: Element, place: bool) -> bool:
        things = tuple(pending.subjects)
        self.settings.append((things, self.text[pending.start : element.end], place))
        side = {"left_of": Place(column=0.0), "right_of": Place(column=1.0)}.get(pending.words.kind)
        for index in things:
            if side and self.drafts[index].place == Place():
                self.drafts[index].place = side
            if "sky" in self.text[element.start : element.end].lower() and self.drafts[index].place == Place():
                self.drafts[index].place = Place(row=0.0)
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
        if pending is not None:
            self._object(pending, index)
        elif self.extending is not None and self.separator in ("and", "comma") and not self._is_new_subject():
            self._extend(index)
        else:
            self._subject(index)
        if self.order is not None and index not in self.order[1]:
            self.order[1].append(index)
        self.separator = ""

    def _extend(self, index: int) -> None:
        """Add a thing to the list of the last relation: "next to a cup and a plate", "with a cup and a plate"."""
        at, side = self.extending or (0, "objects")
        relation = self.relations[at]
        if side == "subjects":
            self.relations[at] = replace(relation, subjects=(*relation.subjects, index))
        else:
            self.relations[at] = replace(relation, objects=(*relation.objects, index))
        if relation.loose and self.group:
            self.drafts[index].owner = self.drafts[self.group[-1]].owner
        self.group = [*self.group, index]

    def _object(self, pending: _Pending, index: int) -> None:
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

    def _relate(self, how: RelationWords, subjects: list[int], objects: list[int]) -> None:
        subjects = [index for index in subjects if index not in objects]
        if how.words != "with":
            related = [i for i in subjects if how.kind != "next_to" or self.drafts[i].owner in objects]
            self._forget_with(related)
        if how.manner == "flanking" and sum(self.drafts[index].count for index in subjects) == 1:
            self.drafts[subjects[0]].count = 2
        if how.manner in ("inverse", "flanking"):
            subjects, objects = objects, subjects
        if not subjects or not objects:
            return
        said = how.words
        if how.manner in ("inverse", "flanking") or said == "with" or how.own_object:
            said = SAID[how.kind]
        self.relations.append(Relation(how.kind, tuple(subjects), tuple(objects), said, how.words == "with"))
        goes_on = how.kind not in CONTACT - {"wearing", "holding"} or how.words == "with"
        side = "subjects" if how.manner == "inverse" else "objects"
        self.extending = (len(self.relations) - 1, side) if goes_on else None

    def _forget_with(self, things: list[int]) -> None:
        """ "a car with a banana on top of it": the second relation says it better than "with"."""
        for index in things:
            owner = self.drafts[index].owner
            for at, relation in enumerate(self.relations):
                if relation.loose and index in relation.subjects + relation.objects and owner is not None:
                    rest_subjects = tuple(i for i in relation.subjects if i != index)
                    rest_objects = tuple(i for i in relation.objects if i != index)
                    self.relations[at] = replace(relation, subjects=rest_subjects, objects=rest_objects)

    def _is_new_subject(self) -> bool:
        """After "and": a noun with its own place, relation or verb goes on with the sentence, not with a list."""
        offset = 1
        while isinstance(after := self._peek(offset), Word) and after.kind in ("adverb", "quote"):
            offset += 1
        if isinstance(after, Word):
            return after.kind in ("verb", "be", "have", "with", "that")
        return isinstance(after, (RelationWords, PlaceWords))

    def _subject(self, index: int) -> None:
        if self.closed or self.separator not in ("and", "comma"):
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

    # Relations, places, orders

    def _relation(self, how: RelationWords, element: Element) -> None:
        if self.pending is not None and self.pending.source == "relation":
            start = element.start
            self.pending = _Pending(how, self.pending.subjects, start)
            return
        if how.own_object:
            self._own_relation(how, element)
            return
        fresh = self.separator in ("start", "stop") or not (self.group or self.subjects)
        subjects = [] if fresh else self._about()
        self.inverted = None
        self.pending = _Pending(how, subjects, element.start)

    def _about(self) -> list[int]:
        """What a relation in the middle of a clause says something about."""
        if self.separator in ("and", "comma") or self.touching:
            return self.subjects or self.group
        return self.group or self.subjects

    def _own_relation(self, how: RelationWords, element: Element) -> None:
        """ "with a cat on its left": the object is what the clause is about."""
        starts = isinstance(self._peek(), Noun) or (isinstance(after := self._peek(), Word) and after.kind == "be")
        if self.group and not starts:
            self.host = self._antecedent(self.group)
            self._relate(how, self.group, self.host)
            self.closed = True
        elif known := self.host or self._antecedent([]):
            self.host, self.inverted = known, (how, known)
            self.closed = True
        self.pending = None

    def _antecedent(self, of: list[int]) -> list[int]:
        """What "it" means when said of the things `of`."""
        for index in reversed(of):
            owner = self.drafts[index].owner
            if owner is not None:
                return [owner]
        if of and self.host and not set(of) & set(self.host):
            return self.host
        candidates = [i for i in (self.subjects or self.antecedents or self.listed) if i not in of]
        if not candidates:
            candidates = [i for i in range(len(self.drafts)) if i not in of][-1:]
        return candidates

    def _place(self, where: PlaceWords) -> None:
        self.rows_used |= where.is_row
        self.pending = None
        if self._is_trailing(where):
            self._put(self._placed_group(), where)
            self.closed, self.extending = True, None
            return
        self.leading, self.inverted = where, None
        self.closed, self.extending, self.subjects, self.group = True, None, [], []

    def _is_trailing(self, where: PlaceWords) -> bool:
        if not self.group or self.separator in ("start", "stop"):
            return False
        after = self._peek()
        free = any(not self._has_place(index) for index in self.group)
        if not free or (isinstance(after, Word) and after.kind == "colon"):
            return False
        if self.separator in ("and", "comma"):
            leads = isinstance(after, Noun) or (isinstance(after, Word) and after.kind in ("be", "there", "one"))
            return not leads
        return True

    def _has_place(self, index: int) -> bool:
        return self.drafts[index].place != Place()

    def _placed_group(self) -> list[int]:
        """All of "a dog and a cat on the left", but only the last of "a bird, a dog on the left"."""
        if self.closed and not self.touching and self.extending is None:
            return self.group[-1:]
        joined_by = self._separator_before(self.group[-1])
        return self.group[-1:] if joined_by == "comma" else self.group

    def _separator_before(self, thing: int) -> str:
        for element in reversed(self.elements[: self.index]):
            value = element.value
            if isinstance(value, Word) and value.kind in ("and", "comma"):
                return value.kind
        return ""

    def _put(self, things: list[int], where: PlaceWords) -> None:
        self._forget_with(things)
        for index in things:
            if where.depth < 0 and self.drafts[index].noun.key in words.SURFACES | words.LANDSCAPE | words.PLACES:
                item = self.drafts[index].item()
                phrase = item.plural or item.phrase()
                self.settings.append(((), f"with {phrase} in the background", True))
                self.drafts[index].count = 0
            elif where.depth:
                self.drafts[index].depth = where.depth
            elif not self._has_place(index):
                self.drafts[index].place = where.place

    def _order(self, how: OrderWords) -> None:
        after = self._peek()
        leads = isinstance(after, Word) and after.kind in ("colon", "comma") and isinstance(self._peek(2), Noun)
        if not self.listed or (leads and len(self.listed) < 2):
            self._sum_up()
            self.order = (how, [])
        elif len(self.listed) == 1 or len(self.group) == 1:
            self.drafts[self.group[-1] if self.group else self.listed[-1]].formation = how.axis
        else:
            self._add_order(how, self.listed)
        self.pending = None

    def _add_order(self, how: OrderWords, things: list[int]) -> None:
        if len(things) > 1:
            self.orders.append(Order(how.axis, tuple(reversed(things) if how.reverse else things)))

    # Words

    def _word(self, word: Word, element: Element) -> None:
        kind = word.kind
        if kind in ("and", "comma"):
            self.separator = "comma" if kind == "comma" and self.separator != "and" else "and"
            self.negative = self.negative or (word.text == "or" and self._negated_before())
        elif kind == "stop":
            self._stop()
        elif kind == "colon":
            self._sum_up()
            self.closed, self.pending = True, None
        elif kind == "verb":
            self._verb(word, element)
        elif kind in ("with", "have"):
            self._with(element)
        elif kind == "without":
            self.negative = True
        elif kind == "pronoun":
            self._pronoun()
        elif kind == "one":
            self._one(word)
        elif kind == "aside":
            self.pending = _Pending(RelationWords("next_to", word.text), self.group, element.start, "aside")
        elif kind == "adjectives":
            self._predicate(word)
        elif kind == "picture":
            if not set(word.text.split()) <= PLAIN_PICTURE:
                self.styles.append(word.text)
        elif kind == "quote":
            self._describe(self.group[-1:], f"with the text {word.text}")
        elif kind == "there":
            self.inverted, self.separator = self.inverted, self.separator

    def _negated_before(self) -> bool:
        before = self._peek(-1)
        return isinstance(before, Noun) and bool(self.absent) and self.absent[-1].endswith(before.head + before.tail)

    def _stop(self) -> None:
        if self.order is not None:
            self._add_order(self.order[0], self.order[1])
        self._resolve_summary()
        self.group, self.subjects, self.listed, self.host = [], [], [], []
        self.pending = self.inverted = self.extending = self.leading = self.order = None
        self.separator, self.closed, self.touching, self.negative = "stop", True, False, False

    def _sum_up(self) -> None:
        """ "three animals: a cat, a dog and a bird" names three things, not six."""
        if self.listed and self.summary is None and self.drafts[self.listed[-1]].count > 1:
            self.summary = (self.listed[-1], len(self.drafts))
            if self.group and self.leading is None:
                self.listed = []

    def _resolve_summary(self) -> None:
        if self.summary is None:
            return
        whole, before = self.summary
        parts = [self.drafts[i] for i in range(before, len(self.drafts))]
        split = any(part.part for part in parts) or self.drafts[whole].spent
        if parts and not split and sum(part.count for part in parts) == self.drafts[whole].count:
            self.drafts[whole].count = 0
        self.summary = None

    def _verb(self, verb: Word, element: Element) -> None:
        again = verb.finite or self.separator in ("and", "comma")
        about = self.subjects if again and self.subjects else (self.group or self.subjects)
        if verb.finite and self.subjects and self.closed:
            self.group = self.subjects
        after = self._peek()
        said = self._as_participle(verb)
        if verb.text in words.DRESSED and about:
            self.pending = _Pending(RelationWords("next_to", verb.text), about, element.start, "dressed")
            return
        if isinstance(after, Noun) and about and self.separator != "start":
            kind = VERB_RELATIONS.get(verb.lemma, "next_to")
            self.pending = _Pending(RelationWords(kind, said), about, element.start, "verb")
        elif verb.lemma not in EMPTY_VERBS:
            for index in about:
                self.drafts[index].doing.append(said)
        self.separator = "" if about else self.separator

    def _as_participle(self, verb: Word) -> str:
        """ "sits" and "sat" → "sitting", but "is parked" and "hung" stay."""
        before = self._peek(-1) if self.index else None
        passive = isinstance(before, Word) and before.kind in ("be", "adverb")
        past = verb.text in forms.IRREGULAR_PASTS or (verb.lemma in words.VERBS and verb.text.endswith("ed"))
        active = verb.finite or (past and not passive and verb.lemma not in PASSIVE_VERBS)
        return forms.participle(verb.lemma) if active else verb.text

    def _with(self, element: Element) -> None:
        if self.pending is not None and self.pending.source == "dressed":
            return
        about = self._about() if self.group or self.subjects else []
        if not about:
            return
        after = self._peek()
        laid = self.group and self.drafts[self.group[-1]].noun.key in words.TABLES and self.separator == ""
        if laid and isinstance(after, Noun) and after.determiner not in words.POSSESSIVES:
            about = self.group
        key = self.drafts[about[-1]].noun.key
        kind, manner = "next_to", ""
        if key in words.SUPPORTS:
            kind, manner = "on", "inverse"
        elif key in words.OPEN_CONTAINERS:
            kind, manner = "inside", "inverse"
        how = RelationWords(kind, "with", manner)  # type: ignore[arg-type]
        self.pending = _Pending(how, list(about), element.start, "with")

    def _pronoun(self) -> None:
        pending = self.pending
        if pending is None:
            self.group, self.closed = self._antecedent([]) or self.group, True
            self.subjects = self.group
        elif pending.subjects:
            self._relate(pending.words, pending.subjects, self._antecedent(pending.subjects))
            self.extending, self.touching = None, True
        self.pending = None
        self.separator = ""

    def _one(self, word: Word) -> None:
        whole = self.drafts.last_counted()
        if whole is None:
            whole = self.listed[-1] if self.listed else None
        if whole is not None:
            self._thing(self.drafts.split(whole, word.number))

    def _predicate(self, word: Word) -> None:
        for index in self.subjects or self.group:
            draft = self.drafts[index]
            if word.text not in draft.noun.modifiers:
                draft.adjectives.append(word.text)
        self.closed = True

    # The result

    def scene(self, sentence: str) -> Scene:
        """Freeze what was read; things of which nothing is left (counted out one by one) are dropped."""
        background = self._background()
        kept = [i for i, draft in enumerate(self.drafts.drafts) if draft.count > 0]
        new = {old: position for position, old in enumerate(kept)}
        items = tuple(self.drafts[old].item() for old in kept)
        relations = [*self.relations, *self._depth_relations(kept)]
        notes = [self.drafts[old].note for old in kept if self.drafts[old].note]
        return Scene(
            sentence=sentence,
            items=items,
            relations=tuple(_renumber(relation, new) for relation in relations if _is_whole(relation, new)),
            orders=tuple(Order(o.axis, tuple(new[i] for i in o.items if i in new)) for o in self.orders),
            background=background,
            style=", ".join(dict.fromkeys(self.styles)),
            absent=tuple(dict.fromkeys(self.absent)),
            notes=(*self.notes, *notes),
        )

    def _background(self) -> str:
        """One place for the whole picture, or each thing's own where the sentence names several."""
        shelves = self._shelves() if self.rows_used else []
        places = list(dict.fromkeys(text for _, text, place in self.settings if place))
        everywhere = [text for things, text, place in self.settings if place and not things]
        whole = places if len(places) == 1 else list(dict.fromkeys(everywhere))
        for things, text, _ in self.settings:
            if text not in whole:
                self._describe(list(things), text)
        return " ".join([*shelves, *whole])

    def _shelves(self) -> list[str]:
        """A bookshelf of which the rows are spoken of is the background of what stands in it."""
        texts = []
        for draft in self.drafts.drafts:
            if draft.noun.key in words.SHELVES and draft.place == Place():
                texts.append("on " + draft.item().prompt)
                draft.count = 0
        return texts

    def _depth_relations(self, kept: list[int]) -> list[Relation]:
        near = [i for i in kept if self.drafts[i].depth >= 0]
        far = [i for i in kept if self.drafts[i].depth < 0]
        front = [i for i in kept if self.drafts[i].depth > 0]
        found = []
        if near and far:
            found.append(Relation("behind", tuple(far), (near[0],), "in the background of"))
        if front and (rest := [i for i in near if i not in front]):
            found.append(Relation("in_front_of", tuple(front), (rest[0],), "in the foreground of"))
        return found


def _is_whole(relation: Relation, new: dict[int, int]) -> bool:
    return any(i in new for i in relation.subjects) and any(i in new for i in relation.objects)


def _renumber(relation: Relation, new: dict[int, int]) -> Relation:
    return replace(
        relation,
        subjects=tuple(new[i] for i in relation.subjects if i in new),
        objects=tuple(new[i] for i in relation.objects if i in new),
    )


def describe(item: Item) -> str:
    """One line about an item, for logs and tests."""
    return f"{item.count} × {item.description}"
