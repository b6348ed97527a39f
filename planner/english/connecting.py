"""Reading verbs and connecting words."""

from typing import Final

from planner.english import forms, relations, verb_words, words
from planner.english.elements import Element, Noun, Word
from planner.english.naming import Naming
from planner.english.phrases import RelationWords
from planner.english.reading import Pending
from planner.english.relations import Manner, RelationKind

# Verbs that only say that something is there.
EMPTY_VERBS: Final = words.word_set(
    "locate place position situate put see show set make feature find arrange use get have take give say read"
)
PLAIN_PICTURE: Final = words.word_set("a an the this some picture image photo photograph view shot scene snapshot")


class Connecting(Naming):
    """What the reader does at a verb or a connecting word."""

    def _word(self, word: Word, element: Element) -> None:
        kind = word.kind
        if kind in ("and", "comma"):
            self.separator = "comma" if kind == "comma" and self.separator != "and" else "and"
            self.negative = self.negative or (word.text == "or" and self._negated_before())
        elif kind == "stop":
            self._stop()
        elif kind == "colon":
            self._sum_up()
            self.closed, self.pending, self.separator = True, None, "comma"
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
        elif kind == "each":
            self._each(word)
        elif self.compared is not None and word.text in ("as", "than"):
            self.separator = "than"
        elif kind == "aside":
            before = self._peek(-1) if self.index else None
            seen = word.text == "for" and isinstance(before, Word) and before.lemma in verb_words.REACHING
            source = "verb" if seen else "aside"
            self.pending = Pending(RelationWords("next_to", word.text), self.group, element.start, source)
        elif kind == "adjectives":
            self._predicate(word)
        elif kind == "picture":
            if not set(word.text.split()) <= PLAIN_PICTURE:
                self.styles.append(word.text)
        elif kind == "quote":
            self._describe(self.group[-1:], f"with the text {word.text}")

    def _negated_before(self) -> bool:
        before = self._peek(-1)
        return isinstance(before, Noun) and bool(self.absent) and self.absent[-1].endswith(before.head + before.tail)

    def _stop(self) -> None:
        if self.order is not None:
            self._add_order(self.order[0], self.order[1])
        self._resolve_summary()
        self.group, self.subjects, self.listed, self.host = [], [], [], []
        self.pending = self.inverted = self.extending = self.leading = self.order = self.compared = None
        self.sharing, self.sharers = False, []
        self.separator, self.closed, self.touching, self.negative = "stop", True, False, False

    def _verb(self, verb: Word, element: Element) -> None:
        again = verb.finite or self.separator in ("and", "comma")
        about = self.subjects if again and self.subjects else (self.group or self.subjects)
        if verb.finite and self.subjects and self.closed:
            self.group = self.subjects
        after = self._peek()
        said = self._as_participle(verb)
        if verb.text in words.DRESSED and about:
            self.pending = Pending(RelationWords("next_to", verb.text), about, element.start, "dressed")
            return
        if isinstance(after, Noun) and about and self.separator != "start":
            known = relations.verb_wording(verb.lemma)
            how = RelationWords(known.kind, said, known.manner) if known else RelationWords("next_to", said)
            self.pending = Pending(how, about, element.start, "verb")
        elif verb.lemma not in EMPTY_VERBS:
            for index in about:
                self.drafts[index].doing.append(said)
        self.separator = "" if about else self.separator

    def _as_participle(self, verb: Word) -> str:
        """ "sits" and "sat" → "sitting", but "is parked" and "hung" stay."""
        before = self._peek(-1) if self.index else None
        passive = isinstance(before, Word) and before.kind in ("be", "adverb")
        past = verb.text in forms.IRREGULAR_PASTS or (verb.lemma in verb_words.VERBS and verb.text.endswith("ed"))
        active = verb.finite or (past and not passive and verb.lemma not in verb_words.STATES)
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
        kind: RelationKind = "next_to"
        manner: Manner = ""
        if key in words.SUPPORTS:
            kind, manner = "on", "inverse"
        elif key in words.OPEN_CONTAINERS:
            kind, manner = "inside", "inverse"
        how = RelationWords(kind, "with", manner)
        self.pending = Pending(how, list(about), element.start, "with")

    def _pronoun(self) -> None:
        pending = self.pending
        if pending is None:
            self.group, self.closed = self._antecedent([]) or self.group, True
            self.subjects = self.group
            self.sharers = self.group if self.sharing else self.sharers
        elif pending.subjects:
            meant = self._antecedent(pending.subjects)
            if self.sharing:
                self._share_out(pending.subjects, meant)
            self._relate(pending.words, pending.subjects, meant)
            self.extending, self.touching = None, True
        self.pending, self.sharing = None, False
        self.separator = ""

    def _one(self, word: Word) -> None:
        counted = self._counted_now(word)
        for index in counted:
            self._count_as(index, word.number)
        if counted:
            return
        if self._is_one_more(word) and (known := self._named_before()) is not None:
            self._thing(self.drafts.more_of(known, word.number))
            return
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
