"""Numbers that a sentence gives through other things: "an umbrella each", "twice as many", "five of them"."""

from typing import Final

from planner.english import words
from planner.english.elements import Noun, Word
from planner.english.reading import Pending, Reading
from planner.scene.scene import RelationKind

# What a person has one of at a time.
ONE_EACH: Final[frozenset[RelationKind]] = frozenset({"holding", "wearing", "riding"})


class Sharing(Reading):
    """What the reader does with numbers that are said of things named before."""

    def _each(self, word: Word) -> None:
        """ "each of" names next among whom is shared; "each" ends what is shared, or begins it after a comma."""
        if word.text == "each of":
            self.sharing = True
            return
        given = self.group[-1:] if isinstance(self._peek(-1), Noun) else []
        if given and self.drafts[given[0]].part:  # "holding umbrellas, one umbrella each": said before
            given = self.drafts.restate(given[0])
        owners = self._owners(given)
        if owners:
            self._share_out(given, owners)
        else:
            self.sharers = self.group or self.subjects or self.antecedents

    def _owners(self, things: list[int]) -> list[int]:
        """The other side of the latest relation of things."""
        for relation in reversed(self.relations):
            sides = relation.subjects, relation.objects
            for side, other in (sides, sides[::-1]):
                if things and set(things) <= set(side):
                    return list(other)
        return []

    def _share_out(self, things: list[int], among: list[int]) -> None:
        """Multiply things by the number of those who have them."""
        times = sum(self.drafts[index].count for index in among)
        for index in things:
            if index not in among:
                self.drafts[index].count *= times

    def _dependent(self, pending: Pending, index: int) -> None:
        """ "Two women holding umbrellas", "three boys with their bikes": a plural without a number, one for each."""
        draft = self.drafts[index]
        open_number = draft.noun.plural and draft.noun.count is None and draft.noun.head not in words.PAIR_NOUNS
        own = draft.noun.determiner in words.POSSESSIVES
        taken = pending.words.kind in ONE_EACH or pending.words.words in ("playing", "flying")
        owners = sum(self.drafts[subject].count for subject in pending.subjects)
        if open_number and (own or (taken and not draft.noun.determiner)) and owners > 1:
            self._count_as(index, owners)

    def _compare(self, noun: Noun, index: int) -> None:
        """Settle a comparison with what came before, or with what comes after "as" or "than"."""
        if self.compared is not None and self.separator == "than":
            first, comparison = self.compared
            self._count_as(first, comparison.of(self.drafts[index].count))
            self.compared = None
        if noun.comparison is not None:
            after = self._peek()
            if isinstance(after, Word) and after.text in ("as", "than"):
                self.compared = (index, noun.comparison)
            elif index > 0:
                self._count_as(index, noun.comparison.of(self.drafts[index - 1].count))

    def _count_as(self, index: int, count: int) -> None:
        self.drafts[index].count, self.drafts[index].note = count, ""

    def _named_before(self) -> int | None:
        """What "another" and "two others" are more of."""
        known = self.subjects or self.antecedents or self.listed
        return known[-1] if known else None

    def _counted_now(self, word: Word) -> list[int]:
        """The things without a number that "five of them" or "three of each" gives one."""
        after = self._peek()
        of_them = word.text.endswith(" of") and isinstance(after, Word) and after.kind == "pronoun"
        if not of_them and not word.text.endswith(" of each"):
            return []
        open_number = [
            i for i in self.listed or self.group if (noun := self.drafts[i].noun).plural and noun.count is None
        ]
        return open_number[-1:] if of_them else open_number

    def _is_one_more(self, word: Word) -> bool:
        """ "another", "a fourth one" of three: not one of those that were named."""
        whole = self.drafts.last_counted()
        if word.text in words.ORDINALS:
            return whole is None or words.ORDINALS[word.text] > self.drafts[whole].count
        return word.text == "another" and whole is None
