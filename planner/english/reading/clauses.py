"""Clauses: who does what to whom, what is where, and requests that only say that something is to be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.english.parsing.nouns import object_of
from planner.english.reading import attaching, fragments, lettering, objects, predicates, requests
from planner.english.reading.leading import lead
from planner.english.reading.mentioning import deny, in_panel, mention, read_excepted
from planner.english.reading.referring import NOBODY, antecedent, is_reference, refer
from planner.english.reading.state import Reading, describe, note_text, put
from planner.lexicon import forms, verb_words, words
from planner.lexicon.kinds import is_being, worn_part

if TYPE_CHECKING:
    from spacy.tokens import Token

SHOWING: Final = words.word_set("show depict feature contain include display present portray have hold")
POSITIONS: Final = words.word_set(
    "be stand sit lie hang rest lean float live appear hover stay sleep perch wait rise grow loom stretch tower fly "
    "kneel crouch drift swim dangle run walk go come nap doze snooze"
)
DOING: Final = verb_words.LIVING | words.word_set("stand sit crouch kneel perch wait lean point reach")
PLACING: Final = words.word_set("plant place put set lay hang build stack park draw paint leave see find")
PARTICLES: Final = words.word_set("up down out off over on in around by past away back above")
MADE: Final = words.word_set("rendered drawn painted sketched illustrated shot photographed printed etched")
BEHIND: Final = ("dobj", "attr", "nsubj", "appos", "npadvmod", "oprd")
# Verbs that only say that something is there.
EMPTY: Final = words.word_set(
    "locate place position situate put see show set make feature find arrange use get have take give say read be live "
    "include contain depict"
)


def read_clause(r: Reading, verb: Token, about: list[int]) -> None:
    """Read a verb with its subject, objects and complements; `about` is the subject where it has none of its own."""
    r.seen.add(verb.i)
    r.previous = r.latest if verb.dep_ == "relcl" else r.previous
    lemma = requests.lemma(verb)
    if requests.is_request(r, verb, lemma, about):
        requests.read_request(r, verb)
        return
    about = _doer(r, verb, lemma, _not_inverted(r, verb, lemma, about))
    if _said_of_style(r, verb):
        return
    subject, about = _subject(r, verb, about)
    if subject == "nobody":
        for child in verb.rights:
            if child.dep_ in ("dobj", "attr"):
                deny(r, child)
            target = object_of(child) if r.relation(child) is not None else None
            if target is not None and r.noun(target).sort == "thing":
                mention(r, target)  # "nobody sits on the couch": the couch is there
        r.take(verb)
        return
    part = verb.i > 0 and verb.doc[verb.i - 1].dep_ == "pobj"  # "a chair with one leg missing"
    hanging = {verb.dep_, *(child.dep_ for child in verb.children)}
    left = verb.tag_ == "VBN" and lemma in ("go", "vanish", "disappear") and not {"prep", "acl", "relcl"} & hanging
    left = left or (lemma == "be" and any(child.lower_ in ("missing", "gone", "absent") for child in verb.rights))
    if (lemma == "miss" and not part and "dobj" not in hanging) or left:
        predicates.missing(r, verb, about)
        return
    if r.leading is not None and about:
        put(r, about, r.leading)
    if any(child.dep_ == "neg" for child in verb.children) and predicates.denied(r, verb, about):
        return
    if lemma in predicates.BEING and predicates.read_being(r, verb, about):
        return
    if not about and (turned := _inverted(r, verb, lemma)):
        about = turned
    _doing(r, verb, lemma, about)


def _doer(r: Reading, verb: Token, lemma: str, about: list[int]) -> list[int]:
    """ "a girl with a kite running along the beach": what somebody does is not said of what they have or are in."""
    owner = r.things[about[-1]].owner if about else None
    if owner is None and about and lemma != "carry":  # "my dad is in the boat holding a kite"
        borne = ("on", "inside", "wearing")
        aboard = [one for one in r.relations[-1:] if one.kind in borne and list(one.objects) == about]
        owner = next((i for one in aboard for i in one.subjects), None) if verb.tag_ == "VBG" else None
    alive = [i for i in (*about, owner) if i is not None and is_being(r.things[i].noun.key)]
    if any(child.lower_ == "who" for child in verb.lefts) and not set(alive) & set(about):
        return [i for i in range(len(r.things)) if is_being(r.things[i].noun.key)][-1:] or about  # "a fish in a bowl …"
    his = alive == [owner] or (about and worn_part(r.things[about[-1]].noun.key) is not None)
    return [owner] if owner is not None and his and lemma in DOING | {"hold"} else about


def _not_inverted(r: Reading, verb: Token, lemma: str, about: list[int]) -> list[int]:
    """ "on the left of him sit a monkey": a clause that begins with its place has its subject behind the verb."""
    own = any(child.dep_ in requests.SUBJECTS and not _after_preposition(r, child) for child in verb.children)
    led = any(child.dep_ == "prep" or r.piece(child).value is not None for child in verb.lefts)
    showing = lemma in SHOWING and any(r.place(child) is not None for child in verb.lefts)
    return [] if led and not own and (lemma in POSITIONS or showing) and verb.dep_ in ("ROOT", "conj") else about


def _said_of_style(r: Reading, verb: Token) -> bool:
    """ "The light is cold blue", "whose pages turn": words of the whole, or of the thing before."""
    named = [child for child in verb.lefts if child.dep_ in ("nsubj", "nsubjpass") and r.piece(child).value is None]
    subject = next((child for child in named if child.pos_ in ("NOUN", "PROPN", "PRON")), None)
    if subject is None:
        return False
    if subject.lower_ in ("everything", "all") and verb.lower_ in MADE:
        said = [part for part in verb.subtree if part.lower_ not in ("is", "was", "everything", "all")]
        r.styles.append(r.text(said))
        r.latest = read_excepted(r, verb) or r.latest  # "… is drawn in pencil except the dragon, which is green"
        r.take(verb)
        return True
    noun, whose = r.noun(subject), any(child.lower_ == "whose" for child in subject.children)
    own = noun.sort == "part" and noun.determiner in words.POSSESSIVES
    style = noun.sort == "style" or noun.key in ("color", "colour")
    if not own and not whose and (not style or r.things.known(noun) is not None):
        return False
    for text in filter(None, map(r.lettering, verb.subtree)):
        note_text(r, text, r.subject)
    if own or whose:
        describe(r, antecedent(r, "it", []) if own else r.latest, r.take(verb))
    else:
        r.styles.append(r.take(verb))
    return True


def _subject(r: Reading, verb: Token, about: list[int]) -> tuple[str, list[int]]:
    """Find what a clause is about: (what kind of subject it has, the things)."""
    requests.first_places(r, verb)
    subjects = _subjects(r, verb)
    while len(subjects) > 1 and verb.doc[subjects[1].left_edge.i - 1].lower_ == "and" and subjects[1].i < verb.i:
        fragments.read_fragment(r, subjects.pop(0))  # "a chest under a tree and a pirate digging"
    for token in subjects:
        low = token.lower_
        told = "nobody" if low in NOBODY else "there" if token.dep_ == "expl" else ""
        told = "which" if low in ("who", "which", "that", "where", "what", "whose") else told
        if told:
            r.seen.add(token.i)
            return told, about if told == "which" else []
        if token.i < verb.i or requests.lemma(verb) in POSITIONS:
            return _named_subject(r, verb, token, about)
    return "none", about


def _subjects(r: Reading, verb: Token) -> list[Token]:
    """The words that may be a verb's subject, those before it first."""
    named = [child for child in verb.children if child.dep_ in requests.SUBJECTS]
    before, after = [t for t in named if t.i < verb.i], [t for t in named if t.i > verb.i]
    floating = [t for t in verb.lefts if t.dep_ == "dep" and t.lower_ in ("all", "both", "each")]
    if verb.tag_ == "VBG" and not named:  # "knight riding horse", among tags
        before = [t for t in verb.lefts if t.dep_ == "npadvmod" and t.pos_ in ("NOUN", "PROPN")]
    return [token for token in (*(before or floating), *after) if not _after_preposition(r, token)]


def _named_subject(r: Reading, verb: Token, token: Token, about: list[int]) -> tuple[str, list[int]]:
    """Read the words of a subject."""
    if is_reference(r, token):
        things = [in_panel(r, i) for i in refer(r, token)]
        shared = any(part.lower_ in ("each", "every") for part in (token, *token.lefts))
        r.sharers = things if shared else []
        things = lead(r, things)
        fragments.complements(r, token, things)
        return "thing", things
    if r.lettering(token) and token.i in r.seen:  # "the title CIRQUE arched across the top"
        return "which", about
    if r.lettering(token):
        r.seen.add(token.i)
        return "text", [lettering.add_text(r, r.lettering(token), r.leading)]
    joined = token.left_edge.i > 0 and token.doc[token.left_edge.i - 1].lower_ == "and"
    things = fragments.read_fragment(r, token)
    if joined and about and verb.dep_ in ("relcl", "acl"):  # "a man with a stick and his wife sitting on a bench"
        things = lead(r, [*about, *things])
    return ("thing", things) if things else ("words", [])


def _after_preposition(r: Reading, token: Token) -> bool:
    """ "above it hung seven hammers": what the parse takes for the subject is the preposition's."""
    before = token.doc[token.left_edge.i - 1] if token.left_edge.i else token
    how = r.relation(before)
    bare = how is not None and not how.own_object and not any(child.i > before.i for child in before.children)
    return bare and before.head.i == token.head.i


def _inverted(r: Reading, verb: Token, lemma: str) -> list[int]:
    """ "Behind the cart stands a white donkey", "there lived a hedgehog": the subject stands after the verb."""
    before = [child for child in verb.lefts if child.dep_ in ("prep", "advmod", "mark")]
    target = _subject_behind(r, verb)
    if target is None:
        return []
    led = bool(before) or r.leading is not None or bool(r.host) or any(child.dep_ == "expl" for child in verb.children)
    if not led and lemma not in SHOWING:
        return []
    prepositions = [child for child in before if child.dep_ == "prep" or r.relation(child) is not None]
    for child in prepositions:
        attaching.lead_in(r, child)
    found = fragments.read_fragment(r, target)
    for child in verb.rights:  # "on it stay one bottle of wine and four glass"
        if child.i > target.i and child.pos_ in ("NOUN", "PROPN") and child.i not in r.seen:
            found = [*found, *fragments.read_fragment(r, child)]
    predicates.join(r, prepositions, found)
    return [] if lemma in objects.HAVING | SHOWING else found


def _subject_behind(r: Reading, verb: Token) -> Token | None:
    """A noun after a verb that may be its subject."""
    near = [child for child in verb.rights if child.dep_ in BEHIND and child.pos_ in ("NOUN", "PROPN", "NUM")]
    far = [part for part in verb.subtree if part.dep_ == "appos"]
    return next((token for token in (*near, *far) if token.i not in r.seen), None)


def _doing(r: Reading, verb: Token, lemma: str, about: list[int]) -> None:
    """Read the rest of a clause: objects, prepositions, adverbs, further verbs."""
    said = "" if lemma in EMPTY and not (about and lemma == "make") else _said(verb)
    passive = verb.tag_ == "VBN"
    sides = [child for child in verb.lefts if (how := r.relation(child)) is not None and how.own_object]
    leading = [child for child in verb.lefts if (child.dep_ == "prep" or child in sides) and child.i not in r.seen]
    made = next((c for c in verb.rights if c.dep_ == "dobj" and c.pos_ in ("NOUN", "PROPN")), None)
    if leading and lemma in PLACING and made is not None and not passive:  # "under the tree he put a bench"
        found = mention(r, made)
        for child in leading:
            attaching.lead_in(r, child)
            attaching.stand_at(r, child, r.host, found)
    else:
        for child in leading:
            attaching.attach(r, about, child, verb=True)
    for child in verb.rights:
        if child.i == verb.i + 1 and _is_particle(child):
            r.seen.add(child.i)
            said = f"{said} {r.piece(child).source}".strip()
        elif child.i not in r.seen:
            used = objects.read_complement(r, verb, lemma, about, child, said, passive=passive)
            said = "" if used else said
    if about and lemma not in EMPTY:
        describe(r, about, said)


def _is_particle(child: Token) -> bool:
    """ "stands up", "flies by"."""
    small = child.lower_ in PARTICLES if child.dep_ in ("prt", "advmod") else child.lower_ in ("above", "by", "over")
    alone = not list(child.children) and child.doc[child.i + 1 : child.i + 2].text not in ("both", "all")
    return small and alone


def _said(verb: Token) -> str:
    """ "sits" and "sat" → "sitting", but "is parked" and "hung" stay."""
    lemma = requests.lemma(verb)
    stays = verb.tag_ in ("VBG", "VBN") or (verb.tag_ == "VBD" and lemma in verb_words.STATES)
    return verb.text if stays else forms.participle(lemma)
