"""Noun phrases that name things: one, or several joined by "and"; groups, measures and what "of" adds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from planner.english.parsing.nouns import GROUP_NUMBERS, Noun, belongs, object_of, of_what
from planner.english.reading.referring import is_reference, refer, seems_person
from planner.english.reading.state import Reading, also_related, describe, note_text
from planner.lexicon import forms, words
from planner.lexicon.kinds import is_clothing
from planner.scene.scene import ANYWHERE, Formation, ordinal

if TYPE_CHECKING:
    from spacy.tokens import Span, Token


def deny(r: Reading, token: Token) -> None:
    """Note a thing that must not be seen, with those that are listed with it."""
    named = nominals(token)
    kept = excepted(token)
    # "a tree without leaves and a snowman beside it"
    apart = [one for one in named if one.i > token.i and any(r.relation(child) is not None for child in one.rights)]
    for target in named:
        if target not in apart:
            _deny_one(r, target)
            r.take(target)
    for target in (*apart, *kept):
        r.seen -= {part.i for part in target.subtree}
        r.rules.read_fragment(r, target)


def excepted(token: Token) -> list[Token]:
    """ "no animals except a crab", "empty but for a chair": what is there after all."""
    said = [part for part in token.subtree if part.lower_ in ("except", "excepting", "but", "besides")]
    return [target for part in said if (target := object_of(part)) is not None]


def read_excepted(r: Reading, token: Token) -> list[int]:
    """ "all of them are white except the black one in the middle": what is said of the others is not said of it."""
    kept = excepted(token)
    r.seen.update(target.head.i for target in kept)
    return [i for target in kept for i in r.rules.read_fragment(r, target)]


def _deny_one(r: Reading, target: Token) -> None:
    noun = r.noun(target)
    r.absent.append(" ".join([*noun.modifiers, noun.head]))
    r.seen.update(noun.tokens)


MEASURES: Final = (
    words.GROUPS
    | words.AMOUNTS
    | words.word_set(
        "pair couple dozen trio quartet quintet triplet duo team bed kind sort type variety handful lot lots "
        "plenty half halves wall circle mobile garland"
    )
)
HANGING: Final = ("prep", "acl", "relcl", "advmod", "npadvmod", "appos")
COUNTING: Final = words.word_set(
    "quartet quintet triplet duo pair couple number variety lot lots handful plenty dozen trio kind sort type"
)
FORMATIONS: Final[dict[str, Formation]] = {
    "row": "x", "line": "x", "queue": "x", "caravan": "x", "convoy": "x", "procession": "x", "parade": "x",
    "stack": "y", "pile": "y", "tower": "y", "column": "y", "circle": "circle", "ring": "circle",
    "triangle": "circle", "semicircle": "circle", "arc": "circle", "heart": "circle", "spiral": "circle",
    "grid": "grid", "square": "grid", "arrangement": "grid",
}  # fmt: skip


def nominals(token: Token) -> list[Token]:
    """A noun and those that are joined to it by "and", from left to right."""
    found, dress = [*_joined_before(token), token], worn_with(token)
    for child in token.children:
        if child.dep_ == "conj" and child not in dress and child.pos_ in ("NOUN", "PROPN", "PRON", "NUM", "ADJ", "DET"):
            found += nominals(child)
    return found


def worn_with(token: Token) -> list[Token]:
    """ "a woman in a coat and boots": clothes that the parse joins to whoever wears them."""
    dressed = any(child.lower_ == "in" and _is_dress(object_of(child)) for child in token.rights)
    joined = [child for child in token.rights if child.dep_ == "conj" and child.tag_ in ("NNS", "NNPS")]
    return [child for child in joined if dressed and _is_dress(child)]


def _is_dress(token: Token | None) -> bool:
    names = (token.lower_, forms.singular(token.lower_)) if token is not None else ()
    return any(name in words.CLOTHES or is_clothing(name) for name in names)


def is_bare(token: Token) -> bool:
    """Tell whether nothing hangs on a noun but what is listed with it."""
    return all(child.dep_ in ("cc", "conj", "punct", "appos") for child in token.rights)


def is_closed(list_: Span) -> bool:
    """Tell whether a list of several nouns has come to its end: "a boy, a cat and a dog"."""
    return any(token.lower_ == "and" for token in list_)


def _joined_before(token: Token) -> list[Token]:
    """ "a key and wooden chopsticks", of which the parse makes one phrase."""
    for part in token.doc[token.left_edge.i : token.i]:
        before = token.doc[part.i - 1] if part.i else part
        joins = part.pos_ == "CCONJ" and before.pos_ in ("NOUN", "PROPN") and before.lower_ not in words.ADJECTIVES
        if joins and belongs(part, token) and belongs(before, token):
            return [before]
    return []


def mention(r: Reading, token: Token, *, lone: bool = False, again: bool = True) -> list[int]:
    """Name the things of a noun phrase, with all that are joined to it unless `lone`."""
    found: list[int] = []
    for one in [token] if lone else nominals(token):
        before = one.doc[: one.left_edge.i].text.lower().split()
        nor = before[-1:] == ["nor"] or (before[-1:] == ["or"] and "without" in before)
        if nor or any(child.dep_ == "neg" or child.lower_ in ("not", "neither") for child in one.lefts):
            _deny_one(r, one)
        elif is_reference(r, one):
            found += refer(r, one)
        else:
            things = _mention_one(r, one, again=again)
            found += things
            if text := r.piece(one).text:
                note_text(r, text, things)
                describe(r, things, f'with the text "{text}"')
    found = [in_panel(r, i) for i in dict.fromkeys(found)]
    r.latest = found or r.latest
    return found


def in_panel(r: Reading, index: int) -> int:
    """The same thing in the panel that the sentence tells of: once more, where it was in another one before."""
    if r.panel is None or (r.panel.is_row and not r.pictures):
        return index
    draft, here = r.things[index], r.panel.place
    told = r.pictures or ordinal(draft.place.column)
    return r.things.again(index, here) if told else index


def _mention_one(r: Reading, token: Token, *, again: bool) -> list[int]:
    noun = r.noun(token)
    r.seen.update(noun.tokens)
    if noun.head.lower() in words.DETERMINERS:
        return []
    if all_of := _all_of(r, noun):
        return all_of
    again = again and not _elsewhere(r, token, noun)
    if noun.count == 0:
        deny(r, token)
        return []
    if (target := of_what(token)) is not None:
        return _mention_of(r, noun, target, again=again)
    noun = _compared(r, token, noun)
    return [_known_or_new(r, noun, again=again)]


def _known_or_new(r: Reading, noun: Noun, *, again: bool) -> int:
    plain_word = noun.determiner == "" and noun.count is None and not (noun.proper and noun.modifiers)
    known = r.things.known(noun) if again else None
    named = [i for i in r.before if r.things[i].noun.key == noun.key and r.things[i].count == 1]
    if r.segment.before == ":" and r.styles and named and noun.determiner in ("a", "an"):
        r.things[named[0]].noun = noun  # "poster about a whale: a blue whale at the top"
        return named[0]
    if plain_word and known is not None:
        whole = r.things[known].noun
        if noun.plural or noun.modifiers or not (whole.plural and r.things.is_whole(known)):
            return known
        noun = replace(noun, determiner="the")  # "two dogs, dog from left is big": one of them
    if r.summary is not None and known is not None and (noun.count or 0) > 1 and r.things[known].count == noun.count:
        return known
    if noun.times is not None and len(r.things):
        other = (r.listed or r.subject or [len(r.things) - 1])[-1]
        noun = replace(noun, count=max(round(r.things[other].count * noun.times), 1))
    found = r.things.mention(noun, again=again)
    if (group := r.things[found].group) is not None:
        also_related(r, group, found)
    return found


def _compared(r: Reading, token: Token, noun: Noun) -> Noun:
    """ "more forks than spoons", "as many cups as saucers": a number said through another thing's."""
    words_before = {child.lower_ for child in token.lefts}
    late = [child for part in token.children if part.dep_ in ("advcl", "relcl") for child in part.children]
    for child in [part for part in (*token.rights, *late) if part.lower_ in ("than", "as")]:
        for target in child.head.children if child.dep_ == "mark" else child.children:
            plus = 1 if "more" in words_before else -1 if words_before & {"fewer", "less"} else None
            if target.dep_ not in ("pobj", "nsubj", "dobj") or (plus is None and noun.times is None):
                continue
            r.seen.update([child.i, *r.noun(target).tokens])
            other = r.things[r.things.mention(replace(r.noun(target), determiner="the"))]
            other.limit = "exact"
            number = other.count + plus if plus is not None else round(other.count * (noun.times or 1))
            return replace(noun, count=max(number, 1), times=None)
    return noun


def _mention_of(r: Reading, noun: Noun, target: Token, *, again: bool) -> list[int]:
    """ "a bowl of plums" is a bowl, "a group of three dogs" is three dogs, "a herd of cows" a herd."""
    r.seen.add(target.head.i)
    if target.lower_ == "them" and noun.key in FORMATIONS:  # "coins …, a tower of them"
        return [_known_or_new(r, noun, again=again)]
    if is_reference(r, target):
        return refer(r, target) or [_known_or_new(r, noun, again=again)]  # "the smallest penguin of all"
    inner = r.noun(target)
    if noun.head.lower() in ("hundreds", "thousands", "dozens", "scores", "millions"):
        index = r.things.add(replace(inner, count=1, vague="", determiner="a"))
        r.things[index].fixed = f"{noun.head.lower()} of {r.text(list(inner.tokens))}"
        r.seen.update(inner.tokens)
        return [index]
    if noun.key in MEASURES and (inner.count or noun.key == "half"):
        r.seen.update(inner.tokens)
        return [_formed(r, noun, inner, again=again)]
    if noun.key in COUNTING or noun.sort == "abstract":
        r.seen.update(inner.tokens)
        single = "" if inner.plural and noun.determiner in ("a", "an") else noun.determiner
        plain = replace(inner, count=_number_of(noun, inner), determiner=inner.determiner or single)
        return [_known_or_new(r, plain, again=again)]
    return _with_tail(r, noun, target, again=again)


def _all_of(r: Reading, noun: Noun) -> list[int]:
    """ "both apples" of a red and a green one, named one by one."""
    if noun.determiner not in ("both", "all", "the", "these") or not noun.plural or noun.modifiers:
        return []
    same = [i for i, draft in enumerate(r.things.drafts) if draft.noun.key == noun.key and draft.count]
    rows = [i for i, draft in enumerate(r.things.drafts) if draft.lines > 1 and noun.key in ("row", "column", "line")]
    return rows or (same if len(same) > 1 and noun.count in (None, len(same)) else [])


def _elsewhere(r: Reading, token: Token, noun: Noun) -> bool:
    """ "the girl on the left …, the girl on the right": the same word at another place is another thing."""
    known = r.things.known(noun)
    places = [where.place for child in token.rights if (where := r.place(child)) is not None and not where.depth]
    here = r.things[known].place if known is not None else ANYWHERE
    return here != ANYWHERE and any(place != here for place in places)


def _formed(r: Reading, noun: Noun, inner: Noun, *, again: bool) -> int:
    """ "a row of five penguins", "two rows of three cards": so many things, and how they stand."""
    factor = noun.count or (2 if noun.head == "halves" else 1)
    whole = replace(inner, determiner=noun.determiner, count=(inner.count or 1) * factor)
    found = _known_or_new(r, whole, again=again)
    if (form := FORMATIONS.get(noun.key)) is not None:
        rows = factor > 1 and form == "x"
        r.things[found].formation, r.things[found].lines = "grid" if rows else form, factor if rows else 0
    return found


def _number_of(noun: Noun, inner: Noun) -> int | None:
    """How many "a pair of", "two dozen of" mean."""
    if noun.key == "pair" and inner.head.lower() in words.PAIR_NOUNS:
        return noun.count
    return {**GROUP_NUMBERS, "couple": 2, "triplet": 3, "dozen": 12 * (noun.count or 1)}.get(noun.key, inner.count)


def _with_tail(r: Reading, noun: Noun, target: Token, *, again: bool) -> list[int]:
    """ "a cup of tea": what "of" adds to the name; "a cup of tea and a plate" are two things."""
    inner = r.noun(target)
    r.writers = inner if seems_person(inner.key) and not inner.plural else r.writers  # "the cell of a monk. He …"
    # What hangs on the noun after "of" is said of the whole: "a cup of cola without a straw".
    hanging = [c for c in target.rights if c.dep_ in HANGING and c.lower_ != "of"]
    tail = sorted({part.i for part in target.head.subtree} - {part.i for child in hanging for part in child.subtree})
    r.seen.update(tail)
    alike, others = (inner.plural, inner.key in words.MASS), [(one, r.noun(one)) for one in nominals(target)[1:]]
    joined = [one for one, told in others if told.counted or (told.plural, told.key in words.MASS) != alike]
    for one in joined:
        tail = [i for i in tail if i < r.noun(one).tokens[0]]
    found = [_known_or_new(r, replace(noun, tail=f" {r.text(tail).removesuffix(' and')}"), again=again)]
    if noun.key in FORMATIONS and inner.plural:
        r.things[found[0]].formation = FORMATIONS[noun.key]
    for one in joined:
        r.seen -= {part.i for part in one.subtree}
        found += _mention_one(r, one, again=again)
    return found
