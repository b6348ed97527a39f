"""Text fit for a log or an error: keys masked, long texts without their middle."""

from __future__ import annotations

import re
from typing import Final

SHOWN: Final = 4000  # characters
_SECRET: Final = re.compile(r"\b(?:sk|pk|key|Bearer)[-_ ][A-Za-z0-9_*.-]{6,}")


def masked(text: str, key: str = "") -> str:
    """Put *** for a known key and for everything that looks like one."""
    return _SECRET.sub("***", text.replace(key, "***") if key else text)


def shortened(text: str, longest: int = SHOWN) -> str:
    """Leave out the middle of a text that is longer than `longest` characters, and say how much."""
    if len(text) <= longest:
        return text
    begin = longest * 2 // 3
    end = len(text) - (longest - begin)
    return f"{text[:begin]} … ({end - begin} characters left out) … {text[end:]}"
