"""Several pictures in one: panels that are told one by one, and one scene at several times, side by side."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from planner.lexicon import words
from planner.scene.scene import ANYWHERE, Item, Panel, Relation, Scene, ordinal

_TIME: Final = "|".join(sorted(words.TIMES))
_LISTED: Final = re.compile(rf"\b(?:{_TIME})(?:,? (?:and )?(?:{_TIME})\b){{2,}}", re.IGNORECASE)
_SEASONS: Final = re.compile(r"\b(?:the )?four seasons\b", re.IGNORECASE)
_ONLY: Final = re.compile(
    r"\b(\w+) only in the ((?:first|second|third|fourth|last)(?:(?:,|,? and)(?: the)? \w+)*)", re.I
)
_PLACES: Final = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
_NUMBER: Final = "|".join([r"\d", *(word for word, number in words.NUMBERS.items() if 1 < number < 10)])
_ANNOUNCED: Final = re.compile(
    rf"(?:\b(?:in|with|of) )?\b({_NUMBER})[- ](?:vertical |horizontal )?(?:panel|frame|season|strip|picture)s?\b"
    r"( comic| cartoon| story)?[^:;.]*:\s*",
    re.IGNORECASE,
)
_IN_TURN: Final = re.compile(
    r"(?:[,;.]|\band)?\s*\b(?:in )?the (?:first|second|third|fourth|fifth|last)"
    r"(?: (?:one|panel|frame|picture|strip))?(?: shows)?\b,?\s",
    re.IGNORECASE,
)
_OPENER: Final = re.compile(
    rf"(?:^|(?<=[.;:,])|\band) *(?:in )?(?:(?:panel|frame) (?:{_NUMBER}|1|one)"
    r"|the (?:first|second|third|fourth|fifth|last|final) (?:panel|frame))(?: shows)?\b[:,]? ",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile(rf",? \b(?:in|with|of) (?:{_NUMBER}) (?:panel|frame)s\b", re.IGNORECASE)
_NEXT: Final = re.compile(r"^(?:and )?(?:first|then|next|finally|lastly),? ", re.IGNORECASE)
_OWN_PLACES: Final = re.compile(
    r"\b(?:left|right|top|bottom)\b(?! to\b)|: *(?:panel|frame|on the|in the|at the)\b", re.I
)
_DOWN: Final = re.compile(
    r"top to bottom|above (?:the other|each other|another)|below (?:the other|each other)|vertical"
)


def numbered(text: str) -> str:
    """Write panels that are told one by one as "Panel 1: …": "3 frames: a plane takes off, it lands, a man waves"."""
    openers = list(_OPENER.finditer(text))
    if len(openers) > 1:
        ends = [*(opener.start() for opener in openers[1:]), len(text)]
        parts = [text[opener.end() : end] for opener, end in zip(openers, ends, strict=True)]
        return _told(_COUNTED.sub("", text[: openers[0].start()]), parts, text[: openers[0].start()])
    announced = _ANNOUNCED.search(text)
    if announced is None:
        return text
    said, rest = announced[1].lower(), text[announced.end() :].strip()
    if _IN_TURN.match(rest):
        parts = [part for part in _IN_TURN.split(rest) if part.strip(" ,;.")]
    elif _OWN_PLACES.search(announced.group() + rest[:10]):
        return text
    else:
        parts = re.split(r";\s*" if ";" in rest else r",\s*(?:and )?(?![^\"]*\"(?:[,.;]|$))", rest)
    if len(parts) != (int(said) if said.isdecimal() else words.NUMBERS[said]):
        return text
    return _told(f"{text[: announced.start()]}{announced[2] or ''}", parts, text[: announced.end()])


def _told(before: str, parts: list[str], head: str) -> str:
    """Write panels after what is said before them, in a column where their head says so."""
    word, before = "Row" if _DOWN.search(head) else "Panel", before.strip(" ,.;:")
    told = [f"{word} {at}: {_NEXT.sub('', part.strip(' ,;.'))}." for at, part in enumerate(parts, start=1)]
    return " ".join([*([f"{before}."] if before else []), *told])


def moments(text: str) -> list[str]:
    """Name the times that a sentence lists, at least three; nothing where it does not."""
    if _SEASONS.search(text):
        return ["spring", "summer", "autumn", "winter"]
    found = _LISTED.search(text)
    return re.findall(rf"\b(?:{_TIME})\b", found.group().lower()) if found else []


def at_times(scene: Scene, times: list[str]) -> Scene:
    """Give every time a panel of its own in which all things of the scene stand, but for those said to be in some."""
    count, chosen = len(times), _chosen(scene)
    width = 1 / count
    plain = _LISTED.sub("", _SEASONS.sub("", scene.background)).strip(" ,")
    plain = re.sub(r"^(?:in\b ?)?(?:the\b)? *", "", plain)
    panels = tuple(Panel(f"{time} {plain}".strip(), x=at * width, width=width) for at, time in enumerate(times))
    items, relations = list[Item](), list[Relation]()
    for at in range(count):
        new = {i: len(items) + k for k, i in enumerate(_in_panel(scene, at, count, chosen))}
        items += [_at_time(scene.items[i], at) for i in new]
        for relation in scene.relations:
            sides = [tuple(new[i] for i in side if i in new) for side in (relation.subjects, relation.objects)]
            if all(sides):
                relations.append(replace(relation, subjects=sides[0], objects=sides[1]))
    texts = tuple(replace(text, item=None) for text in scene.texts)
    return replace(
        scene, items=tuple(items), relations=tuple(relations), orders=(), comparisons=(), panels=panels, texts=texts,
        background="",
    )  # fmt: skip


def _at_time(item: Item, at: int) -> Item:
    place = ANYWHERE if _own_panel(item) is not None else item.place
    return replace(item, panel=at, doing=_timeless(item.doing), place=place)


def _own_panel(item: Item) -> int | None:
    """The panel of which alone an item was told; None for what is in all of them."""
    number = ordinal(item.place.column)
    return None if number is None else number - 1


def _timeless(text: str) -> str:
    """Words without the times that the panels show."""
    times = rf"(?:{_TIME})(?:(?:,? and|,)? (?:{_TIME}))*"
    return re.sub(rf"(?:\b(?:in|at|during) )?(?:the )?\b{times}\b", "", text).strip(" ,")


def _chosen(scene: Scene) -> dict[str, list[int]]:
    """ "a camel only in the second and the fourth": the panels of what is not in all."""
    found = {}
    for noun, said in _ONLY.findall(scene.sentence):
        found[noun.lower()] = [_PLACES[word] for word in re.findall(r"\w+", said.lower()) if word in _PLACES]
    return found


def _in_panel(scene: Scene, at: int, count: int, chosen: dict[str, list[int]]) -> list[int]:
    kept = []
    for index, item in enumerate(scene.items):
        own = _own_panel(item)
        panels = [own] if own is not None else chosen.get(item.name.split()[-1])
        if panels is None or at in panels or (at == count - 1 and -1 in panels):
            kept.append(index)
    return kept
