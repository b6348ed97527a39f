"""Segments without a verb: noun phrases of a list, places, attributes, styles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from planner.english.parsing.nouns import object_of, of_what
from planner.english.parsing.phrases import OrderWords
from planner.english.parsing.places import PlaceWords
from planner.english.reading import attaching, belonging, lettering, pictures
from planner.english.reading.leading import lead, order
from planner.english.reading.mentioning import deny, is_bare, is_closed, mention, nominals, worn_with
from planner.english.reading.referring import NOBODY, is_reference, refer
from planner.english.reading.state import SIDE_KINDS, Reading, describe, put, relate
from planner.lexicon import words
from planner.lexicon.kinds import is_being, worn_part
from planner.lexicon.relations import KINDS, RelationKind
from planner.scene.scene import ANYWHERE

if TYPE_CHECKING:
    from spacy.tokens import Token

VALUES: Final = ("prep", "advmod", "amod", "npadvmod", "dep", "pcomp", "conj")
CLAUSES: Final = ("acl", "relcl", "advcl")
OF_COLOURS: Final = words.word_set("gradient palette shade hue tint tone wash blend")
BEARING: Final = words.SUPPORTS | words.OPEN_CONTAINERS | words.SHELVES | words.word_set("screen page wall window")
NOUNS: Final = ("appos", "npadvmod", "dep", "nsubj", "dobj")


def read_fragment(r: Reading, token: Token, about: list[int] | None = None) -> list[int]:
    """Read a noun phrase that stands alone, and all that hangs on it; returns its things."""
    noun = r.noun(token)
    if r.lettering(token) or noun.sort == "writing":
        return lettering.read_lettering(r, token)
    if is_reference(r, token):
        return _reference(r, token)
    if noun.count == 0 or any(child.lower_ == "neither" for child in token.children):
        deny(r, token)
        return []
    sort, after_all = noun.sort, pictures.is_thing_after_all(r, token, noun)
    inner = of_what(token)
    if sort == "style" and inner is not None and r.noun(inner).sort == "thing" and noun.key not in OF_COLOURS:
        return pictures.read_picture(r, token, noun)
    if sort == "style" and not after_all:
        r.styles.append(r.take(token))
        return []
    if sort == "picture" and not after_all:
        return pictures.read_picture(r, token, noun)
    announces = r.segment.after == ":" and noun.key in words.ANNOUNCING  # "her favourite things: …"
    if sort in ("time", "abstract", "spot") and not announces:
        return pictures.no_thing(r, token, noun)
    if sort in ("place", "surface", "landscape") and not after_all:
        return pictures.read_scenery(r, token, noun)
    own = not noun.determiner or noun.determiner in words.POSSESSIVES
    own = own and (noun.count is None or noun.is_one_side)  # "one wing torn"
    kinds = [how.kind for child in token.children if (how := r.relation(child)) is not None]
    placed = not (SIDE_KINDS | {"under"}).isdisjoint(kinds) or any(
        r.place(child) is not None for child in token.children
    )
    around = any((how := r.relation(part)) is not None and how.kind == "around" for part in token.subtree)
    doing = any(child.tag_ == "VBG" for child in token.rights)  # "hand reaching in from the right"
    if sort == "part" and r.latest and own and not (placed or around or doing):
        describe(r, r.subject or r.latest, f"with {r.take(token)}")
        return []
    return _listed(r, token)


def _listed(r: Reading, token: Token) -> list[int]:
    """Name the things of a list; what hangs on the last of them is said of all, if nothing hangs on the others."""
    tokens = _without_objects(r, token)
    alone = not any(
        r.piece(child).value is not None or (child.dep_ in ("prep", "relcl", "acl") and child.lower_ != "of")
        for child in token.rights
    )
    told = token.dep_ in ("nsubj", "nsubjpass")  # "apples are not in the basket"
    follows = r.segment.before == ","
    holder = r.holder if follows and (alone or token.lower_ in words.MASS) and not told else []
    named = {one.i: _named(r, one) for one in tokens}
    every = list(dict.fromkeys(i for one in tokens for i in named[one.i]))
    new = dict(zip(every, lead(r, every), strict=True))
    named = {at: [new[i] for i in ids] for at, ids in named.items()}
    every = [new[i] for i in every]
    last = tokens[-1]
    r.latest = every or r.latest
    _borne(r, token, every)
    if holder:
        relate(r, "inside", every, holder, KINDS["inside"].said, loose=True)
    r.holder = holder
    related = {i for one in r.relations for i in one.subjects}
    goes_on = len(tokens) > 1 and follows
    bare = [i for i in r.bare if i not in related] if goes_on else []  # it may be said of what stands before
    for one in tokens:
        if one.i == token.i and len(tokens) > 1:
            _heads(r, one, named, [*bare, *every], last)
        else:
            if any((how := r.relation(child)) is not None and how.own_object for child in one.rights):
                r.host = named[token.i]
            complements(r, one, [*bare, *named[one.i]])
        hanging = {child.lower_ for child in one.rights if _hangs(child) and child.i < last.i}
        own = bool(hanging) and not (hanging == {"with"} and _is_carried(r, one, last))
        bare = [] if own else [*bare, *named[one.i]]
    loose = not any(_hangs(child) for one in tokens for child in one.rights)
    r.bare = [*(r.bare if follows else []), *every] if loose else []
    return every


def _is_carried(r: Reading, one: Token, last: Token) -> bool:
    """ "a burger with fries and a glass of cola on a tray": both are on it, if it is larger than either."""
    targets = [object_of(child) for child in last.rights if r.relation(child) is not None]
    return any(belonging.can_bear(r.noun(target).key, [r.noun(one).key]) for target in targets if target is not None)


def _borne(r: Reading, token: Token, things: list[int]) -> None:
    """What goes on with a list of places on or in one thing stands there, too."""
    if not r.bearer and _is_on_first(r, things):
        r.bearer = [0]
    if r.bearer and r.segment.before in ",:" and any(r.place(part) is not None for part in token.subtree):
        kind = belonging.holding(r.things[r.bearer[-1]].noun.key)
        if kind is not None:
            relate(r, kind, things, r.bearer, KINDS[kind].said, loose=True)
            for draft in (r.things[i] for i in things if kind == "on" and r.things[i].place.is_center):
                draft.place = replace(draft.place, row=None)  # the middle of a table is at any height of the picture


def _is_on_first(r: Reading, things: list[int]) -> bool:
    """ "a tray, in the middle a teapot", "a desk: at the left end a lamp, at the right end a vase": they are on it."""
    where, first = r.segment.pieces[0].value, r.things[0] if len(r.things) else None
    second = things == list(range(1, len(r.things))) and r.segment.before in ",:"
    if not isinstance(where, PlaceWords) or not things or first is None or not second:
        return False
    several = where.place.is_center or any(isinstance(one.pieces[0].value, PlaceWords) for one in r.ahead)
    free = first.count == 1 and first.place == ANYWHERE and first.noun.key in words.SUPPORTS - words.LAIN_ON
    keys = [r.things[i].noun.key for i in things]
    return free and several and not any(map(is_being, keys)) and not set(keys) <= belonging.AT_TABLE


def _named(r: Reading, token: Token) -> list[int]:
    """Name one of a list: a thing, or a text: "two cups and the words TEA TIME"."""
    written = r.noun(token).sort == "writing" and any(r.lettering(part) for part in token.subtree)
    return lettering.read_lettering(r, token) if written else mention(r, token, lone=True)


def _hangs(child: Token) -> bool:
    return child.dep_ in ("prep", "acl", "relcl", "advmod") and child.lower_ != "of"


def _without_objects(r: Reading, token: Token) -> list[Token]:
    """The nouns of a list, but "a cat left of a dog and a bird" is one cat left of two.

    So are "a cat and a bag above a shoe and a pig" two above two.
    """
    tokens = nominals(token)
    having = next((child for child in tokens[0].rights if child.lower_ == "with"), None)
    being = [is_being(r.noun(one).key) for one in tokens]
    has = being[0] or r.noun(tokens[0]).sort == "place"  # "a man with long hair and a ring", "a room with a bed and …"
    if having is not None and has and not any(map(_hangs, tokens[-1].rights)):
        r.more_objects = {having.i: [one for one in tokens if one.i > having.i]}
        return [one for one in tokens if one.i < having.i]
    for place in range(1, len(tokens)):
        prep = _side_of(r, tokens[:place], tokens[place])
        rest = tokens[place:]
        if prep is None or any(not is_bare(one) for one in rest):
            continue
        if len(tokens) == 2 or is_closed(token.doc[tokens[0].i : prep.i]):
            r.more_objects = {prep.i: rest}
            return tokens[:place]
    return tokens


def _side_of(r: Reading, before: list[Token], token: Token) -> Token | None:
    """The last preposition of a side, with its object, that hangs on nouns and stands before another noun."""
    found = [
        child
        for one in before
        for child in one.rights
        if child.i < token.i and r.side(child) is not None and object_of(child) is not None
    ]
    return found[-1] if found else None


def _heads(r: Reading, token: Token, named: dict[int, list[int]], every: list[int], last: Token) -> None:
    """What hangs on the first of a list is said of it, or, where it stands after the last, of all."""
    own = named[token.i]
    for child in token.rights:
        how = r.relation(child)
        if how is not None and how.own_object and child.i > last.i:
            new = [i for ids in named.values() for i in ids]
            above = how.words == "on top" and r.previous  # "pancakes, two berries and a leaf on top"
            r.host, r.latest = (r.previous[-1:], new) if above else (own, named[last.i])
            attaching.attach(r, r.latest, child)
    late = {child.i for child in token.rights if child.i > last.i} - r.seen
    # "two chairs on the porch", but no "man in a hat"
    before = [child for child in token.rights if child.i < last.i]
    placed = any(how.kind not in ("inside", "wearing") for child in before if (how := r.relation(child)) is not None)
    placed = placed or any(r.place(child) is not None for child in before)
    r.seen |= late
    complements(r, token, own)
    r.seen -= late
    complements(r, token, named[last.i] if placed or r.summary is not None else every)


def _reference(r: Reading, token: Token) -> list[int]:
    if token.lower_ in NOBODY:
        r.take(token)
        return []
    things = refer(r, token)
    if any(part.lower_ in words.SHARED for part in (token, *token.lefts)):
        r.sharers = things
    r.latest = things
    complements(r, token, things)
    r.subject = things
    for one in nominals(token):
        if one.i > token.i and is_reference(r, one):
            things = [*things, *_reference(r, one)]
    return things


def complements(r: Reading, token: Token, things: list[int], owner: list[int] | None = None) -> None:
    """Read what hangs on a noun: prepositions, clauses, places, further nouns of a list.

    `owner`: the things that it hangs on itself, of which a place in the end is said.
    """
    inner = of_what(token)
    if inner is not None and inner.head.i in r.seen:
        complements(r, inner, things, owner)
    for child in [*token.lefts, *token.rights]:
        if child.i in r.seen or _fixed(r, token, child, things, owner or []):
            continue
        if r.piece(child).value is not None and child.dep_ in VALUES:
            target = object_of(child)  # "a knight with a torch in a dungeon": where the scene is, the first thing is
            scenery = target is not None and r.noun(target).sort == "place"
            worn = child.lower_ not in ("of", "with") and all(worn_part(r.things[i].noun.key) for i in things)
            if owner and worn:
                worn = is_being(r.things[owner[-1]].noun.key)  # not "a crate with a cap on it"
            attaching.attach(r, (owner if scenery or worn else None) or things, child)
        else:
            _hanging(r, token, child, things)
    for one in worn_with(token):
        describe(r, things, f"and {r.take(one)}")


def _fixed(r: Reading, token: Token, child: Token, things: list[int], owner: list[int]) -> bool:
    """Read a fixed expression that hangs on a noun: a place, an order, "each", a text; tells whether it is one."""
    value = r.piece(child).value
    if isinstance(value, PlaceWords):
        alone = sum(isinstance(piece.value, PlaceWords) for piece in r.segment.pieces) == 1
        if child.i > token.i and _bears(r, owner or things):
            alone, r.bearer = False, owner or things
            things = things if owner else [i for i in r.latest if r.things[i].owner in things]
            _is_all(r, r.bearer[-1])
        last = alone and not value.is_row and not value.spots and token.doc[0].lower_ != "with"
        behind = r.latest if (value.depth or value.spots) and set(r.latest).isdisjoint(things) else []
        put(r, behind or (owner if last else []) or things, value)
    elif isinstance(value, OrderWords):
        order(r, value, things)
    elif child.lower_ not in ("each", "apiece") or child.i < token.i:
        return False
    elif owner:  # "four people with an umbrella each"
        belonging.share_out(r, things, owner)
    else:
        r.sharers = things
        complements(r, child, things)
    r.seen.add(child.i)
    return True


def _bears(r: Reading, owner: list[int]) -> bool:
    """ "a desk with a lamp on the left, a typewriter in the middle and …": places of a list on or in one thing."""
    owned = owner and any(
        r.things[i].owner == owner[-1] and r.things[i].noun.key not in belonging.AT_TABLE for i in r.latest
    )
    # "a sofa on the left, a table with a cup in the middle and …" is a list of places itself
    placed = any(r.things[i].place != ANYWHERE for i in r.listed)
    if not owned or placed or r.things[owner[-1]].noun.key not in BEARING:
        return False
    ahead = [piece for segment in r.ahead for piece in segment.pieces]
    places = [piece for piece in (*r.segment.pieces, *ahead) if isinstance(piece.value, PlaceWords)]
    return len(places) > 1 and (len(places) > 2 or all(piece.source.lower() != "with" for piece in ahead))


def _is_all(r: Reading, index: int) -> None:
    """ "a shop's screen with a search bar at the top, …": what bears the list is the whole picture."""
    draft = r.things[index]
    if draft.noun.key in ("screen", "page"):
        r.styles.append(draft.item().description)
        draft.count = 0


def _hanging(r: Reading, token: Token, child: Token, things: list[int]) -> None:
    """Read a plain preposition, a clause, a noun or an adjective that hangs on a noun."""
    later = child.i > token.i
    if child.dep_ == "prep":
        attaching.attach(r, things, child)
    elif child.dep_ == "relcl" and things and any(part.lower_ in ("where", "which") for part in child.lefts):
        _clause_there(r, child, things)
    elif child.dep_ in CLAUSES or (child.dep_ in ("conj", "ccomp", "xcomp", "dep") and child.pos_ in ("VERB", "AUX")):
        r.rules.read_clause(r, child, things)
    elif later and child.dep_ in NOUNS and child.pos_ in ("NOUN", "PROPN"):
        read_fragment(r, child)
    elif later and child.dep_ in ("amod", "advmod", "acomp", "prt"):
        adjective_phrase(r, things, child, "")


def _clause_there(r: Reading, verb: Token, things: list[int]) -> None:
    """ "a board where two kings are left": what a clause of place names is on or in the thing."""
    before = len(r.things)
    r.rules.read_clause(r, verb, things)
    key = r.things[things[-1]].noun.key
    new = [i for i in range(before, len(r.things)) if not any(i in relation.subjects for relation in r.relations)]
    if new and key in words.SUPPORTS | words.CONTAINERS and any(part.lower_ == "where" for part in verb.lefts):
        kind: RelationKind = "on" if key in words.SUPPORTS else "inside"
        relate(r, kind, new, things, KINDS[kind].said)


def adjective_phrase(r: Reading, things: list[int], adjective: Token, said: str) -> None:
    """ "asleep on a bed", "high up in a cloudy sky", "halfway up on the left": an adjective, and where."""
    for part in adjective.rights:
        if part.dep_ == "conj" and part.tag_ == "VBG":  # "a cap open and lying beside it"
            r.rules.read_clause(r, part, things)
            r.seen.add(adjective.i)
            describe(r, things, f"{said} {adjective.text}".strip())
            return
    for part in adjective.subtree:
        if (where := r.place(part)) is not None and part.i not in r.seen:
            r.seen.add(part.i)
            put(r, things, where)
    preps = [child for child in adjective.rights if child.dep_ == "prep" and child.lower_ != "than"]
    if not preps or adjective.lower_ == "full":
        describe(r, things, f"{said} {r.take(adjective)}".strip())
        return
    named = (child for child in adjective.lefts if child.dep_ in ("nsubj", "npadvmod") and child.i in r.seen)
    subject = {part.i for child in named for part in child.subtree}
    subject |= {child.i for child in adjective.lefts if r.place(child) is not None}
    kept = [part.i for part in adjective.subtree if part.i < preps[0].i and part.i not in subject]
    r.seen.update(kept)
    phrase = f"{said} {r.text(kept)}".strip()
    target = object_of(preps[0])
    likened = target if target is not None and preps[0].lower_ == "as" else None
    sides = [child for child in (*preps[1:], *(likened.rights if likened else ())) if r.side(child) is not None]
    before, there = r.latest, likened is not None and bool(sides) and r.noun(likened).determiner == "the"
    if likened is not None and there:
        about = mention(r, likened)  # "as big as the barn beside her": the barn is there
    else:
        attaching.attach(r, things, preps[0], phrase, verb=True)
        about = [i for i in r.latest if i not in before] or things  # "asleep on a bench next to a kiosk": the bench is
    for child in sides:
        attaching.attach(r, about, child)
    if there:
        attaching.attach(r, things, preps[0], phrase, verb=True)
