"""Lines as YAML's parser counts them."""

from __future__ import annotations

import re
from typing import Final

_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""libyaml follows YAML 1.1 here (§5.4): NEL, LS and PS break lines too. `str.splitlines` knows still more."""


def split_lines(text: str) -> list[str]:
    """The lines of a text without their ends; line n of a Span is `split_lines(text)[n - 1]`."""
    return _BREAK.split(text)


def position(text: str, index: int) -> tuple[int, int]:
    """Line and column of text[index], both from 1."""
    before = split_lines(text[:index])
    return len(before), len(before[-1]) + 1
