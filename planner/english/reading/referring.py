"""What pronouns and "one", "the other", "the left one", "the former" mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.english.parsing.nouns import Noun, of_what
from planner.english.parsing.phrases import RelationWords
from planner.english.parsing.places import PlaceWords, place_of
from planner.english.reading.state import Reading, also_related, put
from planner.lexicon import verb_words, words
from planner.lexicon.kinds import is_being, is_person, known_kind_of
from planner.scene.scene import ANYWHERE

if TYPE_CHECKING:
    from spacy.tokens import Token

PERSONAL: Final = words.word_set("it they them he him she her itself themselves himself herself we us")
POINTING: Final = {"this": "it", "that": "it", "these": "them", "those": "them"}
MANY: Final = words.word_set("they them themselves")
PRONOUNS: Final = {"its": "it", "his": "him", "her": "her", "their": "them"}
HUMAN: Final = words.word_set("he she him her himself herself")
WHOLE: Final = words.word_set("both all each every everyone everybody")
NOBODY: Final = words.word_set("none nobody neither nothing noone anybody anyone anything")
OTHERS: Final = ("others", "rest")
OTHER: Final = words.word_set("other remaining")
SPOTS: Final = words.word_set("left right top bottom upper lower middle center leftmost rightmost")


def is_reference(r: Reading, token: Token) -> bool:
    """Tell whether a word stands for things named before, or for one of them."""
    low = token.lower_
    if low in PERSONAL | WHOLE | NOBODY or low in words.ORDINALS:
        return token.pos_ != "PROPN"
    if low in ("which", "whom"):  # "one shelf, on which a cat is lying"
        return token.dep_ == "pobj"
    if low in ("one", "ones", "other", "others", "another", "some", "rest"):
        return True
    if low in POINTING or low == "everything":  # "under that a button", "everything in a box"
        return token.dep_ == ("ROOT" if low == "everything" else "pobj")
    said = ("of", "other", "remaining")  # "5 of them", "the other 3"
    return low in words.NUMBERS or (low.isdecimal() and any(child.lower_ in said for child in token.children))


def each_other(token: Token) -> bool:
    """Tell whether a word ends "each other" or "one another"."""
    return token.i > 0 and (token.doc[token.i - 1].lower_, token.lower_) in (("each", "other"), ("one", "another"))


def refer(r: Reading, token: Token, of: list[int] | None = None) -> list[int]:
    """Find the things that a pronoun or a number without a noun means; `of` are things it cannot mean."""
    low, lefts = (r.piece(token).source or token.text).lower(), {part.lower_ for part in token.lefts}
    low = "each" if low == "one" and lefts & words.SHARED and lefts <= words.SHARED else low  # "behind each one a tree"
    r.seen.update(part.i for part in token.lefts)
    r.seen.add(token.i)
    if low in PERSONAL:
        return antecedent(r, low, of or [])
    if low in ("which", "whom"):
        return r.previous[-1:]
    if low in POINTING:
        return antecedent(r, POINTING[low], of or [])
    inner = _inner(r, token, of or [])
    if low in NOBODY:
        return []
    if low == "everything" or (low == "all" and any(part.lower_ in ("it", "this", "that") for part in token.subtree)):
        return [i for i in r.listed if r.things[i].count]
    if low in WHOLE:
        if low in ("each", "every") and not inner:
            return _grouped(r, r.subject or r.listed)
        return inner or _whole_of(r, of or [])
    return _part(r, token, inner, of or [])


def _whole_of(r: Reading, of: list[int]) -> list[int]:
    """What "both" or "all" means: what the sentence is about, or the several that were named last."""
    listed = [i for i in r.listed if i not in of]
    about = [i for i in r.subject if i not in of] or (listed[-2:] if of else listed)
    alone = len(about) == 1 and r.things[about[0]].count == 1
    several = r.things.last_counted() if alone else None
    return about if several is None else [several]


def _grouped(r: Reading, things: list[int]) -> list[int]:
    """Things with those that were named together with them: "three pots, the biggest in the middle, each with …"."""
    groups = {r.things[i].group for i in things} - {None}
    return [*things, *(i for i, draft in enumerate(r.things.drafts) if draft.group in groups and i not in things)]


def antecedent(r: Reading, word: str, of: list[int]) -> list[int]:
    """What "it", "him" or "them" means when said of the things `of`."""
    for owner in [r.things[i].owner for i in reversed(of)]:
        if owner is not None and _fits(r, word, [owner]):
            return [owner]
    pools = [r.subject, r.listed, r.latest, r.host, r.before]
    named = range(len(r.things))
    alive = any(_is_person(r, i) or is_being(r.things[i].noun.key) for i in named) or r.writers is not None
    if word in ("he", "him") and named and not alive:
        word = "it"  # "a table, on him stands a vase"
    if word in HUMAN:
        everybody = [i for pool in (*pools, named) for i in reversed(pool) if i not in of]
        sexes = ("", _said_sex(word))
        persons = [i for i in everybody if _is_person(r, i) and (word == "himself" or _sex(r, i) in sexes)]
        if persons := persons or [i for i in everybody if is_being(r.things[i].noun.key)]:
            if word in ("he", "she"):  # "Ada and Max play chess, she sits on the left, he on the right"
                persons.sort(key=lambda i: r.subject.index(i) if i in r.subject else len(r.things))
            meant = max(persons, key=lambda i: 2 if _sex(r, i) else is_person(r.things[i].noun.key))
            r.things[meant].person = r.things[meant].person or _said_sex(word)
            return [meant]
        if r.writers is not None:  # "my grandma turns 90, can you draw her on a tractor"
            return [r.things.add(r.writers)]
        if word not in ("he", "him") and (who := _perhaps_somebody(r, word, of)):
            return who
    stuff = [i for i in named if word == "it" and _is_stuff(r, i)]
    for pool in pools:
        found = [i for i in pool if i not in of and r.things[i].count > 0 and i not in stuff]
        pair = len(found) > 1 and pool is r.before and all(is_being(r.things[i].noun.key) for i in found)
        if word == "it" and pair:  # "a fox and a hare play at a table; a lantern hangs above it"
            continue
        if found and _fits(r, word, found):
            hosts = [i for one in r.relations if found[-1] in one.subjects for i in one.objects if i in found]
            beings = [i for i in found if is_being(r.things[i].noun.key)]  # "two boys, a red kite, a dog between them"
            if word in MANY:
                return beings if sum(r.things[i].count for i in beings) > 1 else found
            return (hosts or found)[-1:]  # "a bag, a map in it, a hat beside it"
    every = [i for i in range(len(r.things)) if i not in [*of, *stuff] and r.things[i].count > 0]
    if word in MANY:
        return _several(r, every)
    return ([i for i in every if _fits(r, word, [i])] or every)[-1:]


def _perhaps_somebody(r: Reading, word: str, of: list[int]) -> list[int]:
    """ "netrunner, neon visor, a drone above her": the first thing, if we do not know what it is."""
    first = [i for i, draft in enumerate(r.things.drafts) if draft.noun.sort == "thing" and i not in of][:1]
    who = [i for i in first if known_kind_of(r.things[i].noun.key) is None and r.things[i].count == 1]
    for index in who:
        r.things[index].person = _said_sex(word)
    return who


def _is_stuff(r: Reading, index: int) -> bool:
    """ "a box in brown paper, a pen beside it": what has no article where the thing named before it has one."""
    noun, named = r.things[index].noun, [draft.noun.determiner for draft in r.things.drafts[:index]]
    bare = not noun.determiner and noun.count is None and not noun.proper
    part = noun.sort == "part" and index > 0  # "a crab, one claw round a buoy, a diver beside it"
    return part or noun.key in words.MASS or (bare and named[-1:] in (["a"], ["an"], ["the"]))


def pronoun_in(how: RelationWords) -> str:
    """The pronoun of whom a phrase says whose: "him" for "to his right"; empty where it does not."""
    return next((PRONOUNS[word] for word in how.words.split() if word in PRONOUNS), "")


def whose(r: Reading, how: RelationWords) -> list[int]:
    """The thing whose side "on its left", "to his right" or "on top" is."""
    said = pronoun_in(how) or "it"
    return (r.pivot if said == "it" else []) or antecedent(r, said, [])


def _several(r: Reading, things: list[int]) -> list[int]:
    """ "them", where nothing named together is meant: the two beings named last, or else the two things."""
    many = [i for i in things if r.things[i].count > 1]
    beings = [i for i in things if is_being(r.things[i].noun.key)]
    return many[-1:] if many and len(beings) < 2 else (beings if len(beings) > 1 else things)[-2:]


def _sex(r: Reading, index: int) -> str:
    """What a noun, or a pronoun said before, tells of the sex of a person: "she", "he" or nothing."""
    key = r.things[index].noun.key
    if key in words.FEMALE or key.endswith(("woman", "girl", "mother", "ess")):
        return "she"
    return "he" if key in words.MALE or key.endswith(("man", "boy", "father")) else r.things[index].person


def _said_sex(word: str) -> str:
    return "she" if word in ("she", "her", "herself") else "he"


def _is_person(r: Reading, index: int) -> bool:
    """Tell whether a thing can be "he" or "she"."""
    draft = r.things[index]
    personal = seems_person(draft.noun.key) or draft.noun.proper
    return personal and draft.count == 1 and draft.noun.sort == "thing" and draft.noun.key not in words.COLLECTIVES


def seems_person(key: str) -> bool:
    """Tell whether a noun is a person, as far as we know, or may be one by its ending: "watchmaker"."""
    suffix = key.endswith(("man", "er", "ist", "or", "ian", "wife", "person"))
    return is_person(key) or (suffix and known_kind_of(key) is None)


def _fits(r: Reading, word: str, things: list[int]) -> bool:
    """Tell whether a pronoun can mean things by their number and kind."""
    if word in MANY:
        return sum(r.things[i].count for i in things) > 1
    if word in HUMAN and not any(_is_person(r, i) or is_being(r.things[i].noun.key) for i in things):
        return False
    single = {r.things[i].noun.key for i in things if r.things[i].count == 1} - words.FIGURES
    if word in ("it", "itself") and r.things[things[-1]].person:  # "she at the oars, it at the bow"
        return False
    return not (any(map(is_person, single)) and word in ("it", "itself")) and r.things[things[-1]].count == 1


def _inner(r: Reading, token: Token, of: list[int]) -> list[int]:
    """The things after "of": "one of them", "each of the three cats"."""
    target = of_what(token)
    if target is None:
        return []
    r.seen.add(target.head.i)
    if is_reference(r, target):
        return refer(r, target, of)
    noun = r.noun(target)
    r.seen.update(noun.tokens)
    known = r.things.known(noun)
    return [r.things.add(noun) if known is None else known]


def _part(r: Reading, token: Token, inner: list[int], of: list[int]) -> list[int]:
    """One or some of several things, or one of two named ones; `inner` are those after "of", `of` what it is not."""
    low, told = token.lower_, r.noun(token)
    lefts = {child.lower_ for child in token.lefts}
    number = words.number_of(low) or (told.count if low == "ones" else None) or 1
    if any(child.lower_ == "of" and child.doc[child.i + 1 : child.i + 2].text == "each" for child in token.rights):
        for draft in [r.things[i] for i in r.listed or r.before]:  # "apples and pears: three of each"
            draft.count, draft.limit, draft.note = number, "exact", ""
        return list(r.listed or r.before)
    placed = not SPOTS.isdisjoint(lefts) and r.things.last_counted() is not None  # "the middle one" of three
    if not inner and not placed and (pair := _named_pair(r, low, of)):
        return _of_pair(r, low, pair, rest="other" in lefts or low in ("other", *OTHERS))
    if inner and low == "one" and token.dep_ in ("pobj", "dobj"):
        return inner
    if low == "another" and (named := r.listed or r.latest):
        return [r.things.more_of(named[-1], Noun("another", told.modifiers, count=1))]
    less = bool(inner) and r.things[inner[-1]].count < number  # "eggs in a tray, seven of which …"
    groups = [i for i, draft in enumerate(r.things.drafts) if draft.noun.key in words.GROUPS and draft.count == 1]
    if groups and low == "one" and r.things.last_counted() is None:
        return groups[-1:]  # "a family around a table, one of them …": they have one box
    free = [i for i in inner if r.things.is_whole(i)]  # "… one of them eating": none that was told of before
    whole = (free or inner)[-1] if inner and not less else _whole(r, token)
    if whole is None:
        return r.subject or r.latest
    if not inner and (more := _one_more(r, token, told, whole)) is not None:
        return [r.things.more_of(whole, more)]
    open_number = r.things[whole].limit == "least" and r.things[whole].noun.count is None
    if inner and open_number and number > 1:
        r.things[whole].count, r.things[whole].limit, r.things[whole].note = number, "exact", ""
        return [whole]
    if low == "one" and _in_each(r, token):
        return [whole]
    if {"every", "each"} & lefts and (nth := max((words.ORDINALS.get(left, 0) for left in lefts), default=0) + 1) > 1:
        number = r.things[whole].count // nth  # "nine camels, every third one …"
    return [_taken(r, token, told, whole, number)]


def _named_pair(r: Reading, low: str, of: list[int]) -> list[int]:
    """The single things named one by one, if there are two or more."""
    named = r.before if low in ("former", "latter") and len(r.listed) < 2 else r.listed
    number = words.number_of(low) or 1
    pair = [i for i in named if i not in of][-number if number > 1 else 0 :]
    single = all(r.things[i].count == 1 and not r.things[i].part for i in pair)
    return pair if len(pair) > 1 and single else []


def _one_more(r: Reading, token: Token, told: Noun, whole: int) -> Noun | None:
    """A thing besides one named before, though "one" or "others" is said of it; None where it is one of several."""
    low, draft = token.lower_, r.things[whole]
    alone = draft.count == 1 and draft.group is None
    if low in ("other", "others") and alone:
        return Noun(low, count=told.count or (2 if low == "others" else 1))
    if any(part.lower_ == "more" for part in token.lefts) and draft.count > 1:
        return Noun(low, count=told.count or 1)  # "three plums and two more on a plate"
    described = low == "one" and (told.determiner == "another" or (told.determiner == "a" and told.modifiers))
    group = [one for one in r.things.drafts if one.group == draft.group] if draft.group is not None else [draft]
    said = told.modifiers if low == "one" else (low,) if told.determiner in ("a", "an") else ()
    nth = max((words.ORDINALS.get(word.lower(), 0) for word in said), default=0)  # "eleven penguins …, a twelfth"
    total = sum(one.count for one in group)
    if 1 < total <= nth or (described and not _one_of(r, whole, told)):
        return Noun("one", tuple(word for word in told.modifiers if word.lower() not in words.ORDINALS), count=1)
    places = [where.place for child in token.rights if (where := r.place(child)) is not None]
    if places and draft.count == 1 and draft.place not in (ANYWHERE, places[0]):
        return Noun("one", count=1)  # "the pilot on the left …, the one on the right"
    return None


def _in_each(r: Reading, token: Token) -> bool:
    """ "one in each corner", "one on each plate"."""
    after = token.doc[token.i + 1 : token.i + 3]
    return any(part.lower_ in ("each", "every") or ((where := r.place(part)) and where.spots) for part in after)


def _taken(r: Reading, token: Token, told: Noun, whole: int, number: int) -> int:
    """Take things out of an item: "the other two", "a red one", "the left one"."""
    low, lefts = token.lower_, [child.lower_ for child in token.lefts]
    if (not OTHER.isdisjoint(lefts) or low in ("other", *OTHERS)) and r.things[whole].count > 0:
        numbered = low in words.NUMBERS and any(child in words.NUMBERS for child in lefts)
        number = number if numbered else 1 if low == "other" else r.things[whole].count
    spots = [word.lower() for word in told.modifiers if word.lower() in SPOTS | set(words.ORDINALS) | {"far"}]
    adjectives = tuple(word for word in told.modifiers if not words.is_choice(word) and word.lower() not in spots)
    part = split(r, whole, min(number, r.things[whole].count) or 1, adjectives)
    for word in (*spots, low):
        where = place_of(word)
        if where is not None and r.things[part].place == ANYWHERE:
            put(r, [part], PlaceWords(where, word))
    return part


def split(r: Reading, whole: int, number: int, adjectives: tuple[str, ...]) -> int:
    """Take things out of an item; what was said of the item before holds for them as well."""
    part = r.things.split(whole, number, adjectives)
    if part != whole:
        also_related(r, whole, part)
    return part


def _whole(r: Reading, token: Token) -> int | None:
    doing = token.dep_ in ("nsubj", "nsubjpass") and token.head.pos_ in ("VERB", "AUX")
    living = any(part.lemma_ in verb_words.LIVING for part in (token.head, *token.rights))
    # "three babies in highchairs, two are crying": who it was said of goes on, not what they are in.
    told = [one for one in r.relations if doing and any(map(r.things.is_whole, one.subjects))]
    dead = [i for i, draft in enumerate(r.things.drafts) if living and not is_being(draft.noun.key)]
    whole = r.things.last_counted([*dead, *(i for one in told for i in one.objects)])
    return next(reversed(r.listed or r.latest), None) if whole is None else whole


def _of_pair(r: Reading, low: str, pair: list[int], *, rest: bool) -> list[int]:
    """ "the former", "one … the other" of two things named one by one."""
    if low in words.ORDINALS:
        return [pair[max(min(words.ORDINALS[low], len(pair) - 1), -len(pair))]]
    if rest:
        return [i for i in pair if not r.things[i].doing][:1] or pair[-1:]
    return pair[:1] if low == "one" else pair


def _one_of(r: Reading, whole: int, told: Noun) -> bool:
    """ "two balls: a red one", but "a third one" of two penguins is one more."""
    later = any(words.ORDINALS.get(word.lower(), 0) >= r.things[whole].count for word in told.modifiers)
    return r.things.is_whole(whole) and not later
