"""What a model thought before (or around) its answer, taken out of its text, in every way that models mark it.

`<think>…</think>` and its kin in any brackets, with either mark missing, and the channels of the harmony format, of
which the final one is the answer. Thinking has no limit of length: only what is left is held to one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = r"(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflect(?:ion)?|analysis|scratchpad|cot|inner_monologue|details)"
_MARK = re.compile(
    rf"""<\s{{0,9}}(?P<end1>/?)\s{{0,9}}(?:[\w-]{{1,20}}:)?{_WORD}(?:_\w{{1,20}})?(?:\s[^<>]{{0,200}})?>
    |[\[◁](?P<end2>[/◁]{{0,2}}){_WORD}[\]▷]
    |<[|\uff5c]?(?:(?P<end3>end)|begin|start)[_▁](?:of[_▁])?{_WORD}[|\uff5c]?>
    |<[|\uff5c](?P<end4>/?){_WORD}(?:_(?:(?P<end5>end)|start))?[|\uff5c]>
    |<\|channel>{_WORD}\b|(?P<end6><channel\|>)
    |<unused94>(?:thought)?|(?P<end7><unused95>)
    |<\|inner_(?:prefix|(?P<end8>suffix))\|>|(?P<end9>\.\.\.done\ thinking\.)""",
    re.VERBOSE | re.IGNORECASE,
)
_CHANNEL = re.compile(r"<\|(start|channel|constrain|message|end|return|call)\|>")
_BARE_CHANNELS = re.compile(r"\A\s*(?:analysis|commentary).*assistant\s?final", re.DOTALL)  # without their marks


@dataclass(frozen=True)
class Unthought:
    """A text without its thinking.

    found: There was some thinking.
    open: It never ended, so the answer, if any, is at the end of it.
    """

    rest: str
    found: bool = False
    open: bool = False


def without_thinking(text: str) -> Unthought:
    """Take the thinking out of a reply. Whatever the text is, this returns, in linear time."""
    spoken = _final_channel(text)
    kept: list[str] = []
    start, inside, last = 0, False, spoken.rfind("{")
    for mark in _MARK.finditer(spoken):
        ends = any(mark.groups())
        if not ends and not inside:
            kept.append(spoken[start : mark.start()])
        elif ends and not inside:  # where it began is not marked: at the beginning, unless this is the end of all
            kept.append(spoken[start : mark.start()])
            if last > mark.end():
                kept.clear()
        if ends or not inside:
            start = mark.end()
        inside = not ends
    kept.append(spoken[start:])
    rest = "".join(kept)
    if "{" not in rest and "{" in spoken:  # all was thinking, the answer too
        return Unthought(_MARK.sub(" ", spoken), True, True)
    return Unthought(rest, rest != text, inside)


def _final_channel(text: str) -> str:
    """Return the last final message of a text in channels, else its last message; another text as it is."""
    pieces = _CHANNEL.split(text)
    if "message" not in pieces[1::2]:
        return _BARE_CHANNELS.sub("", text)
    channel, messages = "", []
    for kind, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if kind == "channel":
            channel = piece.strip().partition(" ")[0]
        elif kind == "message":
            messages.append((channel, piece))
        elif kind in ("end", "return", "call"):
            channel = ""
    final = [piece for name, piece in messages if name == "final"]
    spoken = [piece for name, piece in messages if name != "analysis"]
    return (final or spoken or [piece for _, piece in messages])[-1]
