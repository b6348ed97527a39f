"""Reading expressions of place: relations, places on the canvas, orders."""

from planner.english import words
from planner.english.elements import Element, Noun, Word
from planner.english.phrases import OrderWords, PlaceWords, RelationWords
from planner.english.reading import Pending
from planner.english.sharing import Sharing


class Placing(Sharing):
    """What the reader does at a fixed expression of place."""

    def _relation(self, how: RelationWords, element: Element) -> None:
        if self.pending is not None and self.pending.source == "relation":  # "down on", "up in front of"
            self.pending = Pending(how, self.pending.subjects, element.start)
            return
        if how.own_object:
            self._own_relation(how, element)
            return
        fresh = self.separator in ("start", "stop") or not (self.group or self.subjects)
        subjects = [] if fresh else self._about()
        self.inverted = None
        self.pending = Pending(how, subjects, element.start)

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

    # A place on the canvas trails what it is said of ("a dog on the left") or leads it ("on the left, a dog").

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

    def _placed_group(self) -> list[int]:
        """All of "a dog and a cat on the left", but only the last of "a bird, a dog on the left"."""
        if self.closed and not self.touching and self.extending is None:
            return self.group[-1:]
        before = (element.value for element in reversed(self.elements[: self.index]))
        joins = (value.kind for value in before if isinstance(value, Word) and value.kind in ("and", "comma"))
        return self.group[-1:] if next(joins, "") == "comma" else self.group

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
