"""Files of prompts → cases. The data sets are their makers'; a user gives the path of their own copy.

| format | file |
|---|---|
| `nsr1k` | LayoutGPT's NSR-1K: `counting.*.json` or `spatial.*.json` |
| `compbench` | T2I-CompBench: prompts, one a line, with the category in the file's name: `spatial_val.txt` |
| `geneval` | GenEval's `evaluation_metadata.jsonl` |
| `lmd` | LMD's benchmark: its prompts of four kinds, one a line, .txt |
| `own` | JSON lines of your own, see `read_own` |
| `prompts` | any prompts, one a line: no right or wrong, only what is wrong with the boxes |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from planner.errors import PlanError
from planner.evaluation.suites import compbench, lmd
from planner.evaluation.suites.cases import Suite, SuiteCase, SuiteRelation, SuiteThing
from planner.plan import document

MAX_SUITE_BYTES = 64 << 20
NSR1K_RELATIONS = ("left", "right", "top", "bottom", "next to")
GENEVAL_RELATIONS = ("left of", "right of", "above", "below")
OWN_RELATIONS = (
    "left of", "right of", "above", "below", "next to", "on", "inside", "in front of", "behind",
    "more than", "fewer than", "as many as",
)  # fmt: skip


def read_suite(path: Path, format: str = "auto") -> Suite:
    """Read a suite of prompts.

    path: a .json, .jsonl or .txt file.
    format: one of `FORMATS`, or "auto": told from the file's name and its first entry.

    Raises `PlanError` where the file is not of the format, `OSError` where it cannot be read.
    """
    if format not in ("auto", *FORMATS):
        raise PlanError(f"unknown suite format {format!r}; known are auto, {', '.join(FORMATS)}")
    text = document.read_text(path, most_bytes=MAX_SUITE_BYTES)
    chosen = detect(path, text) if format == "auto" else format
    try:
        cases = tuple(FORMATS[chosen](path, text))
    except PlanError as error:
        raise PlanError(f"{path}: {error} (read as {chosen})") from error
    if not cases:
        raise PlanError(f"{path}: there is no prompt in it (read as {chosen})")
    repeated = [key for key, times in Counter(case.id for case in cases).items() if times > 1][:3]
    if repeated:
        raise PlanError(f"{path}: ids must not repeat, got {', '.join(repeated)} twice (read as {chosen})")
    return Suite(path.name, chosen, cases)


def detect(path: Path, text: str) -> str:
    """Tell a file's format. Raises `PlanError` where it is none of them."""
    if path.suffix == ".json":
        return "nsr1k"
    if path.suffix == ".jsonl":
        first = next(iter(_lines(text)), (0, {}))[1]
        return "geneval" if "include" in first or "tag" in first else "own"
    if path.suffix != ".txt":
        raise PlanError(f"{path}: a suite is a .json, .jsonl or .txt file, got {path.suffix!r}")
    if compbench.category(path.stem):
        return "compbench"
    return "lmd" if all(lmd.is_prompt(prompt) for prompt in prompts_of(text)) else "prompts"


def prompts_of(text: str) -> list[str]:
    """Return the lines of a text that are not empty; T2I-CompBench's end in a full stop here and there."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def read_nsr1k(path: Path, text: str) -> list[SuiteCase]:
    """Read NSR-1K: a list of objects with id, prompt and num_object (counting), or obj1, obj2, relation (spatial)."""
    entries = document.items(document.parse_json(text), "the file")
    return [_nsr1k_case(_record(entry, f"[{i}]"), f"[{i}]") for i, entry in enumerate(entries)]


def _nsr1k_case(entry: Mapping[str, Any], path: str) -> SuiteCase:
    prompt, key = _text(entry, "prompt", path), str(_value(entry, "id", path))
    if "num_object" in entry:
        things = tuple(_counted(item, f"{path}.num_object") for item in document.items(entry["num_object"], path))
        kind = str(entry.get("sub-type", "counting"))
        if kind == "comparison" and len(things) != 2:
            document.wrong(f"{path}.num_object", "two things to compare", things)
        rule = "nsr1k-comparison" if kind == "comparison" else "nsr1k-counting"
        return SuiteCase(key, prompt, kind, rule, things)
    names = [_first(_value(entry, side, path), f"{path}.{side}") for side in ("obj1", "obj2")]
    relation = _one_of(_text(entry, "relation", path), NSR1K_RELATIONS, f"{path}.relation")
    kind = str(entry.get("type", "spatial"))
    return SuiteCase(
        key,
        prompt,
        kind,
        "nsr1k-spatial",
        tuple(SuiteThing(name, None) for name in names),
        (SuiteRelation(0, relation, 1),),
    )


def _first(value: Any, path: str) -> str:
    named = document.items(value, path)
    if not named:
        document.wrong(path, "a list that begins with a name", value)
    return document.text(named[0], f"{path}[0]")


def _counted(value: Any, path: str) -> SuiteThing:
    pair = document.items(value, path)
    if len(pair) != 2:
        document.wrong(path, "a name and a number", value)
    return SuiteThing(document.text(pair[0], path), document.integer(pair[1], path, minimum=0))


def read_geneval(path: Path, text: str) -> list[SuiteCase]:
    """Read GenEval's metadata: a JSON object a line with tag, prompt, include and, where needed, exclude."""
    return [_geneval_case(entry, number) for number, entry in _lines(text)]


def _geneval_case(entry: Mapping[str, Any], number: int) -> SuiteCase:
    path = f"line {number}"
    tag, prompt = _text(entry, "tag", path), _text(entry, "prompt", path)
    included = [_record(item, path) for item in document.items(_value(entry, "include", path), path)]
    forbidden = [_record(item, path) for item in document.items(entry.get("exclude", ()), f"{path}.exclude")]
    excluded = {_text(item, "class", path): _value(item, "count", path) for item in forbidden}
    things, relations = [], []
    for i, item in enumerate(included):
        name, count = _text(item, "class", path), document.integer(_value(item, "count", path), path, minimum=1)
        if exact := excluded.get(name) == count + 1:
            del excluded[name]
        colour = (_text(item, "color", path),) if "color" in item else ()
        things.append(SuiteThing(name, count if exact else None, count, colour))
        if "position" in item:
            relations.append(_geneval_relation(i, item["position"], path))
    things += [SuiteThing(name, 0) for name, count in excluded.items() if count == 1]
    if unknown := {name: count for name, count in excluded.items() if count != 1}:
        document.wrong(f"{path}.exclude", "one more than what is included, or 1", unknown)
    _refuse_dangling(relations, len(things), path)
    return SuiteCase(str(number), prompt, tag, "geneval", tuple(things), tuple(relations))


def _geneval_relation(subject: int, value: Any, path: str) -> SuiteRelation:
    pair = document.items(value, f"{path}.position")
    if len(pair) != 2:
        document.wrong(f"{path}.position", "a relation and a thing's number", value)
    kind = _one_of(pair[0], GENEVAL_RELATIONS, f"{path}.position")
    return SuiteRelation(subject, kind, document.integer(pair[1], f"{path}.position", minimum=0))


def read_own(path: Path, text: str) -> list[SuiteCase]:
    """Read JSON lines of one's own.

        {"prompt": "two red cups left of a plate", "kind": "kitchen",
         "objects": [{"name": "cup", "count": 2, "attributes": ["red"]}, {"name": "plate"}],
         "relations": [{"subject": "cup", "relation": "left of", "object": "plate"}]}

    `count` is exact, 1 where it is left out, 0 for what must not be there; `at_least` stands in its place where the
    number is open. Relations: left of, right of, above, below, next to, on, inside, in front of, behind, and between
    counts more than, fewer than, as many as. `kind` groups lines in reports; `id` is the line's number by default.
    """
    return [_own_case(entry, number) for number, entry in _lines(text)]


def _own_case(entry: Mapping[str, Any], number: int) -> SuiteCase:
    path = f"line {number}"
    known = document.fields(entry, path, required=("prompt", "objects"), optional=("id", "kind", "relations"))
    things = tuple(_own_thing(item, path) for item in document.items(known["objects"], f"{path}: objects"))
    names = [thing.name for thing in things]
    relations = tuple(
        _own_relation(item, names, path) for item in document.items(known.get("relations", ()), f"{path}: relations")
    )
    prompt = document.text(known["prompt"], f"{path}: prompt")
    return SuiteCase(str(known.get("id", number)), prompt, str(known.get("kind", "all")), "own", things, relations)


def _own_thing(item: Any, path: str) -> SuiteThing:
    known = document.fields(item, path, required=("name",), optional=("count", "at_least", "attributes"))
    words = tuple(document.text(word, path) for word in document.items(known.get("attributes", ()), path))
    if "at_least" in known:
        if "count" in known:
            document.wrong(path, "either count or at_least", known)
        least = document.integer(known["at_least"], f"{path}: at_least", minimum=1)
        return SuiteThing(document.text(known["name"], path), None, least, words)
    count = document.integer(known.get("count", 1), f"{path}: count", minimum=0)
    return SuiteThing(document.text(known["name"], path), count, 1, words)


def _own_relation(item: Any, names: list[str], path: str) -> SuiteRelation:
    known = document.fields(item, path, required=("subject", "relation", "object"))
    subject, target = (
        names.index(_one_of(known[side], tuple(names), f"{path}: {side}")) for side in ("subject", "object")
    )
    return SuiteRelation(subject, _one_of(known["relation"], OWN_RELATIONS, f"{path}: relation"), target)


def _read_compbench(path: Path, text: str) -> list[SuiteCase]:
    name = compbench.category(path.stem)
    if name is None:
        raise PlanError(f"the file's name must have one of {', '.join(compbench.CATEGORIES)} in it")
    return compbench.read(name, prompts_of(text))


def _read_lmd(path: Path, text: str) -> list[SuiteCase]:
    return lmd.read(prompts_of(text))


def _read_prompts(path: Path, text: str) -> list[SuiteCase]:
    return [SuiteCase(str(i), prompt, "prompts", "none") for i, prompt in enumerate(prompts_of(text), start=1)]


FORMATS: dict[str, Callable[[Path, str], list[SuiteCase]]] = {
    "nsr1k": read_nsr1k,
    "compbench": _read_compbench,
    "geneval": read_geneval,
    "lmd": _read_lmd,
    "own": read_own,
    "prompts": _read_prompts,
}


def _lines(text: str) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the JSON objects of a .jsonl file with their lines' numbers, from 1."""
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                value = document.parse_json(line)
            except PlanError as error:
                raise PlanError(f"line {number}: {error}") from error
            found.append((number, _record(value, f"line {number}")))
    return found


def _record(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        document.wrong(path, "an object", value)
    return value


def _value(entry: Mapping[str, Any], name: str, path: str) -> Any:
    if name not in entry:
        raise PlanError(f"{path} must have {name!r}, it has {', '.join(map(document.shown, entry)) or 'nothing'}")
    return entry[name]


def _text(entry: Mapping[str, Any], name: str, path: str) -> str:
    return document.text(_value(entry, name, path), f"{path}.{name}")


def _one_of(value: Any, allowed: tuple[str, ...], path: str) -> str:
    if value not in allowed:
        document.wrong(path, f"one of {', '.join(allowed)}", value)
    return str(value)


def _refuse_dangling(relations: list[SuiteRelation], count: int, path: str) -> None:
    for link in relations:
        if not 0 <= link.target < count:
            document.wrong(f"{path}.position", f"a thing from 0 to {count - 1}", link.target)
