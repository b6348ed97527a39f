"""What people write for other picture tools: weights, options, LoRA tags, counts such as "2girls", BREAK.

What has a meaning here is put into plain words, what has none is left out and said in a note; nothing of it is read
as English.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from planner.scene.scene import NUMBER_WORDS

_TAG: Final = re.compile(r"<\s*[\w-]+\s*:[^<>]*>|<[\w-]{2,40}>|\bembedding:[\w.-]+")
_WEIGHT: Final = re.compile(r"[(\[{]+([^()\[\]{}:]{1,200}?)\s*:\s*-?\d*\.?\d+\s*[)\]}]+")
_BRACKETS: Final = re.compile(r"\({2,}([^()]{1,200})\){2,}|[\[{]+([^\[\]{}]{1,200})[\]}]+")
_PARTS_WEIGHT: Final = re.compile(r"::\s*-?\d*\.?\d*")
_OPTION: Final = re.compile(r"(?<!\S)--?(?P<name>[a-zA-Z]\w*)(?P<value>(?:[ =](?!-)[^\s,]+)?)")
_NO: Final = re.compile(r"(?<!\S)--no\s+(?P<what>[^-]+?)(?=\s*--|$)")
_COUNT: Final = re.compile(
    r"\b(?P<count>[1-9]|1[0-6])\+?(?P<kind>girl|boy|woman|women|man|men|other|cat|dog)s?\b", re.IGNORECASE
)
_SOLO: Final = re.compile(r"(?:^|,)\s*solo\s*(?=,|$)", re.IGNORECASE)
_BREAK: Final = re.compile(r"\s*,?\s*\bBREAK\b\s*,?\s*")
_PLURALS: Final = {"girl": "girls", "boy": "boys", "woman": "women", "women": "women", "man": "men", "men": "men"}
_SINGULARS: Final = {"women": "woman", "men": "man"}
_SIDES: Final = {
    2: ("On the left", "on the right"),
    3: ("On the left", "in the center", "on the right"),
}  # fmt: skip


@dataclass
class Plain:
    """A request in plain words; `absent` must not be seen, `notes` say what was left out."""

    text: str
    absent: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def in_plain_words(sentence: str) -> Plain:
    """Take other tools' syntax out of a request."""
    plain = Plain(sentence)
    told = [name for found in _NO.finditer(plain.text) for name in found["what"].split(",")]
    plain.absent, plain.text = [name.strip() for name in told if name.strip()], _NO.sub("", plain.text)
    plain.text = _left_out(plain, _TAG, "tags of other tools have no effect here, say --lora for a LoRA file")
    plain.text = _unwrapped(plain)
    if "--" in plain.text:
        plain.text = _left_out(plain, _OPTION, "options of other tools have no effect here, say --size for a size")
    plain.text = _COUNT.sub(_counted, _SOLO.sub("", plain.text))
    plain.text = _regions(plain.text)
    return plain


def _left_out(plain: Plain, pattern: re.Pattern[str], why: str) -> str:
    found = [match.group().strip() for match in pattern.finditer(plain.text)]
    if found:
        plain.notes.append(f"Left out: {', '.join(found)} ({why})")
    return pattern.sub(" ", plain.text)


def _unwrapped(plain: Plain) -> str:
    """Drop weights and the brackets that stand for them."""
    text, weighted = plain.text, False
    for pattern in (_WEIGHT, _BRACKETS):
        while pattern.search(text):
            text, weighted = pattern.sub(_inner, text), True
    if "::" in text:
        text, weighted = _PARTS_WEIGHT.sub(",", text), True
    if weighted:
        plain.notes.append("Weights of words have no effect here")
    return text


def _inner(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group)


def _counted(found: re.Match[str]) -> str:
    kind, count = found["kind"].lower(), int(found["count"])
    if count == 1:
        return f"one {_SINGULARS.get(kind, kind)}"
    return f"{NUMBER_WORDS[count]} {_PLURALS.get(kind, kind + 's')}"


def _regions(text: str) -> str:
    """ "2girls BREAK a blonde girl BREAK a brunette girl": the parts stand side by side, the first is said of all."""
    parts = [part.strip(" ,.") for part in _BREAK.split(text) if part.strip(" ,.")]
    if len(parts) < 2:
        return _BREAK.sub(" ", text)
    common = ""
    if len(parts) > 2:
        common, parts = (
            re.sub(r"\b(?:one|two|three|four|five) (?:girl|boy|women|woman|men|man|other)s?\b,?", "", parts[0]).strip(
                " ,"
            ),
            parts[1:],
        )
    sides = _SIDES.get(len(parts)) or tuple(f"Panel {number}:" for number in range(1, len(parts) + 1))
    said = [f"{side}{'' if side.endswith(':') else ','} {part}" for side, part in zip(sides, parts, strict=True)]
    return ". ".join([*said, *([common] if common else [])])
