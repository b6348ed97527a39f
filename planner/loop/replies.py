"""A model's text → the one JSON object in it. Nothing is ever evaluated.

JSON is read strictly first. What models send instead is read through the json5 package after the few things that it
does not know either have been rewritten. Every leniency that was needed is reported by its code:

| code | what was tolerated |
|---|---|
| `thinking` | what a model thought before the answer (`planner.loop.thinking`) |
| `encoded_twice` | JSON inside a JSON string |
| `unclosed` | the last brace missing, nothing else |
| `code_fence` | Markdown fences |
| `surrounding_text` | prose around the object |
| `comment` | comments: // /* */ # |
| `trailing_comma` | a comma before a closing bracket |
| `single_quotes`, `bare_key` | strings in single quotes, keys without quotes |
| `typographic_quotes` | “strings”, „strings“, «strings» and the like, without other quotes inside |
| `raw_control_character` | a line break or tab inside a string |
| `fraction`, `percentage` | 1/3 and 30% as numbers |
| `python_literal` | True, False, None |
| `wide_punctuation`, `html` | full-width colons and commas between values; &quot; for each quote |
| `json5` | other number notations that JSON5 has: +1, .5, 0x10 |

What cannot be read safely is a complaint: `not_json`, `reply_unclosed`, `two_documents`, `duplicate_key`,
`not_finite`, `not_unicode`, `control_character`, `reply_too_long`. Line ends and tabs inside strings become blanks.

Of the parsers compared, json-repair reads anything (it closes what was cut off, keeps the last of two duplicate keys
and turns a function call into keys) and hjson takes the rest of a line for a string; json5 follows a grammar.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import json5

from planner.complaints import Complaint
from planner.loop.strict_json import WrongReplyError, finite, no_constant, strict_json, unique_keys
from planner.loop.thinking import without_thinking
from planner.plan.document import CONTROLS

MOST_CHARACTERS = 30_000  # several times what any schema of ours allows
MOST_NESTING = 32

MOST_OBJECTS = 64  # one is wanted; a reply of thousands is none
_NUMBER = r"[+-]?(?>\d++\.?\d*+|\.\d++)(?:[eE][+-]?\d++)?+"  # possessive: no reply may take quadratic time
_QUOTES = "\u201c\u201d\u201e\u201f\xab\xbb\uff02"  # “ ” „ and their like
_SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2039\u203a\uff07"
_INSIDE = rf"""(?:[^"{_QUOTES}{{}}\[\]\\\n]++|\\.)*+"""  # nothing that could belong to the JSON around it
_SINGLE_INSIDE = rf"""(?:[^"'{_QUOTES}{_SINGLE_QUOTES}{{}}\[\]\\\n]++|\\.)*+"""
_TOKEN = re.compile(
    rf"""(?P<string>"(?:[^"\\]++|\\.)*+"|'(?:[^'\\]++|\\.)*+')
    |(?P<quoted>[{_QUOTES}]{_INSIDE}[{_QUOTES}]|[{_SINGLE_QUOTES}]{_SINGLE_INSIDE}[{_SINGLE_QUOTES}])
    |(?P<comment>//[^\n]*+|/\*.*?\*/|\#[^\n]*+)
    |(?P<unclosed>["']|/\*)
    |(?P<open>[{{\[])|(?P<close>[}}\]])
    |(?P<fraction>{_NUMBER}[ \t]*/[ \t]*{_NUMBER}(?![\w.]))
    |(?P<percentage>{_NUMBER}[ \t]*%)
    |(?P<word>[^\W\d][\w$]*)
    |(?P<space>\s+)
    |(?P<other>[-+.\w]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
_WIDE = {"\uff1a": ":", "\uff0c": ","}
_PYTHON = {"True": "true", "False": "false", "None": "null"}


@dataclass(frozen=True)
class Parsed:
    """The object of a reply with the codes of what was tolerated, or the complaint about it."""

    data: Any = None
    leniencies: tuple[str, ...] = ()
    complaint: Complaint | None = None


def parse_reply(text: str, required: Sequence[str] = ()) -> Parsed:
    """Read the JSON object of a reply; whatever the text is, this returns.

    required: Keys of the object that is wanted; of several objects, the only one that has them all is taken.
    """
    try:
        data, leniencies = _parse(text, frozenset(required))
        data = _cleaned(data)
    except WrongReplyError as error:
        return Parsed(complaint=error.complaint)
    return Parsed(data, tuple(dict.fromkeys(leniencies)))


def parse_number(text: str) -> float | None:
    """Read "0.3", "30%" or "1/3"; None for anything else. Raises nothing."""
    if found := re.fullmatch(rf"\s*({_NUMBER})\s*(?:(%)|/\s*({_NUMBER}))?\s*", text, re.ASCII):
        over = 100.0 if found[2] else float(found[3] or 1)
        value = float(found[1]) / over if over else math.inf
        return value if math.isfinite(value) else None
    return None


def _parse(text: str, required: frozenset[str]) -> tuple[Any, list[str]]:
    if len(text) > MOST_CHARACTERS:
        return _lenient(text, required)
    try:
        data = strict_json(text)
    except RecursionError:
        raise WrongReplyError("not_json", "The reply is nested too deeply.") from None
    except ValueError:
        return _lenient(text, required)
    return _twice(data, required) if isinstance(data, str) else (data, [])


def _twice(inner: str, required: frozenset[str]) -> tuple[Any, list[str]]:
    """Read the JSON that a JSON string holds."""
    if "{" not in inner:
        return inner, []
    data, leniencies = _parse(inner, required)
    return data, ["encoded_twice", *leniencies]


def _lenient(text: str, required: frozenset[str]) -> tuple[Any, list[str]]:
    spoken = without_thinking(text)
    rest = spoken.rest
    leniencies = ["thinking"] if spoken.found else []
    if spoken.open and "\n{" in rest:
        rest = rest[rest.rindex("\n{") :]
    if len(rest) > MOST_CHARACTERS:
        raise WrongReplyError(
            "reply_too_long", f"The reply has {len(rest)} characters; answer with one short JSON object."
        )
    if "&quot;" in rest and '"' not in rest:
        rest, leniencies = html.unescape(rest), [*leniencies, "html"]
    if unescaped := _unescaped(rest):
        data, more = _twice(unescaped, required)
        return data, [*leniencies, *more]
    found = [_read(*one) for one in _objects(rest)]
    objects = [item for item in found if not isinstance(item, WrongReplyError)]
    if len(objects) > 1:
        whole = [item for item in objects if required and isinstance(item[0], dict) and required <= item[0].keys()]
        objects = objects[-1:] if spoken.open else whole if len(whole) == 1 else objects
    if len(objects) > 1:
        raise WrongReplyError("two_documents", f"The reply holds {len(objects)} JSON objects; answer with exactly one.")
    if not objects:
        raise next((item for item in found if isinstance(item, WrongReplyError)), _nothing())
    data, codes, source = objects[0]
    around = rest.replace(source, "", 1)
    if "```" in around:
        leniencies.append("code_fence")
    if re.sub(r"```\w*", "", around).strip():
        leniencies.append("surrounding_text")
    return data, [*leniencies, *codes]


def _unescaped(text: str) -> str:
    """Return what is inside a JSON string, with its quotes or without; empty where the text is none."""
    inner = re.sub(r"\A\s*```\w*|```\s*\Z", "", text).strip()
    if not inner.startswith(('"{', '"[', '"\\n', '{\\"', "{\\n")):
        return ""
    try:
        return str(json.loads(inner if inner.startswith('"') else f'"{inner}"', strict=False))
    except ValueError:
        return ""


def _nothing() -> WrongReplyError:
    return WrongReplyError("not_json", "The reply holds no JSON object; answer with one JSON object and nothing else.")


def _objects(text: str) -> list[tuple[str, list[re.Match[str]]]]:
    """Split off everything between a brace outside all others and the one that closes it."""
    found, start = [], text.find("{")
    while start >= 0:
        tokens = _balanced(text, start)
        end = tokens[-1].end()
        found.append((text[start:end], tokens))
        start = text.find("{", end)
        if len(found) > MOST_OBJECTS:
            raise WrongReplyError(
                "two_documents", f"The reply holds over {MOST_OBJECTS} JSON objects; answer with one."
            )
    return found


def _balanced(text: str, start: int) -> list[re.Match[str]]:
    """The tokens from a brace to the one that closes it, which alone may be missing at the text's end."""
    tokens, depth = [], 0
    for token in _TOKEN.finditer(text, start):
        if token.lastgroup == "unclosed":
            break
        tokens.append(token)
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        if depth > MOST_NESTING:
            raise WrongReplyError("not_json", "The reply is nested too deeply.")
        if depth == 0:
            return tokens
    else:
        while tokens and (tokens[-1].lastgroup in ("space", "comment") or tokens[-1].group() == "`"):
            tokens.pop()
        whole = ("string", "quoted", "close")  # for sure: a number might go on
        if depth == 1 and tokens[-1].lastgroup in whole:
            return tokens
    raise WrongReplyError(
        "reply_unclosed", "The reply's JSON object is never closed; answer with one whole JSON object."
    )


def _read(source: str, tokens: list[re.Match[str]]) -> tuple[Any, list[str], str] | WrongReplyError:
    try:
        rewritten, codes = _rewrite(tokens)
        if _depth(tokens):
            rewritten, codes = rewritten + "}", [*codes, "unclosed"]
        try:
            return strict_json(rewritten), codes, source
        except ValueError:
            data = json5.loads(rewritten, object_pairs_hook=unique_keys, parse_constant=no_constant, parse_float=finite)
    except WrongReplyError as error:
        return error
    except (ValueError, RecursionError) as error:
        return WrongReplyError("not_json", f"The reply is not JSON: {' '.join(str(error).split())[:200]}.")
    return data, codes or ["json5"], source


def _depth(tokens: list[re.Match[str]]) -> int:
    kinds = [token.lastgroup for token in tokens]
    return kinds.count("open") - kinds.count("close")


def _rewrite(tokens: list[re.Match[str]]) -> tuple[str, list[str]]:
    """Write the tokens as JSON5, and name what JSON does not have."""
    parts: list[str] = []
    codes: list[str] = []
    following = ""
    for token in reversed(tokens):
        kind, text = token.lastgroup or "other", token.group()
        code = _oddity(kind, text, following)
        codes += [code] if code else []
        parts.append(_as_json5(kind, text, code))
        if kind not in ("space", "comment"):
            following = _WIDE.get(text, text)
    return "".join(reversed(parts)), codes[::-1]


def _as_json5(kind: str, text: str, code: str) -> str:
    if kind == "comment":
        return " "
    if kind in ("fraction", "percentage"):
        return _as_decimal(text)
    if kind == "quoted":
        return f'"{text[1:-1]}"'
    if kind == "string":
        return re.sub(r"[\x00-\x1f]", lambda found: f"\\u{ord(found.group()):04x}", text)
    if code == "python_literal":
        return _PYTHON[text]
    return "" if code == "trailing_comma" else _WIDE.get(text, text)


def _oddity(kind: str, text: str, following: str) -> str:
    if kind in ("comment", "fraction", "percentage"):
        return kind
    if kind == "quoted":
        return "typographic_quotes"
    if kind == "string" and text[0] == "'":
        return "single_quotes"
    if kind == "string" and re.search(r"[\x00-\x1f]", text):
        return "raw_control_character"
    if kind == "word" and following == ":":
        return "bare_key"
    if kind == "word" and text in _PYTHON:
        return "python_literal"
    if text in (",", "\uff0c") and following in ("}", "]"):
        return "trailing_comma"
    return "wide_punctuation" if text in _WIDE else ""


def _as_decimal(text: str) -> str:
    value = parse_number(text)
    if value is None:
        raise WrongReplyError("not_finite", f"{text} is no finite number; write a decimal such as 0.25.")
    return repr(value)


def _cleaned(value: Any) -> Any:
    """Put blanks for line ends inside strings; other control characters and broken Unicode are complaints."""
    if isinstance(value, str):
        return _cleaned_text(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {_cleaned_text(name): _cleaned(item) for name, item in value.items()}
    return value


def _cleaned_text(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    if any("\ud800" <= character <= "\udfff" or character == "\ufffd" for character in text):
        raise WrongReplyError("not_unicode", "A text holds a broken character; write plain Unicode.")
    plain = _BREAKS.sub(" ", text)
    if odd := CONTROLS.search(plain):
        code = f"U+{ord(odd.group()):04X}"
        raise WrongReplyError("control_character", f"A text holds the control character {code}; leave it out.")
    return plain
