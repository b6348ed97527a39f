"""Words that name the whole picture, its scenery or no thing at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.english.parsing.nouns import Noun, object_of, of_what
from planner.english.reading import attaching, settings
from planner.english.reading.belonging import holding
from planner.english.reading.leading import lead
from planner.english.reading.mentioning import mention
from planner.english.reading.state import SIDE_KINDS, Reading, describe, put, set_scene
from planner.lexicon import forms, verb_words, words
from planner.lexicon.kinds import is_flat, is_person, known_kind_of

if TYPE_CHECKING:
    from spacy.tokens import Token

DEPICTIONS: Final = words.word_set(
    "mockup render rendering photo photograph picture image drawing sketch illustration painting portrait sticker",
    "tattoo sprite cartoon doodle closeup close-up shot",
)
SEEN: Final = words.word_set("scene shot view close-up closeup exposure headshot")  # nothing that hangs about
PLAIN_PICTURES: Final = words.word_set("photo picture image photograph view scene shot frame card")
PLANS: Final = words.word_set("plan layout map blueprint")
PARTS_OF_COMICS: Final = words.word_set("strip panel frame page comic webcomic")
OUTDOORS: Final = words.word_set("street road beach highway sidewalk field")


def is_thing_after_all(r: Reading, token: Token, noun: Noun) -> bool:
    """A word of scenery or of pictures that is related to things or counted is a thing itself."""
    hung = (
        inner for one in token.children if one.lower_ == "hanging" for inner in one.rights
    )  # "a level hanging over"
    related = any(
        (how := r.relation(child)) is not None
        and how.kind in SIDE_KINDS | ({"on", "under", "inside"} if noun.sort == "picture" else set())
        and how.manner not in ("weak", "vague")
        for child in (*token.children, *hung)
    )
    added = token.head.lower_ in ("put", "add", "place")  # "and put a cafe on the left side"
    leads = token.dep_ == "nsubj" and token.i < token.head.i
    around = [*token.children, *(token.head.children if leads or added else ())]
    if noun.sort in ("place", "surface", "landscape"):
        led = [child for child in token.head.lefts if r.side(child) is not None and object_of(child) is not None]
        behind = bool(led) and noun.key in words.LANDSCAPE and token.head.pos_ == "AUX"  # "behind them is a hill"
        return related or behind or _is_thing_there(r, token, noun, around)
    if noun.sort == "picture":
        return _is_picture_there(r, token, noun, around, related=related)
    return related and noun.determiner in ("a", "an")


def _is_thing_there(r: Reading, token: Token, noun: Noun, around: list[Token]) -> bool:
    """Tell whether a place is a thing by where it stands: "a lake on the left", "map: the harbour in the north"."""
    if r.summary is not None and noun.counted:
        return True
    on_map = noun.determiner == "the" and noun.key not in OUTDOORS and not _has_things(token)
    bare = (not noun.determiner or on_map) and r.segment.before in ",:."  # "map: the harbour in the north, …"
    near = [*around, *token.subtree] if bare and len(r.things) else around  # "island with two stools in the middle"
    here = any((where := r.place(child)) is not None and not where.depth for child in near)
    told = (noun.sort == "place" and token.dep_ == "nsubj") or (noun.sort in ("place", "landscape") and bare)
    kind = known_kind_of(noun.key)
    building = noun.sort == "place" and kind is not None and kind.height > 5 and r.leading is not None
    # Islands, but no fields.
    upright = noun.plural and bool(noun.modifiers) and kind is not None and kind.aspect < 3
    alone = building or not _has_things(token) or (here and r.segment.before == "," and len(r.things) > 0)
    placed = (here and told) or ((r.leading is not None or here) and noun.counted and alone)
    planet = noun.key == "earth" and noun.determiner == "the" and (here or r.leading is not None)
    return bool(noun.count) or upright or placed or planet  # "in the top left corner the earth rises"


def _is_picture_there(r: Reading, token: Token, noun: Noun, around: list[Token], *, related: bool) -> bool:
    """Tell whether a kind of picture hangs or lies about as a thing: "a poster on the left", but no "winter scene"."""
    if noun.key in SEEN and noun.count is None:
        return False
    inner = any(child.lower_ in ("of", "for") for child in token.rights)
    lettered = any(r.lettering(part) for part in token.subtree)
    placed = any(r.place(child) is not None for child in around) or r.leading is not None
    counted = noun.count is not None and not inner and noun.key not in PARTS_OF_COMICS
    told = bool(noun.determiner) or not noun.key.startswith("photo")
    lying = noun.key in words.ALSO_OBJECTS and told and not inner and r.segment.after != ":" and len(r.things) > 0
    verb = (forms.verb_form(token.head.lower_) or ("", ""))[0]
    hung = token.dep_ in ("nsubj", "dobj", "attr") and len(r.things) > 0 and verb in verb_words.POSTURES
    inner = inner or (len(r.things) == 0 and _has_things(token) and not lettered)
    bearing = lettered and any(r.side(part) is not None for part in token.subtree)
    of = any(child.lower_ == "of" for child in token.rights)  # "a figure's silhouette beside it for scale"
    return hung or lying or (related and not of) or (placed and not inner) or bearing or counted


def _has_things(token: Token) -> bool:
    return any(child.lower_ == "with" for child in token.rights)


def read_picture(r: Reading, token: Token, noun: Noun) -> list[int]:
    """ "an oil painting of a ship": the ship is what is seen."""
    r.seen.update(noun.tokens)
    if noun.modifiers or noun.key not in PLAIN_PICTURES:
        r.styles.append(r.text(list(noun.tokens)))
    things = _shown_before(r, token, noun)
    for child in token.rights:
        if child.dep_ == "prep" and child.lower_ in ("of", "about"):
            r.seen.add(child.i)
            if (target := object_of(child)) is not None:
                things = _content(r, target, noun)
        elif child.dep_ == "prep" and child.lower_ in ("for", "by", "from"):
            things = _made_for(r, child)
        elif (how := r.relation(child)) is not None and how.words == "against":
            r.styles.append(r.take(child))  # "studio shot against grey paper": what it was taken before is no thing
        elif child.dep_ == "prep":
            before = len(r.things)
            attaching.attach(r, things, child)
            things = things or list(range(before, len(r.things)))
        elif child.dep_ in ("acl", "relcl") and child.pos_ in ("VERB", "AUX"):
            r.rules.read_clause(r, child, things)
        elif (where := r.place(child)) is not None:
            r.seen.add(child.i)
            put(r, things, where)
    return things


def _shown_before(r: Reading, token: Token, noun: Noun) -> list[int]:
    """ "a coffee bag mockup": what the picture shows stands before it."""
    before = token.doc[token.i - 1] if token.i else token
    shown = noun.key in DEPICTIONS and before.dep_ == "compound" and known_kind_of(before.lower_) is not None
    shown = shown and not is_flat(before.lower_) and before.lower_ not in words.CAMERAS
    of = any(child.lower_ == "of" for child in token.rights)
    return lead(r, mention(r, before, lone=True)) if shown and not of and r.noun(before).sort == "thing" else []


def _made_for(r: Reading, prep: Token) -> list[int]:
    """ "a dashboard for a bank with three charts": of what a picture is for, only what it has is seen."""
    r.purpose |= any(part.lower_ in ("my", "our") for part in prep.subtree)
    if r.purpose and (whom := object_of(prep)) is not None and is_person(r.noun(whom).key):
        r.writers = r.noun(whom)  # "a picture for my dad, him on a tractor"
    before = len(r.things)
    having = next((part for part in prep.subtree if part.lower_ == "with"), None)
    r.seen.update(part.i for part in prep.subtree if having is None or part.i < having.i)
    if having is not None:
        attaching.attach(r, [], having)
    return list(range(before, len(r.things)))


def _content(r: Reading, target: Token, picture: Noun) -> list[int]:
    """What a picture shows; "8 frames of a knight" shows it eight times."""
    things = lead(r, mention(r, target)) if r.noun(target).sort == "part" else r.rules.read_fragment(r, target)
    # "layout of a table: a cake in the middle"
    if picture.key in PLANS and r.segment.after == ":" and len(things) == 1:
        set_scene(r, [], f"{holding(r.things[things[0]].noun.key) or 'in'} {r.things[things[0]].item().phrase()}")
        r.things[things[0]].count = 0
    for draft in [r.things[i] for i in things] if (picture.count or 0) > 1 else []:
        draft.count, draft.formation = picture.count or 1, "grid"
    return things


def no_thing(r: Reading, token: Token, noun: Noun) -> list[int]:
    """A time of day is scenery; an abstract noun is words."""
    if noun.sort == "time":
        set_scene(r, [], settings.own_words(r, token))
        return settings.rest(r, token, [])
    inner = of_what(token)
    if noun.sort == "abstract" and inner is not None and r.noun(inner).sort == "thing":
        things = lead(r, mention(r, token))
        r.rules.complements(r, token, things)
        return things
    objects = [object_of(child) for child in token.rights if child.dep_ == "prep"]
    counted = next((one for one in objects if one is not None and r.noun(one).counted), None)
    if counted is not None:
        r.seen.update([*noun.tokens, counted.head.i])
        r.clauses.append(r.text(list(noun.tokens)))
        return r.rules.read_fragment(r, counted)
    r.clauses.append(r.take(token))
    return []


def read_scenery(r: Reading, token: Token, noun: Noun) -> list[int]:
    """ "A kitchen with a stove": the place itself stands where a thing would."""
    preposition = "on" if noun.key in OUTDOORS else "in" if noun.sort == "place" else "with"
    text = f"{preposition} {settings.own_words(r, token)}"
    here = r.leading is not None and not r.leading.depth
    if not here:
        set_scene(r, [], text)
    before = len(r.things)
    for part in token.subtree:
        if part.lower_ == "with" and part.i not in r.seen:  # "a wall of a gym with a clock"
            attaching.attach(r, [], part)
    settings.rest(r, token, [])
    for child in token.rights:
        if child.dep_ == "conj" and child.pos_ in ("NOUN", "PROPN") and child.i not in r.seen:
            r.rules.read_fragment(r, child)  # "snow and two skaters"
    found = list(range(before, len(r.things)))
    for child in token.rights if not here else ():  # "a kitchen on the right with a stove": the stove is there
        if (where := r.place(child)) is not None:
            put(r, found, where)
    if here and found:
        describe(r, found, text)
    return found
