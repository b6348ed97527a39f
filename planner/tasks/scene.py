"""A small model's scene reply → Scene: words and counts, from which `planner.scene.arrange` makes the layout.

Small models are bad at coordinates and good at words, so `prompts/scene/schema.json` asks for no number but counts.
What such a model repeats, and relations that cannot be, are dropped, and the plan's notes say so; what it makes up or
forgets is put right by the sentence (`correcting.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from planner.checks.names import speaks_of, without_article
from planner.lexicon import forms
from planner.lexicon.relations import KINDS, may_say
from planner.lexicon.words import NUMBERS
from planner.scene.scene import ANYWHERE, Item, Place, Relation, RelationKind, Scene

_COLUMNS: Final = {"left": 0.0, "center": 0.5, "right": 1.0}
_ROWS: Final = {"top": 0.0, "center": 0.5, "bottom": 1.0}


def read_scene(data: Mapping[str, Any], sentence: str) -> Scene:
    """Turn a reply that is valid under the scene schema into a scene of the sentence."""
    notes: list[str] = []
    items = _merged([_item(entry) for entry in data["objects"]], notes)
    english = any(speaks_of(sentence, item.description) for item in items)
    numbers = {item.description.lower(): index for index, item in reversed(list(enumerate(items)))}
    relations = [_relation(entry, items, numbers) for entry in data["relations"]]
    kept = _joined(dict.fromkeys(relation for relation in relations if relation is not None), items)
    wrong = [relation for relation in kept if _is_wrong(relation, items, sentence if english else None)]
    notes += [f'"{_said(relation, items)}" is not what the sentence or the places say' for relation in wrong]
    kept = tuple(relation for relation in kept if relation not in wrong)
    return Scene(sentence, tuple(items), kept, background=data["background"].strip(), notes=tuple(notes))


def only_names(data: Any, schema: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
    """Leave out of a reply what no thing or place can be called, and relations beyond those that there may be.

    Such a "thing" is a text to be read, a ratio ("16:9") or half of the sentence. Servers that hold a model to the
    schema's keys and not to its patterns and lengths let them through. Returns the reply and what was left out of
    it, a sentence each; what is wrong in another way stays, for the schema to complain about.
    """
    if not isinstance(data, Mapping):
        return data, ()
    lists = schema["properties"]
    name, most = lists["objects"]["items"]["properties"]["name"], lists["relations"]["maxItems"]
    kept, wrong, told = dict(data), list[str](), list[str]()
    for key, sides in (("objects", ("name",)), ("relations", ("subject", "object"))):
        if isinstance(entries := data.get(key), list):
            said = [_misnamed(entry, sides, name) for entry in entries]
            kept[key] = [entry for entry, text in zip(entries, said, strict=True) if not text]
            wrong += filter(None, said)
    if text := _misnamed(data, ("background",), lists["background"]):
        kept["background"] = ""
        wrong.append(text)
    if isinstance(relations := kept.get("relations"), list) and len(relations) > most:
        kept["relations"] = relations[:most]
        told.append(f"left out {len(relations) - most} of {len(relations)} relations; at most {most} may be")
    return kept, (*(f"left out {text[:60]!r}, which is no name" for text in dict.fromkeys(wrong)), *told)


def _misnamed(entry: Any, keys: Sequence[str], schema: Mapping[str, Any]) -> str:
    """What an entry has under these keys that is too long for a name or has other signs; empty: nothing."""
    said = [entry[key] for key in keys if isinstance(entry.get(key), str)] if isinstance(entry, Mapping) else []
    fits = re.compile(schema["pattern"])
    return next((text for text in said if text and not (len(text) <= schema["maxLength"] and fits.search(text))), "")


def place(position: str) -> Place:
    """Return the place of "left", "top right", "center" …; "anywhere" is none."""
    words = position.split()
    if words == ["center"]:
        return Place(0.5, 0.5)
    column = next((_COLUMNS[word] for word in words if word in _COLUMNS), None)
    row = next((_ROWS[word] for word in words if word in _ROWS), None)
    return Place(column, row) if words != ["anywhere"] else ANYWHERE


def _item(entry: Mapping[str, Any]) -> Item:
    name = " ".join(entry["name"].split()) or "thing"
    described = _without_number(without_article(name))
    if entry["count"] > 1:  # "old books", three of them
        described = forms.singular_phrase(described)
    head = described.split()[-1]
    many = forms.plural_phrase(described)
    article = not forms.is_plural(described.partition(" of ")[0].split()[-1].lower())
    where = place(entry["position"])
    return Item(head, described, entry["count"], many, article=article, size=entry["size"], place=where)


def _without_number(name: str) -> str:
    """Bring "three red apples" to "red apple": how many there are is said by the count."""
    first, _, rest = name.partition(" ")
    return forms.singular_phrase(rest) if rest and (first.lower() in NUMBERS or first.isdecimal()) else name


def _merged(items: list[Item], notes: list[str]) -> list[Item]:
    """Drop a thing that is listed again at the same place or at none: small models repeat themselves."""
    kept: list[Item] = []
    for item in items:
        same = [i for i, other in enumerate(kept) if other.description.lower() == item.description.lower()]
        again = [i for i in same if ANYWHERE in (kept[i].place, item.place) or kept[i].place == item.place]
        if not again:
            kept.append(item)
            continue
        first = kept[again[0]]
        kept[again[0]] = replace(first, place=item.place if first.place == ANYWHERE else first.place)
        notes.append(f'"{item.description}" was listed twice and is kept once')
    return kept


def _relation(entry: Mapping[str, Any], items: list[Item], numbers: Mapping[str, int]) -> Relation | None:
    subject, target = (_find(entry[side], items, numbers) for side in ("subject", "object"))
    if subject is None or target is None or subject == target:
        return None
    kind = cast(RelationKind, entry["relation"].replace(" ", "_"))
    return Relation(kind, (subject,), (target,), entry["relation"])


def _joined(relations: Iterable[Relation], items: Sequence[Item]) -> tuple[Relation, ...]:
    """Bring "a between b" and "a between c" together; between one thing alone is next to it."""
    others = dict[int, tuple[int, ...]]()
    for relation in relations:
        if relation.kind == "between":
            (subject,) = relation.subjects
            others[subject] = (*others.get(subject, ()), *relation.objects)[:2]
    rest = [relation for relation in relations if relation.kind != "between"]
    for subject, sides in others.items():
        kind: RelationKind = "between" if len(sides) > 1 or items[sides[0]].count > 1 else "next_to"
        rest.append(Relation(kind, (subject,), sides, kind.replace("_", " ")))
    return tuple(rest)


def _said(relation: Relation, items: list[Item]) -> str:
    subject, *others = (items[index].description for index in (*relation.subjects, *relation.objects))
    return f"{subject} {relation.words} {' and '.join(others)}"


def _is_wrong(relation: Relation, items: list[Item], sentence: str | None) -> bool:
    """A relation for which the sentence has no word at all, or that the stated places contradict."""
    if sentence is not None and not may_say(sentence, relation.kind):
        return True
    kind = KINDS[relation.kind]
    if kind.axis is None:
        return False
    places = (items[index].place for index in (*relation.subjects, *relation.objects))
    here, there = (place.column if kind.axis == "x" else place.row for place in places)
    return here is not None and there is not None and here != there and (here < there) != kind.subject_first


def _find(name: str, items: list[Item], numbers: Mapping[str, int]) -> int | None:
    wanted = without_article(" ".join(name.split())).lower()
    if wanted in numbers:
        return numbers[wanted]
    return next((index for index, item in enumerate(items) if speaks_of(wanted, item.description)), None)
