"""A small model's scene reply → Scene: words and counts, from which `planner.arrange` makes the layout.

Small models are bad at coordinates and good at words, so `prompts/scene/schema.json` asks for no number but counts.
What such a model repeats or makes up is dropped, and the plan's notes say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast

from planner import stated
from planner.scene import ANYWHERE, Item, Place, Relation, RelationKind, Scene

_COLUMNS: Final = {"left": 0.0, "center": 0.5, "right": 1.0}
_ROWS: Final = {"top": 0.0, "center": 0.5, "bottom": 1.0}


def read_scene(data: Mapping[str, Any], sentence: str) -> Scene:
    """Turn a reply that is valid under the scene schema into a scene of the sentence."""
    notes: list[str] = []
    items = _merged([_item(entry) for entry in data["objects"]], notes)
    items = _spoken_of(items, sentence, notes)
    numbers = {item.description.lower(): index for index, item in reversed(list(enumerate(items)))}
    relations = [_relation(entry, items, numbers) for entry in data["relations"]]
    kept = tuple(dict.fromkeys(relation for relation in relations if relation is not None))
    return Scene(sentence, tuple(items), kept, background=data["background"].strip(), notes=tuple(notes))


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
    described = stated.without_article(name)
    head = described.split()[-1]
    return Item(head, described, entry["count"], size=entry["size"], place=place(entry["position"]))


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


def _spoken_of(items: list[Item], sentence: str, notes: list[str]) -> list[Item]:
    """Drop made-up things, as far as the sentence names any of the others (it may be in another language)."""
    named = [item for item in items if stated.speaks_of(sentence, item.description)]
    if not named:
        return items
    notes += [f'"{item.description}" is not in the sentence and was left out' for item in items if item not in named]
    return named


def _relation(entry: Mapping[str, Any], items: list[Item], numbers: Mapping[str, int]) -> Relation | None:
    subject, target = (_find(entry[side], items, numbers) for side in ("subject", "object"))
    if subject is None or target is None or subject == target:
        return None
    kind = cast(RelationKind, entry["relation"].replace(" ", "_"))
    return Relation(kind, (subject,), (target,), entry["relation"])


def _find(name: str, items: list[Item], numbers: Mapping[str, int]) -> int | None:
    wanted = stated.without_article(" ".join(name.split())).lower()
    if wanted in numbers:
        return numbers[wanted]
    return next((index for index, item in enumerate(items) if stated.speaks_of(wanted, item.description)), None)
