"""Mending the parse: words that it hangs one word too high."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.english.parsing.nouns import object_of
from planner.lexicon.kinds import is_being

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

_NAMES: Final = ("NOUN", "PROPN")


def lower(doc: Doc) -> Doc:
    """Hang conjuncts on the object that they follow, and "behind her" on what stands there.

    A parse is kept and shared: what is changed is a copy of it.
    """
    heads = {token.i: head.i for token in doc if (head := _object_before(token) or _stands_there(token)) is not None}
    if not heads:
        return doc
    lowered: Doc = doc.copy()
    for hanging, on in heads.items():
        lowered[hanging].head = lowered[on]
    return lowered


def _object_before(token: Token) -> Token | None:
    """ "a boy carrying a bucket and a shovel": he carries both; but "… a bucket and a girl" are two persons."""
    if token.dep_ != "conj" or token.pos_ not in _NAMES or is_being(token.lower_) or not list(token.lefts):
        return None
    verbs = [token.head] if token.head.pos_ == "VERB" else [c for c in token.head.rights if c.dep_ == "acl"]
    objects = [child for verb in verbs for child in verb.rights if child.dep_ == "dobj" and child.pos_ in _NAMES]
    near = [one for one in objects if one.right_edge.i + 2 >= token.left_edge.i > one.i]
    return near[-1] if near and not any(child.dep_ in ("prep", "acl", "relcl") for child in token.rights) else None


def _stands_there(token: Token) -> Token | None:
    """ "a girl with a lake behind her", "in a chair with a cat on her lap": it is the lake that is behind."""
    if token.dep_ not in ("prep", "advmod") or token.pos_ != "ADP":
        return None
    target = object_of(token)
    if target is not None and target.pos_ != "PRON" and all(child.tag_ != "PRP$" for child in target.lefts):
        return None
    having = (c for c in token.head.subtree if c.lower_ == "with" and c.i < token.i and c.right_edge.i + 1 == token.i)
    return next((thing for c in having if (thing := object_of(c)) is not None), None)
